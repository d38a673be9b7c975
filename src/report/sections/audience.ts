import { areas, columns, countAxis, lines } from '../charts/shapes.ts';
import { chartLabel } from '../charts/render.ts';
import { columnName, metricOf, type Context } from '../context.ts';
import { figure } from '../figure.ts';
import { bdi, markup, type Html } from '../html.ts';
import { growthDays, growthTable, windows } from '../kpis/audience-kpis.ts';
import { medianOf } from '../kpis/campaign-sums.ts';
import { martTable } from '../mart-table.ts';
import { addDays } from '../calendar.ts';
import { numberOf, type Fields } from '../reader.ts';

const activeTable = 'marts.active_audience_daily';

/** Who still reads. */
export async function activeFigures(context: Context): Promise<readonly Html[]> {
  // One day a week, counted back from the last one: every point is a cell of the mart.
  const weekly = await context.reader.rows(
    [activeTable],
    `select * from ${activeTable} where scope = 'all' and day <= date '${context.period.to}'
        and date_diff('day', day, date '${context.period.to}') % 7 = 0
        and date_diff('day', day, date '${context.period.to}') < 7 * 78
      order by day, window_days`,
  );
  const words = context.messages.audience;
  return [markup`<p>${words.intro}</p>`, await classes(context, weekly), await rates(context, weekly)];
}

async function classes(context: Context, weekly: readonly Fields[]): Promise<Html> {
  const { messages, format } = context;
  const words = messages.audience.classes;
  const rows = weekly.filter((row) => row['window_days'] === 90);
  const last = rows.at(-1);
  const names = ['active_count', 'passive_count', 'inactive_count'] as const;
  const text = (column: string): string => format.count(last?.[column] ?? 0);
  const bases: Readonly<Record<string, string>> = words.bases;
  return await figure(context, {
    id: 'audience-classes',
    title: words.title,
    finding: last === undefined ? words.empty : words.finding(text(names[0]), text(names[1]), text(names[2])),
    chart:
      rows.length < 2
        ? undefined
        : areas(
            names.flatMap((name) =>
              rows.map((row) => ({
                x: format.date(String(row['day'])),
                y: numberOf(row[name]),
                series: columnName(context, '', name),
              })),
            ),
            countAxis,
          ),
    table: martTable(context, {
      id: 'audience-classes-table',
      caption: words.caption,
      mart: 'active_audience_daily',
      keys: ['day', 'scope', 'scope_id', 'window_days'],
      columns: [
        { column: 'day', unit: 'date' },
        { column: 'mailed_count', unit: 'count' },
        ...names.map((column) => ({ column, unit: 'count' }) as const),
        { column: 'active_audience_rate', unit: 'rate' },
        { column: 'basis', unit: 'text', show: (row) => bases[String(row['basis'])] ?? String(row['basis']) },
      ],
      rows: rows.toReversed(),
    }),
  });
}

async function rates(context: Context, weekly: readonly Fields[]): Promise<Html> {
  const { messages, format, period } = context;
  const words = messages.audience.rates;
  const threshold = metricOf(context, 'active_audience').threshold?.value;
  const now = numberOf(
    weekly.findLast((row) => row['window_days'] === 90 && row['day'] === period.to)?.['active_audience_rate'],
  );
  const beforeRow = await context.reader.first(
    [activeTable],
    `select active_audience_rate from ${activeTable} where scope = 'all' and window_days = 90 and day = date '${period.previousTo}'`,
  );
  const before = numberOf(beforeRow?.['active_audience_rate']);
  const finding =
    now === null
      ? messages.audience.classes.empty
      : threshold === undefined
        ? words.plain(format.percent(now))
        : words.finding(
            format.percent(now),
            now >= threshold ? 'above' : 'below',
            format.percent(threshold),
            before === null ? null : format.points(now - before),
          );
  return await figure(context, {
    id: 'audience-rates',
    title: words.title,
    finding,
    chart:
      weekly.length < 6
        ? undefined
        : lines(
            windows.flatMap((days) =>
              weekly
                .filter((row) => row['window_days'] === days)
                .map((row) => ({
                  x: format.date(String(row['day'])),
                  y: numberOf(row['active_audience_rate']),
                  series: words.window(days),
                })),
            ),
            { format: '.0%' },
            threshold === undefined ? [] : [{ y: threshold, label: words.threshold(format.percent(threshold)) }],
          ),
    table: martTable(context, {
      id: 'audience-rates-table',
      caption: words.caption,
      mart: 'active_audience_daily',
      keys: ['day', 'scope', 'scope_id', 'window_days'],
      columns: [
        { column: 'day', unit: 'date' },
        { column: 'window_days', unit: 'count' },
        { column: 'active_audience_rate', unit: 'rate' },
      ],
      rows: weekly.filter((row) => row['window_days'] !== 90).toReversed(),
    }),
  });
}

/** Who comes and who goes. */
export async function growthFigures(context: Context): Promise<readonly Html[]> {
  const { messages, format, period, reader } = context;
  const words = messages.audience.growth;
  const since = period.firstSend ?? '0001-01-01';
  const moves = [
    { name: 'arrived', sum: 'new_count + returned_count', series: words.joined, sign: 1 },
    { name: 'unsubscribed', sum: 'unsubscribed_count', series: words.unsubscribed, sign: -1 },
    { name: 'removed', sum: 'cleaned_count + deleted_count', series: words.removed, sign: -1 },
  ];
  const months = await reader.rows(
    [growthTable],
    `select cast(date_trunc('month', day) as date) as month, sum(new_count) as new_count, sum(returned_count) as returned_count,
        sum(unsubscribed_count) as unsubscribed_count, sum(cleaned_count) as cleaned_count,
        sum(deleted_count) as deleted_count, sum(net_count) as net_count, count(*) filter (where is_first_day) as first_days,
        ${moves.map(({ name, sum }) => `coalesce(sum(${sum}) filter (where not is_first_day), 0) as ${name}`).join(', ')}
      from ${growthDays} where day between date_trunc('month', date '${since}') and date '${period.to}'
      group by 1 order by 1 desc limit 24`,
  );
  const rows = months.toReversed();
  const now = await reader.first(
    [growthTable],
    `select coalesce(sum(new_count + returned_count) filter (where not is_first_day), 0) as arrived,
        coalesce(sum(unsubscribed_count + cleaned_count + deleted_count) filter (where not is_first_day), 0) as departed,
        case when count(*) > 0 then coalesce(sum(net_count) filter (where not is_first_day), 0) end as net
      from ${growthDays} where day between date '${period.from}' and date '${period.to}'`,
  );
  const imported = importMonths(rows);
  const shown = rows.slice(imported);
  const first = await figure(context, {
    id: 'audience-growth',
    title: words.title,
    finding:
      (now?.['net'] ?? null) === null
        ? words.empty
        : words.finding(
            format.count(now?.['arrived'] ?? 0),
            format.count(now?.['departed'] ?? 0),
            format.count(now?.['net'] ?? 0),
            imported === 0 ? null : format.month(String(rows[imported - 1]?.['month'])),
            shown.some((row) => Number(row['first_days']) > 0),
          ),
    chart:
      rows.length === 0
        ? undefined
        : columns(
            moves.flatMap(({ name, sign, series }) =>
              shown.map((row) => ({
                x: format.shortMonth(String(row['month'])),
                y: sign * Number(row[name]),
                series,
              })),
            ),
            countAxis,
          ),
    table: martTable(context, {
      id: 'audience-growth-table',
      caption: words.caption,
      columns: [
        { column: 'month', unit: 'month', label: messages.trends.month },
        ...(
          ['new_count', 'returned_count', 'unsubscribed_count', 'cleaned_count', 'deleted_count', 'net_count'] as const
        ).map((column) => ({ column, unit: 'count' }) as const),
      ],
      rows: months,
    }),
  });
  return [first, await sizes(context, since)];
}

async function sizes(context: Context, since: string): Promise<Html> {
  const { messages, format, period, reader } = context;
  const words = messages.audience.size;
  const rows = await reader.rows(
    [growthTable],
    `select * from ${growthTable} where (last_day(day) = day or day = date '${period.to}') and day <= date '${period.to}'
        and day >= greatest(date '${since}', date '${addDays(period.to, -730)}') order by day, source, account_id, list_id`,
  );
  const name = (row: Fields): string => String(row['list_name'] ?? row['list_id']);
  const current = rows.filter((row) => row['day'] === period.to);
  const largest = current.toSorted((a, b) => Number(b['closing_count']) - Number(a['closing_count']));
  const drawn = new Map(largest.slice(0, 6).map((row) => [listKey(row), name(row)]));
  // Long names may end alike when they are cut: then two lists would be one line.
  const cut = [...drawn.values()].map((label) => chartLabel(label));
  const series = (row: Fields): string => {
    const label = chartLabel(name(row));
    return cut.filter((other) => other === label).length > 1 ? chartLabel(String(row['list_id']), 40) : label;
  };
  return await figure(context, {
    id: 'audience-size',
    title: words.title,
    finding:
      largest[0] === undefined
        ? messages.audience.growth.empty
        : words.finding(
            format.count(current.reduce((sum, row) => sum + Number(row['closing_count']), 0)),
            bdi(name(largest[0])),
            format.count(largest[0]['closing_count'] ?? null),
          ),
    chart:
      rows.length < 2 || largest.length === 0
        ? undefined
        : lines(
            rows
              .filter((row) => drawn.has(listKey(row)))
              .map((row) => ({
                x: format.date(String(row['day'])),
                y: numberOf(row['closing_count']),
                series: series(row),
              })),
            countAxis,
          ),
    table: martTable(context, {
      id: 'audience-size-table',
      caption: words.caption,
      mart: 'audience_growth_daily',
      keys: ['source', 'account_id', 'day', 'list_id'],
      columns: [
        { column: 'day', unit: 'date' },
        { column: 'list_id', unit: 'text', show: (row) => bdi(name(row)) },
        { column: 'closing_count', unit: 'count' },
      ],
      rows: rows.toReversed().slice(0, 100),
    }),
  });
}

/** Leading months in which a list was imported: next to them the others could not be seen. */
function importMonths(rows: readonly Fields[]): number {
  const joined = rows.map((row) => Number(row['arrived']));
  const usual = medianOf(joined) ?? 0;
  const first = joined.findIndex((count) => count <= 5 * usual);
  return usual === 0 || first < 0 ? 0 : first;
}

/** Rows of `audience_growth_daily` are of one list when they have this in common. */
function listKey(row: Fields): string {
  return JSON.stringify([row['source'], row['account_id'], row['list_id']]);
}
