import { bars, countAxis, type Bar } from '../charts/shapes.ts';
import { chartLabel } from '../charts/render.ts';
import { columnName, wordOf, type Context } from '../context.ts';
import { figure } from '../figure.ts';
import { bdi, type Html } from '../html.ts';
import { martTable, type TableColumn } from '../mart-table.ts';
import { numberOf, type Fields } from '../reader.ts';
import { absent } from './absent.ts';

const table = 'marts.deliverability_daily';
const mostDomains = 30;
const drawnDomains = 10;
const reasons = [
  'unknown_user_bounce_count',
  'mailbox_full_bounce_count',
  'blocked_bounce_count',
  'content_bounce_count',
  'dns_bounce_count',
  'timeout_bounce_count',
  'other_bounce_count',
  'unstated_bounce_count',
] as const;
const counts = [
  'sent_count',
  'delivered_count',
  'bounce_count',
  'hard_bounce_count',
  'soft_bounce_count',
  'complaint_count',
  ...reasons,
] as const;

const shares = {
  delivery_rate: ['delivered_count', 'sent_count'],
  bounce_rate: ['bounce_count', 'sent_count'],
  complaint_rate: ['complaint_count', 'delivered_count'],
  complaint_sent_rate: ['complaint_count', 'sent_count'],
} as const;

/** Sums of the period by domain, and each share as ratio of the sums of those days on which both its counts are known. */
async function byDomain({ reader, period }: Context): Promise<readonly Fields[]> {
  const sums = counts.map((column) => `sum(${column}) as ${column}`);
  const ratios = Object.entries(shares).map(([share, [part, whole]]) => {
    const known = `filter (where ${part} is not null and ${whole} is not null)`;
    return `sum(${part}) ${known} / nullif(sum(${whole}) ${known}, 0) as ${share}`;
  });
  return await reader.rows(
    [table],
    `select recipient_domain, ${[...sums, ...ratios].join(', ')} from ${table}
      where day between date '${period.from}' and date '${period.to}' group by recipient_domain
      order by sent_count desc nulls last, recipient_domain`,
  );
}

type Share = 'bounce_rate' | 'delivery_rate' | 'complaint_rate';

async function domainFigure(context: Context, share: Share, columns: readonly TableColumn[]): Promise<Html> {
  const { messages, format } = context;
  const words = messages.splits.domains;
  const none = await absent(context, 'deliverability_daily', words.title[share]);
  if (none !== undefined) return none;
  const rows = await byDomain(context);
  const known = rows.filter((row) => numberOf(row[share]) !== null).slice(0, drawnDomains);
  const ranked = known.toSorted((a, b) => Number(b[share]) - Number(a[share]));
  const [high, low] = [ranked[0], ranked.at(-1)];
  return await figure(context, {
    id: `domains-${share.replace('_rate', '')}`,
    title: words.title[share],
    finding:
      high === undefined || low === undefined
        ? words.empty
        : words.finding[share](
            bdi(domainName(context, high)),
            format.percent(high[share] ?? null),
            bdi(domainName(context, low)),
            format.percent(low[share] ?? null),
          ),
    chart:
      known.length === 0
        ? undefined
        : bars(
            known.map((row): Bar => ({
              label: chartLabel(domainName(context, row)),
              from: 0,
              to: Number(row[share]),
              text: format.percent(row[share] ?? null),
              series: share === 'delivery_rate' ? 'in' : 'out',
            })),
            { format: '~p' },
          ),
    isTableOpen: known.length === 0 && rows.length > 0,
    table: martTable(context, {
      id: `domains-${share.replace('_rate', '')}-sums`,
      caption: words.caption,
      keys: ['recipient_domain'],
      columns: [
        {
          column: 'recipient_domain',
          unit: 'text',
          label: words.domain,
          show: (row) => bdi(domainName(context, row)),
        },
        { column: 'sent_count', unit: 'count' },
        ...columns,
      ],
      rows: rows.slice(0, mostDomains),
      more: Math.max(0, rows.length - mostDomains),
    }),
  });
}

function domainName({ messages }: Context, row: Fields): string {
  const domain = String(row['recipient_domain']);
  return domain === 'unknown' ? messages.splits.domains.unknown : domain;
}

/** Where mails bounce, and why. */
export async function bounceFigures(context: Context): Promise<readonly Html[]> {
  const first = await domainFigure(context, 'bounce_rate', [
    { column: 'bounce_count', unit: 'count' },
    { column: 'hard_bounce_count', unit: 'count' },
    { column: 'soft_bounce_count', unit: 'count' },
    { column: 'bounce_rate', unit: 'rate' },
  ]);
  return context.reader.has(table) ? [first, await reasonFigure(context)] : [first];
}

async function reasonFigure(context: Context): Promise<Html> {
  const { messages, format } = context;
  const words = messages.splits.reasons;
  const rows = await byDomain(context);
  const sums = reasons
    .map((column) => ({ column, sum: rows.reduce((total, row) => total + Number(row[column] ?? 0), 0) }))
    .toSorted((a, b) => b.sum - a.sum);
  const all = sums.reduce((total, { sum }) => total + sum, 0);
  const top = sums[0];
  return await figure(context, {
    id: 'bounce-reasons',
    title: words.title,
    finding:
      top === undefined || all === 0
        ? words.empty
        : words.finding(columnName(context, '', top.column), format.percent(top.sum / all), format.count(all)),
    chart:
      all === 0
        ? undefined
        : bars(
            sums
              .filter(({ sum }) => sum > 0)
              .map(({ column, sum }): Bar => ({
                label: columnName(context, '', column),
                from: 0,
                to: sum,
                text: format.count(sum),
                series: 'out',
              })),
            countAxis,
          ),
    table: martTable(context, {
      id: 'bounce-reasons-sums',
      caption: words.caption,
      keys: ['recipient_domain'],
      columns: [
        {
          column: 'recipient_domain',
          unit: 'text',
          label: messages.splits.domains.domain,
          show: (row) => bdi(domainName(context, row)),
        },
        { column: 'bounce_count', unit: 'count' },
        ...reasons.map((column): TableColumn => ({ column, unit: 'count' })),
      ],
      rows: rows.filter((row) => Number(row['bounce_count'] ?? 0) > 0).slice(0, mostDomains),
    }),
  });
}

/** Which provider lets us through. */
export async function reachFigure(context: Context): Promise<Html> {
  return await domainFigure(context, 'delivery_rate', [
    { column: 'delivered_count', unit: 'count' },
    { column: 'delivery_rate', unit: 'rate' },
  ]);
}

/** Whose readers complain, and what providers themselves say of the sender. */
export async function complaintFigures(context: Context): Promise<readonly Html[]> {
  const first = await domainFigure(context, 'complaint_rate', [
    { column: 'complaint_count', unit: 'count' },
    { column: 'complaint_rate', unit: 'rate' },
    { column: 'complaint_sent_rate', unit: 'rate' },
  ]);
  if (!context.reader.has(table)) return [first];
  const words = context.messages.splits.reputation;
  const rows = await context.reader.rows(
    [table],
    `select * from ${table} where reputation is not null or provider_complaint_rate is not null or seed_count is not null
      order by day desc, recipient_domain limit ${mostDomains}`,
  );
  return [
    first,
    martTable(context, {
      id: 'reputation',
      caption: words.caption,
      empty: words.empty,
      mart: 'deliverability_daily',
      keys: ['day', 'recipient_domain'],
      columns: [
        { column: 'day', unit: 'date' },
        { column: 'recipient_domain', unit: 'text', label: messages(context).domain },
        {
          column: 'reputation',
          unit: 'text',
          show: (row) =>
            row['reputation'] === null
              ? context.messages.notAvailable
              : wordOf(context.messages.values.reputation, row['reputation']),
        },
        { column: 'provider_complaint_rate', unit: 'rate' },
        { column: 'seed_count', unit: 'count' },
        { column: 'inbox_placement_rate', unit: 'rate' },
      ],
      rows,
    }),
  ];
}

function messages(context: Context) {
  return context.messages.splits.domains;
}
