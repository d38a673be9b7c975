import { MockActivityEnvironment as Environment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineConnector, type ReadPage } from '../../connectors/_kit/contract.ts';
import type { Hook, Post } from '../../connectors/_kit/hook.ts';
import { createHttp } from '../../connectors/_kit/http.ts';
import { jsonArray, pushStream } from '../../connectors/_kit/push.ts';
import { tiny } from '../../connectors/_kit/suite/tiny.ts';
import { noCounts } from '../../src/contracts/counts.ts';
import { createActivities, lookAhead, type Activities, type Deps } from '../../activities/index.ts';
import { hintsForRun } from '../../activities/hints.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { openInbox } from '../../src/inbox/reader.ts';
import { removeLoaded } from '../../src/inbox/remove-loaded.ts';
import { defaultLimits, openInboxWriter, type InboxWriter } from '../../src/inbox/writer.ts';
import { createLocalLanding } from '../../src/landing/local.ts';
import { openDuckdb } from '../../src/warehouse/duckdb/index.ts';
import type { Warehouse } from '../../src/warehouse/port.ts';

// From a post in the inbox's files to raw: the activities of a sync, with everything real but the source.

const hour = 3_600_000;
const start = Date.parse('2026-06-30T12:00:00.000Z');
const accountId = 'shop';

/** Posts that were looked at for what they hint at. */
let looked = 0;

/** What a post of the fake source hints at: it names a campaign, or all of them. */
const hintsOf = ({ body }: Post) => {
  const text = Buffer.from(body).toString();
  looked += 1;
  if (text === 'very many') return Array.from({ length: 50_001 }, (_, n) => ({ stream: 'activity', item: `x${n}` }));
  if (text.includes('throws')) throw new Error('a hook that breaks its promise');
  const campaign = /campaign:(\w*)/.exec(text)?.[1];
  return campaign === undefined ? [] : [{ stream: 'activity', item: campaign }];
};
const hook: Hook<unknown> = { description: 'events', signature: null, keys: () => [], hints: hintsOf };

const campaigns: readonly JsonObject[] = ['c1', 'c2'].map((id) => ({ id, sent: '2025-01-01T00:00:00Z' }));

const connector = defineConnector(z.object({}), (stream) => ({
  ...tiny,
  name: 'fake',
  limits: { default: { concurrency: 2 } },
  hooks: { events: hook, pings: hook },
  streams: {
    events: stream(
      pushStream({
        hook: 'events',
        description: 'an event',
        records: jsonArray,
        schema: z.looseObject({ id: z.string() }),
        primaryKey: ['id'],
      }),
    ),
    campaigns: stream({
      description: 'a campaign',
      schema: z.looseObject({ id: z.string() }),
      primaryKey: ['id'],
      cursor: 'full-refresh',
      why: 'a test reads from memory',
      async *read(): AsyncGenerator<ReadPage> {
        yield { records: campaigns, bytes: 1 };
      },
    }),
    activity: stream({
      description: 'what happened to a campaign',
      schema: z.looseObject({ campaign: z.string() }),
      primaryKey: ['campaign'],
      cursor: 'full-refresh',
      parent: {
        stream: 'campaigns',
        key: 'id',
        param: 'campaign',
        inherit: { campaign: 'id' },
        ageing: { sentAt: ({ sent }) => (typeof sent === 'string' ? sent : null) },
      },
      why: 'a test reads from memory',
      async *read(): AsyncGenerator<ReadPage> {
        yield { records: [{ n: 1 }], bytes: 1 };
      },
    }),
  },
}));

let folder: string;
let now: string;
let warehouse: Warehouse;
let deps: Deps;
let activities: Activities;
let receiver: InboxWriter;
let warnings: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mailmart-push-'));
  now = new Date(start).toISOString();
  warnings = [];
  const clock = { now: () => now };
  const landing = createLocalLanding(join(folder, 'landing'));
  warehouse = await openDuckdb({
    path: join(folder, 'w.duckdb'),
    publishedPath: join(folder, 'p.duckdb'),
    landing,
    clock,
  });
  deps = depsWith('all');
  activities = createActivities(deps);
  receiver = await openReceiver();

  function depsWith(streams: 'all' | readonly string[]): Deps {
    const configured = { id: accountId, type: 'fake', streams, mutable_window: 'P35D' } as const;
    return {
      project: {
        config: { sources: [configured] },
        source: () => configured,
        secret: () => ({}),
        salt: () => 'salt-of-the-test-',
      },
      connectors: { fake: connector },
      warehouse,
      landing,
      clock,
      inbox: (account) => ({
        ...openInbox(folder, account),
        removeLoaded: async (name, loadedTo) => {
          await removeLoaded(folder, account, name, { loadedTo, keepMs: 24 * hour, now });
        },
      }),
      http: (of, config, { priority }) => createHttp(of, config, { priority }),
      transform: {
        plan: async () => ({ actions: [], unchanged: 0 }),
        run: async () => {
          throw new Error('not of this test');
        },
        ahead: async () => ({ models: [], unchanged: 0, isBilled: false }),
      },
      logger: {
        debug: () => undefined,
        info: () => undefined,
        warn: (fields, message) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
        error: () => undefined,
      },
    };
  }
});
afterEach(async () => {
  await receiver.close();
  await warehouse.close();
  rmSync(folder, { recursive: true, force: true });
});

const openReceiver = (): Promise<InboxWriter> => openInboxWriter(folder, { now: () => now }, defaultLimits);

/** The receiver is started anew: what it had open is closed. */
async function closeSegments(): Promise<void> {
  await receiver.close();
  receiver = await openReceiver();
}

const post = (body: unknown, more: { readonly isSigned?: boolean; readonly hook?: string } = {}): Promise<void> =>
  receiver.append(accountId, more.hook ?? 'events', {
    receivedAt: now,
    contentType: 'application/json',
    isSigned: more.isSigned ?? true,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });

const call = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
  new Environment({}, { logger: new DefaultLogger('ERROR', () => undefined) }).run(activity, input);

let runs = 0;

async function sync(stream: string, runId = `run-${(runs += 1)}`) {
  const ref = { key: { source: 'fake', accountId, stream }, runId };
  const { fence, slices } = await call(activities.planStream, { ...ref, round: 0 });
  await call(activities.extractBatch, { ...ref, from: 0, to: slices });
  const loaded = await call(activities.loadBatch, { ...ref, from: 0, to: slices, fence });
  const { verdict } = await call(activities.finishStream, { ...ref, counts: noCounts, planned: slices, durationMs: 1 });
  return { slices, loaded, verdict };
}

const later = (ms: number): void => void (now = new Date(Date.parse(now) + ms).toISOString());
const event = (id: string, more: object = {}): object => ({ id, ...more });
const raw = async (): Promise<readonly unknown[]> =>
  (await warehouse.query(`select record ->> 'id' as id from raw.fake__events order by 1`)).map(({ id }) => id);
const segmentFiles = (name = 'events'): readonly string[] =>
  readdirSync(join(folder, '.mailmart', 'inbox', accountId, name)).filter((file) => /\.(open|closed)$/.test(file));

describe('posts become rows', () => {
  it('what is there, then what is new, and a segment that is read and closed is nothing to do', async () => {
    await post([event('a'), event('b')]);
    expect((await sync('events')).loaded).toMatchObject({ inserted: 2 });
    expect(await sync('events')).toMatchObject({ slices: 0, verdict: { kind: 'complete' } });
    await post([event('c')]);
    await closeSegments();
    await post([event('d')]);
    expect(await sync('events')).toMatchObject({ slices: 2, loaded: { inserted: 2, unchanged: 0 } });
    expect(await raw()).toEqual(['a', 'b', 'c', 'd']);
    expect(await sync('events')).toMatchObject({ slices: 0 });
  });

  it('a run that died before its load is read again as a whole, and one that died after it not at all', async () => {
    await post([event('a')]);
    const ref = { key: { source: 'fake', accountId, stream: 'events' }, runId: 'dies' };
    const planned = await call(activities.planStream, { ...ref, round: 0 });
    await call(activities.extractBatch, { ...ref, from: 0, to: planned.slices });
    const newer = { ...ref, runId: 'newer' };
    const { fence, slices } = await call(activities.planStream, { ...newer, round: 0 });
    await call(activities.extractBatch, { ...newer, from: 0, to: slices });
    expect(await call(activities.loadBatch, { ...newer, from: 0, to: slices, fence })).toMatchObject({ inserted: 1 });
    const zombie = call(activities.loadBatch, { ...ref, from: 0, to: planned.slices, fence: planned.fence });
    await expect(zombie).rejects.toMatchObject({ type: 'fenced' });
    expect(await sync('events')).toMatchObject({ slices: 0 });
    expect(await raw()).toEqual(['a']);
  });

  it('the same post again, half of it again, and one id with another content: one row an id, the first stays (B54)', async () => {
    await post([event('a'), event('b')]);
    await post([event('a'), event('b')]);
    await sync('events');
    await post([event('b'), event('c')]);
    await post([event('a', { other: true })]);
    expect((await sync('events')).loaded).toMatchObject({ inserted: 1, updated: 0, quarantined: 1 });
    expect(await warehouse.query(`select record from raw.fake__events order by 1`)).toEqual(
      ['a', 'b', 'c'].map((id) => ({ record: `{"id":"${id}"}` })),
    );
    expect(await warehouse.query('select record, reason from ops.quarantine')).toEqual([
      { record: '{"id":"a","other":true}', reason: 'The same id came before with other content: the first stays' },
    ]);
  });

  it('bad posts and bad events are kept with their place, the good ones around them load, and the run says so (B57)', async () => {
    await post([event('a'), {}, event('b')]);
    await post({});
    await post('null');
    await post('[');
    await post([event('c')]);
    const { loaded, verdict } = await sync('events');
    expect(loaded).toMatchObject({ inserted: 3, quarantined: 4 });
    expect(verdict).toMatchObject({
      kind: 'incomplete',
      missing: [expect.stringContaining('4 records are in quarantine')],
    });
    const [segment] = segmentFiles();
    const kept = await warehouse.query('select position, record from ops.quarantine order by number');
    expect(kept.map(({ record }) => record).toSorted()).toEqual(['[', 'null', '{}', '{}']);
    for (const { position } of kept) expect(String(position).split('@')[0]).toBe(segment!.replace('.open', ''));
    // Nothing holds the next run up, and nothing is quarantined twice.
    await post([event('d')]);
    expect(await sync('events')).toMatchObject({
      loaded: { inserted: 1, quarantined: 0 },
      verdict: { kind: 'complete' },
    });
    // A post is read once: that it is not refused again says nothing.
    expect(await warehouse.query('select count(*) as known from ops.quarantine where item is not null')).toEqual([
      { known: 0 },
    ]);
  });

  it('an unsigned post is never a fact, whatever it says (B60)', async () => {
    await post([event('forged')], { isSigned: false });
    await post([event('real')]);
    await post('[', { isSigned: false });
    const { loaded, verdict } = await sync('events');
    expect(loaded).toMatchObject({ inserted: 1, quarantined: 0 });
    expect(verdict.kind).toBe('complete');
    expect(await raw()).toEqual(['real']);
  });
});

describe('hints', () => {
  const activity = async (): Promise<readonly string[]> => {
    const before = await warehouse.readState({ source: 'fake', accountId, stream: 'activity' });
    await sync('activity');
    const after = await warehouse.readState({ source: 'fake', accountId, stream: 'activity' });
    return [...after].flatMap(([item, { readAt }]) => (before.get(item)?.readAt === readAt ? [] : [item])).toSorted();
  };

  beforeEach(async () => {
    await sync('campaigns');
    await activity();
    later(hour);
  });

  it('are none where nothing was posted', async () => {
    expect(await activity()).toEqual([]);
  });

  it('of a post that is not signed makes its object due, once, and no more than that (B60)', async () => {
    await post('campaign:c2', { isSigned: false });
    later(1000);
    expect(await activity()).toEqual(['c2']);
    later(hour);
    expect(await activity()).toEqual([]);
  });

  it('of a hook that has no facts, and of one that is signed', async () => {
    await post('campaign:c1', { hook: 'pings', isSigned: false });
    await post('campaign:c2 []');
    later(1000);
    expect(await activity()).toEqual(['c1', 'c2']);
  });

  it('for a whole stream makes each of its items due', async () => {
    await post('campaign:', { isSigned: false });
    later(1000);
    expect(await activity()).toEqual(['c1', 'c2']);
  });

  it('of an object that was read since make it due again', async () => {
    for (let round = 0; round < 2; round += 1) {
      await post('campaign:c2', { isSigned: false });
      later(1000);
      expect(await activity()).toEqual(['c2']);
      later(hour);
      expect(await activity()).toEqual([]);
    }
  });

  it('that came while the object was read is due in the next run', async () => {
    await post('campaign:c1', { isSigned: false });
    expect(await activity()).toEqual(['c1']);
    // At the very time of that read.
    await post('campaign:c1', { isSigned: false });
    later(1000);
    expect(await activity()).toEqual(['c1']);
    later(1000);
    expect(await activity()).toEqual([]);
  });

  it('are found however many posts came before, each read once', async () => {
    looked = 0;
    for (let index = 0; index < 200; index += 1) await post(`[]`);
    await post('campaign:c1', { isSigned: false });
    later(1000);
    expect(await activity()).toEqual(['c1']);
    await post('campaign:c2', { isSigned: false });
    later(1000);
    expect(await activity()).toEqual(['c2']);
    expect(looked).toBe(202);
  });

  it('of more objects than memory is given for are hints at all of them', async () => {
    await post('very many', { isSigned: false });
    later(1000);
    expect(await activity()).toEqual(['c1', 'c2']);
  });

  it('of one account are none of another one’s', async () => {
    await post('campaign:c2', { isSigned: false });
    const place = { accountId, stream: 'activity', runId: 'run-x' };
    expect([...(await hintsForRun(deps, connector, place)).keys()]).toEqual(['c2']);
    expect([...(await hintsForRun(deps, connector, { ...place, accountId: 'other' })).keys()]).toEqual([]);
  });

  it('of a post over which the hook fails are none, and those behind it count', async () => {
    await post('throws campaign:c1', { isSigned: false });
    await post('campaign:c2', { isSigned: false });
    later(1000);
    expect(await activity()).toEqual(['c2']);
  });

  it('of a damaged segment do not hold up what is asked for by itself', async () => {
    await post('campaign:c1', { isSigned: false, hook: 'pings' });
    await closeSegments();
    const [file] = segmentFiles('pings');
    truncateSync(join(folder, '.mailmart', 'inbox', accountId, 'pings', file!), 30);
    await post('campaign:c2', { isSigned: false });
    later(1000);
    expect(await activity()).toEqual(['c2']);
    expect(warnings.filter((line) => line.startsWith('posts could not be read'))).toHaveLength(1);
  });

  it('are looked at by a plan that changes nothing', async () => {
    const look = async (): Promise<unknown> => {
      const { streams } = await lookAhead(deps, {});
      return streams.map(({ stream, slices, mode }) => [stream, slices, mode]);
    };
    expect(await look()).toEqual([
      ['events', 0, 'nothing'],
      ['campaigns', 1, 'whole'],
      ['activity', 0, 'nothing'],
    ]);
    await post('campaign:c1', { isSigned: false });
    await post([event('a')]);
    expect(await look()).toEqual([
      ['events', 1, 'first'],
      ['campaigns', 1, 'whole'],
      ['activity', 1, 'whole'],
    ]);
  });
});

describe('loaded posts', () => {
  it('are removed when their segment is closed, in raw to its end, and was kept long enough', async () => {
    await post([event('a')]);
    await closeSegments();
    await post([event('b')]);
    await sync('events');
    expect(segmentFiles()).toHaveLength(2);
    later(25 * hour);
    await sync('events');
    expect(segmentFiles().map((name) => name.split('.')[1])).toEqual(['open']);
    await closeSegments();
    await post([event('c')]);
    await closeSegments();
    // Old, closed, and not in raw.
    later(25 * hour);
    const ref = { key: { source: 'fake', accountId, stream: 'events' }, runId: 'fails' };
    await call(activities.planStream, { ...ref, round: 0 });
    await call(activities.finishStream, {
      ...ref,
      counts: noCounts,
      planned: 1,
      durationMs: 1,
      failure: { kind: 'x', message: 'y' },
    });
    expect(segmentFiles()).toHaveLength(1);
    await sync('events');
    expect(segmentFiles()).toHaveLength(0);
    expect(await raw()).toEqual(['a', 'b', 'c']);
  });

  it('of a hook that has only hints are removed by their age', async () => {
    await post('campaign:c1', { hook: 'pings' });
    await closeSegments();
    await sync('campaigns');
    expect(segmentFiles('pings')).toHaveLength(1);
    later(25 * hour);
    await sync('campaigns');
    expect(segmentFiles('pings')).toHaveLength(0);
  });

  it('that no configured stream takes stay: they could not be had again', async () => {
    const source = { ...deps.project.source(accountId), streams: ['campaigns'] };
    deps = { ...deps, project: { ...deps.project, config: { sources: [source] }, source: () => source } };
    activities = createActivities(deps);
    await post([event('a')]);
    await closeSegments();
    later(25 * hour);
    await sync('campaigns');
    expect(segmentFiles()).toHaveLength(1);
  });
});
