import { gammaln } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { likelihoodOver } from './purchase-likelihood.ts';
import type { Counted, PurchaseModel } from './purchase-model.ts';
import { seeded } from './random-draws.ts';

/** A history's, as the papers write it: still here, or stopped after one of the chances. */
function logLikelihood({ kind, r, alpha, a, b }: PurchaseModel, { frequency: x, recency, age }: Counted): number {
  const more = kind === 'MBG/NBD' ? 1 : 0;
  const logBeta = (one: number, other: number): number => gammaln(one) + gammaln(other) - gammaln(one + other);
  const buying = gammaln(r + x) - gammaln(r) + r * Math.log(alpha) - logBeta(a, b);
  const here = logBeta(a, b + x + more) - (r + x) * Math.log(alpha + age);
  if (x + more === 0) return buying + here;
  const gone = logBeta(a + 1, b + x + more - 1) - (r + x) * Math.log(alpha + recency);
  return buying + Math.max(here, gone) + Math.log1p(Math.exp(-Math.abs(here - gone)));
}

/** People watched for up to four years, days as weeks; one in ten stands for many. */
function histories(count: number, most: number): readonly Counted[] {
  const random = seeded(`histories ${count} ${most}`);
  return Array.from({ length: count }, () => {
    const days = 1 + Math.floor(1400 * random());
    const frequency = Math.floor(most * random());
    const recency = frequency === 0 ? 0 : 1 + Math.floor(days * random());
    return {
      frequency,
      recency: recency / 7,
      age: days / 7,
      people: random() < 0.1 ? 1 + Math.floor(40 * random()) : 1,
    };
  });
}

describe('the likelihood of all histories is the sum of theirs', () => {
  it.each([
    ['of few purchases, whose powers are tabled', 20_000, 3],
    ['of hundreds of purchases, whose powers no double holds', 300, 600],
  ])('%s', (_, count, most) => {
    const all = histories(count, most);
    const likelihood = likelihoodOver(all);
    for (const kind of ['BG/NBD', 'MBG/NBD'] as const) {
      for (const [r, alpha, a, b] of [
        [0.5, 6, 0.9, 1.6],
        [40, 3000, 0.0001, 0.0003],
        [0.01, 0.02, 30, 500],
      ] as const) {
        const model = { kind, r, alpha, a, b };
        const sum = all.reduce((total, history) => total + history.people * logLikelihood(model, history), 0);
        expect(likelihood(model) / sum).toBeCloseTo(1, 11);
      }
    }
  });
});
