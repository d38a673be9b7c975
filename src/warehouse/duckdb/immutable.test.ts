import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LandedRow } from '../../contracts/sync.ts';
import type { LoadUnit, Warehouse } from '../port.ts';
import { createFixture, landUnit, row, type Fixture } from './load-fixture.ts';
import { tableHash } from './table-hash.ts';

// RELIABILITY B54 where it is decided: the same posts again and again, posts that share events, one id with two contents.

const key = { source: 'mailchimp', accountId: 'shop', stream: 'events' };
const table = { source: 'mailchimp', stream: 'events', partitioned: false, immutable: true };

let fixture: Fixture;
let warehouse: Warehouse;
let fence: number;
let batch = 0;

beforeEach(async () => {
  fixture = createFixture(undefined, 20_000);
  warehouse = await fixture.open();
  fence = await warehouse.takeFence(key, 'run-1');
});
afterEach(async () => {
  await warehouse.close();
  fixture.remove();
});

const unit = (rows: readonly LandedRow[], more: Partial<LoadUnit> = {}): Promise<LoadUnit> =>
  landUnit(
    fixture.landing,
    { key, table, runId: 'run-1', batchId: `b${(batch += 1)}`, fence, checkpoints: new Map(), ...more },
    rows,
  );
const event = (id: string, content: string, item = 'segment-1'): LandedRow => row(id, { id, content }, item);
const contents = async (): Promise<unknown> =>
  (
    await warehouse.query(
      `select _primary_key as key, record ->> 'content' as content, _item as item from raw.mailchimp__events order by all`,
    )
  ).map(({ key: id, content, item }) => `${String(id)} ${String(content)} ${String(item)}`);
const quarantine = async (): Promise<readonly string[]> =>
  (await warehouse.query(`select record from ops.quarantine order by record`)).map(
    ({ record }) => (JSON.parse(String(record)) as { readonly content: string }).content,
  );

test('the first content of an id stays, another one is quarantined, an equal one changes nothing', async () => {
  expect(await warehouse.load(await unit([event('a', 'one'), event('b', 'one')]))).toMatchObject({
    inserted: 2,
    quarantined: 0,
  });
  const before = await tableHash(warehouse.query, 'raw.mailchimp__events');
  const again = await unit([event('a', 'two', 'segment-2'), event('b', 'one', 'segment-2')]);
  expect(await warehouse.load(again)).toMatchObject({
    inserted: 0,
    updated: 0,
    unchanged: 2,
    deleted: 0,
    quarantined: 1,
  });
  // Not even its segment or its time of loading.
  expect(await tableHash(warehouse.query, 'raw.mailchimp__events')).toBe(before);
  const [kept] = await warehouse.query('select * from ops.quarantine');
  expect(kept).toMatchObject({
    source: 'mailchimp',
    account_id: 'shop',
    stream: 'events',
    slice: 'segment-2',
    position: 'row 1 of the slice',
    path: '_primary_key',
    reason: 'The same id came before with other content: the first stays',
    record: '{"id":"a","content":"two"}',
  });
});

test('another content is quarantined once, however often it is loaded', async () => {
  await warehouse.load(await unit([event('a', 'one')]));
  const second = await unit([event('a', 'two')]);
  await warehouse.load(second);
  expect(await warehouse.load(second)).toMatchObject({ quarantined: 1, repeated: true });
  expect(await warehouse.load(await unit([event('a', 'two'), event('a', 'two', 'segment-9')]))).toMatchObject({
    quarantined: 0,
    quarantinedAgain: 1,
  });
  expect(await warehouse.load(await unit([event('a', 'three'), event('a', 'two')]))).toMatchObject({
    quarantined: 1,
    quarantinedAgain: 1,
  });
  expect(await quarantine()).toEqual(['three', 'two']);
  expect(await contents()).toEqual(['["a"] one segment-1']);
});

test('within one load the first in the order of parts and rows stays, and each other content is quarantined once', async () => {
  const filler = Array.from({ length: 200 }, (_, index) => event(`f${index}`, `${index}`.repeat(100)));
  const rows = [
    event('a', 'one'),
    event('a', 'two'),
    ...filler,
    event('a', 'one'),
    event('a', 'two'),
    event('a', 'three'),
  ];
  const loaded = await unit([...rows, event('b', 'one')]);
  expect(loaded.parts.length).toBeGreaterThan(2);
  expect(await warehouse.load(loaded)).toMatchObject({ inserted: 202, unchanged: 0, duplicates: 4, quarantined: 2 });
  expect(((await contents()) as readonly string[])[0]).toBe('["a"] one segment-1');
  expect(await quarantine()).toEqual(['three', 'two']);
  await warehouse.open();
});

test('what raw holds stands before what comes first in a load', async () => {
  await warehouse.load(await unit([event('a', 'two')]));
  expect(await warehouse.load(await unit([event('a', 'one'), event('a', 'two'), event('a', 'one')]))).toMatchObject({
    inserted: 0,
    unchanged: 1,
    duplicates: 2,
    quarantined: 1,
  });
  expect([await contents(), await quarantine()]).toEqual([['["a"] two segment-1'], ['one']]);
});

test('the same post a thousand times, in one load and in many at once, is each of its events once', async () => {
  const post = Array.from({ length: 20 }, (_, index) => event(`e${index}`, 'one'));
  const many = await unit(Array.from({ length: 1000 }, () => post).flat());
  expect(await warehouse.load(many)).toMatchObject({ inserted: 20, duplicates: 19_980, quarantined: 0 });
  const half = [...post.slice(10), ...Array.from({ length: 10 }, (_, index) => event(`n${index}`, 'one'))];
  const units = await Promise.all(Array.from({ length: 5 }, () => unit(half)));
  const results = await Promise.all(units.map((one) => warehouse.load(one)));
  expect(results.reduce((total, { inserted }) => total + inserted, 0)).toBe(10);
  expect(results.every(({ updated, quarantined }) => updated === 0 && quarantined === 0)).toBe(true);
  expect(await contents()).toHaveLength(30);
  expect(await warehouse.query('select count(*) as n from ops.quarantine')).toEqual([{ n: 0 }]);
  // The ledger's count and content hash, which `open` checks, moved with the rows.
  await warehouse.open();
});

test('refused records of the same load are kept beside', async () => {
  await warehouse.load(await unit([event('a', 'one')]));
  const rejected = [{ slice: 's', position: 'segment-1@0', path: '', reason: 'Expected a JSON array', record: '{}' }];
  expect(await warehouse.load(await unit([event('a', 'two')], { rejected }))).toMatchObject({ quarantined: 2 });
  expect(await warehouse.load(await unit([event('a', 'two')], { rejected }))).toMatchObject({
    quarantined: 0,
    quarantinedAgain: 2,
  });
});

test('accounts do not meet: what is another one’s first says nothing here', async () => {
  const other = { ...key, accountId: 'other' };
  await warehouse.load(await unit([event('a', 'one')]));
  const theirFence = await warehouse.takeFence(other, 'run-1');
  const theirs = (rows: readonly LandedRow[]) => unit(rows, { key: other, fence: theirFence });
  await warehouse.load(await theirs([event('b', 'one')]));
  expect(await warehouse.load(await theirs([event('a', 'two')]))).toMatchObject({ inserted: 1, quarantined: 0 });
  expect(await contents()).toHaveLength(3);
});
