import { expect, test } from 'vitest';
import { contextOf } from '../context.fixture.ts';
import type { Kpi } from '../kpis/kpi.ts';
import type { Kpis } from '../kpis/select.ts';
import type { Language } from '../messages/index.ts';
import { summarySection } from './summary.ts';

const kpi = (key: string, value: string | null): Kpi =>
  ({
    key,
    unit: 'money',
    value,
    rows: 3,
    direction: 'up',
    source: { column: key, filter: null },
  }) as unknown as Kpi;

/** The first sentence, of a period with these sums. */
async function sentence(conversions: string | null, language: Language = 'en'): Promise<string> {
  const context = contextOf(language, {
    reader: { rows: async () => [], first: async () => undefined, has: () => false },
    period: { firstSend: '2026-05-01' },
  });
  const kpis = [
    kpi('net_revenue', '139146'),
    kpi('conversion_value_amount', conversions),
    kpi('total_cost_amount', '68574'),
    kpi('profit', '72761'),
  ];
  const html = await summarySection(context, { groups: [{ group: 'money', kpis }] } as unknown as Kpis);
  return /<li>(.*?)<\/li>/.exec(html.markup)?.[1] ?? '';
}

test('the sentence about money names every part of the profit', async () => {
  expect(await sentence('2189.4')).toBe(
    'The period’s campaigns (3) brought €139,146 after refunds, and conversions worth €2,189.40; €72,761 of profit is left once their costs of €68,574 are paid.',
  );
  expect((await sentence('2189.4', 'vi')).match(/\d[\d.,]+/g)).toEqual(['139.146', '2.189,40', '72.761', '68.574']);
});

test.each([null, '0'])('conversions of %s are not spoken of', async (conversions) => {
  expect(await sentence(conversions)).toMatch(/brought €139,146 after refunds; €72,761 of profit/);
});

test.each([
  ['0.1', '0.001', 'Every known number that has a threshold is within it.'],
  // Nothing is known of what has a threshold: to call that within it would be praise for nothing.
  [null, null, undefined],
])('bounces of %s and complaints of %s', async (bounces, complaints, expected) => {
  const context = contextOf('en', {
    reader: { rows: async () => [], first: async () => undefined, has: () => false },
    period: { firstSend: '2026-05-01' },
  });
  const kpis = [kpi('bounce_rate', bounces), kpi('complaint_rate', complaints)];
  const html = await summarySection(context, { groups: [{ group: 'leaving', kpis }] } as unknown as Kpis);
  expect(
    [...html.markup.matchAll(/<li>(.*?)<\/li>/g)].map(([, text]) => text).find((text) => /threshold/.test(text ?? '')),
  ).toBe(expected);
});
