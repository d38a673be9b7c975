import type { LandedRow } from '../../contracts/sync.ts';
import { row } from './load-fixture.ts';

/** Kills of the test; a nightly run asks for more. */
export const kills = Number(process.env['MAILMART_TEST_KILLS'] ?? 32);

/** More batches than the kills leave time for, each of two lanes doing all of them; the last run finishes them. */
export const batchesInPlan = Math.ceil(kills * 2);

/** Rows of a batch: some new, some changed, some as they were. A pure function, so that any run repeats it. */
export function batchRows(batch: number): readonly LandedRow[] {
  if (batch % 10 === 0) return Array.from({ length: 60 }, (_, index) => member(index, batch));
  return Array.from({ length: 40 }, (_, index) => member((batch * 13 + index) % 200, index % 3 === 0 ? batch : 0));
}

/** Every tenth batch is a whole read: members that are not in it are marked as deleted. */
export function batchSweep(batch: number): readonly string[] {
  return batch % 10 === 0 ? ['list=1'] : [];
}

/** Content after a number of batches, computed without a warehouse: `key hash deleted` lines in key order. */
export function contentAfter(batches: number): readonly string[] {
  const rows = new Map<string, { hash: string; isDeleted: boolean }>();
  for (let batch = 1; batch <= batches; batch += 1) {
    const seen = new Set<string>();
    for (const landed of batchRows(batch)) {
      rows.set(landed._primary_key, { hash: landed._record_hash, isDeleted: false });
      seen.add(landed._primary_key);
    }
    if (batchSweep(batch).length === 0) continue;
    for (const [primaryKey, state] of rows) if (!seen.has(primaryKey)) state.isDeleted = true;
  }
  return [...rows].map(([primaryKey, { hash, isDeleted }]) => `${primaryKey} ${hash} ${isDeleted}`).toSorted();
}

function member(index: number, version: number): LandedRow {
  const id = `m${String(index).padStart(3, '0')}`;
  return row(id, { id, version });
}
