import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, type ApplicationFailure } from '@temporalio/common';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readProgress } from '../../src/temporal/progress.ts';
import { AlreadyRunning, startSync, type Started } from '../../src/temporal/start.ts';
import type { syncAccount, SyncAccountInput, SyncAccountResult } from '../../workflows/index.ts';
import { fail, fakeWorld, fast, openBench, type Bench, type FakeWorld } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

let runs = 0;
function inputOf(input: Partial<SyncAccountInput>): SyncAccountInput {
  runs += 1;
  return { source: 'fake', accountId: `shop-${runs}`, runId: `run-${runs}`, tuning: fast, ...input };
}

function start(
  input: Partial<SyncAccountInput> = {},
  onRunning: 'attach' | 'refuse' = 'refuse',
): Promise<Started<typeof syncAccount>> {
  return startSync({ client: bench.client, taskQueue: bench.taskQueue, onRunning }, inputOf(input));
}

async function sync(
  world: FakeWorld,
  input: Partial<SyncAccountInput> = {},
  options?: { maxCachedWorkflows?: number },
): Promise<SyncAccountResult> {
  return bench.withWorker(world.activities, async () => (await start(input)).handle.result(), options);
}

const outcomes = (result: SyncAccountResult): Record<string, string> =>
  Object.fromEntries(result.streams.map(({ key, failure }) => [key.stream, failure?.kind ?? 'done']));

describe('syncAccount', () => {
  it('reads every stream in order of need, and ends complete', async () => {
    const world = fakeWorld({
      lists: { slices: 3 },
      members: { slices: 40, dependsOn: ['lists'] },
      reports: { slices: 1, dependsOn: ['campaigns'] },
      campaigns: { slices: 2 },
      activity: { slices: 12, dependsOn: ['campaigns', 'reports'] },
    });
    let noted: readonly string[] = [];
    const { publish } = world.activities;
    world.activities.publish = async (input) => {
      noted = world.runs.map(({ status }) => status);
      return publish(input);
    };
    const result = await sync(world);
    // The readers' copy says how the sync ended.
    expect(noted).toEqual(['running', 'done']);
    expect(result.verdict).toEqual({ kind: 'complete', missing: [], gaps: [] });
    const counts = new Map(
      result.streams.map(({ key, counts: { slices, rowsRead, rowsInserted } }) => [
        key.stream,
        { slices, rowsRead, rowsInserted },
      ]),
    );
    expect(counts.get('members')).toEqual({ slices: 40, rowsRead: 400, rowsInserted: 400 });
    const at = (event: string): number => world.events.lastIndexOf(event);
    expect(at('start members')).toBeGreaterThan(at('load lists'));
    expect(at('start reports')).toBeGreaterThan(at('load campaigns'));
    expect(at('start activity')).toBeGreaterThan(at('load reports'));
    expect(world.reports).toHaveLength(5);
    expect(world.runs.map(({ status }) => status)).toEqual(['running', 'done']);
    expect(world.events.at(-1)).toBe('publish');
    expect(world.loads.filter(({ stream }) => stream === 'members').map(({ from }) => from)[0]).toBe(0);
  });

  it('never uses more connections than the account has, over all its streams', async () => {
    const streams = Object.fromEntries(
      Array.from({ length: 14 }, (_, index) => [`s${index}`, { slices: 4 + index, sliceMs: 150 }]),
    );
    const world = fakeWorld(streams, { lanes: 10 });
    const result = await sync(world, { tuning: { ...fast, batchMs: 600 } });
    expect(result.verdict.kind).toBe('complete');
    expect(world.peak()).toBeLessThanOrEqual(10);
    // Not by being idle: the account's connections are used together.
    expect(world.peak()).toBeGreaterThanOrEqual(8);
  });

  it('reads a batch while the one before is read, loads in order, and ends with small ones', async () => {
    // Long enough for the workflow to answer in time on a busy machine, and rows enough for every batch to be loaded at once.
    const world = fakeWorld({ activity: { slices: 90, sliceMs: 100, rows: 3_000 } }, { lanes: 2 });
    const result = await sync(world, { tuning: { ...fast, batchMs: 1_500 } });
    expect(result.streams[0]?.counts).toMatchObject({ slices: 90, rowsRead: 270_000, rowsInserted: 270_000 });
    let open = 0;
    const opened = world.batches.map(({ event }) => (open += event === 'begin' ? 1 : -1));
    expect(Math.max(...opened)).toBe(2);
    // Until the last one begins, reading never stops.
    const lastBegin = world.batches.findLastIndex(({ event }) => event === 'begin');
    expect(Math.min(...opened.slice(0, lastBegin))).toBeGreaterThan(0);
    expect(world.peak()).toBe(2);
    expect(world.loads.map(({ from }) => from)).toEqual([0, ...world.loads.slice(0, -1).map(({ to }) => to)]);
    const sizes = world.batches.filter(({ event }) => event === 'begin').map(({ from, to }) => to - from);
    expect(sizes.at(-1)).toBeLessThanOrEqual(Math.max(...sizes) / 3);
  });

  it('loads a few rows when some batches have gathered, many at once', async () => {
    const world = fakeWorld({ few: { slices: 100, sliceMs: 10 }, many: { slices: 100, sliceMs: 10, rows: 3_000 } });
    await sync(world);
    const spans = (stream: string): readonly number[] =>
      world.loads
        .filter((load) => load.stream === stream)
        .map(
          ({ from, to }) =>
            world.batches.filter(
              (batch) => batch.stream === stream && batch.event === 'begin' && batch.from >= from && batch.from < to,
            ).length,
        );
    for (const batches of spans('few').slice(0, -1)) expect(batches).toBeGreaterThanOrEqual(5);
    expect(spans('many')[0]).toBeLessThan(5);
    expect(spans('few').length).toBeLessThan(spans('many').length);
  });

  it('lets reading wait when loads do not keep up', async () => {
    const world = fakeWorld({ activity: { slices: 250, sliceMs: 4 } }, { lanes: 2 });
    const { loadBatch } = world.activities;
    let loaded = 0;
    let ahead = 0;
    const activities = {
      ...world.activities,
      loadBatch: async (input: Parameters<typeof loadBatch>[0]) => {
        await delay(250);
        ahead = Math.max(ahead, world.batches.filter(({ event, from }) => event === 'end' && from >= loaded).length);
        loaded = input.to;
        return loadBatch(input);
      },
    };
    await sync({ ...world, activities }, { tuning: { ...fast, batchMs: 20 } });
    expect(ahead).toBeGreaterThan(4);
    expect(ahead).toBeLessThanOrEqual(10);
    // What waits is loaded together.
    const batches = world.batches.filter(({ event }) => event === 'end').length;
    expect(world.loads.length).toBeLessThan(batches / 2);
    expect(world.loads.at(-1)).toMatchObject({ to: 250 });
  });

  it('loses and doubles nothing when a batch fails while another is read', async () => {
    const reads = new Map<number, number>();
    let refusals = 0;
    const world = fakeWorld(
      {
        activity: {
          slices: 90,
          sliceMs: 10,
          onSlice: (slice) => {
            if ((slice === 7 || slice === 33) && refusals < 4) {
              refusals += 1;
              throw fail('quota_exhausted', 'daily quota', { retryAfterMs: 200 });
            }
            reads.set(slice, (reads.get(slice) ?? 0) + 1);
          },
        },
      },
      { lanes: 4 },
    );
    const result = await sync(world);
    expect(result.streams[0]?.failure).toBeUndefined();
    expect(result.streams[0]?.counts).toMatchObject({ slices: 90, requests: 90, rowsRead: 900 });
    expect(refusals).toBeGreaterThanOrEqual(2);
    const whole = world.loads.filter(({ partial }) => !partial);
    expect(whole.map(({ from }) => from)).toEqual([0, ...whole.slice(0, -1).map(({ to }) => to)]);
    expect(whole.at(-1)?.to).toBe(90);
    expect([...reads.values()]).toEqual(Array.from({ length: 90 }, () => 1));
    // What was durable when it had to wait, of both batches, did not wait for its load.
    expect(world.loads.filter(({ partial }) => partial).length).toBeGreaterThanOrEqual(2);
  });

  it('loads what was read beside a batch that fails for good', async () => {
    const world = fakeWorld({
      activity: {
        slices: 40,
        sliceMs: 10,
        onSlice: (slice) => {
          if (slice === 5) throw fail('rejected', 'activity: the source refused the request (400)');
        },
      },
    });
    expect(outcomes(await sync(world))).toEqual({ activity: 'rejected' });
    expect(world.loads).toEqual([
      { stream: 'activity', from: 0, to: 8, partial: true },
      { stream: 'activity', from: 8, to: 16, partial: true },
    ]);
  });

  it('goes on with the other streams when one fails, and names those that depend on it', async () => {
    const world = fakeWorld({
      lists: { slices: 1 },
      members: {
        slices: 20,
        dependsOn: ['lists'],
        onSlice: (slice) => {
          if (slice === 7) throw fail('rejected', 'members: the source refused the request (400)');
        },
      },
      segments: { slices: 1, dependsOn: ['members'] },
      campaigns: { slices: 2 },
    });
    const result = await sync(world);
    expect(outcomes(result)).toEqual({ lists: 'done', members: 'rejected', segments: 'skipped', campaigns: 'done' });
    expect(result.verdict.kind).toBe('incomplete');
    expect(result.verdict.missing.join()).toMatch(/members: .*400.*segments: .*planned from members/);
    // What was drained before the failure is in the warehouse all the same.
    expect(world.loads.some(({ stream, partial }) => stream === 'members' && partial)).toBe(true);
    expect(world.reports.map(({ key }) => key.stream).sort()).toEqual(['campaigns', 'lists', 'members', 'segments']);
    expect(world.runs.at(-1)).toMatchObject({ status: 'done', verdict: { kind: 'incomplete' } });
  });

  it('asks no further stream when signing in fails', async () => {
    const refused = (): void => {
      throw fail('auth', 'the key was refused (401): make a new one', { status: 401 });
    };
    const world = fakeWorld({
      lists: { slices: 1, onSlice: refused },
      members: { slices: 1, dependsOn: ['campaigns'] },
      campaigns: { slices: 1, sliceMs: 300 },
    });
    const result = await sync(world);
    expect(outcomes(result)).toEqual({ lists: 'auth', members: 'skipped', campaigns: 'done' });
    expect(world.events).not.toContain('start members');
  });

  it('goes on when the key may not read one stream', async () => {
    const world = fakeWorld({
      lists: {
        slices: 1,
        onSlice: () => {
          throw fail('auth', 'the key may not read lists (403)', { status: 403 });
        },
      },
      campaigns: { slices: 1, sliceMs: 300 },
      members: { slices: 1, dependsOn: ['campaigns'] },
    });
    expect(outcomes(await sync(world))).toEqual({ lists: 'auth', campaigns: 'done', members: 'done' });
  });

  it('tries again what may pass', async () => {
    const world = fakeWorld({
      lists: {
        slices: 3,
        onSlice: (slice, attempt) => {
          if (slice === 1 && attempt < 3) throw fail('transient', 'connection reset', {}, true);
        },
      },
    });
    expect(outcomes(await sync(world))).toEqual({ lists: 'done' });
  });

  it('waits for an exhausted quota on a timer, without a connection, and goes on where it was', async () => {
    let refusals = 0;
    const world = fakeWorld({
      lists: {
        slices: 10,
        onSlice: (slice) => {
          if (slice < 4 || refusals >= 2) return;
          refusals += 1;
          throw fail('quota_exhausted', 'daily quota', { retryAfterMs: 400 });
        },
      },
      other: { slices: 4 },
    });
    const started = performance.now();
    const result = await sync(world, { tuning: { ...fast, quotaWaitMs: 1_000 } });
    expect(performance.now() - started).toBeGreaterThan(800);
    expect(outcomes(result)).toEqual({ lists: 'done', other: 'done' });
    expect(refusals).toBe(2);
  });

  it('gives up an exhausted quota when the waits get too long, and says when it would go on', async () => {
    const world = fakeWorld({
      lists: {
        slices: 10,
        onSlice: () => {
          throw fail('quota_exhausted', 'daily quota used up', { retryAfterMs: 3_600_000 });
        },
      },
    });
    const result = await sync(world, { tuning: { ...fast, quotaWaitMs: 0 } });
    expect(outcomes(result)).toEqual({ lists: 'quota_exhausted' });
    expect(result.streams[0]?.failure).toMatchObject({ retryAfterMs: 3_600_000 });
  });

  it('reads nothing again for a load that failed, unless landing files are gone', async () => {
    const world = fakeWorld({ lists: { slices: 2 } });
    world.activities.loadBatch = async () => {
      throw fail('rejected', 'no such table');
    };
    expect(outcomes(await sync(world))).toEqual({ lists: 'rejected' });
    expect(world.batches.filter(({ event }) => event === 'begin')).toHaveLength(1);
  });

  it('leaves the report of a stream to the newer run that has taken it', async () => {
    const world = fakeWorld({ lists: { slices: 2 } });
    world.activities.loadBatch = async () => {
      throw fail('fenced', 'a newer run has taken lists');
    };
    expect(outcomes(await sync(world))).toEqual({ lists: 'fenced' });
    expect(world.reports).toEqual([]);
  });

  it('waits on where its history was full before the quota was there again', async () => {
    const asked: number[] = [];
    const world = fakeWorld(
      {
        lists: {
          slices: 1,
          onSlice: () => {
            asked.push(performance.now());
            if (asked.length === 1) throw fail('quota_exhausted', 'daily quota', { retryAfterMs: 6_000 });
          },
        },
        members: { slices: 200, sliceMs: 10 },
      },
      { lanes: 2 },
    );
    await bench.withWorker(world.activities, async () => {
      const { handle } = await start({ tuning: { ...fast, maxEvents: 40 } });
      await handle.result();
      const { firstExecutionRunId } = handle as unknown as { firstExecutionRunId: string };
      const first = await bench.client.workflow.getHandle(handle.workflowId, firstExecutionRunId).describe();
      expect(first.status.name).toBe('CONTINUED_AS_NEW');
    });
    expect(asked).toHaveLength(2);
    expect(asked[1]! - asked[0]!).toBeGreaterThan(5_500);
  });

  it('says what a stream had read before it failed, and not only what that changed', async () => {
    const onSlice = (slice: number): void => {
      if (slice === 5) throw fail('rejected', 'refused (400)');
    };
    const world = fakeWorld({ lists: { slices: 6, onSlice } }, { lanes: 1 });
    const result = await sync(world);
    const read = { slices: 5, pages: 5, requests: 5, rowsRead: 50 };
    expect(result.streams[0]?.counts).toMatchObject(read);
    expect(world.reports[0]?.counts).toMatchObject(read);
  });

  it('waits for what was ordered on a timer, shows it, and has a patience of its own for it', async () => {
    let polls = 0;
    const world = fakeWorld({
      contacts: {
        slices: 1,
        onSlice: () => {
          polls += 1;
          if (polls <= 3) throw fail('pending', 'the export is not ready', { retryAfterMs: 400 });
        },
      },
      other: { slices: 4 },
    });
    const states = new Set<string>();
    const input = { tuning: { ...fast, quotaWaitMs: 0, pendingWaitMs: 1_300 } };
    const result = await bench.withWorker(world.activities, async () => {
      const { handle } = await start(input);
      const look = async (): Promise<void> => {
        const { accounts } = await readProgress(bench.client, handle);
        for (const { stream, state } of accounts.flatMap((account) => account.streams))
          states.add(`${stream} ${state}`);
      };
      const timer = setInterval(() => void look().catch(() => undefined), 50);
      return handle.result().finally(() => clearInterval(timer));
    });
    expect(outcomes(result)).toEqual({ contacts: 'done', other: 'done' });
    expect(polls).toBe(4);
    expect([...states]).toContain('contacts pending');
    polls = 0;
    const impatient = await sync(world, { tuning: { ...fast, pendingWaitMs: 500 } });
    expect(outcomes(impatient)).toEqual({ contacts: 'pending', other: 'done' });
    expect(polls).toBe(2);
  });

  it('plans a stream again after its rows are loaded when it asks for rounds', async () => {
    const world = fakeWorld({ members: { slices: 5, rounds: [3, 0] } });
    const result = await sync(world);
    expect(result.streams[0]?.counts.slices).toBe(8);
    const starts = world.loads.map(({ from, to }) => [from, to]);
    expect(starts.some(([from = 0, to = 0]) => from < 5 && to > 5)).toBe(false);
  });

  it('reads a batch again when its landing files are gone', async () => {
    const world = fakeWorld({ lists: { slices: 4 } });
    let losses = 1;
    const { loadBatch } = world.activities;
    const activities = {
      ...world.activities,
      loadBatch: async (input: Parameters<typeof loadBatch>[0]) => {
        losses -= 1;
        if (losses >= 0) throw fail('drift', 'the landing files of slice 1 are missing');
        return loadBatch(input);
      },
    };
    expect(outcomes(await sync({ ...world, activities }))).toEqual({ lists: 'done' });
  });

  it('continues as new long before its history is full, also with every step replayed', async () => {
    const world = fakeWorld({
      lists: { slices: 200, sliceMs: 20 },
      members: { slices: 60, dependsOn: ['lists'] },
      campaigns: { slices: 3, dependsOn: ['members'] },
      reports: { slices: 3, dependsOn: ['campaigns'] },
    });
    const tuning = { ...fast, maxEvents: 40 };
    const input = inputOf({ tuning });
    const result = await bench.withWorker(
      world.activities,
      async () => {
        const { handle } = await startSync(
          { client: bench.client, taskQueue: bench.taskQueue, onRunning: 'refuse' },
          input,
        );
        return handle.result();
      },
      { maxCachedWorkflows: 2 },
    );
    expect(result.verdict.kind).toBe('complete');
    expect(result.streams.map(({ key, counts }) => [key.stream, counts.slices])).toEqual([
      ['lists', 200],
      ['members', 60],
      ['campaigns', 3],
      ['reports', 3],
    ]);
    const lengths: number[] = [];
    let continued = 0;
    for await (const execution of bench.client.workflow.list()) {
      if (!execution.workflowId.startsWith(`sync/fake/${input.accountId}`)) continue;
      const history = await bench.client.workflow.getHandle(execution.workflowId, execution.runId).fetchHistory();
      lengths.push(history.events?.length ?? 0);
      if (execution.status.name === 'CONTINUED_AS_NEW') continued += 1;
    }
    expect(continued).toBeGreaterThanOrEqual(2);
    expect(Math.max(...lengths)).toBeLessThan(90);
  });
});

describe('a cancelled sync', () => {
  it('ends at once, stops its extractions, and is in the run log as cancelled', async () => {
    const world = fakeWorld({
      lists: { slices: 1 },
      members: { slices: 50, sliceMs: 60_000, dependsOn: ['lists'] },
      notes: { slices: 1, dependsOn: ['members'] },
    });
    await bench.withWorker(world.activities, async () => {
      const { handle } = await start();
      while (!world.events.includes('start members')) await delay(20);
      await delay(300);
      const asked = performance.now();
      await handle.cancel();
      const error = await handle.result().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
      expect(performance.now() - asked).toBeLessThan(4_000);
    });
    expect(world.cancelled).toEqual(['members', 'members']);
    expect(world.runs.map(({ status }) => status)).toEqual(['running', 'cancelled']);
    expect(world.runs.at(-1)?.verdict).toMatchObject({
      kind: 'incomplete',
      missing: [expect.stringMatching(/^members: /), 'notes: not read'],
    });
    expect(world.reports.map(({ key, failure }) => [key.stream, failure?.kind])).toEqual([
      ['lists', undefined],
      ['members', 'cancelled'],
    ]);
    expect(world.events).not.toContain('publish');
  });

  it('can be started again at once', async () => {
    const world = fakeWorld({ lists: { slices: 2 } });
    expect(outcomes(await sync(world))).toEqual({ lists: 'done' });
  });
});

describe('a second start of the same sync', () => {
  it('attaches to the first, or refuses and names its run', async () => {
    const world = fakeWorld({ lists: { slices: 1, sliceMs: 1_500 } });
    await bench.withWorker(world.activities, async () => {
      const first = await start({ accountId: 'twice', runId: 'first' });
      const second = await start({ accountId: 'twice', runId: 'second' }, 'attach');
      expect([first.attached, second.attached, second.runId]).toEqual([false, true, 'first']);
      const refusal = await start({ accountId: 'twice', runId: 'third' }, 'refuse').catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(AlreadyRunning);
      expect((refusal as AlreadyRunning).message).toContain('run first');
      expect((await second.handle.result()).runId).toBe('first');
    });
    expect(world.events.filter((event) => event === 'start lists')).toHaveLength(1);
  });
});

describe('a sync that somebody else started', () => {
  it('is watched and can be cancelled after it has continued as new', async () => {
    const world = fakeWorld({ lists: { slices: 60, sliceMs: 400 }, last: { slices: 1, dependsOn: ['lists'] } });
    const input = inputOf({ runId: 'theirs', tuning: { ...fast, maxEvents: 30 } });
    await bench.withWorker(world.activities, async () => {
      const options = { client: bench.client, taskQueue: bench.taskQueue };
      const first = await startSync({ ...options, onRunning: 'refuse' }, input);
      const { runId: begun } = await first.handle.describe();
      const attached = await startSync({ ...options, onRunning: 'attach' }, { ...input, runId: 'ours' });
      while ((await first.handle.describe()).runId === begun) await delay(50);
      const later = await startSync({ ...options, onRunning: 'attach' }, { ...input, runId: 'ours too' });
      expect([attached.runId, later.runId]).toEqual(['theirs', 'theirs']);
      const [a, b, c] = await Promise.all(
        [first, attached, later].map(async ({ handle }) => (await handle.describe()).runId),
      );
      expect([b, c]).toEqual([a, a]);
      await later.handle.cancel();
      await attached.handle.cancel();
      for (const { handle } of [first, attached, later]) {
        await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
      }
    });
  });
});

describe('a sync that cannot begin', () => {
  it('fails with what to do, and says so in the run log', async () => {
    const world = fakeWorld({ lists: { slices: 1 } });
    const error = await sync(world, { streams: ['nope'] }).catch((reason: unknown) => reason);
    const cause = (error as WorkflowFailedError).cause as Error & { cause: ApplicationFailure };
    expect([cause.cause.type, cause.cause.message]).toEqual(['config', 'no stream named nope']);
    // Of what was never planned nobody knows whether it is whole.
    expect(world.runs.map(({ status, verdict, message }) => [status, verdict, message])).toEqual([
      ['running', null, null],
      ['failed', null, 'no stream named nope'],
    ]);
  });
});

describe('readProgress', () => {
  it('shows streams and the numbers of what runs now', async () => {
    const world = fakeWorld({ lists: { slices: 1 }, members: { slices: 40, sliceMs: 400, dependsOn: ['lists'] } });
    await bench.withWorker(world.activities, async () => {
      const { handle } = await start();
      let rows = 0;
      while (rows < 100) {
        await delay(100);
        const progress = await readProgress(bench.client, handle);
        const members = progress.accounts[0]?.streams.find(({ stream }) => stream === 'members');
        rows = members?.rows ?? 0;
      }
      await handle.result();
      const [, members] = (await readProgress(bench.client, handle)).accounts[0]?.streams ?? [];
      expect(members).toMatchObject({ stream: 'members', state: 'done', slicesDone: 40, slices: 40, rows: 400 });
    });
  });
});
