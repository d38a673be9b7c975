import { rename, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';

import { startMailchimpSimulator } from '../../connectors/mailchimp/simulator.ts';
import { createHookKeys, type HookKeys, postEvents } from '../../connectors/sendgrid/simulator-hook.ts';
import { startSendgridSimulator } from '../../connectors/sendgrid/simulator.ts';
import { writeCompanyFiles } from './files.ts';
import { day, instantOf, secondsOf } from './instant.ts';
import { readBody } from './simulator/body.ts';
import type { AnyFault } from './simulator/faults.ts';
import type { Simulator } from './simulator/simulator.ts';
import type { World } from './types.ts';
import { createWorld } from './world.ts';

/**
 * The simulators in a process of their own, for the demo and for tests that kill processes:
 *
 *     node src/demo/serve.ts --seed 1 --size demo --port 0 --state FILE [--api-key KEY] [--latency-ms N] [--files FOLDER] [--at INSTANT]
 *         [--sendgrid-port 0] [--sendgrid-api-key KEY]
 *
 * Prints one line of JSON, `{ url, adminUrl, apiKey, pid, now, until, sendgrid: { url, apiKey, publicKey, accountId } }`, and writes
 * the same to the state file; `url` and `apiKey` are Mailchimp's. Ends on SIGTERM. `--files` writes the company's CSV files there (again when the clock moves).
 *
 * The admin address, on a port of its own so that it is no part of the API (all answers are JSON):
 *
 * - `GET /status` → clock, counts · `GET /requests` → log · `DELETE /requests` clears it · `GET /violations`
 * - `PUT /clock` `{ "at": "2026-07-01T12:00:00Z" }` or `{ "advanceDays": 1 }` → the new instant
 * - `POST /faults` a fault or an array of them (`path` as text of a regular expression) · `DELETE /faults` · `GET /faults` → struck, deleted
 * - `POST /restore-key`
 * - the same of SendGrid under `/sendgrid`: `GET /sendgrid/requests`, `POST /sendgrid/faults`, …, and
 *   `POST /sendgrid/fail-exports` `{ "count": 1 }`
 * - `POST /hooks` `{ "url": "http://…", "from": "2026-06-12T00:00:00Z", "to": "2026-06-30T12:00:00Z", "signed": true }`: posts what
 *   SendGrid's webhook learned in between, and answers when all is acknowledged or given up. `from` is where the last such
 *   call to this address ended (at first when the webhook was switched on), `to` the clock.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      size: { type: 'string', default: 'demo' },
      port: { type: 'string', default: '0' },
      state: { type: 'string' },
      'api-key': { type: 'string', default: 'demo-key-us1' },
      'sendgrid-port': { type: 'string', default: '0' },
      'sendgrid-api-key': { type: 'string', default: 'SG.demo-key' },
      'latency-ms': { type: 'string', default: '0' },
      files: { type: 'string' },
      at: { type: 'string' },
    },
  });
  const size = values.size;
  if (size !== 'demo' && size !== 'small' && size !== 'tiny')
    throw new Error(`--size ${size}: use demo, small or tiny`);
  const world = createWorld({ seed: Number(values.seed), size });
  let now = values.at === undefined ? world.now : secondsOf(values.at);
  const simulator = await startMailchimpSimulator({
    world,
    at: () => instantOf(now),
    apiKey: values['api-key'],
    port: Number(values.port),
    latencyMs: Number(values['latency-ms']),
  });
  const keys = createHookKeys(values.seed);
  const sendgrid = await startSendgridSimulator({
    world,
    at: () => instantOf(now),
    apiKey: values['sendgrid-api-key'],
    publicKey: keys.publicKey,
    port: Number(values['sendgrid-port']),
    latencyMs: Number(values['latency-ms']),
    // SendGrid does not publish this one; at the simulator's usual 6 a second a month of logs takes five minutes.
    rates: { logs: { requests: 2000, seconds: 10 } },
  });
  const setClock = async (at: number): Promise<void> => {
    if (at > world.until)
      throw new Error(`the demo world ends at ${instantOf(world.until)}: ask for an earlier instant`);
    now = at;
    if (values.files !== undefined) await writeCompanyFiles(world, values.files, now);
  };
  await setClock(now);

  const operations: Operations = {
    ...operationsOf(simulator, ''),
    'GET /status': () => ({ now: instantOf(now), until: instantOf(world.until), ...statusOf(simulator) }),
    'PUT /clock': async (body) => {
      const { at, advanceDays } = body as { readonly at?: string; readonly advanceDays?: number };
      await setClock(at === undefined ? now + Math.round((advanceDays ?? 0) * day) : secondsOf(at));
      return { now: instantOf(now) };
    },
    'GET /faults': () => ({ struck: simulator.faults.struck(), deleted: simulator.faults.deleted() }),
    ...operationsOf(sendgrid, '/sendgrid'),
    'POST /sendgrid/fail-exports': (body) =>
      sendgrid.faults.failExports((body as { readonly count?: number }).count ?? 1),
    'POST /hooks': createHookPoster(world, keys, () => now),
  };
  const admin = createServer((request, response) => void administer(operations, request, response));
  await new Promise<void>((resolve) => void admin.listen(0, '127.0.0.1', resolve));
  const address = admin.address() as AddressInfo;
  const state = {
    url: simulator.url,
    adminUrl: `http://127.0.0.1:${address.port}`,
    apiKey: values['api-key'],
    pid: process.pid,
    now: instantOf(now),
    until: instantOf(world.until),
    sendgrid: {
      url: sendgrid.url,
      apiKey: values['sendgrid-api-key'],
      publicKey: keys.publicKey,
      accountId: world.sendgrid.accountId,
    },
  };
  if (values.state !== undefined) {
    await writeFile(`${values.state}.part`, JSON.stringify(state));
    await rename(`${values.state}.part`, values.state);
  }
  console.log(JSON.stringify(state));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      admin.close();
      void Promise.all([simulator.stop(), sendgrid.stop()]).then(() => process.exit(0));
    });
  }
}

type Operations = Readonly<Record<string, (body: unknown) => unknown>>;

/** What can be asked and done of any simulator. */
function operationsOf<F extends AnyFault>(simulator: Simulator<F>, under: string): Operations {
  return {
    [`GET ${under}/status`]: () => statusOf(simulator),
    [`GET ${under}/requests`]: () => simulator.requests(),
    [`DELETE ${under}/requests`]: () => simulator.resetRequests(),
    [`GET ${under}/violations`]: () => simulator.violations(),
    [`GET ${under}/faults`]: () => ({ struck: simulator.faults.struck() }),
    [`POST ${under}/faults`]: (body) => simulator.faults.add(...(Array.isArray(body) ? (body as F[]) : [body as F])),
    [`DELETE ${under}/faults`]: () => simulator.faults.clear(),
    [`POST ${under}/restore-key`]: () => simulator.faults.restoreKey(),
  };
}

function statusOf<F extends AnyFault>({ requests, maxInFlight, violations }: Simulator<F>) {
  return { requests: requests().length, maxInFlight: maxInFlight(), violations: violations().length };
}

/** Posts to an address what it has not been posted yet. */
function createHookPoster(
  world: World,
  { privateKey }: HookKeys,
  clock: () => number,
): (body: unknown) => Promise<unknown> {
  const doneUntil = new Map<string, number>();
  return async (body) => {
    const { url, from, to, signed } = body as {
      readonly url?: string;
      readonly from?: string;
      readonly to?: string;
      readonly signed?: boolean;
    };
    if (url === undefined) throw new Error('POST /hooks needs { "url": … }: the address to post to');
    const start = from === undefined ? (doneUntil.get(url) ?? world.sendgrid.hookOnAt - 1) : secondsOf(from);
    const end = to === undefined ? clock() : secondsOf(to);
    const posted = await postEvents({
      url,
      world,
      from: start,
      to: end,
      ...(signed === false ? {} : { privateKey }),
    });
    if (posted.givenUp.length === 0) doneUntil.set(url, end);
    return { from: instantOf(start), to: instantOf(end), ...posted };
  };
}

async function administer(operations: Operations, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body ?? { ok: true }));
  };
  const name = `${request.method} ${request.url}`;
  const operation = operations[name];
  if (operation === undefined)
    return answer(404, { error: `${name} is no operation; there are ${Object.keys(operations).join(', ')}` });
  try {
    const text = await readBody(request);
    answer(200, await operation(text === '' ? {} : JSON.parse(text, reviveTimes)));
  } catch (error) {
    answer(400, { error: error instanceof Error ? error.message : String(error) });
  }
}

/** JSON has no infinity: `"times": "always"` says it. */
function reviveTimes(name: string, value: unknown): unknown {
  return name === 'times' && value === 'always' ? Infinity : value;
}

await main();
