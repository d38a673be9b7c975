import { expect, test } from 'vitest';
import { loadMetricCatalog } from '../transform/metric-catalog.ts';
import { columnName } from './context.ts';
import { languages, type Language } from './messages/index.ts';

test.each<[Language, string, string, string]>([
  ['en', '', 'open_rate', 'Open rate'],
  ['en', 'reply_performance', 'warm_reply_rate', 'Warm reply rate'],
  ['en', 'profit_monthly', 'profit_amount', 'Profit of the month'],
  ['en', 'campaign_profit', 'total_cost_amount', 'Costs of campaigns'],
  ['vi', '', 'open_rate', 'Tỷ lệ mở'],
])('in %s the column %s.%s is called %s', (language, mart, column, name) => {
  expect(columnName({ catalog: loadMetricCatalog(), messages: languages[language] }, mart, column)).toBe(name);
});
