import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadMetricCatalog, type MetricCatalog } from '../../transform/metric-catalog.ts';
import { severities } from '../../transform/metric-alerts.ts';
import { sqlFolder } from '../../transform/sql-folder.ts';
import { measurements } from '../../../connectors/file/measurements.ts';
import { columnName } from '../context.ts';
import { columnsOf } from '../kpis/campaign-marts.ts';
import { languages } from './index.ts';

/** Every text of the catalog that a person reads in the report. */
function textsOf({ metrics }: MetricCatalog): readonly string[] {
  return metrics.flatMap(({ name, question, grain, window, bias, threshold, esp }) => [
    name,
    question,
    grain,
    window,
    bias,
    ...(threshold === undefined ? [] : [threshold.text, threshold.source]),
    ...Object.values(esp).map(({ difference }) => difference),
  ]);
}

const numbers = /\d[\d.,]*\d|\d|\b[A-Z]{3}\b/g;

describe('Vietnamese', () => {
  const { phrases } = languages.vi;

  test('has words for every text of the catalog: whoever changes a text there translates it in vi-catalog.ts', () => {
    const texts = new Set(textsOf(loadMetricCatalog()));
    texts.delete('None');
    expect(texts.size).toBeGreaterThan(100);
    const missing = [...texts].filter((text) => !(text in phrases) && !(text.replaceAll(numbers, '{}') in phrases));
    expect(missing).toEqual([]);
  });

  test('keeps the place of every number that a text names', () => {
    const places = (text: string): number => text.split('{}').length;
    expect(Object.entries(phrases).filter(([english, own]) => places(english) !== places(own))).toEqual([]);
  });

  test('says nothing in English by mistake', () => {
    const same = leaves(languages.en).filter(([path, text]) => leafAt(languages.vi, path) === text);
    expect(same.map(([, text]) => text).toSorted()).toEqual(['Proxy', 'ltr', '–']);
  });
});

test('every measure that is compared with the sources has a word', () => {
  const model = readFileSync(join(sqlFolder(), 'definitions', 'marts', 'reconciliation.sqlx'), 'utf8');
  const measures = [...model.matchAll(/^    \["(\w+)", "\w+"\],$/gm)].map(([, measure]) => measure ?? '');
  expect(measures.length).toBeGreaterThanOrEqual(14);
  expect(measures.filter((measure) => !(measure in languages.en.reconciliation.measures))).toEqual([]);
});

/** What stands between the quotes of a model, where the pattern finds it. */
function saidBy(model: string, pattern: RegExp): readonly string[] {
  const text = readFileSync(join(sqlFolder(), 'definitions', model), 'utf8');
  return [...new Set([...text.matchAll(pattern)].map(([, word]) => word ?? ''))];
}

const { values, alerts, splits, audience } = languages.en;

/** Closed vocabularies, each from where it is written down, beside the words that readers see. */
test.each<[string, readonly string[], object]>([
  ['reputations', measurements.domain_reputations.fields.reputation.values, values.reputation],
  ['reputations of the mart', saidBy('marts/deliverability_daily.sqlx', /when \d then '(\w+)'/g), values.reputation],
  ['places of test copies', saidBy('marts/spam_checks.sqlx', /'[:,] (\w+) '/g), values.placement],
  ['groups without a name', saidBy('core/dim_campaign_variant.sqlx', /then '(winner[^']*)'/g), values.variant],
  ['unknown clients, devices and systems', saidBy('marts/client_share.sqlx', /'(\w+)' as client/g), values.program],
  ['severities', severities, alerts.severities],
  ['classes of readers', saidBy('marts/subscriber_ltv.sqlx', /(?:then|else) '(\w+)'/g), audience.engagement.classes],
  ['lengths of subjects', saidBy('marts/subject_lines.sqlx', /(?:then|else) '(\w+)'/g), splits.subjects.classes],
])('every word of the %s is said in both languages', (_, words, said) => {
  expect(words.length).toBeGreaterThan(0);
  expect(words.filter((word) => !(word in said))).toEqual([]);
});

test('every column that a metric is made of has a name in words', () => {
  const catalog = loadMetricCatalog();
  const parts = catalog.metrics.flatMap(({ mart, numerator, denominator }) =>
    [numerator, denominator ?? ''].filter((text) => text !== '').flatMap((text) => columnsOf(text, mart)),
  );
  const messages = languages.en;
  const bare = parts.filter(
    (part) => columnName({ catalog, messages }, part.mart, part.column) === part.column.replaceAll('_', ' '),
  );
  expect([...new Set(bare.map(({ column }) => column))]).toEqual([]);
});

/** All texts that take no parameter, with their path. */
function leaves(value: unknown, path = ''): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => leaves(part, path === '' ? name : `${path}/${name}`));
}

function leafAt(value: unknown, path: string): unknown {
  return path
    .split('/')
    .reduce<unknown>((part, name) => (part as Readonly<Record<string, unknown>> | undefined)?.[name], value);
}
