import { WarehouseError, type LoadUnit } from '../port.ts';
import { rawTable } from './identifiers.ts';
import { rowHash, type Merged } from './merge.ts';
import { readingParts, type CheckedPart } from './parts.ts';
import type { Session } from './session.ts';
import { utc } from './values.ts';

/** Thrown inside a transaction when a unit turns out to need comparing after all; everything is taken back. */
export class NeedsComparing extends WarehouseError {
  constructor() {
    super('Some rows of this load are there already, or come twice.', { kind: 'rejected' });
  }
}

/**
 * Whether raw can hold nothing that this unit's rows must be compared with: a first read of the account, or of a
 * campaign where the campaign is part of the key. Needs the table.
 */
async function isAllNew(session: Session, unit: LoadUnit): Promise<boolean> {
  const items = [...new Set([...unit.parts.map(({ item }) => item), ...unit.sweep])];
  const { found } = await session.row(
    `Look into raw of ${unit.key.stream}`,
    unit.table.keyNamesItem === true
      ? `select exists (select 1 from ${tableOf(unit)} where _account_id = $1
          and _item in (select unnest(cast($2 as json)::varchar[]))) as found`
      : `select exists (select 1 from ${tableOf(unit)} where _account_id = $1) as found`,
    unit.table.keyNamesItem === true ? [unit.key.accountId, JSON.stringify(items)] : [unit.key.accountId],
  );
  return found !== true;
}

/**
 * Inserts the parts of a unit whose rows are all new, inside the caller's transaction: straight from the files, for less
 * than half the price of a stage to compare with.
 */
export async function insertDirectly(
  session: Session,
  unit: LoadUnit,
  parts: readonly CheckedPart[],
  loadedAt: string,
): Promise<Merged> {
  const attempted = `Insert into ${tableOf(unit)}`;
  if (!(await isAllNew(session, unit))) throw new NeedsComparing();
  if (parts.length === 0) return { inserted: 0, updated: 0, deleted: 0, hashChange: 0n };
  const stated = parts.reduce((sum, { part }) => sum + part.rows, 0);
  const inserted = await withoutOrder(session, stated, () =>
    session.run(
      attempted,
      `insert into ${tableOf(unit)} (_account_id, _primary_key, _person_key, _cursor_at, _extracted_at, _loaded_at, _run_id,
        _item, _deleted_at, _record_hash, _partition_date, record)
      select $1, l._primary_key, l._person_key, ${utc('l._cursor_at')}, p.extracted_at, ${utc('$2')}, $3, p.item, null,
        l._record_hash, l._partition_date, l.record
      from ${readingParts(parts)}`,
      [unit.key.accountId, loadedAt, unit.runId],
    ),
  );
  // Every load has a time of its own.
  const found = await session.row(
    attempted,
    `select cast(coalesce(bit_xor(${rowHash('r')}), 0) as varchar) as hash,
      count(*) - count(distinct hash(r._primary_key)) as doubles
    from ${tableOf(unit)} as r where r._loaded_at = ${utc('$1')} and r._account_id = $2`,
    [loadedAt, unit.key.accountId],
  );
  // The way over the stage knows which of two rows counts, and which part is not what its manifest says.
  if (inserted !== stated || found['doubles'] !== 0) throw new NeedsComparing();
  return { inserted, updated: 0, deleted: 0, hashChange: BigInt(String(found['hash'])) };
}

const tableOf = ({ key }: LoadUnit): string => rawTable(key.source, key.stream);

/** Few enough rows for their order to cost nothing. */
const fewRows = 20_000;

/** Order is no matter, and costs memory. */
export async function withoutOrder<T>(session: Session, rows: number, work: () => Promise<T>): Promise<T> {
  if (rows <= fewRows) return await work();
  await session.run('Forget the order', 'set session preserve_insertion_order = false');
  try {
    return await work();
  } finally {
    await session.run('Keep the order', 'reset session preserve_insertion_order');
  }
}
