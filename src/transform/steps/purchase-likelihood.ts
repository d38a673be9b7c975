import { gammaln } from 'simple-statistics';
import { isExtreme } from './log-products.ts';
import type { Counted, PurchaseModel } from './purchase-model.ts';

/** Purchases seen so far make one more chance to have stopped than in BG/NBD. */
export const moreChances = ({ kind }: Pick<PurchaseModel, 'kind'>): number => (kind === 'MBG/NBD' ? 1 : 0);

/** Histories of as many people each, as places in the table of times. */
type Alike = { readonly people: number; readonly ages: Int32Array; readonly recencies: Int32Array };

/** Histories with as many purchases: what depends on the number alone is computed once for all of them. */
type Group = {
  readonly frequency: number;
  /** People, and how many of them have each time as their age and as their recency. */
  readonly people: number;
  readonly atAge: Float64Array;
  readonly atRecency: Float64Array;
  /** Different histories. */
  readonly size: number;
  readonly alike: readonly Alike[];
};

/** Powers of e beyond this are no doubles. */
const largestPower = 700;

/**
 * Log-likelihood of all histories, for whatever parameters. A search asks for hundreds, and what costs is logarithms and powers,
 * of which few are needed: times are whole days, so that thousands of people share their powers, and a sum of logarithms is the
 * logarithm of a product.
 */
export function likelihoodOver(histories: readonly Counted[]): (model: PurchaseModel) => number {
  const found = new Set<number>();
  for (const { recency, age } of histories) found.add(recency).add(age);
  const times = Float64Array.from(found).sort();
  const groups = grouped(histories, times);
  const [logs, up, down] = [times.slice(), times.slice(), times.slice()];
  return ({ kind, r, alpha, a, b }) => {
    const more = moreChances({ kind });
    for (let at = 0; at < times.length; at += 1) logs[at] = Math.log(alpha + (times[at] ?? 0));
    const [shortest, longest] = [logs[0] ?? 0, logs.at(-1) ?? 0];
    let sum = 0;
    for (const { frequency: x, people, atAge, atRecency, size, alike } of groups) {
      const shape = r + x;
      const fixed =
        gammaln(shape) -
        gammaln(r) +
        r * Math.log(alpha) +
        gammaln(a + b) -
        gammaln(b) +
        gammaln(b + x + more) -
        gammaln(a + b + x + more);
      // Who stopped did so after the last purchase, if there is one to stop after.
      const mayHaveStopped = x + more > 0;
      sum += people * fixed - shape * weighted(mayHaveStopped ? atRecency : atAge, logs);
      if (!mayHaveStopped) continue;
      const stop = a / (b + x + more - 1);
      const isTabled = size > times.length && shape * (longest - shortest) < largestPower;
      if (isTabled) {
        for (let at = 0; at < times.length; at += 1) {
          up[at] = Math.exp(shape * ((logs[at] ?? 0) - shortest));
          down[at] = 1 / (up[at] ?? 1);
        }
      }
      for (const one of alike)
        sum += one.people * (isTabled ? byTable(one, up, down, stop) : byPower(one, logs, shape, stop));
    }
    return sum;
  };
}

function grouped(histories: readonly Counted[], times: Float64Array): readonly Group[] {
  const places = new Map([...times].map((time, at) => [time, at]));
  return [...Map.groupBy(histories, ({ frequency }) => frequency)].map(([frequency, some]) => {
    const [atAge, atRecency] = [new Float64Array(times.length), new Float64Array(times.length)];
    const counts = new Map<number, number>();
    for (const { recency, age, people } of some) {
      const [last, now] = [places.get(recency) ?? 0, places.get(age) ?? 0];
      atRecency[last] = (atRecency[last] ?? 0) + people;
      atAge[now] = (atAge[now] ?? 0) + people;
      const history = last * times.length + now;
      counts.set(history, (counts.get(history) ?? 0) + people);
    }
    const alike = [...Map.groupBy(counts, ([, people]) => people)].map(([people, found]) => ({
      people,
      ages: Int32Array.from(found, ([history]) => history % times.length),
      recencies: Int32Array.from(found, ([history]) => Math.floor(history / times.length)),
    }));
    const people = some.reduce((sum, one) => sum + one.people, 0);
    return { frequency, people, atAge, atRecency, size: counts.size, alike };
  });
}

function weighted(weights: Float64Array, values: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < weights.length; at += 1) sum += (weights[at] ?? 0) * (values[at] ?? 0);
  return sum;
}

/** Σ log(((α + recency) / (α + age))^shape + stop), of tabled powers. Beside `byPower`, because a function for the factor costs as much as all else. */
function byTable({ ages, recencies }: Alike, up: Float64Array, down: Float64Array, stop: number): number {
  let sum = 0;
  let product = 1;
  for (let at = 0; at < ages.length; at += 1) {
    product *= (up[recencies[at] ?? 0] ?? 0) * (down[ages[at] ?? 0] ?? 0) + stop;
    if (!isExtreme(product)) continue;
    sum += Math.log(product);
    product = 1;
  }
  return sum + Math.log(product);
}

/** The same with a power a history: where these are fewer than times, or powers are no doubles. */
function byPower({ ages, recencies }: Alike, logs: Float64Array, shape: number, stop: number): number {
  let sum = 0;
  let product = 1;
  for (let at = 0; at < ages.length; at += 1) {
    product *= Math.exp(shape * ((logs[recencies[at] ?? 0] ?? 0) - (logs[ages[at] ?? 0] ?? 0))) + stop;
    if (!isExtreme(product)) continue;
    sum += Math.log(product);
    product = 1;
  }
  return sum + Math.log(product);
}
