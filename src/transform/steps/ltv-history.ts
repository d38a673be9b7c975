import type { Row } from '../../contracts/sync.ts';
import type { Watched } from './ltv-model.ts';

/** The histories that `core.int_ltv_history` holds, and the day up to which they are known. */
export type Histories = { readonly all: readonly Watched[]; readonly today: number };

const dayMs = 86_400_000;

/** Days since 1970. */
export const dayOf = (date: Row[string] | undefined): number =>
  Math.round(Date.parse(`${String(date)}T00:00:00Z`) / dayMs);
export const dateOf = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);

/** Money to the cent of a projection is accuracy enough, and exact from here on. */
export const asMoney = (amount: number): string => amount.toFixed(2);

export function toHistories(rows: readonly Row[]): Histories {
  const found = new Map<string, Watched>();
  // Dates as text are in the order of days.
  const date = (row: Row): string => String(row['order_date'] ?? '');
  const ordered = rows.toSorted((a, b) => (date(a) < date(b) ? -1 : date(a) > date(b) ? 1 : 0));
  for (const row of ordered) {
    const subscriber = row['subscriber_id'];
    const key = keyOf(row);
    const before = found.get(key);
    const order = { day: dayOf(row['order_date']), amount: Number(row['amount']) };
    const orders = subscriber === null ? [] : [...(before?.orders ?? []), order];
    found.set(key, { key, people: Number(row['people_count']), firstDay: dayOf(row['first_seen_date']), orders });
  }
  return { all: [...found.values()], today: dayOf(rows[0]?.['as_of_date']) };
}

/** A buyer is known by name, the others by the day on which they were first seen. */
export function keyOf(row: Row): string {
  const subscriber = row['subscriber_id'];
  return typeof subscriber === 'string' ? subscriber : `first seen ${String(row['first_seen_date'])}`;
}
