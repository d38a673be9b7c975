import type { Json } from '../../contracts/json.ts';
import type { MetricCatalog } from '../../transform/metric-catalog.ts';
import type { Period } from '../period.ts';
import { monthsBetween } from '../calendar.ts';
import type { Fields, Reader } from '../reader.ts';
import { numberOf, textOf } from '../reader.ts';
import { reasonsOf } from '../reasons.ts';
import { aliasOf, campaignJoin, expression, presentMarts, type CampaignMart } from './campaign-marts.ts';
import type { Kpi } from './kpi.ts';

type Metric = MetricCatalog['metrics'][number];

/** One number per campaign that may be summed up: a metric of the catalog or a plain column. */
export type CampaignMeasure = {
  readonly key: string;
  readonly mart: CampaignMart;
  readonly column: string;
  readonly numerator: string;
  readonly denominator: string | null;
  readonly unit: Kpi['unit'];
  readonly direction: Kpi['direction'];
};

export function measureOf(metric: Metric, mart: CampaignMart): CampaignMeasure {
  return {
    key: metric.key,
    mart,
    column: metric.column,
    numerator: metric.numerator,
    denominator: metric.denominator ?? null,
    unit: metric.unit,
    direction: metric.direction,
  };
}

/** Sums of one group of campaigns. */
export type Sums = {
  readonly campaigns: number;
  readonly leftOut: number;
  readonly numerator: Json;
  readonly denominator: Json;
  /** Ratio of the sums, or the sum; null when there is nothing to divide by or nothing known. */
  readonly value: Json;
};

const tables = ['marts.campaign_performance', 'marts.campaign_profit'] as const;

/** Which campaigns: all, or those with a goal. */
export type Scope = { readonly goal: string | null };
export const everyCampaign: Scope = { goal: null };

function within({ goal }: Scope): string {
  if (goal === null) return 'true';
  if (!/^[a-z_]+$/.test(goal)) throw new Error(`${goal} is no goal`);
  return `p.goal = '${goal}'`;
}

/**
 * Sums of every measure by group, ratios always as ratio of sums. A campaign whose own value is not known (its source
 * does not tell machine clicks, say) is left out of both sums, and counted, for else it would count as 0.
 */
export async function campaignSums(
  reader: Reader,
  measures: readonly CampaignMeasure[],
  group: string,
  scope: Scope,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Sums>>> {
  const columns = measures.flatMap((measure, index) => {
    const known = knownCampaign(measure);
    return [
      `sum(${expression(measure.numerator, measure.mart)}) filter (where ${known}) as n${index}`,
      measure.denominator === null
        ? `null as d${index}`
        : `sum(${expression(measure.denominator, measure.mart)}) filter (where ${known}) as d${index}`,
      `count(*) filter (where not coalesce(${known}, false)) as u${index}`,
    ];
  });
  const rows = await reader.rows(
    tables,
    `select cast(${group} as varchar) as bucket, count(*) as campaigns, ${columns.join(', ')} from ${campaignJoin(reader)}
      where ${within(scope)} group by 1 order by 1`,
  );
  return new Map(
    rows.map((row) => [
      String(row['bucket']),
      new Map(measures.map((measure, index) => [measure.key, sumsOf(row, measure, index)])),
    ]),
  );
}

const daysOfYear = 364;

/** What is usual cannot be said from fewer campaigns. */
const fewest = 3;

/** Medians over all campaigns up to the period's end of the measures that are ratios. */
export async function campaignMedians(
  reader: Reader,
  measures: readonly CampaignMeasure[],
  to: string,
  scope: Scope,
): Promise<Fields> {
  const columns = measures.map((measure, index) => {
    const own = expression(measure.column, measure.mart);
    return `case when count(${own}) >= ${fewest} then median(${own}) end as m${index}`;
  });
  const row = await reader.first(
    tables,
    `select count(*) as campaigns, ${columns.join(', ')} from ${campaignJoin(reader)}
      where p.send_date <= date '${to}' and ${within(scope)}`,
  );
  return Object.fromEntries(measures.map((measure, index) => [measure.key, row?.[`m${index}`] ?? null]));
}

/** Cards of all measures for the period. */
export async function campaignKpis(
  reader: Reader,
  measures: readonly CampaignMeasure[],
  period: Period,
  scope: Scope = everyCampaign,
): Promise<{ readonly kpis: readonly Kpi[]; readonly byMonth: ReadonlyMap<string, ReadonlyMap<string, Sums>> }> {
  const bucket = `cast(floor(date_diff('day', p.send_date, date '${period.to}') / ${period.days}.0) as integer)`;
  const byPeriod = await campaignSums(reader, measures, bucket, scope);
  // 364 days: the same days of the week.
  const yearBefore = `date_diff('day', p.send_date, date '${period.to}') between ${daysOfYear} and ${daysOfYear + period.days - 1}`;
  const byYear = await campaignSums(reader, measures, yearBefore, scope);
  const byMonth = await campaignSums(reader, measures, `cast(date_trunc('month', p.send_date) as date)`, scope);
  const medians = await campaignMedians(reader, measures, period.to, scope);
  const notes = await periodReasons(reader, period, scope);
  const refreshed = await reader.first(
    tables,
    `select max(p.refreshed_at) as refreshed_at from ${campaignJoin(reader)}
      where p.send_date between date '${period.from}' and date '${period.to}' and ${within(scope)}`,
  );
  const months = period.firstSend === null ? [] : monthsBetween(period.firstSend, period.to).slice(-24);
  const kpis = measures.map((measure): Kpi => {
    const of = (index: number) => byPeriod.get(String(index))?.get(measure.key);
    const current = of(0);
    const isRatio = measure.denominator !== null;
    const earlier = Array.from({ length: period.earlier }, (_, index) => numberOf(of(index + 1)?.value));
    return {
      key: measure.key,
      unit: measure.unit,
      value: current?.value ?? null,
      numerator: current?.numerator ?? null,
      denominator: current?.denominator ?? null,
      previous: of(1)?.value ?? null,
      lastYear: byYear.get('true')?.get(measure.key)?.value ?? null,
      median: isRatio ? (medians[measure.key] ?? null) : medianOf(earlier),
      medianKind: isRatio ? 'campaigns' : 'periods',
      trend: months.map((month) => numberOf(byMonth.get(month)?.get(measure.key)?.value)),
      trendFrom: months[0] ?? null,
      trendTo: months.at(-1) ?? null,
      direction: measure.direction,
      source: {
        mart: measure.mart,
        numerator: measure.numerator,
        denominator: measure.denominator,
        column: measure.column,
        dateColumn: 'send_date',
        from: period.from,
        to: period.to,
        filter: scope.goal === null ? null : `goal = ${scope.goal}`,
      },
      reasons: reasonsFor(measure, notes),
      leftOut: current?.leftOut ?? 0,
      rows: current?.campaigns ?? 0,
      refreshedAt: textOf(refreshed?.['refreshed_at']),
      isStock: false,
    };
  });
  return { kpis, byMonth };
}

function sumsOf(row: Fields, measure: CampaignMeasure, index: number): Sums {
  const numerator = row[`n${index}`] ?? null;
  const denominator = row[`d${index}`] ?? null;
  const campaigns = Number(row['campaigns']);
  return {
    campaigns,
    leftOut: Number(row[`u${index}`]),
    numerator,
    denominator,
    value: measure.denominator === null ? numerator : ratio(numerator, denominator),
  };
}

function ratio(numerator: Json, denominator: Json): number | null {
  const below = numberOf(denominator);
  const above = numberOf(numerator);
  return above === null || below === null || below <= 0 ? null : above / below;
}

/** Known: both inputs are there, and the campaign's own value is null only because there is nothing, or less, to divide by. */
function knownCampaign({ mart, column, numerator, denominator }: CampaignMeasure): string {
  const above = expression(numerator, mart);
  if (denominator === null) return `(${above}) is not null`;
  const below = expression(denominator, mart);
  const own = expression(column, mart);
  const reason = `concat('; ', ${aliasOf(mart)}.unavailable_reason)`;
  return (
    `(${above}) is not null and (${below}) is not null and ` +
    `(${own} is not null or ((${below}) <= 0 and not contains(${reason}, '; ${column}: ')))`
  );
}

type Notes = readonly { readonly reasons: ReadonlyMap<string, string>; readonly campaigns: number }[];

async function periodReasons(reader: Reader, period: Period, scope: Scope): Promise<Readonly<Record<string, Notes>>> {
  const entries = presentMarts(reader).map(async (mart): Promise<[string, Notes]> => {
    const reason = `${aliasOf(mart)}.unavailable_reason`;
    const rows = await reader.rows(
      tables,
      `select ${reason} as unavailable_reason, count(*) as campaigns from ${campaignJoin(reader)}
        where p.send_date between date '${period.from}' and date '${period.to}' and ${within(scope)}
          and ${reason} is not null group by 1 order by 2 desc, 1`,
    );
    return [
      mart,
      rows.map((row) => ({ reasons: reasonsOf(row['unavailable_reason']), campaigns: Number(row['campaigns']) })),
    ];
  });
  return Object.fromEntries(await Promise.all(entries));
}

function reasonsFor({ mart, column, numerator, denominator }: CampaignMeasure, notes: Readonly<Record<string, Notes>>) {
  const counts = new Map<string, number>();
  const columns = [column, ...`${numerator} ${denominator ?? ''}`.split(/[^a-z0-9_]+/)];
  for (const { reasons, campaigns } of notes[mart] ?? []) {
    const found = new Set(columns.flatMap((name) => reasons.get(name) ?? []));
    for (const reason of found) counts.set(reason, (counts.get(reason) ?? 0) + campaigns);
  }
  // The metric's own reason says more than those of what it is made of.
  const own = new Set((notes[mart] ?? []).flatMap(({ reasons }) => reasons.get(column) ?? []));
  return [...counts]
    .sort(([a, x], [b, y]) => Number(own.has(b)) - Number(own.has(a)) || y - x || (a < b ? -1 : 1))
    .map(([reason]) => reason);
}

export function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  const middle = known.length / 2;
  if (known.length === 0) return null;
  const upper = known[Math.floor(middle)] ?? 0;
  return known.length % 2 === 1 ? upper : (upper + (known[middle - 1] ?? 0)) / 2;
}
