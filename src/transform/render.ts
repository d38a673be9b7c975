import type { TableKind } from '../warehouse/port.ts';
import { builtAs, type Action, type ActionSql, type Graph } from './graph.ts';

/** Spells a table's name for an engine (`Warehouse.quote`). */
export type Quote = (name: string) => string;

/** Dataform's `` `project.dataset.table` `` → the engine's own quoting, marts → where they are built. */
export function requote(graph: Pick<Graph, 'database'>, quote: Quote, sql: string): string {
  const pattern = new RegExp(`\`${graph.database}\\.([A-Za-z0-9_]+)\\.([A-Za-z0-9_]+)\``, 'g');
  return sql.replaceAll(pattern, (_, schema: string, table: string) => quote(builtAs(`${schema}.${table}`)));
}

export type RenderOptions = {
  readonly incremental: boolean;
  /** What stands where the action will write: no engine replaces a table by a view or the other way round. */
  readonly present: TableKind | null;
  readonly quote: Quote;
  /** Fingerprints of this run and of the last that ended well: work tables say whose rows they hold. */
  readonly run?: { readonly fingerprint: string; readonly before?: string | undefined };
};

/** Statements of an action for its engine, in order. DuckDB runs them in one transaction, BigQuery those that change rows. */
export function render(graph: Graph, action: Action, options: RenderOptions): readonly string[] {
  const target = options.quote(builtAs(action.name));
  const { fingerprint = '', before = '' } = options.run ?? {};
  const ready = (statements: readonly string[]): readonly string[] =>
    statements
      .filter((text) => text !== '')
      .map((text) =>
        requote(graph, options.quote, text).replaceAll('{this run}', fingerprint).replaceAll('{last run}', before),
      );
  const replaced = (kind: TableKind): readonly string[] =>
    ready([
      ...action.full.preOps,
      ...(options.present === null || options.present === kind ? [] : [`drop ${options.present} ${target}`]),
      `create or replace ${kind} ${target}${storage(graph, action, kind)} as\n${action.full.query}`,
      ...action.full.postOps,
    ]);
  switch (action.kind) {
    case 'table':
    case 'view':
      return replaced(action.kind);
    case 'incremental': {
      const { incremental } = action;
      if (!options.incremental || incremental === undefined) return replaced('table');
      return ready(
        graph.engine === 'duckdb'
          ? [...incremental.preOps, merge(graph, action, target, `(\n${incremental.query}\n)`), ...incremental.postOps]
          : mergeFromTable(graph, action, incremental, options.quote),
      );
    }
    case 'assertion':
      return ready([(options.incremental ? (action.incremental ?? action.full) : action.full).query]);
    case 'operations':
      return ready([...action.full.preOps, action.full.query, ...action.full.postOps]);
    case 'step':
      return [];
  }
}

/** Table of an incremental model's new rows on BigQuery. */
export const newRowsOf = (action: Action): string => `${builtAs(action.name)}__new`;

/**
 * On BigQuery new rows are computed into a table first: their dates are then known, so that the merge reads no other
 * partition of its target. No model's new rows depend on what its own pre-operations change in it.
 */
function mergeFromTable(graph: Graph, action: Action, sql: ActionSql, quote: Quote): readonly string[] {
  const source = quote(newRowsOf(action));
  const isDefinition = (text: string): boolean => /^\s*(create|drop|alter)\b/i.test(text);
  return [
    ...sql.preOps.filter(isDefinition),
    `create or replace table ${source}${storage(graph, action, 'table')} as\n${sql.query}`,
    ...sql.preOps.filter((text) => !isDefinition(text)),
    merge(graph, action, quote(builtAs(action.name)), source),
    ...sql.postOps,
    `drop table ${source}`,
  ];
}

/** Partitions and clusters of a table on BigQuery. */
function storage(graph: Graph, action: Action, kind: TableKind): string {
  const { partitionBy, clusterBy, requirePartitionFilter } = action.bigquery;
  if (graph.engine !== 'bigquery' || kind === 'view') return '';
  return [
    ...(partitionBy === undefined ? [] : [`\npartition by ${partitionBy}`]),
    ...(clusterBy.length === 0 ? [] : [`\ncluster by ${clusterBy.join(', ')}`]),
    ...(requirePartitionFilter ? ['\noptions (require_partition_filter = true)'] : []),
  ].join('');
}

function merge(graph: Graph, action: Action, target: string, source: string): string {
  if (action.uniqueKey.length === 0) {
    return graph.engine === 'duckdb'
      ? `insert into ${target}\n${source.slice(1, -1)}`
      : `insert into ${target} select * from ${source}`;
  }
  const { partitionBy } = action.bigquery;
  const on = action.uniqueKey.map((column) => `target.${column} = source.${column}`);
  if (graph.engine === 'bigquery' && partitionBy !== undefined) on.push(partitionFilter(`target.${partitionBy}`));
  const columns = action.columns.map((column) => column.name);
  const updates = columns.filter((column) => !action.uniqueKey.includes(column));
  const name = (column: string): string => (graph.engine === 'duckdb' ? `"${column}"` : `\`${column}\``);
  return [
    `merge into ${target} as target`,
    `using ${source} as source`,
    `on ${on.join(' and ')}`,
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

/** The partitions that the new rows lie in, as constants (`ModelPlan.merge`), because nothing else prunes. */
const partitionFilter = (column: string): string =>
  `(${column} between date(@partition_from) and date(@partition_to) or ${column} is null)`;

/** The swap of some marts only, for a selection. */
export function narrowSwap(action: Action, marts: ReadonlySet<string>): Action {
  return { ...action, reads: action.reads.filter((mart) => marts.has(mart)) };
}
