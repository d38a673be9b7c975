import { gammaln } from 'simple-statistics';
import { minimise } from './nelder-mead.ts';

/**
 * How often people buy, and when they stop: the BG/NBD model of Fader, Hardie & Lee ("Counting your customers the easy way",
 * Marketing Science 24, 2005) and its modification MBG/NBD by Batislam, Denizel & Filiztekin (2007; also Hoppe & Wagner 2007). A
 * person buys at a rate λ ~ Gamma(r, α) and stops with probability p ~ Beta(a, b) after each purchase; in the modified model
 * also at the very start, so that a subscriber who never bought is not taken for alive for ever.
 */
export type PurchaseModel = {
  readonly kind: 'BG/NBD' | 'MBG/NBD';
  readonly r: number;
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
};

/** Purchases after the first sight, when the last of them was, and how long the person has been watched, from the first sight. */
export type History = { readonly frequency: number; readonly recency: number; readonly age: number };
export type Counted = History & { readonly people: number };

/** Purchases seen so far make one more chance to have stopped than in BG/NBD. */
const extra = (model: Pick<PurchaseModel, 'kind'>): number => (model.kind === 'MBG/NBD' ? 1 : 0);

/**
 * Weight that keeps parameters about which the data say nothing from running off, of the logarithms' squares. Far below what
 * a hundred buyers say.
 */
const restraint = 0.001;

/** The parameters that make the histories likeliest. */
export function fitPurchases(kind: PurchaseModel['kind'], histories: readonly Counted[]): PurchaseModel {
  const people = histories.reduce((sum, history) => sum + history.people, 0);
  const groups = byFrequency(histories);
  const model = (logs: readonly number[]): PurchaseModel => {
    const [r = 1, alpha = 1, a = 1, b = 1] = logs.map((log) => Math.exp(log));
    return { kind, r, alpha, a, b };
  };
  const cost = (logs: readonly number[]): number => {
    if (logs.some((log) => Math.abs(log) > 15)) return Number.MAX_VALUE;
    return (restraint * logs.reduce((sum, log) => sum + log * log, 0) - likelihoodOf(model(logs), groups)) / people;
  };
  const meanAge = histories.reduce((sum, { age, people: n }) => sum + age * n, 0) / people;
  const starts = [
    [0, 0, 0, 0],
    [-1, Math.log(Math.max(meanAge, 1)), -1, 1],
  ];
  const near = starts.map((start) => minimise(cost, start, { tolerance: 1e-7, rounds: 1 }));
  const best = near.reduce((one, other) => (other.value < one.value ? other : one));
  return model(minimise(cost, best.x, { step: 0.1, tolerance: 1e-10 }).x);
}

/** Histories with as many purchases: what depends on the number alone is computed once for all of them. */
type Group = {
  readonly frequency: number;
  readonly recencies: Float64Array;
  readonly ages: Float64Array;
  readonly people: Float64Array;
  readonly count: number;
};

function byFrequency(histories: readonly Counted[]): readonly Group[] {
  return [...Map.groupBy(histories, ({ frequency }) => frequency)].map(([frequency, alike]) => ({
    frequency,
    recencies: Float64Array.from(alike, ({ recency }) => recency),
    ages: Float64Array.from(alike, ({ age }) => age),
    people: Float64Array.from(alike, ({ people }) => people),
    count: alike.reduce((sum, { people }) => sum + people, 0),
  }));
}

/** Log-likelihood of all histories. */
export function logLikelihood(model: PurchaseModel, histories: readonly Counted[]): number {
  return likelihoodOf(model, byFrequency(histories));
}

function likelihoodOf(model: PurchaseModel, groups: readonly Group[]): number {
  const { r, alpha, a, b } = model;
  const more = extra(model);
  let sum = 0;
  for (const { frequency: x, recencies, ages, people, count } of groups) {
    const fixed =
      gammaln(r + x) -
      gammaln(r) +
      r * Math.log(alpha) +
      gammaln(a + b) -
      gammaln(b) +
      gammaln(b + x + more) -
      gammaln(a + b + x + more);
    // Who stopped did so after the last purchase, if there is one to stop after.
    const stop = x + more === 0 ? -Infinity : Math.log(a / (b + x + more - 1));
    let own = 0;
    for (let at = 0; at < ages.length; at += 1) {
      const stillHere = -(r + x) * Math.log(alpha + (ages[at] ?? 0));
      const stopped = stop - (r + x) * Math.log(alpha + (recencies[at] ?? 0));
      const [low, high] = stillHere < stopped ? [stillHere, stopped] : [stopped, stillHere];
      own += (people[at] ?? 0) * (high + Math.log1p(Math.exp(low - high)));
    }
    sum += count * fixed + own;
  }
  return sum;
}

/** Probability that a person with this history will still buy. */
export function probabilityAlive(model: PurchaseModel, { frequency: x, recency, age }: History): number {
  const chances = x + extra(model);
  if (chances === 0) return 1;
  const { r, alpha, a, b } = model;
  return 1 / (1 + (a / (b + chances - 1)) * ((alpha + age) / (alpha + recency)) ** (r + x));
}

/** Purchases to be expected of a person in the time to come. */
export function expectedPurchases(model: PurchaseModel, history: History, time: number): number {
  const { r, alpha, b } = model;
  const { frequency: x, age } = history;
  // At a = 1 the formula is 0/0; next to it, it is not.
  const a = Math.abs(model.a - 1) < 1e-6 ? 1 + 1e-6 : model.a;
  const chances = x + extra(model);
  const z = time / (alpha + age + time);
  const decay =
    ((alpha + age) / (alpha + age + time)) ** (r + x) * hypergeometric(r + x, b + chances, a + b + chances - 1, z);
  return probabilityAlive(model, history) * ((a + b + chances - 1) / (a - 1)) * (1 - decay);
}

/** Gauss's ₂F₁ by its series, 0 ≤ z < 1. */
function hypergeometric(a: number, b: number, c: number, z: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 0; n < 100_000 && Math.abs(term) > 1e-13 * Math.abs(sum); n += 1) {
    term *= (((a + n) * (b + n)) / ((c + n) * (n + 1))) * z;
    sum += term;
  }
  return sum;
}
