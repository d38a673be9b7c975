import type { SgEvent, SgEventKind, SgMessage, SgSingleSend, SgSuppression } from '../../src/demo/sendgrid-types.ts';
import type { Seconds } from '../../src/demo/types.ts';
import {
  visibleSendgrid,
  type SgLinkTotal,
  type SgTotals,
  type VisibleSendgrid,
} from '../../src/demo/visible-sendgrid.ts';
import { markBursts } from './bursts.ts';
import {
  domainOf,
  type Campaign,
  type Link,
  type Member,
  type Movement,
  type PersonEvent,
  type Reader,
  type SourceFacts,
  type Stated,
} from './fact-types.ts';
import type { Gathering } from './facts.ts';

const source = 'sendgrid';

/** What is known of a person's mail program when it opens a mail; Gmail and Apple hide it behind their servers. */
const readers: Readonly<Record<string, Reader>> = {
  Gmail: { client: 'Gmail', device: 'unknown', os: 'unknown', isProxy: true },
  'Outlook 2021': { client: 'Outlook', device: 'desktop', os: 'Windows', isProxy: false },
  Thunderbird: { client: 'Thunderbird', device: 'desktop', os: 'Linux', isProxy: false },
  iPhone: { client: 'Apple Mail', device: 'mobile', os: 'iOS', isProxy: false },
  'Apple Mail': { client: 'Apple Mail', device: 'desktop', os: 'macOS', isProxy: false },
  Android: { client: 'Chrome', device: 'mobile', os: 'Android', isProxy: false },
};
const browser: Reader = { client: 'Chrome', device: 'desktop', os: 'Windows', isProxy: false };
const appleProxy: Reader = { client: 'Apple Mail', device: 'unknown', os: 'unknown', isProxy: true };

/** What SendGrid's API and posts could show until the last sync. */
export function sendgridFacts({ world, syncs, person, date, goalOf }: Gathering): SourceFacts {
  const { sendgrid } = world;
  const accountId = sendgrid.accountId;
  const views = syncs.map((at) => visibleSendgrid(world, at));
  const view = views.at(-1) as VisibleSendgrid;
  // An event that was posted, or that the logs of one sync showed, stays known.
  const known = [...new Map(views.flatMap(({ events }) => events.map((event) => [event.id, event]))).values()];
  const sendOf = new Map(view.singleSends.map((send) => [send.id, send]));
  const messageOf = (event: SgEvent): SgMessage => sendgrid.messages[event.message] as SgMessage;
  const asEvent = (event: SgEvent): PersonEvent => {
    const message = messageOf(event);
    const contact = sendgrid.contacts[message.contact];
    if (contact === undefined) throw new Error(`message ${message.index} went to nobody`);
    return {
      campaignId: message.singleSendId,
      listId: listOf(sendOf.get(message.singleSendId)),
      person: person(contact.address),
      recipient: person(contact.address),
      domain: domainOf(contact.address),
      at: event.at,
      date: date(event.at),
    };
  };
  const of = (...kinds: readonly SgEventKind[]): readonly SgEvent[] =>
    known.filter((event) => kinds.includes(event.kind));
  const urlOf = (event: SgEvent): string => {
    const link = sendOf.get(messageOf(event).singleSendId)?.links[event.link ?? -1];
    if (link === undefined) throw new Error(`click ${event.id} is on no link`);
    return link.url;
  };
  const everybody = [...world.people, ...sendgrid.people];
  const readerOf = (event: SgEvent): Reader => {
    if (event.isMachine) return appleProxy;
    const owner = everybody[sendgrid.contacts[messageOf(event).contact]?.personIndex ?? -1];
    return readers[owner?.emailClient ?? ''] ?? browser;
  };
  const suppressions = seenSuppressions(views, syncs);
  const addresses = new Map([...view.links].map(([id, links]) => [id, new Set(links.map((link) => link.url))]));

  return {
    campaigns: view.singleSends.map((send): Campaign => {
      const totals = view.totals.get(send.id) as SgTotals;
      const hasEvents = isKnownOneByOne(
        known.filter((event) => messageOf(event).singleSendId === send.id),
        totals,
      );
      return {
        source,
        accountId,
        id: send.id,
        listId: listOf(send),
        name: send.name,
        subject: send.subject,
        kind: send.test === null ? 'regular' : 'absplit',
        sentAt: send.sentAt ?? 0,
        sendDate: date(send.sentAt ?? 0),
        ...goalOf(send.name),
        tracksOpens: true,
        tracksClicks: true,
        hasEvents,
        reportsDeliveries: true,
        unstatedDrops: unstatedDrops(known.filter((event) => messageOf(event).singleSendId === send.id)),
        stated: statedBy(totals),
        forwards: null,
        links: linksOf(view.links.get(send.id) ?? []),
        testGroups: [...(view.tested.get(send.id) ?? [])].map(([variant, own]) => ({
          variant,
          label: variant,
          stated: hasEvents ? null : { sent: sentOf(own), humanOpeners: null },
        })),
      };
    }),
    members: membersOf(views, syncs).map(({ address, createdAt, listId, goneAt }): Member => ({
      source,
      accountId,
      listId,
      person: person(address),
      timeZone: null,
      moves: movements(
        createdAt,
        leaving(
          suppressions.filter((entry) => entry.address === address),
          view.singleSends.filter((send) => send.listIds.includes(listId)),
        ),
        goneAt,
      ),
    })),
    sent: handedOver(of('processed', 'delivered', 'bounce')).map((event) => {
      const message = messageOf(event);
      return { ...asEvent(event), group: message.phase === 'test' ? message.variation : null, isDated: true };
    }),
    delivered: firstOfEach(of('delivered').map(asEvent)),
    bounces: of('bounce').map((event) => ({
      ...asEvent(event),
      type: event.bounceType === 'bounce' ? ('hard' as const) : ('soft' as const),
      reason: reasonsByCode[event.status ?? ''] ?? 'other',
    })),
    opens: of('open').map((event) => ({ ...asEvent(event), machine: event.isMachine, reader: readerOf(event) })),
    clicks: markBursts(
      of('click').map((event) => ({ ...asEvent(event), url: urlOf(event) })),
      (campaignId) => addresses.get(campaignId) ?? new Set(),
    ),
    unsubscribes: firstOfEach(of('unsubscribe', 'group_unsubscribe').map(asEvent)),
    complaints: of('spamreport').map(asEvent),
  };
}

/** RFC 3463: no such mailbox, refused by policy, mailbox disabled. */
const reasonsByCode: Readonly<Record<string, string>> = {
  '5.1.1': 'unknown_user',
  '5.7.1': 'blocked',
  '5.2.1': 'unknown_user',
};

/** By address: the same may be linked at several places. */
function linksOf(links: readonly SgLinkTotal[]): readonly Link[] {
  return [...Map.groupBy(links, ({ url }) => url)].map(([url, places]) => ({
    id: undefined,
    url,
    position: Math.min(...places.map(({ position }) => position)),
    statedClicks: places.reduce((sum, { clicks }) => sum + clicks, 0),
  }));
}

/** Who was reached, or bounced, was handed over, about then if no event says so. */
function handedOver(known: readonly SgEvent[]): readonly SgEvent[] {
  return [...Map.groupBy(known, ({ message }) => message).values()].flatMap((events) => {
    const processed = events.filter(({ kind }) => kind === 'processed');
    return processed.length > 0 ? processed : events.toSorted((a, b) => a.at - b.at).slice(0, 1);
  });
}

/** A campaign to several lists belongs to none of them. */
function listOf(send: SgSingleSend | undefined): string | null {
  return send?.listIds.length === 1 ? (send.listIds[0] ?? null) : null;
}

function firstOfEach(events: readonly PersonEvent[]): readonly PersonEvent[] {
  const first = new Map<string, PersonEvent>();
  for (const event of events.toSorted((a, b) => a.at - b.at)) {
    const key = `${event.campaignId} ${event.recipient}`;
    if (!first.has(key)) first.set(key, event);
  }
  return [...first.values()];
}

/** Messages whose fate (taken on or dropped) is known, at least 98 of the 100 that SendGrid's own totals state (decision 19). */
function isKnownOneByOne(known: readonly SgEvent[], totals: SgTotals): boolean {
  const messages = new Set(
    known.filter(({ kind }) => kind === 'processed' || kind === 'dropped').map(({ message }) => message),
  );
  return messages.size * 100 >= totals.requests * 98;
}

/** Totals of a single send tell three kinds of drops, and not those to who unsubscribed. */
function unstatedDrops(known: readonly SgEvent[]): number {
  const isCounted = (reason: string | null): boolean =>
    ['Bounced Address', 'Spam Reporting Address', 'Invalid'].includes(reason ?? '');
  const dropped = known.filter(({ kind, reason }) => kind === 'dropped' && !isCounted(reason));
  return new Set(dropped.map(({ message }) => message)).size;
}

function sentOf(totals: SgTotals): number {
  return totals.requests - totals.bounceDrops - totals.spamReportDrops - totals.invalidEmails;
}

function statedBy(totals: SgTotals): Stated {
  return {
    sent: sentOf(totals),
    delivered: totals.delivered,
    hard_bounces: totals.bounces,
    opens_total: totals.opens,
    unique_opens: totals.uniqueOpens,
    clicks_total: totals.clicks,
    unique_subscriber_clicks: totals.uniqueClicks,
    unsubscribed: totals.unsubscribes,
    abuse_reports: totals.spamReports,
  };
}

type Place = {
  readonly address: string;
  readonly createdAt: Seconds;
  readonly listId: string;
  readonly goneAt: Seconds | null;
};

/** Contacts with their lists as an export showed them last; one whom a later export lacks is gone since then. */
function membersOf(views: readonly VisibleSendgrid[], syncs: readonly Seconds[]): readonly Place[] {
  const lastSeen = new Map<string, readonly Place[]>();
  for (const [index, { contacts }] of views.entries()) {
    const goneAt = syncs[index + 1] ?? null;
    for (const { contact, listIds } of contacts) {
      lastSeen.set(
        contact.id,
        listIds.map((listId) => ({ address: contact.address, createdAt: contact.createdAt, listId, goneAt })),
      );
    }
  }
  return [...lastSeen.values()].flat();
}

/** An entry of a suppression list, and the sync that first missed it. */
type SeenSuppression = SgSuppression & { readonly missedAt: Seconds | null };

/** A list shows who stands on it now: an entry that a later sync misses was taken off before it. */
function seenSuppressions(views: readonly VisibleSendgrid[], syncs: readonly Seconds[]): readonly SeenSuppression[] {
  const last = new Map<string, SeenSuppression>();
  for (const [index, { suppressions }] of views.entries()) {
    for (const entry of suppressions)
      last.set(JSON.stringify([entry.kind, entry.address, entry.groupId]), {
        ...entry,
        missedAt: syncs[index + 1] ?? null,
      });
  }
  return [...last.values()];
}

type Leaving = {
  readonly kind: 'cleaned' | 'unsubscribed';
  readonly at: Seconds;
  readonly returnedAt: Seconds | null;
};

/** Why somebody gets no mails of a list, by the suppressions that stand for the address, or did last; null: always did. */
function leaving(seen: readonly SeenSuppression[], sends: readonly SgSingleSend[]): Leaving | null {
  const kindOf = { bounce: 'cleaned', invalid_email: 'cleaned', spam_report: 'cleaned', unsubscribe: 'unsubscribed' };
  const spans: Leaving[] = seen
    .filter(({ kind }) => kind in kindOf)
    .map(({ kind, at, missedAt }) => ({ kind: kindOf[kind as 'bounce'] as Leaving['kind'], at, returnedAt: missedAt }));
  const groups = new Set(sends.flatMap((send) => (send.groupId === null ? [] : [send.groupId])));
  const left = seen.filter((entry) => entry.kind === 'group' && groups.has(entry.groupId ?? -1));
  if (groups.size > 0 && new Set(left.map((entry) => entry.groupId)).size === groups.size) {
    const ends = left.flatMap(({ missedAt }) => (missedAt === null ? [] : [missedAt]));
    const returnedAt = ends.length === 0 ? null : Math.min(...ends);
    spans.push({ kind: 'unsubscribed', at: Math.max(...left.map((entry) => entry.at)), returnedAt });
  }
  const standing = spans.filter(({ returnedAt }) => returnedAt === null);
  const byTime = (a: Leaving, b: Leaving): number => a.at - b.at || (a.kind < b.kind ? -1 : 1);
  if (standing.length > 0) return standing.toSorted(byTime)[0] ?? null;
  const ended = spans.filter(({ at, returnedAt }) => at < (returnedAt ?? 0));
  return ended.toSorted((a, b) => (b.returnedAt ?? 0) - (a.returnedAt ?? 0) || byTime(a, b))[0] ?? null;
}

/** SendGrid shows a contact's lists, and when it was made; not when it came onto which list. */
function movements(createdAt: Seconds, left: Leaving | null, goneAt: Seconds | null): readonly Movement[] {
  const moves: Movement[] = [{ kind: 'new', at: createdAt }];
  // Nobody leaves before they came.
  if (left !== null) moves.push({ kind: left.kind, at: Math.max(left.at, createdAt) });
  else if (goneAt !== null) moves.push({ kind: 'deleted', at: goneAt });
  if (left !== null && left.returnedAt !== null) moves.push({ kind: 'returned', at: left.returnedAt });
  return moves;
}
