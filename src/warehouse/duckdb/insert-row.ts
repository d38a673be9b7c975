import type { Instant, Json } from '../../contracts/json.ts';
import type { Scalar } from '../../contracts/sync.ts';
import { quoteName } from './identifiers.ts';
import type { Session } from './session.ts';
import { utc } from './values.ts';

/** A cell that is not bound as it is: an instant as TIMESTAMP in UTC, a value as JSON text, or the next event number. */
export type Cell =
  Scalar | { readonly instant: Instant | null } | { readonly json: unknown } | { readonly next: 'event_number' };

/** Inserts one row by column names; returns its first cell as it was stored. */
export async function insertRow(
  session: Session,
  attempted: string,
  table: string,
  cells: Readonly<Record<string, Cell>>,
): Promise<Json> {
  const params: Scalar[] = [];
  const bind = (value: Scalar) => `$${params.push(value)}`;
  const values = Object.values(cells).map((cell) => {
    if (cell === null || typeof cell !== 'object') return bind(cell);
    if ('instant' in cell) return utc(bind(cell.instant));
    if ('json' in cell) return `cast(${bind(cell.json === null ? null : JSON.stringify(cell.json))} as json)`;
    return `nextval('ops.${cell.next}')`;
  });
  const columns = Object.keys(cells).map(quoteName);
  const sql = `insert into ${table} (${columns.join(', ')}) values (${values.join(', ')}) returning ${columns[0]} as first`;
  return (await session.row(attempted, sql, params))['first'] ?? null;
}
