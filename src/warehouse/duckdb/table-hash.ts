import type { Row, Scalar } from '../../contracts/sync.ts';
import { quoteTable } from './identifiers.ts';
import { splitTable } from '../table-name.ts';

/** `Warehouse.query` or a reader's: anything that answers SQL with rows. */
export type Query = (sql: string, params?: readonly Scalar[]) => Promise<readonly Row[]>;

/**
 * Hash of a table's content over all columns, independent of the order of rows: row count, exclusive or and sum of
 * the rows' md5 (the sum tells doubled rows, which cancel out in the exclusive or). Equal content gives equal text
 * in any file. `without` leaves columns out, e.g. `_loaded_at` when two runs are compared.
 */
export async function tableHash(query: Query, table: string, without: readonly string[] = []): Promise<string> {
  const { schema, table: name } = splitTable(table);
  const columns = await query(
    `select column_name as name from information_schema.columns
    where table_schema = $1 and table_name = $2 and table_catalog = current_database() order by column_name`,
    [schema, name],
  );
  const names = columns.map((column) => String(column['name'])).filter((column) => !without.includes(column));
  const fields = names.map((column) => `${JSON.stringify(column)} := cast(t.${JSON.stringify(column)} as varchar)`);
  const [row] = await query(
    `select count(*) as rows, cast(coalesce(bit_xor(h), 0) as varchar) as mixed,
      cast(coalesce(sum(cast(h % 1000000000000007 as hugeint)), 0) as varchar) as total
    from (select md5_number(cast(to_json(struct_pack(${fields.join(', ')})) as varchar)) as h from ${quoteTable(table)} as t)`,
  );
  return `${String(row?.['rows'])}:${BigInt(String(row?.['mixed'])).toString(16)}:${String(row?.['total'])}`;
}
