import type { TransformResult } from '../../../workflows/index.ts';
import { newRunId, startTransform } from '../../temporal/start.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import { costOfRun } from '../read-cost.ts';
import { readLast } from '../read-last.ts';
import { runWork } from '../hosting.ts';
import { endOfTransform } from '../run-outcome.ts';
import { showEnd } from '../summary.ts';

export type TransformFlags = { readonly select?: readonly string[] };

/** `mailmart transform [--select …]` */
export async function transform(context: Context, flags: TransformFlags): Promise<ExitName> {
  const project = await context.project();
  const startedMs = performance.now();
  const [finished] = await runWork<TransformResult>(context, project, async ({ client, taskQueue }, now) => [
    await startTransform(
      { client, taskQueue, onRunning: 'attach' },
      { runId: newRunId('transform', now), ...(flags.select === undefined ? {} : { select: flags.select }) },
    ),
  ]);
  if (finished === undefined) throw new Error('the transform ended without a result');
  const { runId, attached, result } = finished;
  const cost = await costOfRun(project, runId);
  return showEnd(
    context,
    'transform',
    endOfTransform(runId, attached, result, performance.now() - startedMs, cost, await readLast(project)),
  );
}
