import { setImmediate as turn } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Said } from './allowance.ts';
import { createBudget, type GiveBack } from './budget.ts';
import { defineConnector } from './contract.ts';
import { createHttp } from './http.ts';
import { allowanceOf } from './rate-headers.ts';
import { startServer, type TestServer } from './suite/test-server.ts';

const never = new AbortController().signal;
const rateHeaders = { remaining: 'X-RateLimit-Remaining', reset: 'X-RateLimit-Reset', unit: 'epoch-s' } as const;

describe('what an answer says of the rate', () => {
  const at = (remaining: string, reset: string, more = {}) => ({
    'x-ratelimit-remaining': remaining,
    'x-ratelimit-reset': reset,
    ...more,
  });
  const now = Date.UTC(2026, 5, 30, 12, 0, 0);
  const seconds = now / 1000;

  it.each<[string, Readonly<Record<string, string>>, Said]>([
    [
      'left, and when it begins anew',
      at('7', `${seconds + 20}`),
      { remaining: 7, resetMs: 20_000, window: seconds + 20 },
    ],
    [
      'by the clock of the source, when it sends its date',
      at('0', `${seconds + 20}`, { date: new Date(now - 30_000).toUTCString() }),
      { remaining: 0, resetMs: 50_000, window: seconds + 20 },
    ],
    [
      'by ours, when the date is of another world',
      at('0', `${seconds + 20}`, { date: 'Thu, 01 Jan 2015 00:00:00 GMT' }),
      { remaining: 0, resetMs: 20_000, window: seconds + 20 },
    ],
    ['a minute, when no clock can be right', at('0', '1'), { remaining: 0, resetMs: 60_000, window: 1 }],
    ['over, a moment ago', at('0', `${seconds}`), { remaining: 0, resetMs: 0, window: seconds }],
    ['over, a second ago', at('0', `${seconds - 1}`), { remaining: 0, resetMs: 0, window: seconds - 1 }],
    ['nothing', {}, 'unstated'],
    ['half of it', { 'x-ratelimit-remaining': '7' }, 'unstated'],
    ['what is no number', at('-1', 'soon'), 'unstated'],
  ])('%s', (_, headers, said) => {
    expect(allowanceOf({ rateHeaders }, headers, now)).toEqual(said);
    expect(allowanceOf({}, headers, now)).toBe('unstated');
  });

  it('in seconds from now', () => {
    const ofSeconds = { rateHeaders: { ...rateHeaders, unit: 'seconds' } as const };
    expect(allowanceOf(ofSeconds, at('7', '20'), now)).toEqual({ remaining: 7, resetMs: 20_000 });
    // No such window is longer than a day.
    expect(allowanceOf(ofSeconds, at('7', '1893456000'), now)).toEqual({ remaining: 7, resetMs: 86_400_000 });
  });
});

/** A budget of ten lanes that follows headers; time is moved by hand, as far as the budget sleeps. */
function setUp() {
  const sleeps: { readonly ms: number; readonly wake: () => void }[] = [];
  const budget = createBudget(
    { concurrency: 10, followsHeaders: true },
    (ms) => new Promise((resolve) => void sleeps.push({ ms, wake: resolve })),
  );
  const held: GiveBack[] = [];
  for (let index = 0; index < 20; index += 1) void budget.take(never).then((giveBack) => held.push(giveBack));
  const count = async (): Promise<number> => {
    await turn();
    return held.length;
  };
  return { held, sleeps, count };
}

describe('requests of a key that follows headers', () => {
  it('one alone finds out, then as many as are left without those under way', async () => {
    const { held, count } = setUp();
    expect(await count()).toBe(1);
    held[0]!({ remaining: 4, resetMs: 60_000 });
    expect(await count()).toBe(5);
    // An answer on its way: what it says is left may or may not count the three others.
    held[1]!({ remaining: 3, resetMs: 60_000 });
    expect(await count()).toBe(5);
    for (const index of [2, 3, 4]) held[index]!({ remaining: 4 - index, resetMs: 60_000 });
    expect(await count()).toBe(5);
  });

  it('all lanes where nothing is stated', async () => {
    const { held, count } = setUp();
    await turn();
    held[0]!('unstated');
    expect(await count()).toBe(11);
  });

  it('one alone again where it was not stated at first', async () => {
    const { held, sleeps, count } = setUp();
    await turn();
    held[0]!('unstated');
    await turn();
    for (const giveBack of held.slice(1)) giveBack({ remaining: 0, resetMs: 60_000 });
    expect(await count()).toBe(11);
    // The last answer puts the reset a moment later than the first one, which was waited for.
    for (const index of [0, 1]) {
      sleeps[index]!.wake();
      await turn();
    }
    expect(await count()).toBe(12);
  });

  it('one without an answer counts, too', async () => {
    const { held, count } = setUp();
    await turn();
    held[0]!();
    expect(await count()).toBe(2);
    held[1]!({ remaining: 2, resetMs: 60_000 });
    expect(await count()).toBe(4);
    held[2]!();
    held[3]!('unstated');
    expect(await count()).toBe(4);
  });

  it('wait for the reset, when one goes alone again', async () => {
    const { held, sleeps, count } = setUp();
    await turn();
    held[0]!({ remaining: 0, resetMs: 60_000 });
    expect(await count()).toBe(1);
    expect(sleeps.length).toBe(1);
    expect(Math.round(sleeps[0]!.ms / 1000)).toBe(60);
    sleeps[0]!.wake();
    expect(await count()).toBe(2);
    held[1]!({ remaining: 5, resetMs: 60_000 });
    expect(await count()).toBe(7);
  });

  it('an answer of the time before, which comes late, changes nothing', async () => {
    const { held, count } = setUp();
    await turn();
    held[0]!({ remaining: 3, resetMs: 60_000 });
    expect(await count()).toBe(4);
    held[1]!({ remaining: 9, resetMs: 120_000 });
    expect(await count()).toBe(4 + 9 - 2);
    held[2]!({ remaining: 0, resetMs: 60_000 });
    expect(await count()).toBe(4 + 9 - 1);
    held[3]!({ remaining: 1, resetMs: 120_000 });
    held[4]!({ remaining: 8, resetMs: 120_000 });
    expect(await count()).toBe(4 + 9 - 1);
  });

  it('the end of a window says nothing of the next one, of which answers spoke already', async () => {
    const { held, sleeps, count } = setUp();
    await turn();
    held[0]!({ remaining: 1, resetMs: 60_000 });
    expect(await count()).toBe(2);
    held[1]!({ remaining: 2, resetMs: 120_000 });
    expect(await count()).toBe(4);
    sleeps[0]!.wake();
    expect(await count()).toBe(4);
    expect(Math.round(sleeps[1]!.ms / 1000)).toBe(120);
    held[2]!();
    held[3]!();
    expect(await count()).toBe(4);
  });

  it('one that was given up before it was sent counts for nothing', async () => {
    const stop = new AbortController();
    let isHeldUp = true;
    const budget = createBudget({ concurrency: 10, rps: 1, followsHeaders: true }, (ms, signal) =>
      isHeldUp || ms > 10_000
        ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
        : Promise.resolve(),
    );
    (await budget.take(never))({ remaining: 1, resetMs: 60_000 });
    const givenUp = budget.take(stop.signal);
    await turn();
    stop.abort(new Error('cancelled'));
    await expect(givenUp).rejects.toThrow('cancelled');
    isHeldUp = false;
    let isSent = false;
    void budget.take(never).then(() => (isSent = true));
    await turn();
    expect(isSent).toBe(true);
  });

  it('windows are told apart by the stated time, whatever the clocks say', async () => {
    const { held, count } = setUp();
    await turn();
    held[0]!({ remaining: 5, resetMs: 60_000, window: 100 });
    expect(await count()).toBe(6);
    held[1]!({ remaining: 0, resetMs: 60_000, window: 100 });
    // Of the same window, though its reset seems to be much later.
    held[2]!({ remaining: 4, resetMs: 64_000, window: 100 });
    expect(await count()).toBe(6);
    held[3]!({ remaining: 6, resetMs: 60_500, window: 101 });
    expect(await count()).toBe(6 + 6 - 2);
  });
});

describe('against a server that counts', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.stop());
  const perWindow = 8;

  /** A fixed number of requests in each whole two seconds; a request beyond is noted, and answered 429. */
  function counting() {
    const counts = new Map<number, number>();
    let beyond = 0;
    const answer = (response: ServerResponse): void => {
      const window = Math.floor(Date.now() / 2000);
      const count = (counts.get(window) ?? 0) + 1;
      counts.set(window, count);
      if (count > perWindow) beyond += 1;
      response.writeHead(count > perWindow ? 429 : 200, {
        'content-type': 'application/json',
        'x-ratelimit-remaining': String(Math.max(0, perWindow - count)),
        'x-ratelimit-reset': String((window + 1) * 2),
      });
      setTimeout(() => response.end('{}'), Math.random() * 60);
    };
    return { answer, beyond: () => beyond, windows: () => counts.size };
  }

  const connectorAt = (origin: string, isTold: boolean) =>
    defineConnector(z.null(), () => ({
      name: 'tiny',
      title: 'Tiny',
      docs: '',
      secrets: [],
      baseUrl: () => origin,
      auth: { kind: 'none' },
      limits: { default: { concurrency: 10 }, search: { concurrency: 10 } },
      ...(isTold ? { rateHeaders } : {}),
      probe: async () => [],
      streams: {},
    }));

  const twenty = (http: ReturnType<typeof createHttp>) =>
    Promise.all(Array.from({ length: 20 }, () => http.request({ method: 'GET', path: '/x', limit: 'search' }, never)));

  it('ten lanes, two clients, not one request beyond the limit', { timeout: 30_000 }, async () => {
    const { answer, beyond, windows } = counting();
    server = await startServer((_, response) => answer(response));
    const connector = connectorAt(server.origin, true);
    await Promise.all([createHttp(connector, null), createHttp(connector, null)].map(twenty));
    expect(beyond()).toBe(0);
    expect(windows()).toBeGreaterThanOrEqual(5);
  });

  it('without the headers the server has something to count', { timeout: 30_000 }, async () => {
    const { answer, beyond } = counting();
    server = await startServer((_, response) => answer(response));
    await twenty(createHttp(connectorAt(server.origin, false), null, { sleep: async () => undefined })).catch(
      () => undefined,
    );
    expect(beyond()).toBeGreaterThan(0);
  });

  it('an outage does not wait for the stated reset, which every answer names', async () => {
    let asked = 0;
    server = await startServer((_, response) => {
      asked += 1;
      response.writeHead(503, {
        'x-ratelimit-remaining': '9',
        'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 90),
      });
      response.end();
    });
    const http = createHttp(connectorAt(server.origin, true), null, { sleep: async () => undefined });
    const failure = await http.request({ method: 'GET', path: '/x' }, never).catch((error: unknown) => error);
    expect([asked, failure]).toMatchObject([3, { kind: 'transient', status: 503 }]);
    expect(failure).not.toHaveProperty('retryAfterMs', expect.any(Number));
  });

  it('429 waits for the stated reset', async () => {
    server = await startServer((_, response) => {
      response.writeHead(429, {
        'content-type': 'application/json',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 90),
      });
      response.end('{"errors":[{"field":null,"message":"too many requests"}]}');
    });
    const http = createHttp(connectorAt(server.origin, true), null);
    const failure = await http.request({ method: 'GET', path: '/x' }, never).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'rate_limited', status: 429 });
    const { retryAfterMs } = failure as { readonly retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(80_000);
    expect(retryAfterMs).toBeLessThanOrEqual(91_000);
  });
});
