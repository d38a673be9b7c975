import type { LoadUnit } from '../port.ts';
import { rawTable } from './identifiers.ts';
import type { Session } from './session.ts';
import { utc } from './values.ts';

/** Counts of a merge, and how the table's content hash moves: the exclusive or of the hashes of rows before and after. */
export type Merged = {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly hashChange: bigint;
};

/**
 * What the ledger's content hash covers of a raw row. md5, because DuckDB's own hash() may differ between versions.
 * Keys are JSON text and hashes hex, so the separator is never part of them.
 */
export function rowHash(alias: string, deletedAt = `${alias}._deleted_at`): string {
  return `md5_number(concat(${alias}._primary_key, '|', ${alias}._record_hash, '|', coalesce(${alias}._person_key, ''), '|', coalesce(cast(${deletedAt} as varchar), '')))`;
}

/**
 * Creates the raw table of a stream if it is not there. Keys and records are kept by zstd: what DuckDB chooses for them by
 * itself costs twice the time of the whole load, and nearly twice the disk.
 */
export async function createRawTable(session: Session, source: string, stream: string): Promise<void> {
  await session.run(
    `Create ${rawTable(source, stream)}`,
    `create table if not exists ${rawTable(source, stream)} (
      _account_id varchar not null, _primary_key varchar not null using compression zstd, _person_key varchar, _cursor_at timestamp,
      _extracted_at timestamp not null, _loaded_at timestamp not null, _run_id varchar not null, _item varchar not null,
      _deleted_at timestamp, _record_hash varchar not null, _partition_date date,
      record json not null using compression zstd)`,
  );
}

/**
 * Merges the temporary table `stage` into raw, inside the caller's transaction. Unchanged rows are not touched, so a
 * repeated read costs one join over keys and hashes. A row that was deleted and is back counts as updated.
 */
export async function mergeStage(session: Session, unit: LoadUnit, loadedAt: string): Promise<Merged> {
  const raw = rawTable(unit.key.source, unit.key.stream);
  const attempted = `Merge into ${raw}`;
  const account = unit.key.accountId;
  let hashChange = 0n;
  const xor = async (sql: string, params: readonly string[] = []) => {
    const { hash } = await session.row(
      attempted,
      `select cast(coalesce(bit_xor(hash), 0) as varchar) as hash from (${sql})`,
      params,
    );
    hashChange ^= BigInt(String(hash));
  };

  await session.run(attempted, 'drop table if exists temp.delta');
  await session.run(
    attempted,
    `create temp table delta as
    select s.rowid as stage_row, r.rowid as raw_row
    from stage as s
    left join ${raw} as r on r._account_id = $1 and r._primary_key = s._primary_key
    where r.rowid is null or r._deleted_at is not null or r._record_hash <> s._record_hash or r._item <> s._item
      or r._person_key is distinct from s._person_key or r._cursor_at is distinct from s._cursor_at
      or r._partition_date is distinct from s._partition_date`,
    [account],
  );
  await xor(`select ${rowHash('r')} as hash from ${raw} as r join delta as d on r.rowid = d.raw_row`);
  await xor(`select ${rowHash('s', 'null')} as hash from stage as s join delta as d on s.rowid = d.stage_row`);
  const updated = await session.run(
    attempted,
    `update ${raw} as r set _person_key = s._person_key, _cursor_at = s._cursor_at, _extracted_at = s._extracted_at,
      _loaded_at = ${utc('$1')}, _run_id = $2, _item = s._item, _deleted_at = null, _record_hash = s._record_hash,
      _partition_date = s._partition_date, record = s.record
    from delta as d join stage as s on s.rowid = d.stage_row
    where r.rowid = d.raw_row`,
    [loadedAt, unit.runId],
  );
  const inserted = await session.run(
    attempted,
    `insert into ${raw} (_account_id, _primary_key, _person_key, _cursor_at, _extracted_at, _loaded_at, _run_id, _item,
      _deleted_at, _record_hash, _partition_date, record)
    select $1, s._primary_key, s._person_key, s._cursor_at, s._extracted_at, ${utc('$2')}, $3, s._item, null,
      s._record_hash, s._partition_date, s.record
    from delta as d join stage as s on s.rowid = d.stage_row
    where d.raw_row is null`,
    [account, loadedAt, unit.runId],
  );
  const deleted = unit.sweep.length === 0 ? 0 : await sweep(session, unit, loadedAt, xor);
  return { inserted, updated, deleted, hashChange };
}

/** Marks live rows of wholly read items that were not in the read. */
async function sweep(
  session: Session,
  unit: LoadUnit,
  loadedAt: string,
  xor: (sql: string, params?: readonly string[]) => Promise<void>,
): Promise<number> {
  const raw = rawTable(unit.key.source, unit.key.stream);
  const attempted = `Mark vanished rows of ${raw}`;
  await session.run(attempted, 'drop table if exists temp.vanished');
  await session.run(
    attempted,
    `create temp table vanished as
    select r.rowid as raw_row
    from ${raw} as r
    where r._account_id = $1 and r._deleted_at is null
      and r._item in (select unnest(cast($2 as json)::varchar[]))
      and not exists (select 1 from stage as s where s._primary_key = r._primary_key)`,
    [unit.key.accountId, JSON.stringify(unit.sweep)],
  );
  const rows = `${raw} as r join vanished as v on r.rowid = v.raw_row`;
  await xor(`select ${rowHash('r')} as hash from ${rows}`);
  await xor(`select ${rowHash('r', utc('$1'))} as hash from ${rows}`, [unit.extractedAt]);
  return await session.run(
    attempted,
    `update ${raw} as r set _deleted_at = ${utc('$1')}, _loaded_at = ${utc('$2')}, _run_id = $3
    from vanished as v where r.rowid = v.raw_row`,
    [unit.extractedAt, loadedAt, unit.runId],
  );
}
