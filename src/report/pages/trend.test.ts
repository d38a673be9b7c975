import { describe, expect, test } from 'vitest';
import { loadMetricCatalog } from '../../transform/metric-catalog.ts';
import type { Context } from '../context.ts';
import { createFormat } from '../format.ts';
import type { Kpi } from '../kpis/kpi.ts';
import { languages, type Language } from '../messages/index.ts';
import { metricTrend } from './trend.ts';

const format = createFormat('en-GB', 'UTC', 'EUR');

/** What the trend reads of a context. */
function context(language: Language = 'en'): Context {
  return { messages: languages[language], format, catalog: loadMetricCatalog() } as unknown as Context;
}

function kpi(key: string, unit: Kpi['unit'], trend: Kpi['trend'], dateColumn = 'send_date', isStock = false): Kpi {
  return {
    key,
    unit,
    trend,
    trendFrom: '2026-05-01',
    trendTo: '2026-06-30',
    isStock,
    source: { column: `${key}_amount`, dateColumn, filter: null },
  } as unknown as Kpi;
}

const profit = [
  kpi('net_revenue', 'money', [60_000, 80_000]),
  kpi('profit', 'money', [30_000, -2000]),
  kpi('cost_per_conversion', 'money', [70, 71]),
];

const plain = (text: string): string => text.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');

describe('the trend of a metric', () => {
  test('of profit says whose month it is, and does not have the title of the months of booking', async () => {
    for (const language of ['en', 'vi'] as const) {
      const { splits, metricPages } = languages[language];
      const { markup } = await metricTrend(context(language), 14, profit);
      expect(markup).toContain(metricPages.trend.profitTitle);
      expect(markup).not.toContain(`>${splits.months.title}<`);
    }
    expect([languages.en.metricPages.trend.profitTitle, languages.en.splits.months.title]).toEqual([
      'Profit by month of the campaign’s send',
      'Profit by month of booking',
    ]);
  });

  test('draws money of one scale; what is far smaller stands in the table', async () => {
    const { markup } = await metricTrend(context(), 14, profit);
    const [picture = '', table = ''] = markup.split('<table');
    expect(picture).toContain('Net revenue</text>');
    expect(picture).not.toContain('Cost per conversion</text>');
    expect(plain(table)).toContain('Cost per conversion');
    expect(table).toContain('€70.00');
  });

  test.each([
    ['campaigns', kpi('open_rate', 'rate', [0.2, 0.3]), 'Open rate by month of sending'],
    [
      'what happened by its own date',
      kpi('audience_growth', 'ratio', [0.2, 0.3], 'day'),
      'Open rate by month, each event on its own date',
    ],
    ['a state', kpi('active_audience', 'rate', [0.2, 0.3], 'day', true), 'Open rate at the end of each month'],
  ])('says what the months of %s are', async (_, one, caption) => {
    const { markup } = await metricTrend(context(), 1, [one]);
    expect(plain(/<caption.*?<\/caption>/s.exec(markup)?.[0] ?? '').trim()).toBe(caption);
  });

  test('of one month alone says so, instead of a span from it to itself', async () => {
    for (const language of ['en', 'vi'] as const) {
      const { markup } = await metricTrend(context(language), 2, [kpi('mobile_open_rate', 'rate', [null, 0.295])]);
      expect(markup.match(/29\.5%/g)?.length).toBe(2);
      expect(plain(/<p class="finding".*?<\/p>/s.exec(markup)?.[0] ?? '').match(/June|tháng 6/gi)?.length).toBe(1);
    }
  });
});
