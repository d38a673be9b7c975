import { powerForObserved, recipientsForPower, type Interval, type Sample } from './proportions.ts';

/** One variant against the control. */
export type Comparison = {
  readonly label: string;
  readonly controlLabel: string;
  readonly treatment: Sample;
  readonly control: Sample;
  readonly difference: number;
  readonly interval: Interval;
  /** Before correction; null when nobody, or everybody, succeeded in both groups. */
  readonly pValue: number | null;
  /** Smallest expected cell: below 5 the z-test's normal approximation is not to be trusted. */
  readonly smallestExpected: number;
};

const significanceLevel = 0.05;
const smallestExpectedAllowed = 5;
const powerWanted = 0.8;

/** The row's conclusion in words; `adjusted` is the p-value after the correction for several variants. */
export function judge(comparison: Comparison, adjusted: number | null): string {
  const proven =
    adjusted !== null &&
    adjusted < significanceLevel &&
    comparison.smallestExpected >= smallestExpectedAllowed &&
    // The interval and the test use different variances; on the border they may disagree, and then nothing is proven.
    (comparison.interval.low > 0 || comparison.interval.high < 0);
  if (!proven) return 'not enough evidence';
  return comparison.difference > 0
    ? `${comparison.label} wins over ${comparison.controlLabel}`
    : `${comparison.controlLabel} wins over ${comparison.label}`;
}

/** What a reader should know before trusting the row; null when there is nothing to warn of. */
export function sampleWarning(comparison: Comparison, comparisons: number): string | null {
  const warnings: string[] = [];
  if (comparison.smallestExpected < smallestExpectedAllowed) {
    const expected = comparison.smallestExpected.toFixed(1);
    warnings.push(`expected successes or failures ${expected} < ${smallestExpectedAllowed}: no verdict possible`);
  }
  const power = powerForObserved(comparison.treatment, comparison.control);
  if (power !== null && power < powerWanted) {
    const needed = recipientsForPower(comparison.treatment, comparison.control);
    // Rounded down: 79.9 % must not read as 80 %.
    const percent = Math.floor(power * 100);
    warnings.push(
      `power for the observed difference ${percent} % < 80 %: about ${String(needed)} recipients a variant needed`,
    );
  }
  if (warnings.length > 0 && comparisons > 1) {
    warnings.push(`${comparisons} variants against one control need more recipients still`);
  }
  return warnings.length === 0 ? null : warnings.join('; ');
}
