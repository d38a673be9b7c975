import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { secondsOf } from '../../src/demo/instant.ts';
import { createHttp } from '../_kit/http.ts';
import { MemoryInbox } from '../_kit/suite/memory-inbox.ts';
import { inOrder, Memory, type SliceRead } from '../_kit/suite/memory.ts';
import { sendgridConfig } from './config.ts';
import { unhurried as connector, unhurriedAccount } from './fixtures/unhurried.ts';
import { postsOf } from './simulator-hook.ts';
import { startSendgridSimulator, type SendgridSimulator, type SimulatorOptions } from './simulator.ts';

let simulator: SendgridSimulator | undefined;
afterEach(async () => {
  await simulator?.stop();
  simulator = undefined;
});

let accounts = 0;
/** An account that is synced again and again, at times that are given. */
async function account(options: Partial<SimulatorOptions> = {}, config: object = {}, { isFromStart = false } = {}) {
  let now = '2026-06-25T12:00:00.000Z';
  accounts += 1;
  const apiKey = `SG.c4n4ry-of-sync-${accounts}`;
  simulator = await startSendgridSimulator({
    ...unhurriedAccount,
    apiKey,
    at: () => now,
    ...options,
  });
  const parsed = sendgridConfig.parse({ credentials: { api_key: apiKey }, base_url: simulator.url, ...config });
  const http = createHttp(connector, parsed, { sleep: async () => undefined });
  const memory = new Memory();
  const inbox = new MemoryInbox();
  const startDate = isFromStart ? undefined : '2026-06-01T00:00:00.000Z';
  const sync = async (
    at: string,
    ...streams: readonly string[]
  ): Promise<Readonly<Record<string, readonly SliceRead[]>>> => {
    now = at;
    const reads: Record<string, readonly SliceRead[]> = {};
    for (const name of inOrder(connector).filter((one) => streams.includes(one)))
      reads[name] = await memory.sync({ connector, config: parsed, http, now, startDate, inbox }, name);
    return reads;
  };
  const paths = (): readonly string[] => {
    const list = simulator!.requests().map(({ method, path }) => `${method} ${path}`);
    simulator!.resetRequests();
    return list;
  };
  const rows = (stream: string): readonly JsonObject[] => memory.live(stream).map(({ record }) => record);
  return { sync, paths, rows, memory, inbox, http, config: parsed };
}

const first = '2026-06-25T12:00:00.000Z';

describe('contacts', () => {
  it('come as an export whose job is asked after until it is ready, in gzip parts, as many as are stated', async () => {
    const { sync, paths, rows } = await account({ exports: { pendingPolls: 1 } });
    const { contacts } = await sync(first, 'contacts');
    expect(contacts?.[0]?.end).toMatchObject({ total: rows('contacts').length, units: rows('contacts').length });
    expect(rows('contacts').length).toBeGreaterThan(20);
    for (const row of rows('contacts')) expect(typeof row['id']).toBe('string');
    const [order, ...others] = paths();
    expect(order).toBe('POST /v3/marketing/contacts/exports');
    expect(others.filter((path) => path.startsWith('GET /v3/marketing/contacts/exports/'))).toHaveLength(2);
  });

  it('of an export that failed at the source are ordered once more', async () => {
    const { sync, paths, rows } = await account();
    simulator!.faults.failExports(1);
    await sync(first, 'contacts');
    expect(rows('contacts').length).toBeGreaterThan(20);
    expect(paths().filter((path) => path.startsWith('POST'))).toHaveLength(2);
  });

  it('of a file that is cut once are whole', async () => {
    const whole = await account();
    await whole.sync(first, 'contacts');
    const expected = whole.memory.content('contacts');
    await simulator!.stop();
    const cut = await account({ faults: [{ kind: 'reset_in_body', path: /GET \/exports\// }] });
    await cut.sync(first, 'contacts');
    expect(simulator!.faults.struck()).toHaveLength(1);
    expect(cut.memory.content('contacts')).toEqual(expected);
  });
});

describe('single sends', () => {
  it('have their details read again only when they were edited', async () => {
    const { sync, paths } = await account();
    const details = (): number => paths().filter((path) => /singlesends\/[0-9a-f-]+$/.test(path)).length;
    await sync(first, 'single_sends', 'single_send_details');
    expect(details()).toBeGreaterThan(2);
    await sync('2026-06-25T18:00:00.000Z', 'single_sends', 'single_send_details');
    expect(details()).toBe(0);
    // On the last day of the month another one is sent: it, and nothing else, has moved.
    await sync('2026-06-30T12:00:00.000Z', 'single_sends', 'single_send_details');
    const moved = details();
    expect(moved).toBeGreaterThan(0);
    expect(moved).toBeLessThan(5);
  });

  it.each([
    ['single_send_details', '/v3/marketing/singlesends/gone'],
    ['single_send_stats', '/v3/marketing/stats/singlesends/gone'],
    ['single_send_links', '/v3/marketing/stats/singlesends/gone/links'],
    ['log_events', '/v3/logs/gone'],
  ])('that are gone, and messages, are no failure of %s', async (stream, path) => {
    const { http } = await account();
    const dates = { start_date: '2015-01-01', end_date: '2026-07-01' };
    const params = stream === 'single_send_stats' ? dates : {};
    const signal = new AbortController().signal;
    await expect(http.request({ method: 'GET', path, params, stream }, signal)).rejects.toMatchObject({
      name: 'SkippedAnswer',
      status: 404,
    });
  });

  it('have totals for all, variations for A/B tests, always with both dates', async () => {
    const { sync, rows } = await account();
    await sync('2026-06-30T18:00:00.000Z', 'single_sends', 'single_send_stats', 'single_send_links');
    const stats = rows('single_send_stats');
    const tests = rows('single_sends').filter((send) => send['is_abtest'] === true && send['status'] === 'triggered');
    expect(tests.length).toBeGreaterThan(0);
    expect(stats.filter((row) => row['ab_variation'] === 'all').length).toBeGreaterThan(tests.length);
    for (const { id } of tests)
      expect(stats.filter((row) => row['id'] === id && row['ab_variation'] !== 'all').length).toBeGreaterThan(1);
    const variations = simulator!.requests().filter(({ route }) => route === '/v3/marketing/stats/singlesends/{id}');
    expect(variations).toHaveLength(tests.length);
    for (const { query } of variations)
      expect(query).toMatchObject({
        start_date: '2015-01-01',
        end_date: '2026-07-01',
        group_by: 'ab_variation,ab_phase',
      });
    expect(rows('single_send_links').length).toBeGreaterThan(0);
  });
});

describe('suppression lists', () => {
  const list = 'blocks';

  it('are read by creation, and as a whole once a day: then what was deleted is gone', async () => {
    const { sync, memory } = await account();
    const modes = async (at: string) => (await sync(at, list))[list]?.map(({ slice }) => slice.mode);
    expect(await modes(first)).toEqual(['full']);
    expect(await modes('2026-06-25T20:00:00.000Z')).toEqual(['incremental']);
    expect(await modes('2026-06-26T11:00:00.000Z')).toEqual(['incremental']);
    expect(await modes('2026-06-26T12:00:00.000Z')).toEqual(['full']);
    expect(memory.state(list).get('')).toMatchObject({ fullReadAt: '2026-06-26T12:00:00.000Z' });
    expect(await modes('2026-06-27T11:00:00.000Z')).toEqual(['incremental']);
    const { query } = simulator!.requests().at(-1)!;
    expect([query['start_time'], query['end_time']].every((time) => /^\d{10}$/.test(time ?? ''))).toBe(true);
  });
});

describe('statistics of seven days', () => {
  it('are asked for day by day, and stay when the source forgets them', async () => {
    const { sync, rows, memory } = await account({}, {}, { isFromStart: true });
    await sync('2026-06-22T12:00:00.000Z', 'device_stats');
    const before = rows('device_stats').map((row) => row['date']);
    expect(before).toContain('2026-06-16');
    // As a whole, too: what such a read does not show is no row that vanished.
    memory.forget('device_stats');
    await sync('2026-06-29T12:00:00.000Z', 'device_stats');
    const after = new Set(rows('device_stats').map((row) => row['date']));
    for (const date of before) expect(after.has(date)).toBe(true);
    const daysAsked = (): readonly (string | undefined)[] => {
      const days = simulator!.requests().map(({ query }) => query['start_date']?.slice(8));
      simulator!.resetRequests();
      return days;
    };
    expect(daysAsked().slice(-7)).toEqual(['23', '24', '25', '26', '27', '28', '29']);
    // All of them may still grow, also when the newest has rows.
    await sync('2026-06-30T12:00:00.000Z', 'device_stats');
    daysAsked();
    await sync('2026-06-30T18:00:00.000Z', 'device_stats');
    expect(daysAsked()).toEqual(['24', '25', '26', '27', '28', '29', '30']);
  });
});

describe('logs', () => {
  const streams = ['events', 'log_messages', 'log_events'];

  it('tell of thirty days at first, later of the days in which a status may still change', async () => {
    const { sync, paths, rows } = await account();
    await sync(first, 'log_messages');
    const messages = rows('log_messages').length;
    expect(messages).toBeGreaterThan(50);
    expect(paths().length).toBeGreaterThanOrEqual(24);
    await sync('2026-06-25T18:00:00.000Z', 'log_messages');
    // Four days before the newest message, which is of the first read or the day before.
    const later = paths().length;
    expect(later).toBeGreaterThanOrEqual(5);
    expect(later).toBeLessThanOrEqual(6);
    expect(rows('log_messages')).toHaveLength(messages);
  });

  it('tell the events of messages that the webhook does not cover, and nothing is told twice', async () => {
    const { sync, rows, inbox } = await account();
    // Switched on between two sends of the day: the first is not covered, of the second every event was posted.
    const posts = postsOf(unhurriedAccount.world, secondsOf('2026-06-16T10:30Z'), secondsOf(first));
    inbox.post('events', ...posts.map(({ body }) => ({ body })));
    await sync(first, ...streams);
    const processed = new Set(
      rows('events')
        .filter(({ event }) => event === 'processed')
        .map(({ sg_message_id: id }) => String(id).split('.')[0]),
    );
    const asked = rows('log_messages').filter(({ sg_message_id: id }) => !processed.has(String(id).split('.')[0]));
    const details = simulator!.requests().filter(({ route }) => route === '/v3/logs/{sg_message_id}');
    expect(processed.size).toBeGreaterThan(10);
    expect(asked.length).toBeGreaterThan(10);
    expect(details).toHaveLength(asked.length);
    const told = new Set(rows('log_events').map(({ sg_event_id: id }) => id));
    expect(told.size).toBe(rows('log_events').length);
    const sends = new Set(rows('log_events').map(({ sg_message_id: id }) => String(id).split('.')[0]));
    for (const id of processed) expect(sends.has(id)).toBe(false);
  });

  it('ask for events of young days in every run, of older ones once a day', async () => {
    const { sync, paths } = await account();
    const details = (): number => paths().filter((path) => path.startsWith('GET /v3/logs/')).length;
    await sync(first, 'log_messages', 'log_events');
    const all = details();
    await sync('2026-06-25T18:00:00.000Z', 'log_messages', 'log_events');
    const young = details();
    expect(young).toBeGreaterThan(10);
    expect(young).toBeLessThan(all);
    await sync('2026-06-26T12:00:00.000Z', 'log_messages', 'log_events');
    expect(details()).toBe(all);
  });
});

describe('an account', () => {
  it('without Email Activity skips it with a reason', async () => {
    const { sync } = await account({ hasActivity: false });
    const { activity } = await sync(first, 'activity');
    expect(activity?.[0]?.end.skipped).toContain('answered 403');
  });

  it('with the legacy product is told so, not that its key is wrong', async () => {
    const { sync } = await account({ marketing: 'legacy' });
    await expect(sync(first, 'lists')).rejects.toMatchObject({
      kind: 'auth',
      status: 403,
      fix: expect.stringContaining('legacy') as string,
    });
  });

  it.each([
    ['lists', 'marketing.read'],
    ['daily_stats', 'stats.read'],
    ['bounces', 'suppression.read'],
    ['group_suppressions', 'asm.groups.read'],
    ['log_messages', 'Email Logs'],
  ])('whose key lacks a scope is told which: of %s %s', async (stream, scope) => {
    const { sync } = await account({ scopes: [] });
    await expect(sync(first, stream)).rejects.toMatchObject({
      kind: 'auth',
      status: 403,
      fix: expect.stringContaining(scope) as string,
    });
  });

  it('in the EU is asked for nothing that exists on the global host only', async () => {
    const { sync, paths } = await account({}, { region: 'eu' });
    const only = [
      'lists',
      'contacts',
      'segments',
      'single_sends',
      'single_send_details',
      'single_send_stats',
      'single_send_links',
      'geo_stats',
      'activity',
    ];
    const reads = await sync(first, ...only, 'bounces');
    for (const name of only) expect(reads[name]).toEqual([]);
    expect(new Set(paths())).toEqual(new Set(['GET /v3/suppression/bounces']));
  });

  it('that is read for a subuser is asked on its behalf, a subuser that is none is refused', async () => {
    const { sync } = await account({ subusers: ['newsletter'] }, { subuser: 'newsletter' });
    await sync(first, 'bounces');
    await simulator!.stop();
    const other = await account({ subusers: ['newsletter'] }, { subuser: 'somebody' });
    await expect(other.sync(first, 'bounces')).rejects.toMatchObject({ kind: 'auth' });
  });
});

it('no request is one that the documentation does not know', async () => {
  const { sync } = await account();
  await sync(first, ...Object.keys(connector.streams));
  expect(simulator!.violations()).toEqual([]);
});
