import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RejectedRow } from '../../contracts/sync.ts';
import type { LoadUnit, Warehouse } from '../port.ts';
import { createFixture, key, landUnit, now, row, type Fixture } from './load-fixture.ts';
import { tableHash } from './table-hash.ts';

let fixture: Fixture;
let warehouse: Warehouse;
let fence: number;

beforeEach(async () => {
  fixture = createFixture(undefined, 20_000);
  warehouse = await fixture.open();
  fence = await warehouse.takeFence(key, 'run-1');
});
afterEach(async () => {
  await warehouse.close();
  fixture.remove();
});

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

let batch = 0;
const unit = (
  rows: Parameters<typeof landUnit>[2],
  more: Partial<LoadUnit> = {},
  rejected: readonly RejectedRow[] = [],
) => landUnit(fixture.landing, { runId: 'run-1', batchId: `b${(batch += 1)}`, fence, ...more }, rows, rejected);
const raw = () =>
  warehouse.query('select _primary_key as key, * exclude (_primary_key) from raw.mailchimp__members order by all');
const members = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => row(`m${from + index}`, { id: `m${from + index}`, n: index }));

test('inserts, updates, leaves alone and counts each exactly', async () => {
  expect(await warehouse.load(await unit(members(100)))).toMatchObject({
    inserted: 100,
    updated: 0,
    unchanged: 0,
    deleted: 0,
  });
  const first = await raw();
  const changed = members(100).map((member, index) =>
    index < 7 ? row(`m${index}`, { id: `m${index}`, new: true }) : member,
  );
  const second = await unit([...changed, ...members(3, 100)]);
  expect(await warehouse.load(second)).toMatchObject({
    inserted: 3,
    updated: 7,
    unchanged: 93,
    deleted: 0,
    repeated: false,
  });
  const rows = await raw();
  expect(rows).toHaveLength(103);
  const untouched = rows.filter((now) => first.some((before) => JSON.stringify(before) === JSON.stringify(now)));
  expect(untouched).toHaveLength(93);
  expect(rows.filter((now) => now['_loaded_at'] === '2026-06-30T12:00:00.001Z')).toHaveLength(10);
  expect(rows[0]?.['_cursor_at']).toBe('2026-06-01T00:00:00.500Z');
});

test('a batch that the ledger holds is answered from it, even when its parts are gone', async () => {
  const loaded = await unit(members(5), {}, [
    { slice: 's', position: 'row 1', path: 'id', reason: 'wrong', record: '{}' },
  ]);
  const first = await warehouse.load(loaded);
  await fixture.landing.sweep(key, []);
  const before = await tableHash(warehouse.query, 'raw.mailchimp__members');
  expect(await warehouse.load(loaded)).toEqual({ ...first, repeated: true });
  expect(await tableHash(warehouse.query, 'raw.mailchimp__members')).toBe(before);
  expect(await warehouse.query('select count(*) as n from ops.load_ledger')).toEqual([{ n: 1 }]);
});

test('equal batches at once commit once', async () => {
  const loaded = await unit(members(50));
  const results = await Promise.all([1, 2, 3, 4, 5].map(() => warehouse.load(loaded)));
  expect(results.filter((result) => !result.repeated)).toHaveLength(1);
  expect(await warehouse.query('select count(*) as n from raw.mailchimp__members')).toEqual([{ n: 50 }]);
});

test('an older fence is refused and leaves nothing, a repeated take gives the same number', async () => {
  const zombie = await unit(members(5));
  const newer = await warehouse.takeFence(key, 'run-2');
  expect(newer).toBe(fence + 1);
  expect(await warehouse.takeFence(key, 'run-2')).toBe(newer);
  expect(await warehouse.takeFence(key, 'run-1')).toBe(fence);
  await expect(warehouse.load(zombie)).rejects.toMatchObject({ kind: 'fenced' });
  expect(await warehouse.tableKind('raw.mailchimp__members')).toBeNull();
  expect(await warehouse.readState(key)).toEqual(new Map());
  expect(await warehouse.load({ ...zombie, runId: 'run-2', fence: newer })).toMatchObject({ inserted: 5 });
});

test('a newer run that takes the fence while an older one loads gets it; the load is whole or not there', async () => {
  const loaded = await unit(members(30_000));
  const loading = warehouse.load(loaded).then(
    () => 30_000,
    (error: unknown) => (error as { readonly kind: string }).kind,
  );
  await delay(60);
  const newer = await warehouse.takeFence(key, 'run-2');
  expect(newer).toBe(fence + 1);
  const outcome = await loading;
  const rows =
    (await warehouse.tableKind('raw.mailchimp__members')) !== null
      ? Number((await warehouse.query('select count(*) as n from raw.mailchimp__members'))[0]!['n'])
      : 0;
  expect([outcome, rows]).toEqual(outcome === 'fenced' ? ['fenced', 0] : [30_000, 30_000]);
  await expect(warehouse.load({ ...loaded, batchId: 'later' })).rejects.toMatchObject({ kind: 'fenced' });
});

test('a record that is there but was refused has not vanished: its last good row stays', async () => {
  await warehouse.load(await unit(members(4)));
  const refused = { slice: 'list=1', position: 'page 1 record 2', path: 'n', reason: 'wrong', record: '{}' };
  const read = await unit(members(1), { sweep: ['list=1'] }, [{ ...refused, key: '["m2"]' }, refused]);
  expect(await warehouse.load(read)).toMatchObject({ unchanged: 1, deleted: 2, quarantined: 2 });
  const live = (await raw()).filter((member) => member['_deleted_at'] === null);
  expect(live.map((member) => member['key'])).toEqual(['["m0"]', '["m2"]']);
});

test('a whole read marks vanished rows, and a row that is back is live again', async () => {
  await warehouse.load(await unit([...members(4), row('other', { id: 'other' }, 'list=2')]));
  const later = await warehouse.takeFence(key, 'run-2');
  const before = await warehouse.tableFingerprints();
  const swept = await warehouse.load(await unit(members(2), { sweep: ['list=1'], runId: 'run-2', fence: later }));
  fence = later;
  // To the models it is a change like any other.
  expect(await warehouse.tableFingerprints()).not.toEqual(before);
  expect(swept).toMatchObject({ inserted: 0, updated: 0, unchanged: 2, deleted: 2 });
  expect((await raw()).filter((member) => member['_deleted_at'] !== null).map((member) => member['key'])).toEqual([
    '["m2"]',
    '["m3"]',
  ]);
  // Who asks for what a load changed finds these, too.
  const [gone, ...others] = (await raw()).filter((member) => member['_loaded_at'] === '2026-06-30T12:00:00.001Z');
  expect([gone, others.length]).toMatchObject([{ _deleted_at: now, _run_id: 'run-2' }, 1]);
  expect(await warehouse.rawCounts(key)).toEqual(
    new Map([
      ['list=1', new Map([['', 2]])],
      ['list=2', new Map([['', 1]])],
    ]),
  );
  expect(await warehouse.load(await unit(members(2), { sweep: ['list=1'] }))).toMatchObject({
    deleted: 0,
    unchanged: 2,
  });
  expect(await warehouse.load(await unit(members(3)))).toMatchObject({ updated: 1, unchanged: 2 });
  expect((await raw()).filter((member) => member['_deleted_at'] !== null)).toHaveLength(1);
  expect(await warehouse.load(await unit([], { sweep: ['list=1'] }))).toMatchObject({ deleted: 3 });
});

test('a person, a time or a date that moved alone is an update: the record is not all there is of a row', async () => {
  const [before] = members(1);
  await warehouse.load(await unit([before!]));
  let row = before!;
  for (const moved of [
    { _person_key: 'p1' },
    { _person_key: 'p2' },
    { _cursor_at: '2026-06-02T00:00:00.000Z' },
    { _partition_date: '2026-06-02' },
  ]) {
    row = { ...row, ...moved };
    expect(await warehouse.load(await unit([row])), `with ${JSON.stringify(moved)}`).toMatchObject({
      updated: 1,
      unchanged: 0,
    });
    expect(await warehouse.load(await unit([row]))).toMatchObject({ updated: 0, unchanged: 1 });
  }
  expect(await raw()).toMatchObject([
    { _person_key: 'p2', _cursor_at: '2026-06-02T00:00:00.000Z', _partition_date: '2026-06-02' },
  ]);
  // The ledger's content hash, which `open` checks, moved with the person.
  await warehouse.open();
});

test('accounts do not meet: equal keys stay two rows, and a whole read marks nothing of another account', async () => {
  const other = { ...key, accountId: 'other' };
  const theirs = await warehouse.takeFence(other, 'run-1');
  const ofOther = (rows: Parameters<typeof unit>[0]) => unit(rows, { key: other, fence: theirs });
  await warehouse.load(await unit(members(3)));
  expect(await warehouse.load(await ofOther(members(3)))).toMatchObject({ inserted: 3, updated: 0 });
  expect(await warehouse.load(await unit(members(1), { sweep: ['list=1'] }))).toMatchObject({ deleted: 2 });
  expect(await warehouse.load(await ofOther(members(3)))).toMatchObject({ updated: 0, unchanged: 3 });
  const live = (await raw()).filter((member) => member['_deleted_at'] === null);
  expect(live.map((member) => member['_account_id'])).toEqual(['other', 'shop', 'other', 'other']);
});

test('where keys name their item, a load compares with its own items alone, and counts and marks as ever', async () => {
  const table = { source: 'mailchimp', stream: 'members', partitioned: false, keyNamesItem: true };
  const of = (item: string, version: number, count = 3) =>
    Array.from({ length: count }, (_, index) => row(`${item}/${index}`, { item, index, version }, item));
  const both = await unit([...of('a', 1), ...of('b', 1)], { table, sweep: ['a', 'b'] });
  expect(await warehouse.load(both)).toMatchObject({ inserted: 6, updated: 0, deleted: 0 });
  expect(await warehouse.load(await unit(of('a', 1), { table, sweep: ['a'] }))).toMatchObject({
    inserted: 0,
    updated: 0,
    unchanged: 3,
    deleted: 0,
  });
  expect(
    await warehouse.load(await unit([...of('a', 2, 2), ...of('c', 1)], { table, sweep: ['a', 'c'] })),
  ).toMatchObject({
    inserted: 3,
    updated: 2,
    unchanged: 0,
    deleted: 1,
  });
  const live = (await raw()).filter((member) => member['_deleted_at'] === null);
  expect(live.map((member) => member['key'])).toEqual([
    '["a/0"]',
    '["a/1"]',
    ...[0, 1, 2].map((n) => `["b/${n}"]`),
    ...[0, 1, 2].map((n) => `["c/${n}"]`),
  ]);
  // The ledger's count and content hash, which `open` checks, moved with the rows.
  await warehouse.open();
});

test('where keys name their item, an item that was read as empty has lost its rows, beside new ones of another', async () => {
  const table = { source: 'mailchimp', stream: 'members', partitioned: false, keyNamesItem: true };
  const of = (item: string) => [0, 1].map((index) => row(`${item}/${index}`, { item, index }, item));
  await warehouse.load(await unit([...of('a'), ...of('b')], { table }));
  expect(await warehouse.load(await unit([], { table, sweep: ['a'] }))).toMatchObject({ deleted: 2 });
  expect(await warehouse.load(await unit(of('c'), { table, sweep: ['b', 'c'] }))).toMatchObject({
    inserted: 2,
    deleted: 2,
  });
});

test('forty records of two megabytes load, exactly', async () => {
  const large = Array.from({ length: 40 }, (_, index) =>
    row(`m${index}`, { index, text: `${index} ü`.repeat(700_000) }),
  );
  const loaded = await unit([...large, row('small', { text: '\u0000 \u2028 \\N \\t "' })]);
  expect(Math.max(...loaded.parts.map((part) => part.longest))).toBeGreaterThan(2_000_000);
  expect(await warehouse.load(loaded)).toMatchObject({ inserted: 41 });
  const records = await collect(warehouse.rawRecords(key));
  expect(records.at(-1)).toEqual({ text: '\u0000 \u2028 \\N \\t "' });
  expect(records.find((record) => record['index'] === 7)).toEqual({ index: 7, text: '7 ü'.repeat(700_000) });
});

test('of two rows with one key in a unit the last in part order wins', async () => {
  const rows = Array.from({ length: 300 }, (_, index) =>
    row(`m${index % 100}`, { id: `m${index % 100}`, version: index, text: 'x'.repeat(100) }),
  );
  const loaded = await unit(rows);
  expect(loaded.parts.length).toBeGreaterThan(3);
  expect(await warehouse.load(loaded)).toMatchObject({ inserted: 100, duplicates: 200 });
  const records = await collect(warehouse.rawRecords(key));
  expect(records.every((record) => Number(record['version']) >= 200)).toBe(true);
});

test('of two rows with one key in a part the later one wins', async () => {
  const loaded = await unit([row('m', { version: 1 }), row('other', {}), row('m', { version: 2 })]);
  expect(loaded.parts).toHaveLength(1);
  expect(await warehouse.load(loaded)).toMatchObject({ inserted: 2, duplicates: 1 });
  expect(await collect(warehouse.rawRecords(key))).toEqual([{ version: 2 }, {}]);
});

test('a row that moved to another work item stays one row', async () => {
  await warehouse.load(await unit([row('m', { id: 'm' }, 'list=1')]));
  const moved = await unit([row('m', { id: 'm' }, 'list=2')], { sweep: ['list=1', 'list=2'] });
  expect(await warehouse.load(moved)).toMatchObject({ inserted: 0, updated: 1, deleted: 0 });
  expect(await warehouse.rawCounts(key)).toEqual(new Map([['list=2', new Map([['', 1]])]]));
});

test('the ledger counts each account’s rows by themselves, and each has its own checkpoints', async () => {
  const of = { ...key, accountId: 'news' };
  const fenceOfNews = await warehouse.takeFence(of, 'run-1');
  for (const count of [3, 4]) {
    await warehouse.load(await unit(members(count)));
    await warehouse.load(await unit(members(count - 2), { key: of, fence: fenceOfNews }));
  }
  expect(await warehouse.query('select account_id, table_rows from ops.load_ledger order by number')).toEqual([
    { account_id: 'shop', table_rows: 3 },
    { account_id: 'news', table_rows: 1 },
    { account_id: 'shop', table_rows: 4 },
    { account_id: 'news', table_rows: 2 },
  ]);
  for (const account of [key, of]) expect([...(await warehouse.readState(account)).keys()]).toEqual(['list=1']);
});

test('quarantine keeps all of very many refused records', async () => {
  const refused = Array.from({ length: 1_001 }, (_, n): RejectedRow => {
    return { slice: 's', position: `row ${n + 1}`, path: 'at', reason: 'no date', record: `{"n":${n}}` };
  });
  expect(await warehouse.load(await unit([], {}, refused))).toMatchObject({ quarantined: 1_001, quarantinedAgain: 0 });
});

test('quarantine keeps each refused record once', async () => {
  const refused = (record: string, position: string): RejectedRow => ({
    slice: 's',
    position,
    path: 'at',
    reason: 'no date',
    record,
  });
  const twice = [
    refused('{"a":1}', 'page 1 record 1'),
    refused('{"a":1}', 'page 1 record 2'),
    refused('"', 'page 2 record 1'),
  ];
  expect(await warehouse.load(await unit(members(1), {}, twice))).toMatchObject({
    quarantined: 3,
    quarantinedAgain: 0,
  });
  const moved = twice.map((one) => ({ ...one, position: `moved ${one.position}` }));
  const again = await warehouse.load(
    await unit(members(1), {}, [...moved, refused('new', 'page 9 record 9'), refused('{"a":1}', 'page 9 record 10')]),
  );
  expect(again).toMatchObject({ quarantined: 2, quarantinedAgain: 3, unchanged: 1 });
  const kept = await warehouse.query(
    'select record, count(*) as n from ops.quarantine group by record order by record',
  );
  expect(kept).toEqual([
    { record: '"', n: 1 },
    { record: 'new', n: 1 },
    { record: '{"a":1}', n: 3 },
  ]);
});

test.each([
  ['one byte changed', (path: string) => writeFileSync(path, readFileSync(path).fill(0, 30, 31)), /manifest says/],
  ['cut off', (path: string) => truncateSync(path, 40), /manifest says/],
  ['missing', (path: string) => writeFileSync(path.replace('00001', '0000x'), ''), /missing/],
])('an altered part is refused: %s', async (what, alter, message) => {
  const loaded = await unit(members(20));
  const [part] = loaded.parts;
  if (part === undefined) throw new Error('no part');
  if (what === 'missing') await fixture.landing.sweep(key, []);
  else alter(fixture.landing.locate(part.name));
  await expect(warehouse.load(loaded)).rejects.toMatchObject({
    kind: 'drift',
    message: expect.stringMatching(message),
    fix: expect.stringContaining('sync again'),
  });
  expect(await warehouse.tableKind('raw.mailchimp__members')).toBeNull();
});

test('a part that is listed twice, or holds other rows than it says, is refused', async () => {
  const loaded = await unit(members(20));
  const [part] = loaded.parts;
  if (part === undefined) throw new Error('no part');
  await expect(warehouse.load({ ...loaded, parts: [part, part] })).rejects.toMatchObject({ kind: 'rejected' });
  await expect(warehouse.load({ ...loaded, parts: [{ ...part, rows: part.rows + 1 }] })).rejects.toMatchObject({
    kind: 'drift',
  });
});

test('text, decimals and long integers come back exactly', async () => {
  const strings = [
    '',
    '\ufeff',
    'a\u0000b',
    '\u202Eabc',
    "'); drop table raw.x;--",
    '${x}',
    '{{x}}',
    '\\',
    '\\"',
    '"',
    "'",
    '\u2028',
    'é',
    'e\u0301',
    '👩‍👩‍👧‍👦',
    'ﬀ',
    'İ',
    'Z̸a̸l̸',
    '=HYPERLINK("x")',
    '\r\n',
    '\t',
    '\u0007',
    'null',
    'NaN',
    '__proto__',

    '12345678901234.123456789',
    '123456789012345678901234567890',
    '9007199254740993',
    '-0',
    '1e400',
    ' x ',
    '𐀀',
    '\u{10FFFF}',
  ];
  const rows = strings.map((text) =>
    row(text, { text, nested: { [text]: [text] }, n: 0.1, big: Number.MAX_SAFE_INTEGER }),
  );
  await warehouse.load(
    await unit(rows, {
      checkpoints: new Map(strings.map((text) => [text, { readAt: '2026-01-01T00:00:00Z', cursor: text }])),
    }),
  );
  const records = await collect(warehouse.rawRecords(key));
  expect(new Set(records.map((record) => JSON.stringify(record)))).toEqual(
    new Set(rows.map(({ record }) => JSON.stringify(record))),
  );
  const keys = await warehouse.query('select _primary_key as key from raw.mailchimp__members');
  expect(new Set(keys.map((found) => found['key']))).toEqual(new Set(rows.map((landed) => landed._primary_key)));
  const state = await warehouse.readState(key);
  for (const text of strings) expect(state.get(text)?.cursor).toBe(text);
  expect((await warehouse.load(await unit(rows))).unchanged).toBe(strings.length);
  const [decimal] = await warehouse.query(
    `select cast(record ->> 'text' as decimal(38, 9)) as amount from raw.mailchimp__members where _primary_key = $1`,
    ['["12345678901234.123456789"]'],
  );
  expect(decimal).toEqual({ amount: '12345678901234.123456789' });
});

test('_loaded_at grows with every commit, whatever the clock says', async () => {
  await warehouse.close();
  const instants = ['2026-06-30T12:00:00Z', '2026-06-30T11:00:00Z', '2020-01-01T00:00:00Z', '2026-07-01T00:00:00Z'];
  let at = 0;
  warehouse = await fixture.open({ now: () => instants[Math.min(at, 3)] ?? '' });
  const seen: string[] = [];
  for (at = 0; at < 4; at += 1) {
    await warehouse.load(await unit(members(1, at)));
    const [latest] = await warehouse.query('select max(_loaded_at) as at from raw.mailchimp__members');
    seen.push(String(latest?.['at']));
  }
  expect(seen).toEqual([...new Set(seen)].toSorted());
  expect(seen[1]).toBe('2026-06-30T12:00:00.001Z');
  expect(seen[3]).toBe('2026-07-01T00:00:00.000Z');
});

test('records stream in key order and a reader may leave early', async () => {
  await warehouse.load(await unit(members(2500)));
  const ids = (await collect(warehouse.rawRecords(key))).map((record) => `["${String(record['id'])}"]`);
  expect(ids).toEqual(ids.toSorted());
  for await (const record of warehouse.rawRecords(key)) {
    expect(record['id']).toBe('m0');
    break;
  }
  expect(await collect(warehouse.rawRecords({ ...key, stream: 'unknown' }))).toEqual([]);
  expect((await warehouse.rawCounts(key, 'n')).get('list=1')?.get('17')).toBe(1);
});

test.each(['x"; drop schema raw', 'a.b', 'Upper', '', 'ä', '1x'])('a stream named %j is refused', async (stream) => {
  await expect(warehouse.ensureRawTable({ source: 'mailchimp', stream, partitioned: false })).rejects.toMatchObject({
    kind: 'rejected',
  });
});
