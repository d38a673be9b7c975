import { lines, moneyAxis } from '../charts/shapes.ts';
import { phrase, translated, type Context } from '../context.ts';
import { figure } from '../figure.ts';
import { markup, type Html } from '../html.ts';
import { martTable, tableCaption } from '../mart-table.ts';
import { numberOf, type Fields } from '../reader.ts';
import { absent } from './absent.ts';

const table = 'marts.ltv_cohorts';
const backtest = 'marts.ltv_backtest';
const mostCohorts = 18;
/** A handful of people says nothing about a month. */
const smallCohort = 20;
const mostMonths = 24;
/** The part of all people who must have come as far as the line goes. */
const enoughPeople = 0.25;
const shownMonths = [0, 1, 2, 3, 6, 9, 12, 18, 24] as const;

/** What cohorts brought month by month, and how well the projection would have foretold what came. */
export async function cohortFigures(context: Context): Promise<readonly Html[]> {
  const words = context.messages.splits.cohorts;
  const none = await absent(context, 'ltv_cohorts', words.title);
  if (none !== undefined) return [none];
  return [await curve(context), await cohortGrid(context), await backtestFigure(context)];
}

/**
 * The same people at every month. Were each month of whoever has reached it, the line would fall where sign-ups that brought
 * more end, though nobody can have brought less in all than a month before.
 */
async function curve(context: Context): Promise<Html> {
  const { reader, messages, format } = context;
  const words = messages.splits.cohorts;
  const rows = await reader.rows(
    [table],
    `with whole as (select * from ${table} where is_complete and signup_month is not null and months_since <= ${mostMonths}),
        ages as (select signup_month, max(months_since) as age, max(subscriber_count) as people from whole group by 1),
        reached as (select age, sum(people) over (order by age desc) as older, sum(people) over () as everyone from ages),
        furthest as (select max(age) as months from reached where older >= everyone * ${enoughPeople})
      select months_since, count(*) as cohort_count, sum(subscriber_count) as subscriber_count, sum(retained_count) as retained_count,
        sum(cumulative_revenue_amount) / nullif(sum(subscriber_count), 0) as revenue_per_person_amount,
        sum(cumulative_profit_amount) / nullif(sum(subscriber_count), 0) as profit_per_person_amount,
        sum(retained_count) / nullif(sum(subscriber_count), 0) as retention_rate
      from whole join ages using (signup_month) cross join furthest
      where age >= months and months_since <= months group by 1 order by 1`,
  );
  const [first, last] = [rows[0], rows.at(-1)];
  const series = (column: string, name: string) =>
    rows.map((row) => ({ x: String(row['months_since']), y: numberOf(row[column]), series: name }));
  return await figure(context, {
    id: 'cohort-curve',
    title: words.title,
    finding:
      first === undefined || last === undefined
        ? words.empty
        : words.finding(
            format.count(last['subscriber_count'] ?? 0),
            format.money(first['revenue_per_person_amount'] ?? null),
            format.money(last['revenue_per_person_amount'] ?? null),
            format.count(last['months_since'] ?? 0),
            format.percent(last['retention_rate'] ?? null),
          ),
    chart:
      rows.length < 2
        ? undefined
        : lines(
            [
              ...series('revenue_per_person_amount', words.revenue),
              ...series('profit_per_person_amount', words.profit),
            ],
            moneyAxis(
              format,
              rows.flatMap((row) => [
                numberOf(row['revenue_per_person_amount']),
                numberOf(row['profit_per_person_amount']),
              ]),
            ),
          ),
    isTableOpen: rows.length === 1,
    table: martTable(context, {
      id: 'cohort-curve-sums',
      caption: words.curveCaption,
      columns: [
        { column: 'months_since', unit: 'count', label: words.monthsSince },
        { column: 'cohort_count', unit: 'count', label: words.cohorts },
        { column: 'subscriber_count', unit: 'count', label: words.people },
        { column: 'revenue_per_person_amount', unit: 'money', label: words.revenue },
        { column: 'profit_per_person_amount', unit: 'money', label: words.profit },
        { column: 'retention_rate', unit: 'rate', label: words.retention },
      ],
      rows,
    }),
  });
}

/** One row a cohort, one column a number of months since. */
async function cohortGrid({ reader, messages, format }: Context): Promise<Html> {
  const words = messages.splits.cohorts;
  const rows = await reader.rows(
    [table],
    `select * from ${table} where signup_month is not null and months_since in (${shownMonths.join(', ')})
        and subscriber_count >= ${smallCohort} order by signup_month desc, months_since`,
  );
  const cohorts = [...Map.groupBy(rows, (row) => String(row['signup_month']))].slice(0, mostCohorts);
  const months = shownMonths.filter((month) => rows.some((row) => row['months_since'] === month));
  if (cohorts.length === 0) return markup`<p class="empty">${words.noCohort(format.count(smallCohort))}</p>`;
  const cell = (cohort: readonly Fields[], month: number): Html => {
    const row = cohort.find((each) => each['months_since'] === month);
    const value = row?.['cumulative_revenue_per_subscriber_amount'] ?? null;
    if (row === undefined || value === null) return markup`<td class="n na">${messages.none}</td>`;
    return markup`<td class="n" data-key="${String(row['signup_month'])}/${month}" data-value="${String(value)}">
      ${format.money(value)}${row['is_complete'] !== true && markup`<sup>*</sup>`}
    </td>`;
  };
  return markup`<div class="scroll" role="group" tabindex="0" aria-labelledby="cohort-grid-caption">
    <table id="cohort-grid" data-mart="ltv_cohorts" data-cell="cumulative_revenue_per_subscriber_amount">
      ${tableCaption('cohort-grid-caption', words.gridCaption)}
      <thead>
        <tr>
          <th scope="col">${messages.columns.signup_month}</th>
          <th scope="col" class="n">${words.people}</th>
          ${months.map((month) => markup`<th scope="col" class="n">${words.after(month)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${cohorts.map(
          ([signup, cohort]) =>
            markup`<tr>
              <th scope="row" class="t">${format.month(signup)}</th>
              <td class="n">${format.count(cohort[0]?.['subscriber_count'] ?? 0)}</td>
              ${months.map((month) => cell(cohort, month))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>
  ${cohorts.some(([, cohort]) => cohort.some((row) => row['is_complete'] !== true)) && markup`<p class="more">* ${phrase(messages, 'the month is not over')}</p>`}`;
}

async function backtestFigure(context: Context): Promise<Html> {
  const { reader, messages, format } = context;
  const words = messages.splits.backtest;
  const none = await absent(context, 'ltv_backtest', words.title);
  if (none !== undefined) return none;
  const rows = await reader.rows([backtest], `select * from ${backtest} order by held_out_months`);
  const known = rows.filter((row) => row['predicted_amount'] !== null);
  const longest = known.at(-1);
  const methods = [...new Set(rows.flatMap((row) => ((row['method'] ?? null) === null ? [] : String(row['method']))))];
  return await figure(context, {
    id: 'ltv-backtest',
    title: words.title,
    finding:
      longest === undefined
        ? words.empty
        : markup`${words.finding(
            format.count(longest['held_out_months'] ?? 0),
            format.money(longest['predicted_amount'] ?? null),
            format.money(longest['actual_amount'] ?? null),
            longest['is_covered'] === true,
          )}
          ${methods.map((method) => markup`${messages.abTests.methodHeading}: ${translated(context, method)}. `)}`,
    chart: undefined,
    isTableOpen: true,
    table: martTable(context, {
      id: 'ltv-backtest-table',
      caption: words.caption,
      mart: 'ltv_backtest',
      keys: ['held_out_months'],
      columns: [
        { column: 'held_out_months', unit: 'count', label: words.heldOut },
        { column: 'people_count', unit: 'count', label: messages.splits.cohorts.people },
        { column: 'predicted_orders', unit: 'ratio', label: words.predictedOrders },
        { column: 'actual_order_count', unit: 'count', label: words.actualOrders },
        { column: 'predicted_amount', unit: 'money', label: words.predicted },
        { column: 'predicted_low_amount', unit: 'money', label: words.low },
        { column: 'predicted_high_amount', unit: 'money', label: words.high },
        { column: 'actual_amount', unit: 'money', label: words.actual },
        { column: 'error_rate', unit: 'rate', label: words.error },
        {
          column: 'is_covered',
          unit: 'flag',
          label: words.covered,
          show: (row) =>
            row['is_covered'] === null
              ? messages.notAvailable
              : row['is_covered'] === true
                ? messages.yes
                : messages.no,
        },
      ],
      rows,
    }),
  });
}
