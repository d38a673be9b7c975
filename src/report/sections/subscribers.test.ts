import { expect, test } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import { joined, texts, withPublished } from '../context.fixture.ts';
import { subscriberFigures } from './subscribers.ts';

const person = (id: number, orders: number, value: string): Row => ({
  subscriber_id: `s${id}`,
  engagement_class: 'active',
  signup_month: '2026-01-01',
  order_count: orders,
  ltv_to_date_amount: value,
});

test('who never ordered is counted by orders: a conversion brings value too', async () => {
  const table = {
    name: 'marts.subscriber_ltv',
    columns: [
      ...texts('subscriber_id', 'engagement_class'),
      { name: 'signup_month', type: 'date' },
      { name: 'order_count', type: 'int' },
      { name: 'ltv_to_date_amount', type: 'decimal' },
    ],
    rows: [person(1, 1, '40'), person(2, 0, '12.5'), person(3, 0, '12.5'), person(4, 0, '0')],
  } as const;
  const html = await withPublished([table], async (context) => joined(await subscriberFigures(context)));
  expect(html).toContain('75.0% of people have not ordered anything yet');
});
