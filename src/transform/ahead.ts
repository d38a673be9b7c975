import type { Clock } from '../contracts/clock.ts';
import { WarehouseError, type TableKind, type Warehouse } from '../warehouse/port.ts';
import { compileGraph } from './compile.ts';
import { actionNamed, builtAs, swapName, type Action, type Graph } from './graph.ts';
import { planTransform, type PlannedAction, type PlanReason } from './plan.ts';
import { narrowSwap, newRowsOf, render } from './render.ts';
import { preparedFingerprints, type TransformConfig } from './setup.ts';

/** One action that a transform would run now. */
export type ModelAhead = Pick<PlannedAction, 'name' | 'kind' | 'incremental'> & {
  readonly reason: PlanReason;
  /** What it would read, as the engine estimates it on the tables as they are; null where nothing is billed or it is unknown. */
  readonly bytes: number | null;
  /** Why the bytes are unknown, or only a part. */
  readonly note: string | null;
};

export type TransformAhead = {
  readonly models: readonly ModelAhead[];
  readonly unchanged: number;
  /** Whether the engine bills what is read. */
  readonly isBilled: boolean;
};

/** Dry runs at a time. */
const lanes = 8;

/** What a transform would do with raw as it is, and what each model would read. Writes nothing; dry runs are free. */
export async function aheadOfTransform(options: {
  readonly warehouse: Warehouse;
  readonly config: TransformConfig;
  readonly clock: Clock;
  readonly select?: readonly string[];
  readonly projectDir?: string;
}): Promise<TransformAhead> {
  const { warehouse, config, clock, select, projectDir } = options;
  const graph = await compileGraph({
    engine: warehouse.engine,
    timeZone: config.company.time_zone,
    currency: config.company.currency,
    ...(projectDir === undefined ? {} : { projectDir }),
  });
  const declared = await preparedFingerprints({ warehouse, graph, config, clock });
  const plan = await planTransform({ warehouse, graph, declared, ...(select === undefined ? {} : { select }) });
  const present = await warehouse.tables();
  const isBilled = warehouse.engine === 'bigquery';
  const estimates = new Map<string, Estimate>();
  const waiting = isBilled ? plan.actions.values() : [].values();
  const work = async (): Promise<void> => {
    for (const action of waiting) estimates.set(action.name, await estimate({ warehouse, graph, action, present }));
  };
  await Promise.all(Array.from({ length: lanes }, work));
  return {
    models: plan.actions.map(({ name, kind, incremental, reason }) => ({
      name,
      kind,
      incremental,
      reason,
      ...(estimates.get(name) ?? { bytes: null, note: null }),
    })),
    unchanged: plan.unchanged.length,
    isBilled,
  };
}

type Estimate = Pick<ModelAhead, 'bytes' | 'note'>;

/** What an action would read, by dry runs of all that can be judged before anything ran. */
export async function estimate(options: {
  readonly warehouse: Warehouse;
  readonly graph: Graph;
  readonly action: PlannedAction;
  readonly present: ReadonlyMap<string, TableKind>;
}): Promise<Estimate> {
  const { warehouse, graph, action: planned, present } = options;
  const found = actionNamed(graph, planned.name);
  const action = planned.marts === undefined ? found : narrowSwap(found, new Set(planned.marts));
  const reads = action.step === undefined ? action.reads : [action.step.reads];
  const absent = reads.map(builtAs).filter((name) => !present.has(name));
  if (absent.length > 0) {
    const more = absent.length === 1 ? '' : ` and ${absent.length - 1} more`;
    return { bytes: null, note: `unknown until its inputs are built (${absent[0]}${more})` };
  }
  let bytes = 0;
  let isWhole = true;
  try {
    for (const statement of statementsOf(graph, action, planned, present, warehouse.quote)) {
      if (statement === null) isWhole = false;
      else bytes += (await warehouse.dryRun(statement)) ?? 0;
    }
  } catch (error) {
    if (!(error instanceof WarehouseError) || (error.kind !== 'rejected' && error.kind !== 'drift')) throw error;
    return { bytes: null, note: `could not be estimated: ${error.message.slice(0, 200)}` };
  }
  return { bytes, note: isWhole ? null : 'without its merge, whose partitions are known only with the new rows' };
}

/** What would run, as far as it can be judged beforehand; null for a statement that needs what an earlier one makes. */
function statementsOf(
  graph: Graph,
  action: Action,
  planned: PlannedAction,
  present: ReadonlyMap<string, TableKind>,
  quote: Warehouse['quote'],
): readonly (string | null)[] {
  // A swap reads what was built, whole.
  if (action.name === swapName) return action.reads.map((mart) => `select * from ${quote(builtAs(mart))}`);
  if (action.step !== undefined) return [`select * from ${quote(builtAs(action.step.reads))}`];
  const target = builtAs(action.name);
  const all = render(graph, action, {
    incremental: planned.incremental,
    present: action.kind === 'assertion' ? null : (present.get(target) ?? null),
    quote,
  });
  const newRows = quote(newRowsOf(action));
  return all
    .filter((statement) => !/^\s*drop\b/i.test(statement))
    .map((statement) =>
      statement.includes(newRows) && !statement.startsWith(`create or replace table ${newRows}`) ? null : statement,
    );
}
