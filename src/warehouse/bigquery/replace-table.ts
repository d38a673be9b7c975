import type { Json } from '../../contracts/json.ts';
import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../port.ts';
import { hashOf, linesOf, type WriteCell } from '../small-table.ts';
import type { Deps } from './deps.ts';
import { insertRows, nextNumber } from './insert.ts';
import { createTable } from './schema.ts';
import { send } from './upload.ts';
import { fieldTypes, type Field } from './values.ts';

/** Replaces a small table, by a load job that truncates, when its content (columns and rows, in any order) differs from the last. */
export async function replaceTable(
  deps: Deps,
  name: string,
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<{ readonly changed: boolean }> {
  const lines = linesOf(name, columns, rows, writeCell);
  const contentHash = hashOf(columns, lines);
  const present = await deps.client.find(`Look at ${name}`, { path: deps.names.path(name) });
  const stored = await deps.jobs.query(
    `Read ${name}`,
    `select content_hash from ${deps.names.quote('ops.replaced_table')} where name = @name order by number desc limit 1`,
    { params: { name }, labels: deps.labels },
  );
  if (present !== null && stored.rows[0]?.['content_hash'] === contentHash) return { changed: false };
  const fields: readonly Field[] = columns.map((column) => ({ name: column.name, type: fieldTypes[column.type] }));
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
    if (present !== null) await deps.client.find(`Replace ${name}`, { method: 'DELETE', path: deps.names.path(name) });
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
  hashOf(columns, linesOf(name, columns, rows, writeCell));

/** Cells travel as text where JSON has no exact form for them. */
const writeCell: WriteCell = (value, column) => {
  if (column.type === 'json') return typeof value === 'string' ? (JSON.parse(value) as Json) : (value as Json);
  return column.type === 'bool' ? Boolean(value) : String(value);
};
