import type { Format, Unit } from '../format.ts';
import type { Spec } from './render.ts';
import { seriesColors, seriesDashes, seriesShapes } from './theme.ts';

/** How wide the picture is drawn: once for a desk and once for a telephone. */
export type Size = { readonly width: number; readonly isNarrow: boolean };
export type Chart = (size: Size) => Spec;

/** Whole numbers in short: 3, 20k. Nobody sent half a mail. */
export const countAxis: Axis = { format: '~s', isWhole: true };

/** Money has its currency beside each number; amounts of a few units have their cents, where the currency has any. */
export function moneyAxis({ currencyMarks, currencyDigits }: Format, values: readonly (number | null)[]): Axis {
  const isSmall = Math.max(...values.map((value) => Math.abs(value ?? 0))) < 10;
  return { format: isSmall ? `.${currencyDigits}f` : '~s', marks: currencyMarks, isWhole: currencyDigits === 0 };
}

/** The axis of a metric's unit; `rates`: how shares are written. */
export function unitAxis(unit: Unit, format: Format, values: readonly (number | null)[], rates: string): Axis {
  if (unit === 'money') return moneyAxis(format, values);
  return unit === 'count' ? countAxis : { format: unit === 'rate' ? rates : '~s' };
}

type Axis = {
  readonly format: string;
  readonly title?: string;
  /** What stands before and behind each number, after its sign. */
  readonly marks?: Format['currencyMarks'];
  /** Nothing is written between two whole numbers. */
  readonly isWhole?: boolean;
};
type Point = { readonly x: string; readonly y: number | null; readonly series: string };
type Rule = { readonly y: number; readonly label: string };

const height = 210;

/** Lines over time; each series has colour, dash and point shape of its own. */
export function lines(points: readonly Point[], y: Axis, rules: readonly Rule[] = []): Chart {
  const series = unique(points.map((point) => point.series));
  const isDense = points.length / Math.max(1, series.length) > 40;
  return ({ width, isNarrow }) => ({
    ...whole(width),
    layer: [
      {
        data: { values: points },
        mark: { type: 'line', strokeWidth: 2, ...(isDense ? {} : { point: { size: 26, filled: true } }) },
        encoding: {
          x: timeAxis(points, width),
          y: { field: 'y', type: 'quantitative', axis: valueAxis(y), scale: { zero: true } },
          color: scale(series, seriesColors, isNarrow),
          strokeDash: { ...scale(series, seriesDashes, isNarrow), ...(isDense ? {} : { legend: null }) },
          ...(isDense ? {} : { shape: scale(series, seriesShapes, isNarrow) }),
        },
      },
      ...rules
        .map(({ y: at, label }) => ({ at, label, ...freePlace(points, series, at, label, width) }))
        .flatMap(({ at, label, share, isAbove }) => [
          {
            data: { values: [{ y: at }] },
            mark: { type: 'rule', strokeDash: [3, 3], color: 'var(--bad)' },
            encoding: { y: { field: 'y', type: 'quantitative' } },
          },
          {
            data: { values: [{ y: at, label }] },
            mark: {
              type: 'text',
              align: share === 0 ? 'left' : share === 1 ? 'right' : 'center',
              baseline: isAbove ? 'bottom' : 'top',
              dx: share === 0 ? 3 : share === 1 ? -3 : 0,
              dy: isAbove ? -3 : 4,
              color: 'var(--bad)',
            },
            encoding: {
              x: { value: { expr: `${share} * width` } },
              y: { field: 'y', type: 'quantitative' },
              text: { field: 'label' },
            },
          },
        ]),
    ],
  });
}

/** Where the words at a rule lie on the fewest lines: at its end, its start or its middle, above or below it. */
function freePlace(
  points: readonly Point[],
  series: readonly string[],
  at: number,
  label: string,
  width: number,
): { readonly share: number; readonly isAbove: boolean } {
  const months = unique(points.map(({ x }) => x));
  const size = Math.max(0, at, ...points.map(({ y }) => y ?? 0)) - Math.min(0, at, ...points.map(({ y }) => y ?? 0));
  const tall = (20 / 140) * size;
  const wide = Math.min(1, (label.length * 6.4 + 8) / (width - 50));
  // Four steps from each point to the next.
  const traces = series.flatMap((name) => {
    const values = new Map(points.filter((point) => point.series === name).map(({ x, y }) => [x, y]));
    return months.flatMap((month, index) => {
      const from = values.get(month) ?? null;
      const to = values.get(months[index + 1] ?? month) ?? null;
      if (from === null) return [];
      return [0, 0.25, 0.5, 0.75].flatMap((step) =>
        step > 0 && to === null
          ? []
          : [{ x: (index + 0.5 + step) / months.length, y: from + ((to ?? from) - from) * step }],
      );
    });
  });
  const places = [1, 0, 0.5].flatMap((share) =>
    [true, false].map((isAbove) => {
      const left = share * (1 - wide);
      const low = isAbove ? at : at - tall;
      const hits = traces.filter(({ x, y }) => x >= left && x <= left + wide && y >= low && y <= low + tall);
      return { share, isAbove, hits: hits.length };
    }),
  );
  return places.toSorted((a, b) => a.hits - b.hits)[0] ?? { share: 1, isAbove: true };
}

/** Bars over time, stacked when there are several series; values below 0 go down. */
export function columns(points: readonly Point[], y: Axis): Chart {
  const series = unique(points.map((point) => point.series));
  return ({ width, isNarrow }) => ({
    ...whole(width),
    layer: [
      {
        data: { values: points.map((point) => ({ ...point, order: series.indexOf(point.series) })) },
        mark: { type: 'bar', stroke: 'var(--card)', strokeWidth: series.length > 1 ? 0.6 : 0 },
        encoding: {
          x: timeAxis(points, width),
          y: { field: 'y', type: 'quantitative', axis: valueAxis(y), stack: 'zero' },
          color: series.length > 1 ? scale(series, seriesColors, isNarrow) : { value: seriesColors[0] },
          order: { field: 'order', type: 'quantitative' },
        },
      },
      ...(points.some((point) => (point.y ?? 0) < 0) ? [zeroLine('y')] : []),
    ],
  });
}

/** Stacked areas over time. */
export function areas(points: readonly Point[], y: Axis): Chart {
  const series = unique(points.map((point) => point.series));
  return ({ width, isNarrow }) => ({
    ...whole(width),
    data: { values: points.map((point) => ({ ...point, order: series.indexOf(point.series) })) },
    mark: { type: 'area', stroke: 'var(--card)', strokeWidth: 0.6 },
    encoding: {
      x: timeAxis(points, width),
      y: { field: 'y', type: 'quantitative', axis: valueAxis(y), stack: 'zero' },
      color: scale(series, seriesColors, isNarrow),
      order: { field: 'order', type: 'quantitative' },
    },
  });
}

export type Bar = {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly series: string;
  /** Bars of the same row stand side by side; each has its own when absent. */
  readonly row?: string;
};

/** The longest bar is this long at least. */
const shortestBars = 60;

/** Horizontal bars with their value in words at the end: rankings and the steps from revenue to profit. */
export function bars(given: readonly Bar[], x: Axis, options: { readonly legend?: boolean } = {}): Chart {
  const series = unique(given.map((bar) => bar.series));
  const values = given.map((bar, index) => ({ ...bar, id: bar.row ?? `${index}`, end: Math.max(bar.from, bar.to) }));
  const ids = unique(values.map((bar) => bar.id));
  const labels = new Map(values.map((bar) => [bar.id, bar.label]));
  const low = Math.min(0, ...given.flatMap(({ from, to }) => [from, to]));
  const high = Math.max(0, ...given.flatMap(({ from, to }) => [from, to]));
  return ({ width, isNarrow }) => {
    // Room for the words at the end of the longest bar; long ones take it from the names, but for what names one.
    const words = longest(given.map((bar) => bar.text)) * 6.6 + 12;
    const limit = Math.max(70, Math.min(isNarrow ? 122 : 210, width - 20 - words - shortestBars));
    const names = Math.min(limit, longest(given.map((bar) => bar.label)) * 6.4);
    const room = Math.min(0.85, words / (width - names - 20));
    const domain = [low * 1.04, high + ((high - low || 1) * room) / (1 - room)];
    return {
      ...whole(width, Math.max(70, ids.length * 24 + 26 + (options.legend === true ? 26 : 0))),
      data: { values },
      encoding: {
        y: namedRows(
          ids.map((id) => labels.get(id) ?? ''),
          ids,
          limit,
        ),
      },
      layer: [
        {
          mark: { type: 'bar' },
          encoding: {
            x: {
              field: 'from',
              type: 'quantitative',
              axis: { ...valueAxis(x), tickCount: isNarrow ? 3 : 5 },
              scale: { domain, nice: false },
            },
            x2: { field: 'to' },
            color: options.legend === true ? scale(series, seriesColors, isNarrow) : barColor,
          },
        },
        zeroLine('x'),
        {
          mark: { type: 'text', align: 'left', dx: 4 },
          encoding: { x: { field: 'end', type: 'quantitative' }, text: { field: 'text' } },
        },
      ],
    };
  };
}

export type Interval = {
  readonly label: string;
  readonly low: number;
  readonly value: number;
  readonly high: number;
  readonly isProven: boolean;
};

/** Differences to a control with their intervals; filled where the verdict is proven, hollow where it is not. */
export function intervals(rows: readonly Interval[], x: Axis): Chart {
  const values = rows.map((row, index) => ({ ...row, id: `${index}` }));
  const quantity = { type: 'quantitative', axis: { ...valueAxis(x), labelOverlap: true }, scale: { zero: true } };
  return ({ width, isNarrow }) => ({
    ...whole(width, rows.length * 22 + 44),
    data: { values },
    encoding: {
      y: namedRows(
        rows.map((row) => row.label),
        values.map((row) => row.id),
        isNarrow ? 140 : 230,
      ),
    },
    layer: [
      zeroLine('x'),
      {
        mark: { type: 'rule', strokeWidth: 2, color: 'var(--c1)' },
        encoding: { x: { field: 'low', ...quantity }, x2: { field: 'high' } },
      },
      {
        mark: { type: 'point', size: 60, strokeWidth: 2, stroke: 'var(--c1)' },
        encoding: {
          x: { field: 'value', ...quantity },
          fill: { condition: { test: 'datum.isProven', value: 'var(--c1)' }, value: 'var(--card)' },
        },
      },
    ],
  });
}

/** A cloud of one point a row, with rules at the medians. */
export function points(
  rows: readonly { readonly x: number; readonly y: number; readonly series: string }[],
  x: Axis,
  y: Axis,
): Chart {
  const series = unique(rows.map((row) => row.series));
  return ({ width, isNarrow }) => ({
    ...whole(width, height + 40),
    data: { values: rows },
    mark: { type: 'point', filled: true, size: 42, opacity: 0.8 },
    encoding: {
      x: { field: 'x', type: 'quantitative', axis: valueAxis(x), scale: { zero: true } },
      y: { field: 'y', type: 'quantitative', axis: valueAxis(y), scale: { zero: true } },
      color: scale(series, seriesColors, isNarrow),
      shape: scale(series, seriesShapes, isNarrow),
    },
  });
}

/** One line a row, in order; two rows may have the same name. */
function namedRows(names: readonly string[], ids: readonly string[], limit: number): Spec {
  const list = ids.map((id, index) => `${JSON.stringify(id)}:${JSON.stringify(names[index] ?? '')}`);
  return {
    field: 'id',
    type: 'nominal',
    sort: null,
    axis: {
      title: null,
      labelExpr: `({${list.join(',')}})[datum.value]`,
      ticks: false,
      domain: false,
      labelColor: 'var(--text)',
      labelLimit: limit,
    },
    scale: { domain: ids, paddingInner: 0.28 },
  };
}

const barColor = {
  field: 'series',
  type: 'nominal',
  legend: null,
  scale: { domain: ['in', 'out', 'total', 'loss'], range: ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--bad)'] },
};

/** The width is that of the whole picture, labels included. */
function whole(width: number, tall = height): Spec {
  return { width, height: tall, autosize: { type: 'fit', contains: 'padding' } };
}

function valueAxis({ format, title, marks, isWhole = false }: Axis): Spec {
  const labels =
    marks === undefined
      ? // The ticks of an axis share their unit: left alone, zero would be 0k.
        { format, ...(format.endsWith('s') ? { labelExpr: `datum.value === 0 ? '0' : datum.label` } : {}) }
      : {
          labelExpr: `(datum.value < 0 ? '−' : '') + ${JSON.stringify(marks[0])} + format(abs(datum.value), '${format}') + ${JSON.stringify(marks[1])}`,
        };
  const steps = isWhole ? { tickMinStep: 1 } : {};
  return { title: title ?? null, ...labels, tickCount: 5, ...steps, domain: false, ticks: false };
}

/** Text labels in their given order: words of the page's language, not of the chart library's. */
function timeAxis(rows: readonly { readonly x: string }[], width: number): Spec {
  const labels = unique(rows.map((row) => row.x));
  const room = longest(labels) * 6 + 22;
  const step = Math.max(1, Math.ceil(labels.length / Math.max(2, Math.floor((width - 50) / room))));
  return {
    field: 'x',
    type: 'ordinal',
    sort: null,
    // One month alone is a bar, not a wall.
    scale: { domain: labels, ...(labels.length < 4 ? { paddingOuter: 1.5 } : {}) },
    axis: {
      title: null,
      labelAngle: 0,
      values: labels.filter((_, index) => (labels.length - 1 - index) % step === 0),
      labelFlush: false,
      grid: false,
    },
  };
}

function scale(domain: readonly string[], range: readonly unknown[], isNarrow: boolean): Spec {
  return {
    field: 'series',
    type: 'nominal',
    sort: null,
    scale: { domain, range: domain.map((_, index) => range[index % range.length]) },
    legend: domain.length < 2 ? null : { columns: legendColumns(domain, isNarrow) },
  };
}

/** As many as fit beside each other; else two under two. */
function legendColumns(domain: readonly string[], isNarrow: boolean): number {
  const needed = domain.reduce((sum, name) => sum + name.length * 7 + 26, 0);
  return needed <= (isNarrow ? 300 : 520) ? domain.length : isNarrow && domain.some((name) => name.length > 20) ? 1 : 2;
}

function zeroLine(channel: 'x' | 'y'): Spec {
  return {
    data: { values: [{ zero: 0 }] },
    mark: { type: 'rule', color: 'var(--axis)' },
    encoding: { [channel]: { field: 'zero', type: 'quantitative' }, ...(channel === 'x' ? { y: null } : {}) },
  };
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}

function longest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}
