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
 * What the ledger's content hash covers of a raw row. The key is part of the record, so its hash speaks for both. md5,
 * because DuckDB's own hash() may differ between versions; of a row without a person and not deleted one block is hashed.
 * Hashes are hex, so the separators are never part of them.
 */
export function rowHash(alias: string, deletedAt = `${alias}._deleted_at`): string {
  return `md5_number(concat(${alias}._record_hash, '|', ${alias}._person_key, '|', cast(${deletedAt} as varchar)))`;
}

/**
 * Creates the raw table of a stream if it is not there. Keys, records and their hashes are kept by zstd: what DuckDB chooses
 * for them by itself costs twice the time of the whole load, and nearly twice the disk.
 */
export async function createRawTable(session: Session, source: string, stream: string): Promise<void> {
  await session.run(
    `Create ${rawTable(source, stream)}`,
    `create table if not exists ${rawTable(source, stream)} (
      _account_id varchar not null, _primary_key varchar not null using compression zstd, _person_key varchar, _cursor_at timestamp,
      _extracted_at timestamp not null, _loaded_at timestamp not null, _run_id varchar not null, _item varchar not null,
      _deleted_at timestamp, _record_hash varchar not null using compression zstd, _partition_date date,
      record json not null using compression zstd)`,
  );
}

/**
 * Merges the temporary table `stage` into raw, inside the caller's transaction. Unchanged rows are not touched, so a
 * repeated read costs one join over keys and hashes; a first read, whose rows are all new, costs no more than their insert.
 * A row that was deleted and is back counts as updated.
 */
export async function mergeStage(session: Session, unit: LoadUnit, loadedAt: string): Promise<Merged> {
  const merge = new Merge(session, unit, loadedAt);
  const mayVanish = unit.sweep.length > 0 && (await merge.hasRowsOfSweptItems());
  await merge.compare();
  const updated = await merge.update();
  const inserted = await merge.insert();
  const deleted = mayVanish ? await merge.sweep() : 0;
  return { inserted, updated, deleted, hashChange: merge.hashChange };
}

class Merge {
  hashChange = 0n;
  private readonly session: Session;
  private readonly unit: LoadUnit;
  private readonly loadedAt: string;
  private readonly raw: string;
  private readonly attempted: string;
  /** Rows of `stage` that raw does not hold as they are, and how many of them it holds otherwise. */
  private delta = { rows: 0, known: 0, isEverything: false };

  constructor(session: Session, unit: LoadUnit, loadedAt: string) {
    this.session = session;
    this.unit = unit;
    this.loadedAt = loadedAt;
    this.raw = rawTable(unit.key.source, unit.key.stream);
    this.attempted = `Merge into ${this.raw}`;
  }

  /** Whether raw holds live rows of the items that were read as a whole: else nothing can have vanished. */
  async hasRowsOfSweptItems(): Promise<boolean> {
    const { found } = await this.session.row(
      this.attempted,
      `select exists (select 1 from ${this.raw} where _account_id = $1 and _deleted_at is null
        and _item in (select unnest(cast($2 as json)::varchar[]))) as found`,
      [this.unit.key.accountId, JSON.stringify(this.unit.sweep)],
    );
    return found === true;
  }

  async compare(): Promise<void> {
    await this.session.run(this.attempted, 'drop table if exists temp.delta');
    await this.session.run(
      this.attempted,
      `create temp table delta as
      select s.rowid as stage_row, r.rowid as raw_row
      from stage as s
      left join ${this.comparable} as r on r._account_id = $1 and r._primary_key = s._primary_key
      where r.rowid is null or r._deleted_at is not null or r._record_hash <> s._record_hash or r._item <> s._item
        or r._person_key is distinct from s._person_key or r._cursor_at is distinct from s._cursor_at
        or r._partition_date is distinct from s._partition_date`,
      this.isItemKnown ? [this.unit.key.accountId, this.items] : [this.unit.key.accountId],
    );
    const counts = await this.session.row(
      this.attempted,
      'select count(*) as rows, count(raw_row) as known, (select count(*) from stage) as staged from delta',
    );
    const [rows, known] = [Number(counts['rows']), Number(counts['known'])];
    this.delta = { rows, known, isEverything: known === 0 && rows === Number(counts['staged']) };
    if (known > 0)
      await this.xor(`select ${rowHash('r')} as hash from ${this.raw} as r join delta as d on r.rowid = d.raw_row`);
    if (rows > 0) await this.xor(`select ${rowHash('s', 'null')} as hash from ${this.changed}`);
  }

  async update(): Promise<number> {
    if (this.delta.known === 0) return 0;
    return await this.session.run(
      this.attempted,
      `update ${this.raw} as r set _person_key = s._person_key, _cursor_at = s._cursor_at, _extracted_at = s._extracted_at,
        _loaded_at = ${utc('$1')}, _run_id = $2, _item = s._item, _deleted_at = null, _record_hash = s._record_hash,
        _partition_date = s._partition_date, record = s.record
      from delta as d join stage as s on s.rowid = d.stage_row
      where r.rowid = d.raw_row`,
      [this.loadedAt, this.unit.runId],
    );
  }

  async insert(): Promise<number> {
    if (this.delta.rows === this.delta.known) return 0;
    return await this.session.run(
      this.attempted,
      `insert into ${this.raw} (_account_id, _primary_key, _person_key, _cursor_at, _extracted_at, _loaded_at, _run_id,
        _item, _deleted_at, _record_hash, _partition_date, record)
      select $1, s._primary_key, s._person_key, s._cursor_at, s._extracted_at, ${utc('$2')}, $3, s._item, null,
        s._record_hash, s._partition_date, s.record
      from ${this.changed}${this.delta.isEverything ? '' : ' where d.raw_row is null'}`,
      [this.unit.key.accountId, this.loadedAt, this.unit.runId],
    );
  }

  /** Marks live rows of wholly read items that were not in the read. */
  async sweep(): Promise<number> {
    const attempted = `Mark vanished rows of ${this.raw}`;
    const { accountId } = this.unit.key;
    await this.session.run(attempted, 'drop table if exists temp.vanished');
    await this.session.run(
      attempted,
      `create temp table vanished as
      select r.rowid as raw_row
      from ${this.raw} as r
      where r._account_id = $1 and r._deleted_at is null
        and r._item in (select unnest(cast($2 as json)::varchar[]))
        and not exists (select 1 from stage as s where s._primary_key = r._primary_key)
        and r._primary_key not in (select unnest(cast($3 as json)::varchar[]))`,
      [accountId, JSON.stringify(this.unit.sweep), JSON.stringify(this.refusedKeys)],
    );
    const rows = `${this.raw} as r join vanished as v on r.rowid = v.raw_row`;
    await this.xor(`select ${rowHash('r')} as hash from ${rows}`);
    await this.xor(`select ${rowHash('r', utc('$1'))} as hash from ${rows}`, [this.unit.extractedAt]);
    return await this.session.run(
      attempted,
      `update ${this.raw} as r set _deleted_at = ${utc('$1')}, _loaded_at = ${utc('$2')}, _run_id = $3
      from vanished as v where r.rowid = v.raw_row`,
      [this.unit.extractedAt, this.loadedAt, this.unit.runId],
    );
  }

  /** Keys of records that are at the source, though not as they should be: their last good rows stay. */
  private get refusedKeys(): readonly string[] {
    return this.unit.rejected.flatMap(({ key }) => (key === undefined ? [] : [key]));
  }

  private get isItemKnown(): boolean {
    return this.unit.table.keyNamesItem === true;
  }

  private get items(): string {
    return JSON.stringify([...new Set(this.unit.parts.map(({ item }) => item))]);
  }

  /** Rows of raw that a staged row can be equal to. Items are few texts, keys are many and long: most are never unpacked. */
  private get comparable(): string {
    if (!this.isItemKnown) return this.raw;
    return `(select rowid, * from ${this.raw} where _item in (select unnest(cast($2 as json)::varchar[])))`;
  }

  /** Staged rows that raw does not hold as they are. */
  private get changed(): string {
    return this.delta.isEverything ? 'stage as s' : 'delta as d join stage as s on s.rowid = d.stage_row';
  }

  private async xor(sql: string, params: readonly string[] = []): Promise<void> {
    const { hash } = await this.session.row(
      this.attempted,
      `select cast(coalesce(bit_xor(hash), 0) as varchar) as hash from (${sql})`,
      params,
    );
    this.hashChange ^= BigInt(String(hash));
  }
}
