import { addDays } from '../calendar.ts';
import type { Period } from '../period.ts';
import type { Fields, Reader } from '../reader.ts';
import { numberOf, textOf } from '../reader.ts';
import { medianOf } from './campaign-sums.ts';
import type { Kpi } from './kpi.ts';

/** Vietnamese has it in vi-reasons.ts. */
const firstDayLeftOut = 'the first day of a list is left out: it brings everyone who was on it already';

export const windows: readonly number[] = [30, 90, 180];

/** Active share of the whole audience at the period's last day, one card a window. */
export async function activeKpis(reader: Reader, period: Period): Promise<readonly Kpi[]> {
  return await Promise.all(
    windows.map(async (days): Promise<Kpi> => {
      const rows = await reader.rows(
        ['marts.active_audience_daily'],
        `select day, mailed_count, active_count, active_audience_rate, refreshed_at, last_day(day) = day as is_month_end
          from marts.active_audience_daily
          where scope = 'all' and window_days = ${days} and day <= date '${period.to}' order by day`,
      );
      const on = (day: string): Fields | undefined => rows.find((row) => row['day'] === day);
      const now = on(period.to);
      const ends = rows.filter((row) => row['is_month_end'] === true || row['day'] === period.to).slice(-24);
      return {
        key: 'active_audience',
        unit: 'rate',
        value: now?.['active_audience_rate'] ?? null,
        numerator: now?.['active_count'] ?? null,
        denominator: now?.['mailed_count'] ?? null,
        previous: on(period.previousTo)?.['active_audience_rate'] ?? null,
        lastYear: on(addDays(period.to, -364))?.['active_audience_rate'] ?? null,
        median: medianOf(rows.map((row) => numberOf(row['active_audience_rate']))),
        medianKind: 'days',
        trend: ends.map((row) => numberOf(row['active_audience_rate'])),
        trendFrom: textOf(ends[0]?.['day']),
        trendTo: textOf(ends.at(-1)?.['day']),
        direction: 'up',
        source: {
          mart: 'active_audience_daily',
          numerator: 'active_count',
          denominator: 'mailed_count',
          column: 'active_audience_rate',
          dateColumn: 'day',
          from: period.to,
          to: period.to,
          filter: `scope = all, window_days = ${days}`,
        },
        reasons: [],
        leftOut: 0,
        rows: now === undefined ? 0 : 1,
        refreshedAt: textOf(now?.['refreshed_at']),
        isStock: true,
      };
    }),
  );
}

export const growthTable = 'marts.audience_growth_daily';

/** FROM item: the days of all lists. A list's first day brings everyone who was on it already, which is no growth. */
export const growthDays = `(select *, day = min(day) over (partition by source, account_id, list_id) as is_first_day
    from ${growthTable}) as days`;

/** Net growth of the period over what it opened with, and memberships at its end: who is on two lists counts twice. */
export async function growthKpis(reader: Reader, period: Period): Promise<readonly Kpi[]> {
  const table = growthTable;
  const group = `cast(floor(date_diff('day', day, date '${period.to}') / ${period.days}.0) as integer)`;
  const sums = await reader.rows(
    [table],
    `select ${group} as bucket, coalesce(sum(net_count) filter (where not is_first_day), 0) as net, count(distinct day) as days,
        count(*) filter (where is_first_day) as first_days,
        sum(opening_count) filter (where day = date '${period.to}' - ((${group} + 1) * ${period.days} - 1)) as opening,
        sum(closing_count) filter (where day = date '${period.to}' - (${group} * ${period.days})) as closing,
        max(refreshed_at) as refreshed_at
      from ${growthDays} where day <= date '${period.to}' group by 1 order by 1`,
  );
  const months = await reader.rows(
    [table],
    `select month, sum(net) as net, sum(opening) as opening, sum(closing) as closing from (
        select cast(date_trunc('month', day) as date) as month,
          coalesce(sum(net_count) filter (where not is_first_day), 0) as net, arg_min(opening_count, day) as opening,
          arg_max(closing_count, day) as closing
        from ${growthDays} where day <= date '${period.to}' group by 1, source, account_id, list_id
      ) group by 1 order by 1`,
  );
  const whole = sums.filter((row) => Number(row['days']) === period.days);
  const of = (bucket: number): Fields | undefined => whole.find((row) => row['bucket'] === bucket);
  const rate = (row: Fields | undefined): number | null => {
    const opening = numberOf(row?.['opening']);
    const net = numberOf(row?.['net']);
    return net === null || opening === null || opening === 0 ? null : net / opening;
  };
  const shown = months.filter(
    (row) => period.firstSend === null || String(row['month']) >= period.firstSend.slice(0, 7),
  );
  const recent = shown.slice(-24);
  const now = of(0);
  const shared = {
    numerator: now?.['net'] ?? null,
    reasons: [],
    leftOut: 0,
    rows: now === undefined ? 0 : 1,
    refreshedAt: textOf(now?.['refreshed_at']),
    trendFrom: textOf(recent[0]?.['month']),
    trendTo: textOf(recent.at(-1)?.['month']),
    direction: 'up',
  } as const;
  return [
    {
      ...shared,
      key: 'audience_growth',
      reasons: [0, 1].some((bucket) => Number(of(bucket)?.['first_days'] ?? 0) > 0) ? [firstDayLeftOut] : [],
      unit: 'ratio',
      value: rate(now),
      denominator: now?.['opening'] ?? null,
      previous: rate(of(1)),
      lastYear: null,
      median: medianOf(whole.filter((row) => Number(row['bucket']) > 0 && isSince(row, period)).map(rate)),
      medianKind: 'periods',
      trend: withoutImport(recent.map(rate)),
      isStock: false,
      source: {
        ...growthSource('net_count', 'opening_count', 'growth_rate', period.from, period.to),
        filter: 'net_count without the first day of each list',
      },
    },
    {
      ...shared,
      key: 'closing_count',
      unit: 'count',
      value: now?.['closing'] ?? null,
      numerator: now?.['closing'] ?? null,
      denominator: null,
      previous: of(1)?.['closing'] ?? null,
      lastYear: null,
      median: null,
      medianKind: null,
      trend: recent.map((row) => numberOf(row['closing'])),
      isStock: true,
      source: growthSource('closing_count', null, 'closing_count', period.to, period.to),
    },
  ];
}

/** Mean of what a known subscriber has brought so far; the mart knows today only, so there is nothing to compare with. */
export async function ltvKpi(reader: Reader): Promise<Kpi> {
  const row = await reader.first(
    ['marts.subscriber_ltv'],
    `select sum(ltv_to_date_amount) as total, count(ltv_to_date_amount) as people, max(refreshed_at) as refreshed_at
      from marts.subscriber_ltv`,
  );
  const people = numberOf(row?.['people']) ?? 0;
  const total = row?.['total'] ?? null;
  return {
    key: 'subscriber_ltv',
    unit: 'money',
    value: people === 0 ? null : Number(total) / people,
    numerator: total,
    denominator: people,
    previous: null,
    lastYear: null,
    median: null,
    medianKind: null,
    trend: [],
    trendFrom: null,
    trendTo: null,
    direction: 'up',
    source: {
      mart: 'subscriber_ltv',
      numerator: 'ltv_to_date_amount',
      denominator: 'subscriber_id',
      column: 'ltv_to_date_amount',
      dateColumn: '',
      from: null,
      to: null,
      filter: null,
    },
    reasons: [],
    leftOut: 0,
    rows: people,
    refreshedAt: textOf(row?.['refreshed_at']),
    isStock: true,
  };
}

function growthSource(numerator: string, denominator: string | null, column: string, from: string, to: string) {
  return {
    mart: 'audience_growth_daily',
    numerator,
    denominator,
    column,
    dateColumn: 'day',
    from,
    to,
    filter: null,
  };
}

/** Growth before the first send is the import of old lists, not what is usual. */
function isSince(row: Fields, period: Period): boolean {
  return Number(row['bucket']) <= period.earlier;
}

/** Leading months that grew many times as much as usual imported a list; the line would show nothing else. */
function withoutImport(rates: readonly (number | null)[]): readonly (number | null)[] {
  const usual = medianOf(rates) ?? 0;
  const first = rates.findIndex((value) => value !== null && value <= Math.max(0.01, 5 * usual));
  return rates.map((value, index) => (index < first ? null : value));
}
