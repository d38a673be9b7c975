import type { Row } from '../../contracts/sync.ts';
import type { Column } from '../../warehouse/port.ts';
import type { Step } from '../step.ts';
import { asMoney, dateOf, toHistories, type Watched } from './ltv-history.ts';
import { forecast, knownBefore, ltvMethod, tooFew, yearDays } from './ltv-model.ts';

const columns: readonly Column[] = [
  { name: 'subscriber_id', type: 'string' },
  { name: 'first_seen_date', type: 'date' },
  { name: 'expected_orders', type: 'double' },
  { name: 'expected_amount', type: 'decimal' },
  { name: 'expected_low_amount', type: 'decimal' },
  { name: 'expected_high_amount', type: 'decimal' },
  { name: 'reason', type: 'string' },
  { name: 'method', type: 'string' },
];

/** What each subscriber is expected to buy in the next year; those who never bought by the day they were first seen. */
export const ltvProjection = {
  name: 'ltv-projection',
  reads: 'core.int_ltv_history',
  writes: { table: 'core.int_ltv_projection', columns },
  run: (rows): readonly Row[] => {
    const { all, today } = toHistories(rows);
    const before = knownBefore(all, today);
    const reason = tooFew(before);
    const future = reason === null ? forecast(before, yearDays) : null;
    const money = (amounts: Float64Array | undefined, at: number): string | null => {
      const amount = amounts?.[at];
      return amount === undefined ? null : asMoney(amount);
    };
    return [
      ...before.states.map(({ watched, at }) => ({
        ...personOf(watched),
        expected_orders: future?.purchases[at] ?? null,
        expected_amount: money(future?.amounts, at),
        expected_low_amount: money(future?.lows, at),
        expected_high_amount: money(future?.highs, at),
        reason,
        method: future === null ? null : ltvMethod,
      })),
      // Who was first seen today has not been watched for a day.
      ...all
        .filter(({ firstDay }) => firstDay >= today)
        .map((watched) => ({ ...empty, ...personOf(watched), reason: reason ?? 'first seen today' })),
    ];
  },
} satisfies Step;

const empty: Row = Object.fromEntries(columns.map(({ name }) => [name, null]));

const personOf = ({ key, firstDay, orders }: Watched) => ({
  subscriber_id: orders.length > 0 ? key : null,
  first_seen_date: dateOf(firstDay),
});
