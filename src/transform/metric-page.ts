import { englishDictionary, type DictionaryWords, type Scope } from './dictionary-words.ts';
import { alertRules } from './metric-alerts.ts';
import { formulaText, type Metric, type MetricCatalog } from './metric-catalog.ts';

type Options = { readonly heading?: string; readonly words?: DictionaryWords };

/** An entry of the catalog as text: the same in `docs/metrics.md` and in `mailmart metrics NAME`. */
export function metricPage(
  catalog: MetricCatalog,
  metric: Metric,
  { heading = '###', words = englishDictionary }: Options = {},
): string {
  const { article, threshold, mart, column } = metric;
  const advice = article === undefined ? undefined : catalog.advice[article];
  return [
    `${heading} ${metric.name} (\`${metric.key}\`)`.trim(),
    '',
    metric.question,
    '',
    `- ${words.formula}: \`${formulaText(metric)}\`, ${words.units[metric.unit]}`,
    `- ${words.column}: \`marts.${mart}.${column}\`${metric.available ? '' : ` (${words.notConnected})`}`,
    `- ${words.grain}: ${metric.grain}. ${words.window}: ${metric.window}`,
    `- ${words.goodIs}: ${words.directions[metric.direction]}${article === undefined ? '' : `. ${words.article(article)}`}`,
    ...(threshold === undefined ? [] : [`- ${words.threshold}: ${threshold.text} (${threshold.source})`]),
    ...alertLines(catalog, metric, words),
    `- ${words.caution}: ${metric.bias}`,
    ...(metric.goals.length === 0 ? [] : [`- ${words.goals(metric.goals)}`]),
    ...(advice === undefined ? [] : words.advice(advice).map((line) => `- ${line}`)),
    ...vendorLines(catalog, metric, words),
    '',
  ].join('\n');
}

function alertLines(catalog: MetricCatalog, { key, unit }: Metric, words: DictionaryWords): readonly string[] {
  const rules = alertRules(catalog).filter(({ rule }) => rule === key);
  const [first] = rules;
  if (first === undefined) return [];
  const figure =
    unit === 'rate' ? `${Number(((first.threshold_value ?? 0) * 100).toPrecision(4))} %` : `${first.threshold_value}`;
  const side = first.good_side === 'above' ? words.below(figure) : words.atLeast(figure);
  const what = first.kind === 'threshold' ? side : words.kinds[first.kind];
  const scopes = words.by(rules.map(({ scope }) => scope as Scope));
  const least = first.least_count > 0 ? `; ${words.from(first.least_count)}` : '';
  const over = words.over(first.close_after, first.kind === 'threshold' && first.margin > 0 ? first.margin : null);
  return [`- ${words.alert(first.severity)}: ${what}, ${scopes}${least}; ${over}`];
}

function vendorLines({ vendors }: MetricCatalog, { esp }: Metric, words: DictionaryWords): readonly string[] {
  const lines = Object.entries(esp).map(([id, { name, difference, formula, scale }]) => {
    const ratio = formula === undefined ? '' : formulaText(formula);
    const shown = ratio === '' ? '' : `: \`${ratio}\`${scale === 100 ? ` ${words.inPercent}` : ''}`;
    return `  - ${vendors[id] ?? id}, “${name}”${shown}. ${difference.replace(/\.$/, '')}.`;
  });
  return lines.length === 0 ? [] : [`- ${words.vendors}:`, ...lines];
}

/** The whole dictionary as Markdown. */
export function metricsDocument(catalog: MetricCatalog, words: DictionaryWords = englishDictionary): string {
  const numbered = catalog.metrics.filter(({ article }) => article !== undefined);
  const byArticle = [...Map.groupBy(numbered, ({ article = 0 }) => article)].toSorted(([a], [b]) => a - b);
  const own = catalog.metrics.filter(({ article }) => article === undefined);
  const page = (metric: Metric): string => metricPage(catalog, metric, { words });
  return [
    `# ${words.title}`,
    '',
    ...words.intro,
    '',
    ...byArticle.flatMap(([article, metrics]) => [
      `## ${article}. ${metrics[0]?.name ?? ''}`,
      '',
      ...metrics.map(page),
    ]),
    ...(own.length === 0 ? [] : [`## ${words.beside}`, '', ...own.map(page)]),
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
export function dictionaryRow(
  catalog: MetricCatalog,
  metric: Metric,
  words: DictionaryWords = englishDictionary,
): readonly (string | number | null)[] {
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
    good_is: words.directions[metric.direction],
    grain: metric.grain,
    window: metric.window,
    threshold: metric.threshold?.text ?? null,
    caution: metric.bias,
    advice_en: advice?.en ?? null,
    advice_vi: advice?.vi ?? null,
  };
  return dictionaryColumns.map((column) => cells[column]);
}
