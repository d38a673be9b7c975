import type { Clock } from '../src/contracts/clock.ts';
import type { StreamKey } from '../src/contracts/sync.ts';
import type { Landing } from '../src/landing/port.ts';
import {
  aheadOfTransform,
  compileGraph,
  planTransform,
  prepareTransform,
  runAction,
  type Graph,
  type TransformConfig,
  type TransformPlan,
} from '../src/transform/index.ts';
import type { ModelRun, Warehouse } from '../src/warehouse/port.ts';
import type { TransformRunner } from './deps.ts';

export type TransformParts = {
  readonly warehouse: Warehouse;
  readonly landing: Landing;
  readonly clock: Clock;
  readonly config: TransformConfig;
};

/** Place of the plan document: history knows only names, and a worker that starts anew finds the rest here. */
const planKey: StreamKey = { source: '_transform', accountId: '_', stream: 'plan' };

/** Incremental models are as large as the events, steps hold their rows, and the swap writes all marts. */
const quickKinds: ReadonlySet<ModelRun['kind']> = new Set(['view', 'table', 'assertion']);

/** Runs the compiled Dataform graph, action by action. Compiling is cached by what goes in (src/transform). */
export function createTransformRunner(parts: TransformParts): TransformRunner {
  const { warehouse, landing, clock, config } = parts;
  const compiled = (): Promise<Graph> =>
    compileGraph({
      engine: warehouse.engine,
      timeZone: config.company.time_zone,
      currency: config.company.currency,
    });
  /** Of the latest run: to look whether the project changed takes longer than most actions. */
  let current: { readonly runId: string; readonly plan: TransformPlan; readonly graph: Graph } | undefined;
  const planned = async (runId: string): Promise<{ readonly plan: TransformPlan; readonly graph: Graph }> => {
    if (current?.runId === runId) return current;
    const plan = (await landing.readDocument(planKey, runId, 'plan')) as TransformPlan | null;
    if (plan === null) throw new Error(`The plan of transform run ${runId} is missing from the landing folder`);
    current = { runId, plan, graph: await compiled() };
    return current;
  };
  return {
    async plan(runId, select) {
      const graph = await compiled();
      await prepareTransform({ warehouse, graph, config, clock });
      const plan = await planTransform({
        warehouse,
        graph,
        ...(select === undefined ? {} : { select }),
      });
      await landing.writeDocument(planKey, runId, 'plan', plan);
      await landing.sweep(planKey, [runId]);
      current = { runId, plan, graph };
      return {
        actions: plan.actions.map(({ name, kind, waitsFor }) => ({
          name,
          dependsOn: waitsFor,
          blocking: true,
          // A job of BigQuery's takes seconds, whatever it does.
          ...(warehouse.engine === 'duckdb' && quickKinds.has(kind) && { isQuick: true }),
        })),
        unchanged: plan.unchanged.length,
      };
    },
    async run(runId, name, signal) {
      const { plan, graph } = await planned(runId);
      const action = plan.actions.find((candidate) => candidate.name === name);
      if (action === undefined) throw new Error(`The plan of transform run ${runId} has no action ${name}`);
      return runAction({ warehouse, graph, runId, action, signal });
    },
    ahead: (select) => aheadOfTransform({ warehouse, config, clock, ...(select === undefined ? {} : { select }) }),
  };
}
