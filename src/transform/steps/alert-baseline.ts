import betaCdf from '@stdlib/stats-base-dists-beta-cdf';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import { median, medianAbsoluteDeviation } from 'simple-statistics';

/** So many people of so many did it, on a day. */
export type Counted = { readonly day: string; readonly count: number; readonly of: number };

export type Judgement = {
  /** What the account's own past lets expect, in the unit of what is judged. */
  readonly expected: number;
  /** What it would have to pass to be an alert. */
  readonly limit: number;
  /** One-sided. */
  readonly pValue: number;
};

/** Fewer past periods are no baseline. */
const FEWEST_PERIODS = 8;
/** How far back the past goes. */
const PAST_DAYS = 365;
/** Worse than this by chance: an incident opens. */
export const OPENS_BELOW = 0.005;
/** Only what is no longer unusual at all is back. */
export const BACK_FROM = 0.05;
/** A rise is worth a message from here on, however sure it is. */
export const MARKED_RISE = 1.5;
/** Pseudo-events by which a weekday's or month's factor is drawn towards 1. */
const SHRINKAGE = 10;
/** Between counts there is at least a Poisson's spread; a hair more, so that one distribution serves. */
const LEAST_DISPERSION = 1.001;

export const riseMethod =
  'one-sided negative binomial test against the account’s own past year (quasi-Poisson rate with weekday and month factors, past outliers down-weighted; Farrington et al. 1996, Noufaily et al. 2013)';
export const medianMethod =
  'one-sided robust z-test against the account’s own past year (median, MAD × 1.4826; Iglewicz & Hoaglin 1993), the campaign’s own sampling error added';

/** The days before a day that its baseline is made of. */
export function pastOf(series: readonly Counted[], day: string): readonly Counted[] {
  const from = new Date(Date.parse(day) - PAST_DAYS * 86_400_000).toISOString().slice(0, 10);
  return series.filter((one) => one.day < day && one.day >= from && one.of > 0);
}

/** How likely a count at least as high is, if nothing has changed. Null without a past to compare with. */
export function judgeRise(past: readonly Counted[], now: Counted): Judgement | null {
  if (past.length < FEWEST_PERIODS) return null;
  let weights: readonly number[] = past.map(() => 1);
  let fit = fitted(past, weights);
  for (let round = 0; round < 2; round += 1) {
    weights = reweighted(past, fit);
    fit = fitted(past, weights);
  }
  const expected = fit.meanOf(now);
  const known = past.reduce((sum, one) => sum + one.of, 0);
  // The rate itself is only estimated.
  const dispersion = fit.dispersion * (1 + now.of / known);
  const tail = (count: number): number => upperTail(count, expected, dispersion);
  let limit = Math.ceil(expected);
  while (tail(limit + 1) >= OPENS_BELOW) limit += 1;
  return { expected, limit: Math.max(limit, Math.ceil(expected * MARKED_RISE) - 1), pValue: tail(now.count) };
}

/** How likely a rate as low is, if nothing has changed. */
export function judgeMedian(past: readonly Counted[], now: Counted): Judgement | null {
  if (past.length < FEWEST_PERIODS || now.of === 0) return null;
  const rates = past.map(({ count, of }) => count / of);
  const expected = median(rates);
  const spread = Math.hypot(1.4826 * medianAbsoluteDeviation(rates), Math.sqrt((expected * (1 - expected)) / now.of));
  if (!(spread > 0)) return null;
  const pValue = normalCdf((now.count / now.of - expected) / spread, 0, 1);
  // 2.576: the quantile that belongs to OPENS_BELOW.
  return { expected, limit: Math.max(0, expected - 2.5758293035489 * spread), pValue };
}

type Fit = { readonly meanOf: (one: Counted) => number; readonly dispersion: number };

/** Days are few, and each is asked for a hundred thousand times. */
const weekdays = new Map<string, number>();

function weekdayOf({ day }: Counted): number {
  const known = weekdays.get(day);
  if (known !== undefined) return known;
  const weekday = new Date(day).getUTCDay();
  weekdays.set(day, weekday);
  return weekday;
}

const monthOf = ({ day }: Counted): number => Number(day.slice(5, 7));

function fitted(past: readonly Counted[], weights: readonly number[]): Fit {
  const weighted = (pick: (one: Counted, index: number) => number): number =>
    past.reduce((sum, one, index) => sum + (weights[index] ?? 0) * pick(one, index), 0);
  // Half an event: where nobody ever left, the rate is small and not 0.
  const rate = (weighted(({ count }) => count) + 0.5) / weighted(({ of }) => of);
  const factors = (part: (one: Counted) => number, mean: (one: Counted) => number): ReadonlyMap<number, number> => {
    const parts = past.map(part);
    return new Map(
      [...new Set(parts)].map((value) => {
        const inPart = (pick: (one: Counted) => number): number =>
          weighted((one, index) => (parts[index] === value ? pick(one) : 0));
        return [value, (inPart(({ count }) => count) + SHRINKAGE) / (inPart(mean) + SHRINKAGE)];
      }),
    );
  };
  const plain = ({ of }: Counted): number => rate * of;
  const byWeekday = factors(weekdayOf, plain);
  const withWeekday = (one: Counted): number => plain(one) * (byWeekday.get(weekdayOf(one)) ?? 1);
  const byMonth = factors(monthOf, withWeekday);
  const meanOf = (one: Counted): number => withWeekday(one) * (byMonth.get(monthOf(one)) ?? 1);
  const pearson = weighted((one) => (one.count - meanOf(one)) ** 2 / meanOf(one));
  return { meanOf, dispersion: Math.max(LEAST_DISPERSION, pearson / Math.max(1, past.length - 1)) };
}

/** Anscombe residuals above 1 weigh by their inverse square: an old outbreak is no part of what is usual. */
function reweighted(past: readonly Counted[], { meanOf, dispersion }: Fit): readonly number[] {
  const raw = past.map((one) => {
    const mean = meanOf(one);
    const residual = (1.5 * (one.count ** (2 / 3) * mean ** (-1 / 6) - Math.sqrt(mean))) / Math.sqrt(dispersion);
    return residual > 1 ? residual ** -2 : 1;
  });
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => (weight * past.length) / total);
}

/** P(X ≥ count) of a negative binomial with this mean and variance = dispersion × mean, by the incomplete beta function. */
function upperTail(count: number, mean: number, dispersion: number): number {
  if (count <= 0) return 1;
  const size = mean / (dispersion - 1);
  return betaCdf(1 - 1 / dispersion, count, size);
}
