import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row } from '../contracts/sync.ts';
import { loadMetricCatalog } from '../transform/metric-catalog.ts';
import { openPublished, publishTo } from '../warehouse/duckdb/index.ts';
import type { Column } from '../warehouse/port.ts';
import type { Context } from './context.ts';
import { createFormat } from './format.ts';
import { languages, type Language } from './messages/index.ts';
import { createReader, type Fields, type Reader } from './reader.ts';

/** What the report looks at, as far as a test needs it: rows where the section reads some, a part of the period. */
export type Parts = {
  readonly reader?: Partial<Reader>;
  readonly period?: Partial<Context['period']>;
};

/** With the report's own words, numbers and catalog. */
export function contextOf(language: Language, parts: Parts = {}): Context {
  const messages = languages[language];
  return {
    messages,
    format: createFormat(messages.locale, 'Europe/Berlin', 'EUR'),
    catalog: loadMetricCatalog(),
    company: { name: 'Acme', time_zone: 'Europe/Berlin', currency: 'EUR' },
    ...parts,
  } as Context;
}

/** A reader whose every answer is these rows. */
export const always = (rows: readonly Fields[], first?: Fields): Reader => ({
  rows: () => Promise.resolve(rows),
  first: () => Promise.resolve(first),
  has: () => true,
});

export type Published = { readonly name: string; readonly columns: readonly Column[]; readonly rows: readonly Row[] };

/** Looks through a real reader at a published copy that has these tables. */
export async function withPublished<T>(
  tables: readonly Published[],
  look: (context: Context) => Promise<T>,
  language: Language = 'en',
  parts: Omit<Parts, 'reader'> = {},
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-report-'));
  try {
    const file = join(folder, 'published.duckdb');
    const streams = tables.map(({ rows, ...table }) => ({ ...table, rows: streamOf(rows) }));
    await publishTo(file)(streams, { runId: 'r1', publishedAt: '2026-06-30T12:00:00.000Z' });
    const published = await openPublished(file);
    try {
      return await look(contextOf(language, { ...parts, reader: await createReader(published) }));
    } finally {
      published.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* streamOf(rows: readonly Row[]): AsyncIterable<Row> {
  yield* rows;
}

/** Columns of text. */
export const texts = (...names: readonly string[]): readonly Column[] =>
  names.map((name) => ({ name, type: 'string' }));

/** All figures of a section as one text. */
export const joined = (figures: readonly { readonly markup: string }[]): string =>
  figures.map(({ markup }) => markup).join('');
