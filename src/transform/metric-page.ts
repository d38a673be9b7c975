import { alertRules } from './metric-alerts.ts';
import { formulaText, type Metric, type MetricCatalog } from './metric-catalog.ts';

/** An entry of the catalog as text: the same in `docs/metrics.md` and in `mailmart metrics NAME`. */
export function metricPage(
  catalog: MetricCatalog,
  metric: Metric,
  { heading = '###' }: { readonly heading?: string } = {},
): string {
  const { article, threshold } = metric;
  const advice = article === undefined ? undefined : catalog.advice[article];
  return [
    `${heading} ${metric.name} (\`${metric.key}\`)`.trim(),
    '',
    metric.question,
    '',
    `- Formula: \`${formulaText(metric)}\`, ${unitText[metric.unit]}`,
    `- Column: \`marts.${metric.mart}.${metric.column}\`${metric.available ? '' : ' (NULL until its inputs are connected)'}`,
    `- Grain: ${metric.grain}. Window: ${metric.window}`,
    `- Good is: ${directionText[metric.direction]}${article === undefined ? '' : `. Article: number ${article}`}`,
    ...(threshold === undefined ? [] : [`- Threshold: ${threshold.text} (${threshold.source})`]),
    ...alertLines(catalog, metric),
    `- Where it is off: ${metric.bias}`,
    ...(metric.goals.length === 0 ? [] : [`- Goals: ${metric.goals.join(', ')}`]),
    ...(advice === undefined ? [] : [`- What to do: ${advice.en}`, `- Nên làm gì: ${advice.vi}`]),
    ...vendorLines(catalog, metric),
    '',
  ].join('\n');
}

const unitText: Readonly<Record<Metric['unit'], string>> = {
  rate: 'a share, 0 to 1',
  ratio: 'a ratio',
  money: 'money in the reporting currency',
  count: 'a count',
  seconds: 'seconds',
};

const directionText: Readonly<Record<Metric['direction'], string>> = {
  up: 'more',
  down: 'less',
  neutral: 'neither more nor less by itself',
};

const kindText = {
  rise: 'a rise that is both significant and marked against the account’s own past year',
  median: 'significantly below the median of the account’s own past year',
} as const;

function alertLines(catalog: MetricCatalog, { key, unit }: Metric): readonly string[] {
  const rules = alertRules(catalog).filter(({ rule }) => rule === key);
  const [first] = rules;
  if (first === undefined) return [];
  const figure =
    unit === 'rate' ? `${Number(((first.threshold_value ?? 0) * 100).toPrecision(4))} %` : `${first.threshold_value}`;
  const what =
    first.kind === 'threshold'
      ? `${first.good_side === 'above' ? 'below' : 'at or above'} ${figure}`
      : kindText[first.kind];
  const scopes = rules.map(({ scope }) => scope).join(', ');
  const least = first.least_count > 0 ? `; from ${first.least_count} on` : '';
  return [
    `- Alert (${first.severity}): ${what}, by ${scopes}${least}; over after ${first.close_after} in a row that are back` +
      (first.kind === 'threshold' && first.margin > 0 ? ` by ${first.margin * 100} %` : ''),
  ];
}

function vendorLines({ vendors }: MetricCatalog, { esp }: Metric): readonly string[] {
  const lines = Object.entries(esp).map(([id, { name, difference, formula, scale }]) => {
    const ratio = formula === undefined ? '' : formulaText(formula);
    const shown = ratio === '' ? '' : `: \`${ratio}\`${scale === 100 ? ' in percent' : ''}`;
    return `  - ${vendors[id] ?? id}, “${name}”${shown}. ${difference.replace(/\.$/, '')}.`;
  });
  return lines.length === 0 ? [] : ['- What each service calls it, and how its own number differs:', ...lines];
}

/** The whole dictionary as Markdown. */
export function metricsDocument(catalog: MetricCatalog): string {
  const numbered = catalog.metrics.filter(({ article }) => article !== undefined);
  const byArticle = [...Map.groupBy(numbered, ({ article = 0 }) => article)].toSorted(([a], [b]) => a - b);
  const own = catalog.metrics.filter(({ article }) => article === undefined);
  return [
    '# Metrics',
    '',
    'Every metric that exists here, once: its formula, what it is compared with, what each e-mail service calls it, and what',
    'to do about it. `mailmart metrics NAME` shows an entry; `marts.metric_values` has the values; `marts.as_esp_shows` has',
    'each service’s own definition computed on the same events. Ratios are made from sums and never averaged.',
    '',
    ...byArticle.flatMap(([article, metrics]) => [
      `## ${article}. ${metrics[0]?.name ?? ''}`,
      '',
      ...metrics.map((metric) => metricPage(catalog, metric)),
    ]),
    ...(own.length === 0 ? [] : ['## Beside the 21', '', ...own.map((metric) => metricPage(catalog, metric))]),
  ].join('\n');
}

/** Columns of the dictionary as a table: one row a metric, the words of its page. */
export const dictionaryColumns = [
  'article',
  'key',
  'name',
  'question',
  'mart',
  'column',
  'formula',
  'unit',
  'good_is',
  'grain',
  'window',
  'threshold',
  'caution',
  'advice_en',
  'advice_vi',
] as const;

/** Cells of a metric, in the order of `dictionaryColumns`. */
export function dictionaryRow(catalog: MetricCatalog, metric: Metric): readonly (string | number | null)[] {
  const advice = metric.article === undefined ? undefined : catalog.advice[metric.article];
  const cells: Readonly<Record<(typeof dictionaryColumns)[number], string | number | null>> = {
    article: metric.article ?? null,
    key: metric.key,
    name: metric.name,
    question: metric.question,
    mart: metric.mart,
    column: metric.column,
    formula: formulaText(metric),
    unit: metric.unit,
    good_is: directionText[metric.direction],
    grain: metric.grain,
    window: metric.window,
    threshold: metric.threshold?.text ?? null,
    caution: metric.bias,
    advice_en: advice?.en ?? null,
    advice_vi: advice?.vi ?? null,
  };
  return dictionaryColumns.map((column) => cells[column]);
}
