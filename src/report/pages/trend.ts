import { columns, lines, unitAxis } from '../charts/shapes.ts';
import { monthsBetween } from '../calendar.ts';
import type { Context } from '../context.ts';
import { figure } from '../figure.ts';
import { shownUnit } from '../format.ts';
import type { Html } from '../html.ts';
import type { Kpi } from '../kpis/kpi.ts';
import { martTable } from '../mart-table.ts';
import type { Article } from '../messages/articles.ts';
import { kpiName } from '../sections/kpi-cards.ts';
import type { Fields } from '../reader.ts';

/** A rule far above the lines would press them flat. */
const mostHeadroom = 2;

/** Money far below the first one's would be a line along the axis: what one conversion costs, say, beside all profit. */
const leastShare = 0.02;

/** By month: the page's numbers that have the unit of its first one, each point a ratio of sums. */
export async function metricTrend(context: Context, article: Article, kpis: readonly Kpi[]): Promise<Html> {
  const { messages, format, catalog } = context;
  const words = messages.metricPages.trend;
  const lead = kpis.find(({ trend }) => trend.some((value) => value !== null));
  const listed = kpis.filter(
    (kpi) => kpi.unit === lead?.unit && kpi.trendFrom === lead.trendFrom && kpi.trend.some((value) => value !== null),
  );
  const drawn = listed.filter(
    (kpi) => kpi.unit !== 'money' || lead === undefined || sizeOf(kpi) >= sizeOf(lead) * leastShare,
  );
  const months = lead === undefined ? [] : monthsOf(lead);
  const unit = lead === undefined ? 'count' : shownUnit(lead.unit, lead.source.column);
  const values = (lead?.trend ?? []).flatMap((value, index) => {
    const month = months[index];
    return value === null || month === undefined ? [] : [{ value, month }];
  });
  const sorted = values.toSorted((a, b) => a.value - b.value);
  const [low, high, now] = [sorted[0], sorted.at(-1), values.at(-1)];
  const points = drawn.flatMap((kpi) =>
    months.map((month, index) => ({
      x: format.shortMonth(month),
      y: kpi.trend[index] ?? null,
      series: kpiName(context, kpi),
    })),
  );
  const threshold = catalog.metrics.find(({ key }) => key === lead?.key)?.threshold?.value;
  const rules =
    threshold === undefined || high === undefined || threshold > high.value * mostHeadroom
      ? []
      : [{ y: threshold, label: `${messages.kpis.thresholdText}: ${format.round(threshold, lead?.unit ?? 'rate')}` }];
  const name = messages.metricPages.titles[article];
  const title = article === 14 ? words.profitTitle : words.title(name);
  const axis = unitAxis(
    unit,
    format,
    points.map(({ y }) => y),
    (high?.value ?? 0) < 0.05 ? '.2%' : '.0%',
  );
  return await figure(context, {
    id: `metric-${article}-trend`,
    title,
    finding:
      lead === undefined || low === undefined || high === undefined || now === undefined
        ? words.empty
        : values.length === 1
          ? words.single(kpiName(context, lead), format.value(now.value, unit), format.month(now.month))
          : words.finding(
              kpiName(context, lead),
              format.value(now.value, unit),
              format.month(now.month),
              format.value(low.value, unit),
              format.month(low.month),
              format.value(high.value, unit),
              format.month(high.month),
            ),
    chart:
      values.length === 0
        ? undefined
        : unit === 'count' && drawn.length === 1
          ? columns(points, axis)
          : lines(points, axis, rules),
    table: martTable(context, {
      id: `metric-${article}-trend-table`,
      caption: words.captions[lead === undefined ? 'sends' : basisOf(lead)](name),
      keys: ['month'],
      columns: [
        { column: 'month', unit: 'month', label: messages.trends.month },
        ...listed.map((kpi) => ({
          column: columnKey(kpi),
          unit: shownUnit(kpi.unit, kpi.source.column),
          label: kpiName(context, kpi),
        })),
      ],
      rows: months.map((month, index): Fields => ({
        month,
        ...Object.fromEntries(listed.map((kpi) => [columnKey(kpi), kpi.trend[index] ?? null])),
      })),
    }),
  });
}

/** The largest of its values, whatever their sign. */
function sizeOf({ trend }: Kpi): number {
  return Math.max(...trend.map((value) => Math.abs(value ?? 0)));
}

/** What the months are: those in which the campaigns were sent, those of the events, or their last days. */
function basisOf({ source, isStock }: Kpi): 'sends' | 'events' | 'states' {
  return isStock ? 'states' : source.dateColumn === 'send_date' ? 'sends' : 'events';
}

/** A metric with several windows has several columns. */
function columnKey({ key, source }: Kpi): string {
  const days = /window_days = (\d+)/.exec(source.filter ?? '')?.[1];
  return days === undefined ? key : `${key}_${days}`;
}

function monthsOf({ trend, trendFrom, trendTo }: Kpi): readonly string[] {
  return trendFrom === null || trendTo === null ? [] : monthsBetween(trendFrom, trendTo).slice(-trend.length);
}
