import { nearest } from '../../config/suggest.ts';
import { alertRules, ruleMetrics } from '../../transform/metric-alerts.ts';
import { loadMetricCatalog } from '../../transform/metric-catalog.ts';
import { metricPage } from '../../transform/metric-page.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ExitName } from '../exit-codes.ts';
import { tableText } from '../table.ts';

/** `mailmart metrics [NAME]`: the metric dictionary, from the catalog in the program; works offline and without a project. */
export async function metrics({ output }: Context, name: string | undefined): Promise<ExitName> {
  const catalog = loadMetricCatalog();
  const ruled = new Set(ruleMetrics(catalog).map(({ key }) => key));
  if (name === undefined) {
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
    return 'done';
  }
  const wanted = name.toLowerCase().replaceAll('-', '_');
  const metric = catalog.metrics.find(({ key }) => key === wanted);
  if (metric === undefined) {
    const keys = catalog.metrics.map(({ key }) => key);
    const suggestion = nearest(wanted, keys);
    throw new CliError({
      code: 'USAGE',
      exit: 'usage',
      what: `There is no metric ${wanted.slice(0, 60)}.`,
      fix: suggestion === undefined ? 'See all metrics: mailmart metrics' : `Did you mean ${suggestion}?`,
    });
  }
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
  output.data(metricPage(catalog, metric, { heading: '' }).trimEnd());
  return 'done';
}
