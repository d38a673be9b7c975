import type { Instant } from '../../contracts/json.ts';
import type { LoadUnit } from '../port.ts';
import { refusalsOf } from '../refusals.ts';
import type { Session } from './session.ts';
import { utc } from './values.ts';

/** Rows per statement: bounded memory for a unit with many refusals. */
const chunk = 500;

/** Keeps refused records, each once. Part of the load's transaction. */
export async function quarantine(
  session: Session,
  unit: LoadUnit,
  at: Instant,
): Promise<{ readonly added: number; readonly known: number }> {
  if (unit.rejected.length === 0) return { added: 0, known: 0 };
  const { source, accountId, stream } = unit.key;
  const rows = refusalsOf(unit);
  let added = 0;
  for (let start = 0; start < rows.length; start += chunk) {
    added += await session.run(
      'Quarantine refused records',
      `insert into ops.quarantine
      select nextval('ops.event_number'), $1, $2, $3, $4, $5, n.slice, n.position, n.path, n.reason, n.record, n.hash, ${utc('$6')}
      from (select unnest(from_json($7::json,
        '[{"slice":"VARCHAR","position":"VARCHAR","path":"VARCHAR","reason":"VARCHAR","record":"VARCHAR","hash":"VARCHAR"}]'), recursive := true)) as n
      where not exists (
        select 1 from ops.quarantine as q
        where q.source = $1 and q.account_id = $2 and q.stream = $3 and q.record_hash = n.hash)`,
      [source, accountId, stream, unit.runId, unit.batchId, at, JSON.stringify(rows.slice(start, start + chunk))],
    );
  }
  return { added, known: rows.length - added };
}
