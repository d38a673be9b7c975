import type { Column } from '../../warehouse/port.ts';
import type { Step } from '../step.ts';
import { asMoney, dateOf, toHistories } from './ltv-history.ts';
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
export const ltvProjection: Step = {
  name: 'ltv-projection',
  reads: 'core.int_ltv_history',
  writes: { table: 'core.int_ltv_projection', columns },
  run: (rows) => {
    const { all, today } = toHistories(rows);
    const before = knownBefore(all, today);
    const reason = tooFew(before);
    const future = reason === null ? forecast(before, yearDays).of : null;
    return all.map((watched) => {
      const isBuyer = watched.orders.length > 0;
      // Who was first seen today has not been watched for a day.
      const isNew = watched.firstDay >= today;
      const known = future?.get(watched) ?? null;
      return {
        subscriber_id: isBuyer ? watched.key : null,
        first_seen_date: dateOf(watched.firstDay),
        expected_orders: known?.purchases ?? null,
        expected_amount: known === null ? null : asMoney(known.amount),
        expected_low_amount: known === null ? null : asMoney(known.low),
        expected_high_amount: known === null ? null : asMoney(known.high),
        reason: reason ?? (isNew ? 'first seen today' : null),
        method: known === null ? null : ltvMethod,
      };
    });
  },
};
