import { bars, moneyAxis, type Bar } from '../charts/shapes.ts';
import { chartLabel } from '../charts/render.ts';
import { columnName, type Context } from '../context.ts';
import { figure } from '../figure.ts';
import { bdi, markup, type Html } from '../html.ts';
import { martTable, type TableColumn } from '../mart-table.ts';
import { numberOf, type Fields } from '../reader.ts';
import { campaignKeys, goalName } from './campaigns.ts';

/** Rows that the table shows; the rest is counted. */
const mostCampaigns = 60;
const table = 'marts.campaign_profit';

/** Steps from what came in to what is left, with their sign. */
const steps: readonly { readonly column: string; readonly sign: 1 | -1 }[] = [
  { column: 'revenue_amount', sign: 1 },
  { column: 'refund_amount', sign: -1 },
  { column: 'conversion_value_amount', sign: 1 },
  { column: 'cost_of_goods_amount', sign: -1 },
  { column: 'esp_fee_amount', sign: -1 },
  { column: 'staff_amount', sign: -1 },
  { column: 'creative_amount', sign: -1 },
  { column: 'list_building_amount', sign: -1 },
  { column: 'tools_amount', sign: -1 },
  { column: 'other_cost_amount', sign: -1 },
];

/** Revenue, costs and what is left, of the period and of each campaign. */
export async function profitSection(context: Context): Promise<Html> {
  const { reader, messages, period } = context;
  const words = messages.profit;
  const within = `send_date between date '${period.from}' and date '${period.to}'`;
  const columns = [...steps.map(({ column }) => column), 'total_cost_amount', 'profit_amount'];
  const sums = await reader.first(
    [table],
    `select count(*) as campaigns, ${columns.map((column) => `sum(${column}) as ${column}`).join(', ')} from ${table} where ${within}`,
  );
  const goals = await reader.rows(
    [table],
    `select goal, count(*) as campaigns, sum(revenue_amount) as revenue_amount, sum(total_cost_amount) as total_cost_amount,
        sum(profit_amount) as profit_amount from ${table} where ${within} group by goal order by sum(profit_amount) desc nulls last, goal`,
  );
  const rows = await reader.rows(
    [table],
    `select * from ${table} where ${within} order by send_date desc, source, account_id, campaign_id limit ${mostCampaigns}`,
  );
  const ranked = await reader.rows(
    [table],
    `select * from ${table} where ${within} and profit_amount is not null order by profit_amount desc, source, account_id, campaign_id`,
  );
  const counted = await reader.first([table], `select count(*) as all_rows from ${table}`);
  const money: readonly TableColumn[] = columns.map((column) => ({ column, unit: 'money' }));
  return markup`
    <p>${words.intro}</p>
    <div class="grid">
      ${await waterfall(context, sums)}${await ranking(context, ranked)}${await byGoal(context, goals)}
    </div>
    ${martTable(context, {
      id: 'profit-table',
      caption: words.caption,
      mart: 'campaign_profit',
      keys: campaignKeys,
      columns: [
        { column: 'name', unit: 'text' },
        { column: 'send_date', unit: 'date' },
        ...money,
        { column: 'profit_margin_rate', unit: 'rate' },
        { column: 'roi_rate', unit: 'ratio' },
        { column: 'cost_per_conversion_amount', unit: 'money' },
      ],
      rows,
      sortable: true,
      empty: words.steps.empty,
      more: Math.max(0, Number(counted?.['all_rows'] ?? 0) - rows.length),
    })}
  `;
}

async function waterfall(context: Context, sums: Fields | undefined): Promise<Html> {
  const { messages, format } = context;
  const words = messages.profit.steps;
  const amount = (column: string): number | null => numberOf(sums?.[column]);
  const profit = amount('profit_amount');
  const bar: Bar[] = [];
  let level = 0;
  for (const { column, sign } of steps) {
    const value = amount(column);
    if (value === null || value === 0) continue;
    const next = level + sign * value;
    bar.push({
      label: columnName(context, 'campaign_profit', column),
      from: level,
      to: next,
      text: format.money(sign * value, { short: true }),
      series: sign > 0 ? 'in' : 'out',
    });
    level = next;
  }
  if (profit !== null) {
    bar.push({
      label: columnName(context, 'campaign_profit', 'profit_amount'),
      from: 0,
      to: profit,
      text: format.money(sums?.['profit_amount'] ?? null, { short: true }),
      series: profit < 0 ? 'loss' : 'total',
    });
  }
  const income =
    (amount('revenue_amount') ?? 0) - (amount('refund_amount') ?? 0) + (amount('conversion_value_amount') ?? 0);
  const [incomeText, costs] = [income, amount('total_cost_amount') ?? 0].map((value) =>
    format.money(value, { short: true }),
  ) as [string, string];
  const profitText = profit === null ? '' : format.money(sums?.['profit_amount'] ?? null, { short: true });
  const rows =
    sums === undefined || profit === null
      ? []
      : [...steps.map(({ column }) => column), 'total_cost_amount', 'profit_amount'];
  return await figure(context, {
    id: 'profit-steps',
    title: words.title,
    finding:
      profit === null
        ? words.empty
        : income > 0 && profit >= 0
          ? words.finding(incomeText, costs, profitText, format.percent(profit / income))
          : words.findingLoss(incomeText, costs, profitText),
    chart:
      profit === null
        ? undefined
        : bars(
            bar,
            moneyAxis(
              format,
              bar.flatMap(({ from, to }) => [from, to]),
            ),
          ),
    table: martTable(context, {
      id: 'profit-steps-table',
      caption: words.caption,
      columns: [
        { column: 'step', unit: 'text', label: words.step },
        { column: 'amount', unit: 'money', label: words.amount },
      ],
      rows: rows.map((column) => ({
        step: columnName(context, 'campaign_profit', column),
        amount: sums?.[column] ?? null,
      })),
    }),
  });
}

async function ranking(context: Context, ranked: readonly Fields[]): Promise<Html> {
  const { messages, format } = context;
  const words = messages.profit.ranking;
  const rows = ranked.length > 14 ? [...ranked.slice(0, 8), ...ranked.slice(-6)] : ranked;
  const losses = ranked.filter((row) => Number(row['profit_amount']) < 0).length;
  const top = ranked[0];
  return await figure(context, {
    id: 'profit-ranking',
    title: words.title,
    finding:
      top === undefined
        ? words.empty
        : words.finding(
            bdi(String(top['name'])),
            format.money(top['profit_amount'] ?? null),
            format.count(losses),
            format.count(ranked.length),
          ),
    chart:
      rows.length === 0
        ? undefined
        : bars(
            rows.map((row) => {
              const profit = Number(row['profit_amount']);
              return {
                label: chartLabel(String(row['name'])),
                from: 0,
                to: profit,
                text: format.money(row['profit_amount'] ?? null, { short: true }),
                series: profit < 0 ? 'loss' : 'total',
              };
            }),
            moneyAxis(
              format,
              rows.map((row) => Number(row['profit_amount'])),
            ),
          ),
    table: martTable(context, {
      id: 'profit-ranking-table',
      caption: words.caption,
      mart: 'campaign_profit',
      keys: campaignKeys,
      columns: [
        { column: 'name', unit: 'text' },
        { column: 'send_date', unit: 'date' },
        { column: 'revenue_amount', unit: 'money' },
        { column: 'total_cost_amount', unit: 'money' },
        { column: 'profit_amount', unit: 'money' },
      ],
      rows,
    }),
  });
}

async function byGoal(context: Context, goals: readonly Fields[]): Promise<Html> {
  const { messages, format } = context;
  const words = messages.profit.goals;
  const known = goals.filter((row) => row['profit_amount'] !== null);
  const top = known[0];
  return await figure(context, {
    id: 'profit-goals',
    title: words.title,
    finding:
      top === undefined
        ? messages.profit.ranking.empty
        : words.finding(goalName(context, top['goal']), format.money(top['profit_amount'] ?? null, { short: true })),
    chart:
      known.length === 0
        ? undefined
        : bars(
            known.map((row) => ({
              label: goalName(context, row['goal']),
              from: 0,
              to: Number(row['profit_amount']),
              text: format.money(row['profit_amount'] ?? null, { short: true }),
              series: Number(row['profit_amount']) < 0 ? 'loss' : 'total',
            })),
            moneyAxis(
              format,
              known.map((row) => Number(row['profit_amount'])),
            ),
          ),
    table: martTable(context, {
      id: 'profit-goals-table',
      caption: words.caption,
      columns: [
        { column: 'goal', unit: 'text', label: words.goal, show: (row) => goalName(context, row['goal']) },
        { column: 'campaigns', unit: 'count', label: words.campaigns },
        { column: 'revenue_amount', unit: 'money' },
        { column: 'total_cost_amount', unit: 'money' },
        { column: 'profit_amount', unit: 'money', label: columnName(context, 'campaign_profit', 'profit_amount') },
      ],
      rows: goals,
    }),
  });
}
