import type { Row } from '../contracts/sync.ts';
import { WarehouseError, type Warehouse } from './port.ts';

/** Refuses what is no plain field: it becomes part of a JSON path. */
export function checkGroupField(field: string | undefined): void {
  if (field === undefined || /^\w+$/.test(field)) return;
  throw new WarehouseError(
    `${JSON.stringify(field)} cannot group rows: expected a top-level field of letters, digits and _.`,
    { kind: 'rejected' },
  );
}

/** Rows of `item`, `value` and `row_count` as counts by value, by item. */
export function countsOf(rows: readonly Row[]): Awaited<ReturnType<Warehouse['rawCounts']>> {
  const counts = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const item = String(row['item']);
    const values = counts.get(item) ?? new Map<string, number>();
    values.set(String(row['value']), Number(row['row_count']));
    counts.set(item, values);
  }
  return counts;
}
