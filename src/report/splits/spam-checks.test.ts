import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import { loadMetricCatalog } from '../../transform/metric-catalog.ts';
import { openPublished, publishTo } from '../../warehouse/duckdb/index.ts';
import type { Column } from '../../warehouse/port.ts';
import type { Context } from '../context.ts';
import { createFormat } from '../format.ts';
import { languages } from '../messages/index.ts';
import { createReader } from '../reader.ts';
import { spamFigure } from './spam-checks.ts';

const text = (...names: readonly string[]): readonly Column[] => names.map((name) => ({ name, type: 'string' }));
const campaigns = text('source', 'account_id', 'campaign_id', 'name');
const columns: readonly Column[] = [
  ...text('source', 'account_id', 'campaign_id', 'name', 'domain', 'tool', 'placement_by_provider'),
  { name: 'day', type: 'date' },
  { name: 'score', type: 'double' },
  { name: 'threshold_score', type: 'double' },
  { name: 'is_passed', type: 'bool' },
  { name: 'inbox_placement_rate', type: 'double' },
];
const check = (more: Row): Row => ({
  source: 'esp',
  account_id: 'shop',
  domain: null,
  tool: 'filter',
  placement_by_provider: null,
  day: '2026-06-29',
  score: 9,
  threshold_score: 8,
  is_passed: true,
  inbox_placement_rate: null,
  ...more,
});

async function figureOf(rows: readonly Row[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-spam-'));
  const all = async function* (given: readonly Row[]) {
    yield* given;
  };
  try {
    const file = join(folder, 'published.duckdb');
    await publishTo(file)(
      [
        { name: 'marts.spam_checks', columns, rows: all(rows) },
        { name: 'marts.campaign_performance', columns: campaigns, rows: all([]) },
      ],
      { runId: 'r1', publishedAt: '2026-06-30T12:00:00.000Z' },
    );
    const published = await openPublished(file);
    try {
      const context = {
        reader: await createReader(published),
        messages: languages.en,
        format: createFormat('en-GB', 'Europe/Berlin', 'EUR'),
        catalog: loadMetricCatalog(),
      } as unknown as Context;
      return (await spamFigure(context)).markup;
    } finally {
      published.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('a campaign that was checked before it is sent has its name; one that nobody named, its id', async () => {
  const html = await figureOf([
    check({ campaign_id: 'c1', name: 'Sale of July' }),
    check({ campaign_id: 'c2', name: null }),
    check({ campaign_id: null, name: null, domain: 'acme.example' }),
  ]);
  expect([...html.matchAll(/<bdi>([^<]*)<\/bdi><\/th>/g)].map(([, name]) => name)).toEqual([
    'Sale of July',
    'c2',
    'acme.example',
  ]);
  expect(html).toContain('>Sale of July</text>');
});

test('the axis of scores counts to 10, not to a power of ten', async () => {
  const html = await figureOf([check({ campaign_id: 'c1', name: 'Sale of July', score: 9.9 })]);
  expect(html).toContain('>10</text>');
  expect(html).not.toMatch(/\de[+-]/);
});
