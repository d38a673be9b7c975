import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment as Environment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineConnector, type ReadPage } from '../../connectors/_kit/contract.ts';
import { ConnectorError } from '../../connectors/_kit/errors.ts';
import { createHttp } from '../../connectors/_kit/http.ts';
import { SkippedAnswer } from '../../connectors/_kit/skip.ts';
import { noCounts } from '../../src/contracts/counts.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Slice, StreamKey } from '../../src/contracts/sync.ts';
import { createLocalLanding } from '../../src/landing/local.ts';
import { openDuckdb } from '../../src/warehouse/duckdb/index.ts';
import type { Warehouse } from '../../src/warehouse/port.ts';
import { createActivities, type Activities, type Deps } from '../../activities/index.ts';

const now = '2026-06-30T12:00:00.000Z';
const account = 'shop';
const key = (stream: string): StreamKey => ({ source: 'fake', accountId: account, stream });

/** What the imagined source holds, and how it behaves. */
const source = {
  rows: {} as Record<string, readonly JsonObject[]>,
  slices: undefined as readonly Partial<Slice>[] | undefined,
  total: undefined as number | null | undefined,
  incomplete: undefined as string | undefined,
  sweep: true,
  reads: [] as string[],
  connections: 2,
  before: undefined as ((slice: Slice, signal: AbortSignal) => Promise<void>) | undefined,
  after: undefined as ((slice: Slice, signal: AbortSignal) => Promise<void>) | undefined,
};

const connector = defineConnector(z.object({ token: z.string() }), (stream) => ({
  name: 'fake',
  title: 'Fake',
  docs: 'none',
  secrets: ['token'],
  baseUrl: () => 'http://127.0.0.1:9/',
  auth: { kind: 'none' },
  limits: {
    default: {
      get concurrency() {
        return source.connections;
      },
    },
  },
  probe: async () => [],
  streams: {
    items: stream({
      description: 'an item',
      schema: z.looseObject({ id: z.string() }),
      primaryKey: ['id'],
      cursor: 'full-refresh',
      get sweep() {
        return source.sweep;
      },
      why: 'a test reads from memory',
      plan: {
        why: 'a test says what there is to read',
        slices: async (_context, declared) =>
          source.slices?.map((slice) => ({ ...(declared[0] as Slice), ...slice })) ?? declared,
      },
      async *read({ slice, signal }): AsyncGenerator<ReadPage> {
        source.reads.push(slice.id);
        await source.before?.(slice, signal);
        const records = source.rows[slice.id] ?? [];
        const total = source.total === undefined ? records.length : source.total;
        const { incomplete } = source;
        yield { records, total, bytes: 100, ...(incomplete === undefined ? {} : { incomplete }) };
        await source.after?.(slice, signal);
      },
    }),
    twice: stream({
      description: 'planned again when its rows are loaded',
      schema: z.looseObject({ id: z.string() }),
      primaryKey: ['id'],
      cursor: 'full-refresh',
      why: 'a test reads from memory',
      plan: { why: 'a test plans twice', rounds: 2, slices: async (_context, declared) => declared },
      async *read({ slice }): AsyncGenerator<ReadPage> {
        source.reads.push(slice.id);
        const records = source.rows['twice'] ?? [];
        yield { records, total: records.length, bytes: 100 };
      },
    }),
    events: stream({
      description: 'an event',
      schema: z.looseObject({ id: z.string() }),
      primaryKey: ['id'],
      cursor: 'full-refresh',
      after: ['items'],
      parent: { stream: 'items', key: 'id', param: 'item', inherit: {} },
      path: '/items/{item}/events',
      records: 'events',
      paginate: { kind: 'single' },
    }),
  },
}));

const quietEnvironment = (): Environment =>
  new Environment({}, { logger: new DefaultLogger('ERROR', () => undefined) });

let folder: string;
let warehouse: Warehouse;
let activities: Activities;
let priorities: number[];
/** What the clock says. */
let at: string;

beforeEach(async () => {
  priorities = [];
  folder = mkdtempSync(join(tmpdir(), 'mailmart-activities-'));
  Object.assign(source, {
    rows: {},
    slices: undefined,
    total: undefined,
    incomplete: undefined,
    sweep: true,
    reads: [],
    connections: 2,
    before: undefined,
    after: undefined,
  });
  const landing = createLocalLanding(join(folder, 'landing'));
  at = now;
  const clock = { now: () => at };
  warehouse = await openDuckdb({
    path: join(folder, 'w.duckdb'),
    publishedPath: join(folder, 'p.duckdb'),
    landing,
    clock,
  });
  const configured = { id: account, type: 'fake', streams: 'all', mutable_window: 'P35D' } as const;
  const deps: Deps = {
    project: {
      config: { sources: [configured] },
      source: () => configured,
      secret: () => ({ token: 'token-canary-1' }),
      salt: () => 'salt-of-the-test-',
    },
    connectors: { fake: connector },
    warehouse,
    landing,
    clock,
    http: (of, config, { priority }) => {
      priorities.push(priority);
      return createHttp(of, config, { priority });
    },
    transform: {
      plan: async () => ({ actions: [], unchanged: 0 }),
      run: async () => {
        throw new Error('not of this test');
      },
      ahead: async () => ({ models: [], unchanged: 0, isBilled: false }),
    },
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  };
  activities = createActivities(deps);
});
afterEach(async () => {
  await warehouse.close();
  rmSync(folder, { recursive: true, force: true });
});

async function call<I, O>(activity: (input: I) => Promise<O>, input: I, env = quietEnvironment()): Promise<O> {
  return env.run(activity, input);
}

const rows = async (): Promise<readonly [string, boolean][]> =>
  (
    await warehouse.query(
      `select json_extract_string(record, '$.id') as id, _deleted_at is not null as gone from raw.fake__items order by 1`,
    )
  ).map((row) => [String(row['id']), Boolean(row['gone'])]);

async function syncItems(runId: string): Promise<Awaited<ReturnType<Activities['finishStream']>>> {
  const ref = { key: key('items'), runId };
  const { fence, slices } = await call(activities.planStream, { ...ref, round: 0 });
  await call(activities.extractBatch, { ...ref, from: 0, to: slices });
  await call(activities.loadBatch, { ...ref, from: 0, to: slices, fence });
  return call(activities.finishStream, { ...ref, counts: noCounts, planned: slices, durationMs: 1 });
}

const items = (...ids: string[]): JsonObject[] => ids.map((id) => ({ id, name: `item ${id}` }));
const parts = (...ids: string[]): Partial<Slice>[] => ids.map((id) => ({ id, item: id }));

describe('planAccount', () => {
  it('brings along what a chosen stream is planned from, in order', async () => {
    expect(await call(activities.planAccount, { accountId: account, streams: ['events'] })).toEqual({
      source: 'fake',
      accountId: account,
      streams: [
        { stream: 'items', dependsOn: [] },
        { stream: 'events', dependsOn: ['items'] },
      ],
    });
  });

  it('names the streams there are when one is unknown', async () => {
    const failure = await call(activities.planAccount, { accountId: account, streams: ['nope'] }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ type: 'config', nonRetryable: true });
    expect((failure as Error).message).toContain('Use one of: items, twice, events.');
  });
});

describe('a stream from plan to verdict', () => {
  it('lands, loads, marks what vanished, and changes nothing the second time', async () => {
    source.slices = parts('a', 'b');
    source.rows = { a: items('a1', 'a2'), b: items('b1') };
    expect((await syncItems('run-1')).verdict).toEqual({ kind: 'complete', missing: [], gaps: [] });
    expect(await rows()).toEqual([
      ['a1', false],
      ['a2', false],
      ['b1', false],
    ]);
    const state = await warehouse.readState(key('items'));
    expect([...state.keys()].sort()).toEqual(['a', 'b']);
    const before = await warehouse.tableFingerprints();
    await syncItems('run-2');
    expect(await warehouse.tableFingerprints()).toEqual(before);
    source.rows = { a: items('a2'), b: items('b1', 'b2') };
    await syncItems('run-3');
    expect(await rows()).toEqual([
      ['a1', true],
      ['a2', false],
      ['b1', false],
      ['b2', false],
    ]);
  });

  it('keeps to the plan of the run, whatever the source says later', async () => {
    source.slices = parts('a', 'b');
    const ref = { key: key('items'), runId: 'run-1', round: 0 };
    const first = await call(activities.planStream, ref);
    source.slices = parts('c');
    expect(await call(activities.planStream, ref)).toEqual(first);
  });

  it('takes nothing as deleted when a source that had rows shows none and states no total', async () => {
    source.slices = parts('a');
    source.total = null;
    source.rows = { a: items('a1', 'a2') };
    await syncItems('run-1');
    const before = await warehouse.readState(key('items'));
    source.rows = { a: [] };
    const { verdict } = await syncItems('run-2');
    expect(verdict.kind).toBe('suspiciously_empty');
    expect(await rows()).toEqual([
      ['a1', false],
      ['a2', false],
    ]);
    const doubted = new Map([['a', { ...before.get('a'), doubtedSince: now }]]);
    expect(await warehouse.readState(key('items'))).toEqual(doubted);
  });

  it('believes it when it is still so a day later, and not when the rows were there meanwhile', async () => {
    source.slices = parts('a');
    source.total = null;
    const full = items('a1', 'a2');
    const syncAt = async (hours: number, records: readonly JsonObject[]) => {
      at = new Date(Date.parse(now) + hours * 3_600_000).toISOString();
      source.rows = { a: [...records] };
      const { verdict } = await syncItems(`run-${hours}`);
      return [verdict.kind, (await rows()).filter(([, isGone]) => isGone).length];
    };
    expect(await syncAt(0, full)).toEqual(['complete', 0]);
    expect(await syncAt(1, [])).toEqual(['suspiciously_empty', 0]);
    expect(await syncAt(20, full)).toEqual(['complete', 0]);
    expect(await syncAt(30, [])).toEqual(['suspiciously_empty', 0]);
    expect(await syncAt(53, [])).toEqual(['suspiciously_empty', 0]);
    expect(await syncAt(54, [])).toEqual(['complete', 2]);
    expect(await syncAt(55, [])).toEqual(['complete', 2]);
    expect(await syncAt(56, full)).toEqual(['complete', 0]);
    expect(await syncAt(57, [])).toEqual(['suspiciously_empty', 0]);
    // What was not read as a whole is no reason to doubt, nor later to believe.
    expect(await syncAt(58, full)).toEqual(['complete', 0]);
    source.incomplete = 'more than 999 records of one second';
    expect(await syncAt(59, [])).toEqual(['incomplete', 0]);
    source.incomplete = undefined;
    expect(await syncAt(84, [])).toEqual(['suspiciously_empty', 0]);
  });
});

describe('what a whole read does not show', () => {
  const ids = (count: number): JsonObject[] => items(...Array.from({ length: count }, (_, index) => `a${100 + index}`));
  const gone = async (): Promise<number> => (await rows()).filter(([, isGone]) => isGone).length;

  beforeEach(async () => {
    source.slices = parts('a');
    source.rows = { a: ids(40) };
    source.total = null;
    await syncItems('run-1');
  });

  it('has not vanished when the read was not whole, and the checkpoint stays', async () => {
    const before = await warehouse.readState(key('items'));
    source.rows = { a: ids(39) };
    source.incomplete = 'more than 999 records of one second';
    expect((await syncItems('run-2')).verdict).toMatchObject({
      kind: 'incomplete',
      missing: ['a: more than 999 records of one second'],
    });
    expect(await gone()).toBe(0);
    expect(await warehouse.readState(key('items'))).toEqual(before);
    source.incomplete = undefined;
    await syncItems('run-3');
    expect(await gone()).toBe(1);
  });

  it('has not vanished from a source that keeps its rows for a time only', async () => {
    source.sweep = false;
    source.rows = { a: ids(39) };
    await syncItems('run-2');
    expect(await gone()).toBe(0);
  });

  it('has not vanished when only what changed was read', async () => {
    source.slices = [{ id: 'a', item: 'a', mode: 'incremental' }];
    source.rows = { a: ids(1) };
    await syncItems('run-2');
    expect(await gone()).toBe(0);
  });

  it('has not vanished when the source says that there is no such item', async () => {
    source.before = async () => {
      throw new SkippedAnswer('GET /a answered 404 (Not Found)', 404);
    };
    expect((await syncItems('run-2')).verdict).toMatchObject({ kind: 'complete', missing: [] });
    expect(await gone()).toBe(0);
  });

  it.each([
    ['less than half, of no stated total', 19, null, 0],
    ['half, of no stated total', 20, null, 20],
    ['nothing, where the source states that much', 0, 0, 0],
    ['less than half, where the source states that much', 19, 19, 21],
  ])('of %s', async (_, left, total, expected) => {
    source.rows = { a: ids(left) };
    source.total = total;
    await syncItems('run-2');
    expect(await gone()).toBe(expected);
  });

  it('of a few rows is nothing, where the source states it', async () => {
    source.rows = { a: ids(30) };
    source.total = 30;
    await syncItems('run-2');
    source.rows = { a: ids(15) };
    source.total = 15;
    await syncItems('run-3');
    source.rows = { a: [] };
    source.total = 0;
    await syncItems('run-4');
    expect(await gone()).toBe(40);
  });
});

describe('planStream', () => {
  it('refuses a plan that names a slice twice: the one’s files would pass for the other’s', async () => {
    source.slices = parts('a', 'b', 'a');
    const ref = { key: key('items'), runId: 'run-1', round: 0 };
    await expect(call(activities.planStream, ref)).rejects.toThrow('names a slice twice');
  });

  it('plans again when the rows are loaded, and what is read again is another piece of work', async () => {
    const ref = { key: key('twice'), runId: 'run-1' };
    source.rows = { twice: items('t1', 't2') };
    const first = await call(activities.planStream, { ...ref, round: 0 });
    expect(first).toMatchObject({ slices: 1, again: true });
    await call(activities.extractBatch, { ...ref, from: 0, to: 1 });
    await call(activities.loadBatch, { ...ref, from: 0, to: 1, fence: first.fence });
    // Each round is whole by itself: what the second does not show has vanished.
    source.rows = { twice: items('t2', 't3') };
    const second = await call(activities.planStream, { ...ref, round: 1 });
    expect(second).toEqual({ fence: first.fence, slices: 2, again: false });
    expect(await call(activities.planStream, { ...ref, round: 1 })).toEqual(second);
    await call(activities.extractBatch, { ...ref, from: 1, to: 2 });
    const loaded = await call(activities.loadBatch, { ...ref, from: 1, to: 2, fence: first.fence });
    expect(loaded).toMatchObject({ inserted: 1, deleted: 1 });
    expect(source.reads).toEqual(['all', 'all,round=1']);
  });
});

describe('extractBatch', () => {
  const ref = { key: key('items'), runId: 'run-1' };
  const batch = { ...ref, from: 0, to: 4 };

  it('does not read again what an earlier attempt made durable', async () => {
    source.slices = parts('a', 'b', 'c', 'd');
    source.rows = { a: items('a1'), b: items('b1'), c: items('c1'), d: items('d1') };
    await call(activities.planStream, { ...ref, round: 0 });
    source.before = async ({ id }) => {
      if (id === 'c') throw new ConnectorError('reset', { kind: 'transient', connector: 'fake' });
    };
    await expect(call(activities.extractBatch, batch)).rejects.toMatchObject({ type: 'transient' });
    source.before = undefined;
    source.reads = [];
    expect(await call(activities.extractBatch, batch)).toMatchObject({ slicesDone: 4, rows: 4 });
    expect(source.reads).not.toContain('a');
    expect(source.reads).toContain('c');
  });

  it('reads as many slices side by side as the account has connections, and says in heartbeats how far it is', async () => {
    source.slices = parts('a', 'b', 'c', 'd');
    let open = 0;
    let most = 0;
    source.before = async () => {
      open += 1;
      most = Math.max(most, open);
      await delay(600);
      open -= 1;
    };
    await call(activities.planStream, { ...ref, round: 0 });
    const env = quietEnvironment();
    const beats: unknown[] = [];
    env.on('heartbeat', (details: unknown) => beats.push(details));
    await call(activities.extractBatch, batch, env);
    expect(most).toBe(2);
    expect(beats.at(-1)).toMatchObject({ slicesDone: 2, pages: 2 });
  });

  it('asks with the place of each slice in the plan as its priority', async () => {
    source.slices = parts('a', 'b', 'c', 'd');
    await call(activities.planStream, { ...ref, round: 0 });
    await call(activities.extractBatch, { ...batch, from: 1 });
    // Which of them asks first is for the disk to say.
    expect(priorities.toSorted()).toEqual([1, 2, 3]);
  });

  it('stops when it is cancelled and leaves nothing of the slice it was at', async () => {
    source.connections = 1;
    source.slices = parts('a', 'b', 'c', 'd');
    await call(activities.planStream, { ...ref, round: 0 });
    const env = quietEnvironment();
    source.rows = { a: items('a1'), b: items('b1') };
    source.after = async (slice, signal) => {
      if (slice.id === 'a') return;
      env.cancel();
      await delay(60_000, undefined, { signal });
    };
    await expect(call(activities.extractBatch, { ...batch }, env)).rejects.toThrow(CancelledFailure);
    expect(source.reads).toEqual(['a', 'b']);
    const files = readdirSync(join(folder, 'landing'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => file.includes('/a.')).length).toBeGreaterThan(0);
    expect(files.filter((file) => file.includes('/b.'))).toEqual([]);
  });

  it('is cancelled between two slices, too: what was not read is not said to be', async () => {
    source.connections = 1;
    source.slices = parts('a', 'b');
    await call(activities.planStream, { ...ref, round: 0 });
    const env = quietEnvironment();
    source.after = async () => env.cancel();
    await expect(call(activities.extractBatch, { ...ref, from: 0, to: 2 }, env)).rejects.toBeInstanceOf(
      CancelledFailure,
    );
    expect(source.reads).toEqual(['a']);
  });

  it('asks no further slice when one has failed', async () => {
    source.connections = 1;
    source.slices = parts('a', 'b', 'c', 'd');
    await call(activities.planStream, { ...ref, round: 0 });
    source.before = async () => {
      throw new ConnectorError('422', { kind: 'rejected', connector: 'fake', status: 422 });
    };
    await expect(call(activities.extractBatch, { ...batch })).rejects.toMatchObject({ type: 'rejected' });
    expect(source.reads).toEqual(['a']);
  });

  it('asks no further slice when the source refuses us', async () => {
    source.connections = 1;
    source.slices = parts('a', 'b', 'c', 'd');
    await call(activities.planStream, { ...ref, round: 0 });
    source.before = async () => {
      throw new ConnectorError('401', { kind: 'auth', connector: 'fake', status: 401 });
    };
    await expect(call(activities.extractBatch, { ...batch })).rejects.toMatchObject({
      type: 'auth',
      nonRetryable: true,
      details: [{ status: 401 }],
    });
    expect(source.reads).toEqual(['a']);
  });

  it.each(['auth', 'quota_exhausted', 'rate_limited', 'config'] as const)(
    'ends what else is read when the source refuses us altogether: %s',
    async (kind) => {
      source.slices = parts('a', 'b', 'c', 'd');
      await call(activities.planStream, { ...ref, round: 0 });
      let isRead = false;
      const other = Promise.withResolvers<void>();
      source.before = async ({ id }, signal) => {
        if (id === 'a') {
          await other.promise;
          throw new ConnectorError('no', { kind, connector: 'fake' });
        }
        other.resolve();
        await delay(1_000, undefined, { signal });
        isRead = true;
      };
      await expect(call(activities.extractBatch, { ...batch })).rejects.toMatchObject({ type: kind });
      // Which of them begins first is for the disk to say.
      expect([isRead, source.reads.toSorted()]).toEqual([false, ['a', 'b']]);
    },
  );

  it('ends an attempt that the server has given up on before the next one writes', async () => {
    source.slices = parts('a');
    source.rows = { a: items('a1') };
    await call(activities.planStream, { ...ref, round: 0 });
    let firstEnded = false;
    source.before = async (_slice, signal) => {
      source.before = async () => expect(firstEnded).toBe(true);
      // It takes its time to notice, as a call that hangs does.
      await delay(60_000, undefined, { signal }).catch(() => delay(150));
      firstEnded = true;
      signal.throwIfAborted();
    };
    const zombie = call(activities.extractBatch, { ...batch, to: 1 }).catch((error: unknown) => error);
    await delay(50);
    expect(await call(activities.extractBatch, { ...batch, to: 1 })).toMatchObject({ slicesDone: 1, rows: 1 });
    expect(await zombie).toBeInstanceOf(CancelledFailure);
  });
});

describe('loadBatch', () => {
  const ref = { key: key('items'), runId: 'run-1' };

  it('refuses landing files that were altered, and heals when they are read again', async () => {
    source.slices = parts('a');
    source.rows = { a: items('a1') };
    const { fence } = await call(activities.planStream, { ...ref, round: 0 });
    const batch = { ...ref, from: 0, to: 1 };
    await call(activities.extractBatch, { ...batch });
    const landed = readdirSync(join(folder, 'landing'), { recursive: true, encoding: 'utf8' });
    writeFileSync(join(folder, 'landing', landed.find((file) => file.endsWith('.tsv.zst')) ?? ''), 'x');
    await expect(call(activities.loadBatch, { ...batch, fence })).rejects.toMatchObject({
      type: 'drift',
      nonRetryable: true,
    });
    // Nothing was loaded, so nothing counts as read.
    const failure = { kind: 'drift', message: 'altered' };
    const report = { ...ref, counts: noCounts, planned: 1, durationMs: 5, failure };
    expect((await call(activities.finishStream, report)).verdict.missing).toEqual([
      '1 of 1 slices were not read: altered',
    ]);
    await call(activities.extractBatch, { ...batch });
    expect(await call(activities.loadBatch, { ...batch, fence })).toMatchObject({ inserted: 1 });
  });

  it('loads what is durable of a batch that failed, and all of it later', async () => {
    source.connections = 1;
    source.slices = parts('a', 'b');
    source.rows = { a: items('a1'), b: items('b1') };
    const { fence } = await call(activities.planStream, { ...ref, round: 0 });
    const batch = { ...ref, from: 0, to: 2 };
    source.before = async ({ id }) => {
      if (id === 'b') throw new ConnectorError('quota', { kind: 'quota_exhausted', connector: 'fake' });
    };
    await expect(call(activities.extractBatch, { ...batch })).rejects.toMatchObject({
      type: 'quota_exhausted',
    });
    expect(await call(activities.loadBatch, { ...batch, fence, partial: 1 })).toMatchObject({
      slices: 1,
      inserted: 1,
      read: { slicesDone: 1, pages: 1, rows: 1, bytes: 100 },
    });
    source.before = undefined;
    await call(activities.extractBatch, { ...batch });
    expect(await call(activities.loadBatch, { ...batch, fence })).toMatchObject({ inserted: 1, unchanged: 1 });
  });

  it('moves the checkpoint of an item when the last of its slices is loaded, and sweeps nothing of it', async () => {
    source.slices = [
      { id: 'w1', item: 'x', mode: 'full' },
      { id: 'w2', item: 'x', mode: 'full' },
    ];
    source.rows = { w1: items('x1'), w2: items('x2') };
    const { fence } = await call(activities.planStream, { ...ref, round: 0 });
    for (const from of [0, 1]) await call(activities.extractBatch, { ...ref, from, to: from + 1 });
    await call(activities.loadBatch, { ...ref, from: 0, to: 1, fence });
    expect((await warehouse.readState(key('items'))).size).toBe(0);
    await call(activities.loadBatch, { ...ref, from: 1, to: 2, fence });
    expect([...(await warehouse.readState(key('items'))).keys()]).toEqual(['x']);
    expect(await rows()).toEqual([
      ['x1', false],
      ['x2', false],
    ]);
  });

  it('takes nothing for vanished that the source has, though not as it should be', async () => {
    source.slices = parts('a');
    source.rows = { a: items('a1', 'a2', 'a3') };
    await syncItems('run-1');
    source.rows = { a: [...items('a1'), { id: 'a2', name: 'half a pair \ud800' }] };
    await syncItems('run-2');
    // What the verdict needs of it holds nothing of the record.
    const results = await createLocalLanding(join(folder, 'landing')).readDocument(key('items'), 'run-2', 'results-0');
    expect(results).toMatchObject({ results: [{ rejected: [{ path: 'name', record: '' }] }] });
    const left = [
      ['a1', false],
      ['a2', false],
      ['a3', true],
    ];
    expect(await rows()).toEqual(left);
    // Nobody knows which one this is.
    source.rows = { a: [...items('a1'), { id: { b: 1 }, name: 'x' }] };
    await syncItems('run-3');
    expect(await rows()).toEqual(left);
  });

  it('is refused when a newer run took the stream', async () => {
    source.slices = parts('a');
    source.rows = { a: items('a1') };
    const old = await call(activities.planStream, { ...ref, round: 0 });
    await call(activities.extractBatch, { ...ref, from: 0, to: 1 });
    await call(activities.planStream, { key: key('items'), runId: 'run-2', round: 0 });
    await expect(call(activities.loadBatch, { ...ref, from: 0, to: 1, fence: old.fence })).rejects.toMatchObject({
      type: 'fenced',
      nonRetryable: true,
    });
    expect(await rows()).toEqual([]);
  });
});

describe('finishStream', () => {
  it('tells history of the first lines, and how many more there are', async () => {
    source.slices = parts('a', 'b', 'c', 'd', 'e', 'f', 'g');
    source.incomplete = 'more than 999 records of one second';
    const { missing } = (await syncItems('run-1')).verdict;
    expect([missing.length, missing.at(-1)]).toEqual([6, 'and 2 more: see mailmart status']);
    expect((await warehouse.latestStreams())[0]?.verdict.missing).toHaveLength(7);
  });

  // Of the batch that failed, something is durable, or nothing.
  it.each([2, 1])('counts what was read beside a batch of %i that failed', async (to) => {
    source.slices = parts('a', 'b', 'c');
    source.rows = { b: items('b1'), c: items('c1') };
    const ref = { key: key('items'), runId: 'run-1' };
    const { fence } = await call(activities.planStream, { ...ref, round: 0 });
    source.before = async ({ id }) => {
      if (id === 'a') throw new ConnectorError('gone', { kind: 'rejected', connector: 'fake' });
    };
    await expect(call(activities.extractBatch, { ...ref, from: 0, to })).rejects.toMatchObject({ type: 'rejected' });
    await call(activities.extractBatch, { ...ref, from: to, to: 3 });
    await call(activities.loadBatch, { ...ref, from: 0, to, fence, partial: 1 });
    await call(activities.loadBatch, { ...ref, from: to, to: 3, fence, partial: 2 });
    expect(await rows()).toEqual([
      ['b1', false],
      ['c1', false],
    ]);
    const failure = { kind: 'rejected', message: 'refused' };
    const report = await call(activities.finishStream, {
      ...ref,
      counts: noCounts,
      planned: 3,
      durationMs: 5,
      failure,
    });
    expect(report.verdict.missing[0]).toBe('1 of 3 slices were not read: refused');
  });

  it('names what was not read, and stores the report', async () => {
    source.slices = parts('a', 'b');
    source.rows = { a: items('a1') };
    source.incomplete = 'more than 999 records of one second';
    const ref = { key: key('items'), runId: 'run-1' };
    const { fence } = await call(activities.planStream, { ...ref, round: 0 });
    await call(activities.extractBatch, { ...ref, from: 0, to: 1 });
    await call(activities.loadBatch, { ...ref, from: 0, to: 1, fence });
    const failure = { kind: 'auth', message: 'the key of ann@example.com was refused' };
    const report = await call(activities.finishStream, {
      ...ref,
      counts: noCounts,
      planned: 2,
      durationMs: 5,
      failure,
    });
    expect(report.verdict.kind).toBe('incomplete');
    expect(report.verdict.missing).toEqual([
      '1 of 2 slices were not read: the key of [address] was refused',
      'a: more than 999 records of one second',
    ]);
    // The answer of the first call may have been lost.
    const again = { ...ref, counts: noCounts, planned: 2, durationMs: 5, failure };
    expect(await call(activities.finishStream, again)).toEqual(report);
    const [stored] = await warehouse.latestStreams();
    expect(stored).toMatchObject({ runId: 'run-1', verdict: { kind: 'incomplete' }, failure: { kind: 'auth' } });
  });
});
