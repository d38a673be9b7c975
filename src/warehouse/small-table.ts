import { createHash } from 'node:crypto';
import type { Json } from '../contracts/json.ts';
import type { Row } from '../contracts/sync.ts';
import { WarehouseError, type Column } from './port.ts';

/** How an engine writes a cell that is not NULL into a line of JSON. */
export type WriteCell = (value: Exclude<Row[string], null>, column: Column) => Json;

/** Rows of a small table as lines of JSON. Cells that the column's type cannot hold exactly are refused. */
export function linesOf(
  table: string,
  columns: readonly Column[],
  rows: readonly Row[],
  write: WriteCell,
): readonly string[] {
  const cell = (column: Column, row: Row): Json => {
    const value = row[column.name];
    if (value === null || value === undefined) return null;
    if (column.type !== 'json' && typeof value === 'object') {
      throw new WarehouseError(`${table}.${column.name} is no JSON column, but a row holds an object there.`, {
        kind: 'rejected',
      });
    }
    if (column.type === 'decimal' && typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new WarehouseError(
        `${table}.${column.name} is exact: give its values as text, not as a floating-point number.`,
        { kind: 'rejected' },
      );
    }
    return write(value, column);
  };
  return rows.map((row) => {
    const cells: Record<string, Json> = {};
    for (const column of columns) cells[column.name] = cell(column, row);
    return JSON.stringify(cells);
  });
}

/** What tells the content of a table, in any order of its rows. */
export function hashOf(columns: readonly Column[], lines: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(columns));
  const sorted = lines.toSorted();
  // Some at once: a call costs as much as the line.
  for (let start = 0; start < sorted.length; start += 1000)
    hash.update(`${sorted.slice(start, start + 1000).join('\n')}\n`);
  return hash.digest('hex');
}
