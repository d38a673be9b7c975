import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Slice, SliceResult, StreamKey } from '../src/contracts/sync.ts';
import { createLocalLanding } from '../src/landing/local.ts';
import type { Landing } from '../src/landing/port.ts';
import { planOf, readPlan, readResults, roundOf, writePlan, writeResults, type RunPlan } from './slice-plan.ts';

const key: StreamKey = { source: 'fake', accountId: 'shop', stream: 'items' };
const ref = { key, runId: 'run-1' };

const slice = (id: string): Slice => ({
  id,
  item: id,
  mode: 'full',
  pathParams: {},
  inherit: {},
  next: { readAt: '2026-06-30T12:00:00.000Z' },
});
const planFor = (rounds: readonly number[], ...ids: readonly string[]): RunPlan => ({
  rounds,
  slices: ids.map(slice),
  before: {},
});

let folder: string;
let landing: Landing;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailmart-plan-'));
  landing = createLocalLanding(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a plan is that of its run, stream and account alone', async () => {
  const plan = planFor([1], 'a');
  await writePlan(landing, ref, plan);
  expect(await readPlan(landing, ref)).toEqual(plan);
  for (const other of [
    { ...ref, runId: 'run-2' },
    { ...ref, key: { ...key, stream: 'events' } },
    { ...ref, key: { ...key, accountId: 'news' } },
    { ...ref, key: { ...key, source: 'other' } },
  ]) {
    expect(await readPlan(landing, other)).toBeNull();
  }
  // Another process finds it, too.
  expect(await readPlan(createLocalLanding(folder), ref)).toEqual(plan);
});

it('a batch that the plan does not hold was planned in a landing folder that is gone', async () => {
  await writePlan(landing, ref, planFor([2], 'a', 'b'));
  expect((await planOf(landing, { ...ref, from: 1, to: 2 })).slices).toHaveLength(2);
  await expect(planOf(landing, { ...ref, from: 1, to: 3 })).rejects.toMatchObject({ kind: 'rejected' });
});

it('a batch belongs to the round that its first slice is of', () => {
  const plan = planFor([2, 3], 'a', 'b', 'c', 'd', 'e');
  const of = (from: number, to: number) => roundOf(plan, { ...ref, from, to });
  expect([of(0, 1), of(1, 2), of(2, 5), of(4, 5)]).toEqual([
    { from: 0, to: 2 },
    { from: 0, to: 2 },
    { from: 2, to: 5 },
    { from: 2, to: 5 },
  ]);
});

it('the results of a run are those of each batch once, the whole one before what was loaded of it when it failed', async () => {
  const result = (id: string): SliceResult => ({
    slice: slice(id),
    state: slice(id).next,
    parts: [],
    rejected: [],
    pages: 1,
    requests: 1,
    rows: 1,
    units: 1,
    total: null,
  });
  const write = (from: number, to: number, ids: string, partial: boolean) =>
    writeResults(landing, { ...ref, from, to }, [...ids].map(result), partial);
  const ids = async () => (await readResults(landing, ref)).map(({ slice: { id } }) => id).join('');
  expect(await ids()).toBe('');
  // Two batches were read at a time; the first failed behind its first slice.
  await write(0, 2, 'a', true);
  await write(2, 4, 'cd', true);
  expect(await ids()).toBe('acd');
  // Read again, in another batch.
  await write(0, 3, 'abc', false);
  expect(await ids()).toBe('abc');
  await write(3, 4, 'd', false);
  expect(await ids()).toBe('abcd');
});
