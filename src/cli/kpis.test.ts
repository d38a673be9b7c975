import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Row } from '../contracts/sync.ts';
import { publishTo } from '../warehouse/duckdb/index.ts';
import type { Column } from '../warehouse/port.ts';
import { readKpis } from './kpis.ts';

const counts =
  'sent_count delivered_count human_unique_open_count unique_open_count human_unique_click_count unsubscribe_count order_count';
const columns = (names: string, type: Column['type']): readonly Column[] =>
  names.split(' ').map((name) => ({ name, type }));

it('the profit follows from the numbers beside it: revenue, value of conversions, costs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-kpis-'));
  const table = (name: string, own: readonly Column[], row: Row | null) => ({
    name,
    columns: own,
    rows: (async function* () {
      if (row !== null) yield row;
    })(),
  });
  try {
    const file = join(folder, 'published.duckdb');
    await publishTo(file)(
      [
        table(
          'marts.campaign_performance',
          [
            ...columns(counts, 'int'),
            ...columns('net_revenue_amount', 'decimal'),
            ...columns('currency_code', 'string'),
          ],
          {
            ...Object.fromEntries(counts.split(' ').map((name) => [name, 1])),
            net_revenue_amount: '100.10',
            currency_code: 'EUR',
          },
        ),
        table('marts.campaign_profit', columns('profit_amount total_cost_amount conversion_value_amount', 'decimal'), {
          profit_amount: '56.54',
          total_cost_amount: '68.56',
          conversion_value_amount: '25',
        }),
        table(
          'marts.active_audience_daily',
          [
            ...columns('scope', 'string'),
            ...columns('day', 'date'),
            ...columns('window_days mailed_count active_count', 'int'),
            ...columns('active_audience_rate', 'double'),
          ],
          null,
        ),
        table('marts.reconciliation', columns('is_within_tolerance', 'bool'), null),
      ],
      { runId: 'r1', publishedAt: '2026-06-30T12:00:00.000Z' },
    );
    const kpis = new Map((await readKpis(file)).map(({ name, value }) => [name, value]));
    const of = (name: string): number => Number.parseFloat(kpis.get(name) ?? '');
    expect([...kpis.keys()]).not.toContain('Direct costs');
    expect(of('Net revenue') + of('Value of conversions') - of('Costs of campaigns')).toBeCloseTo(of('Profit'), 9);
    expect(kpis.get('Profit')).toBe('56.54 EUR');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
