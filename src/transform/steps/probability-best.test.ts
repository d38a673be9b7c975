import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { probabilityBest } from './probability-best.ts';
import type { Sample } from './proportions.ts';

// The same cases on every machine; another number searches elsewhere.
fc.configureGlobal({ seed: 20_080_320 });

/** log Γ(n) of whole numbers, by adding logarithms: shares no code with the library. */
function logFactorial(n: number): number {
  let sum = 0;
  for (let i = 2; i <= n; i += 1) sum += Math.log(i);
  return sum;
}
const logBeta = (a: number, b: number): number => logFactorial(a - 1) + logFactorial(b - 1) - logFactorial(a + b - 1);

/** Exact sum for two variants (Evan Miller): P(b > a) = Σ over i < αb of B(αa+i, βa+βb) / ((βb+i)·B(1+i, βb)·B(αa, βa)). */
function exactSecondBeatsFirst(a: Sample, b: Sample): number {
  const [alphaA, betaA] = [1 + a.successes, 1 + a.trials - a.successes];
  const [alphaB, betaB] = [1 + b.successes, 1 + b.trials - b.successes];
  let sum = 0;
  for (let i = 0; i < alphaB; i += 1) {
    sum += Math.exp(
      logBeta(alphaA + i, betaA + betaB) - Math.log(betaB + i) - logBeta(1 + i, betaB) - logBeta(alphaA, betaA),
    );
  }
  return sum;
}

const sample = fc
  .integer({ min: 0, max: 30_000 })
  .chain((trials) => fc.record({ successes: fc.integer({ min: 0, max: trials }), trials: fc.constant(trials) }));

describe('probabilityBest', () => {
  it('equals the exact sum for two variants', () => {
    const small = fc
      .integer({ min: 0, max: 400 })
      .chain((trials) => fc.record({ successes: fc.integer({ min: 0, max: trials }), trials: fc.constant(trials) }));
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(probabilityBest([a, b])[1]).toBeCloseTo(exactSecondBeatsFirst(a, b), 7);
      }),
      { numRuns: 60 },
    );
  });

  it('has a closed form when nobody succeeded: posteriors 1 + failures', () => {
    const [first] = probabilityBest([
      { successes: 0, trials: 100 },
      { successes: 0, trials: 30_000 },
    ]);
    expect(first).toBeCloseTo(30_001 / (30_001 + 101), 9);
  });

  it('agrees with an adaptive quadrature (scipy.integrate.quad) for five groups of 100', () => {
    const samples = [20, 25, 22, 18, 30].map((successes) => ({ successes, trials: 100 }));
    const expected = [0.02624221655, 0.18612766225, 0.06301291808, 0.00939995025, 0.71521725287];
    for (const [index, probability] of probabilityBest(samples).entries()) {
      expect(probability).toBeCloseTo(expected[index]!, 10);
    }
  });

  it('sums to 1 whatever the groups are, and follows them when they change places', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 2, maxLength: 5 }), (samples) => {
        const parts = probabilityBest(samples);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 9);
        for (const part of parts) expect(part).toBeGreaterThanOrEqual(0);
        const turned = probabilityBest(samples.toReversed()).toReversed();
        for (const [index, part] of parts.entries()) expect(turned[index]).toBeCloseTo(part, 7);
      }),
      { numRuns: 40 },
    );
  });

  it('gives equal groups equal chances', () => {
    const same = { successes: 40, trials: 1000 };
    for (const part of probabilityBest([same, same, same, same])) expect(part).toBeCloseTo(0.25, 9);
  });
});
