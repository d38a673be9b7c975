import { expect, test } from 'vitest';
import { always, contextOf } from '../context.fixture.ts';
import { espView } from './esp-view.ts';

test('this report’s own metric has its unit beside the service’s number in the service’s scale', async () => {
  const row = {
    account_id: 'shop',
    campaign_id: 'c1',
    campaign_name: 'Spring',
    shown_name: 'Click rate',
    formula: 'unique_link_click_count / delivered_count',
    reason: null,
  };
  const rows = [
    { ...row, metric: 'bounce_rate', shown_value: 54, stated_value: 54, metric_value: 0.0079 },
    { ...row, metric: 'opens_per_opener', shown_value: 1.5, stated_value: 1.5, metric_value: 1.25 },
    { ...row, metric: 'open_rate', shown_value: 0.2, stated_value: 0.2, metric_value: null },
  ];
  const context = contextOf('en', { reader: always(rows, { one: 1 }) });
  const { markup } = await espView(context);
  const cells = [...markup.matchAll(/<td class="n"[^>]*>([^<]*)<|<td class="n na"[^>]*>([^<]*)</g)].map(
    ([, value, none]) => value ?? none,
  );
  expect(cells).toEqual(['54', '54', '0.790%', '1.50', '1.50', '1.25', '0.2000', '0.2000', '–']);
});
