import { expect, test } from 'vitest';
import { loadMetricCatalog } from '../../transform/metric-catalog.ts';
import { articles } from '../messages/articles.ts';

/** The metric that each of the article's 21 entries is about: its question heads the page, its trend and campaigns come first. */
const own: readonly string[] = [
  'open_rate',
  'mobile_open_rate',
  'opens_per_opener',
  'open_time',
  'bounce_rate',
  'delivery_rate',
  'link_clicks',
  'click_to_open_rate',
  'unsubscribes',
  'unsubscribe_rate',
  'audience_growth',
  'conversion_rate',
  'purchase_rate',
  'profit',
  'revenue_per_open',
  'revenue_per_subscriber',
  'view_time',
  'active_audience',
  'warm_reply_rate',
  'complaint_rate',
  'client_share',
];

test('the page of each metric is led by that metric, not by one that is beside it', () => {
  const { metrics } = loadMetricCatalog();
  expect(articles.map((article) => metrics.find((metric) => metric.article === article)?.key)).toEqual(own);
});
