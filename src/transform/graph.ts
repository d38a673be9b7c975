import type { ModelRun } from '../warehouse/port.ts';
import { TransformError } from './errors.ts';
import type { Step } from './step.ts';

export type Engine = 'duckdb' | 'bigquery';

/** A column of a model, as its config documents it. */
export type DocumentedColumn = { readonly name: string; readonly description: string };

/** SQL of an action, with Dataform's own quoting of tables; `render` makes statements of one engine from it. */
export type ActionSql = {
  readonly query: string;
  readonly preOps: readonly string[];
  readonly postOps: readonly string[];
};

export type BigqueryStorage = {
  /** Date column. */
  readonly partitionBy?: string;
  readonly clusterBy: readonly string[];
  readonly requirePartitionFilter: boolean;
};

export const plainStorage: BigqueryStorage = { clusterBy: [], requirePartitionFilter: false };

/** One node of the compiled graph. */
export type Action = {
  /** `core.dim_campaign`; for assertions `checks.core_dim_campaign`. */
  readonly name: string;
  readonly kind: ModelRun['kind'];
  readonly full: ActionSql;
  /** Set for incremental models: what runs when the table is there and its definition did not change. The same for assertions that can look at changed rows alone. */
  readonly incremental?: ActionSql;
  readonly uniqueKey: readonly string[];
  /** How BigQuery is to store the table; DuckDB needs none of it. */
  readonly bigquery: BigqueryStorage;
  /** Tables that it reads: models and declarations. */
  readonly reads: readonly string[];
  /** Assertions of a model: the model. Free assertions: null. */
  readonly checks: string | null;
  readonly description: string;
  readonly columns: readonly DocumentedColumn[];
  readonly step?: Step;
};

/** A table that no model of the graph builds: raw, configuration, output of a step. */
export type Declaration = {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly DocumentedColumn[];
};

export type Graph = {
  readonly engine: Engine;
  readonly timeZone: string;
  readonly currency: string;
  /** Project name in Dataform's quoted table names: `` `mailmart.core.dim_campaign` ``. */
  readonly database: string;
  /** In dependency order; equal inputs give the same order. */
  readonly actions: readonly Action[];
  readonly declarations: readonly Declaration[];
  /** Actions that must have succeeded before an action may start. */
  readonly waitsFor: ReadonlyMap<string, readonly string[]>;
};

/** Name of the last action: it brings the marts that passed their assertions into place, all at once. */
export const swapName = 'marts.swap';
export const martsSchema = 'marts';
/** Where marts are built and checked before they replace the last good ones. */
export const buildSchema = 'marts_build';

export const schemaOf = (name: string): string => name.slice(0, name.indexOf('.'));
export const tableOf = (name: string): string => name.slice(name.indexOf('.') + 1);

/** Where an action's table is built: marts beside their place, everything else in place. */
export function builtAs(name: string): string {
  return schemaOf(name) === martsSchema ? `${buildSchema}.${tableOf(name)}` : name;
}

export const isMart = (action: Action): boolean =>
  schemaOf(action.name) === martsSchema && action.kind !== 'assertion' && action.name !== swapName;

/**
 * Models whose work tables an incremental action reads: it does what they say they changed in their latest run, and is right only
 * when it has done all that came before.
 */
export function followedBy(graph: Graph, action: Action): readonly string[] {
  const { incremental } = action;
  if (incremental === undefined) return [];
  const sql = [...incremental.preOps, incremental.query, ...incremental.postOps].join('\n');
  return action.reads.filter((read) => read !== action.name && sql.includes(`\`${graph.database}.${read}__`));
}

/** The action of a name; an unknown name is our own mistake. */
export function actionNamed(graph: Graph, name: string): Action {
  const action = graph.actions.find((candidate) => candidate.name === name);
  if (action === undefined) throw new Error(`the compiled graph has no action ${name}`);
  return action;
}

/** All actions that an action needs, directly or not, itself excluded. */
export function upstreamOf(graph: Graph, name: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (current: string): void => {
    for (const needed of graph.waitsFor.get(current) ?? []) {
      if (seen.has(needed)) continue;
      seen.add(needed);
      visit(needed);
    }
  };
  visit(name);
  return seen;
}

/** All actions that cannot run when this one failed. */
export function dependentsOf(graph: Graph, name: string): ReadonlySet<string> {
  const blocked = new Set<string>([name]);
  for (const action of graph.actions) {
    if ((graph.waitsFor.get(action.name) ?? []).some((needed) => blocked.has(needed))) blocked.add(action.name);
  }
  blocked.delete(name);
  return blocked;
}

/**
 * Puts actions into dependency order and says what each waits for: the models it reads and *their assertions*, so that
 * nothing is built on rows that failed a check. Free assertions hold up the swap of the marts.
 */
export function arrange(parts: Omit<Graph, 'actions' | 'waitsFor'>, models: readonly Action[]): Graph {
  const swap = swapAction(models);
  const actions = swap === null ? [...models] : [...models, swap];
  const writers = new Map<string, string>();
  for (const action of actions) {
    if (action.kind === 'assertion') continue;
    writers.set(action.step?.writes.table ?? action.name, action.name);
  }
  const assertionsOf = new Map<string, string[]>();
  for (const action of actions) {
    if (action.checks === null) continue;
    assertionsOf.set(action.checks, [...(assertionsOf.get(action.checks) ?? []), action.name]);
  }
  const waitsFor = new Map<string, readonly string[]>();
  for (const action of actions) {
    const needed = new Set<string>();
    for (const read of action.reads) {
      const writer = writers.get(read);
      if (writer === undefined || writer === action.name) continue;
      needed.add(writer);
      if (action.checks !== read) for (const assertion of assertionsOf.get(writer) ?? []) needed.add(assertion);
    }
    if (action.name === swapName) {
      for (const other of actions) if (other.kind === 'assertion' && other.checks === null) needed.add(other.name);
    }
    waitsFor.set(action.name, [...needed].toSorted());
  }
  return { ...parts, actions: inOrder(actions, waitsFor), waitsFor };
}

function swapAction(models: readonly Action[]): Action | null {
  const marts = models.filter(isMart).map((mart) => mart.name);
  if (marts.length === 0) return null;
  const nothing: ActionSql = { query: '', preOps: [], postOps: [] };
  return {
    name: swapName,
    kind: 'operations',
    full: nothing,
    uniqueKey: [],
    bigquery: plainStorage,
    reads: marts.toSorted(),
    checks: null,
    description: 'Brings the marts that passed their assertions into place, in one transaction',
    columns: [],
  };
}

function inOrder(actions: readonly Action[], waitsFor: ReadonlyMap<string, readonly string[]>): readonly Action[] {
  const left = new Map(actions.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((action) => [action.name, action]));
  const ordered: Action[] = [];
  while (left.size > 0) {
    const ready = [...left.values()].filter(
      (action) => !(waitsFor.get(action.name) ?? []).some((name) => left.has(name)),
    );
    if (ready.length === 0) {
      throw new TransformError(`The models need each other in a circle: ${[...left.keys()].join(', ')}.`, {
        kind: 'compile',
        fix: 'Break the circle in sql/definitions or src/transform/steps.',
      });
    }
    for (const action of ready) {
      ordered.push(action);
      left.delete(action.name);
    }
  }
  return ordered;
}
