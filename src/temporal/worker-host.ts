import type { Client } from '@temporalio/client';
import { mkdirSync } from 'node:fs';
import { createActivities, type Deps, type Logger } from '../../activities/index.ts';
import type { Tuning } from '../../workflows/index.ts';
import { connectors as allConnectors } from '../../connectors/index.ts';
import type { Project } from '../config/load.ts';
import type { Clock } from '../contracts/clock.ts';
import { workflowBundle } from './bundle.ts';
import { connectClient, connectWorker, taskQueueOf, type Place } from './connection.ts';
import { dataConverterFor } from './data-converter.ts';
import { closeForgottenRuns } from './forgotten-runs.ts';
import { host, installRuntime } from './host.ts';
import { openDeps, stateFiles, type OpenDeps } from './project-deps.ts';
import { endLostActivities, endStrandedRuns } from './recover.ts';
import { reconcileSchedule, type ScheduleChange } from './schedule.ts';
import { syncAccountId } from './start.ts';
import { cacheFolder, findServer, startDevServer, type DevServer, type Env } from './server.ts';
import { TemporalUnavailable } from './unavailable.ts';
import { type Undo, undoAll } from './undo.ts';
import { removeWorkerRecord, takeStartLock, writeWorkerRecord } from './worker-record.ts';

export type HostWorkerOptions = {
  readonly project: Project;
  readonly env: Env;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connectors?: Deps['connectors'];
  readonly report?: Deps['report'];
  readonly runEnded?: Deps['runEnded'];
  /** Encrypt payloads. Default: what the configuration says, else yes. */
  readonly encrypted?: boolean;
  /** Create or remove the Temporal Schedule as the configuration says: for `mailmart worker`. Default no. */
  readonly schedule?: boolean;
  readonly tuning?: Tuning;
  /** Threads that read slices; 0: the worker's own. Default: see `openReaderThreads`. */
  readonly readerThreads?: number;
  readonly maxCachedWorkflows?: number;
  /** Port of the development server's web interface; default: none. */
  readonly uiPort?: number;
};

/** A worker in this process, and what it takes to talk to it. */
export type HostedWorker = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly address: string;
  readonly namespace: string;
  readonly deps: Deps;
  /** What became of the Schedule; null when it was not looked at. */
  readonly scheduleChange: ScheduleChange | null;
  /** Settles when the worker has stopped by itself or its server has gone; rejects when it failed. */
  readonly done: Promise<void>;
  /** Stops in order: worker, warehouse, connections, and the server that was started for it. Safe to call twice. */
  shutdown(): Promise<void>;
};

/** Another process of the project runs the worker or is about to. */
export class WorkerRunning extends Error {
  readonly pid: number;
  constructor(pid: number) {
    super(
      `The worker of this project runs in process ${pid}: use it (mailmart run, sync and status do), or stop it first.`,
    );
    this.name = 'WorkerRunning';
    this.pid = pid;
  }
}

/**
 * Starts everything a run needs in this process: the Temporal server (unless one is configured), the warehouse, and a
 * worker on the project's task queue. What takes time goes side by side.
 */
export async function hostWorker(options: HostWorkerOptions): Promise<HostedWorker> {
  const { project, env, logger } = options;
  const files = stateFiles(project);
  mkdirSync(project.paths.state, { recursive: true, mode: 0o700 });
  const lock = await takeStartLock(files.lock);
  if (typeof lock !== 'function') throw new WorkerRunning(lock.pid);
  const undo: Undo[] = [lock];
  try {
    installRuntime(logger);
    const encrypted = options.encrypted ?? project.config.temporal.encryption;
    const dataConverter = dataConverterFor(files.codecKey, encrypted);
    const namespace = project.config.temporal.namespace;
    const taskQueue = taskQueueOf(project.dir, project.config.temporal.task_queue);
    const [server, { deps }, bundlePath] = await allOrNothing(
      startServer(options, files),
      openDeps(options),
      workflowBundle(cacheFolder(env)),
      undo,
    );
    const place: Place = { address: server.address, namespace };
    const client = await connectClient(place, env, dataConverter);
    undo.push(() => client.connection.close());
    const connection = await connectWorker(place, env);
    undo.push(() => connection.close());
    // Only a server that we started is surely nobody else's.
    const stranded = server.ended === undefined ? [] : await endStrandedRuns(client, taskQueue);
    if (stranded.length > 0) logger.warn({ workflows: stranded }, 'runs of an earlier task queue were ended');
    const lost = await endLostActivities(client, taskQueue);
    if (lost.length > 0) logger.warn({ activities: lost }, 'an earlier worker was lost; what it was at begins anew');
    const forgotten = await closeForgottenRuns({
      client,
      taskQueue,
      warehouse: deps.warehouse,
      clock: options.clock,
      syncId: (accountId) => syncIdOf(options, accountId),
    });
    if (forgotten.length > 0) logger.warn({ runs: forgotten }, 'runs that Temporal no longer knows were closed');
    const { maxCachedWorkflows } = options;
    const worker = await host({
      connection,
      namespace,
      taskQueue,
      activities: createActivities(deps),
      bundlePath,
      dataConverter,
      ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
    });
    undo.push(() => worker.shutdown());
    const scheduleChange = options.schedule === true ? await schedule(options, client, taskQueue) : null;
    const { configHash } = project;
    writeWorkerRecord(files.worker, { address: place.address, namespace, taskQueue, encrypted, configHash });
    undo.push(() => removeWorkerRecord(files.worker));
    logger.info({ address: place.address, namespace, taskQueue, encrypted, schedule: scheduleChange }, 'worker runs');
    let leaving: Promise<void> | undefined;
    return {
      client,
      taskQueue,
      address: place.address,
      namespace,
      deps,
      scheduleChange,
      done: Promise.race([worker.done, ...(server.ended === undefined ? [] : [server.ended])]),
      shutdown: () => (leaving ??= undoAll(undo)),
    };
  } catch (error) {
    // What went wrong first is what a person is to hear of.
    await undoAll(undo).catch((later: unknown) =>
      logger.error({ error: later instanceof Error ? later.message : String(later) }, 'could not leave in order'),
    );
    throw error;
  }
}

type RunningServer = { readonly address: string; readonly ended?: Promise<void>; readonly stop: () => Promise<void> };

async function startServer(options: HostWorkerOptions, files: ReturnType<typeof stateFiles>): Promise<RunningServer> {
  const { project, env, uiPort } = options;
  const choice = findServer(project.config.temporal.address, env);
  if (choice === undefined) {
    throw new TemporalUnavailable(
      'No Temporal server is configured, and no temporal program was found to start one with. In a checkout: make setup. ' +
        'Else install the Temporal CLI, or set TEMPORAL_ADDRESS.',
    );
  }
  if (choice.kind === 'address') return { address: choice.address, stop: async () => undefined };
  const server: DevServer = await startDevServer({
    program: choice.path,
    dbFile: project.paths.temporalDb,
    recordFile: files.server,
    logFile: files.serverLog,
    ...(uiPort === undefined ? {} : { uiPort }),
  });
  return server;
}

/** Waits for all three; when one fails, what the others opened is closed again. */
async function allOrNothing(
  serverStart: Promise<RunningServer>,
  depsOpening: Promise<OpenDeps>,
  bundling: Promise<string>,
  undo: Undo[],
): Promise<readonly [RunningServer, OpenDeps, string]> {
  const [server, deps, bundle] = await Promise.allSettled([serverStart, depsOpening, bundling]);
  if (server.status === 'fulfilled') undo.push(() => server.value.stop());
  if (deps.status === 'fulfilled') undo.push(() => deps.value.close());
  // The warehouse first: that another process holds it says more than anything that follows from it.
  if (deps.status === 'rejected') throw deps.reason;
  if (server.status === 'rejected') throw server.reason;
  if (bundle.status === 'rejected') throw bundle.reason;
  return [server.value, deps.value, bundle.value];
}

/** Undefined when the account is no longer configured. */
function syncIdOf({ project, connectors = allConnectors }: HostWorkerOptions, accountId: string): string | undefined {
  const source = project.config.sources.find(({ id }) => id === accountId);
  const connector = source === undefined ? undefined : connectors[source.type];
  return connector === undefined ? undefined : syncAccountId(connector.name, accountId);
}

function schedule(options: HostWorkerOptions, client: Client, taskQueue: string): Promise<ScheduleChange> {
  const { config } = options.project;
  return reconcileSchedule({
    client,
    taskQueue,
    schedule: config.schedule,
    companyZone: config.company.time_zone,
    ...(options.tuning === undefined ? {} : { tuning: options.tuning }),
  });
}
