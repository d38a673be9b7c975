import type { Context } from '../context.ts';
import { columnName, phrase } from '../context.ts';
import { columns, countAxis, lines, moneyAxis, type Chart } from '../charts/shapes.ts';
import { figure, type Figure } from '../figure.ts';
import type { Html } from '../html.ts';
import type { Sums } from '../kpis/campaign-sums.ts';
import type { Kpis } from '../kpis/select.ts';
import { martTable, type TableColumn } from '../mart-table.ts';
import { monthsBetween } from '../calendar.ts';
import type { Fields } from '../reader.ts';
import { numberOf } from '../reader.ts';

/** Newest months that are drawn; older ones would crowd the axis. */
const mostMonths = 24;

type Month = { readonly month: string; readonly label: string; readonly sums: ReadonlyMap<string, Sums> };

/** Its finding is plain text, which can stand for the picture. */
export type Trend = Figure & { readonly finding: string };

/** What was sent and what it brought, by month of sending. */
export function trends(context: Context, kpis: Kpis): readonly Trend[] {
  const months = monthsOf(context, kpis);
  return months.length === 0 ? [] : [sent(context, months), money(context, months)];
}

/** Who opened, by month of sending. */
export async function openerFigure(context: Context, kpis: Kpis): Promise<readonly Html[]> {
  const months = monthsOf(context, kpis);
  return months.length === 0 ? [] : [await figure(context, machine(context, months))];
}

function monthsOf({ period, format }: Context, { byMonth }: Kpis): readonly Month[] {
  const all =
    period.firstSend === null || period.lastSend === null ? [] : monthsBetween(period.firstSend, period.lastSend);
  return all
    .slice(-mostMonths)
    .map((month): Month => ({ month, label: format.shortMonth(month), sums: byMonth.get(month) ?? new Map() }));
}

function sent(context: Context, months: readonly Month[]): Trend {
  const { format, messages } = context;
  const words = messages.trends.sent;
  const peak = best(months, 'sent_count');
  return {
    ...shared(context, 'sent', words.title, months, ['sent_count']),
    finding: words.finding(
      format.count(total(months, 'sent_count').above ?? 0),
      format.count(months.reduce((sum, { sums }) => sum + (sums.get('sent_count')?.campaigns ?? 0), 0)),
      format.count(peak?.value ?? 0),
      peak === undefined ? '' : format.month(peak.month),
    ),
    chart: columns(series(context, months, ['sent_count']), countAxis),
  };
}

function machine(context: Context, months: readonly Month[]): Figure {
  const { format, messages } = context;
  const words = messages.trends.machine;
  const keys = ['human_open_count', 'machine_open_count', 'unknown_open_count'];
  const [people, machines, unknown] = keys.map((key) => total(months, key).above);
  const all = (people ?? 0) + (machines ?? 0) + (unknown ?? 0);
  const drawnKeys = (unknown ?? 0) === 0 ? keys.slice(0, 2) : keys;
  return {
    ...shared(context, 'machine', words.title, months, keys),
    finding:
      machines === null || machines === undefined || all === 0
        ? words.none
        : words.finding(format.percent(machines / all), format.count(machines), format.count(all)),
    chart: drawn(months, drawnKeys, () => columns(series(context, months, drawnKeys), countAxis)),
  };
}

function money(context: Context, months: readonly Month[]): Trend {
  const { format, messages } = context;
  const words = messages.trends.money;
  const keys = ['net_revenue', 'profit'];
  const top = best(months, 'profit');
  return {
    ...shared(context, 'money', words.title, months, keys),
    finding:
      top === undefined
        ? words.unknown
        : words.finding(
            format.money(top.value, { short: true }),
            format.month(top.month),
            format.money(total(months, 'profit').above ?? 0, { short: true }),
          ),
    chart: drawn(months, keys, () => {
      const points = series(context, months, keys);
      return lines(
        points,
        moneyAxis(
          format,
          points.map(({ y }) => y),
        ),
      );
    }),
  };
}

/** Table and frame of a figure: one row a month, one column a measure. */
function shared(context: Context, id: string, title: string, months: readonly Month[], keys: readonly string[]) {
  const { messages } = context;
  const rows = months.map(({ month, sums }): Fields => ({
    month,
    ...Object.fromEntries(keys.map((key) => [key, sums.get(key)?.value ?? null])),
  }));
  const columns: readonly TableColumn[] = keys.map((key) => ({
    column: key,
    unit: unitOf(context, key),
    label: nameOf(context, key),
  }));
  const table = martTable(context, {
    id: `trend-${id}-table`,
    caption: messages.trends.caption(title),
    columns: [{ column: 'month', unit: 'month', label: messages.trends.month }, ...columns],
    rows,
  });
  return { id: `trend-${id}`, title, table };
}

function nameOf(context: Context, key: string): string {
  const metric = context.catalog.metrics.find((each) => each.key === key);
  return metric === undefined ? columnName(context, '', key) : phrase(context.messages, metric.name);
}

function unitOf({ catalog }: Context, key: string) {
  return catalog.metrics.find((metric) => metric.key === key)?.unit ?? 'count';
}

function series(context: Context, months: readonly Month[], keys: readonly string[]) {
  return keys.flatMap((key) =>
    months.map(({ label, sums }) => ({
      x: label,
      y: numberOf(sums.get(key)?.value),
      series: nameOf(context, key),
    })),
  );
}

/** No chart where no month has a value of any series. */
function drawn(
  months: readonly Month[],
  keys: readonly string[],
  build: (keys: readonly string[]) => Chart,
): Chart | undefined {
  const known = keys.filter((key) => months.some(({ sums }) => numberOf(sums.get(key)?.value) !== null));
  return known.length === 0 ? undefined : build(known);
}

function total(
  months: readonly Month[],
  key: string,
): { readonly above: number | null; readonly below: number | null } {
  const add = (pick: (sums: Sums) => number | null): number | null => {
    const known = months.flatMap(({ sums }) => {
      const found = sums.get(key);
      return found === undefined ? [] : (pick(found) ?? []);
    });
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
  };
  return { above: add(({ numerator }) => numberOf(numerator)), below: add(({ denominator }) => numberOf(denominator)) };
}

function best(months: readonly Month[], key: string): { readonly month: string; readonly value: number } | undefined {
  return months
    .flatMap(({ month, sums }) => {
      const value = numberOf(sums.get(key)?.value);
      return value === null ? [] : { month, value };
    })
    .toSorted((a, b) => b.value - a.value)[0];
}
