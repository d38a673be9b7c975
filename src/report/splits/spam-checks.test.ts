import { expect, test } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../../warehouse/port.ts';
import { texts, withPublished } from '../context.fixture.ts';
import { spamFigure } from './spam-checks.ts';

const campaigns = texts('source', 'account_id', 'campaign_id', 'name');
const columns: readonly Column[] = [
  ...texts('source', 'account_id', 'campaign_id', 'name', 'domain', 'tool', 'placement_by_provider'),
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

const figureOf = async (rows: readonly Row[]): Promise<string> =>
  await withPublished(
    [
      { name: 'marts.spam_checks', columns, rows },
      { name: 'marts.campaign_performance', columns: campaigns, rows: [] },
    ],
    async (context) => (await spamFigure(context)).markup,
  );

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
