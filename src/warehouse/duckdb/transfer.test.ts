import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TransferColumn, TransferTable } from '../transfer.ts';
import { createFixture, key, landUnit, row, type Fixture } from './load-fixture.ts';
import { newestVersion } from './schema.ts';
import { openTransferSource, type DuckdbTransferOptions } from './transfer.ts';

let fixture: Fixture;
let folder: string;
beforeEach(() => {
  fixture = createFixture();
  folder = join(fixture.folder, 'migrate');
});
afterEach(() => fixture.remove());

const layout = (name: string): readonly TransferColumn[] =>
  name.startsWith('raw.')
    ? ['_account_id', '_primary_key', '_person_key'].map((column) => ({ name: column, type: 'string' }))
    : [
        { name: 'account_id', type: 'string' },
        { name: 'run_id', type: 'string' },
      ];

async function withSource<T>(
  work: (source: Awaited<ReturnType<typeof openTransferSource>>) => Promise<T>,
  options: Partial<DuckdbTransferOptions> = {},
): Promise<T> {
  const source = await openTransferSource({ path: fixture.path, folder, partitioned: () => undefined, ...options });
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}

/** Changes the file by SQL, with the schemas that a warehouse has. */
async function write(...statements: readonly string[]): Promise<void> {
  const warehouse = await fixture.open();
  for (const statement of statements) await warehouse.query(statement);
  await warehouse.close();
}

async function loaded(rows: number, of = key, partition: string | null = null): Promise<void> {
  const warehouse = await fixture.open();
  const fence = await warehouse.takeFence(of, 'run-1');
  const ids = Array.from({ length: rows }, (_, index) => `m${index}`);
  const records = ids.map((id) => ({ ...row(id, { id }), _partition_date: partition }));
  const table = { source: of.source, stream: of.stream, partitioned: false };
  await warehouse.ensureRawTable(table);
  await warehouse.load(
    await landUnit(fixture.landing, { key: of, table, runId: 'run-1', batchId: 'b', fence }, records),
  );
  await warehouse.close();
}

const table = (columns: readonly TransferColumn[], name = 'ops.made'): TransferTable => ({
  name,
  columns,
  owner: 'account_id',
});

describe('a file to copy from', () => {
  it('that is not there, or of another version, is said to be so', async () => {
    await expect(withSource(async () => {})).rejects.toMatchObject({
      kind: 'drift',
      message: expect.stringContaining('There is no warehouse file') as string,
    });
    await write('delete from ops.schema_version where version > 1');
    await expect(withSource(async () => {})).rejects.toThrow(
      `The warehouse file has schema version 1, this mailmart works with ${newestVersion}.`,
    );
  });

  it('of a later version is not to be transformed by this one first', async () => {
    await write(`insert into ops.schema_version values (99, 'of a later mailmart', now()::timestamp)`);
    await expect(withSource(async () => {})).rejects.toMatchObject({
      kind: 'drift',
      fix: expect.stringMatching(/Use the version of mailmart that wrote the file/) as string,
    });
  });

  it('whose rows are not those that were committed is not copied', async () => {
    await loaded(3);
    await write(`delete from raw.mailchimp__members where _primary_key = '["m1"]'`);
    await expect(withSource(async () => {})).rejects.toThrow('The warehouse file is damaged');
  });

  it('has its parts in a folder of its own, which older ones leave and nobody else reads', async () => {
    await loaded(3);
    mkdirSync(folder);
    writeFileSync(join(folder, 'left.parquet'), '');
    await withSource(async (source) => {
      expect(readdirSync(folder)).toEqual([]);
      const [members] = await source.tables(layout);
      const facts = await source.facts(members!);
      const file = await source.writePart(members!, facts, facts.parts[0]!);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    });
    expect(existsSync(folder)).toBe(false);
  });

  it('lists raw tables and then what says that their rows are there, partitioned as the stream or its rows are', async () => {
    await loaded(1);
    await loaded(1, { ...key, source: 'gone', stream: 'a__b' });
    await loaded(1, { ...key, source: 'gone', stream: 'dated' }, '2026-01-01');
    const tables = await withSource((source) => source.tables(layout), {
      partitioned: (source, stream) => (source === 'mailchimp' ? stream === 'members' : undefined),
    });
    expect(tables.map(({ name }) => name)).toEqual([
      'raw.gone__a__b',
      'raw.gone__dated',
      'raw.mailchimp__members',
      'ops.quarantine',
      'ops.run_log',
      'ops.stream_run',
      'ops.load_ledger',
      'ops.fence',
      'ops.checkpoint',
    ]);
    expect(tables.flatMap(({ stream }) => (stream === undefined ? [] : [stream]))).toEqual([
      { source: 'gone', stream: 'a__b', partitioned: false },
      { source: 'gone', stream: 'dated', partitioned: true },
      { source: 'mailchimp', stream: 'members', partitioned: true },
    ]);
  });
});

describe('the facts of a table', () => {
  const text: TransferColumn = { name: 'v', type: 'string' };
  const account: TransferColumn = { name: 'account_id', type: 'string' };
  const factsOf = async (
    type: string,
    cells: readonly string[],
    columns: readonly TransferColumn[] = [account, text],
    more: Partial<DuckdbTransferOptions> = {},
  ) => {
    await write(
      `create or replace table ops.made (account_id varchar, v ${type}, w varchar)`,
      ...cells.map((cell) => `insert into ops.made values ('a', ${cell}, 'w')`),
    );
    return await withSource((source) => source.facts(table(columns)), more);
  };
  const digest = async (...args: Parameters<typeof factsOf>) => (await factsOf(...args)).accounts;

  it.each<[string, string, string, TransferColumn['type'], string]>([
    ['a text that is empty and none', 'varchar', "''", 'string', 'null'],
    [
      'instants a microsecond apart',
      'timestamp',
      "'2026-01-01 00:00:00.000001'",
      'timestamp',
      "'2026-01-01 00:00:00.000002'",
    ],
    ['ten and one hundred', 'decimal(38, 9)', '10', 'decimal', '100'],
  ])('tell %s apart', async (_, sqlType, one, type, other) => {
    const columns: readonly TransferColumn[] = [account, { name: 'v', type }];
    expect(await digest(sqlType, [one], columns)).not.toEqual(await digest(sqlType, [other], columns));
  });

  it('tell the border of two columns', async () => {
    const facts = async (v: string, w: string) => {
      await write(`create or replace table ops.made as select 'a' as account_id, '${v}' as v, '${w}' as w`);
      return await withSource((source) => source.facts(table([account, text, { name: 'w', type: 'string' }])));
    };
    expect((await facts('ab', 'c')).accounts).not.toEqual((await facts('a', 'bc')).accounts);
  });

  it('count a row that is there twice, and do not see the order of rows', async () => {
    expect(await digest('varchar', ["'x'", "'y'"])).toEqual(await digest('varchar', ["'y'", "'x'"]));
    expect(await digest('varchar', ["'x'", "'x'", "'y'"])).not.toEqual(await digest('varchar', ["'y'", "'z'", "'z'"]));
  });

  it('move with JSON as it is sent, which is no part of what is compared', async () => {
    const json: readonly TransferColumn[] = [account, { name: 'v', type: 'json' }];
    const [one, other] = [await factsOf('json', [`'{"a":1}'`], json), await factsOf('json', [`'{"a":2}'`], json)];
    expect(one.accounts).toEqual(other.accounts);
    expect(one.sent).not.toEqual(other.sent);
    expect(one.fingerprint).not.toBe(other.fingerprint);
  });

  it('have every row in one part, also where rows are gone, and 500 parts at most', async () => {
    await write(
      'create or replace table ops.made (account_id varchar, v varchar)',
      "insert into ops.made select 'a', n from range(1201) as t(n)",
      'delete from ops.made where v::int between 10 and 29 or v::int % 2 = 1',
    );
    const source = (partRows: number) =>
      withSource(
        async (opened) => {
          const facts = await opened.facts(table([account, text]));
          return facts;
        },
        { partRows },
      );
    const few = await source(10);
    expect(few.parts.length).toBeLessThanOrEqual(500);
    for (const [index, part] of few.parts.entries()) expect(part).toMatchObject({ index, to: part.from + 10 });
    expect(few.parts.reduce((sum, part) => sum + part.rows, 0)).toBe(591);
    const many = await source(1);
    expect(many.parts.length).toBeGreaterThan(300);
    expect(many.parts.length).toBeLessThanOrEqual(500);
    expect(many.parts.reduce((sum, part) => sum + part.rows, 0)).toBe(591);
    expect(many.accounts).toEqual(few.accounts);
    expect(many.fingerprint).not.toBe(few.fingerprint);
  });

  it('are written to parts row by row: each one once', async () => {
    await write(
      'create or replace table ops.made (account_id varchar, v varchar)',
      "insert into ops.made select 'a', n from range(25) as t(n)",
    );
    const found = await withSource(
      async (source) => {
        const made = table([account, text]);
        const facts = await source.facts(made);
        const files: string[] = [];
        for (const part of facts.parts) files.push(await source.writePart(made, facts, part));
        const reader = await (
          await (await DuckDBInstance.create(':memory:')).connect()
        ).runAndReadAll(
          `select count(*), count(distinct v) from read_parquet([${files.map((file) => `'${file}'`).join(', ')}])`,
        );
        return reader.getRows()[0];
      },
      { partRows: 10 },
    );
    expect(found).toEqual([25n, 25n]);
  });

  it('of a table without rows are none', async () => {
    expect(await factsOf('varchar', [])).toMatchObject({
      rows: 0,
      owners: [],
      accounts: [],
      parts: [],
      sent: { rows: 0, xor: '0', sum: '0' },
    });
  });
});
