import { membershipAt } from './membership.ts';
import type { Campaign, Membership, MembershipState, Order, Seconds, World } from './types.ts';

/**
 * What Mailchimp's API can show of the world at one instant, written from the facts on its API (esp/mailchimp.md) and from
 * neither simulator nor connector: deleted contacts are gone from every per-person list while the totals of reports keep
 * them, late events appear when they are known, a campaign without tracking shows no opens or clicks.
 */
export type Visible = {
  readonly members: readonly VisibleMember[];
  /** Sent campaigns and automation e-mails; children of tests and drafts are not among them. */
  readonly campaigns: readonly Campaign[];
  readonly recipients: readonly VisibleRecipient[];
  readonly opens: readonly VisibleOpen[];
  readonly clicks: readonly VisibleClick[];
  readonly unsubscribes: readonly VisiblePersonEvent[];
  readonly complaints: readonly VisiblePersonEvent[];
  readonly reports: ReadonlyMap<string, ReportTotals>;
  /** By parent campaign: the combinations of its test, without the winner's send to the rest. */
  readonly children: ReadonlyMap<string, readonly ChildReport[]>;
  readonly orders: readonly VisibleOrder[];
};

export type VisibleMember = { readonly membership: Membership; readonly state: MembershipState };

export type VisibleRecipient = {
  readonly campaignId: string;
  readonly membership: Membership;
  readonly bounce: 'hard' | 'soft' | null;
  /** a, b or winner of a two-way test. */
  readonly group: string | null;
};

export type VisiblePersonEvent = { readonly campaignId: string; readonly membership: Membership; readonly at: Seconds };
export type VisibleOpen = VisiblePersonEvent & { readonly isProxy: boolean };
export type VisibleClick = VisiblePersonEvent & { readonly url: string };

export type VisibleOrder = {
  readonly order: Order;
  readonly status: 'paid' | 'refunded' | 'partially_refunded' | 'cancelled';
};

/** The report's own totals: everybody counts, deleted or not. */
export type ReportTotals = {
  readonly sent: number;
  readonly hardBounces: number;
  readonly softBounces: number;
  readonly opens: number;
  readonly uniqueOpens: number;
  readonly proxyExcludedOpens: number;
  readonly proxyExcludedUniqueOpens: number;
  readonly clicks: number;
  readonly uniqueSubscriberClicks: number;
  readonly unsubscribed: number;
  readonly abuseReports: number;
  readonly forwards: number;
  readonly forwardsOpens: number;
  /** Orders that were not cancelled, and what was paid for them, as the order states it. */
  readonly orders: number;
  readonly paid: readonly string[];
};

/** The report of one child of a multivariate test. */
export type ChildReport = {
  readonly variant: string;
  readonly sent: number;
  readonly proxyExcludedUniqueOpens: number;
};

/** Opens and clicks per member and campaign that activity shows at most. */
const eventCap = 1000;

export function visible(world: World, at: Seconds): Visible {
  const memberOf = (index: number): Membership => {
    const membership = world.memberships[index];
    if (membership === undefined) throw new Error(`the world has no membership ${index}`);
    return membership;
  };
  const isGone = (membership: Membership): boolean => membership.deletedAt !== null && membership.deletedAt <= at;
  const isKnown = (event: { readonly at: Seconds; readonly knownAt?: Seconds }): boolean =>
    (event.knownAt ?? event.at) <= at;

  const campaigns = world.campaigns.filter((campaign) => campaign.sentAt !== null && campaign.sentAt <= at);
  const campaignOf = new Map(campaigns.map((campaign) => [campaign.id, campaign]));
  const sends = world.sends.filter((send) => send.at <= at && campaignOf.has(send.campaignId));
  const opens = world.opens.filter((open) => isKnown(open) && campaignOf.get(open.campaignId)?.tracksOpens === true);
  const clicks = world.clicks.filter(
    (click) => isKnown(click) && campaignOf.get(click.campaignId)?.tracksClicks === true,
  );
  const bounces = world.bounces.filter((bounce) => bounce.at <= at && campaignOf.has(bounce.campaignId));
  const unsubscribes = world.unsubscribes.filter((event) => event.at <= at && campaignOf.has(event.campaignId));
  const complaints = world.complaints.filter((event) => event.at <= at && campaignOf.has(event.campaignId));
  const forwards = world.forwards.filter((event) => event.at <= at && campaignOf.has(event.campaignId));

  const bounceOf = new Map<string, 'hard' | 'soft'>();
  for (const bounce of bounces) {
    const key = `${bounce.campaignId} ${bounce.member}`;
    if (bounceOf.get(key) !== 'hard') bounceOf.set(key, bounce.kind);
  }

  const orders = world.orders
    .filter((order) => order.placedAt <= at)
    .map((order) => ({ order, status: orderStatus(order, at) }));

  const shown = <T extends { readonly campaignId: string; readonly member: number }>(
    events: readonly T[],
  ): readonly T[] => events.filter((event) => !isGone(memberOf(event.member)));

  return {
    members: world.memberships.flatMap((membership) => {
      const state = membershipAt(membership, at);
      return state === undefined ? [] : [{ membership, state }];
    }),
    campaigns,
    recipients: shown(sends).map((send) => ({
      campaignId: send.campaignId,
      membership: memberOf(send.member),
      bounce: bounceOf.get(`${send.campaignId} ${send.member}`) ?? null,
      group: campaignOf.get(send.campaignId)?.type === 'absplit' ? send.group : null,
    })),
    opens: capped(shown(opens)).map(({ campaignId, member, at: openedAt, isProxy }) => ({
      campaignId,
      membership: memberOf(member),
      at: openedAt,
      isProxy,
    })),
    clicks: capped(shown(clicks)).map(({ campaignId, member, at: clickedAt, link }) => ({
      campaignId,
      membership: memberOf(member),
      at: clickedAt,
      url: campaignOf.get(campaignId)?.links[link]?.url ?? '',
    })),
    unsubscribes: shown(unsubscribes).map((event) => ({ ...event, membership: memberOf(event.member) })),
    complaints: shown(complaints).map((event) => ({ ...event, membership: memberOf(event.member) })),
    reports: new Map(
      campaigns.map(({ id }): [string, ReportTotals] => {
        const of = <T extends { readonly campaignId: string }>(events: readonly T[]): readonly T[] =>
          events.filter(({ campaignId }) => campaignId === id);
        const members = (events: readonly { readonly member: number }[]): number =>
          new Set(events.map(({ member }) => member)).size;
        const bounced = sends
          .filter((send) => send.campaignId === id)
          .map((send) => bounceOf.get(`${id} ${send.member}`));
        const live = orders.filter(({ order, status }) => order.campaignId === id && status !== 'cancelled');
        const direct = of(opens).filter((open) => !open.isProxy);
        return [
          id,
          {
            sent: of(sends).length,
            hardBounces: bounced.filter((kind) => kind === 'hard').length,
            softBounces: bounced.filter((kind) => kind === 'soft').length,
            opens: of(opens).length,
            uniqueOpens: members(of(opens)),
            proxyExcludedOpens: direct.length,
            proxyExcludedUniqueOpens: members(direct),
            clicks: of(clicks).length,
            uniqueSubscriberClicks: members(of(clicks)),
            unsubscribed: members(of(unsubscribes)),
            abuseReports: of(complaints).length,
            forwards: of(forwards).length,
            orders: live.length,
            paid: live.map(({ order }) => order.total),
            forwardsOpens: of(forwards).flatMap((forward) => forward.openedAt.filter((openedAt) => openedAt <= at))
              .length,
          },
        ];
      }),
    ),
    children: new Map(
      campaigns.flatMap(({ id, variate }): [string, readonly ChildReport[]][] => {
        if (variate === null) return [];
        const children = variate.combinations.map((combination) => {
          const group = new Set(
            sends.filter((send) => send.campaignId === id && send.group === combination.id).map((send) => send.member),
          );
          const openers = opens.filter((open) => open.campaignId === id && !open.isProxy && group.has(open.member));
          return {
            variant: combination.id,
            sent: group.size,
            proxyExcludedUniqueOpens: new Set(openers.map((open) => open.member)).size,
          };
        });
        return [[id, children]];
      }),
    ),
    orders,
  };
}

function orderStatus(order: Order, at: Seconds): VisibleOrder['status'] {
  if (order.cancelledAt !== null && order.cancelledAt <= at) return 'cancelled';
  if (order.refundedAt !== null && order.refundedAt <= at) return 'refunded';
  if (order.partialRefund !== null && order.partialRefund.at <= at) return 'partially_refunded';
  return 'paid';
}

/** Keeps the first thousand events of a member and campaign. */
function capped<T extends { readonly campaignId: string; readonly member: number }>(
  events: readonly T[],
): readonly T[] {
  const counts = new Map<string, number>();
  return events.filter(({ campaignId, member }) => {
    const key = `${campaignId} ${member}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count <= eventCap;
  });
}
