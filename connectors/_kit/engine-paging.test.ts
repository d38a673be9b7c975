import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical.ts';
import { personKey } from './person-key.ts';
import {
  NOW,
  BASE,
  thing,
  things,
  offset,
  fakeHttp,
  paged,
  read,
  ids,
  untotalled,
  type Changes,
} from './suite/engine-harness.ts';

describe('a whole read', () => {
  it.each([0, 1, 2, 3, 4, 5])('of %d records yields each once and ends', async (count) => {
    const http = paged(() => things(count));
    const { rows, end, restarts } = await read(http);
    expect(ids(rows)).toEqual(things(count).map(({ id }) => id));
    expect(end).toMatchObject({
      kind: 'end',
      total: count,
      units: count,
      state: { total: count, read: count, readAt: NOW },
    });
    expect(end.incomplete).toBeUndefined();
    expect(restarts).toEqual([]);
    expect(http.requests).toBe(Math.max(1, Math.ceil(count / 2)));
  });

  it('makes rows that raw can take as they are', async () => {
    const record = {
      id: 'a',
      at: '2026-01-02T03:04:05+02:00',
      email: ' Änne@Example.ORG ',
      big: '@',
      unknown: { deep: [1] },
    };
    const http = fakeHttp(() => ({
      text: JSON.stringify({ things: [record], total_items: 1 }).replace('"@"', '9007199254740993'),
    }));
    const { rows } = await read(
      http,
      { person: 'email', partitionBy: 'at' },
      { item: 'c1', inherit: { campaign_id: 'c1' } },
    );
    expect(rows).toEqual([
      {
        _primary_key: '["a"]',
        _person_key: personKey('salt', 'änne@example.org'),
        _cursor_at: '2026-01-02T01:04:05.000Z',
        _partition_date: '2026-01-02',
        _item: 'c1',
        _record_hash: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        _extracted_at: NOW,
        record: { ...record, big: '9007199254740993', campaign_id: 'c1' },
        text: canonicalJson({ ...record, big: '9007199254740993', campaign_id: 'c1' }),
      },
    ]);
  });

  it('goes on by what came, when the server caps its pages below the limit', async () => {
    const all = things(7);
    const http = fakeHttp(({ params }) => {
      const from = Number(params?.['offset']);
      return { body: { things: all.slice(from, from + 3), total_items: 7 } };
    });
    expect(ids((await read(http, { paginate: offset(1000) })).rows)).toHaveLength(7);
  });

  it('asks with the stream’s, the window’s and the slice’s own parameters, and the path’s ids encoded', async () => {
    const http = paged(() => []);
    const cursor = {
      field: 'at' as const,
      unit: 'iso' as const,
      order: 'unsorted' as const,
      lookback: 'PT1H',
      params: (w: { from?: string }) => ({ since: w.from }),
    };
    await read(
      http,
      { path: '/lists/{list}/things', params: { fields: 'x' }, cursor },
      { pathParams: { list: 'a/b' }, window: { from: 'f' }, params: { status: 's' }, mode: 'incremental' },
    );
    expect({ ...http.asked[0], turn: undefined }).toEqual({
      method: 'GET',
      path: '/lists/a%2Fb/things',
      params: { fields: 'x', since: 'f', status: 's', count: 2, offset: 0 },
      stream: 'things',
    });
  });

  it.each(['', '.', '..'])('refuses the id "%s" in a path', async (id) => {
    expect(
      (
        await read(
          paged(() => []),
          { path: '/lists/{list}' },
          { pathParams: { list: id } },
        )
      ).error?.message,
    ).toMatch(/cannot stand for/);
  });
});

describe('paging', () => {
  const numbers = { a: 'b', b: 'c', c: null } as const;

  it('by token, until there is none', async () => {
    const http = fakeHttp(({ params }) => {
      const at = (params?.['token'] ?? 'a') as keyof typeof numbers;
      return { body: { things: [thing(1, { id: at })], next: numbers[at] } };
    });
    const { rows } = await read(http, {
      paginate: { kind: 'cursor', param: 'token', nextPath: 'next' },
      ...untotalled,
    });
    expect(ids(rows)).toEqual(['a', 'b', 'c']);
  });

  it('by page number, until a short page', async () => {
    const all = things(5);
    const http = fakeHttp(({ params }) => ({
      body: { things: all.slice(Number(params?.['page']) * 2 - 2, Number(params?.['page']) * 2) },
    }));
    const { rows } = await read(http, {
      paginate: { kind: 'page', pageParam: 'page', limitParam: 'size', limit: 2, first: 1 },
      ...untotalled,
    });
    expect(ids(rows)).toHaveLength(5);
    expect(http.asked.map(({ params }) => params?.['page'])).toEqual([1, 2, 3]);
  });

  it.each([
    ['absolute', `${BASE}/things?page=2`],
    ['from the root', '/3.0/things?page=2'],
    ['a query', '?page=2'],
  ])('by next link, %s: it replaces our own parameters', async (_, link) => {
    const http = fakeHttp((_request, count) => ({
      body: { things: [thing(count)], links: { next: count === 1 ? link : '' } },
    }));
    await read(http, { paginate: { kind: 'next-url', nextPath: 'links.next' }, params: { size: 1 }, ...untotalled });
    expect(http.asked.map(({ path, params }) => [path, params])).toEqual([
      ['/things', { size: 1 }],
      [`${BASE}/things?page=2`, undefined],
    ]);
  });

  it('by Link header', async () => {
    const link = `<${BASE}/things?p=0>; rel="prev", <${BASE}/things?p=2,5>; title="a, b"; rel="last next"`;
    const http = fakeHttp((_, count) => ({
      body: { things: [thing(count)] },
      headers: count === 1 ? { link } : { link: `<${BASE}/x>; rel=nextish` },
    }));
    await read(http, { paginate: { kind: 'link-header' }, ...untotalled });
    expect(http.asked.map(({ path }) => path)).toEqual(['/things', `${BASE}/things?p=2,5`]);
  });

  it.each([
    ['itself', [1, 1]],
    ['a cycle of three', [1, 2, 3, 1]],
  ])('stops at %s: "page repeats", rows kept once', async (_, tokens) => {
    const http = fakeHttp((_request, count) => ({ body: { things: [thing(count)], next: tokens[count - 1] } }));
    const { error, rows } = await read(http, {
      paginate: { kind: 'cursor', param: 'token', nextPath: 'next' },
      ...untotalled,
    });
    expect(error).toMatchObject({ kind: 'contract', message: expect.stringMatching(/page repeats/) as string });
    expect(new Set(ids(rows)).size).toBe(rows.length);
    expect(http.requests).toBeLessThanOrEqual(4);
  });

  it('stops at empty pages without end', async () => {
    const http = fakeHttp((_, count) => ({ body: { things: [], next: count } }));
    const { error } = await read(http, {
      paginate: { kind: 'cursor', param: 'token', nextPath: 'next' },
      ...untotalled,
    });
    expect(error?.message).toMatch(/empty pages/);
  });

  it('stops when the server ignores the offset', async () => {
    const http = fakeHttp(() => ({ body: { things: things(2) } }));
    const { end, rows } = await read(http, untotalled);
    expect(end.incomplete).toMatch(/two pages/);
    expect(ids(rows)).toEqual(['t0', 't1']);
    expect(http.requests).toBe(6);
  });

  it.each([
    ['no array', { items: [], total_items: 0 }, /no array at "things"/],
    ['an object', { things: { a: 1 }, total_items: 0 }, /no array at "things"/],
    ['no total', { things: [] }, /no total at "total_items"/],
    ['a total of text', { things: [], total_items: 'many' }, /no total/],
    ['another document', [], /no array/],
  ])('refuses an answer with %s: it is not "no rows"', async (_, body, message) => {
    expect((await read(fakeHttp(() => ({ body })))).error).toMatchObject({
      kind: 'contract',
      message: expect.stringMatching(message) as string,
    });
  });

  it('takes the whole answer as the record where the stream says so', async () => {
    const http = fakeHttp(() => ({ body: thing(1) }));
    expect(ids((await read(http, { records: '', paginate: { kind: 'single' }, ...untotalled })).rows)).toEqual(['t1']);
  });
});

describe('pages that overlap by a row, of a list that states no total', () => {
  const overlapping = (limit = 3): Changes => ({
    paginate: { kind: 'offset', offsetParam: 'offset', limitParam: 'count', limit, overlap: 1 },
    ...untotalled,
  });
  const moved = 'a page does not begin with the last row read: rows moved while they were paged';

  /** A list of which somebody removes the first row before a page is answered. */
  const shrinking = (count: number, isRemoved: (page: number) => boolean) => {
    let rows = things(count);
    return fakeHttp(({ params }, page) => {
      if (isRemoved(page)) rows = rows.slice(1);
      const from = Number(params?.['offset']);
      return { body: { things: rows.slice(from, from + Number(params?.['count'])) } };
    });
  };

  it.each([
    [0, [0]],
    [2, [0]],
    [3, [0, 2]],
    [4, [0, 2]],
    [5, [0, 2, 4]],
    [6, [0, 2, 4]],
  ])('of %d records yield each once', async (count, offsets) => {
    const http = paged(() => things(count));
    const { rows, end, restarts } = await read(http, overlapping());
    expect(ids(rows)).toEqual(things(count).map(({ id }) => id));
    expect(end).toMatchObject({ units: count, total: null, state: { read: count } });
    expect([end.incomplete, restarts]).toEqual([undefined, []]);
    expect(http.asked.map(({ params }) => params?.['offset'])).toEqual(offsets);
  });

  it.each([4, 3])('of %d records are read again when a row before the border is removed', async (count) => {
    const { rows, end, restarts } = await read(
      shrinking(count, (page) => page === 2),
      overlapping(),
    );
    expect(restarts).toEqual([moved]);
    expect(ids(rows)).toEqual(
      things(count)
        .map(({ id }) => id)
        .slice(1),
    );
    expect(end.incomplete).toBeUndefined();
  });

  it('end incomplete when rows are removed in every try', async () => {
    const { end, restarts } = await read(
      shrinking(20, (page) => page > 1),
      overlapping(),
    );
    expect(restarts).toEqual([moved, moved]);
    expect(end.incomplete).toBe(moved);
  });

  it('of one row cannot overlap', async () => {
    const { rows, end } = await read(
      paged(() => things(2)),
      overlapping(1),
    );
    expect([ids(rows), end.incomplete]).toEqual([['t0', 't1'], undefined]);
  });
});

describe('a source that changes while it is paged', () => {
  it('is read again when the total moves, and is whole then', async () => {
    let rows = things(4);
    const http = fakeHttp(({ params }, count) => {
      if (count === 2) rows = rows.slice(1);
      const from = Number(params?.['offset']);
      return { body: { things: rows.slice(from, from + 2), total_items: rows.length } };
    });
    const result = await read(http);
    expect(result.restarts).toEqual(['the stated total changed from 4 to 3 while it was paged']);
    expect(ids(result.rows)).toEqual(['t1', 't2', 't3']);
    expect(result.end.incomplete).toBeUndefined();
  });

  it('is read again when a row slides over a page border under a constant total', async () => {
    let rows = things(4);
    const http = fakeHttp(({ params }, count) => {
      // One row new at the front, one gone at the end: the total says nothing.
      if (count === 2) rows = [thing(9), ...rows.slice(0, 3)];
      const from = Number(params?.['offset']);
      return { body: { things: rows.slice(from, from + 2), total_items: 4 } };
    });
    const result = await read(http);
    expect(result.restarts).toEqual(['a record came on two pages: rows moved while they were paged']);
    expect(ids(result.rows).sort()).toEqual(['t0', 't1', 't2', 't9']);
  });

  it('ends incomplete after the third try, with what is missing, and does not move the cursor', async () => {
    const http = paged(
      () => things(3),
      () => 5,
    );
    const { end, restarts, rows } = await read(http);
    expect(restarts).toHaveLength(2);
    expect(end).toMatchObject({ incomplete: '3 records were read where the source states 5', units: 3, total: 5 });
    expect(end.state.cursor).toBeUndefined();
    expect(rows).toHaveLength(3);
  });

  it('is noticed when the total is below the rows', async () => {
    const http = fakeHttp(() => ({ body: { things: things(2), total_items: 1 } }));
    expect((await read(http)).end.incomplete).toMatch(/2 records were read where the source states 1/);
  });

  it('that vanished is skipped; that vanishes half-way is skipped as a whole', async () => {
    const gone = await read(fakeHttp(() => ({ skip: true })));
    expect(gone.end).toMatchObject({ skipped: 'GET /things answered 404 (Not Found)', units: 0, pages: 0 });
    const going = await read(
      fakeHttp((_, count) => (count === 1 ? { body: { things: things(2), total_items: 4 } } : { skip: true })),
    );
    expect(going.restarts).toEqual(['it vanished at the source while it was paged']);
    expect(going.rows).toEqual([]);
    expect(going.end.skipped).toBeDefined();
  });
});

describe('the tail of a slice', () => {
  const slice = { window: { to: 'to' }, tail: { from: 'from' } };
  const cursor = {
    field: 'at' as const,
    unit: 'iso' as const,
    order: 'unsorted' as const,
    lookback: 'PT1H',
    params: ({ from, to }: { from?: string; to?: string }) => ({ from, to }),
  };

  /** Two pages in the window; behind it what `late` says of the n-th request for it. */
  const source = (
    late: (asked: number) => readonly unknown[],
    total?: (asked: number) => number,
    own: readonly unknown[] = things(3),
  ) => {
    let asked = 0;
    return fakeHttp(({ params }) => {
      const isLate = params?.['to'] === undefined;
      if (isLate) asked += 1;
      const rows = isLate ? late(asked) : own;
      const from = Number(params?.['offset']);
      return {
        body: { things: rows.slice(from, from + 2), total_items: isLate ? (total?.(asked) ?? rows.length) : 3 },
      };
    });
  };

  it('is read when the slice’s own window has been, and is no part of its counts', async () => {
    const http = source(() => [thing(7), thing(1, { again: true })]);
    const { rows, end, restarts } = await read(http, { cursor }, slice);
    // What changed after it was read comes twice: the load keeps the last.
    expect(ids(rows)).toEqual(['t0', 't1', 't2', 't7', 't1']);
    expect(end).toMatchObject({ units: 3, total: 3, state: { read: 3, total: 3, cursor: thing(2)['at'] } });
    expect([end.incomplete, restarts]).toEqual([undefined, []]);
    expect(http.asked.map(({ params }) => [params?.['from'], params?.['to'], params?.['offset']])).toEqual([
      [undefined, 'to', 0],
      [undefined, 'to', 2],
      ['from', undefined, 0],
    ]);
  });

  it('is read again when it moves, and makes the slice incomplete when it never stands still', async () => {
    const late = [thing(7), thing(8), thing(9)];
    const once = await read(
      source(
        () => late,
        (asked) => (asked === 1 ? 4 : 3),
      ),
      { cursor },
      slice,
    );
    expect(once.end.incomplete).toBeUndefined();
    expect(ids(once.rows)).toContain('t9');
    const ever = await read(
      source(
        () => late,
        (asked) => 10 + asked,
      ),
      { cursor },
      slice,
    );
    expect(ever.end.incomplete).toMatch(/stated total changed/);
    expect(ever.end.state.cursor).toBeUndefined();
  });

  it('is asked for again from what it refused', async () => {
    const http = source(() => [{ ...thing(7), id: 7 }]);
    const { rejected, end } = await read(http, { cursor }, slice);
    expect(rejected).toHaveLength(1);
    expect(end.state.refusedFrom).toBe(thing(7)['at']);
    // Refused before it, too: from there on, unless the tail's may lie anywhere.
    const own = [{ ...thing(0), id: 0 }, thing(1), thing(2)];
    for (const [at, from] of [
      [thing(7)['at'], thing(0)['at']],
      ['yesterday', ''],
    ]) {
      const both = await read(
        source(() => [{ id: 7, at }], undefined, own),
        { cursor },
        slice,
      );
      expect(both.end.state.refusedFrom).toBe(from);
    }
  });

  it('that vanishes makes the slice incomplete; of a slice that is gone none is asked for', async () => {
    const http = fakeHttp(({ params }) =>
      params?.['to'] === undefined ? { skip: true } : { body: { things: things(3), total_items: 3 } },
    );
    const { end } = await read(http, { cursor }, slice);
    expect(end).toMatchObject({ incomplete: 'GET /things answered 404 (Not Found)', units: 3 });
    expect(end.state.cursor).toBeUndefined();
    const gone = fakeHttp(() => ({ skip: true }));
    const nothing = await read(gone, { cursor }, slice);
    expect(nothing.end).toMatchObject({ skipped: 'GET /things answered 404 (Not Found)', units: 0 });
    expect(nothing.end.incomplete).toBeUndefined();
    expect(gone.asked).toHaveLength(1);
  });

  it('gives no place within it to go on from: a later attempt reads all of it, and nothing before it', async () => {
    const http = source(() => [thing(7), thing(8), thing(9)]);
    const { events } = await read(http, { cursor, stableOrder: true }, slice);
    const places = events.map((event) => (event.kind === 'page' || event.kind === 'tail') && event.resume?.pages);
    const second = { request: expect.objectContaining({ path: '/things' }), read: 2 };
    expect(places).toEqual([second, undefined, null, undefined, undefined, false]);
  });
});
