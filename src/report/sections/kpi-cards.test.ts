import { expect, test } from 'vitest';
import { loadMetricCatalog } from '../../transform/metric-catalog.ts';
import type { Context } from '../context.ts';
import { createFormat } from '../format.ts';
import type { Kpi } from '../kpis/kpi.ts';
import { languages, type Language } from '../messages/index.ts';
import { cards, columnsFor } from './kpi-cards.ts';

test('no card stands alone on a line where another number of columns prevents it', () => {
  for (let count = 2; count <= 40; count += 1) {
    for (const most of [3, 4]) {
      const columns = columnsFor(count, most);
      const isAlone = count > columns && count % columns === 1;
      const canBeHelped = Array.from({ length: most - 1 }, (_, index) => index + 2).some(
        (tried) => count % tried !== 1,
      );
      expect([count, most, isAlone && canBeHelped]).toEqual([count, most, false]);
    }
  }
  expect([columnsFor(5, 4), columnsFor(8, 4), columnsFor(4, 3)]).toEqual([3, 4, 2]);
});

test.each<[Language, string, string, string]>([
  ['en', 'link_performance', 'total_click_count', '3 of 69 links are left out'],
  ['en', 'spam_checks', 'check_count', '3 of 69 checks are left out'],
  ['en', 'campaign_profit', 'profit_amount', '3 of 69 campaigns are left out'],
  ['vi', 'link_performance', 'total_click_count', '3 trong 69 liên kết không được tính'],
])('in %s a card of %s says what is left out of it', (language, mart, column, text) => {
  const messages = languages[language];
  const context = {
    messages,
    format: createFormat(messages.locale, 'Europe/Berlin', 'EUR'),
    catalog: loadMetricCatalog(),
  } as unknown as Context;
  const kpi = {
    key: column,
    unit: 'count',
    value: 15_397,
    direction: 'up',
    trend: [],
    trendFrom: null,
    trendTo: null,
    medianKind: null,
    previous: null,
    lastYear: null,
    reasons: [],
    leftOut: 3,
    rows: 69,
    refreshedAt: null,
    source: { mart, numerator: column, denominator: null, column, from: null, to: null, filter: null },
  } as unknown as Kpi;
  expect(cards(context, [kpi]).markup).toContain(text);
});
