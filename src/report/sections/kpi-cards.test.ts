import { expect, test } from 'vitest';
import { contextOf } from '../context.fixture.ts';
import type { Kpi } from '../kpis/kpi.ts';
import type { Language } from '../messages/index.ts';
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

/** Of a card: no trend, nothing to compare with. */
const plain = {
  trend: [],
  trendFrom: null,
  trendTo: null,
  previous: null,
  lastYear: null,
  reasons: [],
  refreshedAt: null,
};

test.each<[Language, string, string, string]>([
  ['en', 'link_performance', 'total_click_count', '3 of 69 links are left out'],
  ['en', 'spam_checks', 'check_count', '3 of 69 checks are left out'],
  ['en', 'campaign_profit', 'profit_amount', '3 of 69 campaigns are left out'],
  ['vi', 'link_performance', 'total_click_count', '3 trong 69 liên kết không được tính'],
])('in %s a card of %s says what is left out of it', (language, mart, column, text) => {
  const context = contextOf(language);
  const kpi = {
    key: column,
    unit: 'count',
    value: 15_397,
    direction: 'up',
    ...plain,
    medianKind: null,
    leftOut: 3,
    rows: 69,
    source: { mart, numerator: column, denominator: null, column, from: null, to: null, filter: null },
  } as unknown as Kpi;
  expect(cards(context, [kpi]).markup).toContain(text);
});

/** The card of a rate with a limit, as text. */
function cardOf(more: Partial<Kpi>, language: Language = 'en'): string {
  const context = contextOf(language);
  const kpi = {
    key: 'bounce_rate',
    unit: 'rate',
    value: 0.03,
    median: 0.01,
    direction: 'down',
    ...plain,
    medianKind: 'campaigns',
    leftOut: 0,
    rows: 1,
    source: {
      mart: 'campaign_performance',
      numerator: 'bounce_count',
      denominator: 'sent_count',
      column: 'bounce_rate',
      from: null,
      to: null,
      filter: null,
    },
    ...more,
  } as unknown as Kpi;
  return cards(context, [kpi]).markup;
}

test.each<[string, Partial<Kpi>, string, Language?]>([
  [
    'far above the own median',
    {},
    '"status plain"><span aria-hidden="true">●</span> Under the limit of 70%, but worse than usual<',
  ],
  ['far above the own median', {}, 'Dưới giới hạn 70%, nhưng kém hơn thường lệ<', 'vi'],
  ['at the own median', { median: 0.029 }, '"status good"><span aria-hidden="true">▲</span> Under the limit of 70%<'],
  ['below the own median', { median: 0.05 }, '"status good"><span aria-hidden="true">▲</span> Under the limit of 70%<'],
  ['without a single case in the median campaign', { median: 0 }, 'Under the limit of 70%<'],
  [
    'that misses its goal',
    { key: 'warm_reply_rate', direction: 'up', median: 0.05 },
    'Short of 5%, and worse than usual<',
  ],
  ['on its limit, which it should stay under', { value: 0.7, median: 0.7 }, '"status bad"'],
  [
    'on the goal that it should reach',
    { key: 'warm_reply_rate', direction: 'up', value: 0.05, median: 0.05 },
    '"status good"',
  ],
  [
    'that misses its goal, yet less',
    { key: 'warm_reply_rate', direction: 'up' },
    'Short of 5%, but better than usual<',
  ],
])('the status of a number %s says both, the threshold and what is usual', (_, more, text, language = 'en') => {
  expect(cardOf(more, language)).toContain(text);
});

test('a card says how many alerts on its number are open', () => {
  expect(cardOf({ openAlerts: 2 })).toContain('<a href="#alerts">Open alerts: 2</a>');
  expect(cardOf({ openAlerts: 0 })).not.toContain('#alerts');
});
