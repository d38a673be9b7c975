import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { PassThroughClient } from 'google-auth-library';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { Deliveries } from '../../src/alerts/deliveries.ts';
import { incident } from '../../src/alerts/incident.fixture.ts';
import { connectors } from '../../connectors/index.ts';
import type { StreamKey } from '../../src/contracts/sync.ts';
import { createWorld } from '../../src/demo/world.ts';
import { openBigquery, openTransferTarget } from '../../src/warehouse/bigquery/index.ts';
import { createFixture, frozen, landUnit, now, row, type Fixture } from '../../src/warehouse/duckdb/load-fixture.ts';
import { closedMonths } from '../../src/transform/money-settings.ts';
import { closedColumns, closedMonthsName } from '../../src/warehouse/closed-months.ts';
import { openDuckdb, openTransferSource } from '../../src/warehouse/duckdb/index.ts';
import type { LoadUnit, Warehouse } from '../../src/warehouse/port.ts';
import {
  compareTransfer,
  planTransfer,
  transfer,
  type Told,
  type TransferSource,
} from '../../src/warehouse/transfer.ts';
import { startInProcess } from '../truth/in-process.ts';
import { startGoogle, type Google } from './emulator.ts';
import { streamCounts } from '../../src/contracts/counts.fixture.ts';

// From DuckDB to BigQuery: nothing lost, nothing doubled, and the next sync is an ordinary second one.

let google: Google;
beforeEach(async () => {
  google = await startGoogle();
});
afterEach(() => google.stop());

const members: StreamKey = { source: 'mailchimp', accountId: 'shop', stream: 'members' };
const activity: StreamKey = { source: 'mailchimp', accountId: 'shop', stream: 'email_activity' };
const elsewhere: StreamKey = { ...members, accountId: 'other' };

const bigqueryOptions = () => ({
  project: google.project,
  location: 'EU',
  emulator: google.bigquery,
  authClient: new PassThroughClient(),
  datasetPrefix: 'm_',
  clock: frozen,
  backoff: () => 5,
});

const openTarget = () => openTransferTarget(bigqueryOptions());
const openBig = async (landing: Fixture['landing']): Promise<Warehouse> =>
  await openBigquery({ ...bigqueryOptions(), landing, publish: () => Promise.resolve('published') });

async function openSource(file: string, partRows?: number) {
  return await openTransferSource({
    path: file,
    folder: path.join(path.dirname(file), 'migrate'),
    partitioned: (source, stream) => connectors[source]?.streams[stream]?.partitionBy !== undefined,
    ...(partRows === undefined ? {} : { partRows }),
  });
}

/** The whole command without its words; resolves with what is unequal. */
async function migrate(file: string, { tell = () => {}, partRows = 4 }: { tell?: Told; partRows?: number } = {}) {
  const source = await openSource(file, partRows);
  try {
    const target = openTarget();
    const { tables, foreign } = await planTransfer(source, target, () => {});
    if (foreign.length > 0) return { foreign, tables, comparisons: [] };
    await transfer(source, target, tables, { tell, remove: (part) => rm(part, { force: true }) });
    return { foreign, tables, comparisons: await compareTransfer(target, tables, () => {}) };
  } finally {
    await source.close();
  }
}

const different = ({ comparisons }: Awaited<ReturnType<typeof migrate>>) =>
  comparisons.filter(({ isEqual }) => !isEqual);

let batches = 0;
async function load(
  warehouse: Warehouse,
  { landing }: Fixture,
  key: StreamKey,
  rows: Parameters<typeof landUnit>[2],
  more: Partial<LoadUnit> & { readonly refused?: Parameters<typeof landUnit>[3] } = {},
) {
  const { refused = [], runId = 'run-1', ...rest } = more;
  batches += 1;
  const table = { source: key.source, stream: key.stream, partitioned: key.stream === activity.stream };
  const fence = await warehouse.takeFence(key, runId);
  const unit = { key, table, runId, batchId: `batch-${batches}`, fence, ...rest };
  return await warehouse.load(await landUnit(landing, unit, rows, refused));
}

const odd = {
  id: 'm0',
  text: 'ü "quoted"\n\u0001 \u{1F600} $1 @p',
  n: 0.1,
  big: 9_007_199_254_740_991,
  list: [null, {}],
};
const memberRows = (count: number) =>
  Array.from({ length: count }, (_, index) => row(`m${index}`, index === 0 ? odd : { id: `m${index}` }));
const activityRows = [
  { ...row('a', { at: 1 }, 'c=1'), _partition_date: '2026-06-01', _person_key: 'f00' },
  { ...row('b', { at: 2 }, 'c=1'), _partition_date: '2025-12-31', _cursor_at: null },
];

/** A warehouse file with something of everything. */
async function madeFile(): Promise<Fixture> {
  const fixture = createFixture();
  onTestFinished(fixture.remove);
  const warehouse = await fixture.open();
  await load(warehouse, fixture, members, memberRows(8));
  await load(warehouse, fixture, elsewhere, memberRows(2));
  await load(warehouse, fixture, activity, activityRows, { checkpoints: new Map([['c=1', { readAt: now }]]) });
  const refused = { slice: 'list=1', position: 'page 1 record 2', path: 'n', reason: 'wrong', record: '{"a":"\'\\"}' };
  await load(warehouse, fixture, members, memberRows(6), { runId: 'run-2', sweep: ['list=1'], refused: [refused] });
  const verdict = { kind: 'complete', missing: [], gaps: ['2 "deleted"'] } as const;
  const run = {
    runId: 'run-1',
    kind: 'sync',
    accountId: 'shop',
    startedAt: now,
    verdict: null,
    message: null,
  } as const;
  await warehouse.recordRun({ ...run, status: 'running', finishedAt: null });
  await warehouse.recordRun({ ...run, status: 'done', finishedAt: now, verdict });
  await warehouse.recordRun({
    ...run,
    runId: 'run-2',
    accountId: null,
    kind: 'pipeline',
    status: 'failed',
    finishedAt: now,
  });
  await warehouse.recordStream('run-2', { key: members, counts: streamCounts, verdict, durationMs: 11 });
  await warehouse.close();
  return fixture;
}

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

const everyPartition = "(_partition_date is null or _partition_date >= date '0001-01-01')";

/** All columns of a raw table, records parsed. */
async function rawRows(warehouse: Warehouse, name: string) {
  const record = warehouse.engine === 'duckdb' ? 'cast(record as varchar)' : 'to_json_string(record)';
  const date = warehouse.engine === 'duckdb' ? 'varchar' : 'string';
  const rows = await warehouse.query(
    `select _account_id, _primary_key, _person_key, _cursor_at, _extracted_at, _loaded_at, _run_id, _item, _deleted_at,
      _record_hash, cast(_partition_date as ${date}) as day, ${record} as json
    from ${warehouse.quote(name)} where ${everyPartition} order by _account_id, _primary_key`,
  );
  return rows.map(({ json, ...rest }) => ({ ...rest, record: JSON.parse(String(json)) as unknown }));
}

/** What a warehouse tells of itself. */
async function told(warehouse: Warehouse) {
  const records: unknown[] = [];
  for await (const record of warehouse.rawRecords(members)) records.push(record);
  return {
    members: await rawRows(warehouse, 'raw.mailchimp__members'),
    activity: await rawRows(warehouse, 'raw.mailchimp__email_activity'),
    records,
    runs: await warehouse.latestRuns(10),
    streams: await warehouse.latestStreams(),
    fingerprints: await warehouse.tableFingerprints(),
    states: await Promise.all([members, elsewhere, activity].map((key) => warehouse.readState(key))),
    change: await warehouse.lastChange(['raw.mailchimp__members']),
    quarantine: await warehouse.query(
      `select source, account_id, stream, run_id, slice, position, path, reason, record, record_hash, quarantined_at,
        item, last_run_id, last_refused_at
      from ${warehouse.quote('ops.quarantine')}`,
    ),
  };
}

test('everything arrives, the file stays as it was, and what runs next goes on where DuckDB was', async () => {
  const fixture = await madeFile();
  const before = sha256(fixture.path);
  const ended = await migrate(fixture.path);
  expect(different(ended)).toEqual([]);
  expect(
    ended.comparisons
      .filter(({ source }) => source.rows > 0)
      .map(({ table, account, source }) => [table, account, source.rows, source.deleted]),
  ).toEqual([
    ['raw.mailchimp__email_activity', 'shop', 2, 0],
    ['raw.mailchimp__members', 'other', 2, 0],
    ['raw.mailchimp__members', 'shop', 8, 2],
    ['ops.quarantine', 'shop', 1, 0],
    ['ops.run_log', '', 3, 0],
    ['ops.stream_run', 'shop', 1, 0],
    ['ops.load_ledger', 'other', 1, 0],
    ['ops.load_ledger', 'shop', 3, 0],
    ['ops.fence', 'other', 1, 0],
    ['ops.fence', 'shop', 3, 0],
    ['ops.checkpoint', 'other', 1, 0],
    ['ops.checkpoint', 'shop', 2, 0],
  ]);
  expect(sha256(fixture.path)).toBe(before);
  expect(readdirSync(fixture.folder)).not.toContain('migrate');
  const [duckdb, bigquery] = [await fixture.open(), await openBig(fixture.landing)];
  onTestFinished(() => duckdb.close());
  expect(await told(bigquery)).toEqual(await told(duckdb));
  for (const key of [members, elsewhere, activity]) {
    expect(await bigquery.takeFence(key, 'run-3')).toBe(await duckdb.takeFence(key, 'run-3'));
  }
  // The same rows again, as the next run would read them.
  const unchanged = { inserted: 0, updated: 0, deleted: 0, repeated: false };
  const again = { runId: 'run-3', sweep: ['list=1'] };
  expect(await load(bigquery, fixture, members, memberRows(6), again)).toMatchObject({ ...unchanged, unchanged: 6 });
  expect(await load(bigquery, fixture, activity, activityRows, { runId: 'run-3' })).toMatchObject({
    ...unchanged,
    unchanged: 2,
  });
  const [{ last } = { last: null }] = await bigquery.query(
    `select max_by(table_rows, number) as last from ${bigquery.quote('ops.load_ledger')} where account_id = 'shop' and stream = 'members'`,
  );
  expect(last).toBe(8);
});

test('what closed months showed first comes along, to the last digit, and stays as it was', async () => {
  const fixture = createFixture();
  onTestFinished(fixture.remove);
  const duckdb = await fixture.open();
  const month = (profit: string | null, day: string) => ({
    month: day,
    source: 'mailchimp',
    account_id: 'shop',
    profit_amount: profit,
    currency_code: day === '2026-05-01' ? null : 'EUR',
  });
  const rows = [month('-12.500000001', '2026-03-01'), month('100', '2026-04-01'), month(null, '2026-05-01')];
  await duckdb.replaceTable(closedMonthsName, closedColumns, rows);
  const kept = await closedMonths(duckdb);
  expect(kept.rows).toHaveLength(3);
  await duckdb.close();
  const ended = await migrate(fixture.path);
  expect(different(ended)).toEqual([]);
  const bigquery = await openBig(fixture.landing);
  const there = await closedMonths(bigquery);
  const shown = ({ rows: found }: typeof there) =>
    found.map((row) => ({
      ...row,
      profit_amount: row['profit_amount'] === null ? null : Number(row['profit_amount']),
    }));
  expect(shown(there)).toEqual(shown(kept));
  await bigquery.replaceTable(there.name, there.columns, there.rows);
  expect(shown(await closedMonths(bigquery))).toEqual(shown(kept));
});

test('what was told to channels comes along: nobody is told of an incident twice', async () => {
  const fixture = createFixture();
  onTestFinished(fixture.remove);
  const duckdb = await fixture.open();
  const told = await Deliveries.open(duckdb, frozen);
  const tell = { event: 'opened', state: 'sent' } as const;
  for (const id of ['i1', 'i2']) await told.note({ ...tell, incident: { ...incident, id }, channel: 'team' });
  await told.note({ ...tell, incident, channel: 'log', state: 'sending' });
  await duckdb.close();
  const ended = await migrate(fixture.path, { partRows: 2 });
  expect(different(ended)).toEqual([]);
  const bigquery = await openBig(fixture.landing);
  const there = await Deliveries.open(bigquery, frozen);
  const byKey = (deliveries: Deliveries) =>
    new Map(deliveries.all().map((one) => [`${one.incident.id} ${one.channel}`, one]));
  expect(byKey(there)).toEqual(byKey(told));
  expect(byKey(there).size).toBe(3);
  await there.note({ ...tell, incident, channel: 'log' });
  expect((await Deliveries.open(bigquery, frozen)).get('i1', 'log', 'opened')?.state).toBe('sent');
});

test('closed months of an older version have no currency: it is not known, and both sides get the column', async () => {
  const fixture = createFixture();
  onTestFinished(fixture.remove);
  const older = closedColumns.filter(({ name }) => name !== 'currency_code');
  const row = { month: '2026-03-01', source: 'mailchimp', account_id: 'shop', profit_amount: '-12.5' };
  const duckdb = await fixture.open();
  await duckdb.replaceTable(closedMonthsName, older, [row]);
  await duckdb.close();
  await expect(migrate(fixture.path)).rejects.toMatchObject({
    kind: 'drift',
    fix: expect.stringContaining('mailmart transform once') as string,
  });
  const again = await fixture.open();
  const kept = await closedMonths(again);
  expect(kept.rows).toMatchObject([{ month: '2026-03-01', currency_code: null }]);
  expect(await again.replaceTable(kept.name, kept.columns, kept.rows)).toEqual({ changed: true });
  await again.close();
  // As an older version migrated them.
  const bigquery = await openBig(fixture.landing);
  const writeOlder = async (): Promise<void> => {
    await fetch(`${google.bigquery}/bigquery/v2/projects/${google.project}/datasets/m_ops/tables/closed_months`, {
      method: 'DELETE',
    });
    await bigquery.replaceTable(closedMonthsName, older, [row]);
  };
  const source = await openSource(fixture.path, 3);
  onTestFinished(() => source.close());
  const without: TransferSource = {
    ...source,
    tables: async (layout) =>
      (await source.tables(layout)).map((table) =>
        table.name === closedMonthsName
          ? { ...table, columns: table.columns.filter(({ name }) => name !== 'currency_code') }
          : table,
      ),
  };
  const rest = { tell: () => {}, remove: (part: string) => rm(part, { force: true }) };
  const target = openTarget();
  await transfer(without, target, (await planTransfer(without, target, () => {})).tables, rest);
  await writeOlder();
  // They are copied anew; not here, where the emulator takes no new columns.
  const { tables, foreign } = await planTransfer(source, target, () => {});
  expect(foreign).toEqual([]);
  expect(tables.find(({ table }) => table.name === closedMonthsName)).toMatchObject({ action: 'replace', before: 1 });
  const read = await closedMonths(bigquery);
  expect(read.rows).toMatchObject([{ month: '2026-03-01', currency_code: null }]);
  expect(await bigquery.replaceTable(read.name, read.columns, read.rows)).toEqual({ changed: true });
});

test('stopped again and again, between parts and tables, it ends the same; once more changes nothing', async () => {
  const fixture = await madeFile();
  const stops = [2, 6];
  for (const stop of stops) {
    let events = 0;
    const tell: Told = () => {
      events += 1;
      if (events === stop) throw new Error('stopped');
    };
    await expect(migrate(fixture.path, { tell })).rejects.toThrow('stopped');
    expect(readdirSync(fixture.folder)).not.toContain('migrate');
  }
  const last = await migrate(fixture.path);
  expect(last.tables.some(({ action }) => action === 'there')).toBe(true);
  expect(last.tables.some(({ action }) => action === 'copy')).toBe(true);
  expect(different(last)).toEqual([]);
  const bigquery = await openBig(fixture.landing);
  const marks = async () =>
    await bigquery.query(
      `select name, count(*) as n from ${bigquery.quote('ops.migrated_table')} group by name order by name`,
    );
  const before = await marks();
  expect(before.map(({ n }) => n)).toEqual(before.map(() => 1));
  const more = await migrate(fixture.path);
  expect(more.tables.filter(({ action }) => action !== 'there').map(({ action }) => action)).toEqual([]);
  expect(await marks()).toEqual(before);
  const duckdb = await fixture.open();
  onTestFinished(() => duckdb.close());
  expect(await told(bigquery)).toEqual(await told(duckdb));
});

test('a file that went on is copied anew; datasets that were dropped too; a target that went on is left alone', async () => {
  const fixture = await madeFile();
  await migrate(fixture.path);
  const duckdb = await fixture.open();
  await load(duckdb, fixture, members, [row('new', { id: 'new' })], { runId: 'run-4' });
  await duckdb.close();
  const second = await migrate(fixture.path);
  expect(second.tables.filter(({ action }) => action === 'replace').map(({ table }) => table.name)).toEqual([
    'raw.mailchimp__members',
    'ops.load_ledger',
    'ops.fence',
    'ops.checkpoint',
  ]);
  expect(different(second)).toEqual([]);
  const bigquery = await openBig(fixture.landing);
  expect(await rawRows(bigquery, 'raw.mailchimp__members')).toHaveLength(11);
  const url = `${google.bigquery}/bigquery/v2/projects/${google.project}/datasets/m_raw/tables/mailchimp__members`;
  expect((await fetch(url, { method: 'DELETE' })).ok).toBe(true);
  const third = await migrate(fixture.path);
  expect(third.tables.filter(({ action }) => action === 'copy').map(({ table }) => table.name)).toEqual([
    'raw.mailchimp__members',
  ]);
  expect(different(third)).toEqual([]);
  expect(await load(bigquery, fixture, members, [row('later', { id: 'later' })], { runId: 'run-5' })).toMatchObject({
    inserted: 1,
  });
  const { foreign } = await migrate(fixture.path);
  expect(foreign.map(({ table, hasMoved }) => [table, hasMoved])).toEqual([
    ['raw.mailchimp__members', true],
    ['ops.load_ledger', true],
    ['ops.fence', true],
    ['ops.checkpoint', true],
  ]);
  expect(await rawRows(bigquery, 'raw.mailchimp__members')).toHaveLength(12);
});

test('rows of other accounts stay; rows of ours that no migration wrote are refused', async () => {
  const fixture = await madeFile();
  const bigquery = await openBig(fixture.landing);
  await load(bigquery, fixture, { ...members, accountId: 'third' }, memberRows(1));
  expect(different(await migrate(fixture.path))).toEqual([]);
  expect(
    (await rawRows(bigquery, 'raw.mailchimp__members')).filter(
      (one) => (one as { _account_id?: unknown })._account_id === 'third',
    ),
  ).toHaveLength(1);
  await bigquery.query(`delete from ${bigquery.quote('ops.migrated_table')} where name = $1`, [
    'raw.mailchimp__members',
  ]);
  const { foreign } = await migrate(fixture.path);
  expect(foreign).toEqual([
    { table: 'raw.mailchimp__members', rows: 10, accounts: ['other', 'shop'], hasMoved: false },
  ]);
});

test('what was dropped after it was brought is brought again, though the same jobs have ended well', async () => {
  const fixture = await madeFile();
  const source = await openSource(fixture.path);
  onTestFinished(() => source.close());
  const name = 'raw.mailchimp__members';
  const once = async () => {
    const target = openTarget();
    const { tables } = await planTransfer(source, target, () => {});
    const raw = tables.filter(({ table }) => table.name === name);
    await transfer(source, target, raw, { tell: () => {}, remove: (part) => rm(part, { force: true }) });
    return raw.map(({ action }) => action);
  };
  const datasets = `${google.bigquery}/bigquery/v2/projects/${google.project}/datasets`;
  const drop = async (table: string) => {
    expect((await fetch(`${datasets}/${table}`, { method: 'DELETE' })).ok).toBe(true);
  };
  const dropParts = async () => {
    const answer = (await (await fetch(`${datasets}/m_loads/tables`)).json()) as {
      readonly tables?: readonly { readonly tableReference: { readonly tableId: string } }[];
    };
    for (const { tableReference } of answer.tables ?? []) await drop(`m_loads/tables/${tableReference.tableId}`);
  };
  const bigquery = await openBig(fixture.landing);
  expect(await once()).toEqual(['copy']);
  await drop('m_raw/tables/mailchimp__members');
  expect(await once()).toEqual(['copy']);
  expect(await rawRows(bigquery, name)).toHaveLength(10);
  await dropParts();
  await drop('m_raw/tables/mailchimp__members');
  await drop('m_ops/tables/migrated_table');
  expect(await once()).toEqual(['copy']);
  expect(await rawRows(bigquery, name)).toHaveLength(10);
  expect(await once()).toEqual(['there']);
});

test('a target that somebody else writes between the plan and the copy is not written over', async () => {
  const fixture = await madeFile();
  const bigquery = await openBig(fixture.landing);
  const source = await openSource(fixture.path);
  onTestFinished(() => source.close());
  const target = openTarget();
  const { tables } = await planTransfer(source, target, () => {});
  await load(bigquery, fixture, members, [row('theirs', { id: 'theirs' })], { runId: 'run-9' });
  const rest = { tell: () => {}, remove: (part: string) => rm(part, { force: true }) };
  const raw = tables.filter(({ table }) => table.name === 'raw.mailchimp__members');
  await expect(transfer(source, target, raw, rest)).rejects.toThrow(
    'raw.mailchimp__members was changed by somebody else meanwhile; nothing of the table was written.',
  );
  expect(await rawRows(bigquery, 'raw.mailchimp__members')).toHaveLength(1);
});

test('what arrives otherwise than it was sent is not written, and what changes later is seen', async () => {
  const fixture = await madeFile();
  const source = await openSource(fixture.path, 3);
  onTestFinished(() => source.close());
  const target = openTarget();
  // The first part of a table in place of its second.
  const swapped: TransferSource = {
    ...source,
    writePart: (table, facts, part) => source.writePart(table, facts, part.index === 1 ? facts.parts[0]! : part),
  };
  const { tables } = await planTransfer(source, target, () => {});
  const rest = { tell: () => {}, remove: (part: string) => rm(part, { force: true }) };
  await expect(transfer(swapped, target, tables, rest)).rejects.toThrow(
    'The rows of raw.mailchimp__members arrived other than they were sent (10 of 10): nothing of the table was written.',
  );
  await transfer(source, target, (await planTransfer(source, target, () => {})).tables, rest);
  expect((await compareTransfer(target, tables, () => {})).filter(({ isEqual }) => !isEqual)).toEqual([]);
  const bigquery = await openBig(fixture.landing);
  await bigquery.query(
    `update ${bigquery.quote('raw.mailchimp__members')} set _person_key = $1 where _primary_key = '["m3"]' and _account_id = 'shop'`,
    ['x'],
  );
  const comparisons = await compareTransfer(target, tables, () => {});
  expect(comparisons.filter(({ isEqual }) => !isEqual).map(({ table, account }) => [table, account])).toEqual([
    ['raw.mailchimp__members', 'shop'],
  ]);
});

test('the next sync of a real source asks what a second run asks, and changes nothing', async () => {
  const run = await startInProcess({ world: createWorld({ seed: 1, size: 'tiny' }) });
  const streams = ['campaigns', 'reports'];
  const sync = async () => {
    run.simulator.resetRequests();
    const ended = await run.sync('shop-newsletter', streams);
    return {
      ended,
      paths: run.simulator
        .requests()
        .map((request) => request.path)
        .toSorted(),
    };
  };
  await sync();
  const file = path.join(run.folder, 'warehouse.duckdb');
  await run.warehouse.close();
  expect(different(await migrate(file, { partRows: 1000 }))).toEqual([]);
  const landing = createFixture(path.join(run.folder, 'bigquery')).landing;
  const options = { path: file, landing, publishedPath: path.join(run.folder, 'published.duckdb'), clock: frozen };
  const bigquery = await openBig(landing);
  const duckdb = await openDuckdb(options);
  onTestFinished(async () => {
    await duckdb.close();
    await run.stop();
  });
  run.useWarehouse(bigquery, landing);
  const there = await sync();
  for (const { key, counts } of there.ended) {
    expect([key.stream, counts.rowsInserted, counts.rowsUpdated, counts.rowsDeleted]).toEqual([key.stream, 0, 0, 0]);
  }
  expect(there.ended.reduce((sum, { counts }) => sum + counts.rowsUnchanged, 0)).toBeGreaterThan(20);
  expect(there.paths.length).toBeLessThanOrEqual(20);
  run.useWarehouse(duckdb, landing);
  expect(there.paths).toEqual((await sync()).paths);
});
