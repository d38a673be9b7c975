import { gammaln } from 'simple-statistics';
import { isExtreme } from './log-products.ts';
import { minimise } from './nelder-mead.ts';

/**
 * What people spend: the Gamma-Gamma model (Fader, Hardie & Lee, "RFM and CLV", JMR 42, 2005; Fader & Hardie's note of 2013). An
 * order of a person is Gamma(p, ν), and ν ~ Gamma(q, γ) differs between people.
 */
export type SpendModel = { readonly p: number; readonly q: number; readonly gamma: number };

/** Orders of a person, and their mean. */
export type Spending = { readonly orders: number; readonly mean: number };

/** The parameters that make the means likeliest. Amounts are brought to the size of 1 first, so that any currency fits alike. */
export function fitSpend(spendings: readonly Spending[]): SpendModel {
  const orders = spendings.reduce((sum, one) => sum + one.orders, 0);
  const scale = spendings.reduce((sum, one) => sum + one.orders * one.mean, 0) / orders;
  const groups = byOrders(spendings.map((one) => ({ orders: one.orders, mean: one.mean / scale })));
  const cost = (logs: readonly number[]): number => {
    if (logs.some((log) => Math.abs(log) > 12)) return Number.MAX_VALUE;
    const [p = 1, q = 1, gamma = 1] = logs.map((log) => Math.exp(log));
    const restraint = 0.001 * logs.reduce((sum, log) => sum + log * log, 0);
    return (restraint - logLikelihood({ p, q: 1 + q, gamma }, groups)) / spendings.length;
  };
  const { x } = minimise(cost, [1, 1, 1], { tolerance: 1e-8 });
  const [p = 1, q = 1, gamma = 1] = x.map((log) => Math.exp(log));
  // q > 1: otherwise the mean of a person nobody knows is infinite.
  return { p, q: 1 + q, gamma: gamma * scale };
}

/** People with as many orders: what depends on the number alone is computed once for all of them. */
type Group = {
  readonly orders: number;
  readonly people: number;
  readonly logs: number;
  /** Different means, by how many people have each: prices are few. */
  readonly alike: readonly { readonly people: number; readonly means: Float64Array }[];
};

function byOrders(spendings: readonly Spending[]): readonly Group[] {
  return [...Map.groupBy(spendings, ({ orders }) => orders)].map(([orders, some]) => {
    const counts = new Map<number, number>();
    for (const { mean } of some) counts.set(mean, (counts.get(mean) ?? 0) + 1);
    const alike = [...Map.groupBy(counts, ([, people]) => people)].map(([people, found]) => ({
      people,
      means: Float64Array.from(found, ([mean]) => mean),
    }));
    return { orders, people: some.length, logs: some.reduce((sum, { mean }) => sum + Math.log(mean), 0), alike };
  });
}

function logLikelihood({ p, q, gamma }: SpendModel, groups: readonly Group[]): number {
  let sum = 0;
  for (const { orders: x, people, logs, alike } of groups) {
    const fixed = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * Math.log(gamma) + p * x * Math.log(x);
    let own = 0;
    for (const one of alike) own += one.people * sumOfLogs(one.means, x, gamma);
    sum += people * fixed + (p * x - 1) * logs - (p * x + q) * own;
  }
  return sum;
}

/** Σ log(γ + x · mean): the logarithm of a product, which costs less. */
function sumOfLogs(means: Float64Array, x: number, gamma: number): number {
  let sum = 0;
  let product = 1;
  for (const mean of means) {
    product *= gamma + x * mean;
    if (!isExtreme(product)) continue;
    sum += Math.log(product);
    product = 1;
  }
  return sum + Math.log(product);
}

/** What an order of the person is expected to be: between the own mean and everybody's, by how many orders are known. */
export function expectedSpend({ p, q, gamma }: SpendModel, { orders, mean }: Spending): number {
  return (p * (gamma + orders * mean)) / (p * orders + q - 1);
}
