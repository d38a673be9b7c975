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
import type { Warehouse } from '../src/warehouse/port.ts';
import type { TransformRunner } from './deps.ts';

export type TransformParts = {
  readonly warehouse: Warehouse;
  readonly landing: Landing;
  readonly clock: Clock;
  readonly config: TransformConfig;
};

/** Place of the plan document: history knows only names, and a worker that starts anew finds the rest here. */
const planKey: StreamKey = { source: '_transform', accountId: '_', stream: 'plan' };

/** Runs the compiled Dataform graph, an action at a time. Compiling is cached by what goes in (src/transform). */
export function createTransformRunner(parts: TransformParts): TransformRunner {
  const { warehouse, landing, clock, config } = parts;
  const graph = (): Promise<Graph> =>
    compileGraph({
      engine: warehouse.engine,
      timeZone: config.company.time_zone,
      currency: config.company.currency,
    });
  let current: { readonly runId: string; readonly plan: TransformPlan } | undefined;
  const planned = async (runId: string): Promise<TransformPlan> => {
    if (current?.runId === runId) return current.plan;
    const plan = (await landing.readDocument(planKey, runId, 'plan')) as TransformPlan | null;
    if (plan === null) throw new Error(`The plan of transform run ${runId} is missing from the landing folder`);
    current = { runId, plan };
    return plan;
  };
  return {
    async plan(runId, select) {
      const compiled = await graph();
      await prepareTransform({ warehouse, graph: compiled, config, clock });
      const plan = await planTransform({
        warehouse,
        graph: compiled,
        ...(select === undefined ? {} : { select }),
      });
      await landing.writeDocument(planKey, runId, 'plan', plan);
      await landing.sweep(planKey, [runId]);
      current = { runId, plan };
      return {
        actions: plan.actions.map(({ name, waitsFor }) => ({ name, dependsOn: waitsFor, blocking: true })),
        unchanged: plan.unchanged.length,
      };
    },
    async run(runId, name) {
      const action = (await planned(runId)).actions.find((candidate) => candidate.name === name);
      if (action === undefined) throw new Error(`The plan of transform run ${runId} has no action ${name}`);
      return runAction({ warehouse, graph: await graph(), runId, action });
    },
    ahead: (select) => aheadOfTransform({ warehouse, config, clock, ...(select === undefined ? {} : { select }) }),
  };
}
