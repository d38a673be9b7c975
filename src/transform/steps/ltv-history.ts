import type { Row } from '../../contracts/sync.ts';

/** A person who bought, or people who did not and were first seen on one day; days are numbered. */
export type Watched = {
  /** A buyer is known by name, the others by the day on which they were first seen. */
  readonly key: string;
  readonly people: number;
  readonly firstDay: number;
  /** By day, ascending; what is left after refunds, above 0. */
  readonly orders: readonly Order[];
};

export type Order = { readonly day: number; readonly amount: number };

/** The histories that `core.int_ltv_history` holds, by key, and the day up to which they are known. */
export type Histories = { readonly all: readonly Watched[]; readonly today: number };

const dayMs = 86_400_000;

/** Days since 1970. */
const dayOf = (date: string): number => Math.round(Date.parse(`${date}T00:00:00Z`) / dayMs);
export const dateOf = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);

/** Money to the cent of a projection is accuracy enough, and exact from here on. */
export const asMoney = (amount: number): string => amount.toFixed(2);

/** The rows' people, in an order that does not depend on the rows'. */
export function toHistories(rows: readonly Row[]): Histories {
  // Days are few and rows are many.
  const days = new Map<string, number>();
  const day = (date: Row[string] | undefined): number => {
    const text = String(date);
    const known = days.get(text) ?? dayOf(text);
    days.set(text, known);
    return known;
  };
  const found = new Map<string, Watched & { readonly orders: Order[] }>();
  for (const row of rows) {
    const { subscriber_id: subscriber, first_seen_date: first, order_date: date } = row;
    const key = typeof subscriber === 'string' ? subscriber : `first seen ${String(first)}`;
    const orders = typeof subscriber === 'string' ? [{ day: day(date), amount: Number(row['amount']) }] : [];
    const watched = found.get(key);
    if (watched === undefined) {
      found.set(key, { key, people: Number(row['people_count']), firstDay: day(first), orders });
    } else {
      watched.orders.push(...orders);
    }
  }
  const all = [...found.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  for (const { orders } of all) orders.sort((a, b) => a.day - b.day || a.amount - b.amount);
  return { all, today: day(rows[0]?.['as_of_date']) };
}
