import type { Instant } from '../../contracts/json.ts';
import { identityOf, otherContent } from '../other-content.ts';
import type { LoadUnit } from '../port.ts';
import { rawTable } from './identifiers.ts';
import { rowHash, type Merged } from './merge.ts';
import type { Session } from './session.ts';
import { utc } from './values.ts';

/**
 * Puts the rows of `stage` whose keys are new into raw, inside the caller's transaction, and nothing else: what raw holds of an
 * immutable stream stays as it is. Leaves in `compared` the staged rows that raw did not hold as they are, each with the hash of what it
 * held instead.
 */
export async function addFirsts(session: Session, unit: LoadUnit, loadedAt: string): Promise<Merged> {
  const raw = rawTable(unit.key.source, unit.key.stream);
  const attempted = `Add to ${raw}`;
  const { accountId } = unit.key;
  await session.run(attempted, 'drop table if exists temp.compared');
  await session.run(
    attempted,
    `create temp table compared as
    select s.rowid as stage_row, r._record_hash as raw_hash
    from stage as s
    left join ${raw} as r on r._account_id = $1 and r._primary_key = s._primary_key
    where r.rowid is null or r._record_hash <> s._record_hash`,
    [accountId],
  );
  const rows = 'compared as d join stage as s on s.rowid = d.stage_row where d.raw_hash is null';
  const { hash } = await session.row(
    attempted,
    `select cast(coalesce(bit_xor(${rowHash('s', 'null')}), 0) as varchar) as hash from ${rows}`,
  );
  const inserted = await session.run(
    attempted,
    `insert into ${raw} (_account_id, _primary_key, _person_key, _cursor_at, _extracted_at, _loaded_at, _run_id,
      _item, _deleted_at, _record_hash, _partition_date, record)
    select $1, s._primary_key, s._person_key, s._cursor_at, s._extracted_at, ${utc('$2')}, $3, s._item, null,
      s._record_hash, s._partition_date, s.record
    from ${rows}`,
    [accountId, loadedAt, unit.runId],
  );
  return { inserted, updated: 0, deleted: 0, hashChange: BigInt(String(hash)) };
}

/** Keeps what `addFirsts` left out because its key has another content, each content once. Part of the load's transaction. */
export async function quarantineOthers(
  session: Session,
  unit: LoadUnit,
  at: Instant,
): Promise<{ readonly added: number; readonly known: number }> {
  const attempted = 'Quarantine other contents';
  const { source, accountId, stream } = unit.key;
  // What stands is what raw held, or else the first of this load.
  const others = `select distinct on (o._primary_key, o._record_hash) o._item, o._n, o.record,
      sha256(concat($1::varchar, o._primary_key, chr(10), o._record_hash)) as identity
    from (
      select s._primary_key, s._record_hash, s._item, s._part, s._n, s.record
      from compared as d join stage as s on s.rowid = d.stage_row where d.raw_hash is not null
      union all
      select c._primary_key, c._record_hash, c._item, c._part, c._n, c.record
      from copies as c
      join stage as f on f._primary_key = c._primary_key
      left join compared as d on d.stage_row = f.rowid
      where c._record_hash <> coalesce(d.raw_hash, f._record_hash)) as o
    order by o._primary_key, o._record_hash, o._part, o._n`;
  const { found } = await session.row(attempted, `select count(*) as found from (${others})`, [identityOf(unit.key)]);
  if (Number(found) === 0) return { added: 0, known: 0 };
  const added = await session.run(
    attempted,
    `insert into ops.quarantine
    select nextval('ops.event_number'), $2, $3, $4, $5, $6, o._item, concat('row ', o._n + 1, ' of the slice'), $7, $8,
      o.record::varchar, o.identity, ${utc('$9')}, null, $5, ${utc('$9')}
    from (${others}) as o
    where not exists (
      select 1 from ops.quarantine as q
      where q.source = $2 and q.account_id = $3 and q.stream = $4 and q.record_hash = o.identity)`,
    [
      identityOf(unit.key),
      source,
      accountId,
      stream,
      unit.runId,
      unit.batchId,
      otherContent.path,
      otherContent.reason,
      at,
    ],
  );
  return { added, known: Number(found) - added };
}
