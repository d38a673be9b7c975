import { expect, test } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import { withPublished } from '../context.fixture.ts';
import { monthlyProfit } from './profit-months.ts';

const amounts = [
  'revenue_amount',
  'refund_amount',
  'conversion_value_amount',
  'campaign_cost_amount',
  'campaign_profit_amount',
  'other_revenue_amount',
  'unallocated_cost_amount',
  'profit_amount',
  'restated_amount',
];

test('the total of a month bears the notes of its accounts: a cost without an exchange rate is not a cost of 0', async () => {
  const row = (account: string, reason: string | null): Row => ({
    source: 'file',
    account_id: account,
    month: '2026-05-01',
    ...Object.fromEntries(amounts.map((column) => [column, '0'])),
    unavailable_reason: reason,
  });
  const columns = [
    ...['source', 'account_id', 'unavailable_reason'].map((name) => ({ name, type: 'string' as const })),
    { name: 'month', type: 'date' as const },
    ...amounts.map((name) => ({ name, type: 'decimal' as const })),
  ];
  const rows = [row('a', null), row('b', 'unallocated_cost_amount: no FX rate for EUR')];
  const [total = ''] = await withPublished(
    [{ name: 'marts.profit_monthly', columns, rows }],
    async (context) => (await monthlyProfit(context)).map(({ markup }) => markup),
    'en',
    { period: { to: '2026-06-30' } },
  );
  const table = total.slice(total.indexOf('id="profit-months-sums"'));
  expect(table).toMatch(/profit-months-sums-note-1[^]*no FX rate for EUR/);
  expect(table.match(/<sup>/g)).toHaveLength(1);
});
