import { expect, test } from 'vitest';
import { always, contextOf } from '../context.fixture.ts';
import { languages, type Language } from '../messages/index.ts';
import { testSection } from './ab-tests.ts';

test.each<[Language, string]>([
  ['en', '<bdi>Roses &amp; more</bdi> wins over <bdi>Roses</bdi>'],
  ['vi', '<bdi>Roses &amp; more</bdi> thắng <bdi>Roses</bdi>'],
])('in %s a verdict is said in the language, and the names stay', async (language, verdict) => {
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
  const context = contextOf(language, { reader: always([row]) });
  expect((await testSection(context)).markup).toContain(verdict);
});

test.each<[Language, RegExp]>([
  [
    'en',
    /<strong>A<\/strong> <span class="muted">no name known, id <bdi>0aaf0e5e-8cf6-4f00-a73c-07883fac0094<\/bdi><\/span>/,
  ],
  [
    'vi',
    /<strong>A<\/strong> <span class="muted">không rõ tên, mã <bdi>0aaf0e5e-8cf6-4f00-a73c-07883fac0094<\/bdi><\/span>/,
  ],
])('in %s a variant without a name goes by its letter, and its id stands behind', async (language, name) => {
  const ids = ['0aaf0e5e-8cf6-4f00-a73c-07883fac0094', '4a366cef-c491-414e-9912-ba81af2fca85'];
  const rows = ids.map((id, index) => ({
    test_id: 't1',
    campaign_name: 'Spring',
    send_date: '2026-06-24',
    variant: id,
    label: id,
    metric: 'open_rate',
    is_control: index === 0,
    difference_rate: null,
    sample_warning: null,
    p_value: null,
    verdict: index === 0 ? 'baseline' : `${ids[1]} wins over ${ids[0]}`,
  }));
  const context = contextOf(language, { reader: always(rows) });
  const { markup } = await testSection(context);
  expect(markup).toMatch(name);
  expect(markup).toContain(
    language === 'en' ? '<bdi>B</bdi> wins over <bdi>A</bdi>' : '<bdi>B</bdi> thắng <bdi>A</bdi>',
  );
});

test('a difference of shares is said to be in percentage points, lest it be read as the lift', () => {
  for (const [language, words] of [
    ['en', 'percentage points'],
    ['vi', 'điểm phần trăm'],
  ] as const) {
    const { columns, abTests } = languages[language];
    expect([columns.difference_rate, abTests.chartTitle('Spring')]).toEqual([
      expect.stringContaining(words),
      expect.stringContaining(words),
    ]);
  }
});
