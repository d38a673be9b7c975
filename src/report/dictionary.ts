import type { DictionaryWords } from '../transform/dictionary-words.ts';
import type { Metric, MetricCatalog } from '../transform/metric-catalog.ts';
import { phrase } from './context.ts';
import { dictionary } from './messages/vi-dictionary.ts';
import { languages } from './messages/index.ts';

/** The metric dictionary in Vietnamese: the catalog with its texts translated, as the report has them, and the words around them. */
export function vietnameseDictionary(catalog: MetricCatalog): {
  readonly catalog: MetricCatalog;
  readonly words: DictionaryWords;
} {
  const say = (text: string): string => phrase(languages.vi, text);
  const metrics = catalog.metrics.map((metric): Metric => ({
    ...metric,
    name: say(metric.name),
    question: say(metric.question),
    grain: say(metric.grain),
    window: say(metric.window),
    bias: say(metric.bias),
    ...(metric.threshold !== undefined && {
      threshold: { ...metric.threshold, text: say(metric.threshold.text), source: say(metric.threshold.source) },
    }),
    esp: Object.fromEntries(
      Object.entries(metric.esp).map(([vendor, shown]) => [
        vendor,
        {
          ...shown,
          difference: shown.difference === 'None' ? languages.vi.metricPages.same : say(shown.difference),
        },
      ]),
    ),
  }));
  return { catalog: { ...catalog, metrics }, words: dictionary };
}
