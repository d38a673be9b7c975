import { lists } from './company.ts';
import { day, hour, secondsOf, utcDateOf } from './instant.ts';
import { campaignThemes, hostileSubject } from './names.ts';
import { laterCampaigns, type Profile, worldNow, worldStart } from './profile.ts';
import { createRandom, type Random } from './random.ts';
import type { AbSplit, Automation, Campaign, Link, Seconds, Variate } from './types.ts';

/** What makes a mailing special beyond its settings; only the maker of the world reads it. */
export type Trait = 'plain' | 'one recipient' | 'all bounce' | 'refresher';

export type PlannedCampaign = { readonly campaign: Campaign; readonly trait: Trait; readonly appeal: number };

/** Sends at awkward instants: the hours that Berlin skips or repeats, local midnights, the turn of a month. */
const awkwardSends: readonly Seconds[] = [
  '2025-03-30T00:30:00Z',
  '2025-06-30T22:00:00Z',
  '2025-10-26T00:30:00Z',
  '2025-12-31T23:00:00Z',
  '2026-03-29T00:59:59Z',
].map(secondsOf);

/** All mass mailings in order of sending, then drafts. */
export function planCampaigns(seed: number, profile: Profile): PlannedCampaign[] {
  const planned: PlannedCampaign[] = [];
  for (const [index, sentAt] of sendTimes(seed, profile).entries())
    planned.push(planCampaign(seed, profile, index, sentAt));
  const drafts = ['save', 'paused', 'schedule'] as const;
  for (const [index, draftStatus] of drafts.entries()) {
    const random = createRandom(seed, 'draft', index);
    const createdAt = worldNow - (index + 1) * 9 * day;
    const campaign = {
      ...shell(random, 900 + index, createdAt, null),
      draftStatus,
      title: `Newsletter draft ${index + 1}`,
    };
    planned.push({ campaign, trait: 'plain', appeal: 1 });
  }
  return planned;
}

/** Evenly over the history with jitter, mostly in the morning of a weekday; the last two days before "now" always hold one. */
function sendTimes(seed: number, profile: Profile): Seconds[] {
  const random = createRandom(seed, 'calendar');
  const first = worldStart + 8 * day;
  const step = (worldNow - 2 * day - first) / (profile.campaigns - 1);
  const times: Seconds[] = [];
  for (let index = 0; index < profile.campaigns; index += 1) {
    const date = Math.floor((first + index * step) / day) * day;
    const clock = random.chance(0.65) ? random.int(7 * 60, 10 * 60) : random.int(15 * 60, 20 * 60);
    times.push(date + clock * 60 + (random.chance(0.5) ? 0 : random.int(1, 59)));
  }
  // A small world, too, has campaigns of every age: days, weeks and months old.
  if (!isBig(profile)) times.splice(-3, 3, worldNow - 30 * day, worldNow - 12 * day, worldNow - 2 * day);
  for (const awkward of awkwardSends) {
    const nearest = times.reduce(
      (best, at, index) => (Math.abs(at - awkward) < Math.abs((times[best] ?? 0) - awkward) ? index : best),
      1,
    );
    times[nearest] = awkward;
  }
  for (const [later, count] of laterCampaigns.entries()) {
    for (let copy = 0; copy < count; copy += 1)
      times.push(worldNow + later * day + (3 + 9 * copy) * hour + random.int(0, 3000));
  }
  return [...new Set(times)].sort((left, right) => left - right);
}

function planCampaign(seed: number, profile: Profile, index: number, sentAt: Seconds): PlannedCampaign {
  const random = createRandom(seed, 'campaign', index);
  const drawn = shell(random, index, sentAt - random.int(2, 72) * hour, sentAt);
  // In a small world the narrower tags would leave nobody to write to.
  const base = isBig(profile) || drawn.segmentTag === 'weekly' ? drawn : { ...drawn, segmentTag: null };
  const trait = traitOf(index, profile);
  const every = isBig(profile) ? 12 : 5;
  const appeal = 0.7 + 0.6 * random.next();
  if (trait !== 'plain' && trait !== 'refresher') return { campaign: { ...base, segmentTag: null }, trait, appeal };
  if (index % every === 3)
    return { campaign: { ...base, type: 'absplit', abSplit: planAbSplit(random, base, index) }, trait, appeal };
  if (index % every === 4)
    return { campaign: { ...base, type: 'variate', variate: planVariate(random, base, index) }, trait, appeal };
  if (index % 11 === 7)
    return { campaign: { ...base, tracksOpens: false, tracksClicks: index % 2 === 1 }, trait, appeal };
  if (index % 11 === 8) return { campaign: { ...base, tracksClicks: false }, trait, appeal };
  if (index % 23 === 9)
    return { campaign: { ...base, type: 'plaintext', links: base.links.slice(0, 1) }, trait, appeal };
  if (index % 9 === 2) return { campaign: { ...base, links: base.links.slice(0, 1) }, trait, appeal };
  if (index % 29 === 10) return { campaign: { ...base, links: [] }, trait, appeal };
  if (index % 37 === 6)
    return { campaign: { ...base, subject: hostileSubject, title: `Sale ${hostileSubject}` }, trait, appeal };
  return { campaign: base, trait, appeal };
}

function isBig(profile: Profile): boolean {
  return profile.campaigns > 50;
}

function traitOf(index: number, profile: Profile): Trait {
  if (index === 1) return 'one recipient';
  if (index === 5) return 'all bounce';
  if (index === 0 || (isBig(profile) && index === 60)) return 'refresher';
  return 'plain';
}

function shell(random: Random, index: number, createdAt: Seconds, sentAt: Seconds | null): Campaign {
  const place = random.next();
  const list = lists[place < 0.5 ? 0 : place < 0.8 ? 1 : 2] ?? lists[0];
  if (list === undefined) throw new Error('the company has no list');
  const theme = random.pick(campaignThemes);
  const id = random.hex(10);
  const target = random.next();
  return {
    id,
    webId: 900_000 + index,
    type: 'regular',
    listId: list.id,
    createdAt,
    sentAt,
    draftStatus: null,
    title: `${theme.title} ${utcDateOf(sentAt ?? createdAt)} #${index}`,
    subject: theme.subject,
    previewText: theme.preview,
    fromName: list.fromName,
    replyTo: list.fromEmail,
    segmentTag: target < 0.17 ? null : target < 0.65 ? 'weekly' : target < 0.9 ? 'sale' : 'loyal',
    tracksOpens: true,
    tracksClicks: true,
    links: createLinks(random, theme.title.toLowerCase(), id, random.int(2, 6)),
    abSplit: null,
    variate: null,
    automationId: null,
    position: null,
  };
}

/** Different shapes of address: with all utm parts, with some, with none, encoded, with a fragment, the same page twice. */
function createLinks(random: Random, theme: string, id: string, count: number): Link[] {
  const site = 'https://www.acme-garden.example';
  const urls = [
    `${site}/${theme}?utm_source=mailchimp&utm_medium=email&utm_campaign=${theme}-${id}&utm_content=hero&utm_term=pots`,
    `${site}/shop/bulbs?utm_source=mailchimp&utm_medium=email&utm_campaign=${theme}-${id}`,
    `${site}/blog/gem%C3%BCse?utm_campaign=Fr%C3%BChling+2025&x=1`,
    `${site}/`,
    `${site}/${theme}?utm_source=mailchimp&utm_medium=email&utm_campaign=${theme}-${id}&utm_content=footer#top`,
    'https://calendar.acme-garden.example/book/gardener',
  ];
  return urls.slice(0, count).map((url) => ({ id: random.hex(10), url }));
}

function planAbSplit(random: Random, base: Campaign, index: number): AbSplit {
  const splitTest = index % 2 === 0 ? 'from_name' : 'subject';
  const waitHours = random.int(2, 24);
  return {
    splitTest,
    pickWinner: random.pick(['opens', 'clicks', 'manual'] as const),
    waitHours,
    splitSize: random.pick([15, 20, 30]),
    subjectA: base.subject,
    subjectB: splitTest === 'subject' ? `${base.subject}?` : base.subject,
    fromNameA: base.fromName,
    fromNameB: splitTest === 'from_name' ? `Maja, ${base.fromName}` : base.fromName,
    winner: random.pick(['a', 'b'] as const),
    winnerSentAt: (base.sentAt ?? base.createdAt) + waitHours * hour,
  };
}

/** Two or three subjects, sometimes with two senders (four combinations); sometimes tested on all, so that nothing is left to win. */
function planVariate(random: Random, base: Campaign, index: number): Variate {
  const subjectLines = [base.subject, `${base.subject} – now`, `Psst: ${base.subject}`].slice(
    0,
    index % 3 === 0 ? 3 : 2,
  );
  const fromNames = index % 4 === 0 ? [base.fromName, 'Maja von Acme'] : [base.fromName];
  const combinations = subjectLines.flatMap((_, subjectLine) =>
    fromNames.map((__, fromName) => ({ id: random.hex(10), subjectLine, fromName })),
  );
  const testsAll = random.chance(0.3);
  const waitMinutes = 60 * random.int(2, 24);
  return {
    winnerCriteria: random.pick(['opens', 'clicks', 'manual', 'total_revenue'] as const),
    waitMinutes,
    testSize: testsAll ? 100 : random.pick([30, 40, 50]),
    subjectLines,
    fromNames,
    combinations,
    winner: testsAll ? null : random.int(0, combinations.length - 1),
    winningCampaignId: testsAll ? null : random.hex(10),
    winnerSentAt: testsAll ? null : (base.sentAt ?? base.createdAt) + waitMinutes * 60,
  };
}

export type PlannedAutomation = {
  readonly automation: Automation;
  readonly emails: readonly (Campaign & { readonly delay: Seconds })[];
};

/** A welcome series of two mails on the newsletter, one mail to new customers. They go out one by one, for ever. */
export function planAutomations(seed: number): PlannedAutomation[] {
  const plans = [
    { title: 'Welcome series', list: lists[0], delays: [5 * 60, 3 * day] },
    { title: 'Thank you, new customer', list: lists[1], delays: [5 * day] },
  ];
  return plans.map(({ title, list, delays }, index) => {
    if (list === undefined) throw new Error('the company has no list');
    const random = createRandom(seed, 'automation', index);
    const id = random.hex(10);
    const createdAt = worldStart + 6 * day + index * day;
    const startedAt = createdAt + 3 * day;
    const emails = delays.map((delay, position) => ({
      ...shell(random, 950 + index * 10 + position, createdAt, null),
      type: 'automation' as const,
      listId: list.id,
      title: `${title} ${position + 1}`,
      subject: position === 0 ? 'Welcome, *|FNAME|*!' : 'Three things to plant first',
      fromName: list.fromName,
      replyTo: list.fromEmail,
      segmentTag: null,
      automationId: id,
      position: position + 1,
      delay,
    }));
    return {
      automation: { id, listId: list.id, title, createdAt, startedAt, campaignIds: emails.map((email) => email.id) },
      emails,
    };
  });
}
