import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Slice } from '../../src/contracts/sync.ts';
import { readSlice } from './engine.ts';
import { NOW, type Changes, things, connectorOf, whole, fakeHttp, paged, read } from './suite/engine-harness.ts';

describe('the cursor', () => {
  const of = (...times: readonly unknown[]) => paged(() => times.map((at, index) => ({ id: `t${index}`, at })));
  const loose: Changes = { schema: z.looseObject({ id: z.string(), at: z.any() }) };

  it('is the newest value of the data, as the source wrote it', async () => {
    const { end } = await read(
      of('2026-01-03T00:00:00+00:00', '2026-01-05T01:00:00+02:00', '2026-01-04T00:00:00+00:00'),
    );
    expect(end.state.cursor).toBe('2026-01-05T01:00:00+02:00');
  });

  it('is never in the future: the row is kept, the checkpoint is not', async () => {
    const { end, rows } = await read(of('2026-06-01T00:00:00Z', '2026-07-01T00:00:00Z'));
    expect(rows).toHaveLength(2);
    expect(end.state.cursor).toBe('2026-06-01T00:00:00Z');
  });

  it.each([
    ['the year 2999', '2999-01-01T00:00:00Z'],
    ['the year 1971', '1971-01-01T00:00:00Z'],
    ['the year 0000', '0000-01-01T00:00:00Z'],
    ['+275760', '+275760-09-13T00:00:00Z'],
    ['30 February', '2025-02-30T00:00:00Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['no zone', '2026-01-01 10:00:00'],
    ['seconds for ISO', 1767225600],
    ['words', 'yesterday'],
  ])('refuses %s', async (_, at) => {
    const { rejected, rows, end } = await read(of('2026-01-01T00:00:00Z', at), loose);
    expect(rows).toHaveLength(1);
    expect(rejected).toMatchObject([{ path: 'things[].at', reason: expect.stringMatching(/ISO-8601/) as string }]);
    expect(end.state.cursor).toBe('2026-01-01T00:00:00Z');
  });

  it('does not pass what was refused: the state says where the earliest of it lies', async () => {
    const of = (...list: readonly (readonly [unknown, unknown])[]) => paged(() => list.map(([id, at]) => ({ id, at })));
    const times = ['2026-01-03T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-04T00:00:00Z'] as const;
    const good = await read(of(['a', times[0]], ['b', times[1]]), loose);
    expect(good.end.state).not.toHaveProperty('refusedFrom');
    const bad = await read(of([1, times[0]], [2, times[1]], ['c', times[2]]), loose);
    expect(bad.end.state).toMatchObject({ cursor: times[2], refusedFrom: times[1] });
    // A time that cannot be read may be any: the whole is asked for again.
    for (const at of ['yesterday', null, '2026-12-01T00:00:00Z']) {
      const lost = await read(of([1, times[0]], [2, at], ['c', times[2]]), loose);
      expect(lost.end.state.refusedFrom).toBe('');
    }
  });

  it.each([
    ['epoch-s', 1767225600, '2026-01-01T00:00:00.000Z'],
    ['epoch-ms', 1767225600123, '2026-01-01T00:00:00.123Z'],
    ['epoch-s', '1767225600', '2026-01-01T00:00:00.000Z'],
  ] as const)('in %s is converted by its declared unit', async (unit, value, expected) => {
    const { rows, end } = await read(of(value), {
      ...loose,
      cursor: { field: 'at', unit, order: 'unsorted', lookback: 'PT1S' },
    });
    expect(rows[0]?._cursor_at).toBe(expected);
    expect(end.state.cursor).toBe(String(value));
  });

  it('leaves the time by which raw is partitioned its own unit', async () => {
    const partitioned = {
      ...loose,
      cursor: { field: 'at', unit: 'epoch-s', order: 'unsorted', lookback: 'PT1S' },
      partitionBy: 'sent',
    } as unknown as Changes;
    const sent = '2026-01-02T01:00:00+02:00';
    const { rows } = await read(
      paged(() => [{ id: 'a', at: 1767225600, sent }]),
      partitioned,
    );
    expect(rows).toMatchObject([{ _cursor_at: '2026-01-01T00:00:00.000Z', _partition_date: '2026-01-01' }]);
  });

  it.each([
    ['epoch-s', 1767225600000],
    ['epoch-ms', 1767225600],
    ['epoch-s', 1767225600000000],
    ['epoch-s', -5],
  ] as const)('in %s refuses %d, which is another unit', async (unit, value) => {
    const { rejected } = await read(of(value), {
      ...loose,
      cursor: { field: 'at', unit, order: 'unsorted', lookback: 'PT1S' },
    });
    expect(rejected).toHaveLength(1);
  });

  it('may be missing: the row is kept, nothing moves', async () => {
    const { rows, end } = await read(of('', null), loose);
    expect(rows.map(({ _cursor_at }) => _cursor_at)).toEqual([null, null]);
    expect(end.state.cursor).toBeUndefined();
  });

  it('never falls behind the stored one, and heals one that is in the future', async () => {
    const incremental = (cursor: string): Partial<Slice> => ({
      mode: 'incremental',
      next: { readAt: NOW, cursor, read: 9 },
    });
    expect((await read(of('2026-01-01T00:00:00Z'), {}, incremental('2026-02-01T00:00:00Z'))).end.state).toEqual({
      readAt: NOW,
      cursor: '2026-02-01T00:00:00Z',
      read: 9,
    });
    expect((await read(of('2026-01-01T00:00:00Z'), {}, incremental('2999-02-01T00:00:00Z'))).end.state.cursor).toBe(
      '2026-01-01T00:00:00Z',
    );
    expect((await read(of(), {}, incremental('2026-02-01T00:00:00Z'))).end.state.cursor).toBe('2026-02-01T00:00:00Z');
  });

  it('declared ascending is checked, over pages and with ties', async () => {
    const ascending: Changes = { cursor: { field: 'at', unit: 'iso', order: 'ascending', lookback: 'PT1S' } };
    const tied = await read(
      of('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-02T00:00:00Z'),
      ascending,
    );
    expect(tied.rows).toHaveLength(4);
    const back = await read(of('2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z', '2026-01-02T00:00:00Z'), ascending);
    expect(back.error).toMatchObject({
      kind: 'contract',
      message: expect.stringMatching(/"at" is declared ascending, but page 2 goes back/) as string,
    });
  });

  it('bounds an incremental read at both ends, inclusive, and no whole read', async () => {
    const times = ['01', '02', '03', '04'].map((day) => `2026-01-${day}T00:00:00Z`);
    const window = { from: times[1]!, to: times[2]! };
    expect(
      (await read(of(...times), {}, { mode: 'incremental', window })).rows.map(({ record }) => record['at']),
    ).toEqual([times[1], times[2]]);
    expect((await read(of(...times), {}, { mode: 'incremental', window })).end).toMatchObject({
      units: 4,
      state: { cursor: times[2] },
    });
    expect((await read(of(...times), {}, { window })).rows).toHaveLength(4);
  });
});

it('a cancelled read ends at the next page with the reason', async () => {
  const controller = new AbortController();
  const http = fakeHttp(() => {
    controller.abort(new Error('cancelled'));
    return { body: { things: things(2), total_items: 4 } };
  });
  const options = { config: null, http, slice: whole, now: NOW, salt: 's', signal: controller.signal };
  await expect(readSlice(connectorOf(), 'things', options).next()).rejects.toThrow('cancelled');
});
