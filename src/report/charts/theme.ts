import type { Format } from '../format.ts';

/** Colours are variables of the style sheet, so that the picture follows light, dark, forced colours and print. */
export const seriesColors = ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)', 'var(--c6)'] as const;

/** What the marks of all charts share, so that it is said once. */
export const chartStyles =
  'svg text{font-size:11px}svg text:not([fill]){fill:var(--muted)}svg .middle{text-anchor:middle}svg .end{text-anchor:end}' +
  'svg .thin{stroke:var(--grid)}svg .rule{stroke:var(--axis)}';

/** Second mark of each series beside its colour. */
export const seriesDashes = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 2, 2, 2],
  [10, 4],
  [4, 4],
] as const;
export const seriesShapes = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'] as const;

export function chartConfig(format: Format): Readonly<Record<string, unknown>> {
  const text = { labelFont: 'inherit', titleFont: 'inherit', labelFontSize: 11, titleFontSize: 11 };
  return {
    aria: false,
    background: null,
    font: 'inherit',
    padding: { left: 2, right: 8, top: 4, bottom: 2 },
    view: { stroke: null },
    axis: {
      ...text,
      labelColor: 'var(--muted)',
      titleColor: 'var(--muted)',
      titleFontWeight: 'normal',
      gridColor: 'var(--grid)',
      domainColor: 'var(--axis)',
      tickColor: 'var(--axis)',
      labelLimit: 200,
    },
    legend: {
      ...text,
      orient: 'top',
      direction: 'horizontal',
      // From the left edge of the picture, not of the bars: names may take half of a narrow one.
      layout: { frame: 'bounds' },
      title: null,
      labelColor: 'var(--text)',
      labelLimit: 220,
      symbolSize: 90,
      symbolStrokeWidth: 2,
      offset: 6,
    },
    text: { font: 'inherit', color: 'var(--text)', fontSize: 11 },
    locale: {
      number: { decimal: format.decimalMark, thousands: format.groupMark, grouping: [3], currency: ['', ''] },
    },
  };
}
