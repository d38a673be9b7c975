import { columns, moneyAxis } from '../charts/shapes.ts';
import { columnName, type Context } from '../context.ts';
import { figure } from '../figure.ts';
import type { Html } from '../html.ts';
import { martTable, type TableColumn } from '../mart-table.ts';
import { numberOf } from '../reader.ts';
import { absent } from './absent.ts';

const table = 'marts.profit_monthly';
const sums = [
  'campaign_profit_amount',
  'other_revenue_amount',
  'unallocated_cost_amount',
  'profit_amount',
  'restated_amount',
] as const;

/** Profit month by month as it fell due: campaigns, what belongs to none, and the total that they add up to. */
export async function monthlyProfit(context: Context): Promise<readonly Html[]> {
  const { reader, messages, format, period } = context;
  const words = messages.splits.months;
  const none = await absent(context, 'profit_monthly', words.title);
  if (none !== undefined) return [none];
  const found = await reader.rows(
    [table],
    `select month, ${sums.map((column) => `sum(${column}) as ${column}`).join(', ')},
        string_agg(distinct unavailable_reason, '; ' order by unavailable_reason) as unavailable_reason from ${table}
      where month <= date '${period.to}' group by month order by month desc limit 24`,
  );
  const months = found.toReversed();
  const rows = await reader.rows(
    [table],
    `select * from ${table} where month <= date '${period.to}' order by month desc, source, account_id limit 36`,
  );
  const best = months.toSorted((a, b) => Number(b['profit_amount']) - Number(a['profit_amount']))[0];
  const losses = months.filter((row) => Number(row['profit_amount']) < 0).length;
  const money = (column: string): TableColumn => ({
    column,
    unit: 'money',
    label: columnName(context, 'profit_monthly', column),
  });
  const part = (series: string, column: string, sign = 1) =>
    months.map((row) => ({
      x: format.shortMonth(String(row['month'])),
      y: sign * (numberOf(row[column]) ?? 0),
      series,
    }));
  const parts = [
    ...part(words.campaigns, 'campaign_profit_amount'),
    ...part(words.other, 'other_revenue_amount'),
    ...part(words.unallocated, 'unallocated_cost_amount', -1),
  ];
  return [
    await figure(context, {
      id: 'profit-months',
      title: words.title,
      finding:
        best === undefined
          ? words.empty
          : words.finding(
              format.month(String(best['month'])),
              format.money(best['profit_amount'] ?? null, { short: true }),
              format.count(losses),
              format.count(months.length),
            ),
      chart:
        months.length === 0
          ? undefined
          : columns(
              parts,
              moneyAxis(
                format,
                parts.map(({ y }) => y),
              ),
            ),
      table: martTable(context, {
        id: 'profit-months-sums',
        caption: words.caption,
        keys: ['month'],
        columns: [{ column: 'month', unit: 'month', label: messages.trends.month }, ...sums.map(money)],
        rows: found,
      }),
    }),
    martTable(context, {
      id: 'profit-months-table',
      caption: words.accounts,
      mart: 'profit_monthly',
      keys: ['month', 'source', 'account_id'],
      columns: [
        { column: 'month', unit: 'month', label: messages.trends.month },
        { column: 'account_id', unit: 'text' },
        ...['revenue_amount', 'refund_amount', 'conversion_value_amount', 'campaign_cost_amount', ...sums].map(money),
      ],
      rows,
    }),
  ];
}
