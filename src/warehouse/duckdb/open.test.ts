import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Warehouse } from '../port.ts';
import { warehouseFailure } from './errors.ts';
import { createFixture, frozen, key, landUnit, row, type Fixture } from './load-fixture.ts';
import { tableHash } from './table-hash.ts';
import { streamCounts } from '../../contracts/counts.fixture.ts';

let fixture: Fixture;
const children: ChildProcess[] = [];

beforeEach(() => {
  fixture = createFixture();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  fixture.remove();
});

/** A closed warehouse file of some hundred kilobytes with one load. */
async function fill(warehouse: Warehouse, runId = 'run-1', rows = 3000): Promise<void> {
  const fence = await warehouse.takeFence(key, runId);
  const records = Array.from({ length: rows }, (_, index) =>
    row(`${runId} ${index}`, { id: index, text: `${index}`.repeat(40) }),
  );
  await warehouse.load(await landUnit(fixture.landing, { runId, batchId: 'b', fence }, records));
}

async function change(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(fixture.path);
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

test('opening again changes nothing, and the run log survives', async () => {
  const first = await fixture.open();
  await first.open();
  const run = {
    runId: 'r1',
    kind: 'sync',
    accountId: 'shop',
    startedAt: frozen.now(),
    finishedAt: null,
    status: 'running',
    verdict: null,
    message: null,
  } as const;
  await first.recordRun(run);
  await first.recordRun({
    ...run,
    finishedAt: frozen.now(),
    status: 'done',
    verdict: { kind: 'complete', missing: [], gaps: ['2 deleted members'] },
  });
  const report = {
    key,
    counts: streamCounts,
    verdict: { kind: 'incomplete', missing: ['x'], gaps: [] },
    durationMs: 5,
  } as const;
  await first.recordStream('r0', { ...report, failure: { kind: 'auth', message: 'no' } });
  await first.recordStream('r1', report);
  await fill(first);
  const hash = await tableHash(first.query, 'raw.mailchimp__members');
  await first.close();
  const second = await fixture.open();
  expect(await tableHash(second.query, 'raw.mailchimp__members')).toBe(hash);
  expect(await second.latestRuns(10)).toMatchObject([
    { runId: 'r1', status: 'done', verdict: { gaps: ['2 deleted members'] }, finishedAt: frozen.now() },
  ]);
  expect(await second.runningRuns()).toEqual([]);
  await second.recordRun({ ...run, runId: 'r2' });
  expect(await second.runningRuns()).toEqual([{ ...run, runId: 'r2' }]);
  expect(await second.latestStreams()).toEqual([{ ...report, runId: 'r1', finishedAt: frozen.now() }]);
  expect(await second.query('select version from ops.schema_version order by version')).toEqual([
    { version: 1 },
    { version: 2 },
    { version: 3 },
  ]);
  await second.close();
});

test('what a killed process spilled to disk is cleared', async () => {
  mkdirSync(`${fixture.path}.tmp`);
  writeFileSync(`${fixture.path}.tmp/duckdb_temp_storage-0.tmp`, 'x');
  await (await fixture.open()).close();
  expect(existsSync(`${fixture.path}.tmp`)).toBe(false);
});

test('a migration that dies half-way leaves nothing and runs again', async () => {
  let calls = 0;
  const dying = () => {
    calls += 1;
    throw new Error('killed');
  };
  await expect(fixture.open({ now: dying })).rejects.toThrow('killed');
  expect(calls).toBe(1);
  const warehouse = await fixture.open();
  expect(await warehouse.tableKind('ops.load_ledger')).toBe('table');
  await warehouse.close();
});

test('what a file of before version 3 has in quarantine is brought along, as refused when it was', async () => {
  await (await fixture.open()).close();
  for (const statement of [
    ...['item', 'last_run_id', 'last_refused_at'].map((column) => `alter table ops.quarantine drop column ${column}`),
    `insert into ops.quarantine values (1, 'file', 'shop', 'costs', 'r1', 'b', 's', 'row 1', 'at', 'no', '{}', 'h', '2026-01-01')`,
    'delete from ops.schema_version where version = 3',
  ])
    await change(statement);
  const warehouse = await fixture.open();
  expect(
    await warehouse.query('select item, last_run_id, last_refused_at = quarantined_at as same from ops.quarantine'),
  ).toEqual([{ item: null, last_run_id: 'r1', same: true }]);
  await warehouse.close();
});

test('a schema newer than this mailmart is refused', async () => {
  await (await fixture.open()).close();
  await change(`insert into ops.schema_version values (999, 'future', now()::timestamp)`);
  await expect(fixture.open()).rejects.toMatchObject({ kind: 'drift', fix: expect.stringContaining('newer') });
});

test('a second owner is refused, in this process and in another, with its PID', async () => {
  const warehouse = await fixture.open();
  await expect(fixture.open()).rejects.toMatchObject({
    kind: 'locked',
    message: expect.stringContaining(String(process.pid)),
  });
  await warehouse.close();
  const script = `const { DuckDBInstance } = require('@duckdb/node-api');
    DuckDBInstance.create(${JSON.stringify(fixture.path)}).then(() => { console.log('open'); setInterval(() => {}, 1000); });`;
  const other = spawn(process.execPath, ['-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(other);
  await once(other.stdout, 'data');
  const refused = await fixture.open().catch((error: unknown) => error);
  expect(refused).toMatchObject({ kind: 'locked', fix: expect.stringContaining('mailmart status') });
  expect(String(refused)).toContain(`process ${other.pid} `);
  other.kill('SIGKILL');
  await once(other, 'close');
  await (await fixture.open()).close();
});

test('a damaged file is named as such, with the way to restore it', async () => {
  const filled = await fixture.open();
  await fill(filled);
  await filled.close();
  const size = statSync(fixture.path).size;
  expect(size).toBeGreaterThan(500_000);
  const whole = readFileSync(fixture.path);
  const restore = { kind: 'drift', fix: expect.stringContaining('newest backup') };

  truncateSync(fixture.path, size - 100);
  await expect(fixture.open()).rejects.toMatchObject({ ...restore, message: expect.stringMatching(/cut off|damaged/) });

  writeFileSync(fixture.path, whole);
  const file = openSync(fixture.path, 'r+');
  for (let offset = 20_000; offset < size; offset += 100_000)
    writeSync(file, Buffer.alloc(4_000, offset % 251), 0, 4_000, offset);
  closeSync(file);
  await expect(
    fixture.open().then((warehouse) => tableHash(warehouse.query, 'raw.mailchimp__members')),
  ).rejects.toMatchObject(restore);

  writeFileSync(fixture.path, 'no database at all, but long enough to look at'.repeat(1000));
  await expect(fixture.open()).rejects.toMatchObject(restore);

  writeFileSync(fixture.path, whole);
  await (await fixture.open()).close();
});

test.each([
  ['rows are gone', 'delete from raw.mailchimp__members where rowid % 100 = 0', /has 2970 rows, the ledger says 3000/],
  [
    'a row is altered',
    `update raw.mailchimp__members set _record_hash = 'x' where rowid = 7`,
    /not those that were committed/,
  ],
  ['rows are doubled', 'insert into raw.mailchimp__members select * from raw.mailchimp__members', /6000 rows/],
  [
    'another account appears',
    `insert into raw.mailchimp__members select * replace ('other' as _account_id) from raw.mailchimp__members`,
    /no load wrote/,
  ],
  ['the table is gone', 'drop table raw.mailchimp__members', /has 0 rows/],
])('the start-up check sees that %s', async (_what, sql, message) => {
  const warehouse = await fixture.open();
  await fill(warehouse);
  await warehouse.close();
  await change(sql);
  await expect(fixture.open()).rejects.toMatchObject({ kind: 'drift', message: expect.stringMatching(message) });
});

test('a file that was copied without its .wal is seen to be older than its last commit', async () => {
  const warehouse = await fixture.open();
  await fill(warehouse, 'run-1', 200);
  await warehouse.close();
  const older = readFileSync(fixture.path);
  const again = await fixture.open();
  await fill(again, 'run-2', 200);
  await again.close();
  writeFileSync(fixture.path, older);
  await expect(fixture.open()).rejects.toMatchObject({
    kind: 'drift',
    message: expect.stringContaining('older than its last commit'),
  });
  rmSync(`${fixture.path}.last-load`);
  const accepted = await fixture.open();
  expect(await accepted.query('select count(*) as n from raw.mailchimp__members')).toEqual([{ n: 200 }]);
  await accepted.close();
});

test('a new warehouse is not measured by what stood beside an older one', async () => {
  writeFileSync(`${fixture.path}.last-load`, '99\n');
  for (let time = 0; time < 2; time += 1) await (await fixture.open()).close();
});

test('a .wal without its file is not mistaken for an empty warehouse', async () => {
  writeFileSync(`${fixture.path}.wal`, 'x');
  await expect(fixture.open()).rejects.toMatchObject({ kind: 'drift', fix: expect.stringContaining('.wal') });
  expect(existsSync(fixture.path)).toBe(false);
});

test('SQL of the warehouse reaches its own folders only', async () => {
  const warehouse = await fixture.open();
  copyFileSync(import.meta.filename, `${fixture.folder}/own.txt`);
  expect(await warehouse.query(`select count(*) as n from read_text('${fixture.folder}/own.txt')`)).toEqual([{ n: 1 }]);
  await expect(warehouse.query(`select * from read_text('/etc/passwd')`)).rejects.toMatchObject({ kind: 'rejected' });
  await expect(warehouse.query(`copy (select 1) to '${fixture.folder}/../escaped.csv'`)).rejects.toMatchObject({
    kind: 'rejected',
  });
  await expect(warehouse.query('install httpfs')).rejects.toThrow(/httpfs|disabled/);
  await warehouse.close();
});

test.each([
  [
    'TransactionContext Error: Failed to commit: Could not write file "w.wal": No space left on device',
    'transient',
    /Free disk space/,
  ],
  ['Out of Memory Error: failed to allocate data of size 1 GiB', 'transient', /memory_limit/],
  ['TransactionContext Error: Conflict on update!', 'transient', /tried again/],
  ['IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2', 'drift', /backup/],
  ['IO Error: Cannot open file "/p/w.duckdb": Permission denied', 'transient', /permissions/],
  ['IO Error: Cannot open file "/p/w.duckdb": Read-only file system', 'transient', /writable/],
  ['Binder Error: Referenced column "x" not found', 'rejected', undefined],
])('%s', (text, kind, fix) => {
  const failure = warehouseFailure(new Error(text), 'Load');
  expect(failure.kind).toBe(kind);
  if (fix !== undefined) expect(failure.fix).toMatch(fix);
});

test('a message never repeats a value', () => {
  const failure = warehouseFailure(
    new Error(`Conversion Error: Could not convert string 'ann@example.org 12' to DECIMAL(38,9)`),
    'Load',
  );
  expect(failure.message).toBe('Load: Conversion Error: Could not convert string <value> to DECIMAL(38,9)');
  expect(warehouseFailure(new Error('Binder Error: what is ann@example.org?'), 'Load').message).not.toContain('ann');
});
