import { day } from './instant.ts';
import type { SgContact, SgEvent, SgMessage, SgSingleSend, SgSuppression } from './sendgrid-types.ts';
import type { Seconds, World } from './types.ts';

/**
 * What SendGrid's API and its posts can show of the world at one instant, written from the facts on them (esp/sendgrid.md)
 * and from neither simulator nor connector: posts begin when the webhook is switched on, logs reach thirty days back, totals
 * know everything, a deleted contact is in no export, a suppression that was taken back is on no list.
 */
export type VisibleSendgrid = {
  /** Sent ones, in order of sending. */
  readonly singleSends: readonly SgSingleSend[];
  readonly contacts: readonly VisibleContact[];
  /** By `sg_event_id`: posted so far, or in the logs at this instant. */
  readonly events: readonly SgEvent[];
  /** Those that stand. */
  readonly suppressions: readonly SgSuppression[];
  /** By single send. */
  readonly totals: ReadonlyMap<string, SgTotals>;
  /** By single send with a test, then variation: of the phase `test`, without the winner's send to the rest. */
  readonly tested: ReadonlyMap<string, ReadonlyMap<string, SgTotals>>;
  /** By single send. A link that nobody clicked is not stated. */
  readonly links: ReadonlyMap<string, readonly SgLinkTotal[]>;
};

export type VisibleContact = { readonly contact: SgContact; readonly listIds: readonly string[] };

/** `GET /v3/marketing/stats/singlesends`: everybody counts, deleted or not. */
export type SgTotals = {
  readonly requests: number;
  /** Of those: never sent. Drops of people who had unsubscribed have no total of their own. */
  readonly bounceDrops: number;
  readonly spamReportDrops: number;
  readonly invalidEmails: number;
  readonly delivered: number;
  /** Hard ones: what the mailbox blocked (soft) is a `block` to SendGrid, and has no total here. */
  readonly bounces: number;
  readonly opens: number;
  readonly uniqueOpens: number;
  readonly clicks: number;
  readonly uniqueClicks: number;
  readonly unsubscribes: number;
  readonly spamReports: number;
};

export type SgLinkTotal = {
  readonly url: string;
  /** Place in the mail from the top, from 0: the same address may be linked twice. */
  readonly position: number;
  readonly clicks: number;
};

/** `POST /v3/logs` keeps a message for thirty days, and shows at most its hundred newest events. */
const logDays = 30;
const logEvents = 100;

export function visibleSendgrid(world: World, at: Seconds): VisibleSendgrid {
  const { sendgrid } = world;
  const singleSends = sendgrid.singleSends
    .filter((send) => send.sentAt !== null && send.sentAt <= at)
    .toSorted((left, right) => (left.sentAt ?? 0) - (right.sentAt ?? 0));
  const messages = sendgrid.messages.filter((message) => message.at <= at);
  const known = sendgrid.events.filter((event) => event.knownAt <= at);
  const eventsOf = Map.groupBy(known, (event) => event.message);
  const messagesOf = Map.groupBy(messages, (message) => message.singleSendId);
  const totalsOf = (own: readonly SgMessage[]): SgTotals =>
    totals(own.map((message) => eventsOf.get(message.index) ?? []));

  return {
    singleSends,
    contacts: sendgrid.contacts
      .filter((contact) => contact.createdAt <= at && !(contact.deletedAt !== null && contact.deletedAt <= at))
      .map((contact) => ({ contact, listIds: listsAt(contact, at) })),
    events: known.filter((event) => {
      if (event.knownAt >= sendgrid.hookOnAt) return true;
      const own = eventsOf.get(event.message) ?? [];
      return (sendgrid.messages[event.message]?.at ?? 0) >= at - logDays * day && newest(own).includes(event);
    }),
    suppressions: sendgrid.suppressions.filter(
      (entry) => entry.at <= at && (entry.removedAt === null || entry.removedAt > at),
    ),
    totals: new Map(singleSends.map(({ id }) => [id, totalsOf(messagesOf.get(id) ?? [])])),
    tested: new Map(
      singleSends.flatMap(({ id, test }): [string, ReadonlyMap<string, SgTotals>][] => {
        if (test === null) return [];
        const own = (messagesOf.get(id) ?? []).filter((message) => message.phase === 'test');
        return [
          [
            id,
            new Map(
              test.variations.map((variation) => [
                variation.id,
                totalsOf(own.filter((message) => message.variation === variation.id)),
              ]),
            ),
          ],
        ];
      }),
    ),
    links: new Map(
      singleSends.map((send) => {
        const clicks = (messagesOf.get(send.id) ?? [])
          .flatMap((message) => eventsOf.get(message.index) ?? [])
          .filter((event) => event.kind === 'click');
        return [
          send.id,
          send.links
            .map(({ url }, position) => ({
              url,
              position,
              clicks: clicks.filter((click) => click.link === position).length,
            }))
            .filter((link) => link.clicks > 0),
        ];
      }),
    ),
  };
}

/** Lists that the contact is on at an instant. */
function listsAt(contact: SgContact, at: Seconds): readonly string[] {
  return contact.lists
    .filter((entry) => entry.at <= at && (entry.removedAt === null || entry.removedAt > at))
    .map((entry) => entry.listId);
}

function newest(events: readonly SgEvent[]): readonly SgEvent[] {
  return events.toSorted((left, right) => right.at - left.at).slice(0, logEvents);
}

/** Of messages, each with what is known of it. */
function totals(messages: readonly (readonly SgEvent[])[]): SgTotals {
  const events = messages.flat();
  const count = (is: (event: SgEvent) => boolean): number => events.filter(is).length;
  const recipients = (is: (event: SgEvent) => boolean): number => messages.filter((own) => own.some(is)).length;
  const dropped = (reason: string) => (event: SgEvent) => event.kind === 'dropped' && event.reason === reason;
  const isLeave = (event: SgEvent): boolean => event.kind === 'unsubscribe' || event.kind === 'group_unsubscribe';
  return {
    requests: messages.length,
    bounceDrops: count(dropped('Bounced Address')),
    spamReportDrops: count(dropped('Spam Reporting Address')),
    invalidEmails: count(dropped('Invalid')),
    delivered: count((event) => event.kind === 'delivered'),
    bounces: count((event) => event.bounceType === 'bounce'),
    opens: count((event) => event.kind === 'open'),
    uniqueOpens: recipients((event) => event.kind === 'open'),
    clicks: count((event) => event.kind === 'click'),
    uniqueClicks: recipients((event) => event.kind === 'click'),
    unsubscribes: recipients(isLeave),
    spamReports: recipients((event) => event.kind === 'spamreport'),
  };
}
