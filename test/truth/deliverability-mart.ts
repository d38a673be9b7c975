import { Decimal } from 'decimal.js';
import type { Bounced, Campaign, Facts, PersonEvent } from './fact-types.ts';
import { countsOf, ratio, tally, type Counts, type TruthRow } from './tally.ts';

const reasons = ['unknown_user', 'mailbox_full', 'blocked', 'content', 'dns', 'timeout', 'other'] as const;
const words = ['high', 'medium', 'low', 'bad'];

/** What became of one message, or of all messages of a campaign that is known in totals only. */
type Fate = {
  readonly day: string;
  readonly domain: string;
  readonly sent: number;
  readonly delivered: number | null;
  readonly hard: number | null;
  readonly soft: number | null;
  readonly reason: string | null;
  readonly complaints: number | null;
};

export function deliverabilityDaily(facts: Facts): readonly TruthRow[] {
  const fates = facts.campaigns.flatMap((campaign) =>
    campaign.hasEvents ? messagesOf(facts, campaign) : totalOf(campaign, countsOf(campaign, tally(facts, campaign))),
  );
  const { placements, reputations } = facts.measured;
  const keyOf = (day: string, domain: string): string => `${day} ${domain}`;
  const keys = new Map<string, readonly [string, string]>();
  for (const fate of fates) keys.set(keyOf(fate.day, fate.domain), [fate.day, fate.domain]);
  for (const { day, provider } of [...placements, ...reputations]) keys.set(keyOf(day, provider), [day, provider]);
  const fatesOf = Map.groupBy(fates, (fate) => keyOf(fate.day, fate.domain));
  const reputationsOf = Map.groupBy(reputations, (one) => keyOf(one.day, one.provider));
  const placementsOf = Map.groupBy(placements, (one) => keyOf(one.day, one.provider));
  return [...keys].map(([key, [day, domain]]) => ({
    day,
    recipient_domain: domain,
    ...counted(fatesOf.get(key) ?? []),
    ...reputed(reputationsOf.get(key) ?? []),
    ...placed(placementsOf.get(key) ?? []),
  }));
}

/** The day of a message is that of its sending; its campaign's, where nobody saw it being sent. */
function messagesOf(facts: Facts, campaign: Campaign): readonly Fate[] {
  const of = <T extends PersonEvent>(events: readonly T[]): ReadonlyMap<string, readonly T[]> =>
    Map.groupBy(
      events.filter((event) => event.campaignId === campaign.id),
      ({ recipient }) => recipient,
    );
  const [sent, delivered, complained] = [of(facts.sent), of(facts.delivered), of(facts.complaints)];
  const bounced = of<Bounced>(facts.bounces);
  const recipients = new Set([sent, delivered, bounced, complained].flatMap((one) => [...one.keys()]));
  return [...recipients].map((recipient) => {
    const sends = sent.get(recipient) ?? [];
    const deliveries = delivered.get(recipient) ?? [];
    const last = Math.max(...deliveries.map(({ at }) => at));
    const bounces = (bounced.get(recipient) ?? []).filter(({ at }) => !(last > at));
    const hard = bounces.filter(({ type }) => type === 'hard');
    const deciding = hard.length > 0 ? hard : bounces;
    const any = sends[0] ?? deliveries[0] ?? bounced.get(recipient)?.[0] ?? complained.get(recipient)?.[0];
    return {
      day: sends[0]?.date ?? campaign.sendDate,
      domain: any?.domain ?? 'unknown',
      sent: sends.length,
      delivered: campaign.reportsDeliveries
        ? Math.min(1, deliveries.length)
        : sends.length - Math.min(1, bounces.length),
      hard: Math.min(1, hard.length),
      soft: hard.length === 0 ? Math.min(1, bounces.length) : 0,
      reason: deciding[0]?.reason ?? null,
      complaints: Math.min(1, complained.get(recipient)?.length ?? 0),
    };
  });
}

function totalOf(campaign: Campaign, c: Counts): readonly Fate[] {
  if (c.sent === null) return [];
  return [
    {
      day: campaign.sendDate,
      domain: 'unknown',
      sent: c.sent,
      delivered: c.delivered,
      hard: c.hard,
      soft: c.soft,
      reason: null,
      complaints: c.complaints,
    },
  ];
}

function counted(fates: readonly Fate[]): TruthRow {
  const sum = (values: readonly (number | null)[]): number | null =>
    values.reduce<number | null>((all, value) => (all === null || value === null ? null : all + value), 0);
  const bounces = (fate: Fate): number | null => sum([fate.hard, fate.soft]);
  const because = (reason: string | null): number | null =>
    sum(fates.map((fate) => (fate.reason === reason ? bounces(fate) : bounces(fate) === null ? null : 0)));
  const sent = sum(fates.map((fate) => fate.sent));
  const delivered = sum(fates.map((fate) => fate.delivered));
  const bounced = sum(fates.map(bounces));
  const hard = sum(fates.map((fate) => fate.hard));
  const soft = sum(fates.map((fate) => fate.soft));
  const complaints = sum(fates.map((fate) => fate.complaints));
  return {
    sent_count: sent,
    delivered_count: delivered,
    bounce_count: bounced,
    hard_bounce_count: hard,
    soft_bounce_count: soft,
    ...Object.fromEntries(reasons.map((reason) => [`${reason}_bounce_count`, because(reason)])),
    unstated_bounce_count: because(null),
    complaint_count: complaints,
    delivery_rate: ratio(delivered, sent),
    bounce_rate: ratio(bounced, sent),
    hard_bounce_rate: ratio(hard, sent),
    soft_bounce_rate: ratio(soft, sent),
    complaint_rate: ratio(complaints, delivered),
    complaint_sent_rate: ratio(complaints, sent),
  };
}

function reputed(rows: Facts['measured']['reputations']): TruthRow {
  const stated = rows.flatMap(({ word }) => (word === null ? [] : [words.indexOf(word)]));
  const complaints = rows.flatMap((row) => (row.complaints === null ? [] : [row.complaints]));
  return {
    reputation: stated.length === 0 ? null : (words[Math.max(...stated)] ?? null),
    provider_complaint_rate: complaints.length === 0 ? null : Decimal.max(...complaints).toNumber(),
  };
}

function placed(rows: Facts['measured']['placements']): TruthRow {
  const sum = (place: 'inbox' | 'tabs' | 'spam' | 'missing'): number | null =>
    rows.length === 0 ? null : rows.reduce((total, row) => total + row[place], 0);
  const [inbox, tabs, spam, missing] = [sum('inbox'), sum('tabs'), sum('spam'), sum('missing')];
  const seeds = rows.length === 0 ? null : (inbox ?? 0) + (tabs ?? 0) + (spam ?? 0) + (missing ?? 0);
  return {
    seed_count: seeds,
    inbox_count: inbox,
    tabs_count: tabs,
    spam_count: spam,
    missing_count: missing,
    inbox_placement_rate: ratio(inbox === null ? null : inbox + (tabs ?? 0), seeds),
  };
}
