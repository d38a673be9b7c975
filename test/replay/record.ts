import { Context } from '@temporalio/activity';
import { setTimeout as delay } from 'node:timers/promises';
import { startPipeline, startSync, startTransform } from '../../src/temporal/start.ts';
import type { Tuning } from '../../workflows/index.ts';
import { historyToJson } from './history-json.ts';
import { fail, fakeWorld, fast, openBench, type Bench, type FakeStream, type FakeWorld } from '../workflows/harness.ts';

/** One recorded execution of one workflow. */
export type Recording = {
  readonly workflow: string;
  /** `complete`, `cancelled-2` ... */
  readonly name: string;
  readonly workflowId: string;
  readonly json: string;
};

type Scenario = {
  readonly name: string;
  readonly world: () => FakeWorld;
  readonly start: (bench: Bench, world: FakeWorld) => Promise<unknown>;
  readonly maxCachedWorkflows?: number;
};

const streams: Readonly<Record<string, FakeStream>> = {
  lists: { slices: 2 },
  members: { slices: 12, dependsOn: ['lists'], rounds: [2] },
  campaigns: { slices: 3 },
};
const actions = [
  { name: 'staging.a' },
  { name: 'core.b', dependsOn: ['staging.a'] },
  { name: 'checks.b', dependsOn: ['core.b'] },
  { name: 'marts.c', dependsOn: ['core.b', 'checks.b'] },
];
const short: Tuning = { ...fast, maxEvents: 40 };
const options = (bench: Bench) => ({ client: bench.client, taskQueue: bench.taskQueue, onRunning: 'refuse' }) as const;
const sync = async (bench: Bench, tuning: Tuning = fast, chosen?: readonly string[]): Promise<unknown> =>
  (
    await startSync(options(bench), {
      source: 'fake',
      accountId: 'shop',
      runId: 'recorded',
      tuning,
      ...(chosen === undefined ? {} : { streams: chosen }),
    })
  ).handle.result();
const pipeline = async (bench: Bench): Promise<unknown> =>
  (await startPipeline(options(bench), { runId: 'recorded', tuning: fast })).handle.result();
const refusing = (error: () => Error): FakeStream => ({
  slices: 6,
  onSlice: (slice) => {
    if (slice === 3) throw error();
  },
});

/** Every end that a workflow can come to: complete, failed, cancelled, waiting, continued, refused. */
export const scenarios: readonly Scenario[] = [
  { name: 'complete', world: () => fakeWorld(streams, { actions }), start: (bench) => pipeline(bench) },
  {
    name: 'incomplete',
    world: () => fakeWorld({ ...streams, lists: refusing(() => fail('rejected', 'refused (400)')) }, { actions }),
    start: (bench) => pipeline(bench),
  },
  {
    name: 'blocked',
    world: () => fakeWorld(streams, { actions: actions.map((a) => ({ ...a, fails: a.name === 'checks.b' })) }),
    start: (bench) => pipeline(bench),
  },
  {
    name: 'sign-in-failed',
    world: () =>
      fakeWorld({ ...streams, campaigns: refusing(() => fail('auth', 'the key was refused', { status: 401 })) }),
    start: (bench) => sync(bench),
  },
  {
    name: 'retried',
    world: () =>
      fakeWorld({
        lists: {
          slices: 3,
          onSlice: (slice, attempt) => {
            if (slice === 1 && attempt < 3) throw fail('transient', 'connection reset', {}, true);
          },
        },
      }),
    start: (bench) => sync(bench),
  },
  {
    name: 'quota',
    world: () => {
      let refusals = 1;
      return fakeWorld({
        lists: {
          slices: 4,
          onSlice: () => {
            refusals -= 1;
            if (refusals >= 0) throw fail('quota_exhausted', 'daily quota', { retryAfterMs: 200 });
          },
        },
      });
    },
    start: (bench) => sync(bench),
  },
  {
    name: 'quota-of-two',
    world: () => {
      let refusals = 3;
      return fakeWorld({
        lists: {
          slices: 60,
          onSlice: (slice) => {
            if (slice !== 7 && slice !== 33) return;
            refusals -= 1;
            if (refusals >= 0) throw fail('quota_exhausted', 'daily quota', { retryAfterMs: 200 });
          },
        },
      });
    },
    start: (bench) => sync(bench),
  },
  {
    name: 'failed',
    world: () => fakeWorld(streams),
    start: (bench) => sync(bench, fast, ['nope']),
  },
  {
    name: 'cancelled',
    world: () => fakeWorld({ ...streams, members: { slices: 5, sliceMs: 60_000, dependsOn: ['lists'] } }, { actions }),
    start: async (bench, world) => {
      const { handle } = await startPipeline(options(bench), { runId: 'recorded', tuning: fast });
      while (!world.events.includes('start members')) await delay(20);
      await delay(300);
      await handle.cancel();
      return handle.result();
    },
  },
  {
    name: 'one-cancelled',
    world: () => {
      const world = fakeWorld({ lists: { slices: 1 } }, { accounts: ['one', 'two'], actions });
      const { extractBatch } = world.activities;
      world.activities.extractBatch = async (batch) => {
        if (batch.key.accountId === 'one') await Context.current().cancelled;
        return extractBatch(batch);
      };
      return world;
    },
    start: async (bench, world) => {
      const { handle } = await startPipeline(options(bench), { runId: 'recorded', tuning: fast });
      while (!world.events.includes('end lists')) await delay(20);
      await bench.client.workflow.getHandle('sync/fake/one').cancel();
      return handle.result();
    },
  },
  {
    name: 'continued',
    world: () => fakeWorld({ ...streams, lists: { slices: 300, sliceMs: 20 } }, { lanes: 2 }),
    start: (bench) => sync(bench, short),
    maxCachedWorkflows: 2,
  },
  {
    name: 'continued',
    world: () =>
      fakeWorld(
        {},
        {
          actions: Array.from({ length: 15 }, (_, index) => ({
            name: `core.m${index}`,
            dependsOn: index === 0 ? [] : [`core.m${index - 1}`],
          })),
        },
      ),
    start: async (bench) =>
      (await startTransform(options(bench), { runId: 'recorded', tuning: short })).handle.result(),
  },
  {
    name: 'waited',
    world: () => fakeWorld({ lists: { slices: 1, sliceMs: 1_200 } }),
    start: async (bench) => {
      const first = await startSync(options(bench), {
        source: 'fake',
        accountId: 'shop',
        runId: 'by-hand',
        tuning: fast,
      });
      await pipeline(bench);
      return first.handle.result();
    },
  },
  {
    name: 'scheduled',
    world: () => fakeWorld(streams, { actions }),
    start: (bench) => scheduled(bench),
  },
  {
    name: 'refused',
    world: () => fakeWorld({ lists: { slices: 1, sliceMs: 1_200 } }),
    start: async (bench) => {
      const running = await startPipeline(options(bench), { runId: 'recorded', tuning: fast });
      await scheduled(bench);
      return running.handle.result();
    },
  },
];

function scheduled(bench: Bench): Promise<unknown> {
  return bench.client.workflow.execute('runScheduled', {
    workflowId: 'scheduled-2026-06-30T06:00:00Z',
    taskQueue: bench.taskQueue,
    args: [{ pipelineId: 'pipeline', tuning: fast }],
  });
}

/** Plays one scenario on a server of its own and returns the history of every execution in it. */
export async function record(scenario: Scenario): Promise<readonly Recording[]> {
  const bench = await openBench();
  try {
    const world = scenario.world();
    const { maxCachedWorkflows } = scenario;
    await bench.withWorker(
      world.activities,
      // How it ends is part of the history: a failure or a cancellation is what some scenarios are for.
      () => scenario.start(bench, world).catch((error: unknown) => error),
      maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows },
    );
    const recordings: Recording[] = [];
    const seen = new Map<string, number>();
    const executions = [];
    for await (const execution of bench.client.workflow.list()) executions.push(execution);
    executions.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
    for (const { workflowId, runId, type } of executions) {
      const history = await bench.client.workflow.getHandle(workflowId, runId).fetchHistory();
      const count = (seen.get(type) ?? 0) + 1;
      seen.set(type, count);
      // More of the same kind would only make the repository larger.
      if (count > 3) continue;
      recordings.push({
        workflow: type,
        name: count === 1 ? scenario.name : `${scenario.name}-${count}`,
        workflowId,
        json: JSON.stringify({ workflowId, history: historyToJson(history) }),
      });
    }
    return recordings;
  } finally {
    await bench.close();
  }
}
