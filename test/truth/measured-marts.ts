import { Decimal } from 'decimal.js';
import type { Campaign, CheckedThing, Facts, Replied } from './fact-types.ts';
import { wilson } from './statistics.ts';
import { countsOf, keyOf, ratio, tally, type TruthRow } from './tally.ts';

const shown = (campaign: Campaign): TruthRow => ({
  ...keyOf(campaign),
  campaign_id: campaign.id,
  name: campaign.name,
  subject: campaign.subject,
  goal: campaign.goal,
  send_date: campaign.sendDate,
});

const isOf =
  (campaign: Campaign) =>
  (row: { readonly accountId: string; readonly campaignId: string }): boolean =>
    row.accountId === campaign.accountId && row.campaignId === campaign.id;

export function viewTime(facts: Facts): readonly TruthRow[] {
  return facts.campaigns.map((campaign) => {
    const views = facts.measured.views.filter(isOf(campaign));
    const of = (length: string): number | null =>
      views.length === 0 ? null : views.filter((view) => view.length === length).length;
    const known = views.length === 0 ? null : views.filter((view) => view.length !== 'unknown').length;
    const brief = views.filter(({ length }) => length === 'glanced' || length === 'skimmed').length;
    return {
      ...shown(campaign),
      view_count: views.length === 0 ? null : views.length,
      known_view_count: known,
      glanced_count: of('glanced'),
      skimmed_count: of('skimmed'),
      read_count: of('read'),
      unknown_view_count: of('unknown'),
      glanced_rate: ratio(of('glanced'), known),
      skimmed_rate: ratio(of('skimmed'), known),
      read_rate: ratio(of('read'), known),
      brief_view_rate: ratio(brief, known),
      known_view_rate: ratio(known, views.length),
    };
  });
}

const classColumns = {
  positive: 'positive_reply_count',
  neutral: 'neutral_reply_count',
  negative: 'negative_reply_count',
  auto_reply: 'auto_reply_count',
  out_of_office: 'out_of_office_count',
  bounce: 'bounce_reply_count',
} as const;

/** Who answered a campaign; null where no mailbox covers it, or none of its answers is judged. */
export function repliersOf(facts: Facts, campaign: Campaign): { readonly all: number; readonly warm: number } | null {
  const replies = answersTo(facts, campaign);
  if (replies === null || (replies.length > 0 && replies.every(({ answer }) => answer === null))) return null;
  const peopleWith = (...answers: readonly string[]): number =>
    new Set(replies.filter(({ answer }) => answer !== null && answers.includes(answer)).map(({ person }) => person))
      .size;
  return { all: peopleWith('positive', 'neutral', 'negative'), warm: peopleWith('positive') };
}

/** Answers to a campaign, each once; null where no mailbox covers it. */
function answersTo(facts: Facts, campaign: Campaign): readonly Replied[] | null {
  const own = once(facts.measured.replies.filter(isOf(campaign)));
  if (own.length > 0) return own;
  const mailbox = facts.measured.replies.filter(
    (reply) => reply.accountId === campaign.accountId && facts.campaigns.some((one) => isOf(one)(reply)),
  );
  const answered = facts.campaigns.filter((one) => mailbox.some(isOf(one)));
  const first = Math.min(...answered.map(({ sentAt }) => sentAt));
  const last = Math.max(...mailbox.map(({ at }) => at));
  return campaign.sentAt >= first && campaign.sentAt <= last ? [] : null;
}

/** One answer may lie in several mailboxes: one of a person and second, judged where any of its copies is. */
function once(replies: readonly Replied[]): readonly Replied[] {
  return [...Map.groupBy(replies, ({ person, at }) => `${person} ${at}`).values()].map(
    (copies) => copies.find(({ answer }) => answer !== null) ?? (copies[0] as Replied),
  );
}

export function replyPerformance(facts: Facts): readonly TruthRow[] {
  return facts.campaigns.map((campaign) => {
    const replies = answersTo(facts, campaign);
    const people = repliersOf(facts, campaign);
    const { delivered } = countsOf(campaign, tally(facts, campaign));
    const of = (answer: string | null): number | null =>
      replies === null ? null : replies.filter((reply) => reply.answer === answer).length;
    return {
      ...shown(campaign),
      delivered_count: delivered,
      total_reply_count: replies === null ? null : replies.length,
      ...Object.fromEntries(Object.entries(classColumns).map(([answer, column]) => [column, of(answer)])),
      unclassified_reply_count: of(null),
      reply_count: people?.all ?? null,
      warm_reply_count: people?.warm ?? null,
      reply_rate: ratio(people?.all ?? null, delivered),
      warm_reply_rate: ratio(people?.warm ?? null, delivered),
    };
  });
}

export function spamChecks({ measured, accounts }: Facts): readonly TruthRow[] {
  const keyOf = (thing: CheckedThing): string =>
    JSON.stringify([thing.accountId, thing.campaignId, thing.domain, thing.day, thing.tool]);
  const things = new Map([...measured.scores, ...measured.placements].map((thing) => [keyOf(thing), thing]));
  return [...things].map(([key, thing]) => {
    const scores = measured.scores.filter((one) => keyOf(one) === key);
    const placements = measured.placements.filter((one) => keyOf(one) === key);
    const score = scores.length === 0 ? null : Decimal.min(...scores.map((one) => one.score));
    const stated = scores.flatMap(({ threshold }) => (threshold === null ? [] : [threshold]));
    const threshold = score === null ? null : stated.length === 0 ? new Decimal(8) : Decimal.max(...stated);
    const sum = (place: 'inbox' | 'tabs' | 'spam' | 'missing'): number | null =>
      placements.length === 0 ? null : placements.reduce((total, one) => total + one[place], 0);
    const [inbox, tabs, spam, missing] = [sum('inbox'), sum('tabs'), sum('spam'), sum('missing')];
    const seeds = placements.length === 0 ? null : (inbox ?? 0) + (tabs ?? 0) + (spam ?? 0) + (missing ?? 0);
    const texts = placements
      .toSorted((a, b) => (a.provider < b.provider ? -1 : 1))
      .map((one) => `${one.provider}: inbox ${one.inbox}, tabs ${one.tabs}, spam ${one.spam}, missing ${one.missing}`);
    return {
      source: accounts.get(thing.accountId ?? '') ?? null,
      account_id: thing.accountId,
      scope: thing.campaignId === null ? 'domain' : 'campaign',
      scope_id: thing.campaignId ?? thing.domain,
      campaign_id: thing.campaignId,
      domain: thing.domain,
      day: thing.day,
      tool: thing.tool,
      check_count: scores.length,
      scored_count: score === null ? 0 : 1,
      score: score?.toNumber() ?? null,
      threshold_score: threshold?.toNumber() ?? null,
      is_passed: score === null || threshold === null ? null : score.gte(threshold),
      seed_count: seeds,
      inbox_count: inbox,
      tabs_count: tabs,
      spam_count: spam,
      missing_count: missing,
      inbox_placement_rate: ratio(inbox === null ? null : inbox + (tabs ?? 0), seeds),
      placement_by_provider: texts.length === 0 ? null : texts.join('; '),
    };
  });
}

export function subjectLines(facts: Facts): readonly TruthRow[] {
  return [...Map.groupBy(facts.campaigns, ({ subject }) => subject)].map(([subject, campaigns]) => {
    const rated = campaigns.flatMap((campaign) => {
      const { delivered, humanOpeners } = countsOf(campaign, tally(facts, campaign));
      return delivered === null || delivered === 0 || humanOpeners === null ? [] : [{ delivered, humanOpeners }];
    });
    const delivered = rated.reduce((sum, one) => sum + one.delivered, 0);
    const opened = rated.reduce((sum, one) => sum + one.humanOpeners, 0);
    const interval = delivered === 0 || opened > delivered ? null : wilson({ successes: opened, trials: delivered });
    const characters = [...subject].length;
    const dates = campaigns.map(({ sendDate }) => sendDate).toSorted();
    return {
      subject,
      character_count: characters,
      length_class: characters < 35 ? 'short' : characters <= 66 ? 'medium' : 'long',
      is_personalised: subject.includes('*|FNAME|*') || subject.includes('{{first_name}}'),
      campaign_count: campaigns.length,
      tested_campaign_count: campaigns.filter(({ kind }) => kind === 'absplit' || kind === 'variate').length,
      rated_campaign_count: rated.length,
      delivered_count: delivered,
      open_count: opened,
      open_rate: ratio(opened, delivered),
      open_low_rate: interval?.low ?? null,
      open_high_rate: interval?.high ?? null,
      first_send_date: dates[0] ?? null,
      last_send_date: dates.at(-1) ?? null,
    };
  });
}
