import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import { loadMetricCatalog } from '../../transform/metric-catalog.ts';
import { openPublished, publishTo } from '../../warehouse/duckdb/index.ts';
import type { Context } from '../context.ts';
import { createFormat } from '../format.ts';
import { languages } from '../messages/index.ts';
import { createReader } from '../reader.ts';
import { subscriberFigures } from './subscribers.ts';

const person = (id: number, orders: number, value: string): Row => ({
  subscriber_id: `s${id}`,
  engagement_class: 'active',
  signup_month: '2026-01-01',
  order_count: orders,
  ltv_to_date_amount: value,
});

test('who never ordered is counted by orders: a conversion brings value too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailmart-subscribers-'));
  try {
    const file = join(folder, 'published.duckdb');
    const rows = async function* () {
      yield person(1, 1, '40');
      yield person(2, 0, '12.5');
      yield person(3, 0, '12.5');
      yield person(4, 0, '0');
    };
    await publishTo(file)(
      [
        {
          name: 'marts.subscriber_ltv',
          columns: [
            { name: 'subscriber_id', type: 'string' },
            { name: 'engagement_class', type: 'string' },
            { name: 'signup_month', type: 'date' },
            { name: 'order_count', type: 'int' },
            { name: 'ltv_to_date_amount', type: 'decimal' },
          ],
          rows: rows(),
        },
      ],
      { runId: 'r1', publishedAt: '2026-06-30T12:00:00.000Z' },
    );
    const published = await openPublished(file);
    try {
      const context = {
        reader: await createReader(published),
        messages: languages.en,
        format: createFormat('en-GB', 'Europe/Berlin', 'EUR'),
        catalog: loadMetricCatalog(),
      } as unknown as Context;
      const html = (await subscriberFigures(context)).map(({ markup }) => markup).join('');
      expect(html).toContain('75.0% of people have not ordered anything yet');
    } finally {
      published.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
