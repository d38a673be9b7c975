import { afterEach, describe, expect, it } from 'vitest';

import { day, instantOf } from '../../src/demo/instant.ts';
import { type Answer, half, key, namesOf, type Row, rowsOf, start, stopAll, world } from './simulator-bench.ts';
import { createHookKeys } from './simulator-hook.ts';

afterEach(stopAll);

describe('access', () => {
  it('wants the key as Bearer, and answers 401 in the documented body otherwise', async () => {
    const { ask } = await start();
    expect((await ask('/v3/scopes')).status).toBe(200);
    for (const authorization of ['', 'Bearer SG.other', key.authorization.slice('Bearer '.length)]) {
      const refused = await ask('/v3/scopes', { headers: { authorization } });
      expect(refused.status).toBe(401);
      expect(rowsOf(refused, 'errors')[0]).toMatchObject({ field: null });
    }
  });

  it('answers 403 where a scope, the product or the history is missing, or the subuser is a stranger', async () => {
    const poor = await start({ scopes: ['stats.read', 'marketing.read'], marketing: 'legacy', hasActivity: false });
    expect((await poor.ask('/v3/scopes')).body).toEqual({ scopes: ['stats.read', 'marketing.read'] });
    expect((await poor.ask('/v3/stats?start_date=2026-06-29')).status).toBe(200);
    expect((await poor.ask('/v3/asm/groups')).status).toBe(403);
    expect((await poor.ask('/v3/marketing/lists')).status).toBe(403);
    const rich = await start({ hasActivity: false, subusers: ['shop'] });
    expect((await rich.ask('/v3/messages?query=status%3D%22delivered%22')).status).toBe(403);
    expect((await rich.ask('/v3/asm/groups', { headers: { ...key, 'on-behalf-of': 'shop' } })).status).toBe(200);
    expect((await rich.ask('/v3/asm/groups', { headers: { ...key, 'on-behalf-of': 'rival' } })).status).toBe(403);
    // Being refused is no breach of the documentation.
    expect([...poor.violations(), ...rich.violations()]).toEqual([]);
  });

  it('records what the documentation does not allow', async () => {
    const { ask, violations } = await start();
    expect((await ask('/v3/campaigns')).status).toBe(404);
    expect((await ask('/v3/marketing/lists?page=2')).status).toBe(400);
    expect((await ask('/v3/marketing/lists?page_size=1001')).status).toBe(400);
    expect((await ask('/v3/suppression/bounces?limit=501')).status).toBe(400);
    expect((await ask('/v3/logs', { body: { query: '', colour: 'red' } })).status).toBe(400);
    expect((await ask('/v3/stats')).status).toBe(400);
    expect(namesOf(violations() as unknown as Row[], 'path')).toEqual([
      '/v3/campaigns',
      '/v3/marketing/lists',
      '/v3/marketing/lists',
      '/v3/suppression/bounces',
      '/v3/logs',
      '/v3/stats',
    ]);
  });
});

describe('limits', () => {
  it('lets six requests a minute into the activity, says so in headers, and counts the seventh as a violation', async () => {
    let ms = 1_800_000_000_000;
    const { ask, violations } = await start({ clock: () => ms });
    const activity = '/v3/messages?query=status%3D%22delivered%22';
    for (const left of ['5', '4', '3', '2', '1', '0']) {
      const { status, headers } = await ask(activity);
      expect([status, headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')]).toEqual([
        200,
        '6',
        left,
      ]);
      expect(headers.get('x-ratelimit-reset')).toBe('1800000060');
    }
    const refused = await ask(activity);
    expect(refused.status).toBe(429);
    expect(refused.body).toEqual({ errors: [{ field: null, message: 'too many requests' }] });
    expect(violations()).toHaveLength(1);
    // Every endpoint counts for itself.
    expect((await ask('/v3/asm/groups')).status).toBe(200);
    ms += 59_999;
    expect((await ask(activity)).status).toBe(429);
    ms += 1;
    expect((await ask(activity)).status).toBe(200);
  });

  it('shortens the windows by its factor', async () => {
    let ms = 0;
    const { ask } = await start({ clock: () => ms, factor: 60, rates: { logs: { requests: 1, seconds: 60 } } });
    const ask1 = async (): Promise<number> => (await ask('/v3/logs', { body: {} })).status;
    expect([await ask1(), await ask1()]).toEqual([200, 429]);
    ms += 1000;
    expect(await ask1()).toBe(200);
  });

  it('counts requests under way', async () => {
    const { ask, maxInFlight, requests, resetRequests } = await start({ latencyMs: 100 });
    await Promise.all(Array.from({ length: 5 }, () => ask('/v3/asm/groups')));
    expect(maxInFlight()).toBe(5);
    expect(requests()).toHaveLength(5);
    resetRequests();
    expect([requests().length, maxInFlight()]).toEqual([0, 0]);
  });
});

describe('pages', () => {
  it('leads on by absolute addresses until there is no next', async () => {
    const { ask } = await start();
    const ids: unknown[] = [];
    let pages = 0;
    let next: string | undefined = '/v3/marketing/singlesends?page_size=3';
    while (next !== undefined) {
      const answer: Answer = await ask(next);
      ids.push(...namesOf(rowsOf(answer, 'result'), 'id'));
      pages += 1;
      const metadata = answer.body['_metadata'] as { next?: string; prev?: string; count: number };
      expect(metadata.count).toBe(half.singleSends.length);
      expect('prev' in metadata).toBe(pages > 1);
      if (metadata.next !== undefined)
        expect(metadata.next).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v3\/marketing\/singlesends\?/);
      next = metadata.next;
    }
    expect(pages).toBe(half.singleSends.length / 3);
    expect(ids).toEqual(half.singleSends.map(({ id }) => id));
    expect((await ask('/v3/marketing/singlesends?page_token=%21')).status).toBe(400);
  });

  it('shows single sends as they stand: drafts, planned ones, tests before and after their winner', async () => {
    let at = world.now;
    const { ask } = await start({ at: () => instantOf(at) });
    const look = async (name: string): Promise<Row> =>
      rowsOf(await ask('/v3/marketing/singlesends'), 'result').find((row) => row['name'] === name) ?? {};
    expect(await look('Draft')).toMatchObject({ status: 'draft', abtest: null });
    expect('send_at' in (await look('Draft'))).toBe(false);
    expect(await look('July letter')).toMatchObject({ status: 'scheduled', send_at: '2026-06-30T22:00:00Z' });
    expect(await look('Heat wave')).toMatchObject({
      status: 'triggered',
      abtest: { winning_template_id: '', winner_selected_at: null, duration: 'PT4H' },
    });
    at += 3 * 3600;
    const winner = world.sendgrid.singleSends.find((send) => send.name === 'Heat wave')?.test;
    expect(await look('Heat wave')).toMatchObject({
      updated_at: '2026-06-30T14:00:00Z',
      abtest: {
        winning_template_id: winner?.variations[winner.winner ?? 0]?.id,
        winner_selected_at: '2026-06-30T14:00:00Z',
      },
    });
    at += day;
    expect(await look('July letter')).toMatchObject({ status: 'triggered' });
  });
});

describe('faults', () => {
  it.each([
    ['rate_limited', 429],
    ['rate_limited_bare', 429],
    ['server_error', 500],
    ['bad_gateway', 502],
    ['timeout', 408],
    ['html_200', 200],
    ['empty_body', 200],
    ['truncated', 200],
  ] as const)('%s answers %i once, and only where it is asked to', async (kind, status) => {
    const { ask, faults, violations } = await start();
    faults.add({ kind, path: 'GET /v3/asm/groups$' });
    expect((await ask('/v3/scopes')).body).not.toEqual({});
    const struck = await ask('/v3/asm/groups');
    expect(struck.status).toBe(status);
    if (status === 200) expect(() => JSON.parse(struck.text) as unknown).toThrow(SyntaxError);
    expect(struck.headers.has('x-ratelimit-reset')).toBe(kind === 'rate_limited' || kind === 'truncated');
    expect((await ask('/v3/asm/groups')).body).toHaveLength(2);
    expect(faults.struck()).toMatchObject([{ kind, request: 2, path: 'GET /v3/asm/groups' }]);
    expect(violations()).toEqual([]);
  });

  it('cuts connections, waits, damages rows and lets the key expire', async () => {
    const { ask, faults } = await start();
    faults.add({ kind: 'reset' }, { kind: 'reset_in_body', from: 2 });
    await expect(ask('/v3/asm/groups')).rejects.toThrow(/fetch failed|terminated/);
    await expect(ask('/v3/asm/groups')).rejects.toThrow(/fetch failed|terminated/);
    faults.add({ kind: 'stall', ms: 200 });
    const begun = performance.now();
    expect((await ask('/v3/asm/groups')).status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThan(190);
    faults.add({ kind: 'unknown_field' });
    expect((await ask('/v3/asm/groups')).text).toContain('brand_new_field');
    faults.add({ kind: 'wrong_type', field: 'name' });
    expect((await ask('/v3/asm/groups')).body).toMatchObject([{ name: { unexpected: true } }, { name: 'Offers' }]);
    faults.add({ kind: 'key_expired' });
    expect([(await ask('/v3/asm/groups')).status, (await ask('/v3/asm/groups')).status]).toEqual([401, 401]);
    faults.restoreKey();
    expect((await ask('/v3/asm/groups')).status).toBe(200);
  });

  it('strikes by chance the same way each time', async () => {
    const run = async (): Promise<number[]> => {
      const { ask } = await start({ faults: [{ kind: 'server_error', rate: 0.4, times: Infinity, seed: 3 }] });
      const statuses: number[] = [];
      for (let count = 0; count < 12; count += 1) statuses.push((await ask('/v3/asm/groups')).status);
      return statuses;
    };
    const first = await run();
    expect(new Set(first)).toEqual(new Set([200, 500]));
    expect(await run()).toEqual(first);
  });
});

describe('webhook settings', () => {
  it('shows the signed webhook and its key', async () => {
    const { publicKey } = createHookKeys('test');
    const { ask } = await start({ publicKey });
    const [webhook] = rowsOf(await ask('/v3/user/webhooks/event/settings/all'), 'webhooks');
    expect(webhook).toMatchObject({ enabled: true, public_key: publicKey, created_date: '2026-06-12T00:00:00Z' });
    const signed = await ask(`/v3/user/webhooks/event/settings/signed/${String(webhook?.['id'])}`);
    expect(signed.body).toEqual({ id: webhook?.['id'], public_key: publicKey });
    expect((await ask('/v3/user/webhooks/event/settings/none')).status).toBe(404);
  });
});
