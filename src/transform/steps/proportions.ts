import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';

/** `successes` of `trials` recipients did what the metric counts. */
export type Sample = { readonly successes: number; readonly trials: number };

export type Interval = { readonly low: number; readonly high: number };

/** 1.959963984540054: all intervals of the marts are two-sided 95 % ones. */
const z95 = normalQuantile(0.975, 0, 1);

const rate = (sample: Sample): number => sample.successes / sample.trials;

/** Wilson's score interval: unlike p ± z·se it stays within 0–1 and has a width at 0 successes. */
export function wilsonInterval(sample: Sample, z: number = z95): Interval {
  const { trials } = sample;
  const p = rate(sample);
  const centre = p + (z * z) / (2 * trials);
  const spread = z * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials));
  const denominator = 1 + (z * z) / trials;
  // Rounding may leave -1e-19 where the bound is exactly 0 (no success) or 1 (no failure).
  const low = sample.successes === 0 ? 0 : (centre - spread) / denominator;
  const high = sample.successes === trials ? 1 : (centre + spread) / denominator;
  return { low, high };
}

/**
 * Newcombe's hybrid score interval (1998, method 10) for `treatment − control`: each side's distance to its own Wilson
 * bound, joined by Pythagoras. It keeps its 95 % with few successes, where the textbook interval does not.
 */
export function newcombeInterval(treatment: Sample, control: Sample, z: number = z95): Interval {
  const difference = rate(treatment) - rate(control);
  const own = wilsonInterval(treatment, z);
  const other = wilsonInterval(control, z);
  return {
    low: difference - Math.hypot(rate(treatment) - own.low, other.high - rate(control)),
    high: difference + Math.hypot(own.high - rate(treatment), rate(control) - other.low),
  };
}

/** Two-sided p-value of the two-proportion z-test with pooled variance; null when nobody, or everybody, succeeded. */
export function twoProportionPValue(treatment: Sample, control: Sample): number | null {
  const pooled = (treatment.successes + control.successes) / (treatment.trials + control.trials);
  const variance = pooled * (1 - pooled) * (1 / treatment.trials + 1 / control.trials);
  if (!(variance > 0)) return null;
  const z = (rate(treatment) - rate(control)) / Math.sqrt(variance);
  // The lower tail: 1 − cdf(|z|) would lose every digit beyond 1e-16.
  return Math.min(1, 2 * normalCdf(-Math.abs(z), 0, 1));
}

/** The smallest of the four expected cell counts (successes and failures under "no difference"). */
export function smallestExpectedCount(treatment: Sample, control: Sample): number {
  const pooled = (treatment.successes + control.successes) / (treatment.trials + control.trials);
  return Math.min(pooled, 1 - pooled) * Math.min(treatment.trials, control.trials);
}

/** Chance that a test of this size finds a true difference as large as the observed one (two-sided, level 5 %). */
export function powerForObserved(treatment: Sample, control: Sample): number | null {
  const { pooledSe, ownSe, difference } = standardErrors(treatment, control);
  if (!(ownSe > 0) || difference === 0) return null;
  return (
    normalCdf((difference - z95 * pooledSe) / ownSe, 0, 1) + normalCdf((-difference - z95 * pooledSe) / ownSe, 0, 1)
  );
}

/** Recipients needed in each of two equal groups to find the observed difference with 80 % power. */
export function recipientsForPower(treatment: Sample, control: Sample, power = 0.8): number | null {
  const p1 = rate(treatment);
  const p2 = rate(control);
  if (p1 === p2) return null;
  const mean = (p1 + p2) / 2;
  const zPower = normalQuantile(power, 0, 1);
  const root = z95 * Math.sqrt(2 * mean * (1 - mean)) + zPower * Math.sqrt(p1 * (1 - p1) + p2 * (1 - p2));
  return Math.ceil((root / (p1 - p2)) ** 2);
}

function standardErrors(treatment: Sample, control: Sample) {
  const pooled = (treatment.successes + control.successes) / (treatment.trials + control.trials);
  const p1 = rate(treatment);
  const p2 = rate(control);
  return {
    pooledSe: Math.sqrt(pooled * (1 - pooled) * (1 / treatment.trials + 1 / control.trials)),
    ownSe: Math.sqrt((p1 * (1 - p1)) / treatment.trials + (p2 * (1 - p2)) / control.trials),
    difference: Math.abs(p1 - p2),
  };
}

/**
 * Holm's step-down adjustment of one family of p-values: the chance of any false "wins" in the family stays ≤ 5 %,
 * with more power than Bonferroni. Entries that could not be tested stay null and do not count.
 */
export function holmAdjust(pValues: readonly (number | null)[]): readonly (number | null)[] {
  const tested = pValues.flatMap((p, index) => (p === null ? [] : [{ p, index }]));
  tested.sort((a, b) => a.p - b.p || a.index - b.index);
  const adjusted: (number | null)[] = pValues.map(() => null);
  let running = 0;
  for (const [rank, { p, index }] of tested.entries()) {
    running = Math.max(running, Math.min(1, (tested.length - rank) * p));
    adjusted[index] = running;
  }
  return adjusted;
}
