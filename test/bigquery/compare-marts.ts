import { Decimal } from 'decimal.js';
import type { Row } from '../../src/contracts/sync.ts';

/** The key of every mart: how the rows of two engines are paired. */
export const martKeys: Readonly<Record<string, readonly string[]>> = {
  ab_test_results: ['source', 'account_id', 'test_id', 'variant', 'metric'],
  active_audience_daily: ['source', 'account_id', 'day', 'scope', 'scope_id', 'window_days'],
  alerts: ['source', 'account_id', 'rule', 'scope', 'scope_id', 'day'],
  as_esp_shows: ['source', 'account_id', 'campaign_id', 'metric'],
  audience_growth_daily: ['source', 'account_id', 'day', 'list_id'],
  campaign_performance: ['source', 'account_id', 'campaign_id'],
  campaign_profit: ['source', 'account_id', 'campaign_id'],
  client_share: ['source', 'account_id', 'scope', 'scope_id', 'month', 'client', 'device', 'os', 'is_proxy'],
  deliverability_daily: ['day', 'recipient_domain'],
  link_performance: ['source', 'account_id', 'campaign_id', 'link_id'],
  ltv_backtest: ['held_out_months'],
  ltv_cohorts: ['signup_month', 'months_since'],
  metric_values: ['source', 'account_id', 'metric', 'scope', 'scope_id', 'period', 'period_start', 'window_text'],
  profit_monthly: ['source', 'account_id', 'month'],
  reconciliation: ['source', 'account_id', 'campaign_id', 'measure'],
  reply_performance: ['source', 'account_id', 'campaign_id'],
  send_time: ['source', 'account_id', 'scope', 'scope_id', 'time_zone_kind', 'weekday', 'hour'],
  spam_checks: ['account_id', 'campaign_id', 'domain', 'day', 'tool'],
  subject_lines: ['subject'],
  subscriber_ltv: ['subscriber_id'],
  view_time: ['source', 'account_id', 'campaign_id'],
};

/** Of ratios: the engines may add up doubles in another order. */
const ratioTolerance = 1e-9;

const money = /_(?:amount|value)$|^(?:numerator|denominator)$/;
/** Amounts that were divided: BigQuery rounds half away from zero (so does DuckDB here), its emulator cuts off. */
const quotients = /_per_\w+_amount$|^value_amount$/;
const instants = /_at$/;

/**
 * Differences between a mart of DuckDB and the same of BigQuery, as sentences; empty when they have the same rows and columns
 * with the same cells. Rows as `Warehouse.query` gives them: decimals as text, times as ISO text.
 */
export function compareMarts(
  name: string,
  duckRows: readonly Row[],
  bigRows: readonly Row[],
  key: readonly string[] | undefined = martKeys[name],
): readonly string[] {
  if (key === undefined) throw new Error(`the key of ${name} is not known here: add it to martKeys`);
  const found: string[] = [];
  const idOf = (row: Row): string => key.map((column) => JSON.stringify(row[column] ?? null)).join(' ');
  const big = new Map(bigRows.map((row) => [idOf(row), row]));
  if (big.size !== bigRows.length) found.push(`${name}: BigQuery has ${bigRows.length - big.size} repeated keys`);
  for (const duck of duckRows) {
    const id = idOf(duck);
    const row = big.get(id);
    if (row === undefined) {
      found.push(`${name} ${id}: missing on BigQuery`);
      continue;
    }
    big.delete(id);
    for (const column of new Set([...Object.keys(duck), ...Object.keys(row)])) {
      if (!(column in row)) found.push(`${name}.${column}: no such column on BigQuery`);
      else if (!(column in duck)) found.push(`${name}.${column}: no such column on DuckDB`);
      else if (!same(column, duck[column], row[column])) {
        found.push(
          `${name} ${id}: ${column} is ${JSON.stringify(duck[column])} on DuckDB, ${JSON.stringify(row[column])} on BigQuery`,
        );
      }
    }
  }
  for (const id of big.keys()) found.push(`${name} ${id}: missing on DuckDB`);
  return found;
}

function same(column: string, duck: Row[string] | undefined, big: Row[string] | undefined): boolean {
  if (duck === null || duck === undefined || big === null || big === undefined) return (duck ?? null) === (big ?? null);
  if (instants.test(column)) return instant(duck) === instant(big);
  // Exact, whatever the number of zeros after the point.
  if (money.test(column)) {
    const difference = new Decimal(String(duck)).minus(String(big)).abs();
    return difference.lte(quotients.test(column) ? ratioTolerance : 0);
  }
  if (typeof duck === 'number' && typeof big === 'number' && !(Number.isInteger(duck) && Number.isInteger(big))) {
    return Math.abs(duck - big) <= ratioTolerance * Math.max(1, Math.abs(duck));
  }
  return duck === big;
}

/** Microseconds count: the text of an instant without trailing zeros of its fraction. */
const instant = (value: NonNullable<Row[string]>): string =>
  String(value)
    .replace(' ', 'T')
    .replace(/(?:\+00(?::00)?|Z)$/, '')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
