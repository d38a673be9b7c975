import { points } from '../charts/shapes.ts';
import { columnName, type Context } from '../context.ts';
import { figure } from '../figure.ts';
import { bdi, markup, type Html } from '../html.ts';
import { martTable, type TableColumn } from '../mart-table.ts';
import type { Fields } from '../reader.ts';
import { numberOf } from '../reader.ts';

/** A rate of a handful of people would be the highest by luck. */
const smallCampaign = 100;

/** Rows that the table shows; the rest is counted. */
const mostCampaigns = 100;

/** Points take less than rows. */
const mostPoints = 200;

export const campaignKeys = ['source', 'account_id', 'campaign_id'] as const;

const shown: readonly TableColumn[] = [
  { column: 'name', unit: 'text' },
  { column: 'subject', unit: 'text' },
  { column: 'send_date', unit: 'date' },
  { column: 'sent_count', unit: 'count' },
  { column: 'delivery_rate', unit: 'rate' },
  { column: 'open_rate', unit: 'rate' },
  { column: 'open_rate_reported', unit: 'rate' },
  { column: 'click_rate', unit: 'rate' },
  { column: 'click_rate_reported', unit: 'rate' },
  { column: 'click_to_open_rate', unit: 'rate' },
  { column: 'unsubscribe_rate', unit: 'rate' },
  { column: 'complaint_rate', unit: 'rate' },
  { column: 'converter_count', unit: 'count' },
  { column: 'purchase_rate', unit: 'rate' },
  { column: 'order_count', unit: 'count' },
  { column: 'net_revenue_amount', unit: 'money' },
  { column: 'revenue_per_open_amount', unit: 'money' },
  { column: 'revenue_per_subscriber_amount', unit: 'money' },
];

/** Every campaign with people's and reported rates side by side. */
export async function campaignSection(context: Context): Promise<Html> {
  const { reader, messages } = context;
  const words = messages.campaigns;
  const rows = await reader.rows(
    ['marts.campaign_performance'],
    `select * from marts.campaign_performance order by sent_at desc nulls last, source, account_id, campaign_id limit ${mostPoints}`,
  );
  const listed = rows.slice(0, mostCampaigns);
  const counted = await reader.first(
    ['marts.campaign_performance'],
    'select count(*) as all_rows from marts.campaign_performance',
  );
  const goal: TableColumn = { column: 'goal', unit: 'text', show: (row) => goalName(context, row['goal']) };
  const table = martTable(context, {
    id: 'campaign-table',
    caption: words.caption,
    mart: 'campaign_performance',
    keys: campaignKeys,
    columns: [...shown.slice(0, 3), goal, ...shown.slice(3)],
    rows: listed,
    sortable: true,
    empty: words.empty,
    more: Math.max(0, Number(counted?.['all_rows'] ?? 0) - listed.length),
  });
  return markup`
    <p>${words.intro}</p>
    ${table}
    <div class="grid one">${await scatter(context, rows)}</div>
  `;
}

export function goalName({ messages }: Context, goal: unknown): string {
  const names: Readonly<Record<string, string>> = messages.campaigns.goals;
  return typeof goal === 'string' ? (names[goal] ?? goal) : messages.campaigns.noGoal;
}

async function scatter(context: Context, rows: readonly Fields[]): Promise<Html> {
  const { messages, format } = context;
  const words = messages.campaigns.scatter;
  const known = rows.filter(
    (row) => row['open_rate'] !== null && row['click_rate'] !== null && Number(row['delivered_count']) >= smallCampaign,
  );
  const sorted = known.toSorted((a, b) => Number(b['click_rate']) - Number(a['click_rate']));
  const top = sorted[0];
  const rates = (['open_rate', 'click_rate'] as const).map((column) =>
    columnName(context, 'campaign_performance', column),
  );
  return await figure(context, {
    id: 'scatter',
    title: words.title,
    finding:
      top === undefined
        ? words.empty
        : words.finding(
            bdi(String(top['name'])),
            format.percent(top['click_rate'] ?? null),
            format.percent(top['open_rate'] ?? null),
            format.count(known.length),
            format.count(smallCampaign),
          ),
    chart:
      known.length === 0
        ? undefined
        : points(
            known.map((row) => ({
              x: numberOf(row['open_rate']) ?? 0,
              y: numberOf(row['click_rate']) ?? 0,
              series: goalName(context, row['goal']),
            })),
            { format: '.0%', title: rates[0] ?? '' },
            { format: '.0%', title: rates[1] ?? '' },
          ),
    table: martTable(context, {
      id: 'scatter-table',
      caption: words.caption,
      mart: 'campaign_performance',
      keys: campaignKeys,
      columns: [
        { column: 'name', unit: 'text' },
        { column: 'send_date', unit: 'date' },
        { column: 'goal', unit: 'text', show: (row) => goalName(context, row['goal']) },
        { column: 'open_rate', unit: 'rate' },
        { column: 'click_rate', unit: 'rate' },
      ],
      rows: sorted.slice(0, 25),
    }),
  });
}
