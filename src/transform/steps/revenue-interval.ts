import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { Decimal } from 'decimal.js';

/** Revenue of one group: exact sums over its recipients (who bought nothing counts with 0), as decimal text. */
export type RevenueSample = {
  readonly recipients: number;
  readonly sum: string;
  readonly sumOfSquares: string;
};

export type MoneyInterval = { readonly low: string; readonly high: string };

/** Enough digits that Σx² − (Σx)²/n loses nothing; a double would lose all of them with large, equal amounts. */
const Exact = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_UP });

/**
 * 95 % interval of the incremental revenue (mean difference × the treatment's recipients): Welch's t, which assumes
 * neither equal variances nor equal sizes. Null below two recipients a group, or when no revenue varies at all.
 */
export function incrementalRevenueInterval(treatment: RevenueSample, control: RevenueSample): MoneyInterval | null {
  if (treatment.recipients < 2 || control.recipients < 2) return null;
  const own = meanAndError(treatment);
  const other = meanAndError(control);
  const variance = own.squaredError.plus(other.squaredError);
  if (!variance.greaterThan(0)) return null;
  // Welch–Satterthwaite; the sum of two parts that cannot both be 0.
  const freedom = variance
    .pow(2)
    .div(
      own.squaredError
        .pow(2)
        .div(treatment.recipients - 1)
        .plus(other.squaredError.pow(2).div(control.recipients - 1)),
    )
    .toNumber();
  const centre = own.mean.minus(other.mean).times(treatment.recipients);
  const spread = variance.sqrt().times(quantile(freedom)).times(treatment.recipients);
  return { low: centre.minus(spread).toFixed(9), high: centre.plus(spread).toFixed(9) };
}

/** Beyond a million degrees of freedom t and normal agree to 6 digits, and the t routine only gets slower. */
function quantile(freedom: number): number {
  return freedom > 1e6 ? normalQuantile(0.975, 0, 1) : tQuantile(0.975, freedom);
}

function meanAndError(sample: RevenueSample): { readonly mean: Decimal; readonly squaredError: Decimal } {
  const sum = new Exact(sample.sum);
  const mean = sum.div(sample.recipients);
  const squares = new Exact(sample.sumOfSquares).minus(sum.times(mean));
  // Squares are summed to 9 places, so equal amounts may leave a speck below zero.
  const variance = Exact.max(squares, 0).div(sample.recipients - 1);
  return { mean, squaredError: variance.div(sample.recipients) };
}
