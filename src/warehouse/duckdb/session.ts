import type { DuckDBConnection } from '@duckdb/node-api';
import type { Json } from '../../contracts/json.ts';
import type { Scalar } from '../../contracts/sync.ts';
import { failAgain, isCutShort } from './cut-short.ts';
import { warehouseFailure } from './errors.ts';
import { keepLeadingMarks } from './exact-text.ts';
import { bindScalar, toJson } from './values.ts';

keepLeadingMarks();

export type JsonRow = Record<string, Json>;

/** One connection with typed, mapped calls. Failures are WarehouseErrors that say what was attempted. */
export class Session {
  readonly connection: DuckDBConnection;

  constructor(connection: DuckDBConnection) {
    this.connection = connection;
  }

  /** Runs a statement; parameters are `$1`, `$2` ... Returns the number of changed rows. */
  async run(attempted: string, sql: string, params: readonly Scalar[] = []): Promise<number> {
    try {
      return (await this.#execute(sql, params)).rowsChanged;
    } catch (error) {
      throw warehouseFailure(error, attempted);
    }
  }

  async rows(attempted: string, sql: string, params: readonly Scalar[] = []): Promise<JsonRow[]> {
    try {
      const result = await this.#execute(sql, params);
      return await result.convertRowObjects(toJson);
    } catch (error) {
      throw warehouseFailure(error, attempted);
    }
  }

  /** The only row of a query that always gives one. */
  async row(attempted: string, sql: string, params: readonly Scalar[] = []): Promise<JsonRow> {
    return (await this.rows(attempted, sql, params))[0] ?? {};
  }

  /** Rows as they come, without holding them all. */
  async *stream(attempted: string, sql: string, params: readonly Scalar[] = []): AsyncGenerator<JsonRow[]> {
    try {
      const bound = params.map(bindScalar);
      const values = bound.map(({ value }) => value);
      const types = bound.map(({ type }) => type);
      const result = await this.connection.stream(sql, values, types);
      for await (const rows of result.yieldConvertedRowObjects(toJson)) yield rows;
      if (isCutShort(result)) await failAgain(this.connection, sql, values, types);
    } catch (error) {
      throw warehouseFailure(error, attempted);
    }
  }

  /** Commits what `work` does, or takes all of it back. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.run('Begin a transaction', 'begin transaction');
    let result: T;
    try {
      result = await work();
    } catch (error) {
      // The failure that matters is the first one; a transaction that DuckDB already ended cannot be rolled back again.
      await this.connection.run('rollback').catch(() => undefined);
      throw error;
    }
    try {
      await this.run('Commit', 'commit');
    } catch (error) {
      await this.connection.run('rollback').catch(() => undefined);
      throw error;
    }
    return result;
  }

  async #execute(sql: string, params: readonly Scalar[]) {
    if (params.length === 0) return await this.connection.run(sql);
    const bound = params.map(bindScalar);
    return await this.connection.run(
      sql,
      bound.map(({ value }) => value),
      bound.map(({ type }) => type),
    );
  }
}
