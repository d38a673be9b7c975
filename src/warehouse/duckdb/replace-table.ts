import type { Clock } from '../../contracts/clock.ts';
import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../port.ts';
import { hashOf, linesOf, type WriteCell } from '../small-table.ts';
import { quoteName, quoteTable } from './identifiers.ts';
import { tableKind } from './raw-read.ts';
import type { Session } from './session.ts';
import { utc } from './values.ts';

const types: Readonly<Record<Column['type'], string>> = {
  string: 'varchar',
  int: 'bigint',
  double: 'double',
  decimal: 'decimal(38, 9)',
  bool: 'boolean',
  timestamp: 'timestamp',
  date: 'date',
  json: 'json',
};

/** Rows per statement: bounded memory, few calls. */
const chunk = 2000;

/** Replaces a small table when its content (columns and rows, in any order) differs from what the last call wrote. */
export async function replaceTable(
  session: Session,
  clock: Clock,
  name: string,
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<{ readonly changed: boolean }> {
  const table = quoteTable(name);
  const lines = linesOf(name, columns, rows, asText);
  const contentHash = hashOf(columns, lines);
  return await session.transaction(async () => {
    const [stored] = await session.rows(`Read ${name}`, 'select content_hash from ops.replaced_table where name = $1', [
      name,
    ]);
    if (stored?.['content_hash'] === contentHash && (await tableKind(session, name)) !== null)
      return { changed: false };
    await session.run(`Replace ${name}`, `create or replace table ${table} (${tableDefinition(columns)})`);
    await fill(session, name, columns, lines);
    await session.run(
      `Replace ${name}`,
      `insert or replace into ops.replaced_table values ($1, $2, $3, ${utc('$4')})`,
      [name, contentHash, rows.length, clock.now()],
    );
    return { changed: true };
  });
}

/** What tells the content of a table, in any order of its rows. */
export const contentHash = (name: string, columns: readonly Column[], rows: readonly Row[]): string =>
  hashOf(columns, linesOf(name, columns, rows, asText));

/** Columns of a `create table`. */
export const tableDefinition = (columns: readonly Column[]): string =>
  columns.map((column) => `${quoteName(column.name)} ${types[column.type]}`).join(', ');

/** Appends rows to a table of these columns. */
export async function fillTable(
  session: Session,
  name: string,
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<void> {
  await fill(session, name, columns, linesOf(name, columns, rows, asText));
}

async function fill(
  session: Session,
  name: string,
  columns: readonly Column[],
  lines: readonly string[],
): Promise<void> {
  const structure = JSON.stringify(Object.fromEntries(columns.map((column) => [column.name, 'VARCHAR'])));
  const values = columns.map((column) => typed(column)).join(', ');
  for (let start = 0; start < lines.length; start += chunk) {
    await session.run(
      `Fill ${name}`,
      // A line at a time: one list of them all takes DuckDB five times as long.
      `insert into ${quoteTable(name)} select ${values}
      from (select from_json(line, $2) as n from (select unnest(string_split($1, chr(10))) as line))`,
      [lines.slice(start, start + chunk).join('\n'), structure],
    );
  }
}

/** Cells travel as text, so that decimals and long integers stay exact; the cast is DuckDB's and fails loudly. */
const asText: WriteCell = (value, column) =>
  column.type === 'json' && typeof value !== 'string' ? JSON.stringify(value) : String(value);

function typed(column: Column): string {
  const source = `n.${quoteName(column.name)}`;
  if (column.type === 'timestamp') return utc(source);
  const cast = `cast(${source} as ${types[column.type]})`;
  // Of 128 bits the cast takes twenty times as long as of 64, which most amounts fit.
  return column.type === 'decimal' ? `coalesce(try_cast(${source} as decimal(18, 9)), ${cast})` : cast;
}
