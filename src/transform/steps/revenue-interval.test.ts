import { describe, expect, it } from 'vitest';
import { incrementalRevenueInterval, type RevenueSample } from './revenue-interval.ts';

const of = (values: readonly number[]): RevenueSample => ({
  recipients: values.length,
  sum: String(values.reduce((sum, value) => sum + value, 0)),
  sumOfSquares: String(values.reduce((sum, value) => sum + value * value, 0)),
});

describe('incrementalRevenueInterval', () => {
  it('is Welch’s interval of the mean difference times the recipients', () => {
    // scipy.stats.ttest_ind([10,0,0,30,0,20], [0,0,10,0], equal_var=False).confidence_interval(): -6.0747, 21.0747
    const interval = incrementalRevenueInterval(of([10, 0, 0, 30, 0, 20]), of([0, 0, 10, 0]));
    expect(Number(interval?.low) / 6).toBeCloseTo(-6.074682572, 6);
    expect(Number(interval?.high) / 6).toBeCloseTo(21.074682572, 6);
  });

  it('loses no digit where doubles lose all: large amounts, a difference of cents', () => {
    // 50,000,000.01 and .03 against .01 twice: mean difference 0.01, standard error 0.01, one degree of freedom
    const interval = incrementalRevenueInterval(
      { recipients: 2, sum: '100000000.04', sumOfSquares: '5000000004000000.001' },
      { recipients: 2, sum: '100000000.02', sumOfSquares: '5000000002000000.0002' },
    );
    expect(Number(interval?.low)).toBeCloseTo(2 * (0.01 - 0.01 * 12.7062047), 8);
    expect(Number(interval?.high)).toBeCloseTo(2 * (0.01 + 0.01 * 12.7062047), 8);
  });

  it('needs two recipients a group and some variance', () => {
    expect(incrementalRevenueInterval(of([5]), of([0, 1]))).toBeNull();
    expect(incrementalRevenueInterval(of([0, 0, 0]), of([0, 0]))).toBeNull();
  });

  it('turns its sign with the sides when the groups have one size', () => {
    const a = of([10, 0, 0, 30]);
    const b = of([0, 5, 0, 0]);
    const there = incrementalRevenueInterval(a, b);
    const back = incrementalRevenueInterval(b, a);
    expect(Number(back?.low)).toBeCloseTo(-Number(there?.high), 8);
    expect(Number(back?.high)).toBeCloseTo(-Number(there?.low), 8);
  });
});
