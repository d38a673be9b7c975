import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AnyConnector } from '../../activities/deps.ts';
import type { StreamSummary } from '../../activities/types.ts';
import { ConnectorError } from '../../connectors/_kit/errors.ts';
import { connectors } from '../../connectors/index.ts';
import type { Fault } from '../../connectors/mailchimp/simulator.ts';
import type { World } from '../../src/demo/types.ts';
import { createWorld } from '../../src/demo/world.ts';
import { tableHash } from '../../src/warehouse/duckdb/index.ts';
import { allDifferences } from '../truth/all-marts.ts';
import { gatherFacts } from '../truth/facts.ts';
import { goalRules, salt, startInProcess, type InProcess } from '../truth/in-process.ts';

// Everything a source can do wrong, against the real kit, connector, landing and warehouse, without Temporal: what a fault
// leaves behind is in raw, and raw must be what a calm source gives, or the verdict says what is missing.

const seed = Number(process.env['MAILMART_FAULT_SEED'] ?? 1);
const account = 'shop-newsletter';
const world = createWorld({ seed: 1, size: 'tiny' });
/** Small pages, so that a tiny world has many of them. */
const paged = withPagesOf(40);

let running: InProcess[] = [];
afterEach(async () => {
  for (const run of running) await run.stop();
  running = [];
});

/** A short time-out, and next to no waiting between attempts: how long is waited is the kit's own tests' matter. */
async function start(shown: World = world, mailchimp: AnyConnector = paged): Promise<InProcess> {
  const run = await startInProcess({
    world: shown,
    registry: { mailchimp },
    http: { timeoutMs: 1_500, sleep: (ms, signal) => delay(Math.min(ms, 20), undefined, { signal }) },
  });
  running.push(run);
  return run;
}

function withPagesOf(limit: number): AnyConnector {
  const mailchimp = connectors['mailchimp'] as AnyConnector;
  const streams = Object.entries(mailchimp.streams).map(([name, stream]) =>
    'paginate' in stream && stream.paginate.kind === 'offset'
      ? [name, { ...stream, paginate: { ...stream.paginate, limit } }]
      : [name, stream],
  );
  return { ...mailchimp, streams: Object.fromEntries(streams) as AnyConnector['streams'] };
}

/** Raw without its bookkeeping; of automation e-mails not the record, which holds links with the simulator's port. */
async function rawOf(run: InProcess): Promise<Readonly<Record<string, string>>> {
  const query = (sql: string, params?: Parameters<typeof run.warehouse.query>[1]) => run.warehouse.query(sql, params);
  const tables = await query("select table_name as name from information_schema.tables where table_schema = 'raw'");
  const hashes: Record<string, string> = {};
  for (const { name } of tables) {
    const links = name === 'mailchimp__automation_emails' ? ['record', '_record_hash'] : [];
    const without = ['_loaded_at', '_run_id', '_extracted_at', ...links];
    hashes[String(name)] = await tableHash(query, `raw.${String(name)}`, without);
  }
  return hashes;
}

/** What Temporal does: tries again what may heal by itself. */
async function syncWithRetries(run: InProcess, streams?: readonly string[]): Promise<readonly StreamSummary[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run.sync(account, streams);
    } catch (error) {
      const heals = error instanceof ConnectorError && ['transient', 'rate_limited'].includes(error.kind);
      if (!heals || attempt === 10) throw error;
    }
  }
}

const troubled = (summaries: readonly StreamSummary[]) =>
  summaries
    .filter(({ verdict }) => verdict.kind !== 'complete')
    .map(({ key, verdict }) => ({ stream: key.stream, kind: verdict.kind, missing: verdict.missing }));

let calm: Readonly<Record<string, string>>;
let calmRows: number;
beforeAll(async () => {
  const run = await startInProcess({ world, registry: { mailchimp: paged } });
  try {
    const summaries = await run.sync(account);
    if (troubled(summaries).length > 0)
      throw new Error(`the calm run is not complete: ${JSON.stringify(troubled(summaries))}`);
    calm = await rawOf(run);
    calmRows = summaries.reduce((sum, { counts }) => sum + counts.rowsRead, 0);
    if (calmRows < 4_000) throw new Error(`the calm run read only ${calmRows} rows`);
  } finally {
    await run.stop();
  }
});

describe('a fault that passes leaves nothing behind', () => {
  /** Those of most requests: paged by the account, by list and by campaign. All streams have all faults at once, below. */
  const streams = ['lists', 'members', 'campaigns', 'sent_to', 'email_activity', 'open_details'];
  const tables = streams.map((name) => `mailchimp__${name}`);
  it.each<[string, Fault]>([
    ['429 without Retry-After', { kind: 'rate_limited' }],
    ['429 with Retry-After in seconds', { kind: 'rate_limited', retryAfter: '0' }],
    ['429 with Retry-After as a date', { kind: 'rate_limited', retryAfter: 'Tue, 30 Jun 2026 12:00:00 GMT' }],
    ['429 with a negative Retry-After', { kind: 'rate_limited', retryAfter: '-5' }],
    ['429 without a JSON body', { kind: 'blocked' }],
    ['403 of the edge without a JSON body', { kind: 'blocked', status: 403 }],
    ['500', { kind: 'server_error' }],
    ['502 with HTML', { kind: 'bad_gateway' }],
    ['a reset before the answer', { kind: 'reset' }],
    ['a reset in the body', { kind: 'reset_in_body' }],
    ['JSON that stops half-way', { kind: 'truncated' }],
    ['HTML instead of JSON, with 200', { kind: 'html_200' }],
    ['200 with an empty body', { kind: 'empty_body' }],
    ['an empty page where the total says more', { kind: 'empty_page' }],
  ])('%s, at every tenth request', async (_name, fault) => {
    const run = await start();
    run.simulator.faults.add({ ...fault, rate: 0.1, times: Infinity, seed });
    const summaries = await syncWithRetries(run, streams);
    expect(run.simulator.faults.struck().length).toBeGreaterThan(5);
    // An empty page is no failure that is tried again for long: the run may end by saying what it lacks.
    if (fault.kind === 'empty_page' && troubled(summaries).length > 0) {
      run.simulator.faults.clear();
      expect(troubled(await run.sync(account, streams))).toEqual([]);
    } else expect(troubled(summaries)).toEqual([]);
    const raw = await rawOf(run);
    expect(Object.keys(raw)).toEqual(expect.arrayContaining(tables));
    expect(raw).toEqual(Object.fromEntries(Object.keys(raw).map((table) => [table, calm[table]])));
  });

  it('an answer that does not come in time', async () => {
    const run = await start();
    run.simulator.faults.add({ kind: 'stall', ms: 60_000, rate: 0.1, times: 6, seed });
    expect(troubled(await syncWithRetries(run))).toEqual([]);
    expect(run.simulator.faults.struck()).toHaveLength(6);
    expect(await rawOf(run)).toEqual(calm);
  });

  it('everything at once', async () => {
    const run = await start();
    const kinds: readonly Fault['kind'][] = [
      'rate_limited',
      'server_error',
      'reset',
      'reset_in_body',
      'truncated',
      'html_200',
      'empty_body',
      'bad_gateway',
    ];
    run.simulator.faults.add(
      ...kinds.map((kind, index): Fault => ({ kind, rate: 0.04, times: Infinity, seed: seed + index })),
    );
    expect(troubled(await syncWithRetries(run))).toEqual([]);
    expect(new Set(run.simulator.faults.struck().map(({ kind }) => kind)).size).toBe(kinds.length);
    expect(await rawOf(run)).toEqual(calm);
  });
});

describe('a source that changes while it is paged', () => {
  it.each<Fault>([
    // Live and archived contacts are asked for at once, in any order: of the first two pages one at least has a next one.
    { kind: 'shrink', path: '/lists/a1b2c3d4e5/members$', times: 2 },
    { kind: 'shrink', path: '/sent-to$', times: 13 },
    { kind: 'shrink', path: '/email-activity$', times: 13 },
  ])('rows of $path slip by one: read again, none lost', async (fault) => {
    const run = await start();
    run.simulator.faults.add(fault);
    expect(troubled(await run.sync(account))).toEqual([]);
    expect(run.simulator.faults.struck()).toHaveLength(fault.times ?? 1);
    expect(await rawOf(run)).toEqual(calm);
  });

  it('a collection that never holds still is named as incomplete, and the next run heals it', async () => {
    const run = await start();
    run.simulator.faults.add({ kind: 'empty_page', path: '/sent-to$', times: Infinity });
    const named = troubled(await run.sync(account));
    expect(named.map(({ stream, kind }) => [stream, kind])).toEqual([['sent_to', 'incomplete']]);
    expect(named[0]?.missing[0]).toMatch(/0 records were read where the source states \d+/);
    run.simulator.faults.clear();
    expect(troubled(await run.sync(account))).toEqual([]);
    expect(await rawOf(run)).toEqual(calm);
  });

  it('a contact is deleted between two pages of members: the next run has what a fresh one has', async () => {
    const run = await start();
    // Which request is the third depends on the lanes; which contact goes does not. (An archived one, deleted, moves no count.)
    const list = world.memberships.filter(({ listId }) => listId === 'a1b2c3d4e5');
    const present = list.filter(({ deletedAt, changes, emailId: id }) => {
      const last = changes.filter(({ at }) => at <= world.now).at(-1);
      return (
        deletedAt === null &&
        last?.status === 'subscribed' &&
        world.memberships.filter((one) => one.emailId === id).length === 1
      );
    });
    const { emailId } = present[Math.floor(present.length / 2)]!;
    run.simulator.faults.add({ kind: 'delete_member', path: '/lists/a1b2c3d4e5/members$', from: 3, emailId });
    await run.sync(account);
    const deleted = run.simulator.faults.deleted();
    expect(deleted).toHaveLength(1);
    expect(troubled(await run.sync(account))).toEqual([]);
    const gone = new Set(deleted.map(({ emailId }) => emailId));
    const after = {
      ...world,
      memberships: world.memberships.map((one) =>
        gone.has(one.emailId) && one.deletedAt === null ? { ...one, deletedAt: world.now } : one,
      ),
    };
    await run.sync('books');
    expect((await run.transform()).failures).toEqual([]);
    const facts = gatherFacts({ world: after, syncs: [world.now], salt, rules: goalRules });
    expect(await allDifferences(run.warehouse, facts)).toEqual({});
  });
});

describe('a record of another shape than documented', () => {
  it.each([
    ['orders', '/orders$', 'order_total'],
    ['reports', '^/reports$', 'emails_sent'],
    ['campaigns', '^/campaigns$', 'settings.title'],
    ['lists', '^/lists$', 'stats.member_count'],
    ['sent_to', '/sent-to$', 'status'],
    ['open_details', '/open-details$', 'opens.is_proxy_open'],
    ['email_activity', '/email-activity$', 'email_address'],
  ])('%s: in quarantine by field, everything else loaded, mended by the next run', async (stream, path, field) => {
    const run = await start();
    // Several times, because the first answers may hold no record.
    run.simulator.faults.add({ kind: 'wrong_type', path, field, times: 4 });
    const [named, ...others] = troubled(await run.sync(account));
    const refused = await run.warehouse.query('select stream, path, record from ops.quarantine');
    expect(named).toMatchObject({ stream, kind: 'incomplete' });
    expect(named?.missing[0]).toMatch(/^\d+ records? (is|are) in quarantine: .*, first at .*page \d+ record 1/);
    expect(others).toEqual([]);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map((row) => row['stream']))).toEqual(new Set([stream]));
    for (const row of refused) expect(String(row['path'])).toContain(field.split('.')[0]);
    // What was served is what was loaded and what was refused.
    const rows = (hash: string | undefined): number => Number(hash?.split(':')[0]);
    const table = `mailchimp__${stream}`;
    if (stream !== 'email_activity') expect(rows((await rawOf(run))[table]) + refused.length).toBe(rows(calm[table]));
    run.simulator.faults.clear();
    expect(troubled(await run.sync(account))).toEqual([]);
    expect(await rawOf(run)).toEqual(calm);
  });
});

describe('a source that refuses', () => {
  it('an expired key half-way stops the sync by name; with the key restored the next run has everything', async () => {
    const run = await start();
    run.simulator.faults.add({ kind: 'key_expired', from: 60 });
    const refusal = await run.sync(account).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'ConnectorError', kind: 'auth', status: 401 });
    const statuses = run.simulator.requests().map(({ status }) => status);
    expect([statuses.indexOf(401), statuses.filter((status) => status === 200).length]).toEqual([59, 59]);
    run.simulator.faults.clear();
    run.simulator.faults.restoreKey();
    expect(troubled(await run.sync(account))).toEqual([]);
    expect(await rawOf(run)).toEqual(calm);
  });

  it('an expired key at any request of the contacts: the next run has every contact', async () => {
    const streams = ['lists', 'members'];
    // A page a list, and one request after the other: the key expires between live and archived contacts of a list, too.
    const whole: AnyConnector = { ...withPagesOf(1000), limits: { default: { concurrency: 1 } } };
    const short: number[] = [];
    for (let from = 1, isStruck = true; isStruck; from += 1) {
      const run = await start(world, whole);
      run.simulator.faults.add({ kind: 'key_expired', from });
      await run.sync(account, streams).catch((error: unknown) => expect(error).toMatchObject({ kind: 'auth' }));
      isStruck = run.simulator.faults.struck().length > 0;
      run.simulator.faults.clear();
      run.simulator.faults.restoreKey();
      expect(troubled(await run.sync(account, streams))).toEqual([]);
      const { mailchimp__members: members } = await rawOf(run);
      if (members !== calm['mailchimp__members']) short.push(from);
      await running.pop()?.stop();
    }
    expect(short).toEqual([]);
  });

  it('a spent quota is no failure to be tried again at once', async () => {
    const run = await start();
    run.simulator.faults.add({ kind: 'rate_limited', path: '/orders$', retryAfter: '1000000000', times: Infinity });
    const refusal = await run.sync(account).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ kind: 'quota_exhausted' });
    // One request a store, all under way at once, and none a second time.
    expect(run.simulator.faults.struck().length).toBeLessThanOrEqual(world.stores.length);
    run.simulator.faults.clear();
    expect(troubled(await run.sync(account))).toEqual([]);
    expect(await rawOf(run)).toEqual(calm);
  });
});
