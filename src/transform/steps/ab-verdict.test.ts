import { expect, test } from 'vitest';
import { judge, type Comparison } from './ab-verdict.ts';

const comparison: Comparison = {
  label: 'b',
  controlLabel: 'a',
  treatment: { successes: 40, trials: 100 },
  control: { successes: 20, trials: 100 },
  difference: 0.2,
  interval: { low: 0.07, high: 0.32 },
  pValue: 0.002,
  smallestExpected: 5,
};

test.each<[string, Partial<Comparison>, number | null, string]>([
  ['five expected cases are enough', {}, 0.002, 'b wins over a'],
  ['fewer are not', { smallestExpected: 4.9 }, 0.002, 'not enough evidence'],
  ['5 % is no proof', {}, 0.05, 'not enough evidence'],
  ['less is', {}, 0.0499, 'b wins over a'],
  ['an interval that ends at 0 is none', { interval: { low: 0, high: 0.32 } }, 0.002, 'not enough evidence'],
  ['the control may win', { difference: -0.2, interval: { low: -0.3, high: -0.1 } }, 0.002, 'a wins over b'],
])('a verdict: %s', (_what, more, adjusted, verdict) => {
  expect(judge({ ...comparison, ...more }, adjusted)).toBe(verdict);
});
