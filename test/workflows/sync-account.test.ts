import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSync } from '../../src/temporal/start.ts';
import type { SyncAccountInput, SyncAccountResult } from '../../workflows/index.ts';
import { fakeWorld, fast, openBench, type Bench, type FakeWorld } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

let runs = 0;
async function sync(world: FakeWorld, input: Partial<SyncAccountInput> = {}): Promise<SyncAccountResult> {
  runs += 1;
  return bench.withWorker(world.activities, async () => {
    const { handle } = await startSync(
      { client: bench.client, taskQueue: bench.taskQueue, onRunning: 'refuse' },
      { source: 'fake', accountId: `shop-${runs}`, runId: `run-${runs}`, tuning: fast, ...input },
    );
    return handle.result();
  });
}

describe('syncAccount', () => {
  it('reads every stream and ends complete', async () => {
    const world = fakeWorld({ lists: { slices: 3 }, members: { slices: 40, dependsOn: ['lists'] } });
    const result = await sync(world);
    expect(result.verdict).toEqual({ kind: 'complete', missing: [], gaps: [] });
    expect(result.streams.map(({ key, counts }) => [key.stream, counts.slices, counts.rowsInserted])).toEqual([
      ['lists', 3, 30],
      ['members', 40, 400],
    ]);
    expect(world.events.indexOf('start members')).toBeGreaterThan(world.events.indexOf('end lists'));
    expect(world.runs.map(({ status }) => status)).toEqual(['running', 'done']);
  });
});
