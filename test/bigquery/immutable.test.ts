import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PassThroughClient } from 'google-auth-library';
import type { LandedRow } from '../../src/contracts/sync.ts';
import { openBigquery } from '../../src/warehouse/bigquery/index.ts';
import { createFixture, frozen, landUnit, row, type Fixture } from '../../src/warehouse/duckdb/load-fixture.ts';
import type { LoadUnit, Warehouse } from '../../src/warehouse/port.ts';
import { startGoogle, type Google } from './emulator.ts';

// RELIABILITY B54 on BigQuery: src/warehouse/duckdb/immutable.test.ts, by the engine that shares none of its code.

const key = { source: 'mailchimp', accountId: 'shop', stream: 'events' };

let google: Google;
let fixture: Fixture;
let warehouse: Warehouse;
let fence: number;
let batches = 0;
let table = { source: 'mailchimp', stream: 'events', partitioned: false, immutable: true };

beforeEach(async () => {
  google = await startGoogle();
  fixture = createFixture(undefined, 1_000);
  warehouse = await openBigquery({
    project: google.project,
    location: 'EU',
    emulator: google.bigquery,
    authClient: new PassThroughClient(),
    datasetPrefix: 'im_',
    landing: fixture.landing,
    clock: frozen,
    backoff: () => 5,
    publish: () => Promise.resolve('published'),
  });
  fence = await warehouse.takeFence(key, 'run-1');
  table = { ...table, partitioned: false };
});
afterEach(async () => {
  rmSync(fixture.folder, { recursive: true, force: true });
  await google.stop();
});

const unit = (rows: readonly LandedRow[], more: Partial<LoadUnit> = {}): Promise<LoadUnit> =>
  landUnit(
    fixture.landing,
    { key, table, runId: 'run-1', batchId: `b${(batches += 1)}`, fence, checkpoints: new Map(), ...more },
    rows,
  );
// Fields in canonical order, as the edge writes them.
const event = (id: string, content: string, item = 'segment-1'): LandedRow => row(id, { content, id }, item);
const dated = (id: string, content: string, date: string): LandedRow => ({
  ...event(id, content),
  _partition_date: date,
});
const contents = async (): Promise<readonly string[]> =>
  (
    await warehouse.query(
      `select _primary_key as key, json_value(record, '$.content') as content, _item as item
      from ${warehouse.quote('raw.mailchimp__events')}
      where _partition_date is null or _partition_date >= date '0001-01-01' order by key, content`,
    )
  ).map((found) => `${String(found['key'])} ${String(found['content'])} ${String(found['item'])}`);
const quarantine = async (): Promise<readonly unknown[]> =>
  (await warehouse.query(`select record from ${warehouse.quote('ops.quarantine')} order by record`)).map(
    ({ record }) => (JSON.parse(String(record)) as { readonly content?: string }).content,
  );

test('the first content of an id stays, another one is quarantined once, an equal one changes nothing', async () => {
  expect(await warehouse.load(await unit([event('a', 'one'), event('b', 'one')]))).toMatchObject({
    inserted: 2,
    quarantined: 0,
  });
  const second = await unit([event('a', 'two', 'segment-2'), event('b', 'one', 'segment-2')]);
  expect(await warehouse.load(second)).toMatchObject({ inserted: 0, updated: 0, unchanged: 2, quarantined: 1 });
  expect(await warehouse.load(second)).toMatchObject({ quarantined: 1, repeated: true });
  expect(await contents()).toEqual(['["a"] one segment-1', '["b"] one segment-1']);
  expect(
    await warehouse.query(
      `select number, source, account_id, stream, run_id, slice, position, path, reason, record from ${warehouse.quote('ops.quarantine')}`,
    ),
  ).toEqual([
    {
      number: 2_000_000,
      source: 'mailchimp',
      account_id: 'shop',
      stream: 'events',
      run_id: 'run-1',
      slice: 'segment-2',
      position: 'row 1 of the slice',
      path: '_primary_key',
      reason: 'The same id came before with other content: the first stays',
      record: '{"content":"two","id":"a"}',
    },
  ]);
  const again = [event('a', 'two'), event('a', 'two', 'segment-9'), event('a', 'three')];
  const rejected = [{ slice: 's', position: 'segment-1@0', path: '', reason: 'Expected a JSON array', record: '{}' }];
  expect(await warehouse.load(await unit(again, { rejected }))).toMatchObject({
    quarantined: 2,
    quarantinedAgain: 1,
    inserted: 0,
  });
  expect(await quarantine()).toEqual(['three', 'two', undefined]);
});

test('within one load the first in the order of parts and rows stays, unless raw holds another', async () => {
  await warehouse.load(await unit([event('b', 'two')]));
  const filler = Array.from({ length: 30 }, (_, index) => event(`f${index}`, `${index}`.repeat(50)));
  const rows = [
    event('a', 'one'),
    event('b', 'one'),
    event('a', 'two'),
    ...filler,
    event('a', 'one'),
    event('a', 'three'),
    event('b', 'two'),
  ];
  const loaded = await unit(rows);
  expect(loaded.parts.length).toBeGreaterThan(2);
  expect(await warehouse.load(loaded)).toMatchObject({
    inserted: 31,
    updated: 0,
    unchanged: 1,
    duplicates: 4,
    quarantined: 3,
  });
  expect((await contents()).slice(0, 2)).toEqual(['["a"] one segment-1', '["b"] two segment-1']);
  expect(await quarantine()).toEqual(['one', 'three', 'two']);
});

test('another content is found though it states another day', async () => {
  table = { ...table, partitioned: true };
  await warehouse.load(await unit([dated('a', 'one', '2026-06-01')]));
  expect(await warehouse.load(await unit([dated('a', 'two', '2026-06-20')]))).toMatchObject({
    inserted: 0,
    quarantined: 1,
  });
  expect(await contents()).toEqual(['["a"] one segment-1']);
});
