import {
  ResultReturnType,
  type DuckDBConnection,
  type DuckDBResult,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { WarehouseError } from '../port.ts';

/** Whether a streamed result that gives no more rows failed: node-api ends it as it ends a whole one, and only its type tells. */
export function isCutShort(result: DuckDBResult): boolean {
  return result.returnType === ResultReturnType.INVALID;
}

/**
 * Throws why a streamed statement failed. The driver keeps no error of a result once it streams, so the statement runs again
 * without its rows, which meets the same row or the same damaged block.
 */
export async function failAgain(
  connection: DuckDBConnection,
  sql: string,
  values?: DuckDBValue[],
  types?: DuckDBType[],
): Promise<never> {
  await connection.run(`explain analyze ${sql}`, values, types);
  throw new WarehouseError('The query failed part-way, and not when it ran again.', {
    kind: 'transient',
    fix: 'Run it again.',
  });
}
