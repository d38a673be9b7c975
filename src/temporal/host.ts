import type { DataConverter } from '@temporalio/common';
import { type NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Activities, Logger } from '../../activities/index.ts';

export type HostOptions = {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly activities: Activities;
  /** File made by `workflowBundle`. */
  readonly bundlePath: string;
  readonly dataConverter: DataConverter;
  readonly identity?: string;
  /** Workflows kept in memory; 1 makes nearly every step a replay. */
  readonly maxCachedWorkflows?: number;
};

export type Hosted = {
  /** Settles when the worker has stopped; rejects when it failed. */
  readonly done: Promise<void>;
  /** Stops taking work, ends what runs, and returns when it is over. Safe to call twice. */
  shutdown(): Promise<void>;
};

/** Activities that run when the worker is told to stop get this long before they are cancelled, and then this long to leave. */
const graceMs = 1_000;
const forceMs = 10_000;

/** Runs a Temporal worker in this process. */
export async function host(options: HostOptions): Promise<Hosted> {
  const { maxCachedWorkflows } = options;
  const worker = await Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    activities: options.activities,
    workflowBundle: { codePath: options.bundlePath },
    dataConverter: options.dataConverter,
    ...(options.identity === undefined ? {} : { identity: options.identity }),
    maxCachedWorkflows: maxCachedWorkflows ?? 500,
    // An extraction mostly waits for its source, so a place costs nothing, and what is short must find one however many
    // long ones there are: 100 accounts with seven streams, each with two extractions and a load, are 2,100.
    maxConcurrentActivityTaskExecutions: 4_000,
    maxConcurrentActivityTaskPolls: 10,
    // All that one step asks for comes back with the answer to it, where the server permits that.
    maxEagerActivityReservationsPerWorkflowTask: 100,
    maxConcurrentWorkflowTaskExecutions: 40,
    maxConcurrentWorkflowTaskPolls: 10,
    // A worker that was killed owns a sticky queue for so long; nobody else is asked before.
    stickyQueueScheduleToStartTimeout: '2s',
    // Heartbeats carry what a person watches, so they go out every second.
    maxHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: graceMs,
    // Without it, an activity that does not return keeps the process alive for ever (temporalio/sdk-typescript#2266).
    shutdownForceTime: forceMs,
  });
  const done = worker.run();
  // Whoever awaits `done` gets the error; nobody need await it.
  done.catch(() => undefined);
  return {
    done,
    async shutdown() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await done;
    },
  };
}

let installed = false;

/** The SDK's logger and signals are the process's: ours, set once. Ctrl-C is handled by whoever hosts the worker. */
export function installRuntime(logger: Logger): void {
  if (installed) return;
  installed = true;
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: object): void =>
      logger[level](fields ?? {}, message);
  Runtime.install({
    shutdownSignals: [],
    logger: {
      log: (level, message, fields) =>
        write(
          level === 'TRACE' || level === 'DEBUG'
            ? 'debug'
            : level === 'WARN'
              ? 'warn'
              : level === 'ERROR'
                ? 'error'
                : 'info',
        )(message, fields),
      trace: () => undefined,
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    },
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
}
