import type { Bounce, Click, Open, Seconds, Send } from '../../src/demo/types.ts';
import { type Answer, type Body, type Call, instantOf, many, notFound, timestamp } from './simulator-answer.ts';
import { mergeFields } from './simulator-members.ts';
import { linkIndex, mailingOf } from './simulator-reports.ts';
import type { Contact, Mailing, Snapshot } from './simulator-snapshot.ts';

/** One recipient of a mailing who still exists, with what they did. */
type Recipient = {
  readonly contact: Contact;
  readonly send: Send;
  readonly opens: readonly Open[];
  readonly clicks: readonly Click[];
  readonly bounces: readonly Bounce[];
};

/** At most this many opens, and as many clicks, are listed of one member in one campaign; the earliest are kept. */
const activityCap = 1000;

/** Recipients in the order of sending, without deleted contacts. */
function recipientsOf(snapshot: Snapshot, mailing: Mailing): readonly Recipient[] {
  return snapshot.memoRecent(`recipients ${mailing.id}`, () => {
    const opens = Map.groupBy(mailing.opens, (open) => open.member);
    const clicks = Map.groupBy(mailing.clicks, (click) => click.member);
    const bounces = Map.groupBy(mailing.bounces, (bounce) => bounce.member);
    return mailing.sends.flatMap((send): Recipient[] => {
      const contact = snapshot.contact(send.member);
      if (contact === undefined) return [];
      return [
        {
          contact,
          send,
          opens: opens.get(send.member) ?? [],
          clicks: clicks.get(send.member) ?? [],
          bounces: bounces.get(send.member) ?? [],
        },
      ];
    });
  });
}

/** The one recipient a path names, or 404. */
function recipientOf(call: Call, mailing: Mailing): Recipient {
  const found = recipientsOf(call.snapshot, mailing).find(
    ({ contact }) => contact.membership.emailId === call.path['subscriber_hash'],
  );
  if (found === undefined) throw notFound();
  return found;
}

/** Fields that all answers about a recipient share. */
function face(mailing: Mailing, { membership }: Contact): Body {
  return {
    campaign_id: mailing.id,
    list_id: membership.listId,
    list_is_active: true,
    email_id: membership.emailId,
    email_address: membership.address,
  };
}

/** All recipients; the list says nothing of when each mail went out. */
export function getSentTo(call: Call): Answer {
  const mailing = mailingOf(call);
  const rows = recipientsOf(call.snapshot, mailing);
  return many('sent_to', rows, (recipient) => sentToBody(mailing, recipient), memberPath(mailing, 'sent-to'), {
    campaign_id: mailing.id,
  });
}

export function getSentToMember(call: Call): Answer {
  const mailing = mailingOf(call);
  return { kind: 'one', body: sentToBody(mailing, recipientOf(call, mailing)) };
}

function memberPath(mailing: Mailing, part: string): (row: Body) => string {
  return (row) => `/reports/${mailing.id}/${part}/${String(row['email_id'])}`;
}

function sentToBody(mailing: Mailing, { contact, send, opens, bounces }: Recipient): Body {
  const status = bounces.some((bounce) => bounce.kind === 'hard') ? 'hard' : bounces.length > 0 ? 'soft' : 'sent';
  return {
    ...face(mailing, contact),
    merge_fields: mergeFields(contact),
    vip: contact.membership.vip,
    status,
    open_count: opens.length,
    last_open: timestamp(opens.at(-1)?.at),
    ...(mailing.campaign.abSplit === null ? {} : { absplit_group: send.group }),
    gmt_offset: 0,
  };
}

/** One row a recipient, also of those who did nothing; `since` (exclusive) and `filter_bots` only empty their lists. */
export function getEmailActivity(call: Call): Answer {
  const mailing = mailingOf(call);
  const filter = activityFilter(call);
  const rows = recipientsOf(call.snapshot, mailing);
  return many(
    'emails',
    rows,
    (recipient) => activityBody(mailing, recipient, filter),
    memberPath(mailing, 'email-activity'),
    {
      campaign_id: mailing.id,
    },
  );
}

export function getEmailActivityMember(call: Call): Answer {
  const mailing = mailingOf(call);
  return { kind: 'one', body: activityBody(mailing, recipientOf(call, mailing), activityFilter(call)) };
}

type ActivityFilter = { readonly since: Seconds; readonly withoutBots: boolean };

function activityFilter(call: Call): ActivityFilter {
  return { since: instantOf(call.query, 'since') ?? -Infinity, withoutBots: call.query['filter_bots'] === 'true' };
}

function activityBody(mailing: Mailing, recipient: Recipient, { since, withoutBots }: ActivityFilter): Body {
  const { links } = mailing.campaign;
  const events: { readonly at: Seconds; readonly entry: Body }[] = [];
  for (const { at, kind } of recipient.bounces)
    events.push({ at, entry: { action: 'bounce', type: kind, timestamp: timestamp(at) } });
  for (const { at, ip, isProxy } of recipient.opens.slice(0, activityCap)) {
    if (!withoutBots || !isProxy) events.push({ at, entry: { action: 'open', timestamp: timestamp(at), ip } });
  }
  for (const { at, ip, link, isScanner } of recipient.clicks.slice(0, activityCap)) {
    if (withoutBots && isScanner) continue;
    events.push({ at, entry: { action: 'click', timestamp: timestamp(at), url: links[link]?.url ?? '', ip } });
  }
  const activity = events
    .filter(({ at }) => at > since)
    .sort((left, right) => left.at - right.at)
    .map(({ entry }) => entry);
  return { ...face(mailing, recipient.contact), activity };
}

/** Members who opened, each open with the proxy's mark. `filter_bots` leaves the proxy's opens out. */
export function getOpenDetails(call: Call): Answer {
  const mailing = mailingOf(call);
  const { since, withoutBots } = activityFilter(call);
  const openers = recipientsOf(call.snapshot, mailing).flatMap((recipient) => {
    const opens = recipient.opens.filter((open) => open.at > since && (!withoutBots || !open.isProxy));
    return opens.length === 0 ? [] : [{ ...recipient, opens }];
  });
  if (call.query['sort_field'] === 'opens_count') {
    const sign = call.query['sort_dir'] === 'DESC' ? -1 : 1;
    openers.sort((left, right) => sign * (left.opens.length - right.opens.length));
  }
  const all = openers.flatMap(({ opens }) => opens);
  return many('members', openers, (opener) => openerBody(mailing, opener), memberPath(mailing, 'open-details'), {
    campaign_id: mailing.id,
    total_opens: all.length,
    total_proxy_excluded_opens: all.filter((open) => !open.isProxy).length,
  });
}

export function getOpenDetailsMember(call: Call): Answer {
  const mailing = mailingOf(call);
  const recipient = recipientOf(call, mailing);
  if (recipient.opens.length === 0) throw notFound();
  return { kind: 'one', body: openerBody(mailing, recipient) };
}

function openerBody(mailing: Mailing, { contact, opens }: Recipient): Body {
  return {
    ...face(mailing, contact),
    contact_status: contact.state.status,
    merge_fields: mergeFields(contact),
    vip: contact.membership.vip,
    opens_count: opens.length,
    proxy_excluded_opens_count: opens.filter((open) => !open.isProxy).length,
    opens: opens.map((open) => ({ timestamp: timestamp(open.at), is_proxy_open: open.isProxy })),
  };
}

/** Who clicked one link, with counts and no times. */
export function getLinkMembers(call: Call): Answer {
  const mailing = mailingOf(call);
  const index = linkIndex(call, mailing);
  const link = mailing.campaign.links[index];
  const clickers = recipientsOf(call.snapshot, mailing).flatMap(({ contact, clicks }) => {
    const count = clicks.filter((click) => click.link === index).length;
    return count === 0 ? [] : [{ contact, count }];
  });
  return many(
    'members',
    clickers,
    ({ contact, count }) => ({
      ...face(mailing, contact),
      merge_fields: mergeFields(contact),
      vip: contact.membership.vip,
      clicks: count,
      url_id: link?.id,
      contact_status: contact.state.status,
    }),
    memberPath(mailing, `click-details/${link?.id ?? ''}/members`),
    { campaign_id: mailing.id },
  );
}

export function getUnsubscribed(call: Call): Answer {
  const mailing = mailingOf(call);
  const rows = mailing.unsubscribes.flatMap((unsubscribe) => {
    const contact = call.snapshot.contact(unsubscribe.member);
    return contact === undefined ? [] : [{ contact, unsubscribe }];
  });
  return many(
    'unsubscribes',
    rows,
    ({ contact, unsubscribe }) => ({
      ...face(mailing, contact),
      merge_fields: mergeFields(contact),
      vip: contact.membership.vip,
      timestamp: timestamp(unsubscribe.at),
      reason: unsubscribe.reason,
    }),
    memberPath(mailing, 'unsubscribed'),
    { campaign_id: mailing.id },
  );
}

/** Takes no count and no offset. */
export function getAbuse(call: Call): Answer {
  const mailing = mailingOf(call);
  const rows = mailing.complaints.flatMap((complaint) => {
    const contact = call.snapshot.contact(complaint.member);
    return contact === undefined ? [] : [{ contact, complaint }];
  });
  return many(
    'abuse_reports',
    rows,
    ({ contact, complaint }) => ({
      id: complaint.id,
      ...face(mailing, contact),
      merge_fields: mergeFields(contact),
      vip: contact.membership.vip,
      date: timestamp(complaint.at),
    }),
    (row) => `/reports/${mailing.id}/abuse-reports/${String(row['id'])}`,
    { campaign_id: mailing.id },
  );
}
