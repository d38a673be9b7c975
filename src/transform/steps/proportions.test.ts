import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  holmAdjust,
  newcombeInterval,
  powerForObserved,
  recipientsForPower,
  twoProportionPValue,
  wilsonInterval,
  type Sample,
} from './proportions.ts';

// The same cases on every machine; another number searches elsewhere.
fc.configureGlobal({ seed: 20_080_320 });

const sample = fc
  .integer({ min: 1, max: 50_000 })
  .chain((trials) => fc.record({ successes: fc.integer({ min: 0, max: trials }), trials: fc.constant(trials) }));

describe('wilsonInterval', () => {
  // Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i as published', (successes, trials, low, high) => {
    const interval = wilsonInterval({ successes, trials });
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('holds the rate and stays within 0 and 1', () => {
    fc.assert(
      fc.property(sample, (one) => {
        const { low, high } = wilsonInterval(one);
        const rate = one.successes / one.trials;
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(rate);
        expect(high).toBeGreaterThanOrEqual(rate);
      }),
    );
  });
});

describe('newcombeInterval', () => {
  // Newcombe 1998 (Statistics in Medicine 17:873), table II, method 10.
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [10, 10, 0, 20, 0.6791, 1],
    [5, 56, 0, 29, -0.0381, 0.1926],
  ])('%i/%i against %i/%i as published', (a, m, b, n, low, high) => {
    const interval = newcombeInterval({ successes: a, trials: m }, { successes: b, trials: n });
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('holds the difference, stays within −1 and 1, and turns its sign with the sides', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const { low, high } = newcombeInterval(a, b);
        const difference = a.successes / a.trials - b.successes / b.trials;
        expect(low).toBeLessThanOrEqual(difference);
        expect(high).toBeGreaterThanOrEqual(difference);
        expect(low).toBeGreaterThanOrEqual(-1 - 1e-12);
        expect(high).toBeLessThanOrEqual(1 + 1e-12);
        const turned = newcombeInterval(b, a);
        expect(turned.low).toBeCloseTo(-high, 12);
        expect(turned.high).toBeCloseTo(-low, 12);
      }),
    );
  });
});

describe('twoProportionPValue', () => {
  it('is the square root of the chi-squared test: 20 of 100 against 30 of 100', () => {
    // χ² = 200·(20·70 − 30·80)² / (100·100·50·150) = 2.6667, whose upper tail is 0.10247
    expect(twoProportionPValue({ successes: 20, trials: 100 }, { successes: 30, trials: 100 })).toBeCloseTo(0.10247, 5);
  });

  it('keeps its digits far out in the tail', () => {
    // statsmodels.stats.proportion.proportions_ztest([3894, 2262], [21307, 21306])
    const p = twoProportionPValue({ successes: 3894, trials: 21_307 }, { successes: 2262, trials: 21_306 });
    expect(p! / 5.685165482802317e-112).toBeCloseTo(1, 9);
  });

  it('is not defined when nobody or everybody succeeded', () => {
    expect(twoProportionPValue({ successes: 0, trials: 9 }, { successes: 0, trials: 5 })).toBeNull();
    expect(twoProportionPValue({ successes: 9, trials: 9 }, { successes: 5, trials: 5 })).toBeNull();
  });

  it('does not depend on which side is called the control, nor on what is called a success', () => {
    const failures = ({ successes, trials }: Sample): Sample => ({ successes: trials - successes, trials });
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const p = twoProportionPValue(a, b);
        const turned = twoProportionPValue(b, a);
        const inverted = twoProportionPValue(failures(a), failures(b));
        if (p === null) {
          expect([turned, inverted]).toEqual([null, null]);
          return;
        }
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(turned).toBeCloseTo(p, 12);
        expect(inverted).toBeCloseTo(p, 9);
      }),
    );
  });
});

describe('power', () => {
  it('asks for 294 recipients a group to find 20 % against 30 % (Fleiss, without continuity correction)', () => {
    const a = { successes: 20, trials: 100 };
    const b = { successes: 30, trials: 100 };
    expect(recipientsForPower(b, a)).toBe(294);
    expect(powerForObserved(b, a)).toBeCloseTo(0.371, 3);
    // With as many recipients as it asks for, the power is what was asked for.
    expect(powerForObserved({ successes: 88.2, trials: 294 }, { successes: 58.8, trials: 294 })).toBeCloseTo(0.8, 2);
  });

  it('says nothing about no difference', () => {
    const same = { successes: 5, trials: 10 };
    expect([powerForObserved(same, same), recipientsForPower(same, same)]).toEqual([null, null]);
  });
});

describe('holmAdjust', () => {
  it('is what R gives for p.adjust(c(.01, .04, .03), "holm")', () => {
    expect(holmAdjust([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
  });

  it('leaves out what could not be tested', () => {
    expect(holmAdjust([null, 0.02, 0.03])).toEqual([null, 0.04, 0.04]);
  });

  it('never lowers a p-value, keeps their order, never exceeds Bonferroni', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }), (values) => {
        const adjusted = holmAdjust(values).map(Number);
        const order = values.map((_, index) => index).toSorted((a, b) => values[a]! - values[b]!);
        for (const [rank, index] of order.entries()) {
          expect(adjusted[index]).toBeGreaterThanOrEqual(values[index]!);
          expect(adjusted[index]).toBeLessThanOrEqual(Math.min(1, values[index]! * values.length) + 1e-15);
          if (rank > 0) expect(adjusted[index]).toBeGreaterThanOrEqual(adjusted[order[rank - 1]!]!);
        }
      }),
    );
  });
});
