import type { Instant } from '../../contracts/json.ts';
import type { LoadUnit } from '../port.ts';
import { refusalsOf } from '../refusals.ts';
import type { Session } from './session.ts';
import { utc } from './values.ts';

/** Rows per statement: bounded memory for a unit with many refusals. */
const chunk = 500;

/** Keeps refused records, each once, with the run that refused it last. Part of the load's transaction. */
export async function quarantine(
  session: Session,
  unit: LoadUnit,
  at: Instant,
): Promise<{ readonly added: number; readonly known: number }> {
  if (unit.rejected.length === 0) return { added: 0, known: 0 };
  const { source, accountId, stream } = unit.key;
  const rows = refusalsOf(unit);
  let [added, known] = [0, 0];
  for (let start = 0; start < rows.length; start += chunk) {
    const some = rows.slice(start, start + chunk);
    const again = await session.run(
      'Note refused records again',
      `update ops.quarantine set item = n.item, last_run_id = $4, last_refused_at = ${utc('$5')}
      from (select unnest(from_json($6::json, '[{"item":"VARCHAR","hash":"VARCHAR"}]'), recursive := true)) as n
      where source = $1 and account_id = $2 and stream = $3 and record_hash = n.hash`,
      [source, accountId, stream, unit.runId, at, JSON.stringify(some.map(({ item, hash }) => ({ item, hash })))],
    );
    known += again;
    if (again === some.length) continue;
    added += await session.run(
      'Quarantine refused records',
      `insert into ops.quarantine
      select nextval('ops.event_number'), $1, $2, $3, $4, $5, n.slice, n.position, n.path, n.reason, n.record, n.hash,
        ${utc('$6')}, n.item, $4, ${utc('$6')}
      from (select unnest(from_json($7::json,
        '[{"slice":"VARCHAR","position":"VARCHAR","path":"VARCHAR","reason":"VARCHAR","record":"VARCHAR","item":"VARCHAR","hash":"VARCHAR"}]'), recursive := true)) as n
      where not exists (
        select 1 from ops.quarantine as q
        where q.source = $1 and q.account_id = $2 and q.stream = $3 and q.record_hash = n.hash)`,
      [source, accountId, stream, unit.runId, unit.batchId, at, JSON.stringify(some)],
    );
  }
  return { added, known };
}
