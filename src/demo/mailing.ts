import type { PlannedAutomation, PlannedCampaign } from './campaigns.ts';
import { isMailable } from './history.ts';
import type { DraftMembership, Population } from './people.ts';
import { type Profile, worldUntil } from './profile.ts';
import { createRandom, type Random } from './random.ts';
import { createReactor, type Reactions } from './reactions.ts';
import type { Campaign, Seconds, Send } from './types.ts';

export type Mailed = Reactions & { readonly sends: Send[]; readonly automationEmails: readonly Campaign[] };

/**
 * Sends every mailing in order of time, so that who leaves after one is not mailed by the next. Automation mails that fall due
 * between two mailings go out first.
 */
export function mailEverything(
  seed: number,
  profile: Profile,
  population: Population,
  planned: readonly PlannedCampaign[],
  automations: readonly PlannedAutomation[],
): Mailed {
  const sends: Send[] = [];
  const reactor = createReactor(seed, profile, population);
  const byList = new Map<string, DraftMembership[]>();
  for (const membership of population.memberships) {
    const same = byList.get(membership.listId);
    if (same === undefined) byList.set(membership.listId, [membership]);
    else same.push(membership);
  }
  const queue = createAutomationQueue(automations, byList);
  const firstSend = new Map<string, Seconds>();

  const post = (plan: PlannedCampaign, membership: DraftMembership, at: Seconds, group: string | null): void => {
    const send = { campaignId: plan.campaign.id, member: membership.index, at, group };
    sends.push(send);
    reactor.react(plan, membership, send);
  };
  const runQueue = (until: Seconds): void => {
    for (let item = queue.peek(); item !== undefined && item.at <= until; item = queue.peek()) {
      queue.take();
      if (!isMailable(item.membership, item.at)) continue;
      if (!firstSend.has(item.plan.campaign.id)) firstSend.set(item.plan.campaign.id, item.at);
      post(item.plan, item.membership, item.at, null);
    }
  };

  // The winner of a test goes to the rest hours later, when other mailings may have gone out in between.
  const runs: Run[] = planned.flatMap((plan) =>
    plan.campaign.sentAt === null ? [] : [{ plan, at: plan.campaign.sentAt, rest: null }],
  );
  for (let run = nextRun(runs); run !== undefined; run = nextRun(runs)) {
    const { plan, at, rest } = run;
    if (at > worldUntil) continue;
    runQueue(at);
    if (rest !== null) {
      for (const { membership, group } of rest) if (isMailable(membership, at)) post(plan, membership, at, group);
      continue;
    }
    const { campaign } = plan;
    const random = createRandom(seed, 'recipients', campaign.id);
    const recipients = (byList.get(campaign.listId) ?? []).filter(
      (membership) => isTargeted(campaign, membership) && isMailable(membership, at),
    );
    const chosen =
      plan.trait === 'one recipient'
        ? recipients.slice(0, 1)
        : plan.trait === 'all bounce'
          ? recipients.slice(3, 9)
          : recipients;
    const groupOf = createGroups(random, campaign, chosen.length);
    const later: { membership: DraftMembership; group: string | null }[] = [];
    for (const [index, membership] of chosen.entries()) {
      const { group, startsAt } = groupOf(index, at);
      if (startsAt === at) post(plan, membership, at, group);
      else later.push({ membership, group });
    }
    const winnerAt = campaign.abSplit?.winnerSentAt ?? campaign.variate?.winnerSentAt ?? null;
    if (winnerAt !== null) runs.push({ plan, at: winnerAt, rest: later });
  }
  runQueue(worldUntil);
  const automationEmails = automations.flatMap(({ emails }) =>
    emails.map(({ delay: _delay, ...email }) => ({ ...email, sentAt: firstSend.get(email.id) ?? null })),
  );
  return { sends, ...reactor.reactions, automationEmails };
}

/** One stretch of sending: a mailing, or the rest of a test's recipients. */
type Run = {
  readonly plan: PlannedCampaign;
  readonly at: Seconds;
  readonly rest: readonly { readonly membership: DraftMembership; readonly group: string | null }[] | null;
};

/** Takes the earliest run out of the list. */
function nextRun(runs: Run[]): Run | undefined {
  let earliest = 0;
  for (const [index, run] of runs.entries()) if (run.at < (runs[earliest]?.at ?? 0)) earliest = index;
  return runs.splice(earliest, 1)[0];
}

function isTargeted(campaign: Campaign, membership: DraftMembership): boolean {
  return campaign.segmentTag === null || membership.tags.includes(campaign.segmentTag);
}

type Group = (index: number, sentAt: Seconds) => { readonly group: string | null; readonly startsAt: Seconds };

/** Who is in which group of a test. Places are drawn without replacement, so group sizes are exact. */
function createGroups(random: Random, campaign: Campaign, count: number): Group {
  const { abSplit, variate } = campaign;
  if (abSplit === null && variate === null) return (_, sentAt) => ({ group: null, startsAt: sentAt });
  const places = Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index -= 1) {
    const other = random.int(0, index);
    [places[index], places[other]] = [places[other] ?? 0, places[index] ?? 0];
  }
  if (abSplit !== null) {
    const size = Math.floor((count * abSplit.splitSize) / 100);
    return (index, sentAt) => {
      const place = places[index] ?? 0;
      if (place < size) return { group: 'a', startsAt: sentAt };
      if (place < 2 * size) return { group: 'b', startsAt: sentAt };
      return { group: 'winner', startsAt: abSplit.winnerSentAt };
    };
  }
  if (variate === null) throw new Error('a test has settings');
  const tested = Math.floor((count * variate.testSize) / 100);
  return (index, sentAt) => {
    const place = places[index] ?? 0;
    const combination = variate.combinations[place % variate.combinations.length];
    if (place < tested || variate.winningCampaignId === null)
      return { group: combination?.id ?? null, startsAt: sentAt };
    return { group: variate.winningCampaignId, startsAt: variate.winnerSentAt ?? sentAt };
  };
}

type QueueItem = { readonly at: Seconds; readonly plan: PlannedCampaign; readonly membership: DraftMembership };

/** Automation mails by due time: a fixed delay after the contact became subscribed for the first time. */
function createAutomationQueue(
  automations: readonly PlannedAutomation[],
  byList: ReadonlyMap<string, readonly DraftMembership[]>,
): { peek(): QueueItem | undefined; take(): void } {
  const items: QueueItem[] = [];
  for (const { automation, emails } of automations) {
    for (const email of emails) {
      const { delay, ...campaign } = email;
      const plan: PlannedCampaign = { campaign, trait: 'plain', appeal: 1.25 };
      for (const membership of byList.get(automation.listId) ?? []) {
        const joined = membership.changes.find((next) => next.status === 'subscribed');
        if (joined === undefined || joined.at < automation.startedAt || membership.source === 'Import') continue;
        if (joined.at + delay <= worldUntil) items.push({ at: joined.at + delay, plan, membership });
      }
    }
  }
  items.sort((left, right) => left.at - right.at || left.membership.index - right.membership.index);
  let position = 0;
  return { peek: () => items[position], take: () => void (position += 1) };
}
