import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/contracts/json.ts';
import type { ItemState, Slice } from '../../src/contracts/sync.ts';
import type { Http, HttpRequest, RawReader } from '../_kit/contract.ts';
import { readSlice } from '../_kit/engine.ts';
import { planSlices } from '../_kit/plan.ts';
import { jsonArray } from '../_kit/push.ts';
import { SkippedAnswer } from '../_kit/skip.ts';
import { MemoryInbox } from '../_kit/suite/memory-inbox.ts';
import { noDownload } from '../_kit/suite/no-download.ts';
import { sendgridConfig } from './config.ts';
import { sendgrid } from './connector.ts';

const config = sendgridConfig.parse({ credentials: { api_key: 'SG.not-a-key' } });
const now = '2026-06-30T12:00:00.000Z';
const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const log = JSON.parse(fixture('log.json').toString()) as JsonObject;

const sliceOf = (more: Partial<Slice> = {}): Slice => ({
  id: 'all',
  item: '',
  mode: 'full',
  pathParams: {},
  inherit: {},
  next: { readAt: now },
  ...more,
});

/** Answers by path; what was asked is kept. */
function fake(answer: (request: HttpRequest) => Json, download: Http['download'] = noDownload) {
  const asked: HttpRequest[] = [];
  const http: Http = {
    requests: 0,
    download,
    request: async (request) => {
      asked.push(request);
      return { status: 200, headers: {}, body: answer(request), bytes: 1 };
    },
  };
  return { http, asked };
}

async function read(stream: string, http: Http, slice = sliceOf(), inbox = new MemoryInbox()) {
  const rows: JsonObject[] = [];
  const people: (string | null)[] = [];
  const keys: string[] = [];
  const rejected: { readonly path: string }[] = [];
  const options = { config, http, slice, now, salt: 'salt', signal: new AbortController().signal, inbox };
  for await (const event of readSlice(sendgrid, stream, options)) {
    if (event.kind === 'page') {
      for (const row of event.rows) {
        rows.push(row.record);
        people.push(row._person_key);
        keys.push(row._primary_key);
      }
      rejected.push(...event.rejected);
    } else if (event.kind === 'end') {
      return { rows, people, keys, rejected, end: event };
    }
  }
  throw new Error('no end');
}

describe('contacts', () => {
  /** A file of two contacts, of which the job says how many there are. */
  const exported = (count: number): Http =>
    fake(
      ({ method }) =>
        method === 'POST'
          ? { id: 'job' }
          : { status: 'ready', urls: ['https://x.s3.amazonaws.com/f'], contact_count: count },
      async function* () {
        yield fixture('contacts-export.ndjson');
      },
    ).http;

  it('that are fewer than the job says are not all', async () => {
    const { end } = await read('contacts', exported(3));
    expect(end.incomplete).toBe('2 records were read where the source states 3');
  });

  it('of a file are called by contact_id, everywhere else by id: raw has both', async () => {
    const { rows, people, end } = await read('contacts', exported(2));
    expect(rows.map(({ id, contact_id: ofFile }) => id === ofFile && typeof id === 'string')).toEqual([true, true]);
    expect(rows[1]?.['custom_fields']).toEqual({ company_name: 'Company LTD' });
    expect(people.every((key) => key !== null)).toBe(true);
    expect(end.incomplete).toBeUndefined();
  });
});

it('segments are the list called results, whatever the description’s schema says', async () => {
  const { http } = fake(() => ({ results: [{ id: 'a' }, { id: 'b' }], _metadata: {} }));
  expect((await read('segments', http)).rows.map(({ id }) => id)).toEqual(['a', 'b']);
});

describe('what is due', () => {
  const planned = async (
    stream: string,
    records: Readonly<Record<string, readonly JsonObject[]>>,
    state: ReadonlyMap<string, ItemState>,
    startDate: string | null = null,
  ) => {
    const raw: RawReader = {
      async *records(name) {
        yield* records[name] ?? [];
      },
      counts: async () => new Map(),
    };
    return planSlices(sendgrid, stream, { config, state, raw, now, startDate, mutableWindow: 'P35D' });
  };
  const due = (stream: string, records: Readonly<Record<string, readonly JsonObject[]>>, before?: Slice) =>
    planned(stream, records, new Map(before === undefined ? [] : [[before.item, before.next]]));

  it('of details is a single send that is new or was edited, however old', async () => {
    const sends = (updatedAt: string) => ({
      single_sends: [{ id: 's1', status: 'triggered', send_at: '2024-01-01T09:00:00Z', updated_at: updatedAt }],
    });
    const [first] = await due('single_send_details', sends('2024-01-01T09:00:00Z'));
    expect(first?.pathParams).toEqual({ id: 's1' });
    expect(await due('single_send_details', sends('2024-01-01T09:00:00Z'), first)).toEqual([]);
    expect(await due('single_send_details', sends('2026-06-30T11:00:00Z'), first)).toHaveLength(1);
  });

  it('of the log’s events is a message that no post names by the same id up to its first dot', async () => {
    const message = (id: string) => ({ sg_message_id: id, sg_message_id_created_at: '2026-06-29T09:00:00Z' });
    const [slice] = await due('log_events', {
      log_messages: [message('covered.recvd-1-2.0'), message('half.recvd-1-2.0'), message('other.recvd-1-2.0')],
      // One whose later events alone were posted was sent before the webhook was switched on.
      events: [
        { event: 'processed', sg_message_id: 'covered.filterdrecv-5-6' },
        { event: 'open', sg_message_id: 'half.filterdrecv-5-6' },
      ],
    });
    expect(slice?.params).toEqual({ sg_message_ids: 'half.recvd-1-2.0 other.recvd-1-2.0' });
  });

  it('of the log’s events are young days always, older ones about daily, and none that SendGrid keeps no longer', async () => {
    const days = ['2026-06-29', '2026-06-26', '2026-06-25', '2026-05-31', '2026-05-30'];
    const messages = days.map((day) => ({ sg_message_id: day, sg_message_id_created_at: `${day}T23:00:00Z` }));
    const at = async (readAt: string) => {
      const state = new Map(days.map((day) => [day, { readAt }]));
      return (await planned('log_events', { log_messages: messages }, state)).map(({ item }) => item);
    };
    expect(await at('2026-06-29T15:59:00.000Z')).toEqual(days.slice(0, 4));
    expect(await at('2026-06-29T16:01:00.000Z')).toEqual(days.slice(0, 2));
  });

  it('of the log’s messages are all days that are kept, then those of the look-back, and what was refused before them', async () => {
    const from = async (state?: Partial<ItemState>, startDate: string | null = null) => {
      const states = new Map(state === undefined ? [] : [['', { readAt: now, ...state }]]);
      const slices = await planned('log_messages', {}, states, startDate);
      const windows = slices.map(({ window }) => window);
      expect(windows[0]).toEqual({ from: '2026-06-30T00:00:00.000Z', to: now });
      // Newest first, without a gap between them.
      for (const [index, window] of windows.slice(1).entries()) expect(window?.to).toBe(windows[index]?.from);
      return [slices.length, windows.at(-1)?.from];
    };
    const cursor = '2026-06-29T10:00:00Z';
    expect(await from()).toEqual([31, '2026-05-31T12:00:00.000Z']);
    expect(await from(undefined, '2026-06-28T00:00:00.000Z')).toEqual([3, '2026-06-28T00:00:00.000Z']);
    expect(await from({ cursor })).toEqual([6, '2026-06-25T10:00:00.000Z']);
    expect(await from({ cursor, refusedFrom: '2026-06-27T10:00:00Z' })).toEqual([8, '2026-06-23T10:00:00.000Z']);
    expect(await from({ cursor, refusedFrom: '' })).toEqual([31, '2026-05-31T12:00:00.000Z']);
  });

  it('of a suppression list is the whole once a day, without a beginning: what it does not show has been taken off', async () => {
    const cursor = String(Date.parse('2026-06-30T06:00:00.000Z') / 1000);
    const at = (fullReadAt: string) => planned('bounces', {}, new Map([['', { readAt: now, fullReadAt, cursor }]]));
    const to = String(Date.parse(now) / 1000);
    expect(await at('2026-06-29T11:59:00.000Z')).toMatchObject([{ mode: 'full', window: { to } }]);
    expect((await at('2026-06-29T11:59:00.000Z'))[0]?.window).not.toHaveProperty('from');
    const from = String(Number(cursor) - 3600);
    expect(await at('2026-06-29T12:01:00.000Z')).toMatchObject([{ mode: 'incremental', window: { from, to } }]);
  });
});

describe('events of the webhook', () => {
  const post = fixture('events.json');
  const posted = async (body = post) => {
    const inbox = new MemoryInbox().post('events', { body });
    const [segment] = await inbox.segments('events');
    const pathParams = { segment: segment!.name, from: '0', to: String(segment!.bytes) };
    return read('events', fake(() => null).http, sliceOf({ mode: 'incremental', pathParams }), inbox);
  };

  it('have a category that is a text or a list, and custom arguments beside their own fields', async () => {
    const { rows } = await posted();
    expect(rows.map(({ category }) => category)).toEqual(['cat facts', ['cat facts', 'dogs'], undefined]);
    expect(rows[1]?.['order']).toEqual({ nested: [1, 'custom arguments stand beside the fields'] });
  });

  it('may lack the message: a delayed bounce has an address and an smtp-id only', async () => {
    const { rows, people, rejected } = await posted();
    expect(rejected).toEqual([]);
    expect(rows[2]).toMatchObject({ event: 'bounce', 'smtp-id': '<14c5d75ce93.dfd.64b469@ismtpd-555>' });
    expect(people[2]).toBe(people[0]);
  });

  it('are one row by their id, whatever else a copy says: the first content of it stays', async () => {
    const event = { email: 'to@test.example', timestamp: 1_751_629_100, event: 'open', sg_event_id: 'same' };
    const copy = { ...event, email: 'other@test.example', timestamp: 1_751_629_200, event: 'click' };
    const { keys } = await posted(Buffer.from(JSON.stringify([event, copy])));
    expect(new Set(keys).size).toBe(1);
  });

  it('are as many as the array has', () => {
    expect(jsonArray(post)).toHaveLength(3);
  });
});

describe('events of the log', () => {
  const slice = (...ids: readonly string[]): Slice =>
    sliceOf({ mode: 'incremental', item: '2026-06-29', params: { sg_message_ids: ids.join(' ') } });

  it('inherit what the log says of the single send once a message', async () => {
    const { rows } = await read('log_events', fake(() => log).http, slice('abc123.recvd-1'));
    expect(rows.map(({ event, marketing_campaign_id: campaign }) => [event, campaign])).toEqual([
      ['received', 12345],
      ['open', 12345],
    ]);
    // The single send's own id is among the custom arguments.
    const inherited = { marketing_campaign_version: 'A', template_id: 'd-12345', custom_args: { order: '1' } };
    expect(rows[1]).toMatchObject(inherited);
    // Absent, not false: nobody said that a person opened it.
    expect(rows[1]).not.toHaveProperty('sg_machine_open');
  });

  it('that two messages share are one row', async () => {
    const { rows, end } = await read('log_events', fake(() => log).http, slice('abc123.recvd-1', 'abc124.recvd-1'));
    expect(rows).toHaveLength(2);
    expect(end.incomplete).toBeUndefined();
  });

  it('of a message with a hundred are the newest hundred, which is said and no failure', async () => {
    const events = Array.from({ length: 100 }, (_, index) => ({
      event: 'open',
      email: 'to@test.example',
      sg_event_id: `open-${index}`,
      timestamp: 1751629100 + index,
    }));
    const { rows, end } = await read('log_events', fake(() => ({ ...log, events })).http, slice('abc123'));
    expect(rows).toHaveLength(100);
    expect(end.incomplete).toBeUndefined();
    expect(end.state.explainedGap).toContain('newest 100');
  });

  it('of a message that has left the log are left out, and those of the others are read', async () => {
    const { http } = fake(({ path }) => {
      if (path.endsWith('gone')) throw new SkippedAnswer('GET /v3/logs/gone answered 404', 404);
      return log;
    });
    const { rows, end } = await read('log_events', http, slice('gone', 'abc123.recvd-1'));
    expect(rows).toHaveLength(2);
    expect(end.skipped).toBeUndefined();
  });
});

describe('messages of the log', () => {
  const window = { from: '2026-06-29T00:00:00.000Z', to: '2026-06-30T00:00:00.000Z' };

  /** A log of messages at given seconds of the day, answered as documented: the first 1,000 of the window. */
  function logOf(secondsOfDay: readonly number[]) {
    const messages = secondsOfDay.map((second, index) => ({
      sg_message_id: `m${index}`,
      sg_message_id_created_at: new Date(Date.parse(window.from) + second * 1000).toISOString(),
      to_email: `to${index}@test.example`,
      status: 'delivered',
    }));
    return fake(({ body }) => {
      const { query, limit } = body as { readonly query: string; readonly limit: number };
      const [from = '', to = ''] = [...query.matchAll(/TIMESTAMP "([^"]+)"/g)].map(([, at]) => at!);
      const found = messages.filter(
        ({ sg_message_id_created_at: at }) => Date.parse(at) >= Date.parse(from) && Date.parse(at) < Date.parse(to),
      );
      return { messages: found.slice(0, limit) };
    });
  }

  it('come in halves of a window that returns a thousand, each once', async () => {
    const seconds = Array.from({ length: 3500 }, (_, index) => 36_000 + index * 0.7);
    const { http, asked } = logOf(seconds);
    const { rows, end } = await read('log_messages', http, sliceOf({ mode: 'incremental', window }));
    expect(new Set(rows.map(({ sg_message_id: id }) => id)).size).toBe(3500);
    expect(end.incomplete).toBeUndefined();
    expect(asked.length).toBeGreaterThan(5);
    expect(asked[0]?.body).toEqual({
      query:
        'sg_message_id_created_at >= TIMESTAMP "2026-06-29T00:00:00Z" AND sg_message_id_created_at < TIMESTAMP "2026-06-30T00:00:00Z"',
      limit: 1000,
    });
  });

  it('of a second with more than a thousand make the stream incomplete, by name', async () => {
    const { http } = logOf(Array.from({ length: 1200 }, () => 43_200));
    const { rows, end } = await read('log_messages', http, sliceOf({ mode: 'incremental', window }));
    expect(rows).toHaveLength(1000);
    expect(end.incomplete).toContain('2026-06-29T12:00:00Z');
  });
});

describe('Email Activity', () => {
  it('is asked for by the last event, with bounds that are both part of the window', async () => {
    const { http, asked } = fake(() => ({ messages: [] }));
    const window = { from: '2026-06-30T11:00:00.000Z', to: now };
    await read('activity', http, sliceOf({ mode: 'incremental', window }));
    expect(asked[0]?.params).toEqual({
      query: 'last_event_time BETWEEN TIMESTAMP "2026-06-30T11:00:00Z" AND TIMESTAMP "2026-06-30T11:59:59Z"',
      limit: 1000,
    });
  });
});

describe('statistics', () => {
  it('that fill a page of 500 entries go on with the next, and end where a page is short', async () => {
    const entry = (index: number) => ({ type: 'country', name: `C${index}`, metrics: { opens: 1 } });
    const { http, asked } = fake(({ params }) => {
      const { offset, start_date: date } = params as { readonly offset: number; readonly start_date: string };
      const all = Array.from({ length: date === '2026-06-30' ? 777 : 0 }, (_, index) => entry(index));
      return [{ date, stats: all.slice(offset, offset + 500) }];
    });
    const { rows, end } = await read('geo_stats', http);
    expect(rows).toHaveLength(777);
    expect(end.incomplete).toBeUndefined();
    expect(asked).toHaveLength(8);
  });

  it('of a source that counts pages in days are the same', async () => {
    const stats = Array.from({ length: 500 }, (_, index) => ({ type: 'device', name: `D${index}`, metrics: {} }));
    const { http } = fake(({ params }) => {
      const { offset, start_date: date } = params as { readonly offset: number; readonly start_date: string };
      return offset === 0 && date === '2026-06-30' ? [{ date, stats }] : [];
    });
    expect((await read('device_stats', http)).rows).toHaveLength(500);
  });

  it('of categories leave out the days before there was such a category', async () => {
    const { http } = fake(({ path, params }) => {
      if (path === '/v3/categories') return (params?.['offset'] ?? 0) === 0 ? [{ category: 'a' }] : [];
      const day = (date: string, opens: number) => ({
        date,
        stats: [{ type: 'category', name: 'a', metrics: { opens } }],
      });
      return [day('2026-06-28', 0), day('2026-06-29', 3)];
    });
    expect((await read('category_stats', http)).rows).toEqual([
      { category: 'a', date: '2026-06-29', type: 'category', name: 'a', metrics: { opens: 3 } },
    ]);
  });

  it('of categories that come a few at a time are those of all', async () => {
    const categories = ['a', 'b', 'c'];
    const { http } = fake(({ path, params }) => {
      const offset = Number(params?.['offset']);
      if (path === '/v3/categories') return categories.slice(offset, offset + 2).map((category) => ({ category }));
      return [{ date: '2026-06-29', stats: [{ type: 'category', name: 'x', metrics: { opens: 1 } }] }];
    });
    expect((await read('category_stats', http)).rows.map(({ category }) => category)).toEqual(categories);
  });

  it.each(['daily_stats', 'category_stats', 'client_stats'])(
    '%s is never "no rows" for an answer of another shape',
    async (name) => {
      await expect(read(name, fake(() => ({ errors: [] })).http)).rejects.toMatchObject({
        kind: 'contract',
        stream: name,
      });
    },
  );
});

describe('suppression lists', () => {
  it.each(['bounces', 'blocks', 'invalid_emails', 'spam_reports', 'unsubscribes'])(
    '%s lose nobody when somebody else is taken off while they are paged',
    async (stream) => {
      let list = Array.from({ length: 501 }, (_, index) => ({
        email: `p${index}@example.org`,
        created: 1_700_000_000 + index,
      }));
      const { http, asked } = fake(({ params }) => {
        if (asked.length === 2) list = list.slice(1);
        const from = Number(params?.['offset']);
        return list.slice(from, from + Number(params?.['limit']));
      });
      const { keys, end } = await read(stream, http);
      // The first try yields its page, too: it is void.
      expect(keys.slice(-500)).toEqual(list.map(({ email }) => JSON.stringify([email])));
      expect(end).toMatchObject({ units: 500 });
      expect(end.incomplete).toBeUndefined();
    },
  );
});

describe('pages that name the next', () => {
  const totals = sliceOf({ id: 'totals' });

  it('are followed to their end', async () => {
    const row = (id: string) => ({ id, ab_variation: 'all', ab_phase: 'all', aggregation: 'total', stats: {} });
    const { http, asked } = fake(({ path }) =>
      path.includes('page_token')
        ? { results: [row('b')], _metadata: {} }
        : {
            results: [row('a')],
            _metadata: { next: 'https://api.sendgrid.com/v3/marketing/stats/singlesends?page_token=2' },
          },
    );
    expect((await read('single_send_stats', http, totals)).rows.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(asked).toHaveLength(2);
  });

  it('that name themselves are a failure, not a loop', async () => {
    const next = 'https://api.sendgrid.com/v3/marketing/stats/singlesends?page_token=2';
    const { http, asked } = fake(() => ({ results: [], _metadata: { next } }));
    await expect(read('single_send_stats', http, totals)).rejects.toMatchObject({ kind: 'contract' });
    expect(asked.length).toBeLessThan(4);
  });
});
