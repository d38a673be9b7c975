import { Decimal } from 'decimal.js';
import type { Seconds } from '../../src/demo/types.ts';
import { compare, shares } from './attribution.ts';
import { dateIn } from './calendar.ts';
import { lastDayOf, monthOf, spent } from './costs.ts';
import { total, type Facts } from './fact-types.ts';
import { ratio, type TruthRow } from './tally.ts';

/** What a person did in a month. */
type Month = { sent: number; isEngaged: boolean; orders: number; revenue: Decimal; refunds: Decimal; goods: Decimal };

function monthsOf(facts: Facts): ReadonlyMap<string, ReadonlyMap<string, Month>> {
  const months = new Map<string, Map<string, Month>>();
  const at = (person: string, date: string): Month => {
    const month = months.get(monthOf(date)) ?? new Map<string, Month>();
    months.set(monthOf(date), month);
    const zero = new Decimal(0);
    const own = month.get(person) ?? {
      sent: 0,
      isEngaged: false,
      orders: 0,
      revenue: zero,
      refunds: zero,
      goods: zero,
    };
    month.set(person, own);
    return own;
  };
  for (const { person, date, isDated } of facts.sent) if (isDated) at(person, date).sent += 1;
  for (const { person, date, machine } of [...facts.opens, ...facts.clicks]) {
    if (!machine) at(person, date).isEngaged = true;
  }
  for (const { person, date, amount, goods, refund, refundDate } of facts.orders) {
    const bought = at(person, date);
    bought.orders += 1;
    bought.revenue = bought.revenue.plus(amount ?? 0);
    bought.goods = bought.goods.plus(goods ?? 0);
    if (refundDate === null) continue;
    const back = at(person, refundDate);
    back.refunds = back.refunds.plus(refund);
  }
  return months;
}

/** Other revenue of each month, shared by its people; by month and person. */
function otherShares(facts: Facts): ReadonlyMap<string, ReadonlyMap<string, Decimal>> {
  const split = facts.settings.attribution?.other_revenue ?? 'sends';
  const months = monthsOf(facts);
  const result = new Map<string, Map<string, Decimal>>();
  for (const [month, rows] of Map.groupBy(facts.otherRevenue, ({ date }) => monthOf(date))) {
    const weighed = [...(months.get(month) ?? [])]
      .map(([person, own]) => ({
        person,
        weight: split === 'sends' ? own.sent : Number(split === 'active' && own.isEngaged),
      }))
      .filter(({ weight }) => weight > 0)
      .toSorted((a, b) => compare(a.person, b.person));
    const parts =
      weighed.length === 0
        ? []
        : shares(
            total(rows.map(({ amount }) => amount)),
            weighed.map((one) => one.weight),
          );
    result.set(month, new Map(weighed.map(({ person }, at) => [person, parts[at] ?? new Decimal(0)])));
  }
  return result;
}

export function otherRevenueOf(facts: Facts): ReadonlyMap<string, Decimal> {
  const sums = new Map<string, Decimal>();
  for (const month of otherShares(facts).values()) {
    for (const [person, part] of month) sums.set(person, (sums.get(person) ?? new Decimal(0)).plus(part));
  }
  return sums;
}

/** Too few orders for a projection, as most of these worlds have: NULL. What a projection is worth, the unit tests tell. */
export function projectionOf(facts: Facts): (person: string) => TruthRow {
  const days = new Map<string, Set<string>>();
  const firstSeen = firstSights(facts);
  const dayOf = (at: number | undefined): string | null => (at === undefined ? null : dateIn(facts.zone, at));
  for (const { person, date, amount, refund } of facts.orders) {
    if (amount === null || amount.minus(refund).lte(0) || date === dayOf(firstSeen.get(person))) continue;
    days.set(person, (days.get(person) ?? new Set()).add(date));
  }
  const buyers = [...days.values()];
  const isEnough = buyers.length >= 30 && buyers.filter(({ size }) => size > 1).length >= 10;
  return () => (isEnough ? {} : { ltv_projected_amount: null, ltv_projected_low_amount: null });
}

/** The earliest trace of each person. */
export function firstSights(facts: Facts): ReadonlyMap<string, Seconds> {
  const first = new Map<string, Seconds>();
  const see = (person: string, at: Seconds): void => {
    first.set(person, Math.min(at, first.get(person) ?? Number.POSITIVE_INFINITY));
  };
  for (const { person, moves } of facts.members) for (const { at } of moves) see(person, at);
  const named: readonly { readonly person: string; readonly at: Seconds }[] = [
    ...facts.sent.filter(({ isDated }) => isDated),
    ...facts.opens,
    ...facts.clicks,
    ...facts.orders,
    ...facts.conversions,
  ];
  for (const { person, at } of named) see(person, at);
  return first;
}

export function ltvCohorts(facts: Facts): readonly TruthRow[] {
  const signups = new Map<string, string>();
  for (const { person, moves } of facts.members) {
    for (const { kind, at } of moves) {
      const month = monthOf(dateIn(facts.zone, at));
      const before = signups.get(person);
      if (kind === 'new' && (before === undefined || month < before)) signups.set(person, month);
    }
  }
  const months = monthsOf(facts);
  const others = otherShares(facts);
  const costs = cohortCosts(facts, months, signups);
  return [...Map.groupBy(signups, ([, signup]) => signup)].flatMap(([signup, people]) => {
    const cohort = people.map(([person]) => person);
    const span = monthsBetween(signup, monthOf(facts.asOf));
    let [revenueSoFar, profitSoFar] = [new Decimal(0), new Decimal(0)];
    return span.map((month, since) => {
      const inMonth = cohort.flatMap((person) => months.get(month)?.get(person) ?? []);
      // What came before the sign-up is part of its month.
      const counted = [...months.keys()].filter((one) => one === month || (since === 0 && one < month));
      const own = counted.flatMap((one) => cohort.flatMap((person) => months.get(one)?.get(person) ?? []));
      const other = total(counted.flatMap((one) => cohort.map((person) => others.get(one)?.get(person) ?? null)));
      const cost = total([
        ...own.map(({ goods }) => goods),
        ...counted.map((one) => costs.get(`${one} ${signup}`) ?? null),
      ]);
      const revenue = total(own.map((one) => one.revenue));
      const refunds = total(own.map((one) => one.refunds));
      revenueSoFar = revenueSoFar.plus(revenue).minus(refunds).plus(other);
      const profit = revenue.minus(refunds).plus(other).minus(cost);
      profitSoFar = profitSoFar.plus(profit);
      const retained = inMonth.filter((one) => one.isEngaged || one.orders > 0).length;
      return {
        signup_month: signup,
        months_since: since,
        month,
        is_complete: facts.asOf > lastDayOf(month),
        subscriber_count: cohort.length,
        mailed_count: inMonth.filter((one) => one.sent > 0).length,
        retained_count: retained,
        retention_rate: ratio(retained, cohort.length),
        order_count: own.reduce((sum, one) => sum + one.orders, 0),
        revenue_amount: revenue,
        refund_amount: refunds,
        other_revenue_amount: other,
        cost_amount: cost,
        profit_amount: profit,
        cumulative_revenue_amount: revenueSoFar,
        cumulative_profit_amount: profitSoFar,
        cumulative_revenue_per_subscriber_amount: ratio(revenueSoFar, cohort.length),
        cumulative_profit_per_subscriber_amount: ratio(profitSoFar, cohort.length),
        currency_code: facts.currency,
      };
    });
  });
}

/** Each month's costs, shared by the mails that each cohort got; who never signed up is one more cohort, the last. */
function cohortCosts(
  facts: Facts,
  months: ReadonlyMap<string, ReadonlyMap<string, Month>>,
  signups: ReadonlyMap<string, string>,
): ReadonlyMap<string, Decimal> {
  const result = new Map<string, Decimal>();
  for (const [month, borne] of Map.groupBy(spent(facts), (cost) => cost.month)) {
    const mails = new Map<string, number>();
    for (const [person, { sent }] of months.get(month) ?? []) {
      const cohort = signups.get(person) ?? 'none';
      if (sent > 0) mails.set(cohort, (mails.get(cohort) ?? 0) + sent);
    }
    const weighed = [...mails].toSorted((a, b) => compare(a[0], b[0]));
    if (weighed.length === 0) continue;
    const parts = shares(
      total(borne.map(({ amount }) => amount)),
      weighed.map(([, count]) => count),
    );
    for (const [at, [cohort]] of weighed.entries()) result.set(`${month} ${cohort}`, parts[at] ?? new Decimal(0));
  }
  return result;
}

function monthsBetween(first: string, last: string): readonly string[] {
  const months: string[] = [];
  const [year = 0, month = 0] = first.split('-').map(Number);
  for (let at = month - 1; ; at += 1) {
    const next = new Date(Date.UTC(year, at, 1)).toISOString().slice(0, 10);
    if (next > last) return months;
    months.push(next);
  }
}
