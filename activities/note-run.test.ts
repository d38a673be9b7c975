import { expect, it } from 'vitest';
import type { RunRecord } from '../src/warehouse/port.ts';
import type { Deps } from './deps.ts';
import { noteRun } from './note-run.ts';
import type { RunNote } from './types.ts';

it('a run keeps the time at which it began, has an end when it has ended, and says nothing of anybody', async () => {
  const recorded: RunRecord[] = [];
  const told: RunNote[] = [];
  let now = '2026-06-30T12:00:00.000Z';
  const deps = {
    runEnded: (run: RunNote) => told.push(run),
    clock: { now: () => now },
    warehouse: {
      latestRuns: async () => recorded.toReversed(),
      recordRun: async (run: RunRecord) => void recorded.push(run),
    },
  } as unknown as Deps;
  const note: RunNote = {
    runId: 'run-1',
    kind: 'sync',
    accountId: 'shop',
    status: 'running',
    verdict: null,
    message: null,
  };
  await noteRun(deps, { ...note, runId: 'earlier' });
  now = '2026-06-30T12:05:00.000Z';
  await noteRun(deps, note);
  now = '2026-06-30T12:10:00.000Z';
  await noteRun(deps, { ...note, status: 'failed', message: 'the key of ann@example.com was refused' });
  expect(recorded.slice(1)).toEqual([
    { ...note, startedAt: '2026-06-30T12:05:00.000Z', finishedAt: null },
    {
      ...note,
      status: 'failed',
      message: 'the key of [address] was refused',
      startedAt: '2026-06-30T12:05:00.000Z',
      finishedAt: now,
    },
  ]);
  expect(told).toEqual([{ ...note, status: 'failed', message: 'the key of [address] was refused' }]);
});
