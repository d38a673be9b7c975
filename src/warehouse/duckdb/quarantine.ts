import { createHash } from 'node:crypto';
import type { Instant } from '../../contracts/json.ts';
import type { LoadUnit } from '../port.ts';
import type { Session } from './session.ts';
import { utc } from './values.ts';

/** Rows per statement: bounded memory for a unit with many refusals. */
const chunk = 500;

/**
 * Keeps refused records, each once: the identity is its text, place in the record and reason, and which of several
 * equal ones it is within the unit. Not its position, which moves when the source grows. Part of the load's transaction.
 */
export async function quarantine(
  session: Session,
  unit: LoadUnit,
  at: Instant,
): Promise<{ readonly added: number; readonly known: number }> {
  if (unit.rejected.length === 0) return { added: 0, known: 0 };
  const { source, accountId, stream } = unit.key;
  const seen = new Map<string, number>();
  const rows = unit.rejected.map((rejected) => {
    const content = JSON.stringify([source, accountId, stream, rejected.path, rejected.reason, rejected.record]);
    const ordinal = seen.get(content) ?? 0;
    seen.set(content, ordinal + 1);
    const hash = createHash('sha256').update(`${content}#${ordinal}`).digest('hex');
    const { slice, position, path, reason, record } = rejected;
    return { slice, position, path, reason, record, hash };
  });
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
