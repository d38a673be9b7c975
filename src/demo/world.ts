import { createBooks } from './books.ts';
import { planAutomations, planCampaigns } from './campaigns.ts';
import { createCommerce } from './commerce.ts';
import { lists, stores } from './company.ts';
import { tidyHistory } from './history.ts';
import { day } from './instant.ts';
import { mailEverything } from './mailing.ts';
import type { Measurements } from './measurement-types.ts';
import { createMeasurements } from './measurements.ts';
import { createPopulation, createSegments } from './people.ts';
import {
  companyAccountId,
  companyCurrency,
  companyName,
  companyZone,
  profiles,
  worldNow,
  worldStart,
  worldUntil,
} from './profile.ts';
import { createSendgrid, sendgridAt } from './sendgrid.ts';
import type { Campaign, Membership, Order, Seconds, World, WorldSize } from './types.ts';

/** Makes the world of a seed: same seed and size, same world, to the byte. The demo size takes a few seconds. */
export function createWorld({ seed = 1, size = 'demo' }: { readonly seed?: number; readonly size?: WorldSize }): World {
  const profile = profiles[size];
  const population = createPopulation(seed, profile);
  for (const membership of population.memberships) tidyHistory(membership);
  const planned = planCampaigns(seed, profile);
  const automations = planAutomations(seed);
  const mailed = mailEverything(seed, profile, population, planned, automations);
  const campaigns = [...planned.map((plan) => plan.campaign), ...mailed.automationEmails].sort(
    (left, right) => left.createdAt - right.createdAt || left.webId - right.webId,
  );
  const rank = new Map(campaigns.map((campaign, index) => [campaign.id, index]));
  const byCampaign = (left: Fact, right: Fact): number =>
    (rank.get(left.campaignId) ?? 0) - (rank.get(right.campaignId) ?? 0) ||
    left.at - right.at ||
    left.member - right.member;
  const clicks = mailed.clicks.sort(byCampaign);
  const sends = mailed.sends.sort(byCampaign);
  const commerce = createCommerce(seed, profile, population, campaigns, clicks, sends);
  const books = createBooks(seed, campaigns, sends, commerce.orders, commerce.products);
  const mails = {
    seed,
    accountId: companyAccountId,
    memberships: population.memberships,
    campaigns,
    sends,
    opens: mailed.opens.sort(byCampaign),
    bounces: mailed.bounces.sort(byCampaign),
    sendgrid: createSendgrid(seed, size, population.people),
  };
  return {
    ...mails,
    size,
    now: worldNow,
    until: worldUntil,
    start: worldStart,
    company: { name: companyName, timeZone: companyZone, currency: companyCurrency },
    lists: lists.map(({ share: _share, sources: _sources, ...list }) => list),
    people: population.people,
    segments: createSegments(),
    automations: automations.map((planned) => planned.automation),
    clicks,
    unsubscribes: mailed.unsubscribes.sort(byCampaign),
    complaints: mailed.complaints.sort(byCampaign),
    forwards: mailed.forwards.sort(byCampaign),
    stores,
    ...commerce,
    ...books,
    measurements: createMeasurements(mails, profile),
  };
}

type Fact = { readonly campaignId: string; readonly at: Seconds; readonly member: number };

/**
 * The world as anybody could know it at an instant: later facts are gone, and so is what they did (a later refund, deletion or
 * cancellation). Everything left happened; nothing in the result needs another look at the clock. Deleted contacts are still
 * there with `deletedAt` set, because they did receive mail: who may see them is the source's matter.
 */
export function worldAt(world: World, at: Seconds): World {
  if (at > world.until)
    throw new Error(`the demo world ends at ${new Date(world.until * 1000).toISOString()}: ask for an earlier instant`);
  const happened = <T extends { readonly at: Seconds; readonly knownAt?: Seconds }>(
    facts: readonly T[],
  ): readonly T[] => facts.filter((fact) => (fact.knownAt ?? fact.at) <= at);
  return {
    ...world,
    now: at,
    until: at,
    lists: world.lists.filter((list) => list.createdAt <= at),
    memberships: world.memberships.map((membership) => membershipUntil(membership, at)),
    segments: world.segments.filter((segment) => segment.createdAt <= at),
    campaigns: world.campaigns
      .filter((campaign) => campaign.createdAt <= at)
      .map((campaign) => campaignUntil(campaign, at)),
    automations: world.automations.filter((automation) => automation.createdAt <= at),
    sends: happened(world.sends),
    opens: happened(world.opens),
    clicks: happened(world.clicks),
    bounces: happened(world.bounces),
    unsubscribes: happened(world.unsubscribes),
    complaints: happened(world.complaints),
    forwards: happened(world.forwards).map((forward) => ({
      ...forward,
      openedAt: forward.openedAt.filter((opened) => opened <= at),
    })),
    stores: world.stores.filter((store) => store.createdAt <= at),
    products: world.products.filter((product) => product.createdAt <= at),
    customers: world.customers.filter((customer) => customer.createdAt <= at),
    orders: world.orders.filter((order) => order.placedAt <= at).map((order) => orderUntil(order, at)),
    costs: happened(world.costs),
    conversions: happened(world.conversions),
    fxRates: happened(world.fxRates),
    otherRevenue: happened(world.otherRevenue),
    sendgrid: sendgridAt(world, at),
    measurements: measurementsAt(world.measurements, at),
  };
}

function measurementsAt(measurements: Measurements, at: Seconds): Measurements {
  const shown = <T extends { readonly at: Seconds }>(facts: readonly T[]): readonly T[] =>
    facts.filter((fact) => fact.at <= at);
  return {
    viewTimes: shown(measurements.viewTimes),
    replies: shown(measurements.replies),
    spamChecks: shown(measurements.spamChecks),
    seedPlacements: shown(measurements.seedPlacements),
    reputations: shown(measurements.reputations),
  };
}

/** The same timeline with its clock moved on; throws past the end of the timeline. */
export function advance(world: World, days: number): World {
  const now = world.now + Math.round(days * day);
  if (now > world.until) throw new Error(`the demo world has only ${(world.until - world.now) / day} more days`);
  return { ...world, now };
}

/** Indices stay: a membership that does not exist yet keeps its place, with an empty history and `createdAt` in the future. */
function membershipUntil(membership: Membership, at: Seconds): Membership {
  const isDeleted = membership.deletedAt !== null && membership.deletedAt <= at;
  const last = membership.changes.at(-1);
  if ((last === undefined || last.at <= at) && (membership.deletedAt === null || isDeleted)) return membership;
  return {
    ...membership,
    deletedAt: isDeleted ? membership.deletedAt : null,
    changes: membership.changes.filter((next) => next.at <= at),
  };
}

/** A planned send time is known beforehand; a test's winner and the first mail of an automation are not. */
function campaignUntil(campaign: Campaign, at: Seconds): Campaign {
  const { variate } = campaign;
  if (variate !== null && variate.winnerSentAt !== null && variate.winnerSentAt > at) {
    return { ...campaign, variate: { ...variate, winner: null, winningCampaignId: null, winnerSentAt: null } };
  }
  return campaign.type === 'automation' && campaign.sentAt !== null && campaign.sentAt > at
    ? { ...campaign, sentAt: null }
    : campaign;
}

function orderUntil(order: Order, at: Seconds): Order {
  const reached = (instant: Seconds | null): Seconds | null => (instant !== null && instant <= at ? instant : null);
  return {
    ...order,
    refundedAt: reached(order.refundedAt),
    cancelledAt: reached(order.cancelledAt),
    partialRefund: order.partialRefund !== null && order.partialRefund.at <= at ? order.partialRefund : null,
  };
}
