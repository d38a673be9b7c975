import { setTimeout as delay } from 'node:timers/promises';
import type { RunNote } from '../../../activities/index.ts';
import { findWorker, requireSameConfig } from '../../temporal/with-worker.ts';
import { hostWorker } from '../../temporal/worker-host.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import { workerOptions } from '../hosting.ts';
import type { GlobalOptions } from '../output.ts';
import { verdictWord } from './status.ts';

export type WorkerFlags = GlobalOptions;

/** `mailmart worker`: worker, server and schedule until it is stopped. */
export async function worker(context: Context): Promise<ExitName> {
  const { output, signal } = context;
  const project = await context.project();
  const other = findWorker(project);
  if (other !== undefined) {
    requireSameConfig(project, other);
    throw new CliError({
      code: 'RUN_ACTIVE',
      exit: 'error',
      what: `A worker of this project runs already, in process ${other.pid}.`,
      fix: 'Nothing to do: other commands use it. To stop it, press Ctrl-C there.',
    });
  }
  const options = workerOptions(context, project);
  const runEnded = (run: RunNote): void => output.say(`${options.clock.now()} ${runLine(run)}`);
  const hosted = await hostWorker({ ...options, runEnded, schedule: true });
  const { schedule } = project.config;
  const when = schedule === undefined ? 'none' : (schedule.cron ?? schedule.every ?? 'none');
  const facts = { address: hosted.address, task_queue: hosted.taskQueue, schedule: when };
  output.document('worker', { event: 'started', ...facts });
  output.say(
    `Worker runs on ${hosted.address}, task queue ${hosted.taskQueue}. Log: ${project.paths.logs}/mailmart.log`,
  );
  output.say(when === 'none' ? 'No schedule is configured: runs start with mailmart run.' : `Schedule: ${when}.`);
  output.say('Stop it with Ctrl-C. Each run that ends is told here.');
  const stopped = new Promise<'stopped'>((done) =>
    signal.addEventListener('abort', () => done('stopped'), { once: true }),
  );
  const ended = await Promise.race([stopped, hosted.done.then(() => 'gone' as const)]);
  // What runs gets a moment to leave in order; it goes on from its checkpoint with the next worker.
  await Promise.race([hosted.shutdown(), delay(600)]);
  if (ended === 'stopped') return 'done';
  throw new CliError({
    code: 'TEMPORAL_UNREACHABLE',
    exit: 'error',
    what: 'The Temporal server or the worker has stopped by itself.',
    where: project.paths.logs,
    fix: 'See the log there, then start the worker again.',
  });
}

/** A run as its worker tells it: which, how it ended, and what is missing. */
export function runLine({ runId, kind, status, verdict, message }: RunNote): string {
  if (status !== 'done') return `${kind} ${runId}: ${status}${message === null ? '' : `: ${message}`}`;
  if (verdict === null || verdict.kind === 'complete') return `${kind} ${runId}: ${verdict?.kind ?? status}`;
  return `${kind} ${runId}: ${verdictWord(verdict.kind)}: ${verdict.missing.join('; ')}`;
}
