import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { taskQueueOf } from './connection.ts';
import { endProcess, isRunning, ownProcess, processId } from './processes.ts';
import { milliseconds, specOf } from './schedule.ts';
import { findServer } from './server.ts';
import { newRunId } from './start.ts';
import {
  readWorkerRecord,
  removeDeadLock,
  removeWorkerRecord,
  takeStartLock,
  writeWorkerRecord,
} from './worker-record.ts';

const folder = mkdtempSync(join(tmpdir(), 'mailmart-places-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function program(path: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

describe('findServer', () => {
  const env = { PATH: join(folder, 'bin'), MAILMART_CACHE: join(folder, 'cache') };

  it('takes the configured address, the environment, the PATH, then the cache', () => {
    expect(findServer(undefined, env)).toBeUndefined();
    const cached = program(join(folder, 'cache/bin/temporal'));
    expect(findServer(undefined, env)).toEqual({ kind: 'program', path: cached });
    const onPath = program(join(folder, 'bin/temporal'));
    expect(findServer(undefined, env)).toEqual({ kind: 'program', path: onPath });
    const withAddress = { ...env, TEMPORAL_ADDRESS: 'env:7233' };
    expect(findServer(undefined, withAddress)).toEqual({ kind: 'address', address: 'env:7233' });
    expect(findServer('config:7233', withAddress)).toEqual({ kind: 'address', address: 'config:7233' });
  });
});

describe('taskQueueOf', () => {
  it('is a project’s own, and the same each time', () => {
    mkdirSync(join(folder, 'one'));
    mkdirSync(join(folder, 'two'));
    expect(taskQueueOf(join(folder, 'one'))).toMatch(/^mailmart-[0-9a-f]{16}$/);
    expect(taskQueueOf(join(folder, 'one'))).toBe(taskQueueOf(join(folder, 'one/../one')));
    symlinkSync(join(folder, 'one'), join(folder, 'link'));
    expect(taskQueueOf(join(folder, 'link'))).toBe(taskQueueOf(join(folder, 'one')));
    expect(taskQueueOf(join(folder, 'one'))).not.toBe(taskQueueOf(join(folder, 'two')));
    expect(taskQueueOf(join(folder, 'one'), 'chosen')).toBe('chosen');
  });
});

describe('newRunId', () => {
  it('tells the time, and never twice the same', () => {
    const ids = [1, 2].map(() => newRunId('sync', '2026-06-30T12:00:00.000Z'));
    expect(ids[0]).toMatch(/^sync-20260630T120000Z-[0-9a-f]{6}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe('the schedule of mailmart.yaml', () => {
  it('as a cron expression in its zone, or the company’s', () => {
    expect(specOf({ cron: '0 6 * * *' }, 'Europe/Berlin')).toEqual({
      cronExpressions: ['0 6 * * *'],
      timezone: 'Europe/Berlin',
    });
    expect(specOf({ cron: '0 6 * * *', time_zone: 'UTC' }, 'Europe/Berlin').timezone).toBe('UTC');
  });

  it.each([
    ['PT6H', 21_600_000],
    ['P1D', 86_400_000],
    ['P1W', 604_800_000],
    ['P1DT1H1M1S', 90_061_000],
  ])('every %s', (every, expected) => {
    expect(specOf({ every }, 'UTC')).toEqual({ intervals: [{ every: expected }] });
  });

  it.each(['P1M', 'PT0S', 'P', '6h', ''])('not every %s', (every) => {
    expect(() => milliseconds(every)).toThrow(/PT6H/);
  });
});

describe('processes', () => {
  it('tells a process from a later one with its number, and ends one', async () => {
    const child = spawn('sleep', ['60']);
    const id = processId(child.pid ?? 0);
    if (id === undefined) throw new Error('sleep does not run');
    expect(isRunning(id)).toBe(true);
    expect(isRunning({ ...id, startedAt: `${id.startedAt}0` })).toBe(false);
    const ended = once(child, 'exit');
    await endProcess(id, 2_000);
    await ended;
    expect(isRunning(id)).toBe(false);
    expect(isRunning(ownProcess())).toBe(true);
  });

  it('ends one that does not want to', async () => {
    const child = spawn('sh', ['-c', "trap '' TERM; echo ready; while :; do sleep 0.1; done"]);
    await once(child.stdout, 'data');
    const id = processId(child.pid ?? 0);
    if (id === undefined) throw new Error('sh does not run');
    try {
      await endProcess(id, 300);
      expect(isRunning(id)).toBe(false);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it.runIf(process.platform === 'linux')('one that has ended and that nobody asked after runs no more', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const id = processId(Number(line.toString()));
      if (id === undefined) throw new Error('sleep does not run');
      const state = (): string => readFileSync(`/proc/${id.pid}/stat`, 'utf8').split(') ')[1]?.[0] ?? '';
      while (state() !== 'Z') await delay(20);
      expect([isRunning(id), processId(id.pid)]).toEqual([false, undefined]);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});

describe('the worker’s record and lock', () => {
  const place = { address: 'a:1', namespace: 'default', taskQueue: 'q', encrypted: true };

  it('counts only while its process runs', () => {
    const path = join(folder, 'worker.json');
    expect(readWorkerRecord(path)).toBeUndefined();
    writeWorkerRecord(path, place);
    expect(readWorkerRecord(path)).toMatchObject({ pid: process.pid, ...place });
    removeWorkerRecord(path);
    expect(existsSync(path)).toBe(false);
    // Another worker's, which took over, is not ours to take back.
    writeFileSync(path, JSON.stringify({ pid: 1, startedAt: '1', ...place }));
    removeWorkerRecord(path);
    expect(existsSync(path)).toBe(true);
    writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: 'another life', ...place }));
    expect(readWorkerRecord(path)).toBeUndefined();
    writeFileSync(path, '{"pid":');
    expect(readWorkerRecord(path)).toBeUndefined();
  });

  it('lets one start at a time, and takes over from the dead', async () => {
    const path = join(folder, 'worker.lock');
    const release = await takeStartLock(path);
    if (typeof release !== 'function') throw new Error('the lock was not free');
    expect(await takeStartLock(path)).toEqual(ownProcess());
    release();
    // Somebody has made the file and not yet written its number.
    writeFileSync(path, '');
    const later = takeStartLock(path);
    writeFileSync(path, JSON.stringify(ownProcess()));
    expect(await later).toEqual(ownProcess());
    writeFileSync(path, JSON.stringify({ pid: 999_999, startedAt: '1' }));
    const second = await takeStartLock(path);
    expect(typeof second).toBe('function');
    // Who saw the dead owner as well comes too late.
    removeDeadLock(path);
    expect(await takeStartLock(path)).toEqual(ownProcess());
    writeFileSync(path, JSON.stringify({ pid: 999_999, startedAt: '1' }));
    removeDeadLock(path);
    removeDeadLock(path);
    expect(readdirSync(folder).filter((name) => name.startsWith('worker.lock'))).toEqual([]);
  });
});
