import { DuckDBInstance } from '@duckdb/node-api';
import type { Row, Scalar } from '../../src/contracts/sync.ts';
import { openPublished, tableHash } from '../../src/warehouse/duckdb/index.ts';

export type Hashes = Readonly<Record<string, string>>;
type Query = (sql: string, params?: readonly Scalar[]) => Promise<readonly Row[]>;

/** What differs from run to run without any difference in the data: when and by which run a row was written. */
const bookkeeping = ['_loaded_at', '_run_id', '_extracted_at'];

/** Answers SQL on the readers' copy, as `mailmart query` does. */
export async function withPublished<T>(file: string, use: (query: Query) => Promise<T>): Promise<T> {
  const published = await openPublished(file);
  try {
    return await use(async (sql, params = []) => {
      // The reader takes no parameters: those of the tests are names of tables.
      const text = sql.replaceAll(/\$(\d)/g, (_all, n: string) => `'${String(params[Number(n) - 1])}'`);
      const { columns, rows } = await published.query(text, { maxRows: 1_000_000 });
      return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])));
    });
  } finally {
    published.close();
  }
}

/** Answers SQL on the warehouse itself, read-only. No process may hold the file. */
export async function withWarehouse<T>(file: string, use: (query: Query) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  try {
    return await use(async (sql, params = []) => {
      const reader = await connection.runAndReadAll(sql, params.length === 0 ? undefined : [...params]);
      return reader.getRowObjectsJson();
    });
  } finally {
    // Both: the file stays locked for others as long as a connection is open.
    connection.closeSync();
    instance.closeSync();
  }
}

/** Content hash of every mart of the readers' copy, all columns. */
export async function martHashes(file: string): Promise<Hashes> {
  return await withPublished(file, (query) => hashes(query, 'marts', []));
}

/** Content hash of every raw table, without the columns that only say when it was loaded. No process may hold the file. */
export async function rawHashes(warehouseFile: string): Promise<Hashes> {
  return await withWarehouse(warehouseFile, (query) => hashes(query, 'raw', bookkeeping));
}

async function hashes(query: Query, schema: 'marts' | 'raw', without: readonly string[]): Promise<Hashes> {
  const tables = await query(
    `select table_name as name from information_schema.tables where table_schema = '${schema}' order by 1`,
  );
  if (tables.length === 0) throw new Error(`there is no table in ${schema}: equal hashes would mean nothing`);
  const found: Record<string, string> = {};
  for (const { name } of tables) found[String(name)] = await tableHash(query, `${schema}.${String(name)}`, without);
  return found;
}
