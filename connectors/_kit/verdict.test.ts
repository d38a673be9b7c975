import { describe, expect, it } from 'vitest';
import type { ItemState, SliceResult } from '../../src/contracts/sync.ts';
import { isSuspicious, settledStates, streamVerdict } from './verdict.ts';

const NOW = '2026-06-30T12:00:00.000Z';

type Sketch = Partial<Omit<SliceResult, 'state'>> & {
  item?: string;
  mode?: 'full' | 'incremental';
  had?: number;
  state?: Partial<ItemState>;
};

function result({ item = '', mode = 'full', had, state = {}, ...more }: Sketch): SliceResult {
  const next = { readAt: NOW, ...(had === undefined ? {} : { read: had }) };
  return {
    slice: { id: item === '' ? 'all' : `campaign=${item}`, item, mode, pathParams: {}, inherit: {}, next },
    parts: [],
    rejected: [],
    state: { ...next, ...state },
    pages: 1,
    requests: 1,
    rows: more.units ?? 1,
    units: 1,
    total: null,
    ...more,
  };
}

const rejected = { slice: 'all', position: 'page 1 record 1', path: 'things[].id', reason: '', record: '{}' };

describe('a stream', () => {
  it('is complete when every slice is, also when there was nothing to do', () => {
    expect(streamVerdict([result({}), result({ item: 'a', units: 0, total: 0 })])).toEqual({
      kind: 'complete',
      missing: [],
      gaps: [],
    });
    expect(streamVerdict([]).kind).toBe('complete');
  });

  it('is incomplete with what is missing, by slice', () => {
    expect(streamVerdict([result({ item: 'a', incomplete: '3 records were read where the source states 5' })])).toEqual(
      {
        kind: 'incomplete',
        missing: ['campaign=a: 3 records were read where the source states 5'],
        gaps: [],
      },
    );
  });

  it('is incomplete when records are in quarantine, and says where to look', () => {
    expect(streamVerdict([result({ rejected: [rejected, rejected] })]).missing).toEqual([
      '2 records are in quarantine: things[].id, first at all, page 1 record 1',
    ]);
    // What is no object has no field to name.
    expect(streamVerdict([result({ rejected: [{ ...rejected, path: '' }, rejected] })]).missing).toEqual([
      '2 records are in quarantine: (record), things[].id, first at all, page 1 record 1',
    ]);
  });

  it('names gaps with a reason, which make nothing incomplete', () => {
    const verdict = streamVerdict([
      result({ item: 'a', units: 0, skipped: 'GET /x answered 404' }),
      result({ item: 'b', state: { explainedGap: '2 fewer' } }),
      result({ item: 'c', units: 0, skipped: 'GET /x answered 403 (access forbidden)' }),
    ]);
    expect(verdict).toEqual({
      kind: 'complete',
      missing: [],
      gaps: [
        'campaign=a: not at the source any more (GET /x answered 404)',
        'campaign=b: 2 fewer',
        'campaign=c: not open to this account or key (GET /x answered 403 (access forbidden))',
      ],
    });
  });

  it('lists twenty and counts the rest', () => {
    const results = Array.from({ length: 30 }, (_, index) => result({ item: `c${index}`, incomplete: 'x' }));
    expect(streamVerdict(results).missing).toHaveLength(21);
    expect(streamVerdict(results).missing.at(-1)).toBe('and 10 more');
  });
});

describe('suspiciously empty', () => {
  it.each([
    ['nothing where there was something', { had: 9, units: 0 }, true],
    ['nothing, and the source says so, of a whole stream', { had: 9, units: 0, total: 0 }, true],
    ['nothing of one item, and the source says so', { item: 'a', had: 9, units: 0, total: 0 }, false],
    ['nothing of one item, without a word', { item: 'a', had: 9, units: 0 }, true],
    ['less than half without a total', { had: 100, units: 49 }, true],
    ['less than half of a few', { had: 19, units: 9 }, false],
    ['less than half with a total', { had: 100, units: 49, total: 49 }, false],
    ['half', { had: 100, units: 50 }, false],
    ['nothing, as before', { had: 0, units: 0 }, false],
    ['nothing, the first time', { units: 0 }, false],
    ['no change in an incremental read', { mode: 'incremental' as const, had: 9, units: 0 }, false],
    ['a skipped item', { had: 9, units: 0, skipped: 'gone' }, false],
  ])('%s: %s', (_, sketch, expected) => {
    const other = result({ item: 'other', units: 3, had: 3 });
    expect(isSuspicious(result(sketch))).toBe(expected);
    expect(streamVerdict([result(sketch), other]).kind).toBe(expected ? 'suspiciously_empty' : 'complete');
  });

  it('also when every item says that it is empty', () => {
    const items = ['a', 'b'].map((item) => result({ item, had: 5, units: 0, total: 0 }));
    expect(streamVerdict(items)).toMatchObject({
      kind: 'suspiciously_empty',
      missing: ['no rows where the last whole reads had 10'],
    });
  });

  it('says when it is believed, where rows are kept until then', () => {
    const lines = (total: number | null, had: number) => {
      const { missing, gaps } = streamVerdict([
        result({ item: 'a', had, units: 0, ...(total === null ? {} : { total }) }),
        result({ item: 'b', had: 3, units: 3 }),
      ]);
      return [...missing, ...gaps];
    };
    const then = '; believed when it is still so after a day';
    expect(lines(null, 5)).toEqual([
      expect.stringMatching(new RegExp(`had 5, and the source states no total${then}$`)),
    ]);
    expect(lines(0, 20)).toEqual([expect.stringMatching(new RegExp(`had 20; the source states 0${then}$`))]);
    expect(lines(0, 19)).toEqual([expect.stringMatching(/had 19; the source states 0$/)]);
    expect(streamVerdict([result({ had: 5, units: 0 })]).missing).toEqual([
      `no rows where the last whole reads had 5${then}`,
    ]);
  });

  it('goes by the state before the run where it is given', () => {
    expect(streamVerdict([result({ units: 0 })], new Map([['', { read: 4 }]])).kind).toBe('suspiciously_empty');
    expect(streamVerdict([result({ units: 0, had: 4 })], new Map()).kind).toBe('complete');
  });
});

it('a read that is believed ends a doubt', () => {
  const doubted = { readAt: '2026-01-02T00:00:00Z', doubtedSince: '2026-01-01T00:00:00Z' };
  expect(settledStates([result({ item: 'a', state: doubted })]).get('a')).not.toHaveProperty('doubtedSince');
});

it('an item owes the earliest record that one of its slices refused', () => {
  const of = (...owed: readonly (string | undefined)[]) =>
    settledStates(
      owed.map((from, index) =>
        result({ item: 'a', state: { cursor: `${index}`, ...(from === undefined ? {} : { refusedFrom: from }) } }),
      ),
    ).get('a');
  expect(of(undefined, undefined)).not.toHaveProperty('refusedFrom');
  expect(of('10', '9', undefined)).toMatchObject({ cursor: '2', refusedFrom: '9' });
  expect(of('10', '', '9')).toMatchObject({ refusedFrom: '' });
});

it('states settle per item: the furthest cursor, and none where a slice is incomplete', () => {
  const states = settledStates([
    result({ item: 'a', state: { cursor: '9' } }),
    result({ item: 'a', state: { cursor: '10' } }),
    result({ item: 'a' }),
    result({ item: 'b', state: { cursor: '2026-01-01T00:00:00+02:00' } }),
    result({ item: 'b', state: { cursor: '2025-12-31T23:00:00Z' } }),
    result({ item: 'c', state: { cursor: '1' } }),
    result({ item: 'c', incomplete: 'x' }),
  ]);
  expect([...states].map(([item, { cursor }]) => [item, cursor])).toEqual([
    ['a', '10'],
    ['b', '2025-12-31T23:00:00Z'],
  ]);
});
