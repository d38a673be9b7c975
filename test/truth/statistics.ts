/** Statistics of two proportions from their definitions, apart from any library that the product uses. */
export type Sample = { readonly successes: number; readonly trials: number };

const z95 = 1.959963984540054;

/** Wilson score interval at 95 %. */
export function wilson({ successes, trials }: Sample): { readonly low: number; readonly high: number } {
  const p = successes / trials;
  const z2 = z95 * z95;
  const middle = (p + z2 / (2 * trials)) / (1 + z2 / trials);
  const half = (z95 / (1 + z2 / trials)) * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials * trials));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Newcombe's hybrid score interval of the difference a − b. */
export function newcombe(a: Sample, b: Sample): { readonly low: number; readonly high: number } {
  const [pa, pb] = [a.successes / a.trials, b.successes / b.trials];
  const [wa, wb] = [wilson(a), wilson(b)];
  return {
    low: pa - pb - Math.hypot(pa - wa.low, wb.high - pb),
    high: pa - pb + Math.hypot(wa.high - pa, pb - wb.low),
  };
}

/** Two-sided p-value of the pooled two-proportion z-test; null where nobody or everybody succeeded. */
export function pooledZ(a: Sample, b: Sample): number | null {
  const pooled = (a.successes + b.successes) / (a.trials + b.trials);
  if (pooled === 0 || pooled === 1) return null;
  const z =
    (a.successes / a.trials - b.successes / b.trials) /
    Math.sqrt(pooled * (1 - pooled) * (1 / a.trials + 1 / b.trials));
  return erfc(Math.abs(z) / Math.SQRT2);
}

/** Complementary error function: its series below 3, its continued fraction (Lentz) above; about 15 digits. */
function erfc(x: number): number {
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 200; n += 1) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
      if (Math.abs(term) < 1e-18) break;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = x;
  for (let n = 200; n >= 1; n -= 1) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/** Chance of each group to have the highest rate, under Beta(1 + successes, 1 + failures), by the trapezoid rule on a fine grid. */
export function probabilityBest(groups: readonly Sample[]): readonly number[] {
  const steps = 20_000;
  const densities = groups.map(({ successes, trials }) => {
    const [a, b] = [1 + successes, 1 + trials - successes];
    const norm = logGamma(a + b) - logGamma(a) - logGamma(b);
    return Float64Array.from({ length: steps + 1 }, (_unused, step) => {
      const x = step / steps;
      if (x === 0) return a === 1 ? b : 0;
      if (x === 1) return b === 1 ? a : 0;
      return Math.exp(norm + (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x));
    });
  });
  const cumulated = densities.map((density) => {
    const sums = new Float64Array(steps + 1);
    for (let step = 1; step <= steps; step += 1) {
      sums[step] = (sums[step - 1] ?? 0) + ((density[step] ?? 0) + (density[step - 1] ?? 0)) / 2 / steps;
    }
    return sums;
  });
  return groups.map((_group, index) => {
    let sum = 0;
    for (let step = 0; step <= steps; step += 1) {
      let value = densities[index]?.[step] ?? 0;
      for (const [other, below] of cumulated.entries()) if (other !== index) value *= below[step] ?? 0;
      sum += (step === 0 || step === steps ? 0.5 : 1) * value;
    }
    return sum / steps;
  });
}

/** Stirling's series after shifting the argument above 15. */
function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < 15) {
    shift -= Math.log(y);
    y += 1;
  }
  const y2 = y * y;
  return (
    shift +
    (y - 0.5) * Math.log(y) -
    y +
    0.5 * Math.log(2 * Math.PI) +
    1 / (12 * y) -
    1 / (360 * y * y2) +
    1 / (1260 * y * y2 * y2)
  );
}
