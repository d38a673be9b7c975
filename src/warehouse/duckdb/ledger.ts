import type { LoadResult, LoadUnit } from '../port.ts';
import type { Session } from './session.ts';

/** Rows and content hash of an account's part of a raw table. */
export type TableState = { readonly rows: number; readonly hash: bigint };

/** How a unit was loaded; undefined when it was not. */
export async function fromLedger(session: Session, unit: LoadUnit): Promise<LoadResult | undefined> {
  const [row] = await session.rows(
    'Read the ledger',
    `select rows_inserted, rows_updated, rows_unchanged, rows_deleted, rows_quarantined, rows_quarantined_again, rows_duplicate
    from ops.load_ledger
    where source = $1 and account_id = $2 and stream = $3 and run_id = $4 and batch_id = $5`,
    [unit.key.source, unit.key.accountId, unit.key.stream, unit.runId, unit.batchId],
  );
  if (row === undefined) return undefined;
  return {
    inserted: Number(row['rows_inserted']),
    updated: Number(row['rows_updated']),
    unchanged: Number(row['rows_unchanged']),
    deleted: Number(row['rows_deleted']),
    quarantined: Number(row['rows_quarantined']),
    quarantinedAgain: Number(row['rows_quarantined_again']),
    duplicates: Number(row['rows_duplicate']),
    repeated: true,
  };
}

/** Time of the last load of all. */
export async function latestLoad(session: Session): Promise<string | undefined> {
  const { latest } = await session.row(
    'Find the last load',
    "select strftime(max(loaded_at), '%Y-%m-%dT%H:%M:%S.%gZ') as latest from ops.load_ledger",
  );
  return typeof latest === 'string' ? latest : undefined;
}

/** Rows and content hash of this account's part of the table, as the ledger knows them. */
export async function tableBefore(session: Session, unit: LoadUnit): Promise<TableState> {
  const [row] = await session.rows(
    'Read the ledger',
    `select table_rows, table_hash from ops.load_ledger
    where source = $1 and account_id = $2 and stream = $3 order by number desc limit 1`,
    [unit.key.source, unit.key.accountId, unit.key.stream],
  );
  return { rows: Number(row?.['table_rows'] ?? 0), hash: BigInt(String(row?.['table_hash'] ?? '0')) };
}
