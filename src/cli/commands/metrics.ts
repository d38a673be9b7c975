import type { Language } from '../../contracts/report-language.ts';
import { nearest } from '../../config/suggest.ts';
import { englishDictionary, type DictionaryWords } from '../../transform/dictionary-words.ts';
import { alertRules, ruleMetrics } from '../../transform/metric-alerts.ts';
import { loadMetricCatalog, type Metric, type MetricCatalog } from '../../transform/metric-catalog.ts';
import { dictionaryColumns, dictionaryRow, metricPage, metricsDocument } from '../../transform/metric-page.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import { csvText } from '../csv.ts';
import { excludeEachOther } from '../exclude-each-other.ts';
import { tableText } from '../table.ts';

export type MetricsFlags = { readonly csv?: boolean; readonly markdown?: boolean; readonly lang?: Language };

/** The catalog with its texts in a language, and the words around them. */
type Dictionary = { readonly catalog: MetricCatalog; readonly words: DictionaryWords };

async function dictionaryIn(language: Language): Promise<Dictionary> {
  const catalog = loadMetricCatalog();
  if (language === 'en') return { catalog, words: englishDictionary };
  // The report's words are many: who asks in English need not wait for them.
  const { vietnameseDictionary } = await import('../../report/dictionary.ts');
  return vietnameseDictionary(catalog);
}

/** `mailmart metrics [NAME]`: the metric dictionary, from the catalog in the program; works offline and without a project. */
export async function metrics(context: Context, name: string | undefined, flags: MetricsFlags): Promise<ExitName> {
  const { output } = context;
  const dictionary = await dictionaryIn(flags.lang ?? 'en');
  const { catalog, words } = dictionary;
  excludeEachOther({ '--csv': flags.csv, '--markdown': flags.markdown, '--json': output.json });
  const metric = name === undefined ? undefined : named(catalog, name);
  if (flags.csv === true) {
    const rows = (metric === undefined ? catalog.metrics : [metric]).map((each) => dictionaryRow(catalog, each, words));
    output.data(csvText(dictionaryColumns, rows, { raw: false }).trimEnd());
  } else if (flags.markdown === true) {
    output.data(
      (metric === undefined ? metricsDocument(catalog, words) : metricPage(catalog, metric, { words })).trimEnd(),
    );
  } else if (metric === undefined) list(context, catalog);
  else show(context, dictionary, metric);
  return 'done';
}

function named(catalog: MetricCatalog, name: string): Metric {
  const wanted = name.toLowerCase().replaceAll('-', '_');
  const metric = catalog.metrics.find(({ key }) => key === wanted);
  if (metric !== undefined) return metric;
  const suggestion = nearest(
    wanted,
    catalog.metrics.map(({ key }) => key),
  );
  throw new CliError({
    code: 'USAGE',
    exit: 'usage',
    what: `There is no metric ${wanted.slice(0, 60)}.`,
    fix: suggestion === undefined ? 'See all metrics: mailmart metrics' : `Did you mean ${suggestion}?`,
  });
}

function list({ output }: Context, catalog: MetricCatalog): void {
  const ruled = new Set(ruleMetrics(catalog).map(({ key }) => key));
  output.document('metrics', {
    metrics: catalog.metrics.map((metric) => ({
      key: metric.key,
      name: metric.name,
      article: metric.article ?? null,
      mart: metric.mart,
      column: metric.column,
      unit: metric.unit,
      direction: metric.direction,
      question: metric.question,
      has_alert: ruled.has(metric.key),
    })),
  });
  const listed = catalog.metrics.toSorted((a, b) => (a.article ?? 99) - (b.article ?? 99));
  output.data(
    tableText(
      ['article', 'key', 'name', 'unit', 'alert'],
      listed.map(({ article, key, name: title, unit }) => [
        article ?? '',
        key,
        title,
        unit,
        ruled.has(key) ? 'yes' : '',
      ]),
    ),
  );
  output.say('One of them: mailmart metrics NAME');
}

function show({ output }: Context, { catalog, words }: Dictionary, metric: Metric): void {
  const rules = alertRules(catalog).filter(({ rule }) => rule === metric.key);
  output.document('metrics', {
    metric: {
      ...metric,
      article: metric.article ?? null,
      denominator: metric.denominator ?? null,
      threshold: metric.threshold ?? null,
      alert: undefined,
      rules: rules.map(({ kind, scope, threshold_value: value, severity, margin, close_after: closeAfter }) => ({
        kind,
        scope,
        threshold_value: value,
        severity,
        margin,
        close_after: closeAfter,
      })),
      advice: metric.article === undefined ? null : (catalog.advice[metric.article] ?? null),
    },
  });
  output.data(metricPage(catalog, metric, { heading: '', words }).trimEnd());
}
