import { statSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { openPublished } from '../../warehouse/duckdb/index.ts';
import type { Published } from '../../warehouse/duckdb/index.ts';
import type { Json } from '../../contracts/json.ts';
import { WarehouseError } from '../../warehouse/port.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { csvText } from '../csv.ts';
import { excludeEachOther } from '../exclude-each-other.ts';
import type { ExitName } from '../exit-codes.ts';
import { OutputLost } from '../output.ts';
import { tableText } from '../table.ts';
import type { Cell } from '../table.ts';
import { terminalText } from '../terminal-text.ts';

export type QueryFlags = {
  readonly csv?: boolean;
  readonly raw?: boolean;
  readonly limit?: string;
  readonly timeout?: string;
};

/** `mailmart query "<sql>"`: one SELECT on the published copy. */
export async function query(context: Context, sql: string, flags: QueryFlags): Promise<ExitName> {
  const { output } = context;
  const limit = positive('--limit', flags.limit ?? '100', 1_000_000);
  const timeoutMs = positive('--timeout', flags.timeout ?? '30', 30) * 1000;
  excludeEachOther({ '--csv': flags.csv, '--json': output.json });
  const statement = sql === '-' ? await readAll(process.stdin) : sql;
  const published = await openForReading((await context.project()).paths.published, timeoutMs);
  const interrupt = (): void => published.interrupt();
  context.signal.addEventListener('abort', interrupt, { once: true });
  try {
    if (flags.csv === true) await writeCsv(published, statement, flags.raw === true);
    else if (output.json) await writeJson(published, statement);
    else await writeTable(context, published, statement, limit);
  } catch (error) {
    throw queryError(error);
  } finally {
    context.signal.removeEventListener('abort', interrupt);
    published.close();
  }
  return 'done';
}

/** The published copy, or the message that there is none yet. */
export async function openForReading(path: string, timeoutMs = 30_000): Promise<Published> {
  // Throws where the folder may not be looked into: who may not see the copy is not told to make one.
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw new CliError({
      code: 'DATA_NOT_PUBLISHED',
      exit: 'error',
      what: 'Nothing is published yet.',
      where: path,
      why: 'Readers use a copy that a run writes at its end.',
      fix: 'mailmart run',
    });
  }
  return await openPublished(path, { timeoutMs });
}

async function writeTable(context: Context, published: Published, sql: string, limit: number): Promise<void> {
  const { columns, rows, truncated } = await published.query(sql, { maxRows: limit });
  context.output.data(
    tableText(
      columns.map(({ name }) => name),
      rows.map((row) => row.map(cellOf)),
    ),
  );
  context.output.say(
    `${rows.length} row${rows.length === 1 ? '' : 's'}${truncated ? ' (there are more: --limit, --csv or --json)' : ''}`,
  );
}

async function writeCsv(published: Published, sql: string, raw: boolean): Promise<void> {
  const { columns, batches } = await published.stream(sql);
  const names = columns.map(({ name }) => name);
  await write(csvText(names, [], { raw }));
  for await (const batch of batches) {
    const text = csvText(
      names,
      batch.map((row) => row.map(plainOf)),
      { raw },
    );
    // The head was written once; each batch comes with it again.
    await write(text.slice(csvText(names, [], { raw }).length));
  }
}

async function writeJson(published: Published, sql: string): Promise<void> {
  const { columns, batches } = await published.stream(sql);
  await write(`{\n  "version": 1,\n  "command": "query",\n  "columns": ${JSON.stringify(columns)},\n  "rows": [`);
  let first = true;
  for await (const batch of batches) {
    const text = batch.map((row) => `\n    ${JSON.stringify(row)}`).join(',');
    await write(`${first ? '' : ','}${text}`);
    first = false;
  }
  await write(`${first ? '' : '\n  '}]\n}\n`);
}

function write(text: string): Promise<void> {
  return new Promise((done, fail) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined) done();
      else fail(new OutputLost('', { cause: error }));
    });
  });
}

function cellOf(value: Json): Cell {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

/** In a file every character stays; on a terminal control characters go. */
function plainOf(value: Json): string | number | boolean | null {
  const plain = typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  return typeof plain === 'string' && process.stdout.isTTY ? terminalText(plain, 100_000) : plain;
}

function queryError(error: unknown): unknown {
  if (!(error instanceof WarehouseError) || error.kind !== 'rejected') return error;
  const late = /stopped after/.test(error.message);
  return new CliError(
    {
      code: late ? 'QUERY_TIMEOUT' : 'QUERY_REFUSED',
      exit: 'error',
      what: error.message,
      fix: error.fix ?? 'See the tables: mailmart query "show all tables"',
    },
    { cause: error },
  );
}

function positive(flag: string, text: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number <= most) return number;
  throw new CliError({
    code: 'USAGE',
    exit: 'usage',
    what: `${flag} must be a whole number from 1 to ${most}.`,
    fix: `For example ${flag} ${Math.min(most, 100)}`,
  });
}
