import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Connector, DeclaredStream } from './contract.ts';
import { readSlice } from './engine.ts';
import { personKey } from './person-key.ts';
import type { SliceEvent } from './slice-events.ts';
import {
  NOW,
  type Changes,
  thing,
  things,
  connectorOf,
  whole,
  fakeHttp,
  paged,
  read,
  ids,
} from './suite/engine-harness.ts';

describe('records', () => {
  const of = (records: readonly unknown[]) =>
    fakeHttp(() => ({ body: { things: records, total_items: records.length } }));

  it('that break the schema are quarantined with place, path and text; the others go on', async () => {
    const bad = [thing(1, { id: 7 }), thing(2, { at: null }), { at: NOW }, 'text', null, [1], thing(3, { id: '' })];
    const { rows, rejected, end } = await read(of([thing(0), ...bad]));
    expect(ids(rows)).toEqual(['t0']);
    expect(rejected.map(({ position, path }) => [position, path])).toEqual([
      ['page 1 record 2', 'things[].id'],
      ['page 1 record 3', 'things[].at'],
      ['page 1 record 4', 'things[].id'],
      ['page 1 record 5', 'things[]'],
      ['page 1 record 6', 'things[]'],
      ['page 1 record 7', 'things[]'],
      ['page 1 record 8', 'things[].id'],
    ]);
    expect(rejected.map(({ record }) => record)).toEqual(bad.map((record) => JSON.stringify(record)));
    // A key that can be read says which row has not vanished.
    expect(rejected.map(({ key }) => key)).toEqual(['["7"]', '["t2"]', ...Array<undefined>(5)]);
    expect(rejected[0]?.reason).toBe('Invalid input: expected string, received number');
    expect(end).toMatchObject({ units: 8 });
    expect(end.incomplete).toBeUndefined();
  });

  it('keep unknown fields, and lose known ones only into null', async () => {
    const { rows } = await read(of([thing(0, { brand_new: { a: [1] }, status: 'never-seen' })]));
    expect(rows[0]?.record).toMatchObject({ brand_new: { a: [1] }, status: 'never-seen' });
  });

  it.each([
    ['duplicate keys', '{"id":"a","at":"2026-01-01T00:00:00Z","id":"b"}', 'id'],
    ['a number beyond range', '{"id":"a","at":"2026-01-01T00:00:00Z","amount":1e400}', 'amount'],
    ['half a surrogate pair', '{"id":"a","at":"2026-01-01T00:00:00Z","name":"\\ud800"}', 'name'],
    ['129 levels', `{"id":"a","at":"2026-01-01T00:00:00Z","d":${'['.repeat(129)}${']'.repeat(129)}}`, 'd[][]'],
  ])('with %s are quarantined alone, with their own text', async (_, text, path) => {
    const http = fakeHttp(() => ({ text: `{"things":[${text},${JSON.stringify(thing(1))}],"total_items":2}` }));
    const { rows, rejected } = await read(http);
    expect(ids(rows)).toEqual(['t1']);
    expect(rejected).toMatchObject([{ path: `things[].${path}`, record: text }]);
  });

  it('that are too large are quarantined, cut', async () => {
    const { rejected, rows } = await read(of([thing(0, { text: 'x'.repeat(9 * 1_048_576) }), thing(1)]));
    expect(ids(rows)).toEqual(['t1']);
    expect(rejected[0]?.reason).toMatch(/larger than 8 MiB; only its first MiB is kept/);
    expect(rejected[0]?.record).toHaveLength(1_048_576);
  });

  it('twice on a page: copies are dropped, a differing one is quarantined', async () => {
    const { rows, rejected, end } = await read(of([thing(0), thing(0), thing(0, { other: 1 })]));
    expect(ids(rows)).toEqual(['t0']);
    expect(rejected).toMatchObject([{ path: 'id', reason: expect.stringMatching(/twice/) as string }]);
    expect(end.units).toBe(3);
  });

  it.each([
    [20, 1, false],
    [20, 2, true],
    [19, 10, false],
    [40, 20, true],
  ])('of a page of %d, %d of them bad: the shape is blamed: %s', async (count, bad, blamed) => {
    const { error, rejected, rows } = await read(
      of(things(count).map((row, index) => (index < bad ? { ...row, id: 1 } : row))),
    );
    expect(error !== undefined).toBe(blamed);
    if (blamed)
      expect(error).toMatchObject({
        kind: 'contract',
        message: expect.stringMatching(
          new RegExp(
            `: ${bad} of ${count} records of page 1 were refused, .* The first: page 1 record 1, things\\[\\]\\.id: .*expected string`,
          ),
        ) as string,
      });
    expect([rejected.length, rows.length]).toEqual([bad, count - bad]);
  });
});

describe('explode', () => {
  const changes: Changes = {
    explode: { field: 'activity', keep: ['email_id'], ordinal: 'n', ordinalBy: ['email_id', 'at'] },
    primaryKey: ['id', 'at'],
    schema: z.looseObject({ id: z.string(), at: z.string(), n: z.int() }),
    person: 'email',
  };
  const at = (second: number): string => `2026-01-01T00:00:0${second}Z`;

  it('counts in the API’s own unit, tells equal inner records apart, and finds the person outside', async () => {
    const outer = [
      {
        email_id: 'e1',
        email: 'a@b.de',
        activity: [
          { id: 'x', at: at(1) },
          { id: 'x', at: at(2) },
        ],
      },
      { email_id: 'e2', email: 'c@d.de', activity: [] },
      { email_id: 'e3', email: 'e@f.de' },
    ];
    const { rows, end } = await read(
      paged(() => outer),
      changes,
      { inherit: { campaign: 'c' } },
    );
    expect(rows.map(({ record }) => record)).toEqual([
      { id: 'x', at: at(1), email_id: 'e1', campaign: 'c', n: 0 },
      { id: 'x', at: at(2), email_id: 'e1', campaign: 'c', n: 0 },
    ]);
    expect(rows[0]?._person_key).toBe(personKey('salt', 'a@b.de'));
    expect(end).toMatchObject({ units: 3, total: 3 });
  });

  it.each([3, 8])('numbers %i equals from 0', async (count) => {
    const equals = Array.from({ length: count }, () => ({ id: 'x', at: at(1) }));
    const { rows } = await read(
      paged(() => [{ email_id: 'e', activity: equals }]),
      { ...changes, primaryKey: ['id', 'at', 'n' as 'at'] },
    );
    expect(rows.map(({ record }) => record['n'])).toEqual(equals.map((_, index) => index));
    expect(new Set(rows.map(({ _primary_key }) => _primary_key)).size).toBe(count);
  });

  it('takes its own field before one that is kept, an inherited one before both, and keeps only what is there', async () => {
    const { rows } = await read(
      paged(() => [
        { email_id: 'outer', activity: [{ id: 'x', at: at(1), email_id: 'inner', campaign: 'own' }] },
        { email_id: 'e2', activity: [{ id: 'x', at: at(2) }] },
        { activity: [{ id: 'x', at: at(3) }] },
      ]),
      changes,
      { inherit: { campaign: 'inherited' } },
    );
    expect(rows.map(({ record }) => record)).toStrictEqual([
      { at: at(1), campaign: 'inherited', email_id: 'inner', id: 'x', n: 0 },
      { at: at(2), campaign: 'inherited', email_id: 'e2', id: 'x', n: 0 },
      { at: at(3), campaign: 'inherited', id: 'x', n: 0 },
    ]);
  });

  it('quarantines an inner record alone, and names its place', async () => {
    const { rows, rejected } = await read(
      paged(() => [
        { email_id: 'e', activity: [{ id: 1, at: at(1) }, { id: 'x', at: at(1) }, 'text'] },
        { email_id: 'f', activity: {} },
      ]),
      changes,
    );
    expect(ids(rows)).toEqual(['x']);
    expect(rejected.map(({ position, path }) => [position, path])).toEqual([
      ['page 1 record 1 activity 1', 'things[].activity[].id'],
      ['page 1 record 1 activity 3', 'things[].activity[].'],
      ['page 1 record 2', 'things[].activity'],
    ]);
  });

  it('notices a recipient on two pages', async () => {
    const outer = (id: string) => ({ email_id: id, activity: [{ id, at: at(1) }] });
    let pages = [
      [outer('a'), outer('b')],
      [outer('b'), outer('c')],
    ];
    const http = fakeHttp(({ params }) => {
      const page = pages[Number(params?.['offset']) / 2] ?? [];
      if (params?.['offset'] === 2)
        pages = [
          [outer('a'), outer('b')],
          [outer('c'), outer('d')],
        ];
      return { body: { things: page, total_items: 4 } };
    });
    const { rows, restarts } = await read(http, changes);
    expect(restarts).toHaveLength(1);
    expect(ids(rows)).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('a stream with its own read', () => {
  it('goes through the same checks', async () => {
    const {
      path: _p,
      records: _r,
      paginate: _g,
      total: _t,
      ...base
    } = connectorOf().streams['things'] as DeclaredStream<null, unknown>;
    const connector: Connector<null> = {
      ...connectorOf(),
      streams: {
        files: {
          ...base,
          why: 'files are no API',
          read: async function* () {
            yield {
              records: [
                { id: 'a', at: NOW },
                { id: 1, at: NOW },
              ] as never,
              bytes: 5,
              total: 3,
              rejected: [{ position: 'orders.csv line 3', path: 'amount', reason: 'Expected a number', record: 'x;y' }],
            };
          },
        },
      },
    };
    const events: SliceEvent[] = [];
    const options = {
      config: null,
      http: paged(() => []),
      slice: whole,
      now: NOW,
      salt: 's',
      signal: new AbortController().signal,
    };
    for await (const event of readSlice(connector, 'files', options)) events.push(event);
    expect(events).toMatchObject([
      {
        kind: 'page',
        units: 3,
        rows: [{ _primary_key: '["a"]' }],
        rejected: [
          { position: 'orders.csv line 3', slice: 'all' },
          { position: 'page 1 record 2', path: 'id' },
        ],
      },
      { kind: 'end', units: 3, total: 3 },
    ]);
  });

  it('and an unknown stream is named with those there are', async () => {
    const options = {
      config: null,
      http: paged(() => []),
      slice: whole,
      now: NOW,
      salt: 's',
      signal: new AbortController().signal,
    };
    await expect(readSlice(connectorOf(), 'thingz', options).next()).rejects.toMatchObject({
      kind: 'config',
      fix: 'Choose from: things.',
    });
    await expect(readSlice(connectorOf(), 'toString', options).next()).rejects.toMatchObject({ kind: 'config' });
  });
});
