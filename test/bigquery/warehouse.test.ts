import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PassThroughClient } from 'google-auth-library';
import type { LandedRow, RejectedRow, StreamKey } from '../../src/contracts/sync.ts';
import type { LoadUnit, PublishedTable, Warehouse } from '../../src/warehouse/port.ts';
import { loadMended, mended } from '../../src/warehouse/mended.fixture.ts';
import { openBigquery } from '../../src/warehouse/bigquery/index.ts';
import { createFixture, frozen, landUnit, now, row, type Fixture } from '../../src/warehouse/duckdb/load-fixture.ts';
import { startGoogle, type Google } from './emulator.ts';
import { streamCounts } from '../../src/contracts/counts.fixture.ts';

// The port's promises about loads, on BigQuery. Each test has datasets of its own.

let google: Google;
let fixture: Fixture;
let warehouse: Warehouse;
let fence: number;
let published: readonly { readonly name: string; readonly rows: readonly unknown[] }[] = [];
let worlds = 0;
const key: StreamKey = { source: 'mailchimp', accountId: 'shop', stream: 'members' };

const open = async (prefix: string, clock = frozen): Promise<Warehouse> =>
  await openBigquery({
    project: google.project,
    location: 'EU',
    emulator: google.bigquery,
    authClient: new PassThroughClient(),
    datasetPrefix: prefix,
    landing: fixture.landing,
    clock,
    backoff: () => 5,
    publish: async (tables) => {
      published = await Promise.all(tables.map(async (table) => ({ name: table.name, rows: await all(table) })));
      return 'published';
    },
  });

const all = async (table: PublishedTable) => {
  const rows: unknown[] = [];
  for await (const one of table.rows) rows.push(one);
  return rows;
};

beforeEach(async () => {
  google = await startGoogle();
});
afterEach(() => google.stop());

beforeEach(async () => {
  fixture = createFixture();
  worlds += 1;
  warehouse = await open(`w${worlds}_`);
  fence = await warehouse.takeFence(key, 'run-1');
  const made = fixture;
  return () => rmSync(made.folder, { recursive: true, force: true });
});

const members = (count: number, value = 1): LandedRow[] =>
  Array.from({ length: count }, (_, index) => row(`m${index}`, { id: `m${index}`, value }));

let batches = 0;
const unit = (rows: readonly LandedRow[], more: Partial<LoadUnit> = {}, rejected: readonly RejectedRow[] = []) =>
  landUnit(fixture.landing, { runId: 'run-1', batchId: `batch-${(batches += 1)}`, fence, ...more }, rows, rejected);

const raw = async (columns = '_primary_key as key, _deleted_at, _loaded_at, _run_id') =>
  await warehouse.query(
    `select ${columns} from ${warehouse.quote('raw.mailchimp__members')}
    where _partition_date is null or _partition_date >= date '0001-01-01' order by _primary_key`,
  );

test('rows are inserted, updated, left alone and counted; a batch that is in already changes nothing', async () => {
  const first = await unit(members(5));
  expect(await warehouse.load(first)).toMatchObject({ inserted: 5, updated: 0, unchanged: 0, repeated: false });
  expect(await warehouse.load(first)).toMatchObject({ inserted: 5, repeated: true });
  const changed = [...members(3), row('m3', { id: 'm3', value: 2 }), row('m9', { id: 'm9' })];
  expect(await warehouse.load(await unit(changed))).toMatchObject({
    inserted: 1,
    updated: 1,
    unchanged: 3,
    deleted: 0,
  });
  expect(await raw(`_primary_key as key, json_value(record, '$.value') as value`)).toEqual([
    { key: '["m0"]', value: '1' },
    { key: '["m1"]', value: '1' },
    { key: '["m2"]', value: '1' },
    { key: '["m3"]', value: '2' },
    { key: '["m4"]', value: '1' },
    { key: '["m9"]', value: null },
  ]);
  const loads = [...new Set((await raw('_loaded_at as loaded')).map((one) => String(one['loaded'])))].toSorted();
  expect(loads).toEqual([now, '2026-06-30T12:00:00.001Z']);
  expect(await warehouse.rawCounts(key, 'value')).toEqual(
    new Map([
      [
        'list=1',
        new Map([
          ['', 1],
          ['1', 4],
          ['2', 1],
        ]),
      ],
    ]),
  );
  expect(await warehouse.lastChange(['raw.mailchimp__members'])).toBe('2026-06-30T12:00:00.001Z');
  expect(await warehouse.tableFingerprints()).toEqual(new Map([['raw.mailchimp__members', 'load 2']]));
});

test('the last of rows with one key counts, over parts and within one', async () => {
  const rows = [row('a', { n: 1 }), row('b', { n: 1 }), row('a', { n: 2 }), row('a', { n: 3 }, 'list=2')];
  expect(await warehouse.load(await unit(rows))).toMatchObject({ inserted: 2, duplicates: 2 });
  expect(await raw(`_primary_key as key, json_value(record, '$.n') as n, _item as item`)).toEqual([
    { key: '["a"]', n: '3', item: 'list=2' },
    { key: '["b"]', n: '1', item: 'list=1' },
  ]);
});

test('a whole read marks vanished rows, a refused record has not vanished, and a row that is back is live again', async () => {
  await warehouse.load(await unit([...members(4), row('other', { id: 'other' }, 'list=2')]));
  const refused = { slice: 'list=1', position: 'page 1 record 2', path: 'n', reason: 'wrong', record: '{"a":"\'\\"}' };
  const read = await unit(members(1), { sweep: ['list=1'] }, [{ ...refused, key: '["m2"]' }, refused]);
  expect(await warehouse.load(read)).toMatchObject({ unchanged: 1, deleted: 2, quarantined: 2, quarantinedAgain: 0 });
  const live = (await raw()).filter((one) => one['_deleted_at'] === null).map((one) => one['key']);
  expect(live).toEqual(['["m0"]', '["m2"]', '["other"]']);
  const again = await unit(members(2), {}, [refused]);
  expect(await warehouse.load(again)).toMatchObject({ updated: 1, unchanged: 1, quarantined: 0, quarantinedAgain: 1 });
  expect(await warehouse.query(`select record, position from ${warehouse.quote('ops.quarantine')}`)).toEqual([
    { record: refused.record, position: refused.position },
    { record: refused.record, position: refused.position },
  ]);
  const records: unknown[] = [];
  for await (const record of warehouse.rawRecords(key)) records.push(record);
  expect(records).toEqual([{ id: 'm0', value: 1 }, { id: 'm1', value: 1 }, { id: 'm2', value: 1 }, { id: 'other' }]);
});

test('an older fence is refused and leaves nothing; a repeated take gives the same number', async () => {
  const zombie = await unit(members(5));
  const newer = await warehouse.takeFence(key, 'run-2');
  expect(newer).toBe(fence + 1);
  expect(await warehouse.takeFence(key, 'run-2')).toBe(newer);
  expect(await warehouse.takeFence(key, 'run-1')).toBe(fence);
  await expect(warehouse.load(zombie)).rejects.toMatchObject({ kind: 'fenced' });
  expect(await raw()).toEqual([]);
  expect(await warehouse.readState(key)).toEqual(new Map());
  expect(await warehouse.load({ ...zombie, runId: 'run-2', fence: newer })).toMatchObject({ inserted: 5 });
});

test('checkpoints come with their rows, and those of the newest run count', async () => {
  const newer = await warehouse.takeFence(key, 'run-2');
  const state = { readAt: now, cursor: 'it\'s "2"' };
  await warehouse.load(
    await unit(members(1), { runId: 'run-2', fence: newer, checkpoints: new Map([['list=1', state]]) }),
  );
  expect(await warehouse.readState(key)).toEqual(new Map([['list=1', state]]));
  const later = { ...state, cursor: '3' };
  await warehouse.load(await unit([], { runId: 'run-2', fence: newer, checkpoints: new Map([['list=1', later]]) }));
  expect(await warehouse.readState(key)).toEqual(new Map([['list=1', later]]));
});

test('the same batch by two workers at once ends as one load', async () => {
  const other = await open(`w${worlds}_`);
  const both = await unit(members(20));
  const results = await Promise.all([warehouse.load(both), other.load(both)]);
  expect(results.map(({ inserted }) => inserted)).toEqual([20, 20]);
  expect(await raw()).toHaveLength(20);
  expect(await warehouse.query(`select count(*) as n from ${warehouse.quote('ops.load_ledger')}`)).toEqual([{ n: 1 }]);
});

test('a partitioned stream keeps its partitions, also when a transform made its table first', async () => {
  await warehouse.ensureRawTable({ source: 'mailchimp', stream: 'members', partitioned: false });
  const dated = [{ ...row('a', { n: 1 }), _partition_date: '2026-06-01' }, row('b', { n: 1 })];
  const table = { source: 'mailchimp', stream: 'members', partitioned: true };
  expect(await warehouse.load(await unit(dated, { table }))).toMatchObject({ inserted: 2 });
  const read = await unit([{ ...row('a', { n: 2 }), _partition_date: '2026-06-01' }], { table, sweep: ['list=1'] });
  expect(await warehouse.load(read)).toMatchObject({ updated: 1, deleted: 1 });
  expect(
    await warehouse.query(
      `select changed_from, changed_to, has_undated_changes from ${warehouse.quote('ops.load_ledger')} order by number`,
    ),
  ).toEqual([
    { changed_from: '2026-06-01', changed_to: '2026-06-01', has_undated_changes: true },
    { changed_from: '2026-06-01', changed_to: '2026-06-01', has_undated_changes: true },
  ]);
});

test('small tables are replaced when they differ', async () => {
  const columns = [
    { name: 'name', type: 'string' },
    { name: 'amount', type: 'decimal' },
    { name: 'at', type: 'timestamp' },
    { name: 'is_on', type: 'bool' },
  ] as const;
  const rows = [
    { name: 'a', amount: '12345678901234.123456789', at: now, is_on: true },
    { name: null, amount: null, at: null, is_on: null },
  ];
  expect(await warehouse.replaceTable('ops.rules', columns, rows)).toEqual({ changed: true });
  expect(await warehouse.replaceTable('ops.rules', columns, rows.toReversed())).toEqual({ changed: false });
  expect(await warehouse.query(`select * from ${warehouse.quote('ops.rules')} order by name desc`)).toEqual(rows);
  expect(await warehouse.replaceTable('ops.rules', columns, [])).toEqual({ changed: true });
  expect(await warehouse.query(`select * from ${warehouse.quote('ops.rules')}`)).toEqual([]);
  expect(await warehouse.replaceTable('ops.rules', columns, rows.slice(0, 1))).toEqual({ changed: true });
  expect(await warehouse.query(`select * from ${warehouse.quote('ops.rules')}`)).toEqual(rows.slice(0, 1));
});

test('models: tables, views, assertions, and their log', async () => {
  const q = warehouse.quote;
  const plan = { name: 'core.m', kind: 'table', fingerprint: 'f' } as const;
  const create = (sql: string) => [`create or replace table ${q('core.m')} as ${sql}`];
  expect(await warehouse.runModel('r', plan, create('select 1 as a union all select 2'))).toMatchObject({
    rows: 2,
    status: 'done',
  });
  expect(await warehouse.runModel('r', plan, create('select 3 as a, 4 as b'))).toMatchObject({ rows: 1 });
  expect(await warehouse.query(`select * from ${q('core.m')}`)).toEqual([{ a: 3, b: 4 }]);
  await expect(warehouse.runModel('r', plan, create('select nope'))).rejects.toMatchObject({ kind: 'rejected' });
  const check = { name: 'checks.c', kind: 'assertion', fingerprint: 'g' } as const;
  expect(await warehouse.runModel('r', check, [`select 1 as x from ${q('core.m')}`])).toMatchObject({
    status: 'failed',
    rows: 1,
  });
  const view = { name: 'core.v', kind: 'view', fingerprint: 'h' } as const;
  expect(await warehouse.runModel('r', view, [`create or replace view ${q('core.v')} as select 1 as a`])).toMatchObject(
    {
      status: 'done',
    },
  );
  expect(await warehouse.tableKind('core.v')).toBe('view');
  expect((await warehouse.tables()).get('core.m')).toBe('table');
  expect(await warehouse.modelFingerprints()).toEqual(
    new Map([
      ['core.m', 'f'],
      ['core.v', 'h'],
    ]),
  );
  expect(await warehouse.failedModels()).toEqual(new Set(['checks.c', 'core.m']));
  await warehouse.runModel('r', plan, create('select 3 as a'));
  expect(await warehouse.failedModels()).toEqual(new Set(['checks.c']));
});

test('marts are swapped together, and published without a query over them', async () => {
  const q = warehouse.quote;
  const build = async (value: number) => {
    const plan = { name: 'marts_build.m', kind: 'table', fingerprint: `f${value}` } as const;
    const sql = `create or replace table ${q('marts_build.m')} as select ${value} as a, numeric '1.5' as b`;
    await warehouse.runModel('r', plan, [sql]);
    return await warehouse.swapTables(
      `r${value}`,
      { name: 'marts.swap', kind: 'operations', fingerprint: `s${value}` },
      [{ from: 'marts_build.m', to: 'marts.m' }],
    );
  };
  await build(1);
  await build(2);
  expect(await warehouse.query(`select * from ${q('marts.m')}`)).toEqual([{ a: 2, b: '1.5' }]);
  expect(await warehouse.publish('r')).toBe('published');
  expect(published.find(({ name }) => name === 'marts.m')?.rows).toEqual([{ a: 2, b: '1.5' }]);
  expect(published.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['status.runs', 'status.streams', 'status.models', 'status.tables']),
  );
});

test('what was refused counts as open until its item is read as a whole without it, and again when it is refused again', async () => {
  const seen: unknown[] = [];
  const openAnew = (clock: typeof frozen) => open(`w${worlds}_mended_`, clock);
  for await (const one of loadMended(openAnew, fixture.landing, [row('x', { id: 'x' })])) {
    await one.publish('run');
    const [only] = published.find(({ name }) => name === 'status.quarantine')?.rows ?? [];
    seen.push(only);
  }
  expect(seen).toMatchObject(mended.map(({ rows, open }) => ({ row_count: rows, open_count: open })));
});

test('the run log gives back what was written, newest first', async () => {
  const run = {
    runId: 'r1',
    kind: 'sync',
    accountId: 'shop',
    startedAt: now,
    finishedAt: null,
    status: 'running',
    verdict: null,
    message: null,
  } as const;
  await warehouse.recordRun(run);
  const verdict = { kind: 'complete', missing: [], gaps: ['2 deleted'] } as const;
  await warehouse.recordRun({ ...run, status: 'done', finishedAt: now, verdict });
  await warehouse.recordRun({ ...run, runId: 'r2' });
  expect(await warehouse.latestRuns(10)).toEqual([
    { ...run, runId: 'r2' },
    { ...run, status: 'done', finishedAt: now, verdict },
  ]);
  expect(await warehouse.runningRuns()).toEqual([{ ...run, runId: 'r2' }]);
  const report = { key, counts: streamCounts, verdict, durationMs: 11 };
  await warehouse.recordStream('r1', report);
  expect(await warehouse.latestStreams()).toEqual([{ ...report, runId: 'r1', finishedAt: now }]);
});
