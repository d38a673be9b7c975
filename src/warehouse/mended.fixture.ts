import type { Clock } from '../contracts/clock.ts';
import type { LandedRow } from '../contracts/sync.ts';
import type { Landing } from '../landing/port.ts';
import { key, landUnit } from './duckdb/load-fixture.ts';
import type { LoadUnit, Warehouse } from './port.ts';

/** For tests of both engines: what was refused by four runs, and how much of it is not mended after each. */
export const mended = [
  { run: 'two of an item, and one that is never read again', refused: 'abc', read: 'whole', rows: 3, open: 3 },
  {
    run: 'the item is read as a whole, and one of them is not refused again',
    refused: 'a',
    read: 'whole',
    rows: 3,
    open: 2,
  },
  { run: 'a read that fails half-way meets it again', refused: 'b', read: 'partial', rows: 3, open: 3 },
  { run: 'a read of the item finds nothing, and is doubted', refused: '', read: 'doubted', rows: 3, open: 3 },
  { run: 'all of the item are good', refused: '', read: 'whole', rows: 3, open: 1 },
] as const;

/** Loads each of `mended` as a run of its own. */
export async function* loadMended(
  open: (clock: Clock) => Promise<Warehouse>,
  landing: Landing,
  rows: readonly LandedRow[],
): AsyncGenerator<Warehouse> {
  let minutes = 0;
  const clock: Clock = { now: () => new Date(Date.UTC(2026, 5, 30, 12, (minutes += 1))).toISOString() };
  const warehouse = await open(clock);
  for (const [index, { refused, read }] of mended.entries()) {
    const runId = `run-${index + 1}`;
    const fence = await warehouse.takeFence(key, runId);
    const rejected: LoadUnit['rejected'] = [...refused].map((record) => ({
      slice: 's',
      position: `row ${record}`,
      path: 'at',
      reason: 'no date',
      record,
      ...(record === 'c' ? {} : { item: 'list=1' }),
    }));
    const unit = await landUnit(landing, { runId, batchId: 'b', fence }, rows, rejected);
    const doubted = [...unit.checkpoints].map(
      ([item, state]) => [item, { ...state, doubtedSince: clock.now() }] as const,
    );
    const states = { whole: unit.checkpoints, partial: new Map(), doubted: new Map(doubted) };
    await warehouse.load({ ...unit, checkpoints: states[read] });
    yield warehouse;
  }
}
