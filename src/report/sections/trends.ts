import type { Context } from '../context.ts';
import { columnName, metricOf, phrase } from '../context.ts';
import { columns, lines, type Chart } from '../charts/shapes.ts';
import { figure, type Figure } from '../figure.ts';
import { markup, type Html } from '../html.ts';
import type { Sums } from '../kpis/campaign-sums.ts';
import type { Kpis } from '../kpis/select.ts';
import { martTable, type TableColumn } from '../mart-table.ts';
import { monthsBetween } from '../calendar.ts';
import type { Fields } from '../reader.ts';
import { numberOf } from '../reader.ts';

/** Newest months that are drawn; older ones would crowd the axis. */
const mostMonths = 24;

type Month = { readonly month: string; readonly label: string; readonly sums: ReadonlyMap<string, Sums> };

/** Ratios of sums by month of sending. */
export async function trendSection(context: Context, { byMonth }: Kpis): Promise<Html> {
  const { messages, period, format } = context;
  const words = messages.trends;
  const all =
    period.firstSend === null || period.lastSend === null ? [] : monthsBetween(period.firstSend, period.lastSend);
  const months = all
    .slice(-mostMonths)
    .map((month): Month => ({ month, label: format.shortMonth(month), sums: byMonth.get(month) ?? new Map() }));
  const figures =
    months.length === 0
      ? []
      : await Promise.all(
          [sent, opens, machine, clicks, bounces, leaving, results, money].map((build) =>
            figure(context, build(context, months)),
          ),
        );
  return markup`
    ${
      months.length === 0
        ? markup`<p class="empty">${words.empty}</p>`
        : markup`<p>${words.intro}</p>
            <div class="grid">${figures}</div>`
    }
  `;
}

function sent(context: Context, months: readonly Month[]): Figure {
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
    chart: columns(series(context, months, ['sent_count']), { format: '~s' }),
  };
}

function opens(context: Context, months: readonly Month[]): Figure {
  const { format, messages } = context;
  const words = messages.trends.opens;
  const [human, reported] = [overall(months, 'open_rate'), overall(months, 'open_rate_reported')];
  return {
    ...shared(context, 'opens', words.title, months, ['open_rate', 'open_rate_reported']),
    finding:
      human === null || reported === null
        ? words.unknown
        : words.finding(format.percent(human), format.percent(reported), format.number((reported - human) * 100, 1)),
    chart: drawn(months, ['open_rate', 'open_rate_reported'], (keys) =>
      lines(series(context, months, keys), { format: '.0%' }),
    ),
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
    chart: drawn(months, drawnKeys, () => columns(series(context, months, drawnKeys), { format: '~s' })),
  };
}

function clicks(context: Context, months: readonly Month[]): Figure {
  const { format, messages } = context;
  const words = messages.trends.clicks;
  const keys = ['click_rate', 'click_rate_reported', 'click_to_open_rate', 'click_to_open_rate_reported'];
  const [click, toOpen] = [overall(months, 'click_rate'), overall(months, 'click_to_open_rate')];
  return {
    ...shared(context, 'clicks', words.title, months, keys),
    finding: click === null ? words.unknown : words.finding(format.percent(click), rate(context, toOpen)),
    chart: drawn(months, keys, () => lines(series(context, months, keys), { format: '.0%' })),
  };
}

function bounces(context: Context, months: readonly Month[]): Figure {
  const { format, messages } = context;
  const words = messages.trends.bounces;
  const keys = ['hard_bounce_rate', 'soft_bounce_rate'];
  const worst = best(months, 'bounce_rate');
  const hard = overall(months, 'hard_bounce_rate');
  return {
    ...shared(context, 'bounces', words.title, months, ['bounce_rate', ...keys]),
    finding:
      hard === null || worst === undefined
        ? words.unknown
        : words.finding(
            format.percent(hard),
            rate(context, overall(months, 'soft_bounce_rate')),
            format.month(worst.month),
            format.percent(worst.value),
          ),
    chart: drawn(months, keys, () => columns(series(context, months, keys), { format: '.1%' })),
  };
}

function leaving(context: Context, months: readonly Month[]): Figure {
  const { format, messages } = context;
  const words = messages.trends.leaving;
  const keys = ['unsubscribe_rate', 'complaint_rate'];
  const limit = metricOf(context, 'complaint_rate').threshold?.value;
  const unsubscribe = overall(months, 'unsubscribe_rate');
  const rules =
    limit === undefined
      ? []
      : [{ y: limit, label: words.threshold(format.percent(limit)) }];
  return {
    ...shared(context, 'leaving', words.title, months, keys),
    finding:
      unsubscribe === null
        ? words.unknown
        : words.finding(format.percent(unsubscribe), rate(context, overall(months, 'complaint_rate'))),
    chart: drawn(months, keys, () => lines(series(context, months, keys), { format: '.2%' }, rules)),
  };
}

function results(context: Context, months: readonly Month[]): Figure {
  const words = context.messages.trends.results;
  const keys = ['conversion_rate', 'purchase_rate'];
  const [conversion, purchase] = keys.map((key) => overall(months, key));
  return {
    ...shared(context, 'results', words.title, months, keys),
    finding:
      (conversion ?? purchase ?? null) === null
        ? words.unknown
        : words.finding(rate(context, conversion ?? null), rate(context, purchase ?? null)),
    chart: drawn(months, keys, () => lines(series(context, months, keys), { format: '.0%' })),
  };
}

function money(context: Context, months: readonly Month[]): Figure {
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
    chart: drawn(months, keys, () => lines(series(context, months, keys), { format: '~s' })),
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

function overall(months: readonly Month[], key: string): number | null {
  const { above, below } = total(months, key);
  return above === null || below === null || below === 0 ? null : above / below;
}

function best(months: readonly Month[], key: string): { readonly month: string; readonly value: number } | undefined {
  return months
    .flatMap(({ month, sums }) => {
      const value = numberOf(sums.get(key)?.value);
      return value === null ? [] : { month, value };
    })
    .toSorted((a, b) => b.value - a.value)[0];
}

function rate({ format, messages }: Context, value: number | null): string {
  return value === null ? messages.notAvailable : format.percent(value);
}
