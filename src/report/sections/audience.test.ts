import { expect, test } from 'vitest';
import { loadMetricCatalog } from '../../transform/metric-catalog.ts';
import type { Context } from '../context.ts';
import { createFormat } from '../format.ts';
import { languages, type Language } from '../messages/index.ts';
import { activeFigures } from './audience.ts';

test.each<[Language, string, string]>([
  ['en', 'human', 'People'],
  ['vi', 'human', 'Người'],
  ['vi', 'human+unknown', 'Người và không phân biệt được'],
])('in %s the basis %s reads “%s”', async (language, basis, shown) => {
  const messages = languages[language];
  const row = {
    day: '2026-06-30',
    window_days: 90,
    mailed_count: 4,
    active_count: 1,
    active_audience_rate: 0.25,
    basis,
  };
  const context = {
    reader: { rows: async () => [{ ...row, day: '2026-06-23' }, row], first: async () => undefined },
    messages,
    format: createFormat(messages.locale, 'Europe/Berlin', 'EUR'),
    catalog: loadMetricCatalog(),
    period: { to: '2026-06-30', previousTo: '2026-04-01' },
  } as unknown as Context;
  const html = (await activeFigures(context)).map(({ markup }) => markup).join('');
  expect(html).toContain(`<td data-value="${basis}">${shown}</td>`);
});
