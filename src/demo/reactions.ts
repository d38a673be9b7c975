import type { PlannedCampaign } from './campaigns.ts';
import { addChange, isMailable, staysSubscribed } from './history.ts';
import { day, hour } from './instant.ts';
import { unsubscribeReasons } from './names.ts';
import type { DraftMembership, Population, Temper } from './people.ts';
import { type Profile, worldNow, worldUntil } from './profile.ts';
import { createRandom, type Random } from './random.ts';
import type { Bounce, Click, Complaint, Forward, Open, Person, Seconds, Send, Unsubscribe } from './types.ts';

export type Reactions = {
  readonly opens: Open[];
  readonly clicks: Click[];
  readonly bounces: Bounce[];
  readonly unsubscribes: Unsubscribe[];
  readonly complaints: Complaint[];
  readonly forwards: Forward[];
};

export type Reactor = {
  readonly reactions: Reactions;
  react(plan: PlannedCampaign, membership: DraftMembership, send: Send): void;
};

/** Opens that one reader's refreshing mail program makes in one campaign: more than the 1,000 that Mailchimp lists. */
const refresherOpens = 1003;
const proxyIps: readonly string[] = ['17.58.0.1', '17.58.0.2', '104.28.0.9'];

/** Decides what each recipient does with each mail. */
export function createReactor(seed: number, profile: Profile, population: Population): Reactor {
  const reactions: Reactions = { opens: [], clicks: [], bounces: [], unsubscribes: [], complaints: [], forwards: [] };
  const { rare } = profile;
  const refreshed = new Set<string>();
  const dugUp = new Set<string>();
  let hasHardBounce = false;
  let randomOf: Random | undefined;
  let randomFor = '';

  const react = (plan: PlannedCampaign, membership: DraftMembership, send: Send): void => {
    const { campaign } = plan;
    const person = population.people[membership.personIndex];
    const temper = population.tempers[membership.personIndex];
    if (person === undefined || temper === undefined) throw new Error(`membership ${membership.index} has no person`);
    // An automation's mails come one at a time among others: a sequence for each mail keeps them apart.
    const label = campaign.automationId === null ? campaign.id : `${campaign.id}/${send.member}`;
    if (randomOf === undefined || randomFor !== label) {
      randomFor = label;
      randomOf = createRandom(seed, 'reactions', label);
    }
    const random = randomOf;
    const limit = Math.min(worldUntil, (membership.deletedAt ?? Infinity) - 1);

    if (bounces(random, plan, membership, send)) return;
    machines(random, plan, person, send, limit);
    const openedAt = humanOpens(random, plan, membership, person, temper, send, limit);
    if (openedAt !== undefined) {
      humanClicks(random, plan, person, temper, send, openedAt, limit);
      leaves(random, membership, send, openedAt, limit);
    }
  };

  const bounces = (random: Random, plan: PlannedCampaign, membership: DraftMembership, send: Send): boolean => {
    const chance = random.next();
    const isHard = plan.trait === 'plain' && (chance < 0.0012 * Math.min(rare, 4) || (rare > 1 && !hasHardBounce));
    const isSoft =
      plan.trait === 'all bounce' || (plan.trait === 'plain' && !isHard && chance < 0.0012 * Math.min(rare, 4) + 0.006);
    if (!isHard && !isSoft) return false;
    const at = send.at + random.delay(90);
    if (at > worldUntil || (isHard && !staysSubscribed(membership, send.at, at))) return false;
    if (membership.deletedAt !== null && at >= membership.deletedAt) return false;
    const { campaignId, member } = send;
    hasHardBounce ||= isHard;
    // Some mailboxes refuse twice before they give up; the contact is one bounced recipient all the same.
    if (random.chance(0.08) && at + 3 * hour <= Math.min(worldUntil, (membership.deletedAt ?? Infinity) - 1)) {
      if (!isHard || staysSubscribed(membership, send.at, at + 3 * hour)) {
        reactions.bounces.push({ campaignId, member, at, kind: 'soft' });
        reactions.bounces.push({ campaignId, member, at: at + 3 * hour, kind: isHard ? 'hard' : 'soft' });
        if (isHard)
          addChange(membership, { at: at + 3 * hour, kind: 'cleaned', status: 'cleaned', campaignId, reason: null });
        return true;
      }
    }
    reactions.bounces.push({ campaignId, member, at, kind: isHard ? 'hard' : 'soft' });
    if (isHard) addChange(membership, { at, kind: 'cleaned', status: 'cleaned', campaignId, reason: null });
    return true;
  };

  const addOpen = (random: Random, send: Send, at: Seconds, isProxy: boolean, ip: string, limit: Seconds): void => {
    const late = random.chance(0.0008 * rare) ? at + random.int(hour, 40 * hour) : undefined;
    if ((late ?? at) > limit) return;
    const { campaignId, member } = send;
    reactions.opens.push(
      late === undefined
        ? { campaignId, member, at, isProxy, ip }
        : { campaignId, member, at, knownAt: late, isProxy, ip },
    );
  };

  const addClick = (
    send: Send,
    at: Seconds,
    link: number,
    isScanner: boolean,
    ip: string,
    limit: Seconds,
    knownAt?: Seconds,
  ): void => {
    if ((knownAt ?? at) > limit) return;
    const { campaignId, member } = send;
    reactions.clicks.push(
      knownAt === undefined
        ? { campaignId, member, at, link, isScanner, ip }
        : { campaignId, member, at, knownAt, link, isScanner, ip },
    );
  };

  /** Apple's proxy and security scanners: soon after delivery, whatever the person does. */
  const machines = (random: Random, plan: PlannedCampaign, person: Person, send: Send, limit: Seconds): void => {
    const { campaign } = plan;
    if (person.hasProxy && campaign.tracksOpens && random.chance(0.9)) {
      const at = send.at + random.delay(200);
      addOpen(random, send, at, true, random.pick(proxyIps), limit);
      if (random.chance(0.15)) addOpen(random, send, at + random.int(0, 2 * day), true, random.pick(proxyIps), limit);
    }
    if (!person.hasScanner || !campaign.tracksClicks || campaign.links.length === 0) return;
    // Most scanners are through in seconds; a slow one takes longer than the detector's ten, a lazy one skips the last link.
    const manner = random.next();
    const links = manner > 0.92 && campaign.links.length > 1 ? campaign.links.length - 1 : campaign.links.length;
    const pause = manner < 0.08 ? 7 : 1;
    const start = send.at + random.int(2, 40);
    for (let link = 0; link < links; link += 1)
      addClick(send, start + link * pause + random.int(0, 1), link, true, '198.51.100.7', limit);
  };

  /** Returns when the person read the mail first, whether or not an open could be recorded. */
  const humanOpens = (
    random: Random,
    plan: PlannedCampaign,
    membership: DraftMembership,
    person: Person,
    temper: Temper,
    send: Send,
    limit: Seconds,
  ): Seconds | undefined => {
    const months = (send.at - membership.createdAt) / (30 * day);
    const fading = temper.fades ? Math.max(0, 1 - months / 6) : 1;
    if (!random.chance(temper.opens * plan.appeal * groupAppeal(plan, send) * fading)) return undefined;
    const first = send.at + random.delay(3 * hour);
    if (first > limit) return undefined;
    const { campaign, trait } = plan;
    const isSeen = campaign.tracksOpens && (!person.hasProxy || random.chance(0.3));
    if (!isSeen) return first;
    addOpen(random, send, first, false, person.ip, limit);
    if (random.chance(0.006 * Math.min(rare, 5)))
      addOpen(random, send, first, false, random.chance(0.5) ? person.ip : '192.0.2.44', limit);
    for (let at = first; random.chance(0.27);) {
      at += random.delay(5 * hour);
      addOpen(random, send, at, false, person.ip, limit);
    }
    // Found again in the archive weeks later: the report of an old campaign moves.
    if (random.chance(0.008 * Math.min(rare, 3)))
      addOpen(random, send, first + random.int(20 * day, 200 * day), false, person.ip, limit);
    // Read on the stroke of midnight in Berlin (winter or summer time, whichever it then is not): dates must not slip.
    if (random.chance(0.002 * rare))
      addOpen(random, send, Math.floor(first / day) * day + day + 22 * hour, false, person.ip, limit);
    // Every so often an old campaign gets a reader in the hours after "now", and an open of before that is shown only then.
    if (!dugUp.has(campaign.id) && send.at < worldNow - 6 * day && random.chance(rare > 1 ? 0.15 : 0.004)) {
      dugUp.add(campaign.id);
      addOpen(random, send, worldNow + random.int(hour, 20 * hour), false, person.ip, limit);
      const at = worldNow - random.int(60, hour);
      const { campaignId, member } = send;
      if (limit > worldNow + 20 * hour) {
        const knownAt = worldNow + random.int(hour, 20 * hour);
        reactions.opens.push({ campaignId, member, at, knownAt, isProxy: false, ip: person.ip });
      }
    }
    if (trait === 'refresher' && !refreshed.has(campaign.id) && !person.hasScanner && membership.deletedAt === null) {
      refreshed.add(campaign.id);
      for (let count = 0; count < refresherOpens; count += 1)
        addOpen(random, send, first + 60 + count * 37, false, person.ip, limit);
    }
    return first;
  };

  const humanClicks = (
    random: Random,
    plan: PlannedCampaign,
    person: Person,
    temper: Temper,
    send: Send,
    openedAt: Seconds,
    limit: Seconds,
  ): void => {
    const { campaign } = plan;
    const count = campaign.links.length;
    if (count === 0 || !campaign.tracksClicks || !random.chance(temper.clicks * plan.appeal * 1.6)) return;
    let at = openedAt + random.int(0, 90);
    const knownAt = random.chance(0.002 * rare) ? at + random.int(hour, 30 * hour) : undefined;
    addClick(send, at, random.chance(0.55) ? 0 : random.int(0, count - 1), false, person.ip, limit, knownAt);
    while (random.chance(0.25)) {
      at += random.int(0, 400);
      addClick(send, at, random.int(0, count - 1), false, person.ip, limit);
    }
    // Some read everything: all links, but at a person's pace.
    if (random.chance(0.02))
      for (let link = 0; link < count; link += 1) addClick(send, at + 30 + link * 25, link, false, person.ip, limit);
  };

  /** In a small world the first occasion is always taken, so that every kind of event is there. */
  const isFirst = (events: readonly unknown[]): boolean => rare > 1 && events.length === 0;

  /** Forwarding, complaining, unsubscribing; some come back. */
  const leaves = (
    random: Random,

    membership: DraftMembership,
    send: Send,
    openedAt: Seconds,
    limit: Seconds,
  ): void => {
    const { campaignId, member } = send;
    if (random.chance(0.003 * Math.min(rare, 4)) || isFirst(reactions.forwards)) {
      const at = openedAt + random.int(30, 900);
      const opened = Array.from({ length: random.int(0, 3) }, () => at + random.delay(2 * hour)).filter(
        (open) => open <= limit,
      );
      if (at <= limit)
        reactions.forwards.push({ campaignId, member, at, openedAt: opened.sort((left, right) => left - right) });
    }
    const fate = random.next();
    const at = openedAt + random.int(5, 600);
    if (at > limit || !isMailable(membership, send.at) || !staysSubscribed(membership, send.at, at)) return;
    if (fate < 0.0006 * Math.min(rare, 8) || isFirst(reactions.complaints)) {
      const id = 40_000 + reactions.complaints.length;
      reactions.complaints.push({ id, campaignId, member, at });
      addChange(membership, {
        at,
        kind: 'unsubscribed',
        status: 'unsubscribed',
        campaignId,
        reason: 'Reported as spam',
      });
    } else if (fate < 0.0006 * Math.min(rare, 8) + 0.0085 * Math.min(rare, 2.5) || isFirst(reactions.unsubscribes)) {
      const reason = random.pick(unsubscribeReasons);
      reactions.unsubscribes.push({ campaignId, member, at, reason });
      addChange(membership, { at, kind: 'unsubscribed', status: 'unsubscribed', campaignId, reason });
      const isEarly = rare > 1 && reactions.unsubscribes.length < 4;
      const back = at + random.int(3 * day, (isEarly ? 20 : 120) * day);
      if ((random.chance(0.1) || isEarly) && back <= worldUntil) {
        addChange(membership, { at: back, kind: 'resubscribed', status: 'subscribed', campaignId: null, reason: null });
      }
    }
  };

  return { reactions, react };
}

/** In a test one variant is truly better. */
function groupAppeal(plan: PlannedCampaign, send: Send): number {
  const { abSplit, variate } = plan.campaign;
  if (send.group === null) return 1;
  if (abSplit !== null) {
    const shown = send.group === 'winner' ? abSplit.winner : send.group;
    return shown === abSplit.winner ? 1.12 : 0.9;
  }
  if (variate === null) return 1;
  const place = variate.combinations.findIndex((combination) => combination.id === send.group);
  return place === -1 ? 1.1 : 1.15 - 0.15 * place;
}
