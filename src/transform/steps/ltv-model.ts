import { buysIfAlive, drawAmounts, quantileOf } from './ltv-draws.ts';
import type { Watched } from './ltv-history.ts';
import { fitPurchases, probabilityAlive, purchasesIfAlive, type History } from './purchase-model.ts';
import { seeded } from './random-draws.ts';
import { expectedSpend, fitSpend, type Spending } from './spend-model.ts';
import { UncertainSum } from './sum-interval.ts';

/** Days of a year and of a week: the projection's time and the models' unit. */
export const yearDays = 365;
const weekDays = 7;

/** What the data must hold before a projection is made. */
const needed = { buyers: 30, repeaters: 10, days: 90 } as const;

export type Projection = {
  readonly purchases: number;
  readonly amount: number;
  readonly low: number;
  readonly high: number;
};

export type Forecast = {
  /** Of who was seen before the day. */
  readonly of: ReadonlyMap<Watched, Projection>;
  readonly total: Projection;
};

type State = History & Spending & { readonly watched: Watched; readonly people: number };

/** What of everyone was known before a day; times in weeks. */
export type Known = { readonly days: number; readonly states: readonly State[] };

export function knownBefore(all: readonly Watched[], day: number): Known {
  let days = 0;
  const states: State[] = [];
  for (const watched of all) {
    const { people, firstDay, orders: ever } = watched;
    if (firstDay >= day) continue;
    days = Math.max(days, day - firstDay);
    let orders = 0;
    let frequency = 0;
    let last = firstDay;
    let sum = 0;
    for (const order of ever) {
      if (order.day >= day) break;
      orders += 1;
      sum += order.amount;
      // An order on the first day is how the person came, not a return.
      if (order.day <= firstDay) continue;
      frequency += 1;
      last = order.day;
    }
    const mean = orders === 0 ? 0 : sum / orders;
    const recency = (last - firstDay) / weekDays;
    const age = (day - firstDay) / weekDays;
    states.push({ watched, people, frequency, recency, age, orders, mean });
  }
  return { days, states };
}

/** Why there can be no projection from what is known; null when there can. */
export function tooFew({ days, states }: Known): string | null {
  const count = (least: number): number => states.reduce((sum, { frequency }) => sum + (frequency >= least ? 1 : 0), 0);
  if (days < needed.days) return `too short a time: ${days} days are known, ${needed.days} are needed`;
  if (count(1) < needed.buyers) {
    return `too few orders: ${count(1)} people bought after they were first seen, ${needed.buyers} are needed`;
  }
  if (count(2) < needed.repeaters) {
    return `too few orders: ${count(2)} people bought on two days or more, ${needed.repeaters} are needed`;
  }
  return null;
}

/** Orders to be expected in the days to come, from what is known. `tooFew` must have said that it is enough. */
export function forecast({ states }: Known, days: number): Forecast {
  const purchases = fitPurchases('MBG/NBD', states);
  const spends = fitSpend(states.filter(({ orders }) => orders > 0));
  const time = days / weekDays;
  const labelOf = ({ frequency, age, orders }: State): string => `${frequency} ${Math.round(age)} ${orders}`;
  const groups = Map.groupBy(states, labelOf);
  const draws = Math.max(100, Math.min(400, Math.floor(1_000_000 / groups.size)));
  const of = new Map<Watched, Projection>();
  const sum = new UncertainSum();
  let expectedOrders = 0;
  for (const [label, alike] of groups) {
    const [{ frequency, age, orders } = { frequency: 0, age: 0, orders: 0 }] = alike;
    const likeness = { frequency, weeks: Math.round(age), orders };
    const amounts = drawAmounts(seeded(label), { purchases, spends }, likeness, { time, draws });
    for (const [day, some] of Map.groupBy(alike, (state) => state.age)) {
      const ifAlive = purchasesIfAlive(purchases, { frequency, age: day }, time);
      const buysIfThere = buysIfAlive(purchases, frequency, day, time);
      for (const state of some) {
        const alive = probabilityAlive(purchases, state);
        const scale = spends.gamma + orders * state.mean;
        const count = alive * ifAlive;
        const amount = count * expectedSpend(spends, state);
        const buys = alive * buysIfThere;
        const bound = (share: number): number => scale * quantileOf(amounts, buys, share);
        of.set(state.watched, { purchases: count, amount, low: bound(0.025), high: bound(0.975) });
        expectedOrders += count * state.people;
        sum.add(state.people, { expected: amount, likely: buys, scale, moments: amounts.moments });
      }
    }
  }
  const { expected } = sum;
  return {
    of,
    total: {
      purchases: expectedOrders,
      amount: expected,
      // Where hardly an order is to be expected, less than that may be the most that is likely.
      low: Math.min(expected, sum.quantile(0.025)),
      high: Math.max(expected, sum.quantile(0.975)),
    },
  };
}

/** How the numbers came about, for the marts. */
export const ltvMethod =
  'orders of the next 365 days by MBG/NBD (Batislam et al. 2007, after Fader, Hardie & Lee 2005) and Gamma-Gamma ' +
  '(Fader & Hardie 2013), fitted by maximum likelihood to all subscribers; 95 % interval of seeded draws, without the ' +
  'uncertainty of the fitted parameters';
