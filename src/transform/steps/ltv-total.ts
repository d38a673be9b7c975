import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { quantileSorted } from 'simple-statistics';
import type { Random } from './random-draws.ts';

/** People who buy with a probability, each for their scale times a draw. */
export type Buyers = { readonly people: number; readonly buys: number; readonly scale: number };

/** Those whose draws are of one distribution: how to make more of them, and some of them. */
export type Alike = {
  readonly random: Random;
  readonly draw: () => number;
  readonly amounts: Float64Array;
  readonly buyers: readonly Buyers[];
};

/** How many amounts are drawn, about, and up to how many in one sum: the sum of more is normally distributed. */
const [most, few] = [120_000, 300];

/** Bounds of what all come to together, of which `expected` is expected; a share lies outside. */
export function boundsOfTotal(
  groups: readonly Alike[],
  expected: number,
  outside: number,
): { readonly low: number; readonly high: number } {
  const number = groups.reduce(
    (sum, { buyers }) => sum + buyers.reduce((own, { people, buys }) => own + people * buys, 0),
    0,
  );
  const sums = number <= few ? drawnSums(groups, Math.floor(Math.min(1000, most / number))) : null;
  const quantile = (share: number): number =>
    sums === null ? normalQuantile(share, expected, deviationOf(groups)) : quantileSorted(sums, share);
  // Where hardly an order is to be expected, none may be the most that is likely.
  return {
    low: Math.max(0, Math.min(expected, quantile(outside / 2))),
    high: Math.max(expected, quantile(1 - outside / 2)),
  };
}

/** Sums of amounts that are drawn for each of them. */
function drawnSums(groups: readonly Alike[], draws: number): number[] {
  const sums = Array.from({ length: draws }, () => 0);
  for (const { random, draw, buyers } of groups) {
    for (const { people, buys, scale } of buyers) {
      if (buys <= 0) continue;
      // From one who buys to the next, over all people in all sums: most buy nothing.
      const skip = (): number => (buys >= 1 ? 0 : Math.floor(Math.log(1 - random()) / Math.log1p(-buys)));
      for (let at = skip(); at < people * draws; at += 1 + skip()) {
        const sum = Math.floor(at / people);
        sums[sum] = (sums[sum] ?? 0) + scale * draw();
      }
    }
  }
  return sums.sort((a, b) => a - b);
}

function deviationOf(groups: readonly Alike[]): number {
  let variance = 0;
  for (const { amounts, buyers } of groups) {
    let mean = 0;
    let square = 0;
    for (const amount of amounts) {
      mean += amount / amounts.length;
      square += amount ** 2 / amounts.length;
    }
    for (const { people, buys, scale } of buyers) {
      variance += people * scale ** 2 * (buys * square - (buys * mean) ** 2);
    }
  }
  return Math.sqrt(variance);
}
