import { amountsOf, buysIfAlive, drawn, quantileOf } from './ltv-draws.ts';
import type { Watched } from './ltv-history.ts';
import { boundsOfTotal, type Alike } from './ltv-total.ts';
import { fitPurchases, probabilityAlive, purchasesIfAlive, type Counted } from './purchase-model.ts';
import { seeded } from './random-draws.ts';
import { expectedSpend, fitSpend, type Spending } from './spend-model.ts';

/** Days of a year and of a week: the projection's time and the models' unit. */
export const yearDays = 365;
const weekDays = 7;

/** How likely the fact may be outside of the bounds. */
const outside = 0.05;

/** What the data must hold before a projection is made. */
const needed = { buyers: 30, repeaters: 10, days: 90 } as const;

/** By the place among the known states, and of all together. */
export type Forecast = {
  readonly purchases: Float64Array;
  readonly amounts: Float64Array;
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  readonly total: {
    readonly purchases: number;
    readonly amount: number;
    readonly low: number;
    readonly high: number;
  };
};

type State = Counted & Spending & { readonly watched: Watched; readonly at: number };

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
    states.push({ at: states.length, watched, people, frequency, recency, age, orders, mean });
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
  const columns = (): Float64Array => new Float64Array(states.length);
  const found = { purchases: columns(), amounts: columns(), lows: columns(), highs: columns() };
  const buyers = { buys: columns(), scales: columns() };
  const parts: Alike[] = [];
  for (const [label, alike] of groups) {
    const [first] = alike;
    if (first === undefined) continue;
    const random = seeded(label);
    const draw = amountsOf(random, { purchases, spends }, { ...first, weeks: Math.round(first.age) }, time);
    const amounts = drawn(draw, draws);
    for (const [age, some] of Map.groupBy(alike, (state) => state.age)) {
      const purchasesIf = purchasesIfAlive(purchases, { ...first, age }, time);
      const buysIf = buysIfAlive(purchases, { ...first, age }, time);
      for (const state of some) {
        const { at } = state;
        const alive = probabilityAlive(purchases, state);
        const buys = alive * buysIf;
        const scale = spends.gamma + state.orders * state.mean;
        found.purchases[at] = alive * purchasesIf;
        found.amounts[at] = alive * purchasesIf * expectedSpend(spends, state);
        found.lows[at] = scale * quantileOf(amounts, buys, outside / 2);
        found.highs[at] = scale * quantileOf(amounts, buys, 1 - outside / 2);
        buyers.buys[at] = buys;
        buyers.scales[at] = scale;
      }
    }
    parts.push({ random, draw, amounts, members: alike });
  }
  const sumOf = (column: Float64Array): number =>
    states.reduce((sum, { at, people }) => sum + people * (column[at] ?? 0), 0);
  const amount = sumOf(found.amounts);
  const total = {
    purchases: sumOf(found.purchases),
    amount,
    ...boundsOfTotal(parts, buyers, { expected: amount, outside }),
  };
  return { ...found, total };
}

/** How the numbers came about, for the marts. */
export const ltvMethod =
  'orders of the next 365 days by MBG/NBD (Batislam et al. 2007, after Fader, Hardie & Lee 2005) and Gamma-Gamma ' +
  '(Fader & Hardie 2013), fitted by maximum likelihood to all subscribers; 95 % interval of seeded draws, without the ' +
  'uncertainty of the fitted parameters';
