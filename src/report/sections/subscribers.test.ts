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

const columnsOfPeople = {
  name: 'marts.subscriber_ltv',
  columns: [
    ...texts('subscriber_id', 'engagement_class'),
    { name: 'signup_month', type: 'date' },
    { name: 'order_count', type: 'int' },
    { name: 'ltv_to_date_amount', type: 'decimal' },
  ],
} as const;

test('who never ordered is counted by orders: a conversion brings value too', async () => {
  const table = {
    ...columnsOfPeople,
    rows: [person(1, 1, '40'), person(2, 0, '12.5'), person(3, 0, '12.5'), person(4, 0, '0')],
  };
  const html = await withPublished([table], async (context) => joined(await subscriberFigures(context)));
  expect(html).toContain('75.0% of people have not ordered anything yet');
});

test('who is of no known class is of all people, and their value of all value', async () => {
  const rows = [person(1, 1, '30'), { ...person(2, 1, '70'), engagement_class: null }];
  const html = await withPublished([{ ...columnsOfPeople, rows }], async (context) =>
    joined(await subscriberFigures(context)),
  );
  expect(html).toContain('Active readers brought 30.0% of all lifetime value; they are 50.0% of known people.');
  expect(html.split('id="engagement-table"')[1]?.split('</table>')[0]).toContain('Not known');
});

test('a value on a band’s border is in the lower one; the first tenth of people by what they brought', async () => {
  const values = ['1600.01', '1600', '50', '25.01', '25', '0', '0', '0', '0', '-3'];
  const html = await withPublished(
    [
      {
        ...columnsOfPeople,
        rows: values.map((value, at) => ({
          ...person(at, 1, value),
          engagement_class: at === 0 ? 'active' : 'inactive',
        })),
      },
    ],
    async (context) => joined(await subscriberFigures(context)),
  );
  const rows = (html.split('id="value-spread-table"')[1]?.split('</table>')[0] ?? '').matchAll(
    /<tr[^>]*>(.*?)<\/tr>/gs,
  );
  const cells = [...rows].map(([, row = '']) =>
    [...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) => cell.replaceAll(/<[^>]*>/g, '').trim()),
  );
  expect(cells.filter((row) => row.length > 0)).toEqual([
    ['1', '-€3.00'],
    ['4', '€0.00'],
    ['1', '€25.00'],
    ['2', '€75.01'],
    ['1', '€1,600.00'],
    ['1', '€1,600.01'],
  ]);
  // 1,600.01 of 3,297.02
  expect(html.match(/48\.5%/g)).toHaveLength(2);
  expect(html).toContain('10.0%');
});
