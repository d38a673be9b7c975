import { setFlagsFromString } from 'node:v8';
import type { Clock } from '../contracts/clock.ts';
import { createMutex } from '../contracts/mutex.ts';
import type { Row } from '../contracts/sync.ts';
import type { ModelRun, TableKind, Warehouse } from '../warehouse/port.ts';
import { compileGraph } from './compile.ts';
import { actionNamed, builtAs, dependentsOf, swapName, type Action, type Graph } from './graph.ts';
import { planTransform, type PlannedAction } from './plan.ts';
import { narrowSwap, newRowsOf, render, requote } from './render.ts';
import { prepareTransform, type TransformConfig } from './setup.ts';

/**
 * Runs one planned action. A failed assertion is an answer (`status: 'failed'`, with the broken rules and their rows), not
 * an exception: what waits for it must not run. Wrong SQL and a broken warehouse throw.
 */
export async function runAction(options: {
  readonly warehouse: Warehouse;
  readonly graph: Graph;
  readonly runId: string;
  readonly action: PlannedAction;
  /** Ends a model that is at work. */
  readonly signal?: AbortSignal;
}): Promise<ModelRun> {
  const { warehouse, graph, runId, action: planned, signal } = options;
  const found = actionNamed(graph, planned.name);
  const action = planned.marts === undefined ? found : narrowSwap(found, new Set(planned.marts));
  if (action.step !== undefined) return await runStep(warehouse, runId, action, planned.fingerprint);
  const { kind, description, columns } = action;
  const plan = { name: builtAs(action.name), kind, fingerprint: planned.fingerprint, description, columns };
  if (action.name === swapName) {
    const pairs = action.reads.map((mart) => ({ from: builtAs(mart), to: mart }));
    return await warehouse.swapTables(runId, plan, pairs, signal);
  }
  const { partitionBy } = action.bigquery;
  const run = await warehouse.runModel(
    runId,
    planned.incremental && partitionBy !== undefined
      ? { ...plan, merge: { source: newRowsOf(action), partitionBy } }
      : plan,
    render(graph, action, {
      incremental: planned.incremental,
      present: await presentKind(warehouse, planned, plan.name),
      quote: warehouse.quote,
      run: planned,
    }),
    signal,
  );
  if (run.status !== 'failed' || action.kind !== 'assertion') return run;
  return { ...run, message: await brokenRules(warehouse, graph, action) };
}

/** What stands where the action will write. Asked for again only where it has to go: an attempt before may have done that. */
async function presentKind(warehouse: Warehouse, planned: PlannedAction, name: string): Promise<TableKind | null> {
  const { kind, stands = null } = planned;
  if (kind === 'assertion' || stands === null) return null;
  return (stands === 'view') === (kind === 'view') ? stands : await warehouse.tableKind(name);
}

/** A step holds all its rows: two at once would hold twice as many. */
const oneStep = createMutex();

async function runStep(warehouse: Warehouse, runId: string, action: Action, fingerprint: string): Promise<ModelRun> {
  const { step } = action;
  if (step === undefined) throw new Error(`${action.name} is no step`);
  const { rows, durationMs } = await oneStep(() =>
    inLittleSpace(async () => {
      const started = performance.now();
      const written = await step.run(await warehouse.query(`select * from ${warehouse.quote(builtAs(step.reads))}`));
      await warehouse.replaceTable(step.writes.table, step.writes.columns, written);
      return { rows: written.length, durationMs: Math.round(performance.now() - started) };
    }),
  );
  const run: ModelRun = {
    name: action.name,
    kind: 'step',
    fingerprint,
    rows,
    durationMs,
    status: 'done',
    message: null,
  };
  await warehouse.recordModel(runId, run);
  return run;
}

/**
 * V8 lets the space of young objects grow when many of them live on, as a step's rows do, and keeps it: of 50,000 rows 260 MB
 * instead of 130, beside DuckDB at its limit, for a fifteenth of the step's time.
 */
async function inLittleSpace<T>(work: () => Promise<T>): Promise<T> {
  setFlagsFromString('--semi-space-growth-factor=1');
  try {
    return await work();
  } finally {
    setFlagsFromString('--semi-space-growth-factor=2');
  }
}

/** A count or a text of a row, as text. */
function text(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'object' ? JSON.stringify(value) : `${value}`;
}

async function brokenRules(warehouse: Warehouse, graph: Graph, action: Action): Promise<string> {
  const rules = await warehouse.query(
    `select rule, count(*) as broken from (${requote(graph, warehouse.quote, action.full.query)}) as broken_rows group by rule order by rule`,
  );
  const broken = rules.map((row) => `${text(row, 'broken')} rows: ${text(row, 'rule')}`).join('; ');
  return `${action.checks ?? action.name} breaks a rule: ${broken}. The marts stay as they were.`;
}

export type TransformResult = {
  /** What ran, in order. */
  readonly runs: readonly ModelRun[];
  readonly unchanged: readonly string[];
  /** Assertions that failed, with the broken rules. */
  readonly failures: readonly ModelRun[];
  /** Actions that did not run because something they need failed. */
  readonly blocked: readonly string[];
};

/** What `onProgress` is told: the action that ended, and how far the plan is. */
export type TransformProgress = { readonly run: ModelRun; readonly done: number; readonly total: number };

/** Set-up, plan and all actions in this process, in an order that the plan allows; for tests, bench and hosts without Temporal. */
export async function runTransform(options: {
  readonly warehouse: Warehouse;
  readonly config: TransformConfig;
  readonly clock: Clock;
  readonly runId: string;
  readonly select?: readonly string[];
  /** Runs everything selected, and builds incremental tables anew. */
  readonly full?: boolean;
  readonly projectDir?: string;
  /** Actions at work at once; default: one after the other, in the order of the plan. */
  readonly parallel?: number;
  readonly onProgress?: (progress: TransformProgress) => void;
}): Promise<TransformResult> {
  const { warehouse, config, clock, runId } = options;
  const graph = await compileGraph({
    engine: warehouse.engine,
    timeZone: config.company.time_zone,
    currency: config.company.currency,
    ...(options.projectDir !== undefined && { projectDir: options.projectDir }),
  });
  await prepareTransform({ warehouse, graph, config, clock });
  const plan = await planTransform({
    warehouse,
    graph,
    ...(options.select && { select: options.select }),
    ...(options.full !== undefined && { full: options.full }),
  });
  const runs: ModelRun[] = [];
  const failures: ModelRun[] = [];
  const blocked = new Set<string>();
  await inTurn(plan.actions, blocked, options.parallel ?? 1, async (action) => {
    const run = await runAction({ warehouse, graph, runId, action });
    runs.push(run);
    if (run.status === 'failed') {
      failures.push(run);
      for (const name of dependentsOf(graph, action.name)) blocked.add(name);
    }
    options.onProgress?.({ run, done: runs.length + blocked.size, total: plan.actions.length });
  });
  const planned = new Set(plan.actions.map(({ name }) => name));
  return { runs, unchanged: plan.unchanged, failures, blocked: [...blocked].filter((name) => planned.has(name)) };
}

/** Runs each action once all that it waits for has ended, so many at a time; `run` adds to `blocked` what must not run any more. */
async function inTurn(
  actions: readonly PlannedAction[],
  blocked: ReadonlySet<string>,
  parallel: number,
  run: (action: PlannedAction) => Promise<void>,
): Promise<void> {
  const waiting = new Set(actions);
  const unfinished = new Set(actions.map(({ name }) => name));
  const running = new Set<Promise<void>>();
  const start = async (action: PlannedAction): Promise<void> => {
    await run(action);
    unfinished.delete(action.name);
  };
  for (;;) {
    for (const action of waiting) {
      if (running.size === parallel) break;
      if (blocked.has(action.name)) waiting.delete(action);
      else if (!action.waitsFor.some((name) => unfinished.has(name))) {
        waiting.delete(action);
        const turn = start(action).finally(() => running.delete(turn));
        running.add(turn);
      }
    }
    if (running.size === 0) return;
    await Promise.race(running);
  }
}
