import type { Context } from '../context.ts';
import { monthsBetween } from '../calendar.ts';
import type { MetricCatalog } from '../../transform/metric-catalog.ts';
import { numberOf, textOf, type Fields } from '../reader.ts';
import { columnsOf } from './campaign-marts.ts';
import { medianOf } from './campaign-sums.ts';
import type { Kpi } from './kpi.ts';

type Metric = MetricCatalog['metrics'][number];

/** Marts with several rows a campaign or a day that may be added up, with the date that each row counts on. */
const dates: Readonly<Record<string, string>> = {
  link_performance: 'p.send_date',
  spam_checks: 'm.day',
};

/** Cards of metrics whose mart is not one row a campaign: sums of its rows over the period. */
export async function datedKpi({ reader, period }: Context, metric: Metric): Promise<Kpi | undefined> {
  const date = dates[metric.mart];
  if (date === undefined || !reader.has(`marts.${metric.mart}`)) return undefined;
  const isByCampaign = date.startsWith('p.');
  const tables = [`marts.${metric.mart}`, ...(isByCampaign ? ['marts.campaign_performance'] : [])];
  const from = `marts.${metric.mart} as m${isByCampaign ? ' join marts.campaign_performance as p using (source, account_id, campaign_id)' : ''}`;
  const [above, below] = [metric.numerator, metric.denominator ?? null].map((text) =>
    text === null ? null : expression(text, metric.mart),
  );
  const known = [above, below]
    .filter((text) => text !== null)
    .map((text) => `(${text}) is not null`)
    .join(' and ');
  const sums = async (group: string): Promise<ReadonlyMap<string, Fields>> => {
    const rows = await reader.rows(
      tables,
      `select cast(${group} as varchar) as bucket, count(*) as row_count, count(*) filter (where not (${known})) as left_out,
          sum(${above}) filter (where ${known}) as above, sum(${below ?? 'null'}) filter (where ${known}) as below,
          max(m.refreshed_at) as refreshed_at
        from ${from} where ${date} <= date '${period.to}' group by 1 order by 1`,
    );
    return new Map(rows.map((row) => [String(row['bucket']), row]));
  };
  const byPeriod = await sums(
    `cast(floor(date_diff('day', ${date}, date '${period.to}') / ${period.days}.0) as integer)`,
  );
  const byMonth = await sums(`cast(date_trunc('month', ${date}) as date)`);
  const value = (row: Fields | undefined): number | null => {
    const [top, bottom] = [numberOf(row?.['above']), numberOf(row?.['below'])];
    if (below === null) return top;
    return top === null || bottom === null || bottom === 0 ? null : top / bottom;
  };
  const now = byPeriod.get('0');
  const first = [...byMonth.keys()][0];
  const months = first === undefined ? [] : monthsBetween(first, period.to).slice(-24);
  const earlier = Array.from({ length: period.earlier }, (_, index) => value(byPeriod.get(String(index + 1))));
  return {
    key: metric.key,
    unit: metric.unit,
    value: value(now),
    numerator: now?.['above'] ?? null,
    denominator: below === null ? null : (now?.['below'] ?? null),
    previous: value(byPeriod.get('1')),
    lastYear: null,
    median: medianOf(earlier),
    medianKind: 'periods',
    trend: months.map((month) => value(byMonth.get(month))),
    trendFrom: months[0] ?? null,
    trendTo: months.at(-1) ?? null,
    direction: metric.direction,
    source: {
      mart: metric.mart,
      numerator: metric.numerator,
      denominator: metric.denominator ?? null,
      column: metric.column,
      dateColumn: date.slice(2),
      from: period.from,
      to: period.to,
      filter: null,
    },
    reasons: [],
    leftOut: numberOf(now?.['left_out']) ?? 0,
    rows: numberOf(now?.['row_count']) ?? 0,
    refreshedAt: textOf(now?.['refreshed_at']),
    isStock: false,
  };
}

function expression(text: string, mart: string): string {
  return columnsOf(text, mart)
    .map(({ sign, column }, index) => `${index === 0 && sign === '+' ? '' : ` ${sign} `}m.${column}`)
    .join('');
}
