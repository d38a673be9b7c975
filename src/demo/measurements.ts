import { createChecks } from './checks.ts';
import { day, hour, secondsOf } from './instant.ts';
import type { CampaignRef, Mailed, Measurements, Reply, ReplyClass, ViewTime } from './measurement-types.ts';
import { type Profile, worldUntil } from './profile.ts';
import { createRandom, type Random } from './random.ts';

/** When the tools were connected: what was sent before is in none of them. */
const repliesFrom = secondsOf('2025-09-01T00:00:00Z');
const viewTimesFrom = secondsOf('2026-01-01T00:00:00Z');

/** Share of recipients by what they answer, warm answers apart, which differ by campaign. Null: not judged. */
const answers: readonly (readonly [ReplyClass | null, number])[] = [
  ['out_of_office', 0.012],
  ['auto_reply', 0.004],
  ['neutral', 0.005],
  ['negative', 0.003],
  ['bounce', 0.002],
  [null, 0.001],
];

/** What the mailbox for answers, a tool for reading times, spam filters, seed lists and postmaster pages tell of the mailings. */
export function createMeasurements(mailed: Mailed, profile: Profile): Measurements {
  return {
    viewTimes: [...newsletterViews(mailed), ...lifecycleViews(mailed)],
    replies: createReplies(mailed, profile),
    ...createChecks(mailed),
  };
}

/** A tracking picture that is served slowly tells seconds, or -1 where a proxy fetched it. */
function newsletterViews({ seed, accountId, campaigns, memberships, opens }: Mailed): ViewTime[] {
  const views: ViewTime[] = [];
  const opensOf = Map.groupBy(opens, (open) => open.campaignId);
  for (const { id: campaignId, sentAt, type } of campaigns) {
    if (sentAt === null || sentAt < viewTimesFrom || type === 'automation') continue;
    const random = createRandom(seed, 'view times', campaignId);
    // Around a quarter is not read: a little more for one campaign, less for the next.
    const haste = 0.15 + 0.2 * random.next();
    for (const open of opensOf.get(campaignId) ?? []) {
      if (!random.chance(0.35)) continue;
      views.push({
        id: `v-${campaignId}-${views.length + 1}`,
        accountId,
        campaignId,
        address: memberships[open.member]?.address ?? '',
        openedAt: open.at,
        seconds: open.isProxy ? '-1' : secondsLookedAt(random, haste),
        viewClass: null,
        at: (open.knownAt ?? open.at) + hour,
      });
    }
  }
  return views;
}

function secondsLookedAt(random: Random, haste: number): string {
  const manner = random.next();
  if (manner < haste * 0.4) return (random.int(2, 19) / 10).toFixed(1);
  if (manner < haste) return (random.int(20, 80) / 10).toFixed(1);
  return (8.1 + random.delay(18)).toFixed(1);
}

/** Another tool, for the other e-mail service, which tells classes only. */
function lifecycleViews({ seed, sendgrid }: Mailed): ViewTime[] {
  const random = createRandom(seed, 'lifecycle view times');
  return sendgrid.events.flatMap((event): readonly ViewTime[] => {
    const message = sendgrid.messages[event.message];
    if (event.kind !== 'open' || message === undefined || message.at < viewTimesFrom) return [];
    const manner = random.next();
    const viewClass = manner < 0.09 ? 'glanced' : manner < 0.24 ? 'skimmed' : 'read';
    return [
      {
        id: `lv-${event.id}`,
        accountId: sendgrid.accountId,
        campaignId: message.singleSendId,
        address: sendgrid.contacts[message.contact]?.address ?? '',
        openedAt: event.at,
        seconds: null,
        viewClass: event.isMachine || random.chance(0.1) ? 'unknown' : viewClass,
        at: event.knownAt + hour,
      },
    ];
  });
}

/** One copy of a campaign in somebody's hands. */
type Copy = CampaignRef & { readonly address: string; readonly at: number };

/** From 1 to 6 of 100 answer warmly; machines answer, too. A shared mailbox holds some answers twice, the copy unjudged. */
function createReplies(mailed: Mailed, profile: Profile): Reply[] {
  const replies: Reply[] = [];
  const rare = Math.min(profile.rare, 4);
  for (const [campaignId, copies] of Map.groupBy(copiesOf(mailed), (copy) => copy.campaignId)) {
    const random = createRandom(mailed.seed, 'replies', campaignId);
    const shares: typeof answers = [['positive', 0.01 + 0.05 * random.next()], ...answers];
    const add = (copy: Copy, replyClass: ReplyClass | null, at: number, isCopy = false): void => {
      if (at > worldUntil) return;
      const { accountId } = copy;
      const address = random.chance(0.1) ? copy.address.toUpperCase() : copy.address;
      const id = `<${replies.length + 1}${isCopy ? '.cc' : ''}@replies.acme-garden.example>`;
      replies.push({ id, accountId, campaignId, address, replyClass, at });
    };
    for (const copy of copies) {
      let drawn = random.next();
      for (const [replyClass, share] of shares) {
        const likely = replyClass === 'positive' ? share : share * rare;
        if (drawn >= likely) {
          drawn -= likely;
          continue;
        }
        const isMachine = replyClass === 'out_of_office' || replyClass === 'auto_reply' || replyClass === 'bounce';
        const at = copy.at + (isMachine ? random.int(5, 90) : random.delay(8 * hour));
        add(copy, replyClass, at);
        if (random.chance(0.05 * rare)) add(copy, null, at, true);
        // Who likes it may write again; in the end perhaps a no.
        if (replyClass === 'positive' && random.chance(0.12)) {
          add(copy, random.chance(0.7) ? 'positive' : 'negative', at + random.int(hour, 3 * day));
        }
        break;
      }
    }
  }
  return replies;
}

/** Copies of both services that arrived, since the mailbox for answers is connected. */
function copiesOf({ accountId, campaigns, memberships, sends, bounces, sendgrid }: Mailed): readonly Copy[] {
  const answerable = new Set(
    campaigns.flatMap(({ id, sentAt, type }) =>
      sentAt === null || sentAt < repliesFrom || type === 'automation' ? [] : [id],
    ),
  );
  const bounced = new Set(bounces.map(({ campaignId, member }) => `${campaignId} ${member}`));
  const delivered = sendgrid.events.filter((event) => event.kind === 'delivered');
  return [
    ...sends
      .filter(({ campaignId, member }) => answerable.has(campaignId) && !bounced.has(`${campaignId} ${member}`))
      .map(({ campaignId, member, at }) => ({
        accountId,
        campaignId,
        address: memberships[member]?.address ?? '',
        at,
      })),
    ...delivered.flatMap((event): readonly Copy[] => {
      const message = sendgrid.messages[event.message];
      if (message === undefined) return [];
      const address = sendgrid.contacts[message.contact]?.address ?? '';
      return [{ accountId: sendgrid.accountId, campaignId: message.singleSendId, address, at: event.at }];
    }),
  ];
}
