import { builtAs, schemaOf, swapName, tableOf, type Action, type ActionSql, type Graph } from './graph.ts';

/** `core.dim_campaign` quoted for an engine. */
export function quoteTable(graph: Pick<Graph, 'engine'>, name: string): string {
  return graph.engine === 'duckdb' ? `"${schemaOf(name)}"."${tableOf(name)}"` : `\`${name}\``;
}

/** Dataform's `` `project.dataset.table` `` → the engine's own quoting, marts → where they are built. */
export function requote(graph: Graph, sql: string): string {
  const pattern = new RegExp(`\`${graph.database}\\.([A-Za-z0-9_]+)\\.([A-Za-z0-9_]+)\``, 'g');
  return sql.replaceAll(pattern, (_, schema: string, table: string) =>
    quoteTable(graph, builtAs(`${schema}.${table}`)),
  );
}

/** What stands where an action will write: DuckDB refuses to replace a table by a view and the other way round. */
export type Present = 'table' | 'view' | null;

/** Statements of an action for its engine; they are meant to run in one transaction. */
export function render(
  graph: Graph,
  action: Action,
  options: { readonly incremental: boolean; readonly present: Present },
): readonly string[] {
  if (action.name === swapName) return swap(graph, action);
  const target = quoteTable(graph, builtAs(action.name));
  switch (action.kind) {
    case 'table':
      return wrapped(graph, action.full, [
        ...cleared(target, 'table', options.present),
        create('table', target, action.full),
      ]);
    case 'view':
      return wrapped(graph, action.full, [
        ...cleared(target, 'view', options.present),
        create('view', target, action.full),
      ]);
    case 'incremental': {
      const { incremental } = action;
      if (!options.incremental || incremental === undefined) {
        return wrapped(graph, action.full, [
          ...cleared(target, 'table', options.present),
          create('table', target, action.full),
        ]);
      }
      return wrapped(graph, incremental, [merge(graph, action, target, incremental)]);
    }
    case 'assertion':
    case 'operations':
      return wrapped(graph, action.full, [action.full.query]);
    case 'step':
      return [];
  }
}

function wrapped(graph: Graph, sql: ActionSql, middle: readonly string[]): readonly string[] {
  return [...sql.preOps, ...middle, ...sql.postOps].filter((text) => text !== '').map((text) => requote(graph, text));
}

const create = (kind: 'table' | 'view', target: string, sql: ActionSql): string =>
  `create or replace ${kind} ${target} as\n${sql.query}`;

const cleared = (target: string, wanted: 'table' | 'view', present: Present): readonly string[] =>
  present === null || present === wanted ? [] : [`drop ${present} ${target}`];

function merge(graph: Graph, action: Action, target: string, sql: ActionSql): string {
  if (action.uniqueKey.length === 0) return `insert into ${target}\n${sql.query}`;
  const on = action.uniqueKey.map((column) => `target.${column} = source.${column}`).join(' and ');
  const columns = action.columns.map((column) => column.name);
  const updates = columns.filter((column) => !action.uniqueKey.includes(column));
  const name = (column: string): string => (graph.engine === 'duckdb' ? `"${column}"` : `\`${column}\``);
  return [
    `merge into ${target} as target`,
    `using (\n${sql.query}\n) as source`,
    `on ${on}`,
    ...(updates.length === 0
      ? []
      : [
          `when matched then update set ${updates.map((column) => `${name(column)} = source.${name(column)}`).join(', ')}`,
        ]),
    `when not matched then insert (${columns.map(name).join(', ')}) values (${columns
      .map((column) => `source.${name(column)}`)
      .join(', ')})`,
  ].join('\n');
}

function swap(graph: Graph, action: Action): readonly string[] {
  return action.reads.map(
    (mart) =>
      `create or replace table ${quoteTable(graph, mart)} as\nselect * from ${quoteTable(graph, builtAs(mart))}`,
  );
}

/** The swap of some marts only, for a selection. */
export function narrowSwap(action: Action, marts: ReadonlySet<string>): Action {
  return { ...action, reads: action.reads.filter((mart) => marts.has(mart)) };
}
