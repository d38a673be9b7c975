import { setImmediate } from 'node:timers/promises';
import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../../warehouse/port.ts';
import type { Step } from '../step.ts';
import { asMoney, dateOf, toHistories, type Watched } from './ltv-history.ts';
import { forecast, knownBefore, ltvMethod, tooFew } from './ltv-model.ts';

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
export const ltvBacktest = {
  name: 'ltv-backtest',
  reads: 'core.int_ltv_history',
  writes: { table: 'core.int_ltv_backtest', columns },
  run: async (rows) => {
    const { all, today } = toHistories(rows);
    const found: Row[] = [];
    for (const months of rows.length === 0 ? [] : heldOut) {
      // Of 50,000 buyers half a second each: between them others of the process have their turn.
      await setImmediate();
      found.push(backtest(all, today, months));
    }
    return found;
  },
} satisfies Step;

function backtest(all: readonly Watched[], today: number, months: number): Row {
  const until = monthStart(today, 0);
  const from = monthStart(today, -months);
  const known = knownBefore(all, from);
  const reason = tooFew(known);
  const future = reason === null ? forecast(known, until - from) : null;
  let people = 0;
  let buyers = 0;
  let covered = 0;
  let actualOrders = 0;
  let actualAmount = 0;
  for (const { watched, at, orders: ordersBefore } of known.states) {
    let amount = 0;
    for (const order of watched.orders) {
      if (order.day < from || order.day >= until) continue;
      amount += order.amount;
      actualOrders += 1;
    }
    actualAmount += amount;
    people += watched.people;
    // Who bought in the held-out months only was one of many then: known by the day of the first sight alone.
    if (ordersBefore === 0) continue;
    buyers += 1;
    if (future !== null && amount >= (future.lows[at] ?? 0) && amount <= (future.highs[at] ?? 0)) covered += 1;
  }
  const base = {
    held_out_months: months,
    from_date: dateOf(from),
    until_date: dateOf(until - 1),
    people_count: people,
    buyer_count: buyers,
    actual_order_count: actualOrders,
    actual_amount: asMoney(actualAmount),
    reason,
  };
  if (future === null) return { ...empty, ...base };
  const { total } = future;
  return {
    ...base,
    predicted_orders: total.purchases,
    predicted_amount: asMoney(total.amount),
    predicted_low_amount: asMoney(total.low),
    predicted_high_amount: asMoney(total.high),
    error_rate: actualAmount === 0 ? null : (total.amount - actualAmount) / actualAmount,
    // By the cents that are shown.
    is_covered: isWithin(actualAmount, total),
    covered_buyer_count: covered,
    coverage_rate: buyers === 0 ? null : covered / buyers,
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
