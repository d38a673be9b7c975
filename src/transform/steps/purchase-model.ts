import { minimise } from './nelder-mead.ts';
import { likelihoodOver, moreChances } from './purchase-likelihood.ts';

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

/**
 * Weight that keeps parameters about which the data say nothing from running off, of the logarithms' squares. Far below what
 * a hundred buyers say.
 */
const restraint = 0.001;

/** The parameters that make the histories likeliest. */
export function fitPurchases(kind: PurchaseModel['kind'], histories: readonly Counted[]): PurchaseModel {
  const people = histories.reduce((sum, history) => sum + history.people, 0);
  const likelihood = likelihoodOver(histories);
  const model = (logs: readonly number[]): PurchaseModel => {
    const [r = 1, alpha = 1, a = 1, b = 1] = logs.map((log) => Math.exp(log));
    return { kind, r, alpha, a, b };
  };
  const cost = (logs: readonly number[]): number => {
    if (logs.some((log) => Math.abs(log) > 15)) return Number.MAX_VALUE;
    return (restraint * logs.reduce((sum, log) => sum + log * log, 0) - likelihood(model(logs))) / people;
  };
  const meanAge = histories.reduce((sum, { age, people: n }) => sum + age * n, 0) / people;
  const starts = [
    [0, 0, 0, 0],
    [-1, Math.log(Math.max(meanAge, 1)), -1, 1],
  ];
  // Not of histories that are rounded to weeks or months: where hardly anybody comes back, these may lead to another maximum.
  const near = starts.map((start) => minimise(cost, start, { tolerance: 1e-7, rounds: 1 }));
  const best = near.reduce((one, other) => (other.value < one.value ? other : one));
  return model(minimise(cost, best.x, { step: 0.1, tolerance: 1e-10 }).x);
}

/** Probability that a person with this history will still buy. */
export function probabilityAlive(model: PurchaseModel, { frequency: x, recency, age }: History): number {
  const chances = x + moreChances(model);
  if (chances === 0) return 1;
  const { r, alpha, a, b } = model;
  return 1 / (1 + (a / (b + chances - 1)) * ((alpha + age) / (alpha + recency)) ** (r + x));
}

/** Purchases to be expected of a person in the time to come. */
export function expectedPurchases(model: PurchaseModel, history: History, time: number): number {
  return probabilityAlive(model, history) * purchasesIfAlive(model, history, time);
}

/** The same of a person who is known to be still there: when the last purchase was does not matter then. */
export function purchasesIfAlive(
  model: PurchaseModel,
  { frequency: x, age }: Pick<History, 'frequency' | 'age'>,
  time: number,
): number {
  const { r, alpha, b } = model;
  // At a = 1 the formula is 0/0; next to it, it is not.
  const a = Math.abs(model.a - 1) < 1e-6 ? 1 + 1e-6 : model.a;
  const chances = x + moreChances(model);
  const z = time / (alpha + age + time);
  const decay =
    ((alpha + age) / (alpha + age + time)) ** (r + x) * hypergeometric(r + x, b + chances, a + b + chances - 1, z);
  return ((a + b + chances - 1) / (a - 1)) * (1 - decay);
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
