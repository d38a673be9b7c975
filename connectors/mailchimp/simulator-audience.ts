import { instantOf as isoOf, utcDateOf } from '../../src/demo/instant.ts';
import { stateAt } from '../../src/demo/membership.ts';
import type { List, Membership, Seconds } from '../../src/demo/types.ts';
import { type Answer, type Body, type Call, many, rate } from './simulator-answer.ts';
import { listOf } from './simulator-lists.ts';
import type { Contact, Snapshot } from './simulator-snapshot.ts';

/** Present state only. */
export function getClients(call: Call): Answer {
  const list = listOf(call);
  const clients = countBy(subscribed(call, list), ({ person }) => person.emailClient);
  clients.delete('');
  const rows = [...clients].sort((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1));
  return many('clients', rows, ([client, members]) => ({ client, members }), null, { list_id: list.id });
}

export function getLocations(call: Call): Answer {
  const list = listOf(call);
  const contacts = subscribed(call, list).filter(({ person }) => person.countryCode !== '');
  const rows = [...countBy(contacts, ({ person }) => person.countryCode)].sort((left, right) => right[1] - left[1]);
  const row = ([cc, total]: readonly [string, number]): Body => ({
    country: cc,
    cc,
    percent: rate(total, contacts.length, 100),
    total,
  });
  return many('locations', rows, row, null, { list_id: list.id });
}

function subscribed(call: Call, list: List): readonly Contact[] {
  return call.snapshot.contactsOf(list.id).filter(({ state }) => state.status === 'subscribed');
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

/** One row a month, newest first. `subscribed` is the size at the month's end, the others are what happened in the month. */
export function getGrowthHistory(call: Call): Answer {
  const { snapshot, query } = call;
  const list = listOf(call);
  const rows = snapshot.memo(`growth ${list.id}`, () => {
    const members = snapshot.world.memberships.filter(
      (membership) => membership.listId === list.id && membership.createdAt <= snapshot.at,
    );
    const months: Body[] = [];
    for (let start = new Date(list.createdAt * 1000); start.getTime() / 1000 <= snapshot.at;) {
      const next = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1) / 1000;
      months.push(growthRow(snapshot, list, members, start.getTime() / 1000, next));
      start = new Date(next * 1000);
    }
    return months;
  });
  const sorted = query['sort_dir'] === 'ASC' ? rows : rows.toReversed();
  return many(
    'history',
    sorted,
    (row) => ({ ...row }),
    (row) => `/lists/${list.id}/growth-history/${String(row['month'])}`,
    { list_id: list.id },
  );
}

function growthRow(
  snapshot: Snapshot,
  list: List,
  members: readonly Membership[],
  start: Seconds,
  next: Seconds,
): Body {
  const counts = { subscribed: 0, unsubscribed: 0, reconfirm: 0, cleaned: 0, pending: 0, deleted: 0, transactional: 0 };
  const end = Math.min(next - 1, snapshot.at);
  for (const membership of members) {
    if (membership.createdAt > end) continue;
    const isGone = membership.deletedAt !== null && membership.deletedAt <= end;
    if (membership.deletedAt !== null && membership.deletedAt >= start && isGone) counts.deleted += 1;
    for (const { at, kind } of membership.changes) {
      if (at >= start && at <= end && (kind === 'unsubscribed' || kind === 'cleaned')) counts[kind] += 1;
    }
    if (isGone) continue;
    const { status } = stateAt(membership, end);
    if (status === 'subscribed' || status === 'pending' || status === 'transactional') counts[status] += 1;
  }
  return { list_id: list.id, month: isoOf(start).slice(0, 7), existing: 0, imports: 0, optins: 0, ...counts };
}

/** The last 180 days, newest first; automations are left out. */
export function getActivity(call: Call): Answer {
  const { snapshot } = call;
  const list = listOf(call);
  const rows = snapshot.memo(`activity ${list.id}`, () => {
    const days = new Map<string, Body>();
    for (let back = 0; back < 180 && snapshot.at - back * 86_400 >= list.createdAt; back += 1) {
      const zero = {
        emails_sent: 0,
        unique_opens: 0,
        recipient_clicks: 0,
        hard_bounce: 0,
        soft_bounce: 0,
        subs: 0,
        unsubs: 0,
        other_adds: 0,
        other_removes: 0,
      };
      const day = utcDateOf(snapshot.at - back * 86_400);
      days.set(day, { day, ...zero });
    }
    const add = (at: Seconds, field: string): void => {
      const row = days.get(utcDateOf(at));
      if (row !== undefined) row[field] = Number(row[field]) + 1;
    };
    const first = (events: readonly { readonly member: number; readonly at: Seconds }[], field: string): void => {
      const seen = new Set<number>();
      for (const { member, at } of events) {
        if (!seen.has(member)) add(at, field);
        seen.add(member);
      }
    };
    for (const mailing of snapshot.mailings()) {
      if (mailing.campaign.listId !== list.id || mailing.campaign.type === 'automation') continue;
      if (mailing.sentAt < snapshot.at - 400 * 86_400) continue;
      for (const { at } of mailing.sends) add(at, 'emails_sent');
      first(mailing.opens, 'unique_opens');
      first(mailing.clicks, 'recipient_clicks');
      for (const { at, kind } of mailing.bounces) add(at, `${kind}_bounce`);
    }
    for (const membership of snapshot.world.memberships) {
      if (membership.listId !== list.id) continue;
      for (const { at, kind, status } of membership.changes) {
        if (kind === 'unsubscribed') add(at, 'unsubs');
        else if (kind !== 'profile' && status === 'subscribed')
          add(at, membership.source === 'Import' ? 'other_adds' : 'subs');
        else if (kind === 'archived') add(at, 'other_removes');
      }
    }
    return [...days.values()];
  });
  return many(
    'activity',
    rows,
    (row) => ({ ...row }),
    () => `/lists/${list.id}/activity`,
    { list_id: list.id },
  );
}
