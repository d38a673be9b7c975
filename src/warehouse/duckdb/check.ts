import { stat } from 'node:fs/promises';
import { driftFailure } from './errors.ts';
import { quoteName } from './identifiers.ts';
import { rowHash } from './merge.ts';
import type { Session } from './session.ts';

/** DuckDB's three headers before the first block. */
const headerBytes = 3 * 4096;

/**
 * Whether the file still holds what was committed: its length (a cut tail opens without error), and per raw table and
 * account the row count and content hash of the ledger. Reads keys and hashes only, not the records.
 */
export async function checkFile(session: Session, path: string): Promise<void> {
  await checkLength(session, path);
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

async function checkLength(session: Session, path: string): Promise<void> {
  const size = await session.row(
    'Read the file size',
    `select block_size, total_blocks from pragma_database_size() where database_name = current_database()`,
  );
  const expected = headerBytes + Number(size['block_size']) * Number(size['total_blocks']);
  const actual = (await stat(path)).size;
  if (actual < expected) {
    throw driftFailure(`The warehouse file is cut off: it has ${actual} bytes, its header says ${expected}.`);
  }
}
