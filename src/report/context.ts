import { bdi, markup, type Html } from './html.ts';
import type { MetricCatalog } from '../transform/metric-catalog.ts';
import type { Format } from './format.ts';
import type { Messages } from './messages/index.ts';
import type { Period } from './period.ts';
import type { Reader } from './reader.ts';

/** The company as the configuration states it; only what the report shows. */
export type Company = { readonly name: string; readonly time_zone: string; readonly currency: string };

/** What every section works with. */
export type Context = {
  readonly reader: Reader;
  readonly format: Format;
  readonly messages: Messages;
  readonly catalog: MetricCatalog;
  readonly period: Period;
  readonly company: Company;
};

/**
 * Name of a mart's column in words: the metric's name in the catalog, else the messages' word for a plain column, else the
 * name of the metric of campaigns that other marts, and sums of them, repeat.
 */
export function columnName(
  { catalog, messages }: Pick<Context, 'catalog' | 'messages'>,
  mart: string,
  column: string,
): string {
  const named = (table: string): string | undefined => {
    const metric = catalog.metrics.find((each) => each.mart === table && each.column === column);
    return metric === undefined ? undefined : phrase(messages, metric.name);
  };
  const words: Readonly<Record<string, string>> = messages.columns;
  return named(mart) ?? words[column] ?? named('campaign_performance') ?? column.replaceAll('_', ' ');
}

/** A text of the catalog or of a mart in the page's language; the English where it has no words for it. */
export function phrase(messages: Messages, text: string): string {
  return knownPhrase(messages, text) ?? text;
}

/** The same for the page itself, where the English is marked as such for who listens to it. */
export function translated({ messages }: Pick<Context, 'messages'>, text: string): Html {
  const known = knownPhrase(messages, text);
  if (known !== undefined) return markup`${known}`;
  return messages.language === 'en' ? bdi(text) : markup`<bdi lang="en">${text}</bdi>`;
}

/** Numbers and codes of currencies that a text names. */
const named = /\d[\d.,]*\d|\d|\b[A-Z]{3}\b/g;

/** Whole, with `{}` for its numbers, or part by part where several reasons were joined. */
function knownPhrase({ phrases }: Messages, text: string): string | undefined {
  const whole = phrases[text];
  if (whole !== undefined) return whole;
  const pattern = phrases[text.replaceAll(named, '{}')];
  if (pattern !== undefined) {
    const numbers = text.match(named) ?? [];
    return pattern.replaceAll('{}', () => numbers.shift() ?? '');
  }
  const parts = text.split(', ');
  const known = parts.length > 1 ? parts.flatMap((part) => knownPhrase({ phrases } as Messages, part) ?? []) : [];
  return known.length > 0 && known.length === parts.length ? known.join(', ') : undefined;
}

/** A word of a closed vocabulary in the page's language; a word that is not of it, such as a name, stays. */
export function wordOf(words: Readonly<Record<string, string>>, value: unknown): string {
  const word = String(value);
  return Object.hasOwn(words, word) ? (words[word] ?? word) : word;
}

/** Name of a kind of source: an e-mail service's own spelling. */
export function sourceName({ catalog, messages }: Pick<Context, 'catalog' | 'messages'>, source: unknown): string {
  return wordOf({ ...messages.values.source, ...catalog.vendors }, source);
}

export function metricOf({ catalog }: Pick<Context, 'catalog'>, key: string) {
  const metric = catalog.metrics.find((each) => each.key === key);
  if (metric === undefined) throw new Error(`sql/includes/metrics.yaml has no metric ${key}, which the report shows.`);
  return metric;
}
