import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Warehouse, WarehouseError } from '../port.ts';
import { loadMended, mended } from '../mended.fixture.ts';
import { createFixture, key, landUnit, now, row, type Fixture } from './load-fixture.ts';
import { openPublished, type Published } from './published.ts';
import { replacePublished } from './replace-published.ts';
import { Session } from './session.ts';
import { streamCounts } from '../../contracts/counts.fixture.ts';

let fixture: Fixture;
let warehouse: Warehouse;
let published: Published;
/** A busy machine may take longer than it lets anything take: for what is to be stopped. */
let hurried: Published;

beforeAll(async () => {
  fixture = createFixture();
  warehouse = await fixture.open();
  const fence = await warehouse.takeFence(key, 'run-1');
  const refused = {
    slice: 's',
    position: 'row 1',
    path: 'at',
    reason: 'no date',
    record: '{"mail":"secret@example.org"}',
  };
  const person = row('m1', { id: 'm1', email_address: 'secret@example.org' });
  await warehouse.load(await landUnit(fixture.landing, { runId: 'run-1', batchId: 'b', fence }, [person], [refused]));
  await warehouse.runModel('run-1', { name: 'marts.kpi', kind: 'table', fingerprint: 'f' }, [
    `create table marts.kpi as select 12345678901234.123456789::decimal(38, 9) as amount, 9007199254740993 as big, 7 as small,
      0.5::double as rate, timestamp '2026-06-30 12:00:00' as at, date '2026-06-30' as day, true as yes, null::varchar as none,
      '{"a":1}'::json as document, ['a', 'b'] as list, 'é' as text`,
  ]);
  await warehouse.runModel('run-1', { name: 'marts.kpi_view', kind: 'view', fingerprint: 'f' }, [
    'create view marts.kpi_view as select amount from marts.kpi',
  ]);
  await warehouse.publish('run-1');
  published = await openPublished(fixture.publishedPath, { memoryLimit: '100MB' });
  hurried = await openPublished(fixture.publishedPath, { timeoutMs: 700 });
});
afterAll(async () => {
  published.close();
  hurried.close();
  await warehouse.close();
  fixture.remove();
});

test('values are exact and safe for JSON, with their types', async () => {
  const { columns, rows, truncated } = await published.query('select * from marts.kpi');
  expect(truncated).toBe(false);
  expect(Object.fromEntries(columns.map((column, index) => [column.name, [column.type, rows[0]?.[index]]]))).toEqual({
    amount: ['DECIMAL(38,9)', '12345678901234.123456789'],
    big: ['BIGINT', '9007199254740993'],
    small: ['INTEGER', 7],
    rate: ['DOUBLE', 0.5],
    at: ['TIMESTAMP', '2026-06-30T12:00:00.000Z'],
    day: ['DATE', '2026-06-30'],
    yes: ['BOOLEAN', true],
    none: ['VARCHAR', null],
    document: ['JSON', '{"a":1}'],
    list: ['VARCHAR[]', ['a', 'b']],
    text: ['VARCHAR', 'é'],
  });
});

test('it holds marts and status, nothing raw and no address', async () => {
  const { rows } = await published.query(
    `select table_schema || '.' || table_name from information_schema.tables order by 1`,
  );
  expect(rows.flat()).toEqual([
    'marts.kpi',
    'marts.kpi_view',
    'status.freshness',
    'status.models',
    'status.publication',
    'status.quarantine',
    'status.runs',
    'status.streams',
    'status.tables',
  ]);
  for (const [table] of rows) {
    const content = await published.query(`select to_json(t)::varchar from ${String(table)} as t`);
    expect(JSON.stringify(content.rows)).not.toContain('secret');
  }
  expect((await published.query('select stream, path, reason, row_count from status.quarantine')).rows).toEqual([
    ['members', 'at', 'no date', 1],
  ]);
});

test.each([
  [`select * from read_text('/etc/passwd')`],
  [`select * from '/etc/passwd'`],
  [`select * from read_csv('/etc/passwd')`],
  [`from read_blob('/proc/self/environ')`],
  [`select * from glob('/etc/*')`],
  [`select * from sniff_csv('/etc/passwd')`],
  [`select * from parquet_metadata('/etc/passwd')`],
  [`copy (select 1) to '/tmp/mailmart-attack.csv'`],
  [`copy marts.kpi from '/etc/passwd'`],
  [`export database '/tmp/mailmart-attack'`],
  [`import database '/tmp/mailmart-attack'`],
  [`attach '/tmp/mailmart-attack.duckdb'`],
  [`attach ':memory:' as m`],
  ['install httpfs'],
  ['load httpfs'],
  [`load '/tmp/x.duckdb_extension'`],
  [`set memory_limit = '100GB'`],
  ['set enable_external_access = true'],
  ['set lock_configuration = false'],
  ['reset memory_limit'],
  [`pragma memory_limit = '100GB'`],
  ['call pragma_version()'],
  ['create table marts.x as select 1'],
  ['create temp table x as select 1'],
  ['create macro f() as 1'],
  ['insert into marts.kpi select * from marts.kpi'],
  ['update marts.kpi set small = 1'],
  ['delete from marts.kpi'],
  ['drop table marts.kpi'],
  ['truncate marts.kpi'],
  ['checkpoint'],
  ['vacuum'],
  ['begin'],
  ['use memory'],
  ['set variable x = 1'],
  ['prepare p as select 1'],
  [`create secret s (type s3)`],
  ['select 1; select 2'],
  ['select 1; drop table marts.kpi'],
  [''],
  ['-- nothing'],
  ['select $1'],
  ['selec 1'],
  ['explain analyze delete from marts.kpi'],
  [`select * from query('delete from marts.kpi')`],
  [`with x as (select * from read_text('/etc/passwd')) select * from x`],
])('refused: %s', async (sql) => {
  await expect(published.query(sql)).rejects.toMatchObject({ name: 'WarehouseError', kind: 'rejected' });
  expect((await published.query('select count(*) from marts.kpi')).rows).toEqual([[1]]);
  expect(existsSync('/tmp/mailmart-attack.csv') || existsSync('/tmp/mailmart-attack.duckdb')).toBe(false);
});

test.each(['', ' ;', '-- nothing', 'select 1; select 2'])('says how many statements %j is', async (sql) => {
  await expect(published.query(sql)).rejects.toMatchObject({
    message: `Expected one statement, got ${sql.startsWith('select') ? 2 : 0}.`,
    fix: 'Give one SELECT at a time.',
  });
});

test.each([
  ['pivot marts.kpi on small using count(*)', /^Expected one/, /PIVOT has to name its values/],
  [`copy marts.kpi to '/tmp/mailmart-attack.csv'`, /no file/, /--csv >/],
  ['select checksum from marts.kpi', /column "checksum" not found/, /^$/],
])('says what to do about %s', async (sql, message, fix) => {
  const failure = await published.query(sql).catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: 'rejected', message: expect.stringMatching(message) });
  expect((failure as WarehouseError).fix ?? '').toMatch(fix);
});

test('a copy that is damaged is made anew; no warehouse has to be restored for it', async () => {
  const path = join(fixture.folder, 'damaged.duckdb');
  writeFileSync(path, 'no DuckDB file at all'.repeat(1000));
  await expect(openPublished(path)).rejects.toMatchObject({
    kind: 'drift',
    message: expect.stringMatching(/The published copy is damaged/),
    fix: expect.stringMatching(/mailmart run/),
  });
});

test.each([
  ['counting', 'select count(*) from range(1000000000) a, range(100000) b where a.range % 7 = b.range % 5'],
  [
    'sending',
    'select a.range, b.range from range(1000000000) a, range(100) b where (a.range * b.range) % 999983 = 999999',
  ],
])('a runaway query is stopped: %s', async (_what, sql) => {
  const started = performance.now();
  await expect(hurried.query(sql)).rejects.toMatchObject({
    kind: 'rejected',
    message: expect.stringContaining('0.7 seconds'),
  });
  expect(performance.now() - started).toBeLessThan(20_000);
  expect((await hurried.query('select 1')).rows).toEqual([[1]]);
});

test('a query that wants too much memory is refused, and the next one works', async () => {
  const hungry = `select max(x) from (select list(range) as x from range(30000000))`;
  await expect(published.query(hungry)).rejects.toMatchObject({ kind: 'rejected' });
  expect((await published.query('select 1')).rows).toEqual([[1]]);
});

test.each([
  ['describe marts.kpi'],
  ['show all tables'],
  ['summarize marts.kpi'],
  ['from marts.kpi'],
  ['explain select 1'],
  ['values (1)'],
])('readable: %s', async (sql) => {
  expect((await published.query(sql)).rows.length).toBeGreaterThan(0);
});

test('long results are cut, or streamed whole', async () => {
  const cut = await published.query('select * from range(100000)', { maxRows: 10 });
  expect([cut.rows.length, cut.truncated]).toEqual([10, true]);
  const exact = await published.query('select * from range(10)', { maxRows: 10 });
  expect([exact.rows.length, exact.truncated]).toEqual([10, false]);
  // By a reader that has the time: two cores may have other work.
  const reader = await openPublished(fixture.publishedPath);
  const { batches } = await reader.stream('select * from range(100000)');
  let sum = 0;
  for await (const rows of batches) for (const [value] of rows) sum += Number(value);
  expect(sum).toBe((99_999 * 100_000) / 2);
  reader.close();
});

/** Fails on a row far behind the first batches: what was read until then looks like a whole result. */
const failsLate = `select case when range = 200000 then cast(error('boom') as bigint) else range end as x from range(300000)`;

async function readAll(reader: Published, sql: string): Promise<number> {
  let count = 0;
  for await (const rows of (await reader.stream(sql)).batches) count += rows.length;
  return count;
}

test('a query that fails part-way is a failure that names its cause, not a short result', async () => {
  const failure = { kind: 'rejected', message: expect.stringContaining('boom') };
  const reader = await openPublished(fixture.publishedPath);
  await expect(readAll(reader, failsLate)).rejects.toMatchObject(failure);
  await expect(reader.query(failsLate, { maxRows: 5_000_000 })).rejects.toMatchObject(failure);
  expect((await reader.query('select 1')).rows).toEqual([[1]]);
  reader.close();
});

test('a stream that is stopped at its time-out fails too', async () => {
  const endless = 'select a.range from range(100000) a, range(100000) b';
  await expect(readAll(hurried, endless)).rejects.toMatchObject({
    kind: 'rejected',
    message: expect.stringContaining('stopped'),
  });
  expect((await hurried.query('select 1')).rows).toEqual([[1]]);
});

test('a session that streams fails like one that does not', async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const session = new Session(await instance.connect());
  const read = async (sql: string): Promise<number> => {
    let count = 0;
    for await (const rows of session.stream('Read numbers', sql, [200_000])) count += rows.length;
    return count;
  };
  expect(await read('select * from range($1)')).toBe(200_000);
  const sql = failsLate.replace('= 200000', '= $1');
  await expect(read(sql)).rejects.toMatchObject({
    kind: 'rejected',
    message: expect.stringMatching(/^Read numbers.*boom/),
  });
  session.connection.closeSync();
  instance.closeSync();
});

test('a reader keeps the older copy while a newer one is swapped in', async () => {
  const reader = await openPublished(fixture.publishedPath);
  await warehouse.runModel('run-2', { name: 'marts.newer', kind: 'table', fingerprint: 'f' }, [
    'create table marts.newer as select 1 as a',
  ]);
  expect(await warehouse.publish('run-2')).toBe(fixture.publishedPath);
  await expect(reader.query('select * from marts.newer')).rejects.toThrow('newer');
  expect((await reader.query('select small from marts.kpi')).rows).toEqual([[7]]);
  reader.close();
  const newer = await openPublished(fixture.publishedPath);
  expect((await newer.query('select a, run_id from marts.newer, status.publication')).rows).toEqual([[1, 'run-2']]);
  newer.close();
});

test('status says the newest of each run, stream of an account, and model, and when rows last changed', async () => {
  const run = {
    runId: 'run-7',
    kind: 'sync',
    accountId: 'shop',
    startedAt: now,
    verdict: null,
    message: null,
  } as const;
  await warehouse.recordRun({ ...run, finishedAt: null, status: 'running' });
  await warehouse.recordRun({ ...run, finishedAt: now, status: 'done' });
  const verdict = { kind: 'complete', missing: [], gaps: [] } as const;
  const report = { key, counts: streamCounts, verdict, durationMs: 1 };
  const failure = { kind: 'auth', message: 'refused' };
  await warehouse.recordStream('run-7', report);
  await warehouse.recordStream('run-8', { ...report, verdict: { ...verdict, kind: 'incomplete' }, failure });
  await warehouse.recordStream('run-7', { ...report, key: { ...key, accountId: 'news' } });
  const model = { name: 'core.one', kind: 'table', fingerprint: 'f', rows: 1, durationMs: 1, message: null } as const;
  await warehouse.recordModel('run-7', { ...model, status: 'done' });
  await warehouse.recordModel('run-8', { ...model, status: 'failed' });
  const load = async (runId: string, stream: string, position: string) => {
    const of = { ...key, accountId: 'news', stream };
    const refused = { slice: 's', position, path: 'at', reason: 'no date', record: `{"n":"${position}"}` };
    const unit = { key: of, runId, batchId: 'b', fence: await warehouse.takeFence(of, runId) };
    await warehouse.load(await landUnit(fixture.landing, unit, [row('x', { id: 'x' })], [refused]));
  };
  await load('run-7', 'lists', 'row 1');
  await load('run-7', 'reports', 'row 1');
  await load('run-8', 'lists', 'row 9');
  await warehouse.publish('run-8');
  const copy = await openPublished(fixture.publishedPath);
  const all = async (sql: string) => (await copy.query(sql)).rows;
  expect(await all(`select run_id, status from status.runs where run_id = 'run-7'`)).toEqual([['run-7', 'done']]);
  expect(await all(`select account_id, run_id, verdict_kind, failure_kind from status.streams`)).toEqual([
    ['news', 'run-7', 'complete', null],
    ['shop', 'run-8', 'incomplete', 'auth'],
  ]);
  expect(await all(`select run_id, status from status.models where name = 'core.one'`)).toEqual([['run-8', 'failed']]);
  expect(
    await all(`from (select stream, row_count, last_change_at < last_load_at from status.tables
      where account_id = 'news')`),
  ).toEqual([
    ['lists', 1, true],
    ['reports', 1, false],
  ]);
  expect(
    await all(`select row_count, last_run_id, first_position from status.quarantine
      where account_id = 'news' and stream = 'lists'`),
  ).toEqual([[2, 'run-8', 'row 1']]);
  copy.close();
});

test('what was refused counts as open until its item is read as a whole without it, and again when it is refused again', async () => {
  const own = createFixture();
  const seen: unknown[] = [];
  for await (const one of loadMended(own.open, own.landing, [row('x', { id: 'x' })])) {
    await one.publish('run');
    const copy = await openPublished(own.publishedPath);
    seen.push((await copy.query('select row_count, open_count, last_run_id from status.quarantine')).rows[0]);
    copy.close();
    if (seen.length === mended.length) await one.close();
  }
  own.remove();
  const last = ['run-1', 'run-2', 'run-3', 'run-3', 'run-3'];
  expect(seen).toEqual(mended.map(({ rows, open }, index) => [rows, open, last[index]]));
});

test('what a killed publication left goes with the next one, and one that fails leaves the older copy alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-published-'));
  const path = join(folder, 'published.duckdb');
  writeFileSync(path, 'older');
  writeFileSync(`${path}.tmp-killed`, 'half');
  const failing = replacePublished(path, async (temporary) => {
    for (const file of [temporary, `${temporary}.wal`]) writeFileSync(file, 'half');
    throw new Error('no space left');
  });
  await expect(failing).rejects.toThrow(/Could not publish/);
  expect([readdirSync(folder), readFileSync(path, 'utf8')]).toEqual([['published.duckdb'], 'older']);
  await replacePublished(path, async (temporary) => writeFileSync(temporary, 'newer'));
  expect([readdirSync(folder), readFileSync(path, 'utf8')]).toEqual([['published.duckdb'], 'newer']);
  rmSync(folder, { recursive: true });
});

test('what a tool wrote into the former copy is not done to the next one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-published-'));
  const path = join(folder, 'published.duckdb');
  const write = async (file: string, ...statements: readonly string[]): Promise<void> => {
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    for (const statement of statements) await connection.run(statement);
    connection.closeSync();
    instance.closeSync();
  };
  const copy = (temporary: string) => write(temporary, 'create table numbers as from range(10)');
  await replacePublished(path, copy);
  // As one that was killed leaves it.
  await write(path, 'pragma disable_checkpoint_on_shutdown', 'delete from numbers', 'create table mine as select 1');
  expect(readdirSync(folder)).toEqual(['published.duckdb', 'published.duckdb.wal']);
  await replacePublished(path, copy);
  const next = await openPublished(path);
  expect((await next.query('select count(*) from numbers')).rows).toEqual([[10]]);
  await expect(next.query('from mine')).rejects.toThrow(/does not exist/);
  next.close();
  rmSync(folder, { recursive: true });
});

test('a copy that somebody has open for writing says so, and not that one reads from the copy meanwhile', async () => {
  const path = join(fixture.folder, 'held.duckdb');
  const driver = import.meta.resolve('@duckdb/node-api');
  const script = `import(${JSON.stringify(driver)}).then(async ({ DuckDBInstance }) => {
    globalThis.held = await DuckDBInstance.create(${JSON.stringify(path)});
    console.log('open'); setInterval(() => {}, 1000);
  })`;
  const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void other.kill('SIGKILL'));
  await once(other.stdout, 'data');
  await expect(openPublished(path)).rejects.toMatchObject({
    kind: 'locked',
    message: expect.stringMatching(`open for writing in process ${other.pid} `),
    fix: expect.stringMatching(/read-only/),
  });
});

test('a copy that cannot be put in its place is named, and says what to look at', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-published-'));
  const path = join(folder, 'published.duckdb');
  mkdirSync(path);
  await expect(replacePublished(path, async (temporary) => writeFileSync(temporary, 'new'))).rejects.toMatchObject({
    message: `Could not publish to ${path}: it is a folder.`,
    fix: expect.stringContaining('ls -ld'),
  });
  rmSync(folder, { recursive: true });
});

test('without a published copy the message says what to do', async () => {
  await expect(openPublished(`${fixture.folder}/none.duckdb`)).rejects.toMatchObject({
    fix: expect.stringContaining('mailmart run'),
  });
});
