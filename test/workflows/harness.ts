import { ApplicationFailure } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { activityInfo, Context, heartbeat } from '@temporalio/activity';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Activities, FailureInfo, PlannedStream, RunNote, StreamReport } from '../../activities/index.ts';
import { runAction, runActions } from '../../activities/run-action.ts';
import type { ModelRun } from '../../src/warehouse/port.ts';
import { createBudget, type Budget } from '../../connectors/_kit/budget.ts';
import { workflowBundle } from '../../src/temporal/bundle.ts';
import { connectClient, connectWorker } from '../../src/temporal/connection.ts';
import { dataConverterFor } from '../../src/temporal/data-converter.ts';
import { host, installRuntime, type Hosted } from '../../src/temporal/host.ts';
import { cacheFolder, findServer, startDevServer, type DevServer } from '../../src/temporal/server.ts';
import type { Tuning } from '../../workflows/index.ts';

/** Short intervals, so that tests wait for work and not for clocks. */
export const fast: Tuning = { batchMs: 50, heartbeatMs: 5_000, retryInitialMs: 20, retryMaxMs: 100, retryAttempts: 3 };

export type Bench = {
  readonly client: Client;
  readonly server: DevServer;
  readonly taskQueue: string;
  /** Runs a worker with these activities for the length of `use`. */
  withWorker<T>(activities: Activities, use: () => Promise<T>, options?: { maxCachedWorkflows?: number }): Promise<T>;
  startWorker(activities: Activities, options?: { maxCachedWorkflows?: number }): Promise<Hosted>;
  close(): Promise<void>;
};

let queues = 0;

/** A server with a database of its own, a client, and the bundle. */
export async function openBench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-workflows-'));
  const choice = findServer(undefined, { ...process.env, TEMPORAL_ADDRESS: '' });
  if (choice?.kind !== 'program') throw new Error('The tests need a temporal program: run make setup');
  installRuntime({ debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined });
  const server = await startDevServer({
    program: choice.path,
    dbFile: join(folder, 'temporal.db'),
    recordFile: join(folder, 'temporal.json'),
    logFile: join(folder, 'temporal.log'),
  });
  const place = { address: server.address, namespace: 'default' };
  const dataConverter = dataConverterFor(null);
  const client = await connectClient(place, {}, dataConverter);
  const connection = await connectWorker(place, {});
  const bundlePath = await workflowBundle(cacheFolder(process.env));
  queues += 1;
  const taskQueue = `test-${queues}`;
  const startWorker: Bench['startWorker'] = (activities, options = {}) =>
    host({ connection, namespace: place.namespace, taskQueue, activities, bundlePath, dataConverter, ...options });
  return {
    client,
    server,
    taskQueue,
    startWorker,
    async withWorker(activities, use, options) {
      const worker = await startWorker(activities, options);
      try {
        return await use();
      } finally {
        await worker.shutdown();
      }
    },
    async close() {
      await connection.close();
      await client.connection.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A stream of the imagined source. */
export type FakeStream = {
  readonly dependsOn?: readonly string[];
  readonly slices: number;
  /** Time that one slice takes on one connection. Default 2 ms. */
  readonly sliceMs?: number;
  /** Rows of one slice. Default 10. */
  readonly rows?: number;
  /** Called before a slice; throws to fail it. */
  readonly onSlice?: (slice: number, attempt: number) => void;
  readonly rounds?: readonly number[];
};

export type FakeWorld = {
  readonly activities: Activities;
  /** Most connections in use at the same time, over all streams. */
  readonly peak: () => number;
  /** What happened, in order: `start members`, `load members`, `end members` ... */
  readonly events: string[];
  readonly runs: RunNote[];
  readonly reports: StreamReport[];
  readonly loads: { readonly stream: string; readonly from: number; readonly to: number; readonly partial: boolean }[];
  /** Extractions, as they began and ended. */
  readonly batches: {
    readonly stream: string;
    readonly from: number;
    readonly to: number;
    readonly event: 'begin' | 'end';
  }[];
  /** Extractions that were cancelled in the middle. */
  readonly cancelled: string[];
};

/** An action of an imagined graph. */
export type FakeAction = {
  readonly name: string;
  readonly dependsOn?: readonly string[];
  /** A test that finds rows. */
  readonly fails?: boolean;
  readonly blocking?: boolean;
  readonly isQuick?: boolean;
  /** Called when it runs; throws to break it. */
  readonly onRun?: () => void | Promise<void>;
};

/** Activities over an imagined source: they take time, count connections, and fail when told. */
export function fakeWorld(
  streams: Readonly<Record<string, FakeStream>>,
  options: {
    readonly lanes?: number;
    readonly accounts?: readonly string[];
    readonly actions?: readonly FakeAction[];
  } = {},
): FakeWorld {
  let inUse = 0;
  let most = 0;
  const lanes = options.lanes ?? 10;
  const budgets = new Map<string, Budget>();
  const budgetOf = (accountId: string): Budget => {
    const budget = budgets.get(accountId) ?? createBudget({ concurrency: lanes }, async () => undefined);
    budgets.set(accountId, budget);
    return budget;
  };
  const durable = new Set<string>();
  const world = {
    events: [] as string[],
    runs: [] as RunNote[],
    reports: [] as StreamReport[],
    loads: [] as FakeWorld['loads'],
    batches: [] as FakeWorld['batches'],
    cancelled: [] as string[],
  };
  const streamOf = (name: string): FakeStream => {
    const found = streams[name];
    if (found === undefined) throw fail('config', `no stream named ${name}`);
    return found;
  };
  const transform = {
    transform: {
      run: async (_: string, name: string): Promise<ModelRun> => {
        world.events.push(`run ${name}`);
        const { fails = false, onRun } = options.actions?.find((action) => action.name === name) ?? {};
        await onRun?.();
        return {
          name,
          kind: 'table',
          fingerprint: 'f',
          rows: 1,
          durationMs: 1,
          status: fails ? 'failed' : 'done',
          message: fails ? `${name} found 3 rows` : null,
        };
      },
    },
  };
  const activities: Activities = {
    planPipeline: async () => ({
      accounts: (options.accounts ?? ['shop']).map((accountId) => ({ source: 'fake', accountId })),
    }),
    planAccount: async ({ accountId, streams: chosen }) => {
      for (const name of chosen ?? []) streamOf(name);
      const planned: PlannedStream[] = Object.entries(streams)
        .filter(([name]) => chosen === undefined || chosen.includes(name))
        .map(([stream, { dependsOn }]) => ({ stream, dependsOn: dependsOn ?? [] }));
      return { source: 'fake', accountId, streams: planned };
    },
    planStream: async ({ key, round }) => {
      if (round === 0) world.events.push(`start ${key.stream}`);
      const { slices, rounds = [] } = streamOf(key.stream);
      const added = rounds.slice(0, round).reduce((sum, count) => sum + count, 0);
      return { fence: 1, slices: slices + added, again: round < rounds.length };
    },
    extractBatch: async ({ key, runId, from, to }) => {
      const { sliceMs = 2, rows = 10, onSlice } = streamOf(key.stream);
      const { attempt } = activityInfo();
      const { cancellationSignal: signal } = Context.current();
      const queue = Array.from({ length: to - from }, (_, index) => from + index);
      let done = 0;
      const beat = (): void =>
        heartbeat({ slicesDone: done, pages: done, requests: done, rows: done * rows, bytes: done });
      const readSlice = async (slice: number): Promise<void> => {
        const place = `${runId}/${key.accountId}/${key.stream}/${slice}`;
        if (durable.has(place)) return;
        const back = await budgetOf(key.accountId).take(signal, slice);
        inUse += 1;
        most = Math.max(most, inUse);
        try {
          onSlice?.(slice, attempt);
          if (sliceMs > 0) await delay(sliceMs, undefined, { signal });
          durable.add(place);
        } finally {
          inUse -= 1;
          back();
        }
      };
      const reader = async (): Promise<void> => {
        for (let slice = queue.shift(); slice !== undefined; slice = queue.shift()) {
          await readSlice(slice);
          done += 1;
          beat();
        }
      };
      const timer = setInterval(beat, 200);
      world.batches.push({ stream: key.stream, from, to, event: 'begin' });
      try {
        const readers = await Promise.allSettled(
          Array.from({ length: lanes }, () =>
            reader().catch((error: unknown) => {
              queue.length = 0;
              throw error;
            }),
          ),
        );
        if (signal.aborted) {
          world.cancelled.push(key.stream);
          await Context.current().cancelled;
        }
        const failed = readers.find((ended) => ended.status === 'rejected');
        if (failed !== undefined) throw failed.reason;
      } finally {
        clearInterval(timer);
        world.batches.push({ stream: key.stream, from, to, event: 'end' });
      }
      return { slicesDone: to - from, pages: to - from, requests: to - from, rows: (to - from) * rows, bytes: 0 };
    },
    loadBatch: async ({ key, runId, from, to, partial }) => {
      world.loads.push({ stream: key.stream, from, to, partial: partial !== undefined });
      world.events.push(`load ${key.stream}`);
      const { rows = 10 } = streamOf(key.stream);
      const slices = Array.from({ length: to - from }, (_, index) => from + index);
      const done = slices.filter((slice) => durable.has(`${runId}/${key.accountId}/${key.stream}/${slice}`)).length;
      const read = { slicesDone: done, pages: done, requests: done, rows: done * rows, bytes: 0 };
      return {
        slices: to - from,
        inserted: (to - from) * rows,
        updated: 0,
        unchanged: 0,
        deleted: 0,
        quarantined: 0,
        ...(partial === undefined ? {} : { read }),
      };
    },
    finishStream: async ({ key, counts, durationMs, failure }) => {
      world.events.push(`end ${key.stream}`);
      const report: StreamReport & { failure?: FailureInfo } = {
        key,
        counts,
        durationMs,
        verdict:
          failure === undefined
            ? { kind: 'complete', missing: [], gaps: [] }
            : { kind: 'incomplete', missing: [failure.message], gaps: [] },
        ...(failure === undefined ? {} : { failure }),
      };
      world.reports.push(report);
      return report;
    },
    planTransform: async () => ({
      actions: (options.actions ?? []).map(({ name, dependsOn = [], blocking = true, isQuick }) => ({
        name,
        dependsOn,
        blocking,
        ...(isQuick !== undefined && { isQuick }),
      })),
      unchanged: 0,
    }),
    runAction: (input) => runAction(transform, input, Context.current().cancellationSignal),
    runActions: (input) => {
      world.events.push(`batch ${input.names.join(' ')}`);
      return runActions(transform, input, Context.current().cancellationSignal);
    },
    publish: async () => {
      world.events.push('publish');
    },
    report: async () => {
      world.events.push('report');
      return { written: true };
    },
    notify: async () => {
      world.events.push('notify');
      return { opened: 1, closed: 0, failed: [] };
    },
    lookAhead: async () => ({ streams: [], transform: { models: [], unchanged: 0, isBilled: false } }),
    noteRun: async (note) => {
      world.runs.push(note);
    },
  };
  return { ...world, activities, peak: () => most };
}

/** A failure as `activities/failures.ts` makes it. */
export function fail(kind: string, message: string, details: object = {}, retry = false): ApplicationFailure {
  return ApplicationFailure.create({ type: kind, message, nonRetryable: !retry, details: [details] });
}
