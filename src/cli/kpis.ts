import { openPublished } from '../warehouse/duckdb/index.ts';
import type { Published } from '../warehouse/duckdb/index.ts';
import type { Json } from '../contracts/json.ts';

export type Kpi = { readonly name: string; readonly value: string };

/** A ratio of sums, never a mean of rates, over the campaigns whose numerator is known: an unknown one is not zero. */
const rate = (part: string, whole: string): string =>
  `sum(${part}) / nullif(sum(${whole}) filter (where ${part} is not null), 0)`;

const campaigns = `select count(*) as campaigns, sum(sent_count) as sent,
    ${rate('delivered_count', 'sent_count')} as delivery_rate,
    ${rate('human_unique_open_count', 'delivered_count')} as open_rate,
    ${rate('unique_open_count', 'delivered_count')} as open_rate_reported,
    ${rate('human_unique_click_count', 'delivered_count')} as click_rate,
    ${rate('unsubscribe_count', 'delivered_count')} as unsubscribe_rate,
    sum(order_count) as orders, sum(net_revenue_amount) as net_revenue, max(currency_code) as currency
  from marts.campaign_performance`;
const profit = `select sum(profit_amount) as profit, sum(total_cost_amount) as cost,
    sum(conversion_value_amount) as conversions
  from marts.campaign_profit`;
const audience = `select mailed_count, active_count, active_audience_rate from marts.active_audience_daily
  where scope = 'all' and window_days = 90 order by day desc limit 1`;
const reconciled = `select count(*) as checked, count(*) filter (where is_within_tolerance) as within from marts.reconciliation`;

/** The headline numbers of the published marts. */
export async function readKpis(path: string): Promise<readonly Kpi[]> {
  const published = await openPublished(path);
  try {
    const [all, money, active, checks] = await Promise.all(
      [campaigns, profit, audience, reconciled].map((sql) => first(published, sql)),
    );
    const currency = String(all?.['currency'] ?? '');
    return [
      { name: 'Campaigns', value: count(all?.['campaigns']) },
      { name: 'E-mails sent', value: count(all?.['sent']) },
      { name: 'Delivery rate', value: percent(all?.['delivery_rate']) },
      { name: 'Open rate (people)', value: percent(all?.['open_rate']) },
      { name: 'Open rate (as reported)', value: percent(all?.['open_rate_reported']) },
      { name: 'Click rate (people)', value: percent(all?.['click_rate'], 2) },
      { name: 'Unsubscribe rate', value: percent(all?.['unsubscribe_rate'], 2) },
      {
        name: 'Active audience, 90 days',
        value: `${count(active?.['active_count'])} of ${count(active?.['mailed_count'])} (${percent(active?.['active_audience_rate'])})`,
      },
      { name: 'Orders', value: count(all?.['orders']) },
      { name: 'Net revenue', value: amount(all?.['net_revenue'], currency) },
      { name: 'Value of conversions', value: amount(money?.['conversions'], currency) },
      { name: 'Costs of campaigns', value: amount(money?.['cost'], currency) },
      { name: 'Profit', value: amount(money?.['profit'], currency) },
      {
        name: 'Numbers that agree with the source’s own',
        value: `${count(checks?.['within'])} of ${count(checks?.['checked'])}`,
      },
    ];
  } finally {
    published.close();
  }
}

async function first(published: Published, sql: string): Promise<Readonly<Record<string, Json>> | undefined> {
  const { columns, rows } = await published.query(sql, { maxRows: 1 });
  const [row] = rows;
  return row === undefined
    ? undefined
    : Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null]));
}

function count(value: Json | undefined): string {
  return value === null || value === undefined ? '–' : new Intl.NumberFormat('en').format(Number(value));
}

function percent(value: Json | undefined, digits = 1): string {
  return value === null || value === undefined ? '–' : `${(Number(value) * 100).toFixed(digits)} %`;
}

/** Exact text with two places: rounded by Intl from the decimal's own digits, not from a double. */
function amount(value: Json | undefined, currency: string): string {
  if (value === null || value === undefined) return '–';
  const text = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(
    String(value) as Intl.StringNumericLiteral,
  );
  return `${text} ${currency}`.trim();
}
