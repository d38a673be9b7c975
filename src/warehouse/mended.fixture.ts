import type { Clock } from '../contracts/clock.ts';
import type { LandedRow } from '../contracts/sync.ts';
import type { Landing } from '../landing/port.ts';
import { key, landUnit } from './duckdb/load-fixture.ts';
import type { LoadUnit, Warehouse } from './port.ts';

/** For tests of both engines: what was refused by four runs, and how much of it is not mended after each. */
export const mended = [
  { run: 'two of an item, and one that is never read again', refused: 'abc', isWhole: true, rows: 3, open: 3 },
  {
    run: 'the item is read as a whole, and one of them is not refused again',
    refused: 'a',
    isWhole: true,
    rows: 3,
    open: 2,
  },
  { run: 'a read that fails half-way meets it again', refused: 'b', isWhole: false, rows: 3, open: 3 },
  { run: 'all of the item are good', refused: '', isWhole: true, rows: 3, open: 1 },
];

/** Loads each of `mended` as a run of its own. */
export async function* loadMended(
  open: (clock: Clock) => Promise<Warehouse>,
  landing: Landing,
  rows: readonly LandedRow[],
): AsyncGenerator<Warehouse> {
  let minutes = 0;
  const clock: Clock = { now: () => new Date(Date.UTC(2026, 5, 30, 12, (minutes += 1))).toISOString() };
  const warehouse = await open(clock);
  for (const [index, { refused, isWhole }] of mended.entries()) {
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
    const unit = { runId, batchId: 'b', fence, ...(isWhole ? {} : { checkpoints: new Map() }) };
    await warehouse.load(await landUnit(landing, unit, rows, rejected));
    yield warehouse;
  }
}
