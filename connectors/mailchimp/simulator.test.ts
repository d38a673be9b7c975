import { afterEach, describe, expect, it } from 'vitest';

import { instantOf } from '../../src/demo/instant.ts';
import { createWorld, worldAt } from '../../src/demo/world.ts';
import { type Fault, type MailchimpSimulator, type SimulatorOptions, startMailchimpSimulator } from './simulator.ts';

const world = createWorld({ seed: 7, size: 'tiny' });
const now = worldAt(world, world.now);
const apiKey = 'test-us1';
const running: MailchimpSimulator[] = [];

type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
};

async function start(options: Partial<SimulatorOptions> = {}): Promise<MailchimpSimulator & { get: typeof get }> {
  const simulator = await startMailchimpSimulator({ world, apiKey, ...options });
  running.push(simulator);
  const get = async (
    path: string,
    headers: Record<string, string> = { authorization: `Bearer ${apiKey}` },
    ms = 5000,
  ): Promise<Answer> => {
    const response = await fetch(simulator.url + path, { headers, signal: AbortSignal.timeout(ms) });
    const text = await response.text();
    let body: Record<string, unknown> = {};
    try {
      body = JSON.parse(text) as Record<string, unknown>;
    } catch {
      // Some faults are no JSON: those tests look at the text.
    }
    return { status: response.status, headers: response.headers, text, body };
  };
  return { ...simulator, get };
}

afterEach(async () => {
  for (const simulator of running.splice(0)) await simulator.stop();
});

const rows = (answer: Answer, key: string): Record<string, unknown>[] => answer.body[key] as Record<string, unknown>[];
const list = 'a1b2c3d4e5';
/** The campaign whose reader's program refreshes: it has more opens of one member than are listed. */
const refreshed =
  now.campaigns.find((campaign) => now.opens.filter((open) => open.campaignId === campaign.id).length > 1000)?.id ?? '';

describe('access', () => {
  it('wants the key, as Basic password or as Bearer, and says 401 otherwise', async () => {
    const { get } = await start();
    const basic = (key: string): Record<string, string> => ({
      authorization: `Basic ${Buffer.from(`any:${key}`).toString('base64')}`,
    });
    expect((await get('/ping', basic(apiKey))).status).toBe(200);
    expect((await get('/ping')).status).toBe(200);
    const refused = await get('/ping', basic('other'));
    expect(refused.status).toBe(401);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.body['title']).toBe('API Key Invalid');
    expect((await get('/ping', {})).status).toBe(401);
  });

  it('answers the eleventh simultaneous request with 429, and counts what is under way', async () => {
    const { get, maxInFlight, requests, resetRequests } = await start({ latencyMs: 150 });
    const statuses = (await Promise.all(Array.from({ length: 11 }, () => get('/ping')))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect(maxInFlight()).toBe(11);
    expect((await get('/ping')).status).toBe(200);
    expect(requests()).toHaveLength(12);
    resetRequests();
    expect(requests()).toEqual([]);
    expect(maxInFlight()).toBe(0);
  });

  it('records what the API does not have', async () => {
    const { get, violations } = await start();
    expect((await get('/carousels')).status).toBe(404);
    expect((await get('/lists?cuont=3')).status).toBe(400);
    expect((await get('/reports/none/abuse-reports?count=10')).status).toBe(400);
    expect((await get('/lists?fields=lists.id&exclude_fields=_links')).status).toBe(400);
    expect(violations().map(({ path }) => path)).toEqual([
      '/carousels',
      '/lists',
      '/reports/none/abuse-reports',
      '/lists',
    ]);
  });

  it('fakes an error at the wish of X-Trigger-Error', async () => {
    const { get } = await start();
    expect(
      (await get('/ping', { authorization: `Bearer ${apiKey}`, 'x-trigger-error': 'ResourceNotFound' })).status,
    ).toBe(404);
  });
});

describe('pages and fields', () => {
  it('gives ten rows by default, every row once by pages, and none past the end', async () => {
    const { get } = await start();
    const first = await get(`/lists/${list}/members`);
    expect(rows(first, 'members')).toHaveLength(10);
    const total = Number(first.body['total_items']);
    const ids = new Set<unknown>();
    for (let offset = 0; offset < total; offset += 37) {
      const page = await get(`/lists/${list}/members?count=37&offset=${offset}`);
      expect(page.body['total_items']).toBe(total);
      for (const row of rows(page, 'members')) ids.add(row['id']);
    }
    expect(ids.size).toBe(total);
    expect(rows(await get(`/lists/${list}/members?offset=${total}`), 'members')).toEqual([]);
    expect(rows(await get(`/lists/${list}/members?count=0`), 'members')).toEqual([]);
  });

  it('cuts fields by dot paths; links are there unless excluded', async () => {
    const { get } = await start();
    const whole = await get('/lists?count=1');
    expect(whole.body['_links']).toBeDefined();
    expect(rows(whole, 'lists')[0]?.['_links']).toBeDefined();
    const only = await get('/lists?count=1&fields=lists.id,lists.stats.member_count,total_items');
    expect(Object.keys(only.body)).toEqual(['lists', 'total_items']);
    expect(Object.keys(rows(only, 'lists')[0] ?? {})).toEqual(['id', 'stats']);
    const without = await get('/lists?count=1&exclude_fields=_links,lists._links,lists.stats');
    expect(without.body['_links']).toBeUndefined();
    expect(rows(without, 'lists')[0]).not.toHaveProperty('_links');
    expect(rows(without, 'lists')[0]).not.toHaveProperty('stats');
    expect(rows(without, 'lists')[0]).toHaveProperty('name');
  });
});

describe('members', () => {
  it('leaves archived ones out unless asked, by status or by option', async () => {
    const { get } = await start();
    const members = rows(await get(`/lists/${list}/members?count=1000`), 'members');
    expect(members.some((member) => member['status'] === 'archived')).toBe(false);
    const archived = await get(`/lists/${list}/members?status=archived`);
    expect(Number(archived.body['total_items'])).toBeGreaterThan(0);
    const open = await start({ archivedByDefault: true });
    const all = await open.get(`/lists/${list}/members`);
    expect(all.body['total_items']).toBe(members.length + Number(archived.body['total_items']));
  });

  it('filters last_changed with both ends exclusive', async () => {
    const { get } = await start();
    const [first, second, third] = rows(
      await get(`/lists/${list}/members?count=1000&sort_field=last_changed&sort_dir=DESC`),
      'members',
    ).map((member) => String(member['last_changed']));
    expect(Date.parse(first ?? '')).toBeGreaterThan(Date.parse(second ?? ''));
    const count = async (query: string): Promise<unknown> =>
      (await get(`/lists/${list}/members?${query}`)).body['total_items'];
    expect(await count(`since_last_changed=${encodeURIComponent(first ?? '')}`)).toBe(0);
    expect(await count(`since_last_changed=${encodeURIComponent(second ?? '')}`)).toBe(1);
    const window = `since_last_changed=${encodeURIComponent(third ?? '')}&before_last_changed=${encodeURIComponent(first ?? '')}`;
    expect(await count(window)).toBe(1);
  });

  it('counts the list as its members are', async () => {
    const { get } = await start();
    const stats = (rows(await get('/lists'), 'lists')[0]?.['stats'] ?? {}) as Record<string, unknown>;
    for (const [field, status] of Object.entries({
      member_count: 'subscribed',
      unsubscribe_count: 'unsubscribed',
      cleaned_count: 'cleaned',
    })) {
      expect(stats[field]).toBe((await get(`/lists/${list}/members?status=${status}`)).body['total_items']);
    }
    expect(stats).not.toHaveProperty('total_contacts');
  });
});

describe('recipients', () => {
  it('hides deleted contacts from every list of people while totals keep them', async () => {
    const { get } = await start();
    let hidden = 0;
    for (const report of rows(await get('/reports?count=1000'), 'reports')) {
      const sends = now.sends.filter((send) => send.campaignId === report['id']);
      const gone = sends.filter((send) => now.memberships[send.member]?.deletedAt !== null).length;
      hidden += gone;
      expect(report['emails_sent']).toBe(sends.length);
      for (const part of ['sent-to', 'email-activity']) {
        expect((await get(`/reports/${String(report['id'])}/${part}`)).body['total_items']).toBe(sends.length - gone);
      }
    }
    expect(hidden).toBeGreaterThan(0);
  });

  it('pages email-activity over recipients, keeps the idle ones, and lists at most 1,000 opens of one', async () => {
    const { get } = await start();
    const path = `/reports/${refreshed}/email-activity?count=1000`;
    const emails = rows(await get(path), 'emails');
    const lengths = emails.map((email) => (email['activity'] as unknown[]).length);
    expect(lengths).toContain(0);
    const opens = emails.map(
      (email) => (email['activity'] as { action: string }[]).filter(({ action }) => action === 'open').length,
    );
    expect(Math.max(...opens)).toBe(1000);
    const report = (await get(`/reports/${refreshed}`)).body;
    expect((report['opens'] as Record<string, unknown>)['opens_total']).toBeGreaterThan(1000);
    const last = String((report['opens'] as Record<string, unknown>)['last_open']);
    const after = rows(await get(`${path}&since=${encodeURIComponent(last)}`), 'emails');
    expect(after).toHaveLength(emails.length);
    expect(
      after.flatMap((email) => email['activity'] as { action: string }[]).filter(({ action }) => action === 'open'),
    ).toEqual([]);
  });

  it('marks proxy opens in open-details, and leaves bots out on demand', async () => {
    const { get } = await start();
    const all = await get(`/reports/${refreshed}/open-details?count=1000`);
    const opens = rows(all, 'members').flatMap((member) => member['opens'] as { is_proxy_open: boolean }[]);
    expect(opens).toHaveLength(Number(all.body['total_opens']));
    expect(opens.filter((open) => !open.is_proxy_open)).toHaveLength(Number(all.body['total_proxy_excluded_opens']));
    expect(opens.some((open) => open.is_proxy_open)).toBe(true);
    const human = await get(`/reports/${refreshed}/open-details?count=1000&filter_bots=true`);
    expect(human.body['total_opens']).toBe(all.body['total_proxy_excluded_opens']);
  });

  it('splits a multivariate campaign into sub-reports that sum to their parent, which alone is listed', async () => {
    const { get } = await start();
    const parents = now.campaigns.filter(
      (campaign) => campaign.type === 'variate' && (campaign.sentAt ?? Infinity) <= now.now,
    );
    expect(parents.length).toBeGreaterThan(0);
    const listed = new Set(rows(await get('/reports?count=1000'), 'reports').map((report) => report['id']));
    for (const parent of parents) {
      const children = rows(await get(`/reports/${parent.id}/sub-reports`), 'reports');
      const whole = (await get(`/reports/${parent.id}`)).body;
      expect(children.reduce((sum, child) => sum + Number(child['emails_sent']), 0)).toBe(whole['emails_sent']);
      const opens = (report: Record<string, unknown>): number =>
        Number((report['opens'] as Record<string, unknown>)['opens_total']);
      expect(children.reduce((sum, child) => sum + opens(child), 0)).toBe(opens(whole));
      expect(children.some((child) => listed.has(child['id']))).toBe(false);
    }
  });

  it('gives rates of a report as fractions and those of a list from 0 to 100', async () => {
    const { get } = await start();
    const report = rows(await get('/reports?count=1000'), 'reports').find(({ id }) => id === refreshed) ?? {};
    const opens = report['opens'] as Record<string, number>;
    const bounces = report['bounces'] as Record<string, number>;
    const delivered = Number(report['emails_sent']) - (bounces['hard_bounces'] ?? 0) - (bounces['soft_bounces'] ?? 0);
    expect(opens['open_rate']).toBeCloseTo((opens['unique_opens'] ?? 0) / delivered, 3);
    expect((report['list_stats'] as Record<string, number>)['open_rate']).toBeGreaterThan(1);
  });

  it('rounds no open rate, so that numbers come that are longer than a double is sure of', async () => {
    const { get } = await start();
    const rates = rows(await get('/reports?count=1000'), 'reports').map(
      (report) => (report['opens'] as Record<string, number>)['open_rate'],
    );
    expect(rates.filter((rate) => String(rate).replace(/^0\.0*/, '').length > 15).length).toBeGreaterThan(0);
  });
});

describe('a day later', () => {
  it('moves with its clock: new campaigns, moved reports of old ones', async () => {
    let at = world.now;
    const { get } = await start({ at: () => instantOf(at) });
    const before = rows(await get('/reports?count=1000'), 'reports');
    at += 86_400;
    const after = rows(await get('/reports?count=1000'), 'reports');
    expect(after.length - before.length).toBe(2);
    const old = new Map(before.map((report) => [report['id'], JSON.stringify(report['opens'])]));
    const moved = after.filter(
      (report) => old.has(report['id']) && old.get(report['id']) !== JSON.stringify(report['opens']),
    );
    expect(moved.length).toBeGreaterThan(0);
    expect(moved.length).toBeLessThan(before.length);
  });
});

describe('faults', () => {
  const refusal: readonly [Fault, number, string][] = [
    [{ kind: 'rate_limited', retryAfter: '3' }, 429, 'Too Many Requests'],
    [{ kind: 'blocked', status: 403 }, 403, 'Request blocked'],
    [{ kind: 'server_error' }, 500, 'Internal Server Error'],
    [{ kind: 'bad_gateway' }, 502, '<html>'],
    [{ kind: 'html_200' }, 200, '<!doctype html>'],
    [{ kind: 'empty_body' }, 200, ''],
  ];
  it.each(refusal)('%o strikes once, then all is well', async (fault, status, text) => {
    const { get, faults } = await start({ faults: [fault] });
    const struck = await get('/lists');
    expect(struck.status).toBe(status);
    expect(struck.text).toContain(text);
    if (fault.retryAfter !== undefined) expect(struck.headers.get('retry-after')).toBe('3');
    expect((await get('/lists')).body['total_items']).toBe(3);
    expect(faults.struck()).toEqual([{ kind: fault.kind, request: 1, path: '/lists' }]);
  });

  it.each(['reset', 'reset_in_body', 'stall'] as const)('%s gives no answer', async (kind) => {
    const { get, faults, requests } = await start();
    faults.add({ kind, path: '^/lists$' });
    await expect(get('/lists', undefined, 300)).rejects.toThrow(/terminated|fetch failed|aborted|timeout/i);
    expect((await get('/lists')).status).toBe(200);
    expect(requests()).toHaveLength(2);
  });

  it('truncated is complete to HTTP and no JSON; damage of single rows leaves the rest', async () => {
    const { get, faults } = await start();
    faults.add({ kind: 'truncated' });
    const cut = await get('/lists');
    expect(cut.status).toBe(200);
    expect(() => JSON.parse(cut.text) as unknown).toThrow(SyntaxError);
    faults.add({ kind: 'wrong_type', field: 'stats.member_count' });
    const [broken, sound] = rows(await get('/lists'), 'lists').map((row) => row['stats'] as Record<string, unknown>);
    expect(typeof broken?.['member_count']).toBe('object');
    expect(typeof sound?.['member_count']).toBe('number');
    faults.add({ kind: 'unknown_field' });
    expect(rows(await get('/lists'), 'lists')[0]).toHaveProperty('brand_new_field');
    faults.add({ kind: 'empty_page' });
    const empty = await get('/lists');
    expect(rows(empty, 'lists')).toEqual([]);
    expect(empty.body['total_items']).toBe(3);
  });

  it('key_expired lasts from its request until the key is restored', async () => {
    const { get, faults } = await start({ faults: [{ kind: 'key_expired', from: 3 }] });
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await get('/ping')).status);
    expect(statuses).toEqual([200, 200, 401, 401, 401]);
    faults.restoreKey();
    expect((await get('/ping')).status).toBe(200);
  });

  it('shrink takes the first row away for the next request of that collection, so that one row is skipped', async () => {
    const { get } = await start({ faults: [{ kind: 'shrink', path: 'sent-to' }] });
    const page = async (offset: number): Promise<{ ids: unknown[]; total: unknown }> => {
      const answer = await get(`/reports/${refreshed}/sent-to?count=2&offset=${offset}`);
      return { ids: rows(answer, 'sent_to').map((row) => row['email_id']), total: answer.body['total_items'] };
    };
    const first = await page(0);
    const other = await get(`/reports/${refreshed}/sent-to?count=2&offset=2&fields=total_items`);
    expect(other.body['total_items']).toBe(first.total);
    const second = await page(2);
    const whole = await page(0);
    const truth = await page(2);
    expect(second.total).toBe(Number(first.total) - 1);
    expect(whole).toEqual(first);
    expect(second.ids[0]).toBe(truth.ids[1]);
  });

  it('delete_member deletes for good: gone from people, kept in totals', async () => {
    const { get, faults } = await start({ faults: [{ kind: 'delete_member', path: 'sent-to' }] });
    const path = `/reports/${refreshed}/sent-to?count=1`;
    const sent = (await get(`/reports/${refreshed}`)).body['emails_sent'];
    const before = await get(path);
    const after = await get(path);
    expect(after.body['total_items']).toBe(Number(before.body['total_items']) - 1);
    expect(rows(after, 'sent_to')[0]?.['email_id']).not.toBe(rows(before, 'sent_to')[0]?.['email_id']);
    expect((await get(`/reports/${refreshed}`)).body['emails_sent']).toBe(sent);
    expect(faults.deleted().length).toBeGreaterThan(0);
  });

  it('a rate strikes a share of the requests, the same ones for the same seed', async () => {
    const run = async (seed: number): Promise<number[]> => {
      const { get } = await start({ faults: [{ kind: 'server_error', rate: 0.3, times: Infinity, seed }] });
      const statuses: number[] = [];
      for (let count = 0; count < 40; count += 1) statuses.push((await get('/ping')).status);
      return statuses;
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
    const share = first.filter((status) => status === 500).length;
    expect(share).toBeGreaterThan(4);
    expect(share).toBeLessThan(25);
  });
});
