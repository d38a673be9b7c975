import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';

/** An amount to be added: what is expected, how likely it is not 0, and if it is not, means of its powers, by a scale. */
export type Uncertain = {
  readonly expected: number;
  readonly buys: number;
  readonly scale: number;
  readonly moments: readonly [number, number, number];
};

/**
 * The interval of a sum of independent amounts, none below 0. Means, variances and third central moments of independent amounts
 * add up; the sum is taken for the gamma distribution, shifted, that has these (Pearson's type III), which of thousands is the
 * normal one and of a few orders is as skewed as they are.
 */
export class UncertainSum {
  #expected = 0;
  #variance = 0;
  #third = 0;

  /** Adds an amount, for so many people. */
  add(people: number, { expected, buys, scale, moments }: Uncertain): void {
    const first = buys * scale * moments[0];
    const second = buys * scale ** 2 * moments[1];
    const third = buys * scale ** 3 * moments[2];
    this.#expected += people * expected;
    this.#variance += people * (second - first ** 2);
    this.#third += people * (third - 3 * first * second + 2 * first ** 3);
  }

  get expected(): number {
    return this.#expected;
  }

  /** Below which a share of the sums lies, about. */
  quantile(share: number): number {
    if (this.#variance <= 0) return this.#expected;
    const deviation = Math.sqrt(this.#variance);
    return Math.max(0, this.#expected + deviation * skewedQuantile(share, this.#third / deviation ** 3));
  }
}

/** Quantile of a gamma distribution of mean 0, deviation 1 and a skewness, by Wilson & Hilferty (1931). */
function skewedQuantile(share: number, skewness: number): number {
  const z = normalQuantile(share, 0, 1);
  if (skewness < 1e-6) return z;
  const shape = 4 / skewness ** 2;
  const root = Math.max(0, 1 - 1 / (9 * shape) + z / (3 * Math.sqrt(shape)));
  return (root ** 3 - 1) * Math.sqrt(shape);
}
