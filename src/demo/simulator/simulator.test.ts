import { afterEach, expect, it } from 'vitest';

import type { Fault } from './faults.ts';
import { type ServerOptions, type Simulator, startSimulator } from './simulator.ts';
import { Refusal, type Vendor } from './vendor.ts';

type Route = { readonly method: string; readonly path: string; readonly answer: (id: string) => unknown };
type OwnFault = Fault<'tired'>;

const rows = {
  total: 2,
  things: [
    { id: 'a', tags: [{ name: 'x' }] },
    { id: 'b', tags: [] },
  ],
};

const vendor: Vendor<Route, OwnFault> = {
  base: '/v9',
  stallMs: 60_000,
  routes: [
    { method: 'GET', path: '/things', answer: () => rows },
    { method: 'GET', path: '/things/{id}', answer: (id) => ({ id }) },
    { method: 'GET', path: '/broken', answer: () => rows.things[7]!.id },
  ],
  authorise: ({ isKeyExpired }) => {
    if (isKeyExpired) throw new Refusal(401, 'key expired');
  },
  fail: ({ kind }) => (kind === 'tired' ? { status: 503, type: 'text/plain', body: 'tired' } : undefined),
  answer: ({ match }) => {
    if (match === undefined) throw new Refusal(404, 'no such path', true);
    return { body: match.route.answer(match.path['id'] ?? '') };
  },
  refuse: ({ status, message }) => ({ status, body: { message } }),
};

let simulator: Simulator<OwnFault>;
const start = async (options: ServerOptions<OwnFault> = {}): Promise<void> => {
  simulator = await startSimulator(vendor, options);
};
const ask = async (path: string, init?: RequestInit): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await fetch(simulator.url + path, init);
  return { status: response.status, text: await response.text() };
};
const json = async (path: string): Promise<unknown> => JSON.parse((await ask(path)).text);
afterEach(() => simulator.stop());

it('finds the operation below the base, and logs it', async () => {
  await start();
  expect(await json('/things/50%25?full=1')).toEqual({ id: '50%' });
  expect(simulator.requests()).toMatchObject([
    { number: 1, method: 'GET', path: '/things/50%25', route: '/things/{id}', query: { full: '1' }, status: 200 },
  ]);
  expect(simulator.violations()).toEqual([]);
});

it('tells a mistake of the caller and one of its own apart from answers of the vendor', async () => {
  await start();
  const origin = new URL(simulator.url).origin;
  expect((await ask('/nothing')).status).toBe(404);
  expect((await ask('/things', { method: 'POST', body: 'x' })).status).toBe(404);
  expect((await fetch(`${origin}/v99/things`)).status).toBe(404);
  expect((await ask('/things', { method: 'POST', body: 'x'.repeat(1_000_001) })).status).toBe(413);
  expect((await ask('/broken')).status).toBe(500);
  expect(simulator.violations().map(({ path, reason }) => [path, reason.slice(0, 20)])).toEqual([
    ['/nothing', 'no such path'],
    ['/things', 'no such path'],
    ['/v99/things', 'no such path'],
    ['/things', 'request entity too l'],
    ['/broken', 'the simulator failed'],
  ]);
});

it('strikes with the faults of any API, then with the vendor’s own', async () => {
  await start({ faults: [{ kind: 'bad_gateway' }] });
  expect((await ask('/things')).text).toContain('<h1>502');
  simulator.faults.add({ kind: 'html_200' }, { kind: 'empty_body' }, { kind: 'truncated' }, { kind: 'tired' });
  expect((await ask('/things')).text).toContain('Maintenance');
  expect(await ask('/things')).toEqual({ status: 200, text: '' });
  const whole = JSON.stringify(rows);
  expect((await ask('/things')).text).toBe(whole.slice(0, Math.floor(whole.length / 2)));
  expect(await ask('/things')).toEqual({ status: 503, text: 'tired' });
  expect(await json('/things')).toEqual(rows);
  simulator.faults.add({ kind: 'reset' }, { kind: 'reset_in_body' });
  await expect(ask('/things')).rejects.toThrow('fetch failed');
  await expect(ask('/things')).rejects.toThrow('terminated');
  expect(simulator.faults.struck()).toHaveLength(7);
});

it('damages records: those of the first list, or the answer itself', async () => {
  await start({
    faults: [{ kind: 'wrong_type', field: 'tags.name' }, { kind: 'unknown_field' }, { kind: 'wrong_type' }],
  });
  const [first, second] = rows.things;
  expect(await json('/things')).toEqual({
    total: 2,
    things: [{ id: 'a', tags: [{ name: { unexpected: true } }] }, second],
  });
  expect(await json('/things')).toMatchObject({ things: [{ ...first, brand_new_field: {} }, { brand_new_field: {} }] });
  expect(await json('/things/c')).toEqual({ id: { unexpected: true } });
});

it('strikes where, when, and as often as it is told', async () => {
  await start({ faults: [{ kind: 'tired', path: '^/things$', from: 2, times: 2 }] });
  const statuses: number[] = [];
  for (const path of ['/things', '/things/a', '/things', '/things', '/things']) statuses.push((await ask(path)).status);
  expect(statuses).toEqual([200, 200, 503, 503, 200]);
});

it('refuses an expired key until it is restored', async () => {
  await start({ faults: [{ kind: 'key_expired' }] });
  expect([(await ask('/things')).status, (await ask('/things')).status]).toEqual([401, 401]);
  simulator.faults.restoreKey();
  expect((await ask('/things')).status).toBe(200);
});

it('stalls, and ends at once all the same', async () => {
  await start({ faults: [{ kind: 'stall', ms: 30, path: '/a$' }, { kind: 'stall' }] });
  const began = performance.now();
  expect((await ask('/things/a')).status).toBe(200);
  expect(performance.now() - began).toBeGreaterThan(25);
  const hanging = ask('/things/b').catch((error: unknown) => error);
  while (simulator.maxInFlight() < 1 || simulator.faults.struck().length < 2)
    await new Promise((resolve) => setTimeout(resolve, 1));
  await simulator.stop();
  expect(await hanging).toBeInstanceOf(Error);
  expect(simulator.violations()).toEqual([]);
});
