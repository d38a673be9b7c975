import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import { abStatistics } from './ab-statistics.ts';

// The same cases on every machine; another number searches elsewhere.
fc.configureGlobal({ seed: 20_080_320 });

type Group = {
  readonly variant: string;
  readonly n: number;
  readonly successes: number | null;
  readonly money?: readonly [string, string];
};

const rows = (groups: readonly Group[], control = groups[0]?.variant, metric = 'visit_rate'): readonly Row[] =>
  groups.map(({ variant, n, successes, money }) => ({
    source: 'file',
    account_id: 'shop',
    campaign_id: 'spring',
    variant,
    label: variant,
    metric,
    is_control: variant === control,
    is_mailed: true,
    recipient_count: n,
    success_count: successes,
    revenue_amount: money?.[0] ?? null,
    squared_revenue_amount: money?.[1] ?? null,
  }));

const run = (groups: readonly Group[], control?: string): ReadonlyMap<string, Row> =>
  new Map(abStatistics.run(rows(groups, control)).map((row) => [row['variant'] as string, row]));

describe('abStatistics', () => {
  it('writes exactly the columns that it declares', () => {
    const [row = {}] = abStatistics.run(rows([{ variant: 'a', n: 10, successes: 1 }]));
    expect(Object.keys(row)).toEqual(abStatistics.writes.columns.map(({ name }) => name));
  });

  it('says of five groups of 100 that nothing is proven, and how many recipients would do', () => {
    const results = run(
      [20, 25, 22, 18, 30].map((successes, index) => ({ variant: 'abcde'[index]!, n: 100, successes })),
    );
    expect(results.get('a')?.['verdict']).toBe('baseline');
    for (const variant of 'bcde') expect(results.get(variant)?.['verdict']).toBe('not enough evidence');
    expect(results.get('e')?.['sample_warning']).toContain('37 % < 80 %: about 294 recipients');
    expect(results.get('e')?.['method']).toContain("Holm's correction for 4 comparisons");
  });

  it('does not call a winner what only the correction for several variants rules out', () => {
    // 20 against 33 of 100: p = 0.0374 alone, times 4 as one of four.
    const pair = run([
      { variant: 'a', n: 100, successes: 20 },
      { variant: 'e', n: 100, successes: 33 },
    ]);
    expect(pair.get('e')?.['verdict']).toBe('e wins over a');
    const family = run(
      [20, 21, 22, 20, 33].map((successes, index) => ({ variant: 'abcde'[index]!, n: 100, successes })),
    );
    expect(family.get('e')?.['p_value']).toBe(pair.get('e')?.['p_value']);
    expect(family.get('e')?.['verdict']).toBe('not enough evidence');
  });

  it('proves nothing with fewer than 5 expected successes, however small p is', () => {
    const results = run([
      { variant: 'a', n: 1000, successes: 0 },
      { variant: 'b', n: 1000, successes: 8 },
    ]);
    expect(results.get('b')?.['p_value']).toBeLessThan(0.01);
    expect(results.get('b')?.['verdict']).toBe('not enough evidence');
    expect(results.get('b')?.['sample_warning']).toContain('4.0 < 5');
  });

  it('names the control as winner when the variant is worse', () => {
    const results = run([
      { variant: 'a', n: 1000, successes: 300 },
      { variant: 'b', n: 1000, successes: 200 },
    ]);
    expect(results.get('b')?.['verdict']).toBe('a wins over b');
  });

  it('tests nothing where successes are unknown, nobody was assigned or the control is alone', () => {
    const unknown = run([
      { variant: 'a', n: 100, successes: 5 },
      { variant: 'b', n: 100, successes: null },
    ]);
    expect(unknown.get('b')).toMatchObject({
      verdict: 'not testable',
      p_value: null,
      probability_best: null,
      method: null,
    });
    expect(unknown.get('a')).toMatchObject({ verdict: 'baseline', probability_best: null });
    const empty = run([
      { variant: 'a', n: 100, successes: 5 },
      { variant: 'b', n: 0, successes: 0 },
    ]);
    expect(empty.get('b')).toMatchObject({ verdict: 'not testable', difference_rate: null });
  });

  it('keeps tests, metrics and accounts apart', () => {
    const groups: readonly Group[] = [
      { variant: 'a', n: 100, successes: 20 },
      { variant: 'b', n: 100, successes: 30 },
    ];
    const other = rows(groups).map((row) => ({ ...row, account_id: 'other' }));
    const results = abStatistics.run([...rows(groups), ...rows(groups, 'a', 'open_rate'), ...other]);
    expect(results).toHaveLength(6);
    for (const row of results.filter(({ variant }) => variant === 'b')) {
      expect(row['method']).not.toContain('Holm');
      expect(row['p_value']).toBeCloseTo(0.10247, 5);
    }
  });

  it('gives the same rows for the same table in any order, as numbers, bigints or text', () => {
    const group = fc.record({
      n: fc.integer({ min: 1, max: 3000 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(group, { minLength: 2, maxLength: 4 }), fc.infiniteStream(fc.nat()), (groups, order) => {
        const table = rows(
          groups.map(({ n, share }, index) => ({ variant: 'abcd'[index]!, n, successes: Math.floor(n * share) })),
        );
        const shuffled = table.map((row) => ({ row, at: order.next().value })).toSorted((a, b) => a.at - b.at);
        const asBigint = shuffled.map(({ row }) => ({
          ...row,
          recipient_count: BigInt(Number(row['recipient_count'])),
          success_count: Number(row['success_count']).toFixed(0),
        }));
        expect(abStatistics.run(asBigint)).toEqual(abStatistics.run(table));
      }),
      { numRuns: 25 },
    );
  });

  it('refuses a count that is none', () => {
    expect(() => abStatistics.run(rows([{ variant: 'a', n: 10.5, successes: 1 }]))).toThrow(/where a count belongs/);
  });
});

/** Figures of the real test, computed with scipy 1.x and statsmodels from the published file. */
describe('the Hillstrom test of 2008', () => {
  const control = 'No E-Mail';
  const visits = run(
    [
      { variant: 'Mens E-Mail', n: 21_307, successes: 3894 },
      { variant: 'Womens E-Mail', n: 21_387, successes: 3238 },
      { variant: control, n: 21_306, successes: 2262 },
    ],
    control,
  );
  const purchases = run(
    [
      { variant: 'Mens E-Mail', n: 21_307, successes: 267, money: ['30311.69', '6759024.4973'] },
      { variant: 'Womens E-Mail', n: 21_387, successes: 189, money: ['23038.11', '4911446.5763'] },
      { variant: control, n: 21_306, successes: 122, money: ['13908.33', '2870050.3621'] },
    ],
    control,
  );
  const close = (row: Row | undefined, column: string, expected: number): void => {
    expect(Number(row?.[column]) / expected).toBeCloseTo(1, 7);
  };

  it.each([
    [
      'visits',
      'Mens E-Mail',
      {
        difference_rate: 0.07658956365153125,
        difference_low_rate: 0.06995330808373154,
        difference_high_rate: 0.08322674127411137,
        p_value: 5.685165482802317e-112,
      },
    ],
    [
      'visits',
      'Womens E-Mail',
      {
        difference_rate: 0.045233106587052985,
        difference_low_rate: 0.03889409535998813,
        difference_high_rate: 0.051574342962213596,
        p_value: 3.1824031593349214e-44,
      },
    ],
    [
      'purchases',
      'Mens E-Mail',
      {
        difference_rate: 0.006805006519615695,
        difference_low_rate: 0.005014344671481532,
        difference_high_rate: 0.008640723396917826,
        p_value: 1.5232235005955427e-13,
        incremental_revenue_low_amount: 10336.87228183506,
        incremental_revenue_high_amount: 22468.542139454727,
      },
    ],
    [
      'purchases',
      'Womens E-Mail',
      {
        difference_rate: 0.003111057511085258,
        difference_low_rate: 0.001501657131877008,
        difference_high_rate: 0.004745471313672931,
        p_value: 0.00015710512910668448,
        incremental_revenue_low_amount: 3613.4788652443754,
        incremental_revenue_high_amount: 14540.329259227614,
      },
    ],
  ])('%s: %s', (metric, variant, expected) => {
    const row = (metric === 'visits' ? visits : purchases).get(variant);
    for (const [column, value] of Object.entries(expected)) close(row, column, value);
    expect(row?.['verdict']).toBe(`${variant} wins over ${control}`);
    expect(row?.['sample_warning']).toBeNull();
  });
});
