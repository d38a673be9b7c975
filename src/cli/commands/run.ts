import { existsSync } from 'node:fs';
import type { RunPipelineResult } from '../../../workflows/index.ts';
import type { Project } from '../../config/load.ts';
import { newRunId, startPipeline } from '../../temporal/start.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import { forPeople, runWork } from '../hosting.ts';
import { endOfPipeline } from '../run-outcome.ts';
import type { Ended } from '../run-outcome.ts';
import { costOfRun } from '../read-cost.ts';
import { readLast } from '../read-last.ts';
import { showEnd } from '../summary.ts';
import { requireSource, requireSources } from './check.ts';

export type RunFlags = { readonly source?: readonly string[] };

/** `mailmart run`: the whole pipeline. */
export async function run(context: Context, flags: RunFlags): Promise<ExitName> {
  const project = await context.project();
  requireSources(project);
  // A misspelt id is found before anything is started.
  for (const id of flags.source ?? []) requireSource(project, id);
  const ended = await runPipelineOnce(context, project, flags.source);
  return showEnd(context, 'run', ended);
}

/** Runs the pipeline to its end, with progress. */
export async function runPipelineOnce(
  context: Context,
  project: Project,
  accounts?: readonly string[],
): Promise<Ended> {
  const [finished] = await runWork<RunPipelineResult>(context, project, async ({ client, taskQueue }, now) => [
    await startPipeline(
      { client, taskQueue, onRunning: 'attach' },
      { runId: newRunId('run', now), tuning: forPeople, ...(accounts === undefined ? {} : { accounts }) },
    ),
  ]);
  if (finished === undefined) throw new Error('the pipeline ended without a result');
  const { result, attached } = finished;
  const report = result.reported && existsSync(project.paths.report) ? project.paths.report : null;
  const cost = await costOfRun(project, result.runId);
  return endOfPipeline(result, attached, report, await readLast(project), cost);
}
