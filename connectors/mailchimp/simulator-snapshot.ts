import { membershipAt, stateAt } from '../../src/demo/membership.ts';
import type {
  Bounce,
  Campaign,
  Click,
  Complaint,
  Forward,
  List,
  Membership,
  MembershipState,
  Open,
  Order,
  Person,
  Seconds,
  Send,
  Unsubscribe,
  World,
} from '../../src/demo/types.ts';
import { worldAt } from '../../src/demo/world.ts';

/** A contact as one list shows it now; deleted contacts have none. */
export type Contact = { readonly membership: Membership; readonly person: Person; readonly state: MembershipState };

/**
 * A mailing with a report: a campaign, an automation's e-mail, or one child of a multivariate test (`parent` set, holding the
 * part of the parent's recipients that got this combination).
 */
export type Mailing = {
  readonly id: string;
  readonly campaign: Campaign;
  readonly parent: Campaign | null;
  readonly sentAt: Seconds;
  readonly sends: readonly Send[];
  readonly opens: readonly Open[];
  readonly clicks: readonly Click[];
  readonly bounces: readonly Bounce[];
  readonly unsubscribes: readonly Unsubscribe[];
  readonly complaints: readonly Complaint[];
  readonly forwards: readonly Forward[];
  readonly orders: readonly Order[];
};

/** What Mailchimp knows at one instant, with the indexes that its endpoints need. Nothing in it changes after it was made. */
export type Snapshot = {
  readonly world: World;
  readonly at: Seconds;
  /** Undefined for a contact that does not exist yet or was deleted. */
  contact(member: number): Contact | undefined;
  contactsOf(listId: string): readonly Contact[];
  list(id: string): List | undefined;
  campaign(id: string): Campaign | undefined;
  mailing(id: string): Mailing | undefined;
  /** Mailings that `/reports` lists: sent campaigns and automation e-mails, no children of tests. */
  mailings(): readonly Mailing[];
  children(parent: Campaign): readonly Mailing[];
  /** Keeps a computed value for the life of the snapshot. */
  memo<T>(key: string, compute: () => T): T;
  /** Like `memo` for big values: only the most recently used few are kept. */
  memoRecent<T>(key: string, compute: () => T): T;
};

/** Twice the ten connections: each may page through another mailing. */
const recentLimit = 20;

export function createSnapshot(timeline: World, at: Seconds): Snapshot {
  const world = worldAt(timeline, at);
  const kept = new Map<string, unknown>();
  const memo = <T>(key: string, compute: () => T): T => {
    if (kept.has(key)) return kept.get(key) as T;
    const value = compute();
    kept.set(key, value);
    return value;
  };

  const recent = new Map<string, unknown>();
  const memoRecent = <T>(key: string, compute: () => T): T => {
    const value = recent.has(key) ? (recent.get(key) as T) : compute();
    // A Map remembers insertion: the first is the least recently used.
    recent.delete(key);
    recent.set(key, value);
    for (const oldest of recent.keys()) {
      if (recent.size <= recentLimit) break;
      recent.delete(oldest);
    }
    return value;
  };

  const contacts = world.memberships.map((membership): Contact | undefined => {
    if (membershipAt(membership, at) === undefined) return undefined;
    const person = world.people[membership.personIndex];
    if (person === undefined) throw new Error(`membership ${membership.index} has no person`);
    return { membership, person, state: stateAt(membership, at) };
  });
  const byList = Map.groupBy(
    contacts.filter((contact) => contact !== undefined),
    (contact) => contact.membership.listId,
  );
  const listById = new Map(world.lists.map((list) => [list.id, list]));
  const campaignById = new Map(world.campaigns.map((campaign) => [campaign.id, campaign]));
  const mailings = indexMailings(world, at);
  const childById = new Map<string, Mailing>();
  const childrenOf = new Map<string, readonly Mailing[]>();
  for (const mailing of mailings.values()) {
    const children = splitVariate(mailing, at);
    childrenOf.set(mailing.id, children);
    for (const child of children) childById.set(child.id, child);
  }
  return {
    world,
    at,
    contact: (member) => contacts[member],
    contactsOf: (listId) => byList.get(listId) ?? [],
    list: (id) => listById.get(id),
    campaign: (id) => campaignById.get(id),
    mailing: (id) => mailings.get(id) ?? childById.get(id),
    mailings: () => [...mailings.values()],
    children: (parent) => childrenOf.get(parent.id) ?? [],
    memo,
    memoRecent,
  };
}

function indexMailings(world: World, at: Seconds): Map<string, Mailing> {
  const sends = byCampaign(world.sends);
  const opens = byCampaign(world.opens);
  const clicks = byCampaign(world.clicks);
  const bounces = byCampaign(world.bounces);
  const unsubscribes = byCampaign(world.unsubscribes);
  const complaints = byCampaign(world.complaints);
  const forwards = byCampaign(world.forwards);
  const orders = Map.groupBy(world.orders, (order) => order.campaignId ?? '');
  const mailings = new Map<string, Mailing>();
  for (const campaign of world.campaigns) {
    const { id, sentAt } = campaign;
    if (sentAt === null || sentAt > at) continue;
    mailings.set(id, {
      id,
      campaign,
      parent: null,
      sentAt,
      sends: sends(id),
      opens: opens(id),
      clicks: clicks(id),
      bounces: bounces(id),
      unsubscribes: unsubscribes(id),
      complaints: complaints(id),
      forwards: forwards(id),
      orders: orders.get(id) ?? [],
    });
  }
  return mailings;
}

/** The events are sorted by campaign, so a campaign's are one stretch. */
function byCampaign<T extends { readonly campaignId: string }>(events: readonly T[]): (id: string) => readonly T[] {
  const stretches = new Map<string, readonly [number, number]>();
  for (let start = 0; start < events.length;) {
    const id = events[start]?.campaignId ?? '';
    let end = start + 1;
    while (events[end]?.campaignId === id) end += 1;
    stretches.set(id, [start, end]);
    start = end;
  }
  return (id) => {
    const stretch = stretches.get(id);
    return stretch === undefined ? [] : events.slice(...stretch);
  };
}

/** One mailing for each combination of a multivariate test, and one for the winner's send to the rest, once that began. */
function splitVariate(mailing: Mailing, at: Seconds): Mailing[] {
  const { variate } = mailing.campaign;
  if (variate === null) return [];
  const groupOf = new Map(mailing.sends.map((send) => [send.member, send.group]));
  const part = (id: string, sentAt: Seconds): Mailing => {
    const own = <T extends { readonly member: number }>(events: readonly T[]): T[] =>
      events.filter((event) => groupOf.get(event.member) === id);
    return {
      ...mailing,
      id,
      parent: mailing.campaign,
      sentAt,
      sends: own(mailing.sends),
      opens: own(mailing.opens),
      clicks: own(mailing.clicks),
      bounces: own(mailing.bounces),
      unsubscribes: own(mailing.unsubscribes),
      complaints: own(mailing.complaints),
      forwards: own(mailing.forwards),
      orders: [],
    };
  };
  const parts = variate.combinations.map((combination) => part(combination.id, mailing.sentAt));
  const { winningCampaignId, winnerSentAt } = variate;
  if (winningCampaignId !== null && winnerSentAt !== null && winnerSentAt <= at)
    parts.push(part(winningCampaignId, winnerSentAt));
  return parts;
}
