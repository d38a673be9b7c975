import { describe, expect, it } from 'vitest';
import type { Row } from '../../contracts/sync.ts';
import { ltvBacktest } from './ltv-backtest.ts';
import { ltvProjection } from './ltv-projection.ts';
import { beta, exponential, gamma, seeded } from './random-draws.ts';

const today = '2026-06-30';
const dayMs = 86_400_000;
const dateAfter = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);

/** People first seen over a year, who buy and stop as the model says, each order around 40. */
function world(people: number): readonly Row[] {
  const rows: Row[] = [];
  const idle = new Map<string, number>();
  for (let at = 0; at < people; at += 1) {
    const random = seeded(`person ${at}`);
    const first = dateAfter('2025-01-01', Math.floor(random() * 400));
    const rate = gamma(random, 0.6, 8 * 7);
    const stop = beta(random, 0.8, 2.5);
    const mean = 20 + 40 * random();
    const own: Row[] = [];
    let isThere = random() >= stop;
    for (let day = exponential(random, rate); isThere; day += exponential(random, rate)) {
      if (day > 600) break;
      const date = dateAfter(first, Math.ceil(day));
      if (date > today) break;
      const amount = (mean * gamma(random, 5, 5)).toFixed(2);
      own.push({
        first_seen_date: first,
        subscriber_id: `p${at}`,
        people_count: 1,
        order_date: date,
        amount,
        as_of_date: today,
      });
      isThere = random() >= stop;
    }
    if (own.length === 0) idle.set(first, (idle.get(first) ?? 0) + 1);
    // A day with two orders is one row of the table.
    rows.push(...new Map(own.map((row) => [row['order_date'], row])).values());
  }
  const none = { subscriber_id: null, order_date: null, amount: null, as_of_date: today };
  return [...rows, ...[...idle].map(([first, count]) => ({ ...none, first_seen_date: first, people_count: count }))];
}

describe('the projection', () => {
  const rows = world(700);
  const projected = ltvProjection.run(rows);

  it('has a row for each buyer and one for each first day of those who never bought, each within its bounds', () => {
    expect(projected).toHaveLength(new Set(rows.map((row) => row['subscriber_id'] ?? row['first_seen_date'])).size);
    for (const row of projected) {
      expect(row['reason']).toBeNull();
      expect(Number(row['expected_amount'])).toBeGreaterThanOrEqual(0);
      expect(Number(row['expected_low_amount'])).toBeLessThanOrEqual(Number(row['expected_high_amount']));
      expect(row['expected_amount']).toMatch(/^\d+\.\d\d$/);
    }
  });

  it('is the same again, and in whatever order the rows come', () => {
    expect(ltvProjection.run(rows.toReversed())).toEqual(projected);
  });

  it('expects more of who bought often and lately', () => {
    const of = (orders: readonly string[]): Row[] =>
      orders.map((order) => ({
        first_seen_date: '2025-03-01',
        subscriber_id: `new ${orders.length} ${orders.at(-1)}`,
        people_count: 1,
        order_date: order,
        amount: '40.00',
        as_of_date: today,
      }));
    const [rare, often, gone] = [
      of(['2026-05-01']),
      of(['2025-07-01', '2025-10-01', '2026-01-01', '2026-05-01']),
      of(['2025-03-05', '2025-03-09', '2025-03-13', '2025-03-20']),
    ];
    const found = ltvProjection.run([...rows, ...rare, ...often, ...gone]);
    const amount = (some: readonly Row[]): number =>
      Number(found.find((row) => row['subscriber_id'] === some[0]?.['subscriber_id'])?.['expected_amount']);
    expect(amount(often)).toBeGreaterThan(amount(rare));
    expect(amount(gone)).toBeLessThan(amount(rare));
  });

  it('is NULL with the reason where the data are too few', () => {
    const few = world(40);
    const reasons = new Set(ltvProjection.run(few).map((row) => row['reason']));
    expect([...reasons]).toEqual([expect.stringMatching(/^too few orders: \d+ people bought/)]);
    expect(ltvProjection.run(few).every((row) => row['expected_amount'] === null)).toBe(true);
    expect(ltvProjection.run([])).toEqual([]);
  });
});

describe('the back-test', () => {
  it('foretells months that it did not see, near to what came, and says how near', async () => {
    const found = await ltvBacktest.run(world(2000));
    expect(found.map((row) => [row['held_out_months'], row['from_date'], row['until_date']])).toEqual([
      [1, '2026-05-01', '2026-05-31'],
      [3, '2026-03-01', '2026-05-31'],
      [6, '2025-12-01', '2026-05-31'],
    ]);
    for (const row of found) {
      expect(Number(row['actual_order_count'])).toBeGreaterThan(30);
      expect(Math.abs(Number(row['error_rate']))).toBeLessThan(0.25);
      expect(Number(row['coverage_rate'])).toBeGreaterThan(0.9);
      const error = (Number(row['predicted_amount']) - Number(row['actual_amount'])) / Number(row['actual_amount']);
      expect(Number(row['error_rate'])).toBeCloseTo(error, 3);
    }
  });

  it('foretells within its own bounds, however many there are who never bought', async () => {
    const rows = world(700).map((row) =>
      row['subscriber_id'] === null ? { ...row, people_count: Number(row['people_count']) * 20_000 } : row,
    );
    for (const row of await ltvBacktest.run(rows)) {
      const amount = Number(row['predicted_amount']);
      expect(amount).toBeGreaterThan(Number(row['predicted_low_amount']));
      expect(amount).toBeLessThan(Number(row['predicted_high_amount']));
    }
  });

  it('does not look at the months it holds out: what came in them changes no prediction', async () => {
    const rows = world(500);
    const changed = rows.map((row) =>
      row['order_date'] !== null && String(row['order_date']) >= '2026-05-01' ? { ...row, amount: '9999.00' } : row,
    );
    const [[last], [before]] = [await ltvBacktest.run(changed), await ltvBacktest.run(rows)];
    expect(before?.['predicted_amount']).toMatch(/^\d/);
    expect(last?.['predicted_amount']).toBe(before?.['predicted_amount']);
    expect(last?.['actual_amount']).not.toBe(before?.['actual_amount']);
  });

  it('is the same in whatever order the rows come', async () => {
    const rows = world(500);
    expect(await ltvBacktest.run(rows.toReversed())).toEqual(await ltvBacktest.run(rows));
  });

  it('lets others of the process have their turn before each prediction', async () => {
    let turns = 0;
    const count = (): void => {
      turns += 1;
      turn = setImmediate(count);
    };
    let turn = setImmediate(count);
    await ltvBacktest.run(world(60));
    clearImmediate(turn);
    expect(turns).toBeGreaterThanOrEqual(3);
  });

  it('says why it cannot', async () => {
    const [row] = await ltvBacktest.run(world(40));
    expect(row).toMatchObject({
      predicted_amount: null,
      coverage_rate: null,
      reason: expect.stringContaining('too few orders'),
    });
  });
});
