import { bars, countAxis, type Bar, type Chart } from '../charts/shapes.ts';
import { chartLabel } from '../charts/render.ts';
import { columnName, type Context } from '../context.ts';
import { figure } from '../figure.ts';
import type { Html, HtmlValue } from '../html.ts';
import { martTable, type TableColumn } from '../mart-table.ts';
import { numberOf, type Fields } from '../reader.ts';
import { absent } from './absent.ts';

const mostRows = 20;
const mostBars = 10;
const keys = ['source', 'account_id', 'campaign_id'] as const;

/** Campaigns, newest first, each with counts of several classes. */
async function byClass(
  context: Context,
  options: {
    readonly mart: 'view_time' | 'reply_performance';
    readonly id: string;
    readonly title: string;
    readonly caption: string;
    readonly empty: string;
    readonly finding: (sums: (column: string) => number) => HtmlValue;
    readonly classes: readonly string[];
    readonly columns: readonly TableColumn[];
  },
): Promise<Html> {
  const { mart, id, title, classes } = options;
  const none = await absent(context, mart, title);
  if (none !== undefined) return none;
  const { reader, messages, period } = context;
  const rows = await reader.rows(
    [`marts.${mart}`],
    `select * from marts.${mart} where send_date <= date '${period.to}'
      order by send_date desc nulls last, source, account_id, campaign_id`,
  );
  const known = rows.filter((row) => classes.some((column) => Number(row[column] ?? 0) > 0));
  const current = known.filter((row) => String(row['send_date']) >= period.from);
  const drawn = (current.length > 0 ? current : known).slice(0, mostBars);
  const listed = [...new Set([...drawn, ...rows.slice(0, mostRows)])];
  const sums = (column: string): number => current.reduce((sum, row) => sum + (numberOf(row[column]) ?? 0), 0);
  return await figure(context, {
    id,
    title,
    finding: current.length === 0 ? options.empty : options.finding(sums),
    chart: drawn.length === 0 ? undefined : stacked(context, drawn, classes),
    isTableOpen: drawn.length === 0,
    table: martTable(context, {
      id: `${id}-table`,
      caption: options.caption,
      mart,
      keys,
      columns: [
        { column: 'name', unit: 'text', label: messages.columns.name },
        { column: 'send_date', unit: 'date' },
        ...classes.map((column): TableColumn => ({ column, unit: 'count' })),
        ...options.columns,
      ],
      rows: listed,
      more: rows.length - listed.length,
    }),
  });
}

function stacked(context: Context, rows: readonly Fields[], classes: readonly string[]): Chart {
  return bars(
    rows.flatMap((row, index) => {
      let from = 0;
      const text = classes.map((column) => context.format.count(row[column] ?? 0)).join(' + ');
      return classes.map((column, place): Bar => {
        const to = from + Number(row[column] ?? 0);
        const bar = {
          row: `${index}`,
          label: chartLabel(String(row['name'])),
          from,
          to,
          text: place === classes.length - 1 ? text : '',
          series: columnName(context, '', column),
        };
        from = to;
        return bar;
      });
    }),
    countAxis,
    { legend: true },
  );
}

/** How long opens lasted. */
export async function viewTimeFigure(context: Context): Promise<Html> {
  const words = context.messages.splits.viewTime;
  const { format } = context;
  return await byClass(context, {
    mart: 'view_time',
    id: 'view-time',
    title: words.title,
    caption: words.caption,
    empty: words.empty,
    finding: (sums) => {
      const known = sums('known_view_count');
      return words.finding(
        format.percent(sums('glanced_count') / known),
        format.percent(sums('skimmed_count') / known),
        format.percent(sums('read_count') / known),
        format.count(sums('unknown_view_count')),
      );
    },
    classes: ['glanced_count', 'skimmed_count', 'read_count'],
    columns: [
      { column: 'unknown_view_count', unit: 'count' },
      { column: 'brief_view_rate', unit: 'rate' },
      { column: 'read_rate', unit: 'rate' },
      { column: 'known_view_rate', unit: 'rate' },
    ],
  });
}

/** What came back, by class. */
export async function replyFigure(context: Context): Promise<Html> {
  const words = context.messages.splits.replies;
  const { format } = context;
  return await byClass(context, {
    mart: 'reply_performance',
    id: 'replies',
    title: words.title,
    caption: words.caption,
    empty: words.empty,
    finding: (sums) =>
      words.finding(
        format.count(sums('total_reply_count')),
        format.count(sums('positive_reply_count')),
        format.count(sums('auto_reply_count') + sums('out_of_office_count') + sums('bounce_reply_count')),
      ),
    classes: ['positive_reply_count', 'neutral_reply_count', 'negative_reply_count', 'unclassified_reply_count'],
    columns: [
      { column: 'auto_reply_count', unit: 'count' },
      { column: 'out_of_office_count', unit: 'count' },
      { column: 'bounce_reply_count', unit: 'count' },
      { column: 'reply_rate', unit: 'rate' },
      { column: 'warm_reply_rate', unit: 'rate' },
    ],
  });
}
