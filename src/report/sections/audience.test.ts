import { expect, test } from 'vitest';
import { always, contextOf, joined } from '../context.fixture.ts';
import type { Language } from '../messages/index.ts';
import { activeFigures } from './audience.ts';

test.each<[Language, string, string]>([
  ['en', 'human', 'People'],
  ['vi', 'human', 'Người'],
  ['vi', 'human+unknown', 'Người và không phân biệt được'],
])('in %s the basis %s reads “%s”', async (language, basis, shown) => {
  const row = {
    day: '2026-06-30',
    window_days: 90,
    mailed_count: 4,
    active_count: 1,
    active_audience_rate: 0.25,
    basis,
  };
  const context = contextOf(language, {
    reader: always([{ ...row, day: '2026-06-23' }, row]),
    period: { to: '2026-06-30', previousTo: '2026-04-01' },
  });
  const html = joined(await activeFigures(context));
  expect(html).toContain(`<td data-value="${basis}">${shown}</td>`);
});
