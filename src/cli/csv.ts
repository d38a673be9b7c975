import { stringify } from 'csv-stringify/sync';

export type CsvValue = string | number | bigint | boolean | null | undefined;

/** A cell that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers. */
export function guardCell(value: string): string {
  if (!/^[=+\-@\t\r]/.test(value)) return value;
  return /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value) ? value : `'${value}`;
}

/** RFC 4180 with LF line ends. `raw` switches the guard off, for programs that read the file. */
export function csvText(
  columns: readonly string[],
  rows: readonly (readonly CsvValue[])[],
  options: { readonly raw: boolean },
): string {
  const cell = (value: CsvValue): string | number | bigint | null => {
    if (value === null || value === undefined) return null;
    if (typeof value === 'boolean') return value ? 'true' : 'false';
    return typeof value === 'string' && !options.raw ? guardCell(value) : value;
  };
  return stringify([columns.map(cell), ...rows.map((row) => row.map(cell))]);
}
