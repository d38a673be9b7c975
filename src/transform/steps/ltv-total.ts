import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { quantileSorted } from 'simple-statistics';
import type { Random } from './random-draws.ts';

/** By the place among all: how likely a person buys, and what they then come to as times a draw. */
export type Buyers = { readonly buys: Float64Array; readonly scales: Float64Array };

/** Those whose draws are of one distribution: how to make more of them, and some of them. */
export type Alike = {
  readonly random: Random;
  readonly draw: () => number;
  readonly amounts: Float64Array;
  readonly members: readonly { readonly at: number; readonly people: number }[];
};

/** How many amounts are drawn, about, and up to how many in one sum: the sum of more is normally distributed. */
const [most, few] = [120_000, 300];

/** Bounds of what all come to together, of which `expected` is expected; a share lies outside. */
export function boundsOfTotal(
  groups: readonly Alike[],
  buyers: Buyers,
  { expected, outside }: { readonly expected: number; readonly outside: number },
): { readonly low: number; readonly high: number } {
  let number = 0;
  for (const { members } of groups) for (const { at, people } of members) number += people * (buyers.buys[at] ?? 0);
  const sums = number <= few ? drawnSums(groups, buyers, Math.floor(Math.min(1000, most / number))) : null;
  const quantile = (share: number): number =>
    sums === null ? normalQuantile(share, expected, deviationOf(groups, buyers)) : quantileSorted(sums, share);
  // Where hardly an order is to be expected, none may be the most that is likely.
  return {
    low: Math.max(0, Math.min(expected, quantile(outside / 2))),
    high: Math.max(expected, quantile(1 - outside / 2)),
  };
}

/** Sums of amounts that are drawn for each of them. */
function drawnSums(groups: readonly Alike[], { buys: chances, scales }: Buyers, draws: number): number[] {
  const sums = Array.from({ length: draws }, () => 0);
  for (const { random, draw, members } of groups) {
    for (const { at: member, people } of members) {
      const buys = chances[member] ?? 0;
      const scale = scales[member] ?? 0;
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

function deviationOf(groups: readonly Alike[], { buys: chances, scales }: Buyers): number {
  let variance = 0;
  for (const { amounts, members } of groups) {
    let mean = 0;
    let square = 0;
    for (const amount of amounts) {
      mean += amount / amounts.length;
      square += amount ** 2 / amounts.length;
    }
    for (const { at, people } of members) {
      const buys = chances[at] ?? 0;
      variance += people * (scales[at] ?? 0) ** 2 * (buys * square - (buys * mean) ** 2);
    }
  }
  return Math.sqrt(variance);
}
