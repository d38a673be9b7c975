import { rename, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';

import { type Fault, startMailchimpSimulator } from '../../connectors/mailchimp/simulator.ts';
import { writeCompanyFiles } from './files.ts';
import { day, instantOf, secondsOf } from './instant.ts';
import { createWorld } from './world.ts';

/**
 * The simulator in a process of its own, for the demo and for tests that kill processes:
 *
 *     node src/demo/serve.ts --seed 1 --size demo --port 0 --state FILE [--api-key KEY] [--latency-ms N] [--files FOLDER] [--at INSTANT]
 *
 * Prints one line of JSON, `{ url, adminUrl, apiKey, pid, now, until }`, and writes the same to the state file. Ends on SIGTERM.
 * `--files` writes the company's CSV files there (again when the clock moves).
 *
 * The admin address, on a port of its own so that it is no part of the API (all answers are JSON):
 *
 * - `GET /status` → clock, counts · `GET /requests` → log · `DELETE /requests` clears it · `GET /violations`
 * - `PUT /clock` `{ "at": "2026-07-01T12:00:00Z" }` or `{ "advanceDays": 1 }` → the new instant
 * - `POST /faults` a fault or an array of them (`path` as text of a regular expression) · `DELETE /faults` · `GET /faults` → struck, deleted
 * - `POST /restore-key`
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      size: { type: 'string', default: 'demo' },
      port: { type: 'string', default: '0' },
      state: { type: 'string' },
      'api-key': { type: 'string', default: 'demo-key-us1' },
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
  const setClock = async (at: number): Promise<void> => {
    if (at > world.until)
      throw new Error(`the demo world ends at ${instantOf(world.until)}: ask for an earlier instant`);
    now = at;
    if (values.files !== undefined) await writeCompanyFiles(world, values.files, now);
  };
  await setClock(now);

  const operations: Readonly<Record<string, (body: unknown) => unknown>> = {
    'GET /status': () => ({
      now: instantOf(now),
      until: instantOf(world.until),
      requests: simulator.requests().length,
      maxInFlight: simulator.maxInFlight(),
      violations: simulator.violations().length,
    }),
    'GET /requests': () => simulator.requests(),
    'DELETE /requests': () => simulator.resetRequests(),
    'GET /violations': () => simulator.violations(),
    'PUT /clock': async (body) => {
      const { at, advanceDays } = body as { readonly at?: string; readonly advanceDays?: number };
      await setClock(at === undefined ? now + Math.round((advanceDays ?? 0) * day) : secondsOf(at));
      return { now: instantOf(now) };
    },
    'GET /faults': () => ({ struck: simulator.faults.struck(), deleted: simulator.faults.deleted() }),
    'POST /faults': (body) => simulator.faults.add(...(Array.isArray(body) ? (body as Fault[]) : [body as Fault])),
    'DELETE /faults': () => simulator.faults.clear(),
    'POST /restore-key': () => simulator.faults.restoreKey(),
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
  };
  if (values.state !== undefined) {
    await writeFile(`${values.state}.part`, JSON.stringify(state));
    await rename(`${values.state}.part`, values.state);
  }
  console.log(JSON.stringify(state));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      admin.close();
      void simulator.stop().then(() => process.exit(0));
    });
  }
}

async function administer(
  operations: Readonly<Record<string, (body: unknown) => unknown>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body ?? { ok: true }));
  };
  const name = `${request.method} ${request.url}`;
  const operation = operations[name];
  if (operation === undefined)
    return answer(404, { error: `${name} is no operation; there are ${Object.keys(operations).join(', ')}` });
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
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
