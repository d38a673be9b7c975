import type { Seconds } from '../../src/demo/types.ts';
import { addDays, dateIn, datesBetween } from './calendar.ts';
import { account, ratio, total, type TruthRow } from './campaign-marts.ts';
import type { Facts, Member } from './facts.ts';

type Scope = {
  readonly scope: string;
  readonly id: string;
  readonly has: (event: { readonly listId: string }) => boolean;
};

/** Day, scope and window, each computed from the events themselves. Only for small worlds. */
export function activeAudienceDaily(facts: Facts, scopeIdOfAll: string): readonly TruthRow[] {
  const lists = [...new Set(facts.campaigns.map((campaign) => campaign.listId))];
  const scopes: readonly Scope[] = [
    { scope: 'all', id: scopeIdOfAll, has: () => true },
    { scope: 'account', id: account.account_id, has: () => true },
    ...lists.map((id): Scope => ({ scope: 'list', id, has: (event) => event.listId === id })),
  ];
  const rows: TruthRow[] = [];
  for (const { scope, id, has } of scopes) {
    const sent = datesByPerson(facts.sent.filter(has));
    const acted = datesByPerson([...facts.opens, ...facts.clicks].filter((event) => has(event) && !event.machine));
    // A scope's rows begin with its first send; a list without any has none.
    const first = [...sent.values()].flat().toSorted()[0];
    if (first === undefined) continue;
    for (const day of datesBetween(first, facts.asOf)) {
      for (const days of [30, 90, 180]) {
        const start = addDays(day, -days);
        const before = addDays(start, -180);
        let [mailed, active, passive] = [0, 0, 0];
        for (const [person, dates] of sent) {
          if (!dates.some((date) => date > start && date <= day)) continue;
          mailed += 1;
          const actions = acted.get(person) ?? [];
          if (actions.some((date) => date > start && date <= day)) active += 1;
          else if (actions.some((date) => date > before && date <= start)) passive += 1;
        }
        rows.push({
          day,
          scope,
          scope_id: id,
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

function datesByPerson(
  events: readonly { readonly person: string; readonly date: string }[],
): ReadonlyMap<string, readonly string[]> {
  const dates = new Map<string, Set<string>>();
  for (const { person, date } of events) {
    const known = dates.get(person);
    if (known === undefined) dates.set(person, new Set([date]));
    else known.add(date);
  }
  return new Map([...dates].map(([person, set]) => [person, [...set].toSorted()]));
}

export function subscriberLtv(facts: Facts): readonly TruthRow[] {
  const everyone = new Set([
    ...facts.members.map((member) => member.person),
    ...facts.sent.map((sent) => sent.person),
    ...facts.orders.map((order) => order.person),
    ...facts.conversions.map((conversion) => conversion.person),
  ]);
  const by = <T extends { readonly person: string }>(items: readonly T[]): ReadonlyMap<string, T[]> =>
    Map.groupBy(items, (item) => item.person);
  const [sent, opens, clicks, orders] = [by(facts.sent), by(facts.opens), by(facts.clicks), by(facts.orders)];
  const campaigns = (items: readonly { readonly campaignId: string }[] | undefined): number =>
    new Set((items ?? []).map((item) => item.campaignId)).size;
  const start = addDays(facts.asOf, -90);
  const before = addDays(start, -180);
  return [...everyone].map((person) => {
    const human = <T extends { readonly machine: boolean }>(items: readonly T[] | undefined): readonly T[] =>
      (items ?? []).filter((item) => !item.machine);
    const bought = orders.get(person) ?? [];
    const revenue = total(bought.map((order) => order.amount));
    const refunds = total(bought.map((order) => order.refund));
    const actions = [...human(opens.get(person)), ...human(clicks.get(person))].map((event) => event.date);
    const mailed = (sent.get(person) ?? []).some(({ date }) => date > start && date <= facts.asOf);
    const active = actions.some((date) => date > start && date <= facts.asOf);
    const passive = actions.some((date) => date > before && date <= start);
    return {
      subscriber_id: person,
      mailed_count: campaigns(sent.get(person)),
      opened_count: campaigns(human(opens.get(person))),
      clicked_count: campaigns(human(clicks.get(person))),
      order_count: bought.length,
      revenue_amount: revenue,
      refund_amount: refunds,
      ltv_to_date_amount: revenue.minus(refunds),
      ltv_projected_amount: null,
      currency_code: facts.currency,
      engagement_class: !mailed ? 'not_mailed' : active ? 'active' : passive ? 'passive' : 'inactive',
    };
  });
}

type Movement = { readonly kind: 'new' | 'returned' | 'unsubscribed' | 'cleaned' | 'deleted'; readonly at: Seconds };

/** How one membership moved, as the API lets one see it afterwards. */
function movements(member: Member, facts: Facts): readonly Movement[] {
  const { state, membership } = member;
  const joinedAt = state.signupAt ?? state.optedAt;
  if (joinedAt === null || state.status === 'pending' || state.status === 'transactional') return [];
  const moves: Movement[] = [{ kind: 'new', at: joinedAt }];
  const left = facts.unsubscribes
    .filter(
      (event) => event.emailId === membership.emailId && event.listId === membership.listId && event.at >= joinedAt,
    )
    .map((event) => event.at)
    .toSorted((a, b) => a - b);
  let isOut = false;
  if (state.status === 'subscribed') {
    const before = left.filter((at) => state.optedAt !== null && at < state.optedAt).at(-1);
    if (before !== undefined && state.optedAt !== null) {
      moves.push({ kind: 'unsubscribed', at: before }, { kind: 'returned', at: state.optedAt });
    }
  } else if (state.status === 'cleaned') {
    moves.push({ kind: 'cleaned', at: state.lastChangedAt });
    isOut = true;
  } else {
    moves.push({ kind: 'unsubscribed', at: left.at(-1) ?? state.lastChangedAt });
    isOut = true;
  }
  if (member.goneAt !== null && !isOut) moves.push({ kind: 'deleted', at: member.goneAt });
  return moves;
}

export function audienceGrowthDaily(facts: Facts): readonly TruthRow[] {
  const rows: TruthRow[] = [];
  for (const [listId, members] of Map.groupBy(facts.members, (member) => member.membership.listId)) {
    const moves = members
      .flatMap((member) => movements(member, facts))
      .map(({ kind, at }) => ({ kind, date: dateIn(facts.zone, at) }));
    const first = moves.map((move) => move.date).toSorted()[0];
    if (first === undefined) continue;
    let opening = 0;
    for (const day of datesBetween(first, facts.asOf)) {
      const count = (kind: Movement['kind']): number =>
        moves.filter((move) => move.kind === kind && move.date === day).length;
      const net = count('new') + count('returned') - count('unsubscribed') - count('cleaned') - count('deleted');
      rows.push({
        ...account,
        day,
        list_id: listId,
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
