import { bars, columns, countAxis, moneyAxis, type Bar } from '../charts/shapes.ts';
import type { Context } from '../context.ts';
import { figure } from '../figure.ts';
import type { Html } from '../html.ts';
import { martTable } from '../mart-table.ts';
import { numberOf, type Fields } from '../reader.ts';

const table = 'marts.subscriber_ltv';
/** Of the mart; null there is not known. */
const classNames = ['active', 'passive', 'inactive', 'not_mailed', 'unknown'] as const;
const smallCohort = 20;

/** What subscribers are worth; only sums, never a person's row. */
export async function subscriberFigures(context: Context): Promise<readonly Html[]> {
  return [await engagement(context), await spread(context), await cohorts(context)];
}

async function engagement(context: Context): Promise<Html> {
  const { reader, messages, format } = context;
  const words = messages.audience.engagement;
  const found = await reader.rows(
    [table],
    `select coalesce(engagement_class, 'unknown') as engagement_class, count(*) as people, sum(order_count) as orders, sum(ltv_to_date_amount) as value
      from ${table} group by 1 order by 1`,
  );
  const rows = classNames.flatMap((name): readonly Fields[] => found.filter((row) => row['engagement_class'] === name));
  const sum = (column: string): number => rows.reduce((total, row) => total + Number(row[column] ?? 0), 0);
  const active = rows.find((row) => row['engagement_class'] === 'active');
  const name = (row: Fields): string => words.classes[String(row['engagement_class']) as (typeof classNames)[number]];
  return await figure(context, {
    id: 'engagement',
    title: words.title,
    finding:
      sum('people') === 0
        ? messages.audience.value.empty
        : sum('value') <= 0 || Number(active?.['people'] ?? 0) === 0
          ? words.noneActive
          : words.finding(
              format.percent(Number(active?.['value'] ?? 0) / sum('value')),
              format.percent(Number(active?.['people'] ?? 0) / sum('people')),
            ),
    chart:
      rows.length === 0
        ? undefined
        : bars(
            rows.map((row): Bar => ({
              label: name(row),
              from: 0,
              to: Number(row['people']),
              text: format.count(row['people'] ?? null),
              series: 'in',
            })),
            countAxis,
          ),
    table: martTable(context, {
      id: 'engagement-table',
      caption: words.caption,
      columns: [
        { column: 'engagement_class', unit: 'text', show: name },
        { column: 'people', unit: 'count', label: words.people },
        { column: 'orders', unit: 'count', label: words.orders },
        { column: 'value', unit: 'money', label: words.value },
      ],
      rows,
    }),
  });
}

/** Bands at round steps, so that the few large values do not hide the many small ones. */
async function spread(context: Context): Promise<Html> {
  const { reader, messages, format } = context;
  const words = messages.audience.value;
  const limits = [25, 50, 100, 200, 400, 800, 1600];
  const band = `case when ltv_to_date_amount < 0 then -2 when ltv_to_date_amount = 0 then -1 ${limits
    .map((limit, index) => `when ltv_to_date_amount <= ${limit} then ${index}`)
    .join(' ')} else ${limits.length} end`;
  const rows = await reader.rows(
    [table],
    `select ${band} as band, count(*) as people, count(*) filter (where order_count = 0) as without_order,
        sum(ltv_to_date_amount) as value from ${table}
      where ltv_to_date_amount is not null group by 1 order by 1`,
  );
  const top = await reader.first(
    [table],
    `with ranked as (select ltv_to_date_amount as value, row_number() over (order by ltv_to_date_amount desc, subscriber_id) as place,
        count(*) over () as people from ${table} where ltv_to_date_amount is not null)
      select cast(sum(value) filter (where place <= people / 10) as double) / nullif(sum(value), 0) as share from ranked`,
  );
  const name = (row: Fields): string => {
    const index = Number(row['band']);
    if (index === -2) return words.loss;
    if (index === -1) return words.none;
    if (index === limits.length) return words.above(whole(limits.at(-1)));
    return words.range(whole(index === 0 ? 0 : limits[index - 1]), whole(limits[index]));
  };
  const whole = (value: number | undefined): string => format.money(value ?? 0).replace(/[.,]00(?=\D*$)/, '');
  const people = rows.reduce((sum, row) => sum + Number(row['people']), 0);
  // Not the band of 0: who never ordered may have brought a conversion or other revenue.
  const withoutOrder = rows.reduce((sum, row) => sum + Number(row['without_order']), 0);
  const share = numberOf(top?.['share']);
  return await figure(context, {
    id: 'value-spread',
    title: words.title,
    finding:
      people === 0
        ? words.empty
        : words.finding(
            format.percent(withoutOrder / people),
            share === null ? messages.notAvailable : format.percent(share),
          ),
    chart:
      rows.length === 0
        ? undefined
        : bars(
            rows.map((row) => ({
              label: name(row),
              from: 0,
              to: Number(row['people']),
              text: format.count(row['people'] ?? null),
              series: 'in',
            })),
            countAxis,
          ),
    table: martTable(context, {
      id: 'value-spread-table',
      caption: words.caption,
      columns: [
        { column: 'band', unit: 'text', label: words.band, show: name },
        { column: 'people', unit: 'count', label: words.people },
        { column: 'value', unit: 'money', label: messages.audience.engagement.value },
      ],
      rows,
    }),
  });
}

async function cohorts(context: Context): Promise<Html> {
  const { reader, messages, format } = context;
  const words = messages.audience.cohorts;
  const rows = await reader.rows(
    [table],
    `select signup_month, count(*) as people, count(*) filter (where order_count > 0) as buyers,
        sum(ltv_to_date_amount) as value, sum(ltv_to_date_amount) / count(ltv_to_date_amount) as per_person
      from ${table} group by 1 order by 1 nulls last`,
  );
  const dated = rows.filter((row) => row['signup_month'] !== null && row['per_person'] !== null);
  // The mean of a handful of people says nothing about a month.
  const best = dated
    .filter((row) => Number(row['people']) >= smallCohort)
    .toSorted((a, b) => Number(b['per_person']) - Number(a['per_person']))[0];
  return await figure(context, {
    id: 'cohorts',
    title: words.title,
    finding:
      best === undefined
        ? words.empty
        : words.finding(format.month(String(best['signup_month'])), format.money(best['per_person'] ?? null)),
    chart:
      dated.length === 0
        ? undefined
        : columns(
            dated.slice(-36).map((row) => ({
              x: format.shortMonth(String(row['signup_month'])),
              y: numberOf(row['per_person']),
              series: words.perPerson,
            })),
            moneyAxis(
              format,
              dated.slice(-36).map((row) => numberOf(row['per_person'])),
            ),
          ),
    table: martTable(context, {
      id: 'cohorts-table',
      caption: words.caption,
      columns: [
        {
          column: 'signup_month',
          unit: 'month',
          show: (row) => (row['signup_month'] === null ? words.unknown : format.month(String(row['signup_month']))),
        },
        { column: 'people', unit: 'count', label: words.people },
        { column: 'buyers', unit: 'count', label: words.buyers },
        { column: 'value', unit: 'money', label: messages.audience.engagement.value },
        { column: 'per_person', unit: 'money', label: words.perPerson },
      ],
      rows: rows.toReversed().slice(0, 120),
    }),
  });
}
