import type { Published } from '../../../src/warehouse/duckdb/index.ts';
import type { Card } from './in-page.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Columns that name a row, by mart. */
const keys: Readonly<Record<string, readonly string[]>> = {
  campaign_performance: ['source', 'account_id', 'campaign_id'],
  campaign_profit: ['source', 'account_id', 'campaign_id'],
  active_audience_daily: ['day', 'scope', 'scope_id', 'window_days'],
  audience_growth_daily: ['source', 'account_id', 'day', 'list_id'],
  ab_test_results: ['source', 'account_id', 'test_id', 'variant', 'metric'],
  link_performance: ['source', 'account_id', 'campaign_id', 'link_id'],
  reconciliation: ['source', 'account_id', 'campaign_id', 'measure'],
  view_time: ['source', 'account_id', 'campaign_id'],
  reply_performance: ['source', 'account_id', 'campaign_id'],
  spam_checks: ['account_id', 'campaign_id', 'domain', 'day', 'tool'],
  subject_lines: ['subject'],
  deliverability_daily: ['day', 'recipient_domain'],
  send_time: ['scope', 'scope_id', 'time_zone_kind', 'weekday', 'hour'],
  client_share: ['scope', 'scope_id', 'month', 'client', 'device', 'os', 'is_proxy'],
  profit_monthly: ['month', 'source', 'account_id'],
  ltv_cohorts: ['signup_month', 'months_since'],
  ltv_backtest: ['held_out_months'],
  alerts: ['source', 'account_id', 'rule', 'scope', 'scope_id', 'day'],
  as_esp_shows: ['source', 'account_id', 'campaign_id', 'metric'],
};

/** Marts that the report shows rows of, of those that are published. */
export async function martNames(published: Published): Promise<readonly string[]> {
  const found = await rowsOf(
    published,
    "select table_name from information_schema.tables where table_schema = 'marts'",
  );
  return Object.keys(keys).filter((mart) => found.some(({ table_name: name }) => name === mart));
}

/** A second way to the sums by domain: its days, added up here. */
export async function domainSums(
  published: Published,
  from: string,
  to: string,
): Promise<(domain: string, column: string) => number | null> {
  const rows = await rowsOf(
    published,
    `select * from marts.deliverability_daily where day between '${from}' and '${to}'`,
  );
  const isKnown = (value: unknown): boolean => value !== null && value !== undefined;
  // Of a share, the days on which both its counts are known.
  const sum = (domain: string, column: string, beside = column): number =>
    rows
      .filter((row) => row['recipient_domain'] === domain && isKnown(row[column]) && isKnown(row[beside]))
      .reduce((total, row) => total + Number(row[column]), 0);
  const parts: Readonly<Record<string, readonly [string, string]>> = {
    bounce_rate: ['bounce_count', 'sent_count'],
    delivery_rate: ['delivered_count', 'sent_count'],
    complaint_rate: ['complaint_count', 'delivered_count'],
    complaint_sent_rate: ['complaint_count', 'sent_count'],
  };
  return (domain, column) => {
    const [above, below] = parts[column] ?? [column, ''];
    if (below === '') return sum(domain, above);
    const whole = sum(domain, below, above);
    return whole === 0 ? null : sum(domain, above, below) / whole;
  };
}

export async function rowsOf(published: Published, sql: string): Promise<readonly Fields[]> {
  const { columns, rows } = await published.query(sql, { maxRows: 1_000_000 });
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
}

/** Rows of a mart by their key, as the report writes keys. */
export async function martRows(published: Published, mart: string): Promise<ReadonlyMap<string, Fields>> {
  const rows = await rowsOf(published, `select * from marts.${mart}`);
  return new Map(
    rows.map((row) => [
      (keys[mart] ?? []).map((name) => encodeURIComponent(String(row[name] ?? '').toWellFormed())).join('/'),
      row,
    ]),
  );
}

/** Whether the text is the number, rounded to the digits that it shows; percent, or a span of seconds, when it says so. */
export function shows(text: string, value: number): boolean {
  const digits = /\d[\d,]*(?:\.(\d+))?/.exec(text);
  if (digits === null) return false;
  const sign = /^[^\d]*-/.test(text) ? -1 : 1;
  const shown = sign * Number(digits[0].replaceAll(',', ''));
  const unit = /^[\d,.]+ (minute|hour|day)s?$/.exec(text)?.[1];
  const scaled = text.includes('%') ? value * 100 : value / (unit === undefined ? 1 : (seconds[unit] ?? 1));
  if (text.startsWith('<')) return Math.abs(scaled) < shown;
  return Math.abs(shown - scaled) <= 0.5 * 10 ** -(digits[1]?.length ?? 0) + 1e-9;
}

/** A number that is the name of something: Monday is 1. */
export const named: Readonly<Record<string, readonly string[]>> = {
  weekday: ['', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
};

const seconds: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** A second way to a card's number: the marts' rows, added up here. */
export async function ratioOfSums(published: Published, card: Card): Promise<number | null> {
  const sums = await sumsOf(published, card);
  if (sums === null || card['denominator'] === undefined) return sums?.above ?? null;
  return sums.below === 0 ? null : sums.above / sums.below;
}

/** Both sums of a card; null where no row has them. */
export async function sumsOf(
  published: Published,
  card: Card,
): Promise<{ readonly above: number; readonly below: number } | null> {
  const { mart = '', column = '', numerator = '', denominator, date, from, to, filter } = card;
  const goal = /^goal = (\w+)$/.exec(filter ?? '')?.[1];
  const all = await cached(
    published,
    date === 'day'
      ? `select *, cast(day as varchar) as counted_on from marts.${mart}`
      : `select *, cast(p.send_date as varchar) as counted_on from (select * from marts.campaign_performance) as p
          ${await others(published, mart)}`,
  );
  const rows = all.filter((row) => {
    const on = String(row['counted_on']);
    return on >= (from ?? '') && on <= (to ?? '') && (goal === undefined || row['goal'] === goal);
  });
  let [above, below, known] = [0, 0, 0];
  for (const row of rows) {
    const top = evaluate(row, numerator);
    const bottom = denominator === undefined ? 1 : evaluate(row, denominator);
    if (top === null || bottom === null || (denominator !== undefined && row[column] === null && bottom !== 0))
      continue;
    above += top;
    below += bottom;
    known += 1;
  }
  return known === 0 ? null : { above, below };
}

const kept = new Map<string, Promise<readonly Fields[]>>();

/** Hundreds of numbers are of the same few rows. */
async function cached(published: Published, sql: string): Promise<readonly Fields[]> {
  const rows = kept.get(sql) ?? rowsOf(published, sql);
  kept.set(sql, rows);
  return await rows;
}

/** The other marts with rows of campaigns, where there are any; links have several rows a campaign, so only on demand. */
async function others(published: Published, mart: string): Promise<string> {
  const found = await cached(
    published,
    `select table_name from information_schema.tables where table_schema = 'marts' and table_name in
      ('campaign_profit', 'view_time', 'reply_performance'${mart === 'link_performance' ? ", 'link_performance'" : ''})`,
  );
  return found
    .map(({ table_name: name }) => {
      const own = name === mart ? '' : ', unavailable_reason';
      return `left join (select * exclude (refreshed_at${own}) from marts.${String(name)}) as ${String(name)}
        using (source, account_id, campaign_id)`;
    })
    .join(' ');
}

function evaluate(row: Fields, expression: string): number | null {
  let total = 0;
  let sign = 1;
  for (const token of expression.split(' ')) {
    if (token === '+' || token === '-') sign = token === '+' ? 1 : -1;
    else {
      const value = row[token.replace(/^.*\./, '')] ?? null;
      if (value === null) return null;
      total += sign * Number(value);
    }
  }
  return total;
}
