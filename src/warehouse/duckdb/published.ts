import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  DuckDBInstance,
  StatementType,
  type DuckDBConnection,
  type DuckDBResult,
  type DuckDBType,
} from '@duckdb/node-api';
import type { Json } from '../../contracts/json.ts';
import { WarehouseError } from '../port.ts';
import { failAgain, isCutShort } from './cut-short.ts';
import { warehouseFailure } from './errors.ts';
import { keepLeadingMarks } from './exact-text.ts';
import { noExtensions } from './no-extensions.ts';
import { toJson } from './values.ts';

keepLeadingMarks();

export type PublishedColumn = { readonly name: string; readonly type: string };

export type PublishedResult = {
  readonly columns: readonly PublishedColumn[];
  /** One array a row, in the order of columns: names may repeat. */
  readonly rows: readonly (readonly Json[])[];
  /** True when there were more rows than `maxRows`. */
  readonly truncated: boolean;
};

export type PublishedStream = {
  readonly columns: readonly PublishedColumn[];
  /** Batches of rows as they come; must be read to the end or returned from. */
  readonly batches: AsyncIterable<readonly (readonly Json[])[]>;
};

/** Read-only access to the published copy, safe for statements that a person types. */
export type Published = {
  readonly path: string;
  /** One SELECT; at most `maxRows` rows (default 10,000). */
  query(sql: string, options?: { readonly maxRows?: number }): Promise<PublishedResult>;
  /** One SELECT of any length, for CSV and JSON output. Only DuckDB's working time counts against the time-out, not the reader's. */
  stream(sql: string): Promise<PublishedStream>;
  /** Ends what is running: until DuckDB is done with it, the process cannot end. */
  interrupt(): void;
  close(): void;
};

export type PublishedOptions = {
  /** Longest working time of one statement; at most, and by default, 30 seconds. */
  readonly timeoutMs?: number;
  /** Default 512MB. */
  readonly memoryLimit?: string;
};

const longestTimeoutMs = 30_000;
const readable: readonly StatementType[] = [StatementType.SELECT, StatementType.EXPLAIN];

/** In this order: the last one makes all of them final. Nothing may spill to disk, because a query must not fill it. */
const lockDown: readonly string[] = [
  `set global TimeZone = 'UTC'`,
  `set global temp_directory = ''`,
  'set global enable_external_access = false',
  'set global lock_configuration = true',
];

/**
 * Opens the published file for reading: no other file, no extension, no setting can be reached from SQL, one
 * statement at a time, memory and working time bounded. The file may be replaced meanwhile; open it again to see that.
 */
export async function openPublished(path: string, options: PublishedOptions = {}): Promise<Published> {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new WarehouseError(`There is no published data at ${file} yet.`, {
      kind: 'rejected',
      fix: 'Run `mailmart run` first: it publishes at its end.',
    });
  }
  const timeoutMs = Math.min(options.timeoutMs ?? longestTimeoutMs, longestTimeoutMs);
  const instance = await create(file, options.memoryLimit ?? '512MB');
  const connections = new Set<DuckDBConnection>();
  let isInterrupted = false;

  /** Runs one step of DuckDB's work; past the time left it is interrupted. */
  const timed = async <T>(
    connection: DuckDBConnection,
    budget: { left: number },
    work: () => Promise<T>,
  ): Promise<T> => {
    const started = performance.now();
    let isLate = budget.left <= 0;
    const timer = setTimeout(
      () => {
        isLate = true;
        connection.interrupt();
      },
      Math.max(0, budget.left),
    );
    try {
      const done = await work();
      // A stream that was interrupted ends without an error.
      if (!isLate && !isInterrupted) return done;
    } catch (error) {
      if (!isLate && !isInterrupted) throw queryFailure(error);
    } finally {
      clearTimeout(timer);
      budget.left -= performance.now() - started;
      if (isLate) budget.left = 0;
    }
    throw isInterrupted ? new WarehouseError('The query was interrupted.', { kind: 'rejected' }) : late(timeoutMs);
  };

  const start = async (sql: string) => {
    const connection = await instance.connect();
    connections.add(connection);
    const budget = { left: timeoutMs };
    const end = () => {
      if (connections.delete(connection)) connection.closeSync();
    };
    try {
      const result = await timed(connection, budget, async () => {
        return await execute(connection, sql);
      });
      const columns = result.columnNames().map((name, index) => ({ name, type: typeName(result.columnType(index)) }));
      const next = async () => {
        const rows = await timed(connection, budget, () => fetchRows(result));
        if (rows === null && isCutShort(result)) await timed(connection, budget, () => failAgain(connection, sql));
        return rows;
      };
      return { columns, next, end };
    } catch (error) {
      end();
      throw error;
    }
  };

  return {
    path: file,

    async query(sql, { maxRows = 10_000 } = {}) {
      const { columns, next, end } = await start(sql);
      try {
        const rows: (readonly Json[])[] = [];
        while (rows.length <= maxRows) {
          const batch = await next();
          if (batch === null) break;
          for (const row of batch) rows.push(row);
        }
        return { columns, rows: rows.slice(0, maxRows), truncated: rows.length > maxRows };
      } finally {
        end();
      }
    },

    async stream(sql) {
      const { columns, next, end } = await start(sql);
      const batches = async function* () {
        try {
          for (let batch = await next(); batch !== null; batch = await next()) yield batch;
        } finally {
          end();
        }
      };
      return { columns, batches: batches() };
    },

    interrupt() {
      isInterrupted = true;
      for (const connection of connections) connection.interrupt();
    },

    close() {
      for (const connection of connections) connection.closeSync();
      connections.clear();
      instance.closeSync();
    },
  };
}

async function create(file: string, memoryLimit: string): Promise<DuckDBInstance> {
  try {
    const instance = await DuckDBInstance.create(file, {
      access_mode: 'READ_ONLY',
      ...noExtensions,
      memory_limit: memoryLimit,
    });
    const connection = await instance.connect();
    try {
      for (const setting of lockDown) await connection.run(setting);
    } catch (error) {
      instance.closeSync();
      throw error;
    } finally {
      connection.closeSync();
    }
    return instance;
  } catch (error) {
    throw ofCopy(warehouseFailure(error, `Could not open ${file}`));
  }
}

/** What is damaged or held is the copy, not the warehouse. */
function ofCopy(failure: WarehouseError): WarehouseError {
  if (failure.kind === 'locked') {
    const message = failure.message.replace('The warehouse file is in use by', 'It is open for writing in');
    const fix = 'Close it there, or open it read-only there (duckdb -readonly); the next run replaces it in any case.';
    return new WarehouseError(message, { kind: 'locked', fix }, { cause: failure.cause });
  }
  if (failure.kind !== 'drift') return failure;
  const message = failure.message.replace('The warehouse file', 'The published copy');
  return new WarehouseError(
    message,
    { kind: 'drift', fix: 'Run `mailmart run`: it publishes a new copy.' },
    { cause: failure.cause },
  );
}

async function execute(connection: DuckDBConnection, sql: string): Promise<DuckDBResult> {
  const statements = await extract(connection, sql);
  if (statements?.count !== 1) {
    throw new WarehouseError(`Expected one statement, got ${statements?.count ?? 0}.`, {
      kind: 'rejected',
      // DuckDB makes two of a PIVOT that has to look for its values first.
      fix: `Give one SELECT at a time.${/\bpivot\b/i.test(sql) ? ' A PIVOT has to name its values: on month in (…).' : ''}`,
    });
  }
  const prepared = await statements.prepare(0);
  if (!readable.includes(prepared.statementType)) {
    throw new WarehouseError('Only SELECT (also WITH, FROM, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN) is possible here.', {
      kind: 'rejected',
      fix: 'The published copy is for reading; data changes by `mailmart run`.',
    });
  }
  if (prepared.parameterCount > 0) {
    throw new WarehouseError('The statement has parameters, and there are no values for them.', {
      kind: 'rejected',
      fix: 'Write the values into the statement.',
    });
  }
  return await prepared.stream();
}

/** Undefined where there is none: blanks and comments, at which the driver throws without saying so. */
async function extract(
  connection: DuckDBConnection,
  sql: string,
): Promise<Awaited<ReturnType<DuckDBConnection['extractStatements']>> | undefined> {
  try {
    return await connection.extractStatements(sql);
  } catch (error) {
    if (error instanceof Error && /native callback/.test(error.message)) return undefined;
    throw error;
  }
}

async function fetchRows(result: DuckDBResult): Promise<readonly (readonly Json[])[] | null> {
  const chunk = await result.fetchChunk();
  if (chunk === null || chunk.rowCount === 0) return null;
  return chunk.convertRows(toJson);
}

function late(timeoutMs: number): WarehouseError {
  return new WarehouseError(`The query was stopped after ${timeoutMs / 1000} seconds.`, {
    kind: 'rejected',
    fix: 'Narrow it: fewer rows, a WHERE, no cross join.',
  });
}

/** A person's own statement may be quoted back to them, but not the place in DuckDB's documentation. */
function queryFailure(error: unknown): WarehouseError {
  if (error instanceof Error && /file system operations are disabled/.test(error.message)) {
    return new WarehouseError('A query reaches the published tables and no file.', {
      kind: 'rejected',
      fix: 'To write the result to a file: mailmart query "…" --csv > result.csv',
    });
  }
  const failure = ofCopy(warehouseFailure(error, 'Query failed'));
  if (failure.kind !== 'transient' || !/memory limit/.test(failure.message)) return failure;
  return new WarehouseError('The query needs more memory than it may use.', {
    kind: 'rejected',
    fix: 'Narrow it: fewer rows or columns, no cross join, no huge sort.',
  });
}

/** JSON is VARCHAR under another name; people want to see that name. */
function typeName(type: DuckDBType): string {
  return type.alias ?? type.toString();
}
