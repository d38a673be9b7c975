import { type ChildProcess, spawn } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createWorld } from './world.ts';

type State = {
  readonly url: string;
  readonly adminUrl: string;
  readonly apiKey: string;
  readonly pid: number;
  readonly now: string;
  readonly sendgrid: {
    readonly url: string;
    readonly apiKey: string;
    readonly publicKey: string;
    readonly accountId: string;
  };
};

describe('the simulator as a process', () => {
  let folder = '';
  let child: ChildProcess;
  let state: State;

  const admin = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${state.adminUrl}${path}`, init);
    return { status: response.status, body: await response.json() };
  };
  const ping = async (): Promise<number> =>
    (await fetch(`${state.url}/ping`, { headers: { authorization: `Bearer ${state.apiKey}` } })).status;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailmart-serve-'));
    const script = resolve(import.meta.dirname, 'serve.ts');
    const options = [
      '--seed',
      '2',
      '--size',
      'tiny',
      '--state',
      join(folder, 'state.json'),
      '--files',
      join(folder, 'files'),
    ];
    child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    state = JSON.parse(line.toString('utf8')) as State;
  });
  afterAll(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true });
  });

  it('says where it listens, on paper too', async () => {
    expect(JSON.parse(await readFile(join(folder, 'state.json'), 'utf8'))).toEqual(state);
    expect(state.pid).toBe(child.pid);
    expect(await ping()).toBe(200);
  });

  it('moves its clock and the company’s files, and refuses the end of the world', async () => {
    const rates = async (): Promise<number> =>
      (await readFile(join(folder, 'files', 'fx_rates.csv'), 'utf8')).split('\n').length;
    const before = await rates();
    expect((await admin('PUT', '/clock', { advanceDays: 7 })).body).toEqual({ now: '2026-07-07T12:00:00.000Z' });
    expect(await rates()).toBeGreaterThan(before);
    expect((await admin('PUT', '/clock', { advanceDays: 1 })).status).toBe(400);
    expect((await admin('PUT', '/clock', { at: state.now })).body).toEqual({ now: state.now });
  });

  it('takes faults from outside and shows its log', async () => {
    await admin('DELETE', '/requests');
    await admin('POST', '/faults', { kind: 'server_error', path: '^/ping$', times: 'always' });
    expect([await ping(), await ping()]).toEqual([500, 500]);
    await admin('DELETE', '/faults');
    expect(await ping()).toBe(200);
    expect((await admin('GET', '/requests')).body).toMatchObject([
      { status: 500 },
      { status: 500 },
      { path: '/ping', status: 200 },
    ]);
    expect((await admin('GET', '/faults')).body).toMatchObject({
      struck: [{ kind: 'server_error' }, { kind: 'server_error' }],
    });
    expect((await admin('GET', '/nothing')).status).toBe(404);
  });

  it('serves SendGrid at an address of its own, with faults and a log of its own', async () => {
    const { url, apiKey, accountId } = state.sendgrid;
    const count = async (): Promise<number> =>
      (await fetch(`${url}/v3/marketing/contacts/count`, { headers: { authorization: `Bearer ${apiKey}` } })).status;
    expect(accountId).toBe('lifecycle-mail');
    await admin('POST', '/sendgrid/faults', { kind: 'server_error' });
    expect([await count(), await count()]).toEqual([500, 200]);
    expect((await admin('GET', '/sendgrid/requests')).body).toMatchObject([{ status: 500 }, { status: 200 }]);
    expect((await admin('GET', '/sendgrid/status')).body).toMatchObject({ requests: 2, violations: 0 });
    expect((await admin('GET', '/sendgrid/faults')).body).toMatchObject({ struck: [{ kind: 'server_error' }] });
  });

  it('posts its webhook where it is told to, and the second time only what is new', async () => {
    const world = createWorld({ seed: 2, size: 'tiny' });
    const key = createPublicKey({ key: Buffer.from(state.sendgrid.publicKey, 'base64'), format: 'der', type: 'spki' });
    const ids = new Set<string>();
    let isAllSigned = true;
    const receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        const signature = String(request.headers['x-twilio-email-event-webhook-signature']);
        const timestamp = String(request.headers['x-twilio-email-event-webhook-timestamp']);
        const signed = Buffer.concat([Buffer.from(timestamp), body]);
        isAllSigned &&= verify('sha256', signed, key, Buffer.from(signature, 'base64'));
        for (const event of JSON.parse(body.toString()) as { sg_event_id: string }[]) ids.add(event.sg_event_id);
        response.end();
      });
    });
    await new Promise<void>((ready) => void receiver.listen(0, '127.0.0.1', ready));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const known = (at: number): string[] =>
      world.sendgrid.events
        .filter((event) => event.knownAt >= world.sendgrid.hookOnAt && event.knownAt <= at)
        .map((event) => event.id)
        .sort();
    const first = (await admin('POST', '/hooks', { url })).body as { acknowledged: string[] };
    expect([...first.acknowledged].sort()).toEqual(known(world.now));
    expect([...ids].sort()).toEqual(known(world.now));
    await admin('PUT', '/clock', { advanceDays: 1 });
    const second = (await admin('POST', '/hooks', { url })).body as { acknowledged: string[] };
    expect(second.acknowledged.length).toBe(known(world.now + 86_400).length - known(world.now).length);
    expect([...ids].sort()).toEqual(known(world.now + 86_400));
    expect(isAllSigned).toBe(true);
    await admin('PUT', '/clock', { at: state.now });
    expect((await admin('POST', '/hooks', {})).status).toBe(400);
    await new Promise<void>((closed) => void receiver.close(() => closed()));
  });
});
