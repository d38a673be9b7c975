import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type State = {
  readonly url: string;
  readonly adminUrl: string;
  readonly apiKey: string;
  readonly pid: number;
  readonly now: string;
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
});
