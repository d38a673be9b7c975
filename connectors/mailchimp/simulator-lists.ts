import type { List, Seconds } from '../../src/demo/types.ts';
import { type Answer, between, type Body, type Call, many, notFound, rate, timestamp } from './simulator-answer.ts';
import type { Snapshot } from './simulator-snapshot.ts';
import { reportTotals } from './simulator-totals.ts';

/** The list a path names, or 404. */
export function listOf(call: Call): List {
  const list = call.snapshot.list(call.path['list_id'] ?? '');
  if (list === undefined) throw notFound();
  return list;
}

export function getLists(call: Call): Answer {
  const { snapshot, query } = call;
  const created = between(call, 'since_date_created', 'before_date_created');
  const sent = between(call, 'since_campaign_last_sent', 'before_campaign_last_sent');
  const hasTotals = query['include_total_contacts'] === 'true';
  const email = query['email']?.toLowerCase();
  const lists = snapshot.world.lists.filter((list) => {
    if (!created(list.createdAt) || !sent(lastSend(snapshot, list))) return false;
    return (
      email === undefined ||
      snapshot.contactsOf(list.id).some((contact) => contact.membership.address.toLowerCase() === email)
    );
  });
  if (query['sort_field'] === 'date_created' && query['sort_dir'] === 'DESC') lists.reverse();
  const beside = {
    constraints: { may_create: true, max_instances: 100, current_total_instances: snapshot.world.lists.length },
  };
  return many(
    'lists',
    lists,
    (list) => listBody(snapshot, list, hasTotals),
    (row) => `/lists/${String(row['id'])}`,
    beside,
  );
}

export function getList(call: Call): Answer {
  return { kind: 'one', body: listBody(call.snapshot, listOf(call), call.query['include_total_contacts'] === 'true') };
}

function listBody(snapshot: Snapshot, list: List, hasTotals: boolean): Body {
  return {
    id: list.id,
    web_id: list.webId,
    name: list.name,
    contact: {
      company: snapshot.world.company.name,
      address1: 'Hafenstr. 1',
      address2: '',
      city: 'Hamburg',
      state: '',
      zip: '20457',
      country: 'DE',
      phone: '',
    },
    permission_reminder: 'You signed up on our website.',
    use_archive_bar: true,
    campaign_defaults: { from_name: list.fromName, from_email: list.fromEmail, subject: '', language: 'de' },
    notify_on_subscribe: '',
    notify_on_unsubscribe: '',
    date_created: timestamp(list.createdAt),
    list_rating: 4,
    email_type_option: false,
    subscribe_url_short: `http://eepurl.example/${list.id}`,
    subscribe_url_long: `https://acme.list-manage.example/subscribe?id=${list.id}`,
    beamer_address: `us1-${list.id}@inbound.example`,
    visibility: 'prv',
    double_optin: list.doubleOptIn,
    has_welcome: false,
    marketing_permissions: false,
    modules: [],
    stats: listStats(snapshot, list, hasTotals),
  };
}

function lastSend(snapshot: Snapshot, list: List): Seconds | null {
  let last: Seconds | null = null;
  // Mailchimp moves the date only for sends to ten or more.
  for (const mailing of snapshot.mailings()) {
    if (mailing.campaign.listId === list.id && mailing.sends.length >= 10 && (last === null || mailing.sentAt > last))
      last = mailing.sentAt;
  }
  return last;
}

/** Counts at this instant. Rates of a list run from 0 to 100, unlike those of a report. */
export function listStats(snapshot: Snapshot, list: List, hasTotals: boolean): Body {
  const stats = snapshot.memo(`list stats ${list.id}`, () => {
    const contacts = snapshot.contactsOf(list.id);
    const since = lastSend(snapshot, list) ?? 0;
    const count = (status: string, after = 0): number =>
      contacts.filter(({ state }) => state.status === status && (after === 0 || state.lastChangedAt > after)).length;
    const own = snapshot.mailings().filter((mailing) => mailing.campaign.listId === list.id);
    const totals = own.map((mailing) => reportTotals(snapshot, mailing));
    const mean = (values: readonly number[]): number =>
      rate(
        values.reduce((sum, value) => sum + value, 0),
        values.length,
        100,
      );
    const months = Math.max(1, Math.round((snapshot.at - list.createdAt) / (30 * 86_400)));
    const last = (status: string): Seconds | null =>
      contacts.reduce<Seconds | null>((latest, { membership }) => {
        const at = membership.changes.findLast((next) => next.status === status && next.kind !== 'profile')?.at;
        return at !== undefined && (latest === null || at > latest) ? at : latest;
      }, null);
    return {
      member_count: count('subscribed'),
      unsubscribe_count: count('unsubscribed'),
      cleaned_count: count('cleaned'),
      member_count_since_send: contacts.filter(
        ({ state }) => state.status === 'subscribed' && (state.optedAt ?? 0) > since,
      ).length,
      unsubscribe_count_since_send: count('unsubscribed', since),
      cleaned_count_since_send: count('cleaned', since),
      campaign_count: snapshot.world.campaigns.filter(
        (campaign) => campaign.listId === list.id && campaign.type !== 'automation',
      ).length,
      campaign_last_sent: timestamp(lastSend(snapshot, list)),
      merge_field_count: 3,
      avg_sub_rate: Math.round(contacts.length / months),
      avg_unsub_rate: Math.round(count('unsubscribed') / months),
      target_sub_rate: Math.round(count('unsubscribed') / months) + 1,
      open_rate: mean(totals.map((total) => total.openRate)),
      click_rate: mean(totals.map((total) => total.clickRate)),
      last_sub_date: timestamp(last('subscribed')),
      last_unsub_date: timestamp(last('unsubscribed')),
    };
  });
  return hasTotals ? { ...stats, total_contacts: snapshot.contactsOf(list.id).length } : { ...stats };
}

export function getSegments(call: Call): Answer {
  const { snapshot, query } = call;
  const list = listOf(call);
  const created = between(call, 'since_created_at', 'before_created_at');
  const updated = between(call, 'since_updated_at', 'before_updated_at');
  const segments = snapshot.world.segments.filter(
    (segment) =>
      segment.listId === list.id &&
      created(segment.createdAt) &&
      updated(segment.createdAt) &&
      (query['type'] === undefined || query['type'] === segment.type),
  );
  return many(
    'segments',
    segments,
    (segment) => ({
      id: segment.id,
      name: segment.name,
      member_count: snapshot
        .contactsOf(list.id)
        .filter(({ membership, state }) => state.status === 'subscribed' && membership.tags.includes(segment.tag))
        .length,
      type: segment.type,
      created_at: timestamp(segment.createdAt),
      updated_at: timestamp(segment.createdAt),
      options: { match: 'any', conditions: [] },
      list_id: list.id,
    }),
    (row) => `/lists/${list.id}/segments/${String(row['id'])}`,
    { list_id: list.id },
  );
}
