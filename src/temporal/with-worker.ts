import type { Client } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { connectClient } from './connection.ts';
import { dataConverterFor } from './data-converter.ts';
import { stateFiles } from './project-deps.ts';
import { shownPath, type Project } from '../config/load.ts';
import { ConfigError } from '../config/problems.ts';
import type { Env } from './server.ts';
import { hostWorker, WorkerRunning, type HostWorkerOptions } from './worker-host.ts';
import { readWorkerRecord, type WorkerRecord } from './worker-record.ts';

/** A worker to give work to: another process's, or one in this process. */
export type ReachedWorker = {
  readonly client: Client;
  readonly taskQueue: string;
  /** The process that runs it. */
  readonly pid: number;
  readonly isOurs: boolean;
  /** Rejects or settles when the worker is gone; never settles for another process's. */
  readonly gone: Promise<void>;
};

/** The project's running worker, as other processes reach it; undefined when there is none. */
export function findWorker(project: Project): WorkerRecord | undefined {
  return readWorkerRecord(stateFiles(project).worker);
}

/** Throws a ConfigError when that worker started with another mailmart.yaml: it knows nothing of what was changed since. */
export function requireSameConfig({ file, configHash }: Project, { pid, configHash: started }: WorkerRecord): void {
  if (started === undefined || started === configHash) return;
  throw new ConfigError([
    {
      code: 'CONFIG_CHANGED',
      file: shownPath(file),
      path: '',
      what: `The file has changed since the worker of this project (process ${pid}) started.`,
      why: 'A worker works on what it read when it started: the change would have no effect.',
      fix: 'Stop that worker with Ctrl-C and start `mailmart worker` again; if it is the run of another command, let it end.',
    },
  ]);
}

/**
 * Calls `use` with a worker: the one that runs (`mailmart worker`, or another command), else one hosted in this process
 * for the length of the call.
 */
export async function withWorker<T>(
  options: HostWorkerOptions,
  use: (worker: ReachedWorker) => Promise<T>,
): Promise<T> {
  const { project, env } = options;
  const running = findWorker(project);
  if (running !== undefined) return attach(project, env, running, use);
  let hosted;
  try {
    hosted = await hostWorker(options);
  } catch (error) {
    if (!(error instanceof WorkerRunning)) throw error;
    return attach(project, env, await announced(project, error), use);
  }
  try {
    const { client, taskQueue, done } = hosted;
    return await use({ client, taskQueue, pid: process.pid, isOurs: true, gone: done });
  } finally {
    await hosted.shutdown();
  }
}

/** Another process has the start lock: its worker is about to be announced. */
async function announced(project: Project, refusal: WorkerRunning): Promise<WorkerRecord> {
  for (const until = performance.now() + 20_000; performance.now() < until; await delay(50)) {
    const record = findWorker(project);
    if (record !== undefined) return record;
  }
  throw refusal;
}

async function attach<T>(
  project: Project,
  env: Env,
  record: WorkerRecord,
  use: (worker: ReachedWorker) => Promise<T>,
): Promise<T> {
  requireSameConfig(project, record);
  const dataConverter = dataConverterFor(stateFiles(project).codecKey, record.encrypted);
  const client = await connectClient(record, env, dataConverter);
  const ending = new AbortController();
  try {
    const gone = watch(project, record, ending.signal);
    // Whoever awaits it gets the error; nobody need await it.
    gone.catch(() => undefined);
    return await use({ client, taskQueue: record.taskQueue, pid: record.pid, isOurs: false, gone });
  } finally {
    ending.abort();
    await client.connection.close();
  }
}

/** Settles when the process that runs the worker has gone: waiting for its results would last for ever. */
async function watch(project: Project, record: WorkerRecord, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(500, undefined, { ref: false });
    if (findWorker(project)?.pid !== record.pid) return;
  }
}
