import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ModelRun } from '../src/warehouse/port.ts';
import { runActions } from './run-action.ts';

afterEach(() => vi.restoreAllMocks());

/** Actions that take so many milliseconds, fail (`false`) or throw; and what of them was begun. */
function world(actions: Readonly<Record<string, number | false | Error>>) {
  const begun: string[] = [];
  const signals: AbortSignal[] = [];
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const run = async (_: string, name: string, given: AbortSignal): Promise<ModelRun> => {
    begun.push(name);
    signals.push(given);
    const what = actions[name] ?? 0;
    if (what instanceof Error) throw what;
    nowMs += Number(what);
    const [status, message] =
      what === false ? (['failed', `${name} found 3 rows`] as const) : (['done', null] as const);
    return { name: `marts_build.${name}`, kind: 'table', fingerprint: 'f', rows: 1, durationMs: 1, status, message };
  };
  return { deps: { transform: { run } }, begun, signals };
}

async function outcomesOf(
  actions: Readonly<Record<string, number | false | Error>>,
  signal: AbortSignal = new AbortController().signal,
) {
  const { deps, begun } = world(actions);
  const [first = '', ...others] = Object.keys(actions);
  const outcomes = await runActions(deps, { runId: 'r', names: [first, ...others] }, signal);
  return { outcomes: outcomes.map(({ status, message }) => message ?? status), begun };
}

describe('several actions in one activity', () => {
  it('run in their order, and each has its outcome', async () => {
    expect(await outcomesOf({ a: 300, b: 300, c: 300, d: 300 })).toEqual({
      outcomes: ['done', 'done', 'done', 'done'],
      begun: ['a', 'b', 'c', 'd'],
    });
  });

  it('are left undone once a second is over: others may wait for them', async () => {
    expect(await outcomesOf({ a: 300, b: 800, c: 1 })).toEqual({ outcomes: ['done', 'done'], begun: ['a', 'b'] });
  });

  it('are left undone after one that failed: they may build on it', async () => {
    expect(await outcomesOf({ a: 1, b: false, c: 1 })).toEqual({
      outcomes: ['done', 'b found 3 rows'],
      begun: ['a', 'b'],
    });
  });

  it('end before one that throws, so that what was done counts', async () => {
    const broken = new Error('disk full');
    expect(await outcomesOf({ a: 1, b: broken, c: 1 })).toEqual({ outcomes: ['done'], begun: ['a', 'b'] });
    await expect(outcomesOf({ b: broken, c: 1 })).rejects.toBe(broken);
  });

  it('are ended when it is cancelled: each has its signal', async () => {
    const { signal } = new AbortController();
    const { deps, signals } = world({});
    await runActions(deps, { runId: 'r', names: ['a', 'b'] }, signal);
    expect(signals).toEqual([signal, signal]);
  });

  it('are left undone when it is cancelled', async () => {
    expect(await outcomesOf({ a: 1, b: 1 }, AbortSignal.abort())).toEqual({ outcomes: ['done'], begun: ['a'] });
  });
});
