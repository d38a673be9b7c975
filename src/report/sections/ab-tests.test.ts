import { expect, test } from 'vitest';
import { loadMetricCatalog } from '../../transform/metric-catalog.ts';
import type { Context } from '../context.ts';
import { createFormat } from '../format.ts';
import { languages, type Language } from '../messages/index.ts';
import { testSection } from './ab-tests.ts';

test.each<[Language, string]>([
  ['en', '<bdi>Roses &amp; more</bdi> wins over <bdi>Roses</bdi>'],
  ['vi', '<bdi>Roses &amp; more</bdi> thắng <bdi>Roses</bdi>'],
])('in %s a verdict is said in the language, and the names stay', async (language, verdict) => {
  const messages = languages[language];
  const row = {
    test_id: 't1',
    campaign_name: 'Spring',
    send_date: '2026-06-24',
    variant: 'b',
    label: 'Roses',
    metric: 'open_rate',
    is_control: false,
    difference_rate: null,
    sample_warning: null,
    p_value: null,
    verdict: 'Roses & more wins over Roses',
  };
  const context = {
    reader: { rows: async () => [row] },
    messages,
    format: createFormat(messages.locale, 'Europe/Berlin', 'EUR'),
    catalog: loadMetricCatalog(),
  } as unknown as Context;
  expect((await testSection(context)).markup).toContain(verdict);
});
