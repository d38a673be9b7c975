import { mean } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { amountsOf, buysIfAlive, drawn, quantileOf } from './ltv-draws.ts';
import { boundsOfTotal } from './ltv-total.ts';
import { expectedPurchases, probabilityAlive, type History } from './purchase-model.ts';
import { beta, exponential, gamma, seeded, type Random } from './random-draws.ts';
import { expectedSpend, type Spending } from './spend-model.ts';

const purchases = { kind: 'MBG/NBD', r: 0.8, alpha: 9, a: 0.7, b: 2.5 } as const;
const spends = { p: 5, q: 4.5, gamma: 28 } as const;
const time = 52;

const meanOf = (values: Iterable<number>): number => mean([...values]);

type Person = History & Spending;
const never: Person = { frequency: 0, recency: 0, age: 30, orders: 0, mean: 0 };
const once: Person = { frequency: 1, recency: 20, age: 30, orders: 1, mean: 25 };
const often: Person = { frequency: 9, recency: 95, age: 100, orders: 10, mean: 61 };

/** What one person spends, drawn step by step as the models tell it: alive, a rate, a chance to stop, an own size of orders. */
function spent(random: Random, { frequency, age, orders, mean, recency }: Person): number {
  if (random() >= probabilityAlive(purchases, { frequency, recency, age })) return 0;
  const rate = gamma(random, purchases.r + frequency, purchases.alpha + age);
  const stop = beta(random, purchases.a, purchases.b + frequency + 1);
  let count = 0;
  for (let at = exponential(random, rate); at <= time; at += exponential(random, rate)) {
    count += 1;
    if (random() < stop) break;
  }
  const size = gamma(random, spends.p * orders + spends.q, spends.gamma + orders * mean);
  return count === 0 ? 0 : gamma(random, spends.p * count, size);
}

function futureOf(person: Person, draws = 400) {
  const { frequency, age, orders, mean } = person;
  const likeness = { frequency, weeks: Math.round(age), orders };
  const random = seeded(JSON.stringify(person));
  const draw = amountsOf(random, { purchases, spends }, likeness, time);
  const buys = probabilityAlive(purchases, person) * buysIfAlive(purchases, person, time);
  return { random, draw, amounts: drawn(draw, draws), buys, scale: spends.gamma + orders * mean };
}

describe('amounts that are drawn for all who are alike', () => {
  it.each([
    ['never bought', never],
    ['bought once', once],
    ['buys often', often],
  ])('bound what a person spends who %s, as draws of this person alone do', (name, person) => {
    const random = seeded(name);
    const alone = Array.from({ length: 40_000 }, () => spent(random, person));
    const { amounts, buys, scale } = futureOf(person, 20_000);
    for (const share of [0.025, 0.5, 0.8, 0.9, 0.975]) {
      const bound = scale * quantileOf(amounts, buys, share);
      const below = alone.filter((amount) => amount <= bound).length / alone.length;
      // Of who buys nothing there are more than the share.
      if (bound === 0) expect(below).toBeGreaterThan(share - 0.005);
      else expect(Math.abs(below - share)).toBeLessThan(0.01);
    }
    expect(Math.abs((buys * scale * meanOf(amounts)) / meanOf(alone) - 1)).toBeLessThan(0.05);
  });

  it('do well with the few draws that are made', () => {
    const random = seeded('few');
    const alone = Array.from({ length: 20_000 }, () => spent(random, often));
    const { amounts, buys, scale } = futureOf(often);
    const [low, high] = [0.025, 0.975].map((share) => scale * quantileOf(amounts, buys, share)) as [number, number];
    const within = alone.filter((amount) => amount >= low && amount <= high).length / alone.length;
    expect(within).toBeGreaterThan(0.94);
    expect(within).toBeLessThan(0.975);
  });

  it('hardly differ within a week of age', () => {
    const of = (weeks: number): number =>
      meanOf(drawn(amountsOf(seeded('week'), { purchases, spends }, { ...once, weeks }, time), 20_000));
    expect(Math.abs(of(30.5) / of(30) - 1)).toBeLessThan(0.01);
  });

  it('are 0 where less than the share buys', () => {
    const { amounts } = futureOf(once);
    expect(quantileOf(amounts, 0.02, 0.975)).toBe(0);
    expect(quantileOf(amounts, 0, 0.975)).toBe(0);
    expect(quantileOf(amounts, 0.03, 0.975)).toBeGreaterThan(0);
  });
});

/** Bounds of people, in groups as a forecast makes them, and what is expected of them. */
function together(people: readonly Person[]) {
  const groups = [...Map.groupBy(people, (person) => person)].map(([person, alike], at) => {
    const { buys, scale, ...drawing } = futureOf(person);
    return { buys, scale, group: { ...drawing, members: [{ at, people: alike.length }] } };
  });
  const buyers = {
    buys: Float64Array.from(groups, ({ buys }) => buys),
    scales: Float64Array.from(groups, ({ scale }) => scale),
  };
  const expected = people.reduce(
    (sum, person) => sum + expectedPurchases(purchases, person, time) * expectedSpend(spends, person),
    0,
  );
  const bounds = boundsOfTotal(
    groups.map(({ group }) => group),
    buyers,
    { expected, outside: 0.05 },
  );
  return { expected, ...bounds };
}

describe('the bounds of a total', () => {
  it.each([
    ['a few who bought once', Array.from({ length: 12 }, () => once)],
    ['many who never bought', Array.from({ length: 200 }, () => never)],
    ['people of all kinds', Array.from({ length: 90 }, (_, at) => [never, once, often][at % 3] ?? never)],
  ])('hold 95 % of what %s spend together', (name, people) => {
    const { low, high, expected } = together(people);
    const random = seeded(name);
    const sums = Array.from({ length: 4000 }, () => people.reduce((total, person) => total + spent(random, person), 0));
    const share = (is: (amount: number) => boolean): number => sums.filter(is).length / sums.length;
    expect(share((amount) => amount < low)).toBeGreaterThan(0.015);
    expect(share((amount) => amount < low)).toBeLessThan(0.035);
    expect(share((amount) => amount > high)).toBeGreaterThan(0.015);
    expect(share((amount) => amount > high)).toBeLessThan(0.035);
    expect(expected).toBeGreaterThan(low);
    expect(expected).toBeLessThan(high);
  });

  it('are those of a normal distribution when hundreds buy, near to the bounds of sums that are drawn', () => {
    const people = Array.from({ length: 1500 }, (_, at) => [never, once, often][at % 3] ?? never);
    const { low, high, expected } = together(people);
    expect((low + high) / 2).toBeCloseTo(expected, 6);
    const random = seeded('many');
    const sums = Array.from({ length: 500 }, () => people.reduce((total, person) => total + spent(random, person), 0));
    const within = sums.filter((amount) => amount >= low && amount <= high).length / sums.length;
    expect(within).toBeGreaterThan(0.92);
    expect(within).toBeLessThan(0.98);
  });

  it('hold what is expected even where nothing is the likeliest', () => {
    const { random, draw, amounts } = futureOf(once);
    const rare = { buys: Float64Array.of(0.0001), scales: Float64Array.of(50) };
    const group = { random, draw, amounts, members: [{ at: 0, people: 3 }] };
    expect(boundsOfTotal([group], rare, { expected: 0.02, outside: 0.05 })).toEqual({ low: 0, high: 0.02 });
    expect(boundsOfTotal([], rare, { expected: 0, outside: 0.05 })).toEqual({ low: 0, high: 0 });
  });
});
