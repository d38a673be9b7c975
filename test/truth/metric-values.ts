import { Decimal } from 'decimal.js';
import { loadMetricCatalog, type Metric, type MetricCatalog } from '../../src/transform/metric-catalog.ts';
import { activeAudienceDaily, audienceGrowthDaily } from './audience-marts.ts';
import { addDays } from './calendar.ts';
import { campaignPerformance, campaignProfit, linkPerformance } from './campaign-marts.ts';
import { deliverabilityDaily } from './deliverability-mart.ts';
import type { Facts } from './fact-types.ts';
import { spamChecks, viewTime } from './measured-marts.ts';
import { profitMonthly } from './profit-monthly.ts';
import { wilson } from './statistics.ts';
import type { TruthRow } from './tally.ts';
import { truthOf } from './truth-of.ts';

/** What a month was when it was closed, the runs before tell, not the facts: its rows are compared, without their numbers. */
const ofEarlierRuns: ReadonlySet<string> = new Set(['restated_profit']);

type MartRows = MetricCatalog['marts'][string];
type Level = MartRows['levels'][number];
type Amount = Decimal | null;

/** The truth of every mart that adds up to metric_values; a mart that is missing here fails the comparison. */
const sources: Readonly<Record<string, (facts: Facts) => readonly TruthRow[]>> = {
  campaign_performance: campaignPerformance,
  campaign_profit: campaignProfit,
  profit_monthly: profitMonthly,
  link_performance: linkPerformance,
  active_audience_daily: activeAudienceDaily,
  audience_growth_daily: audienceGrowthDaily,
  view_time: viewTime,
  deliverability_daily: deliverabilityDaily,
  spam_checks: spamChecks,
};

/** Each metric by its formula, from the truth of its mart: sums first, one division last. */
export function metricValues(facts: Facts): readonly TruthRow[] {
  const { marts, metrics } = loadMetricCatalog();
  return Object.entries(marts).flatMap(([name, rowsOf]) => {
    const truth = sources[name];
    if (truth === undefined) throw new Error(`metric_values has no truth for ${name}: add the mart's to \`sources\``);
    const rows = truthOf(truth, facts);
    const own = metrics.filter(
      ({ mart, available, numerator, denominator }) =>
        mart === name && available && !`${numerator}${denominator}`.includes('.'),
    );
    return rowsOf.levels.flatMap((level) => levelRows(facts, rowsOf, own, level, rows));
  });
}

function levelRows(
  facts: Facts,
  rowsOf: MartRows,
  metrics: readonly Metric[],
  level: Level,
  rows: readonly TruthRow[],
): readonly TruthRow[] {
  return level.periods.flatMap((period) => {
    const groups = Map.groupBy(rows, (row) => JSON.stringify(keyOf(rowsOf, level, period, row)));
    return [...groups].flatMap(([key, members]): readonly TruthRow[] => {
      const found = JSON.parse(key) as ReturnType<typeof keyOf>;
      const { day, ...rest } = found;
      const dates = members.map((row) => String(rowsOf.date === undefined ? '' : row[rowsOf.date])).toSorted();
      return metrics.map((metric) => ({
        metric: metric.key,
        ...rest,
        ...bounds(facts, period, day, dates[0] ?? '', rest.window_text),
        ...(ofEarlierRuns.has(metric.key) ? {} : numbers(facts, metric, members)),
      }));
    });
  });
}

function keyOf(rowsOf: MartRows, level: Level, period: string, row: TruthRow) {
  const scope = level.scope_column === undefined ? level.scope : row[level.scope_column];
  const isOfAccount = rowsOf.account && scope !== 'all';
  const day = rowsOf.date === undefined ? '' : String(row[rowsOf.date]);
  return {
    source: isOfAccount ? (row['source'] as string) : null,
    account_id: isOfAccount ? (row['account_id'] as string) : null,
    scope: String(scope),
    scope_id:
      level.id === undefined ? (scope === 'account' ? String(row['account_id']) : 'all') : String(row[level.id]),
    period,
    day: period === 'lifetime' ? '' : period === 'month' ? `${day.slice(0, 7)}-01` : day,
    window_text: rowsOf.window === undefined ? null : `${String(row[rowsOf.window])} days`,
  };
}

function bounds(facts: Facts, period: string, day: string, first: string, window: string | null) {
  if (period === 'lifetime') return { period_start: first === '' ? null : first, period_end: facts.asOf };
  if (period === 'month') return { period_start: day, period_end: addDays(`${nextMonth(day)}-01`, -1) };
  return { period_start: window === null ? day : addDays(day, 1 - Number.parseInt(window, 10)), period_end: day };
}

function nextMonth(day: string): string {
  const [year = 0, month = 0] = day.split('-').map(Number);
  return month === 12 ? `${year + 1}-01` : `${year}-${String(month + 1).padStart(2, '0')}`;
}

function numbers(facts: Facts, metric: Metric, rows: readonly TruthRow[]) {
  const { denominator } = metric;
  const parts = rows.map((row) => ({
    part: valueOf(metric.numerator, row),
    whole: denominator ? valueOf(denominator, row) : null,
    row,
  }));
  // A rate that its mart does not state, for another reason than a denominator of 0, is not known: no part of it counts.
  const known = parts.filter(
    ({ part, whole, row }) =>
      part !== null && (!denominator || (whole !== null && (whole.lte(0) || row[metric.column] !== null))),
  );
  const numerator = sum(known.map(({ part }) => part));
  const whole = denominator ? sum(known.map((one) => one.whole)) : null;
  const value =
    numerator === null ? null : !denominator ? numerator : !whole || whole.lte(0) ? null : numerator.div(whole);
  const isProportion =
    metric.unit === 'rate' &&
    numerator !== null &&
    whole !== null &&
    whole.gt(0) &&
    numerator.gte(0) &&
    numerator.lte(whole);
  const interval = isProportion ? wilson({ successes: numerator.toNumber(), trials: whole.toNumber() }) : null;
  return {
    numerator,
    denominator: whole,
    value: value?.toNumber() ?? null,
    value_amount: metric.unit === 'money' ? (value?.toDecimalPlaces(9, Decimal.ROUND_HALF_UP) ?? null) : null,
    currency_code: metric.unit === 'money' ? facts.currency : null,
    low_value: interval?.low ?? null,
    high_value: interval?.high ?? null,
  };
}

const sum = (amounts: readonly Amount[]): Amount =>
  amounts.length === 0 ? null : amounts.reduce<Decimal>((total, amount) => total.plus(amount ?? 0), new Decimal(0));

type Term = { readonly isTaken: boolean; readonly column: string };
const termsBy = new Map<string, readonly Term[]>();

/** Columns of an expression, and whether each is subtracted; there are few expressions and many rows. */
function termsOf(expression: string): readonly Term[] {
  const terms =
    termsBy.get(expression) ??
    [...expression.matchAll(/([+-]?)\s*([a-z_]+)/g)].map(([, sign, column = '']) => ({
      isTaken: sign === '-',
      column,
    }));
  termsBy.set(expression, terms);
  return terms;
}

/** A column, or columns added and subtracted; null when one of them is. */
function valueOf(expression: string, row: TruthRow): Amount {
  let total = new Decimal(0);
  for (const { isTaken, column } of termsOf(expression)) {
    const value = row[column];
    if (value === undefined) throw new Error(`the truth has no column ${column}`);
    if (value === null) return null;
    total = isTaken ? total.minus(value as number) : total.plus(value as number);
  }
  return total;
}
