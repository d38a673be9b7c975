import { quantileSorted } from 'simple-statistics';
import type { PurchaseModel } from './purchase-model.ts';
import { gamma, type Random } from './random-draws.ts';
import type { SpendModel } from './spend-model.ts';

/**
 * What people have in common whose amounts are distributed alike if they buy at all. Ages are whole weeks, as in the literature's
 * software: a few days more or less hardly tell how often somebody buys who does. Whether they do is told by the day.
 */
export type Likeness = { readonly frequency: number; readonly weeks: number; readonly orders: number };

/** How likely a person who is still there buys in the time to come. */
export function buysIfAlive(
  { r, alpha }: PurchaseModel,
  { frequency, age }: { readonly frequency: number; readonly age: number },
  time: number,
): number {
  return 1 - ((alpha + age) / (alpha + age + time)) ** (r + frequency);
}

/**
 * Draws what people come to who are alike and buy: how often, before they stop or the time is over, and for how much. An amount is
 * Gamma(p · purchases, ν), and ν is Gamma of a rate that is a person's own, γ + all that they spent: so it is that rate, their
 * scale, times a number that is distributed alike for all of them, which is drawn here. MBG/NBD.
 */
export function amountsOf(
  random: Random,
  { purchases, spends: { p, q } }: { readonly purchases: PurchaseModel; readonly spends: SpendModel },
  { frequency, weeks, orders }: Likeness,
  time: number,
): () => number {
  const { r, alpha, a, b } = purchases;
  const buys = buysIfAlive(purchases, { frequency, age: weeks }, time);
  return () => {
    // At which rate a person buys and how soon they stop is not drawn: each purchase tells of the next, as those before did.
    let at = waiting(1 - random() * buys, r + frequency, alpha + weeks);
    let count = 1;
    while (random() * (a + b + frequency + count) >= a) {
      at += waiting(1 - random(), r + frequency + count, alpha + weeks + at);
      if (at > time) break;
      count += 1;
    }
    return gamma(random, p * count, 1) / gamma(random, p * orders + q, 1);
  };
}

/** Time that is waited longer with a probability, when the rate is Gamma(shape, rate). */
const waiting = (probability: number, shape: number, rate: number): number => rate * (probability ** (-1 / shape) - 1);

/** So many draws, ascending. */
export function drawn(draw: () => number, draws: number): Float64Array {
  const amounts = new Float64Array(draws);
  for (let at = 0; at < draws; at += 1) amounts[at] = draw();
  return amounts.sort();
}

/** Below how many times their scale a share of the futures lies, of a person who buys with a probability, by draws of who does. */
export function quantileOf(amounts: Float64Array, buys: number, share: number): number {
  const level = 1 - (1 - share) / buys;
  return level <= 0 ? 0 : quantileSorted(amounts as ArrayLike<number> as number[], level);
}
