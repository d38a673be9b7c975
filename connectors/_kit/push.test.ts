import { expect, it } from 'vitest';
import { z } from 'zod';
import type { ItemState, Slice } from '../../src/contracts/sync.ts';
import { defineConnector, type Connector } from './contract.ts';
import { readSlice } from './engine.ts';
import { planSlices } from './plan.ts';
import { jsonArray, NotAPost, pushStream } from './push.ts';
import type { SliceEvent } from './slice-events.ts';
import { MemoryInbox, type Posted } from './suite/memory-inbox.ts';
import { noDownload } from './suite/no-download.ts';
import { tiny } from './suite/tiny.ts';

const NOW = '2026-06-30T12:00:00.000Z';

const connector: Connector<null> = defineConnector(z.null(), (stream) => ({
  ...tiny,
  streams: {
    events: stream(
      pushStream({
        hook: 'events',
        description: 'One row an event.',
        records: jsonArray,
        schema: z.looseObject({ id: z.string(), timestamp: z.int(), event: z.string(), email: z.string().nullish() }),
        primaryKey: ['id'],
        person: 'email',
        occurredAt: { field: 'timestamp', unit: 'epoch-s' },
      }),
    ),
  },
}));

const event = (id: string, more: object = {}): object => ({ id, timestamp: 1_780_000_000, event: 'open', ...more });
const events = (count: number, from = 0): readonly object[] =>
  Array.from({ length: count }, (_, index) => event(`e${from + index}`));
const inboxOf = (...posts: readonly Posted[]): MemoryInbox => new MemoryInbox().post('events', ...posts);

const plan = (inbox: MemoryInbox, state: ReadonlyMap<string, ItemState> = new Map()): Promise<readonly Slice[]> =>
  planSlices(connector, 'events', {
    config: null,
    state,
    raw: { records: async function* () {}, counts: async () => new Map() },
    now: NOW,
    inbox,
    startDate: null,
    mutableWindow: 'P35D',
  });

const optionsOf = (inbox: MemoryInbox, slice: Slice) => ({
  config: null,
  http: { request: () => Promise.reject(new Error('a push asks for nothing')), download: noDownload, requests: 0 },
  slice,
  now: NOW,
  salt: 's',
  signal: new AbortController().signal,
  inbox,
});

async function read(inbox: MemoryInbox, slice: Slice) {
  const seen: SliceEvent[] = [];
  for await (const one of readSlice(connector, 'events', optionsOf(inbox, slice))) seen.push(one);
  const pages = seen.flatMap((one) => (one.kind === 'page' ? [one] : []));
  return {
    pages,
    rows: pages.flatMap(({ rows }) => rows),
    rejected: pages.flatMap(({ rejected }) => rejected),
    restarts: seen.filter(({ kind }) => kind === 'restart'),
    end: seen.at(-1) as Extract<SliceEvent, { kind: 'end' }>,
  };
}

async function readAll(inbox: MemoryInbox) {
  const slices = await plan(inbox);
  const reads = await Promise.all(slices.map((slice) => read(inbox, slice)));
  return {
    slices,
    rows: reads.flatMap(({ rows }) => rows),
    rejected: reads.flatMap(({ rejected }) => rejected),
    reads,
  };
}

it('plans what is new of each segment, and a segment that was read as a whole no more', async () => {
  const inbox = inboxOf({ body: events(3) })
    .close('events')
    .post('events', { body: events(2, 3) });
  const first = await plan(inbox);
  expect(first.map(({ id, item, mode }) => [id, item, mode])).toEqual([
    ['segment=events-1,from=0', 'events-1', 'incremental'],
    ['segment=events-2,from=0', 'events-2', 'incremental'],
  ]);
  const states = new Map<string, ItemState>();
  for (const slice of first) states.set(slice.item, (await read(inbox, slice)).end.state);
  const ends = (await inbox.segments('events')).map(({ bytes }) => String(bytes));
  expect([...states.values()].map(({ cursor, readAt }) => [cursor, readAt])).toEqual(ends.map((end) => [end, NOW]));
  expect(await plan(inbox, states)).toEqual([]);

  inbox.post('events', { body: events(1, 5) });
  const [more, ...none] = await plan(inbox, states);
  expect([more?.id, none]).toEqual([`segment=events-2,from=${ends[1]}`, []]);
  expect((await read(inbox, more!)).rows.map(({ _primary_key }) => _primary_key)).toEqual(['["e5"]']);
});

it('plans nothing of a segment that is shorter than what was read of it: its end was never acknowledged', async () => {
  const inbox = inboxOf({ body: events(1) });
  const beyond = new Map([['events-1', { readAt: NOW, cursor: '1000000' }]]);
  expect(await plan(inbox, beyond)).toEqual([]);
  expect(await plan(new MemoryInbox())).toEqual([]);
});

it('cuts a long segment at posts into slices of about 16 MB, whose ends are its states', async () => {
  const large = (index: number): Posted => ({ body: [event(`e${index}`, { text: 'x'.repeat(6_000_000) })] });
  const inbox = inboxOf(...Array.from({ length: 7 }, (_, index) => large(index)));
  const { slices, rows, reads } = await readAll(inbox);
  expect(slices.map(({ pathParams }) => Number(pathParams['to']) - Number(pathParams['from']) < 24_000_000)).toEqual([
    true,
    true,
    true,
  ]);
  expect(rows.map(({ _primary_key }) => _primary_key)).toEqual(Array.from({ length: 7 }, (_, at) => `["e${at}"]`));
  expect(reads.map(({ end }) => end.state.cursor)).toEqual(slices.map(({ pathParams }) => pathParams['to']));
  // One post each: a page ends with the first post behind 4 MB.
  expect(reads.map(({ pages }) => pages.length)).toEqual([3, 3, 1]);
});

it.each(['nonsense', ''])('keeps a post that is alone and is none: %j', async (body) => {
  const { slices, rows, rejected, reads } = await readAll(inboxOf({ body }));
  expect([rows, rejected.length]).toEqual([[], 1]);
  expect(rejected[0]).toMatchObject({ record: body });
  expect(reads[0]?.end.state.cursor).toBe(slices[0]?.pathParams['to']);
});

it('takes facts from signed posts alone, each with its time, its date and its person', async () => {
  const { rows, rejected } = await readAll(
    inboxOf(
      { body: [event('forged')], isSigned: false },
      { body: [event('real', { email: 'A@example.org' })] },
      { body: 'not even JSON', isSigned: false },
    ),
  );
  expect(rows).toMatchObject([
    { _primary_key: '["real"]', _cursor_at: '2026-05-28T20:26:40.000Z', _partition_date: '2026-05-28' },
  ]);
  expect(rows[0]?._person_key).toMatch(/^[0-9a-f]{64}$/);
  expect(rejected).toEqual([]);
});

it.each([
  ['an empty array', [], 0, []],
  ['an empty object in an array', [{}], 0, ['id']],
  ['an object', {}, 0, ['']],
  ['null', null, 0, ['']],
  ['ten thousand events', events(10_000), 10_000, []],
  ['one bad among a hundred', [...events(50), { id: 1 }, ...events(49, 50)], 99, ['id']],
  ['an unknown type of event', [event('a', { event: 'teleported', depth: 7 })], 1, []],
  ['numbers, texts and nothing in the array', [1, 'two', null, event('a')], 1, ['', '', '']],
  ['no JSON', '<html>', 0, ['']],
  ['an empty body', '', 0, ['']],
  ['bytes that are no text', new Uint8Array([0xff, 0xfe, 0x00]), 0, ['']],
])('%s: what is good loads, what is not is refused with its place (B57)', async (_what, body, good, refused) => {
  const { rows, rejected, reads, slices } = await readAll(
    inboxOf({ body: [event('before')] }, { body }, { body: [event('behind')] }),
  );
  expect(rows.map(({ _primary_key }) => _primary_key)).toEqual(expect.arrayContaining(['["before"]', '["behind"]']));
  expect(rows).toHaveLength(2 + good);
  expect(rejected.map(({ path }) => path)).toEqual(refused);
  for (const { position } of rejected) expect(position).toMatch(/^events-1@\d+( record \d+)?$/);
  // The checkpoint passes what is in quarantine.
  expect(reads.at(-1)?.end).toMatchObject({ state: { cursor: slices.at(-1)?.pathParams['to'] } });
  expect(reads.at(-1)?.end.state.refusedFrom).toBeUndefined();
});

it('a refused post is kept so that its bytes can be had again, a refused record as it was written', async () => {
  const { rejected } = await readAll(
    inboxOf(
      { body: '{"id": 12345678901234567890}' },
      { body: new Uint8Array([0xff, 0x00]) },
      { body: 'a\0b' },
      { body: '[{"id": 1.50, "id": 2}]' },
    ),
  );
  expect(rejected.map(({ record, position }) => [record, position.split('@')[0]])).toEqual([
    ['{"id": 12345678901234567890}', 'events-1'],
    ['base64:/wA=', 'events-1'],
    ['base64:YQBi', 'events-1'],
    ['{"id": 1.50, "id": 2}', 'events-1'],
  ]);
});

it('numbers too long for a double stay as their text', async () => {
  const { rows } = await readAll(
    inboxOf({ body: '[{"id":"a","timestamp":1780000000,"event":"x","n":12345678901234567890}]' }),
  );
  expect(rows[0]?.record['n']).toBe('12345678901234567890');
});

it('posts that are all refused do not end the stream: however many there are, what is good behind them loads', async () => {
  const bad = { body: Array.from({ length: 100 }, () => ({ id: 7 })) };
  const { rows, rejected, reads } = await readAll(inboxOf(bad, bad, bad, { body: [event('good')] }));
  expect([rows.length, rejected.length]).toEqual([1, 300]);
  expect(reads[0]?.end.incomplete).toBeUndefined();
});

it('a slip of the connector refuses the post it was over, without the words of the error', async () => {
  const slips = {
    ...connector,
    streams: {
      events: {
        ...connector.streams['events']!,
        ...pushStream<null, { id: string }>({
          hook: 'events',
          description: 'One row an event.',
          schema: z.looseObject({ id: z.string() }),
          primaryKey: ['id'],
          records: (body) => {
            const text = Buffer.from(body).toString();
            if (text.includes('slip')) throw new TypeError(`cannot read ${text}`);
            if (text.includes('other')) throw new NotAPost('Expected something else');
            return jsonArray(body);
          },
        }),
      },
    },
  } as Connector<null>;
  const inbox = inboxOf({ body: '["slip a@example.org"]' }, { body: '["other"]' }, { body: [{ id: 'a' }] });
  const [slice] = await plan(inbox);
  const reasons: string[] = [];
  let rows = 0;
  for await (const one of readSlice(slips, 'events', optionsOf(inbox, slice!))) {
    if (one.kind !== 'page') continue;
    rows += one.count;
    reasons.push(...one.rejected.map(({ reason }) => reason));
  }
  expect(reasons).toEqual(['The connector failed over this post: report it', 'Expected something else']);
  expect(rows).toBe(1);
});

it('the same post a thousand times and events that come on several pages are no reason to read again (B54)', async () => {
  const again = { body: events(100) };
  const { rows, reads } = await readAll(inboxOf(...Array.from({ length: 1000 }, () => again)));
  expect(reads.flatMap(({ restarts }) => restarts)).toEqual([]);
  // A copy within a page goes at once, others are the load's to tell from other contents.
  expect(new Set(rows.map(({ _primary_key }) => _primary_key)).size).toBe(100);
  expect(rows.length).toBe(100 * reads[0]!.pages.length);
});

it('another content of a key goes to the load, which knows what came first (B54)', async () => {
  const { rows, rejected } = await readAll(
    inboxOf({ body: [event('a'), event('a', { event: 'click' }), event('a')] }, { body: [event('b')] }),
  );
  expect(rows.map(({ record }) => [record['id'], record['event']])).toEqual([
    ['a', 'open'],
    ['a', 'click'],
    ['b', 'open'],
  ]);
  expect(rejected).toEqual([]);
});

it('a page goes on before the posts behind it are read: memory holds one, however long the slice', async () => {
  const inbox = inboxOf(
    ...Array.from({ length: 12 }, (_, at) => ({ body: [event(`e${at}`, { text: 'x'.repeat(1_100_000) })] })),
  );
  let taken = 0;
  const posts = inbox.posts.bind(inbox);
  inbox.posts = async function* (...range) {
    for await (const post of posts(...range)) {
      taken += 1;
      yield post;
    }
  };
  const [slice] = await plan(inbox);
  const takenAtPages: number[] = [];
  for await (const one of readSlice(connector, 'events', optionsOf(inbox, slice!)))
    if (one.kind === 'page') takenAtPages.push(taken);
  expect(takenAtPages).toEqual([4, 8, 12]);
});

it('a slice reads its own range and nothing else', async () => {
  const inbox = inboxOf({ body: events(1) }, { body: events(1, 1) }, { body: events(1, 2) });
  const borders = await inbox.borders('events', 'events-1', 0, (await inbox.segments('events'))[0]!.bytes, 1);
  const middle: Slice = {
    ...(await plan(inbox))[0]!,
    pathParams: { segment: 'events-1', from: String(borders[0]), to: String(borders[1]) },
  };
  expect((await read(inbox, middle)).rows.map(({ _primary_key }) => _primary_key)).toEqual(['["e1"]']);
});
