import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../../warehouse/port.ts';
import type { Step } from '../step.ts';
import { judge, sampleWarning, type Comparison } from './ab-verdict.ts';
import { probabilityBest } from './probability-best.ts';
import {
  holmAdjust,
  newcombeInterval,
  smallestExpectedCount,
  twoProportionPValue,
  type Sample,
} from './proportions.ts';
import { incrementalRevenueInterval, type RevenueSample } from './revenue-interval.ts';

/** One variant's counts of one metric, as `core.int_ab_counts` holds them. */
type Arm = {
  readonly key: Pick<Row, 'source' | 'account_id' | 'campaign_id' | 'variant' | 'metric'>;
  readonly variant: string;
  readonly label: string;
  readonly isControl: boolean;
  /** Null where the source cannot tell the successes: such an arm takes no part in any test. */
  readonly sample: Sample | null;
  readonly revenue: RevenueSample | null;
};

const columns: readonly Column[] = [
  { name: 'source', type: 'string' },
  { name: 'account_id', type: 'string' },
  { name: 'campaign_id', type: 'string' },
  { name: 'variant', type: 'string' },
  { name: 'metric', type: 'string' },
  { name: 'difference_rate', type: 'double' },
  { name: 'difference_low_rate', type: 'double' },
  { name: 'difference_high_rate', type: 'double' },
  { name: 'p_value', type: 'double' },
  { name: 'probability_best', type: 'double' },
  { name: 'incremental_revenue_low_amount', type: 'decimal' },
  { name: 'incremental_revenue_high_amount', type: 'decimal' },
  { name: 'verdict', type: 'string' },
  { name: 'sample_warning', type: 'string' },
  { name: 'method', type: 'string' },
];

/**
 * Statistics of every A/B test: intervals, p-values, probability to be best, verdict in words. Families for the
 * correction are the comparisons with the control within one test and metric; metrics are not corrected for each other.
 */
export const abStatistics = {
  name: 'ab-statistics',
  reads: 'core.int_ab_counts',
  writes: { table: 'core.int_ab_statistics', columns },
  run: (rows) => [...families(rows).values()].flatMap((arms) => familyRows(arms)),
} satisfies Step;

function families(rows: readonly Row[]): ReadonlyMap<string, readonly Arm[]> {
  const result = new Map<string, Arm[]>();
  const arms = rows.map((row) => ({ arm: toArm(row), family: familyKey(row) }));
  arms.sort((a, b) => compareText(a.family, b.family) || compareText(a.arm.variant, b.arm.variant));
  for (const { arm, family } of arms) {
    const members = result.get(family);
    if (members === undefined) result.set(family, [arm]);
    else members.push(arm);
  }
  return result;
}

function familyKey(row: Row): string {
  return JSON.stringify([row['source'], row['account_id'], row['campaign_id'], row['metric']]);
}

function familyRows(arms: readonly Arm[]): readonly Row[] {
  const control = arms.find((arm) => arm.isControl);
  const tested = arms.filter((arm): arm is Arm & { sample: Sample } => arm.sample !== null && arm.sample.trials > 0);
  const best = new Map<Arm, number>();
  if (tested.length > 1) {
    for (const [index, probability] of probabilityBest(tested.map((arm) => arm.sample)).entries()) {
      const arm = tested[index];
      if (arm !== undefined) best.set(arm, probability);
    }
  }
  const comparisons = arms.map((arm) => compare(arm, control));
  const adjusted = holmAdjust(comparisons.map((comparison) => comparison?.pValue ?? null));
  const family = adjusted.filter((p) => p !== null).length;
  return arms.map((arm, index) => {
    const comparison = comparisons[index] ?? null;
    const interval = control === undefined || arm === control ? null : revenueInterval(arm, control);
    return {
      ...arm.key,
      difference_rate: comparison?.difference ?? null,
      difference_low_rate: comparison?.interval.low ?? null,
      difference_high_rate: comparison?.interval.high ?? null,
      p_value: comparison?.pValue ?? null,
      probability_best: best.get(arm) ?? null,
      incremental_revenue_low_amount: interval?.low ?? null,
      incremental_revenue_high_amount: interval?.high ?? null,
      verdict: verdict(arm, comparison, adjusted[index] ?? null),
      sample_warning: comparison === null ? null : sampleWarning(comparison, family),
      method: method(comparison, family, best.has(arm), interval !== null),
    };
  });
}

function compare(arm: Arm, control: Arm | undefined): Comparison | null {
  if (control === undefined || arm === control) return null;
  const own = arm.sample;
  const other = control.sample;
  if (own === null || other === null || own.trials === 0 || other.trials === 0) return null;
  return {
    label: arm.label,
    controlLabel: control.label,
    treatment: own,
    control: other,
    difference: own.successes / own.trials - other.successes / other.trials,
    interval: newcombeInterval(own, other),
    pValue: twoProportionPValue(own, other),
    smallestExpected: smallestExpectedCount(own, other),
  };
}

function verdict(arm: Arm, comparison: Comparison | null, adjusted: number | null): string {
  if (arm.isControl) return 'baseline';
  return comparison === null ? 'not testable' : judge(comparison, adjusted);
}

function revenueInterval(arm: Arm, control: Arm) {
  return arm.revenue === null || control.revenue === null
    ? null
    : incrementalRevenueInterval(arm.revenue, control.revenue);
}

function method(comparison: Comparison | null, family: number, hasBest: boolean, hasRevenue: boolean): string | null {
  const parts: string[] = [];
  if (comparison !== null) {
    parts.push('difference to the control with its 95 % Newcombe hybrid score interval');
    parts.push('p: two-sided two-proportion z-test, pooled');
    parts.push(
      family > 1 ? `verdict: p after Holm's correction for ${family} comparisons < 0.05` : 'verdict: p value < 0.05',
    );
  }
  if (hasBest) parts.push('best: posteriors Beta(1 + successes, 1 + failures) of all variants, the control included');
  if (hasRevenue) parts.push("incremental revenue: 95 % interval, Welch's t on revenue per recipient");
  return parts.length === 0 ? null : parts.join('; ');
}

function toArm(row: Row): Arm {
  const recipients = count(row['recipient_count']);
  const successes = count(row['success_count']);
  const sum = row['revenue_amount'];
  const squares = row['squared_revenue_amount'];
  return {
    key: {
      source: row['source'] ?? null,
      account_id: row['account_id'] ?? null,
      campaign_id: row['campaign_id'] ?? null,
      variant: row['variant'] ?? null,
      metric: row['metric'] ?? null,
    },
    variant: text(row['variant']),
    label: text(row['label']),
    isControl: row['is_control'] === true,
    sample: recipients === null || successes === null ? null : { successes, trials: recipients },
    revenue:
      recipients === null || sum === null || sum === undefined || squares === null || squares === undefined
        ? null
        : { recipients, sum: text(sum), sumOfSquares: text(squares) },
  };
}

function count(value: Row[string] | undefined): number | null {
  if (value === null || value === undefined) return null;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new RangeError(
      `core.int_ab_counts holds ${JSON.stringify(value)} where a count belongs; rebuild it with transform`,
    );
  }
  return number;
}

function text(value: Row[string] | undefined): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

/** By code unit, so that the order (and with it the last digit of a sum) is the same in every locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
