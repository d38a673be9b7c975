import { centsOf } from '../../src/demo/money.ts';
import type { Seconds } from '../../src/demo/types.ts';
import {
  type Answer,
  between,
  type Body,
  type Call,
  instantOf,
  many,
  notFound,
  Problem,
  rate,
  timestamp,
} from './simulator-answer.ts';
import { listOf } from './simulator-lists.ts';
import type { Contact, Snapshot } from './simulator-snapshot.ts';

/** Without `status` archived contacts are left out: the facts call that unverified, so it is an option of the simulator. */
export function getMembers(call: Call): Answer {
  const { snapshot, query } = call;
  const list = listOf(call);
  const status = query['status'];
  if (query['unsubscribed_since'] !== undefined && status !== 'unsubscribed') {
    throw new Problem(400, 'Invalid Resource', 'unsubscribed_since needs status=unsubscribed');
  }
  const filters = Object.entries(query).filter(
    ([name]) => !['count', 'offset', 'fields', 'exclude_fields'].includes(name),
  );
  const key = `members ${list.id} ${JSON.stringify(filters)} ${call.options.archivedByDefault}`;
  const found = snapshot.memo(key, () => {
    const changed = between(call, 'since_last_changed', 'before_last_changed');
    const opted = between(call, 'since_timestamp_opt', 'before_timestamp_opt');
    const left = instantOf(query, 'unsubscribed_since');
    const contacts = snapshot.contactsOf(list.id).filter(({ membership, state }) => {
      if (
        status === undefined ? state.status === 'archived' && !call.options.archivedByDefault : state.status !== status
      )
        return false;
      if (!changed(state.lastChangedAt) || !opted(state.optedAt)) return false;
      if (query['unique_email_id'] !== undefined && membership.uniqueEmailId !== query['unique_email_id']) return false;
      if (query['vip_only'] === 'true' && !membership.vip) return false;
      return (
        left === undefined || (membership.changes.findLast((next) => next.kind === 'unsubscribed')?.at ?? 0) > left
      );
    });
    return sortMembers(contacts, query);
  });
  return many(
    'members',
    found,
    (contact) => memberBody(snapshot, contact),
    (row) => `/lists/${list.id}/members/${String(row['id'])}`,
    {
      list_id: list.id,
    },
  );
}

function sortMembers(contacts: Contact[], query: Call['query']): Contact[] {
  const field = query['sort_field'];
  if (field === undefined) return contacts;
  const value = ({ state }: Contact): Seconds =>
    (field === 'last_changed' ? state.lastChangedAt : field === 'timestamp_opt' ? state.optedAt : state.signupAt) ?? 0;
  const sign = query['sort_dir'] === 'DESC' ? -1 : 1;
  return contacts.sort(
    (left, right) => sign * (value(left) - value(right)) || left.membership.index - right.membership.index,
  );
}

export function getMember(call: Call): Answer {
  const list = listOf(call);
  const contact = call.snapshot
    .contactsOf(list.id)
    .find(({ membership }) => membership.emailId === call.path['subscriber_hash']);
  if (contact === undefined) throw notFound();
  return { kind: 'one', body: memberBody(call.snapshot, contact) };
}

export function mergeFields({ person, state }: Contact): Body {
  return { FNAME: person.firstName, LNAME: person.lastName, POINTS: state.revision * 10 };
}

function memberBody(snapshot: Snapshot, contact: Contact): Body {
  const { membership, person, state } = contact;
  const record = memberRecord(snapshot, contact);
  return {
    id: membership.emailId,
    email_address: membership.address,
    unique_email_id: membership.uniqueEmailId,
    contact_id: membership.contactId,
    full_name: `${person.firstName} ${person.lastName}`,
    web_id: membership.webId,
    email_type: 'html',
    status: state.status,
    ...(state.unsubscribeReason !== null && state.status === 'unsubscribed'
      ? { unsubscribe_reason: state.unsubscribeReason }
      : {}),
    consents_to_one_to_one_messaging: true,
    merge_fields: mergeFields(contact),
    interests: {},
    stats: record,
    ip_signup: state.signupAt === null ? '' : person.ip,
    timestamp_signup: timestamp(state.signupAt),
    ip_opt: state.optedAt === null ? '' : person.ip,
    timestamp_opt: timestamp(state.optedAt),
    member_rating: membership.rating,
    last_changed: timestamp(state.lastChangedAt),
    language: person.language,
    vip: membership.vip,
    email_client: person.emailClient,
    location: {
      latitude: person.latitude,
      longitude: person.longitude,
      gmtoff: 0,
      dstoff: 0,
      country_code: person.countryCode,
      timezone: person.timeZone,
      region: '',
    },
    source: membership.source,
    tags_count: membership.tags.length,
    tags: membership.tags.map((name, index) => ({ id: 100 + index, name })),
    list_id: membership.listId,
  };
}

/**
 * Rates and revenue of a contact as of its last change. (The real ones move with every mail while `last_changed` stands still;
 * as of the last change a record is the same whenever it is read, and says nothing that was not true.)
 */
function memberRecord(snapshot: Snapshot, { membership, state }: Contact): Body {
  const counts = snapshot.memo('member record', () => countMemberEvents(snapshot));
  const store = snapshot.world.stores.find((candidate) => candidate.listId === membership.listId);
  const orders = snapshot
    .memo('orders by person', () => Map.groupBy(snapshot.world.orders, (order) => order.personIndex))
    .get(membership.personIndex)
    ?.filter(
      (order) => order.storeId === store?.id && order.placedAt <= state.lastChangedAt && order.cancelledAt === null,
    );
  const cents = (orders ?? []).reduce((sum, order) => sum + centsOf(order.total), 0);
  const [sent = 0, opened = 0, clicked = 0] = counts[membership.index] ?? [];
  return {
    avg_open_rate: rate(opened, sent),
    avg_click_rate: rate(clicked, sent),
    ecommerce_data: {
      total_revenue: cents / 100,
      number_of_orders: orders?.length ?? 0,
      currency_code: store?.currency ?? 'EUR',
    },
  };
}

/** Mailings sent, opened and clicked by each member up to its last change. */
function countMemberEvents(snapshot: Snapshot): (readonly [number, number, number])[] {
  const counts: [number, number, number][] = snapshot.world.memberships.map(() => [0, 0, 0]);
  const upTo = (member: number): Seconds => snapshot.contact(member)?.state.lastChangedAt ?? 0;
  const count = (place: 0 | 1 | 2, events: readonly { readonly member: number; readonly at: Seconds }[]): void => {
    const seen = new Set<number>();
    for (const { member, at } of events) {
      const own = counts[member];
      if (own === undefined || seen.has(member) || at > upTo(member)) continue;
      seen.add(member);
      own[place] += 1;
    }
  };
  for (const mailing of snapshot.mailings()) {
    count(0, mailing.sends);
    count(1, mailing.opens);
    count(2, mailing.clicks);
  }
  return counts;
}

export function getListAbuse(call: Call): Answer {
  const { snapshot } = call;
  const list = listOf(call);
  const found = snapshot.world.complaints.flatMap((complaint) => {
    const contact = snapshot.contact(complaint.member);
    return contact?.membership.listId === list.id ? [{ complaint, contact }] : [];
  });
  return many(
    'abuse_reports',
    found,
    ({ complaint, contact }) => ({
      id: complaint.id,
      campaign_id: complaint.campaignId,
      list_id: list.id,
      email_id: contact.membership.emailId,
      email_address: contact.membership.address,
      merge_fields: mergeFields(contact),
      vip: contact.membership.vip,
      date: timestamp(complaint.at),
    }),
    (row) => `/lists/${list.id}/abuse-reports/${String(row['id'])}`,
    { list_id: list.id },
  );
}
