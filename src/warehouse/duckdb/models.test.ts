import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Column, ModelRun, Warehouse } from '../port.ts';
import { createFixture, key, landUnit, row, type Fixture } from './load-fixture.ts';
import { tableHash } from './table-hash.ts';

let fixture: Fixture;
let warehouse: Warehouse;

beforeEach(async () => {
  fixture = createFixture();
  warehouse = await fixture.open();
});
afterEach(async () => {
  await warehouse.close();
  fixture.remove();
});

const model = (kind: ModelRun['kind'], fingerprint = 'f1', name = 'marts.x') => ({ name, kind, fingerprint });

test('a model and its log row commit together; a failing one leaves the older table and fingerprint', async () => {
  const run = await warehouse.runModel('r1', model('table'), [
    'create or replace table marts.x as select range as a from range(7)',
  ]);
  expect(run).toMatchObject({ status: 'done', rows: 7, message: null });
  expect(await warehouse.modelFingerprints()).toEqual(new Map([['marts.x', 'f1']]));
  const failing = [
    'create or replace table marts.x as select 1 as other',
    'create table marts.side as select 1 as a',
    `select cast('ann@example.org' as integer)`,
  ];
  await expect(warehouse.runModel('r2', model('table', 'f2'), failing)).rejects.toMatchObject({ kind: 'rejected' });
  expect(await warehouse.query('select count(a) as n from marts.x')).toEqual([{ n: 7 }]);
  expect(await warehouse.tableKind('marts.side')).toBeNull();
  expect(await warehouse.modelFingerprints()).toEqual(new Map([['marts.x', 'f1']]));
  const [failed] = await warehouse.query(`select status, message from ops.model_run where run_id = 'r2'`);
  expect(failed?.['status']).toBe('failed');
  expect(String(failed?.['message'])).not.toContain('ann@');
});

test('a model that is aborted ends at once, leaves the older table, and is no failed one', async () => {
  const create = (query: string) => [`create or replace table marts.x as ${query}`];
  await warehouse.runModel('r1', model('table'), create('select 1 as a'));
  const stop = new AbortController();
  // Seconds of it.
  const long = 'select count(*) as a from range(100000) as x, range(4000) as y where x.range * y.range % 7 = 3';
  const running = warehouse.runModel('r2', model('table', 'f2'), create(long), stop.signal);
  await delay(300);
  const aborted = performance.now();
  stop.abort(new Error('the run was cancelled'));
  await expect(running).rejects.toThrow('the run was cancelled');
  expect(performance.now() - aborted).toBeLessThan(2_000);
  expect(await warehouse.query('from marts.x')).toEqual([{ a: 1 }]);
  expect([...(await warehouse.failedModels())]).toEqual([]);
  const begun = warehouse.runModel('r3', model('table', 'f2'), create('select 3 as a'), stop.signal);
  await expect(begun).rejects.toThrow('the run was cancelled');
  await warehouse.runModel('r4', model('table', 'f2'), create('select 2 as a'));
  expect(await warehouse.query('from marts.x')).toEqual([{ a: 2 }]);
});

test('a table as large as the events keeps hashes as they are, and everything else as the query has it', async () => {
  const create = `create or replace table ${warehouse.quote('core.large')} as
with hashes as (select range as n, md5(cast(range as varchar)) as hash from range(100000))

select
    hash as subscriber_id,
    'm' as "the list",
    cast(n as decimal(38, 9)) as amount,
    {'a': [n]} as parts
from hashes`;
  const before = await warehouse.runModel('r1', model('incremental', 'f1', 'core.large'), [create]);
  expect(before.rows).toBe(100_000);
  const columns = await warehouse.query('describe core.large');
  expect(columns.map((column) => [column['column_name'], column['column_type']])).toEqual([
    ['subscriber_id', 'VARCHAR'],
    ['the list', 'VARCHAR'],
    ['amount', 'DECIMAL(38,9)'],
    ['parts', 'STRUCT(a BIGINT[])'],
  ]);
  await warehouse.query('checkpoint');
  const stored = await warehouse.query(
    `select column_name, string_agg(distinct compression) as compression from pragma_storage_info('core.large')
    where segment_type = 'VARCHAR' group by column_name order by column_name`,
  );
  expect(stored.map((column) => [column['column_name'], column['compression'] === 'Uncompressed'])).toEqual([
    ['subscriber_id', true],
    ['the list', false],
  ]);
  const wrong = create.replace("'m'", "error('no')");
  await expect(warehouse.runModel('r2', model('incremental', 'f2', 'core.large'), [wrong])).rejects.toThrow(
    'Run core.large',
  );
  expect(await warehouse.query('select count(*) as n from core.large')).toEqual([{ n: 100_000 }]);
});

test('an assertion fails when its query gives rows', async () => {
  const held = await warehouse.runModel('r1', model('assertion', 'f', 'checks.a'), ['select 1 where false']);
  expect(held).toMatchObject({ status: 'done', rows: 0 });
  const violated = await warehouse.runModel('r1', model('assertion', 'f2', 'checks.a'), ['select * from range(3)']);
  expect(violated).toMatchObject({ status: 'failed', rows: 3, message: '3 rows violate checks.a.' });
  expect((await warehouse.modelFingerprints()).get('checks.a')).toBe('f');
  expect(await warehouse.failedModels()).toEqual(new Set(['checks.a']));
  await warehouse.runModel('r2', model('assertion', 'f2', 'checks.a'), ['select 1 where false']);
  expect(await warehouse.failedModels()).toEqual(new Set());
});

test('models run beside each other and beside loads', async () => {
  const fence = await warehouse.takeFence(key, 'r1');
  const records = Array.from({ length: 2000 }, (_, index) => row(`m${index}`, { id: index }));
  const unit = await landUnit(fixture.landing, { runId: 'r1', batchId: 'b', fence }, records);
  const models = Array.from({ length: 12 }, (_, index) =>
    warehouse.runModel('r1', model('table', 'f', `core.t${index}`), [
      `create or replace table core.t${index} as select range as a from range(${index} * 1000)`,
    ]),
  );
  const [loaded, ...runs] = await Promise.all([warehouse.load(unit), ...models]);
  expect(loaded.inserted).toBe(2000);
  expect(runs.map((run) => run.rows)).toEqual(models.map((_, index) => index * 1000));
  expect((await warehouse.modelFingerprints()).size).toBe(12);
});

const columns: readonly Column[] = [
  { name: 'id', type: 'string' },
  { name: 'n', type: 'int' },
  { name: 'rate', type: 'double' },
  { name: 'amount', type: 'decimal' },
  { name: 'ok', type: 'bool' },
  { name: 'at', type: 'timestamp' },
  { name: 'day', type: 'date' },
  { name: 'doc', type: 'json' },
];
const first = {
  id: 'a\'"\u0000é',
  n: 9007199254740993n,
  rate: 0.1,
  amount: '12345678901234567890123456789.123456789',
  ok: true,
  at: '2026-06-30T14:00:00.25+02:00',
  day: '2026-06-30',
  doc: { a: [1, null] },
};
const empty = { id: 'b', n: null, rate: null, amount: null, ok: null, at: null, day: null, doc: null };

test('a replaced table holds exact values and is left alone when its content is the same', async () => {
  expect(await warehouse.replaceTable('ops.t', columns, [first, empty])).toEqual({ changed: true });
  expect(await warehouse.query('select * from ops.t order by id')).toEqual([
    { ...first, n: '9007199254740993', at: '2026-06-30T12:00:00.250Z', doc: '{"a":[1,null]}' },
    empty,
  ]);
  const fingerprint = (await warehouse.tableFingerprints()).get('ops.t');
  expect(await warehouse.replaceTable('ops.t', columns, [empty, first])).toEqual({ changed: false });
  expect((await warehouse.tableFingerprints()).get('ops.t')).toBe(fingerprint);
  expect(await warehouse.replaceTable('ops.t', columns, [empty])).toEqual({ changed: true });
  expect((await warehouse.tableFingerprints()).get('ops.t')).not.toBe(fingerprint);
  await warehouse.query('drop table ops.t');
  expect(await warehouse.replaceTable('ops.t', columns, [empty])).toEqual({ changed: true });
  expect(await warehouse.replaceTable('ops.t', columns, [])).toEqual({ changed: true });
  expect(await warehouse.query('select count(*) as n from ops.t')).toEqual([{ n: 0 }]);
});

test.each([
  ['999999999.999999999', '999999999.999999999'],
  ['1000000000', '1000000000.000000000'],
  ['-12345678901234567890123456789.123456789', '-12345678901234567890123456789.123456789'],
  ['0.0000000005', '0.000000001'],
  ['-0.0000000004', '0.000000000'],
  ['1.5e3', '1500.000000000'],
])('an amount of %s is stored as %s', async (amount, stored) => {
  await warehouse.replaceTable('ops.t', columns, [{ ...empty, amount }]);
  expect(await warehouse.query('select amount from ops.t')).toEqual([{ amount: stored }]);
});

test('as many rows as go into one statement, and one more', async () => {
  const rows = Array.from({ length: 2001 }, (_, n) => ({ ...empty, n, id: 'two\nlines\t"' }));
  await warehouse.replaceTable('ops.t', columns, rows);
  const [stored] = await warehouse.query('select count(distinct n) as rows, min(id) as id, max(id) as same from ops.t');
  expect(stored).toEqual({ rows: 2001, id: 'two\nlines\t"', same: 'two\nlines\t"' });
});

test.each([
  ['amount', '1.234,56'],
  ['amount', 0.1],
  ['n', 'seven'],
  ['day', '2025-02-30'],
  ['id', { an: 'object' }],
])('a wrong %s is refused and the older content stays: %j', async (column, value) => {
  await warehouse.replaceTable('ops.t', columns, [first]);
  await expect(warehouse.replaceTable('ops.t', columns, [{ ...first, [column]: value }])).rejects.toMatchObject({
    kind: 'rejected',
  });
  expect(await warehouse.query('select count(*) as n from ops.t')).toEqual([{ n: 1 }]);
});

test('parameters keep their types', async () => {
  const [found] = await warehouse.query(
    'select $1 as a, $2 as b, $3 as c, $4 as d, $5 as e, typeof($6) as f from range(9) limit $7',
    ['é\u0000', 9007199254740993n, 0.1, true, null, 5, 1],
  );
  expect(found).toEqual({ a: 'é\u0000', b: '9007199254740993', c: 0.1, d: true, e: null, f: 'BIGINT' });
  await expect(warehouse.query('select * from nowhere')).rejects.toMatchObject({ kind: 'rejected' });
});

test('a raw table fingerprint moves when, and only when, a row changed', async () => {
  const fence = await warehouse.takeFence(key, 'r1');
  const load = async (batchId: string, text: string, sweep: string[] = []) =>
    warehouse.load(
      await landUnit(fixture.landing, { runId: 'r1', batchId, fence, sweep }, text === '' ? [] : [row('m', { text })]),
    );
  const fingerprint = async () => (await warehouse.tableFingerprints()).get('raw.mailchimp__members');
  await load('0', '');
  expect(await fingerprint()).toBe('empty');
  const seen = [];
  for (const [batch, text] of [
    ['1', 'a'],
    ['2', 'a'],
    ['3', 'b'],
    ['4', 'b'],
  ] as const) {
    await load(batch, text);
    seen.push(await fingerprint());
  }
  expect(seen[0]).toBe(seen[1]);
  expect(seen[2]).toBe(seen[3]);
  expect(new Set([...seen, 'empty']).size).toBe(3);
  await load('5', '', ['list=1']);
  expect(seen).not.toContain(await fingerprint());
});

test('a table hash covers content, not order, and tells doubled rows', async () => {
  const hashOf = async (sql: string, without: string[] = []) => {
    await warehouse.query(`create or replace table staging.h as ${sql}`);
    return await tableHash(warehouse.query, 'staging.h', without);
  };
  const base = await hashOf('select range as a, range * 2 as b from range(100)');
  expect(await hashOf('select range as a, range * 2 as b from range(100) order by a desc')).toBe(base);
  expect(await hashOf('select range * 2 as b, range as a from range(100)')).toBe(base);
  expect(await hashOf('select range as a, range * 2 as b, random() as c from range(100)', ['c'])).toBe(base);
  expect(await hashOf('select range as a, if(range = 50, 1, range * 2) as b from range(100)')).not.toBe(base);
  const twice = 'select range as a from range(10) union all select range from range(10)';
  expect(await hashOf(twice)).not.toBe(
    await hashOf('select range + 100 as a from range(10) union all select range + 100 from range(10)'),
  );
  expect(await hashOf(`select null::varchar as a, 'x' as b`)).not.toBe(
    await hashOf(`select 'x' as a, null::varchar as b`),
  );
});

test('what models wrote is put into the file when it is much, or rows were deleted; pages that were read are left alone', async () => {
  const logBytes = (): number => statSync(`${fixture.path}.wal`, { throwIfNoEntry: false })?.size ?? 0;
  const run = (kind: ModelRun['kind'], statement: string): Promise<ModelRun> =>
    warehouse.runModel('r1', model(kind, 'f1', kind === 'table' ? 'marts.small' : 'core.large'), [statement]);
  await warehouse.query('create table core.large as select hash(range) as a, hash(range + 1) as b from range(5000000)');
  await warehouse.query('checkpoint');
  await warehouse.query('select count(*) from core.large where a < b');
  const [read] = await warehouse.query(
    `select sum(memory_usage_bytes) > 50_000_000 as is_much from duckdb_memory() where tag = 'BASE_TABLE'`,
  );
  expect(read).toEqual({ is_much: true });
  await run('table', 'create table marts.small as select 1 as a');
  expect(logBytes()).toBeGreaterThan(0);
  await run('incremental', 'delete from core.large where a % 7 = 0');
  expect(logBytes()).toBe(0);
});
