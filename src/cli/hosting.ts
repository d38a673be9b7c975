import type { WorkflowHandle } from '@temporalio/client';
import type { Tuning } from '../../workflows/index.ts';
import type { Project } from '../config/load.ts';
import { clockFromEnv } from '../contracts/clock.ts';
import type { RunProgress } from '../temporal/progress.ts';
import { readProgress } from '../temporal/progress.ts';
import type { Started } from '../temporal/start.ts';
import { withWorker } from '../temporal/with-worker.ts';
import type { ReachedWorker } from '../temporal/with-worker.ts';
import type { HostWorkerOptions } from '../temporal/worker-host.ts';
import { CliError } from './cli-error.ts';
import type { Context } from './context.ts';
import { diskAlarm, tellDiskFirst } from './disk-alarm.ts';
import { warnOfLeftSources } from './left-sources.ts';
import { openLog } from './log-file.ts';
import { watchRun } from './progress.ts';
import { reportWriter } from './report-writer.ts';

/**
 * A command that a person waits for does not wait hours for a quota: it ends with what there is and exit code 7, and
 * the next run goes on. A scheduled run waits.
 */
export const forPeople: Tuning = { quotaWaitMs: 0 };

/** What a worker of this project needs; its log goes to a file, because the terminal belongs to the progress. */
export function workerOptions(context: Context, project: Project): HostWorkerOptions {
  return {
    project,
    env: context.env,
    clock: clockFromEnv(context.env),
    logger: openLog(project, context.env),
    ...(project.config.report.after_run && { report: reportWriter(project) }),
  };
}

// What the starting functions of src/temporal have in common.
type AnyStarted = Pick<Started<never>, 'attached' | 'runId'> & { readonly handle: WorkflowHandle };

/** A run that ended, and whether it was somebody else's. */
export type Finished<R> = { readonly result: R; readonly attached: boolean; readonly runId: string };

/**
 * Starts work on a worker (a running one, or one hosted here), shows its progress and returns its results. Ctrl-C
 * cancels what was started here; a run of somebody else is only watched, so it goes on.
 */
export async function runWork<R>(
  context: Context,
  project: Project,
  start: (worker: ReachedWorker, now: string) => Promise<readonly AnyStarted[]>,
): Promise<readonly Finished<R>[]> {
  const { output, signal } = context;
  const options = workerOptions(context, project);
  await warnOfLeftSources(context, project);
  const work = withWorker(options, async (worker) => {
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const runs = await start(worker, options.clock.now());
      for (const run of runs.filter(({ attached }) => attached)) {
        output.say(`A run is going on already (${run.runId}): watching it.`);
      }
      const cancel = (): void => stopRuns(context, worker, runs);
      signal.addEventListener('abort', cancel, { once: true });
      try {
        const results = Promise.all(runs.map((run) => run.handle.result() as Promise<R>));
        const anEnd = Promise.race([results, lost(worker, signal)]);
        await watchRun(output, () => readAll(worker, runs), anEnd, { alarm: () => alarmText(project) });
        const ended = await Promise.race([results, lost(worker, signal)]);
        return runs.map(({ attached, runId }, index) => ({ result: ended[index] as R, attached, runId }));
      } catch (error) {
        // What an interrupted command left behind ends as cancelled as soon as there is a worker again: then it is our turn.
        const leftover = runs.every(({ attached }) => attached) && isCancelled(error) && !signal.aborted;
        if (!leftover || attempt === 3) throw error;
        output.say('That run had been cancelled and has ended: starting anew.');
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    }
  });
  return await work.catch((error: unknown) => {
    throw signal.aborted ? error : tellDiskFirst(project, error);
  });
}

function alarmText(project: Project): string | undefined {
  const alarm = diskAlarm(project);
  return alarm && `${alarm.what} ${alarm.fix} The run goes on by itself, and Ctrl-C loses nothing.`;
}

async function readAll(worker: ReachedWorker, runs: readonly AnyStarted[]): Promise<RunProgress> {
  const all = await Promise.all(runs.map((run) => readProgress(worker.client, run.handle)));
  const [first] = all;
  if (first === undefined || all.length === 1)
    return first ?? { runId: '', step: 'done', accounts: [], transform: null };
  return { ...first, accounts: all.flatMap((progress) => progress.accounts) };
}

/** Rejects when the worker has gone or we were interrupted: nobody would ever answer. */
export async function lost(worker: ReachedWorker, signal: AbortSignal): Promise<never> {
  const interrupted = new Promise<never>((_done, fail) => {
    if (signal.aborted) fail(signal.reason);
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });
  });
  await Promise.race([worker.gone, interrupted]);
  throw new CliError({
    code: 'RUN_FAILED',
    exit: 'error',
    what: worker.isOurs
      ? 'The worker stopped in the middle of the run.'
      : `The worker (process ${worker.pid}) has gone.`,
    why: 'What was loaded stays; the run goes on from there.',
    fix: 'Run the same command again.',
  });
}

function stopRuns(context: Context, worker: ReachedWorker, runs: readonly AnyStarted[]): void {
  for (const run of runs) {
    if (run.attached && !worker.isOurs) {
      context.output.say(`The run ${run.runId} belongs to process ${worker.pid} and goes on there: mailmart status.`);
      continue;
    }
    // The request is stored by the server; whoever works on the run next ends it in order.
    run.handle.cancel().catch(() => undefined);
  }
}

function isCancelled(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'CancelledFailure') return true;
  }
  return false;
}
