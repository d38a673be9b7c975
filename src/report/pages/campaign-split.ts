import { bars, unitAxis, type Bar } from '../charts/shapes.ts';
import { chartLabel } from '../charts/render.ts';
import { phrase, type Context } from '../context.ts';
import { figure } from '../figure.ts';
import { shownUnit, type Unit } from '../format.ts';
import { bdi, type Html } from '../html.ts';
import { aliasOf, campaignJoin, columnsOf, isCampaignMart } from '../kpis/campaign-marts.ts';
import { martTable, type TableColumn } from '../mart-table.ts';
import type { Fields } from '../reader.ts';
import type { Metric } from './definition.ts';

/** A rate of a handful of people would be the highest by luck. */
const smallCampaign = 100;
const mostRows = 20;
const mostBars = 12;

const keys = ['source', 'account_id', 'campaign_id'] as const;

/** The metric campaign by campaign: the numbers that it is made of, newest first, and the highest and lowest of the period. */
export async function campaignSplit(context: Context, metric: Metric): Promise<Html> {
  const { reader, messages, format, period } = context;
  const { key, mart, column } = metric;
  const words = messages.metricPages.campaigns;
  if (!isCampaignMart(mart)) throw new Error(`${mart} is not one row a campaign`);
  const unit = shownUnit(metric.unit, column);
  const name = messages.columns.name;
  const rows = await reader.rows(
    ['marts.campaign_performance', `marts.${mart}`],
    `select ${aliasOf(mart)}.*, p.name as campaign_name, p.send_date as campaign_date, p.delivered_count as reached_count
      from ${campaignJoin(reader)} where p.send_date <= date '${period.to}'
      order by p.sent_at desc nulls last, p.source, p.account_id, p.campaign_id`,
  );
  const current = rows.filter(
    (row) =>
      String(row['campaign_date']) >= period.from &&
      row[column] !== null &&
      Number(row['reached_count']) >= smallCampaign,
  );
  const ranked = current.toSorted((a, b) => Number(b[column]) - Number(a[column]));
  const drawn = ranked.length > mostBars ? [...ranked.slice(0, mostBars / 2), ...ranked.slice(-mostBars / 2)] : ranked;
  const [best, worst] = [ranked[0], ranked.at(-1)];
  const write = (row: Fields): string => format.value(row[column] ?? null, unit);
  const listed = [...new Set([...drawn, ...rows.slice(0, Math.max(0, mostRows - drawn.length))])];
  return await figure(context, {
    id: `by-campaign-${key}`,
    title: words.title(phrase(messages, metric.name)),
    finding:
      best === undefined || worst === undefined
        ? words.empty(format.count(smallCampaign))
        : words.finding(
            bdi(String(best['campaign_name'])),
            write(best),
            bdi(String(worst['campaign_name'])),
            write(worst),
            format.count(ranked.length),
          ),
    chart:
      drawn.length === 0
        ? undefined
        : bars(
            drawn.map((row): Bar => ({
              label: chartLabel(String(row['campaign_name'])),
              from: 0,
              to: Number(row[column]),
              text: write(row),
              series: Number(row[column]) < 0 ? 'loss' : 'in',
            })),
            unitAxis(
              unit,
              format,
              drawn.map((row) => Number(row[column])),
              '~p',
            ),
          ),
    isTableOpen: drawn.length === 0 && listed.length > 0,
    table: martTable(context, {
      id: `by-campaign-${key}-table`,
      caption: words.caption,
      mart,
      keys,
      columns: [
        { column: 'campaign_id', unit: 'text', label: name, show: (row) => bdi(String(row['campaign_name'])) },
        { column: 'campaign_date', unit: 'date', label: messages.columns.send_date, isPlain: true },
        ...parts(metric),
        { column, unit: metric.unit },
      ],
      rows: listed,
      more: rows.length - listed.length,
    }),
  });
}

/** The columns of the same mart that the metric is made of. */
function parts({ mart, column, numerator, denominator }: Metric): readonly TableColumn[] {
  const found = [numerator, denominator ?? ''].filter((text) => text !== '').flatMap((text) => columnsOf(text, mart));
  const names = new Set(
    found.filter((part) => part.mart === mart && part.column !== column).map((part) => part.column),
  );
  return [...names].map((name): TableColumn => ({ column: name, unit: unitOf(name) }));
}

function unitOf(column: string): Unit {
  return column.endsWith('_amount') ? 'money' : column.endsWith('_rate') ? 'rate' : 'count';
}
