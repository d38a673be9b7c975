import { Decimal } from 'decimal.js';
import { firstSights, otherRevenueOf, projectionOf } from './lifetime.ts';
import { addDays, dateIn, datesBetween } from './calendar.ts';
import { total, type Facts, type Movement, type PersonEvent, type Sent } from './fact-types.ts';
import { byAccount, ratio, type TruthRow } from './tally.ts';

type Scope = {
  readonly columns: { readonly source: string | null; readonly account_id: string | null } & Readonly<
    Record<'scope' | 'scope_id', string>
  >;
  readonly has: (event: { readonly campaignId: string; readonly listId: string | null }) => boolean;
};

/**
 * Day, scope and window, each computed from the events themselves. Only for small worlds. Campaigns of which it is not known
 * who opened are left out: their readers would be "inactive".
 */
export function activeAudienceDaily(facts: Facts): readonly TruthRow[] {
  const seen = facts.campaigns.filter((campaign) => campaign.hasEvents);
  const known = new Set(seen.map(({ id }) => id));
  const scopes: readonly Scope[] = [
    {
      columns: { source: null, account_id: null, scope: 'all', scope_id: 'all' },
      has: ({ campaignId }) => known.has(campaignId),
    },
    ...byAccount(seen).flatMap(({ account, lists }): readonly Scope[] => [
      {
        columns: { ...account, scope: 'account', scope_id: account.account_id },
        has: ({ campaignId }) => lists.has(campaignId),
      },
      ...[...new Set(lists.values())].flatMap((list): readonly Scope[] =>
        list === null
          ? []
          : [
              {
                columns: { ...account, scope: 'list', scope_id: list },
                has: ({ campaignId, listId }) => listId === list && lists.has(campaignId),
              },
            ],
      ),
    ]),
  ];
  const rows: TruthRow[] = [];
  const dated = facts.sent.filter(({ isDated }) => isDated);
  for (const { columns, has } of scopes) {
    const sent = datesByPerson(dated.filter(has));
    const acted = datesByPerson([...facts.opens, ...facts.clicks].filter((event) => has(event) && !event.machine));
    // A scope's rows begin with its first send; a list without any has none.
    const first = dated
      .filter(has)
      .map(({ date }) => date)
      .toSorted()[0];
    if (first === undefined) continue;
    for (const day of datesBetween(first, facts.asOf)) {
      const today = numberOf(day);
      for (const days of [30, 90, 180]) {
        const start = today - days;
        const before = start - 180;
        let [mailed, active, passive] = [0, 0, 0];
        for (const [person, dates] of sent) {
          if (!dates.some((date) => date > start && date <= today)) continue;
          mailed += 1;
          const actions = acted.get(person) ?? [];
          if (actions.some((date) => date > start && date <= today)) active += 1;
          else if (actions.some((date) => date > before && date <= start)) passive += 1;
        }
        rows.push({
          ...columns,
          day,
          window_days: days,
          mailed_count: mailed,
          active_count: active,
          passive_count: passive,
          inactive_count: mailed - active - passive,
          active_audience_rate: ratio(active, mailed),
        });
      }
    }
  }
  return rows;
}

/** Numbers of the days, each once: there are millions of comparisons. */
function datesByPerson(
  events: readonly { readonly person: string; readonly date: string }[],
): ReadonlyMap<string, readonly number[]> {
  const dates = new Map<string, Set<number>>();
  for (const { person, date } of events) {
    const known = dates.get(person);
    if (known === undefined) dates.set(person, new Set([numberOf(date)]));
    else known.add(numberOf(date));
  }
  return new Map([...dates].map(([person, set]) => [person, [...set]]));
}

/** Days since 1970. */
function numberOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000;
}

/** Whoever was on a list, is named by an event, bought or converted. */
export function subscriberLtv(facts: Facts): readonly TruthRow[] {
  const everyone = new Set(
    [
      facts.members,
      facts.sent,
      facts.delivered,
      facts.bounces,
      facts.opens,
      facts.clicks,
      facts.unsubscribes,
      facts.complaints,
      facts.orders,
      facts.conversions,
    ].flatMap((named: readonly { readonly person: string }[]) => named.map(({ person }) => person)),
  );
  const seen = new Set(facts.campaigns.filter((campaign) => campaign.hasEvents).map(({ id }) => id));
  const by = <T extends { readonly person: string }>(items: readonly T[]): ReadonlyMap<string, T[]> =>
    Map.groupBy(items, (item) => item.person);
  const [sent, opens, clicks, orders] = [by(facts.sent), by(facts.opens), by(facts.clicks), by(facts.orders)];
  const campaigns = (items: readonly { readonly campaignId: string }[] | undefined): number =>
    new Set((items ?? []).map((item) => item.campaignId)).size;
  const shared = otherRevenueOf(facts);
  const projected = projectionOf(facts);
  const firstSeen = firstSights(facts);
  return [...everyone].map((person) => {
    const human = <T extends { readonly machine: boolean }>(items: readonly T[] | undefined): readonly T[] =>
      (items ?? []).filter((item) => !item.machine);
    const bought = orders.get(person) ?? [];
    const revenue = total(bought.map((order) => order.amount));
    const refunds = total(bought.map((order) => order.refund));
    const mails = sent.get(person) ?? [];
    const actions = [...human(opens.get(person)), ...human(clicks.get(person))].filter((one) =>
      seen.has(one.campaignId),
    );
    return {
      subscriber_id: person,
      first_seen_at: instantOf(firstSeen.get(person)),
      mailed_count: campaigns(sent.get(person)),
      opened_count: campaigns(human(opens.get(person))),
      clicked_count: campaigns(human(clicks.get(person))),
      order_count: bought.length,
      revenue_amount: revenue,
      refund_amount: refunds,
      other_revenue_amount: shared.get(person) ?? new Decimal(0),
      ltv_to_date_amount: revenue.minus(refunds).plus(shared.get(person) ?? 0),
      ...projected(person),
      currency_code: facts.currency,
      engagement_class: engagementClass(facts.asOf, mails, actions, seen),
    };
  });
}

const instantOf = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at * 1000).toISOString();

/** Of the last ninety days; null for who was mailed only where nobody can see who reads, or on days that nobody tells. */
function engagementClass(
  asOf: string,
  everyMail: readonly Sent[],
  actions: readonly PersonEvent[],
  seen: ReadonlySet<string>,
): string | null {
  const mails = everyMail.filter(({ isDated }) => isDated);
  if (everyMail.length > 0 && mails.length === 0) return null;
  const start = addDays(asOf, -90);
  const before = addDays(start, -180);
  const recent = mails.filter(({ date }) => date > start && date <= asOf);
  if (recent.length === 0) return 'not_mailed';
  if (!recent.some(({ campaignId }) => seen.has(campaignId))) return null;
  if (actions.some(({ date }) => date > start && date <= asOf)) return 'active';
  return actions.some(({ date }) => date > before && date <= start) ? 'passive' : 'inactive';
}

export function audienceGrowthDaily(facts: Facts): readonly TruthRow[] {
  const rows: TruthRow[] = [];
  const lists = Map.groupBy(facts.members, ({ source, accountId, listId }) => `${source} ${accountId} ${listId}`);
  for (const members of lists.values()) {
    const [member] = members;
    const moves = members.flatMap((one) => one.moves).map(({ kind, at }) => ({ kind, date: dateIn(facts.zone, at) }));
    const first = moves.map((move) => move.date).toSorted()[0];
    if (first === undefined || member === undefined) continue;
    let opening = 0;
    const movesOn = Map.groupBy(moves, (move) => move.date);
    for (const day of datesBetween(first, facts.asOf)) {
      const count = (kind: Movement['kind']): number =>
        (movesOn.get(day) ?? []).filter((move) => move.kind === kind).length;
      const net = count('new') + count('returned') - count('unsubscribed') - count('cleaned') - count('deleted');
      rows.push({
        source: member.source,
        account_id: member.accountId,
        day,
        list_id: member.listId,
        opening_count: opening,
        new_count: count('new'),
        returned_count: count('returned'),
        unsubscribed_count: count('unsubscribed'),
        cleaned_count: count('cleaned'),
        deleted_count: count('deleted'),
        net_count: net,
        closing_count: opening + net,
        growth_rate: ratio(net, opening),
      });
      opening += net;
    }
  }
  return rows;
}
