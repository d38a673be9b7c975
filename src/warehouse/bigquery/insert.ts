import type { Deps } from './deps.ts';
import { opsTables } from './schema.ts';
import { cellOf } from './values.ts';

/** Cells by column; texts, numbers, booleans, ISO instants. */
export type Cells = Readonly<Record<string, string | number | boolean | null>>;

/** Statement that appends rows to an ops table; `rows` is the parameter or source that holds them as JSON texts, called `x`. */
export function insertStatement(
  deps: Pick<Deps, 'names'>,
  table: string,
  columns: readonly string[],
  source: string,
  /** SQL for columns that are not taken from the rows. */
  instead: Readonly<Record<string, string>> = {},
): string {
  const definition = opsTables[table];
  const cells = columns.map((column) => {
    const given = instead[column];
    if (given !== undefined) return given;
    const type = definition?.fields.find(({ name }) => name === column)?.type;
    if (type === undefined) throw new Error(`ops.${table} has no column ${column}`);
    return cellOf(column, type);
  });
  return `insert into ${deps.names.quote(`ops.${table}`)} (${columns.map((column) => `\`${column}\``).join(', ')}) select ${cells.join(', ')} from ${source}`;
}

/** Appends rows to an ops table. */
export async function insertRows(deps: Deps, attempted: string, table: string, rows: readonly Cells[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  await deps.jobs.query(attempted, insertStatement(deps, table, Object.keys(first), 'unnest(@entries) as x'), {
    params: { entries: rows.map(asText) },
    labels: deps.labels,
    identity: ['insert', deps.names.quote(`ops.${table}`), JSON.stringify(rows)],
  });
}

/** A row as JSON text. Numbers are texts in it, because JSON has no long ones. */
export const asText = (row: object): string =>
  JSON.stringify(row, (_, value: unknown) => (typeof value === 'number' ? String(value) : value));

let last = 0;

/** Number for a row of the run log: grows with each call, and from one process to the next, whatever the project's clock says. */
export function nextNumber(): number {
  last = Math.max(last + 1, Date.now() * 1000);
  return last;
}
