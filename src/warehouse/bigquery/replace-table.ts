import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { Row } from '../../contracts/sync.ts';
import { WarehouseError, type Column } from '../port.ts';
import type { Deps } from './deps.ts';
import { insertRows, nextNumber } from './insert.ts';
import { createTable } from './schema.ts';
import { pathOf } from './stage.ts';
import { send } from './upload.ts';
import type { Field } from './values.ts';

const types: Readonly<Record<Column['type'], string>> = {
  string: 'STRING',
  int: 'INT64',
  double: 'FLOAT64',
  decimal: 'NUMERIC',
  bool: 'BOOL',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
  json: 'JSON',
};

/** Replaces a small table, by a load job that truncates, when its content (columns and rows, in any order) differs from the last. */
export async function replaceTable(
  deps: Deps,
  name: string,
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<{ readonly changed: boolean }> {
  const lines = linesOf(name, columns, rows);
  const contentHash = hashOf(columns, lines);
  const present = await deps.client.find(`Look at ${name}`, { path: pathOf(deps, name) });
  const stored = await deps.jobs.query(
    `Read ${name}`,
    `select content_hash from ${deps.names.quote('ops.replaced_table')} where name = @name order by number desc limit 1`,
    { params: { name }, labels: deps.labels },
  );
  if (present !== null && stored.rows[0]?.['content_hash'] === contentHash) return { changed: false };
  const fields: readonly Field[] = columns.map((column) => ({ name: column.name, type: types[column.type] }));
  if (lines.length > 0) {
    await deps.jobs.load(
      `Replace ${name}`,
      ['replace', deps.names.quote(name), contentHash, String(nextNumber())],
      { destination: deps.names.reference(name), fields, labels: deps.labels },
      send(deps, async function* () {
        for (const line of lines) yield Buffer.from(`${line}\n`);
      }),
    );
  } else {
    // A file without rows is no table.
    if (present !== null) await deps.client.find(`Replace ${name}`, { method: 'DELETE', path: pathOf(deps, name) });
    await createTable(deps.client, deps.names, name, { description: '', fields }, deps.labels);
  }
  await insertRows(deps, `Replace ${name}`, 'replaced_table', [
    {
      number: nextNumber(),
      name,
      content_hash: contentHash,
      rows: rows.length,
      replaced_at: deps.clock.now(),
    },
  ]);
  return { changed: true };
}

/** What tells the content of a table, in any order of its rows. */
export const contentHash = (name: string, columns: readonly Column[], rows: readonly Row[]): string =>
  hashOf(columns, linesOf(name, columns, rows));

const linesOf = (name: string, columns: readonly Column[], rows: readonly Row[]): readonly string[] =>
  rows.map((row) =>
    JSON.stringify(Object.fromEntries(columns.map((column) => [column.name, cell(name, column, row)]))),
  );

function hashOf(columns: readonly Column[], lines: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(columns));
  for (const line of lines.toSorted()) hash.update(line).update('\n');
  return hash.digest('hex');
}

/** Cells travel as text where JSON has no exact form for them. */
function cell(table: string, column: Column, row: Row): Json {
  const value = row[column.name];
  if (value === null || value === undefined) return null;
  if (column.type === 'json') return (typeof value === 'string' ? (JSON.parse(value) as Json) : value) as JsonObject;
  if (typeof value === 'object') {
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
  return column.type === 'bool' ? Boolean(value) : String(value);
}
