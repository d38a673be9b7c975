import { stat } from 'node:fs/promises';
import { driftFailure } from './errors.ts';
import { quoteName, quoteText } from './identifiers.ts';
import { rowHash } from './merge.ts';
import type { Session } from './session.ts';

/** DuckDB's three headers before the first block. */
const headerBytes = 3 * 4096;

/**
 * Whether the raw tables still hold what was committed: per table and account the row count and content hash of the
 * ledger. Reads keys and hashes only, not the records.
 */
export async function checkTables(session: Session): Promise<void> {
  const expected = await session.rows(
    'Read the ledger',
    `select table_name, account_id, arg_max(table_rows, number) as rows, arg_max(table_hash, number) as hash
    from ops.load_ledger group by table_name, account_id`,
  );
  const found = new Map<string, string>();
  const tables = await session.rows(
    'List raw tables',
    `select table_name as name from duckdb_tables() where database_name = current_database() and schema_name = 'raw' order by table_name`,
  );
  for (const { name } of tables) {
    const rows = await session.rows(
      `Check raw.${String(name)}`,
      `select _account_id as account_id, count(*) as rows, cast(bit_xor(${rowHash('r')}) as varchar) as hash
      from raw.${quoteName(String(name))} as r group by _account_id`,
    );
    for (const row of rows)
      found.set(`raw.${String(name)} ${String(row['account_id'])}`, `${row['rows']} ${row['hash']}`);
  }
  for (const row of expected) {
    const place = `${String(row['table_name'])} ${String(row['account_id'])}`;
    const [foundRows = '0', foundHash = '0'] = (found.get(place) ?? '0 0').split(' ');
    found.delete(place);
    if (foundRows !== String(row['rows'])) {
      throw driftFailure(
        `The warehouse file is damaged: ${place} has ${foundRows} rows, the ledger says ${row['rows']}.`,
      );
    }
    if (foundHash !== String(row['hash'])) {
      throw driftFailure(`The warehouse file is damaged: the rows of ${place} are not those that were committed.`);
    }
  }
  for (const place of found.keys())
    throw driftFailure(`The warehouse file is damaged: ${place} has rows that no load wrote.`);
}

/**
 * Whether the file is long enough for the blocks in use: DuckDB opens one whose tail was cut off without error. The
 * header's own number of blocks is no measure, it counts free ones that were never written (seen after kills). Only
 * right after opening and without a `.wal`, whose replay uses blocks that are not in the file yet.
 */
export async function checkLength(session: Session, path: string): Promise<void> {
  const tables = await session.rows(
    'List tables',
    `select schema_name as schema, table_name as name from duckdb_tables()
    where database_name = current_database() and not temporary`,
  );
  const used = ['select max(block_id) as block from pragma_metadata_info()'];
  for (const { schema, name } of tables) {
    const table = quoteText(`${quoteName(String(schema))}.${quoteName(String(name))}`);
    used.push(
      `select greatest(max(block_id), max(list_max(additional_block_ids))) as block from pragma_storage_info(${table})`,
    );
  }
  const { last, size } = await session.row(
    'Find the last block in use',
    `select coalesce(max(block), -1) as last,
      (select block_size from pragma_database_size() where database_name = current_database()) as size
    from (${used.join(' union all ')})`,
  );
  const expected = headerBytes + (Number(last) + 1) * Number(size);
  const actual = (await stat(path)).size;
  if (actual < expected) {
    throw driftFailure(`The warehouse file is cut off: it has ${actual} bytes, its tables need ${expected}.`);
  }
}
