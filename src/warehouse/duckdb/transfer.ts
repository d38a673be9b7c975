import { existsSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { WarehouseError } from '../port.ts';
import {
  contentOf,
  fingerprintOf,
  isByAccount,
  runTables,
  type AccountDigest,
  type SourceFacts,
  type TransferColumn,
  type TransferSource,
  type TransferTable,
} from '../transfer.ts';
import { checkTables } from './check.ts';
import { Database } from './database.ts';
import { driftFailure } from './errors.ts';
import { quoteName, quoteText } from './identifiers.ts';
import { newestVersion, requireKnownVersion } from './schema.ts';
import type { JsonRow, Session } from './session.ts';

export type DuckdbTransferOptions = {
  /** The warehouse file; it is read only. */
  readonly path: string;
  /** Folder of its own for the parts; emptied first, and removed at the end. */
  readonly folder: string;
  readonly memoryLimit?: string;
  readonly partitioned: (source: string, stream: string) => boolean | undefined;
  /** Rows of a part at most. Default: as many as make 256 MB of text. */
  readonly partRows?: number;
};

const partBytes = 256_000_000;
/** Of text, before it is packed: BigQuery wants row groups of 16 MiB and more. */
const groupBytes = 64_000_000;
/** A statement of BigQuery names 1,000 tables at most. */
const mostParts = 500;

/** How an ops table is read; `t` is the table itself. Columns that are not listed are the table's own. */
const opsTables: readonly {
  readonly name: string;
  readonly owner: string;
  readonly more?: string;
  readonly columns?: Readonly<Record<string, string>>;
}[] = [
  { name: 'quarantine', owner: 'account_id' },
  { name: 'run_log', owner: 'run_id' },
  { name: 'stream_run', owner: 'account_id' },
  {
    name: 'load_ledger',
    owner: 'account_id',
    // Which partitions a load touched is not known here: all of them may have been.
    columns: {
      changed_from: 'cast(null as date)',
      changed_to: 'cast(null as date)',
      has_undated_changes: 't.is_change',
    },
  },
  { name: 'fence', owner: 'account_id' },
  {
    name: 'checkpoint',
    owner: 'account_id',
    more: `left join ops.fence as f
        on f.source = t.source and f.account_id = t.account_id and f.stream = t.stream and f.run_id = t.run_id
      left join (
        select source, account_id, stream, run_id, max(number) as number from ops.load_ledger group by all) as l
        on l.source = t.source and l.account_id = t.account_id and l.stream = t.stream and l.run_id = t.run_id`,
    columns: { fence: 'coalesce(f.fence, 0)', number: 'coalesce(l.number, 0)' },
  },
  ...runTables.map(({ name, owner }) => ({ name: name.replace('ops.', ''), owner })),
];

/** The warehouse file as a source to copy from. Nobody can write it meanwhile, and nothing is written to it. */
export async function openTransferSource(
  options: DuckdbTransferOptions,
): Promise<TransferSource & { close(): Promise<void> }> {
  const path = resolve(options.path);
  if (!existsSync(path)) {
    throw new WarehouseError('There is no warehouse file, so there is nothing to copy.', {
      kind: 'drift',
      fix: 'Write engine: bigquery into mailmart.yaml and run mailmart run, or name the right file in warehouse.path.',
    });
  }
  const folder = resolve(options.folder);
  const database = await Database.open({
    path,
    memoryLimit: options.memoryLimit ?? '2GB',
    folders: [dirname(path), folder],
    lockWaitMs: 0,
    isReadOnly: true,
  });
  try {
    await database.useAmply(async (session) => {
      await checkVersion(session);
      await checkTables(session);
    });
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    tables: (layout) => database.useAmply((session) => tablesOf(session, options, layout)),
    facts: (table) => database.useAmply((session) => factsOf(session, table, options.partRows)),
    writePart: (table, facts, part) =>
      database.useAmply(async (session) => {
        const file = join(folder, `${table.name.replace('.', '__')}-${part.index}.parquet`);
        const rowBytes = facts.bytes / Math.max(1, facts.rows);
        const groupRows = Math.min(122_880, Math.max(2_048, Math.floor(groupBytes / Math.max(1, rowBytes))));
        const columns = texts(table).map(({ name, sql }) => `${sql} as ${quoteName(name)}`);
        await session.run(
          `Write a part of ${table.name}`,
          `copy (select ${columns.join(', ')} from ${relation(table)} where t.rowid >= ${part.from} and t.rowid < ${part.to})
          to ${quoteText(file)} (format parquet, compression zstd, row_group_size ${groupRows})`,
        );
        await chmod(file, 0o600);
        return file;
      }),
    close: async () => {
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function checkVersion(session: Session): Promise<void> {
  const version = await requireKnownVersion(session);
  if (version === newestVersion) return;
  throw driftFailure(
    `The warehouse file has schema version ${version}, this mailmart works with ${newestVersion}.`,
    'Run mailmart transform once with this version of mailmart, then migrate.',
  );
}

async function tablesOf(
  session: Session,
  { partitioned }: DuckdbTransferOptions,
  layout: (name: string) => readonly TransferColumn[],
): Promise<readonly TransferTable[]> {
  const listed = async (schema: string): Promise<readonly string[]> => {
    const rows = await session.rows(
      `List ${schema} tables`,
      `select table_name as name from duckdb_tables()
      where database_name = current_database() and schema_name = ${quoteText(schema)} order by table_name`,
    );
    return rows.map(({ name }) => String(name));
  };
  const raw: TransferTable[] = [];
  for (const given of await listed('raw')) {
    const name = `raw.${given}`;
    const [source = '', ...rest] = given.split('__');
    const stream = rest.join('__');
    // Of a connector that this installation has no longer, the rows tell.
    const { dated } = await session.row(
      `Look at ${name}`,
      `select exists (select 1 from raw.${quoteName(given)} where _partition_date is not null) as dated`,
    );
    const isPartitioned = partitioned(source, stream) ?? dated === true;
    raw.push({
      name,
      columns: layout(name),
      owner: '_account_id',
      stream: { source, stream, partitioned: isPartitioned },
    });
  }
  const present = new Set(await listed('ops'));
  const ops = opsTables
    .filter(({ name }) => present.has(name))
    .map(({ name, owner }) => ({ name: `ops.${name}`, columns: layout(`ops.${name}`), owner }));
  for (const table of runTables) if (present.has(table.name.replace('ops.', ''))) await checkColumns(session, table);
  return [...raw, ...ops];
}

/** No part of the schema's version. */
async function checkColumns(session: Session, { name: table, columns }: (typeof runTables)[number]): Promise<void> {
  const rows = await session.rows(
    `Look at ${table}`,
    `select column_name as name from duckdb_columns()
    where database_name = current_database() and schema_name || '.' || table_name = ${quoteText(table)}`,
  );
  const missing = columns.find((column) => !rows.some(({ name }) => name === column.name));
  if (missing === undefined) return;
  throw driftFailure(
    `${table} was written by an older version of mailmart: it has no ${missing.name}.`,
    'Run mailmart transform once with this version of mailmart, then migrate.',
  );
}

const opsOf = (table: TransferTable) =>
  table.stream === undefined ? opsTables.find(({ name }) => table.name === `ops.${name}`) : undefined;

function relation(table: TransferTable): string {
  const [schema = '', name = ''] = table.name.split('.');
  return `${schema}.${quoteName(name)} as t ${opsOf(table)?.more ?? ''}`;
}

/**
 * Columns as texts: an instant as its microseconds since 1970, which no engine rounds or shifts; a decimal without the zeros that
 * only one engine writes.
 */
function texts(
  table: TransferTable,
): readonly { readonly name: string; readonly sql: string; readonly isJson: boolean }[] {
  return table.columns.map(({ name, type }) => {
    const value = opsOf(table)?.columns?.[name] ?? `t.${quoteName(name)}`;
    const text = `cast(${type === 'timestamp' ? `epoch_us(${value})` : value} as varchar)`;
    const sql = type === 'decimal' ? `rtrim(rtrim(${text}, '0'), '.')` : text;
    return { name, sql, isJson: type === 'json' };
  });
}

const rowText = (columns: readonly { readonly sql: string }[]): string =>
  `md5(concat(${columns.map(({ sql }) => `coalesce(${sql}, chr(30))`).join(', chr(31), ')}))`;

const aggregates = (hash: string): string =>
  `coalesce(bit_xor(cast(concat('0x', substr(${hash}, 1, 15)) as bigint)), 0)`;
const sums = (hash: string): string => `coalesce(sum(cast(concat('0x', substr(${hash}, 16, 7)) as bigint)), 0)`;

async function factsOf(session: Session, table: TransferTable, givenPartRows?: number): Promise<SourceFacts> {
  const attempted = `Read ${table.name}`;
  const columns = texts(table);
  const account = isByAccount(table) ? `t.${quoteName(table.owner)}` : `''`;
  const deleted = table.stream === undefined ? 'false' : 't._deleted_at is not null';
  const rows = await session.rows(
    attempted,
    `select account, count(*) as rows, count_if(deleted) as deleted, sum(bytes) as bytes, max(place) as last,
      cast(${aggregates('cells')} as varchar) as xor, cast(${sums('cells')} as varchar) as sum,
      cast(${aggregates('sent')} as varchar) as sent_xor, cast(${sums('sent')} as varchar) as sent_sum
    from (
      select ${account} as account, ${deleted} as deleted, t.rowid as place,
        ${columns.map(({ sql }) => `coalesce(strlen(${sql}), 0)`).join(' + ')} as bytes,
        ${rowText(columns.filter(({ isJson }) => !isJson))} as cells, ${rowText(columns)} as sent
      from ${relation(table)})
    group by account order by account`,
  );
  const owner = quoteName(table.owner);
  const owners = isByAccount(table)
    ? rows.map((row) => ({ owner: row['account'] ?? '' }))
    : await session.rows(attempted, `select distinct ${owner} as owner from ${relation(table)} order by ${owner}`);
  const count = total(rows, 'rows');
  const bytes = total(rows, 'bytes');
  const last = Math.max(0, ...rows.map((row) => Number(row['last'])));
  const wanted = givenPartRows ?? Math.max(1000, Math.floor(partBytes / Math.max(1, bytes / Math.max(1, count))));
  const partRows = Math.max(wanted, Math.ceil((last + 1) / mostParts));
  const chunks = await session.rows(
    attempted,
    `select t.rowid // ${partRows} as chunk, count(*) as rows from ${relation(table)} group by chunk order by chunk`,
  );
  const accounts = rows.map((row) => ({
    account: String(row['account']),
    rows: Number(row['rows']),
    deleted: Number(row['deleted']),
    xor: String(row['xor']),
    sum: String(row['sum']),
  })) satisfies AccountDigest[];
  const sent = {
    rows: count,
    xor: String(rows.reduce((all, row) => all ^ BigInt(String(row['sent_xor'])), 0n)),
    sum: String(rows.reduce((all, row) => all + BigInt(String(row['sent_sum'])), 0n)),
  };
  const parts = chunks.map((row, index) => {
    const from = Number(row['chunk']) * partRows;
    return { index, rows: Number(row['rows']), from, to: from + partRows };
  });
  return {
    rows: count,
    owners: owners.map(({ owner }) => String(owner)),
    accounts,
    sent,
    bytes,
    parts,
    // Rows that lie elsewhere make other parts.
    fingerprint: fingerprintOf(
      table.name,
      contentOf(accounts),
      `${sent.rows} ${sent.xor} ${sent.sum}`,
      parts.map(({ from, to, rows: inside }) => `${from}-${to}:${inside}`).join(' '),
    ),
  };
}

const total = (rows: readonly JsonRow[], column: string): number =>
  rows.reduce((sum, row) => sum + Number(row[column] ?? 0), 0);
