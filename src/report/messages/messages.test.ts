import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadMetricCatalog, type MetricCatalog } from '../../transform/metric-catalog.ts';
import { sqlFolder } from '../../transform/sql-folder.ts';
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
