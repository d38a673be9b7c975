import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../../warehouse/port.ts';
import type { Step } from '../step.ts';
import { asMoney, dateOf, toHistories } from './ltv-history.ts';
import { forecast, ltvMethod, tooFew, type Watched } from './ltv-model.ts';

const columns: readonly Column[] = [
  { name: 'held_out_months', type: 'int' },
  { name: 'from_date', type: 'date' },
  { name: 'until_date', type: 'date' },
  { name: 'people_count', type: 'int' },
  { name: 'buyer_count', type: 'int' },
  { name: 'predicted_orders', type: 'double' },
  { name: 'actual_order_count', type: 'int' },
  { name: 'predicted_amount', type: 'decimal' },
  { name: 'predicted_low_amount', type: 'decimal' },
  { name: 'predicted_high_amount', type: 'decimal' },
  { name: 'actual_amount', type: 'decimal' },
  { name: 'error_rate', type: 'double' },
  { name: 'is_covered', type: 'bool' },
  { name: 'covered_buyer_count', type: 'int' },
  { name: 'coverage_rate', type: 'double' },
  { name: 'reason', type: 'string' },
  { name: 'method', type: 'string' },
];

/** How many of the last whole months are taken away, and then foretold from what was before them. */
const heldOut = [1, 3, 6];

/** Is the projection any good? The last months as the model would have foretold them, beside what came. */
export const ltvBacktest: Step = {
  name: 'ltv-backtest',
  reads: 'core.int_ltv_history',
  writes: { table: 'core.int_ltv_backtest', columns },
  run: (rows) => {
    const { all, today } = toHistories(rows);
    return rows.length === 0 ? [] : heldOut.map((months) => backtest(all, today, months));
  },
};

function backtest(all: readonly Watched[], today: number, months: number): Row {
  const until = monthStart(today, 0);
  const from = monthStart(today, -months);
  const known = all.filter(({ firstDay }) => firstDay < from);
  const ordersOf = (watched: Watched) => watched.orders.filter(({ day }) => day >= from && day < until);
  // Who bought in the held-out months only was one of many then: known by the day of the first sight alone.
  const buyers = known.filter(({ orders }) => orders.some(({ day }) => day < from));
  const actual = known.flatMap(ordersOf);
  const actualAmount = actual.reduce((sum, { amount }) => sum + amount, 0);
  const reason = tooFew(all, from);
  const base = {
    held_out_months: months,
    from_date: dateOf(from),
    until_date: dateOf(until - 1),
    people_count: known.reduce((sum, { people }) => sum + people, 0),
    buyer_count: buyers.length,
    actual_order_count: actual.length,
    actual_amount: asMoney(actualAmount),
    reason,
  };
  if (reason !== null) return { ...empty, ...base };
  const future = forecast(all, from, until - from);
  const { total } = future;
  const covered = buyers.filter((watched) => {
    const amount = ordersOf(watched).reduce((sum, order) => sum + order.amount, 0);
    const { low, high } = future.of(watched);
    return amount >= low && amount <= high;
  });
  return {
    ...base,
    predicted_orders: total.purchases,
    predicted_amount: asMoney(total.amount),
    predicted_low_amount: asMoney(total.low),
    predicted_high_amount: asMoney(total.high),
    error_rate: actualAmount === 0 ? null : (total.amount - actualAmount) / actualAmount,
    // By the cents that are shown.
    is_covered: isWithin(actualAmount, total),
    covered_buyer_count: covered.length,
    coverage_rate: buyers.length === 0 ? null : covered.length / buyers.length,
    method: ltvMethod,
  };
}

const isWithin = (amount: number, { low, high }: { readonly low: number; readonly high: number }): boolean =>
  Number(asMoney(amount)) >= Number(asMoney(low)) && Number(asMoney(amount)) <= Number(asMoney(high));

const empty: Row = Object.fromEntries(columns.map(({ name }) => [name, null]));

/** First day of a month, some months from that of a day. */
function monthStart(day: number, months: number): number {
  const date = new Date(day * 86_400_000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1) / 86_400_000;
}
