import { hash } from 'node:crypto';
import {
  campaignBody,
  day,
  end,
  ipOf,
  listBody,
  listId,
  memberBody,
  reportBody,
  timestamp,
  topics,
  type Address,
  type Body,
  type Totals,
} from './bodies.ts';
import { pick, randomOf, type Random } from './random.ts';
import type { Shape } from './shape.ts';

/** What one account answers with, record by record; nothing is kept but counts of the campaigns. */
export type World = {
  readonly shape: Shape;
  readonly list: () => Body;
  readonly campaign: (index: number) => Body;
  readonly report: (index: number) => Body;
  readonly member: (index: number) => Body;
  /** Seconds; they grow with the index. */
  readonly lastChanged: (index: number) => number;
  readonly campaignId: (index: number) => string;
  readonly activity: (campaign: number, recipient: number) => Body;
};

const first = ['Ada', 'Ben', 'Chiara', 'Dmitri', 'Elif', 'Femke', 'Goran', 'Hanna', 'Ines', 'Jonas', 'Kofi'] as const;
const last = ['Abel', 'Bauer', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'Garcia', 'Horvat', 'Ito', 'Jansen'] as const;
const domains = ['gmail.example', 'outlook.example', 'yahoo.example', 'web.example', 'firm-mail.example'] as const;
/** Share of recipients with 0, 1, 2 … 5 events: two on average. */
const cumulated = [0.2, 0.4, 0.62, 0.82, 0.94, 1];

/** One account's world; `account` is part of the seed. */
export function createWorld(shape: Shape, account: number): World {
  const seed = Math.imul(shape.seed, 7919) + account;
  const stride = strideOf(shape.members);
  const sentAt = (campaign: number): number => end - 20 * day - (shape.campaigns - campaign) * 3 * day;
  const campaignId = (campaign: number): string => hash('md5', `campaign ${seed} ${campaign}`, 'hex').slice(0, 10);
  const lastChanged = (member: number): number => end - (shape.members - member) * 600;
  const address = addresses(shape, seed);
  const memo = new Map<number, Totals>();
  const activity = (campaign: number, recipient: number): Body => {
    const member = (recipient * stride + campaign * 7_001) % shape.members;
    const known = address(member);
    return {
      campaign_id: campaignId(campaign),
      list_id: listId,
      list_is_active: true,
      email_id: known.id,
      email_address: known.text,
      activity: events(randomOf(seed, 3, campaign, member), sentAt(campaign), campaign),
    };
  };
  const totals = (campaign: number): Totals => {
    const found = memo.get(campaign) ?? countTotals(shape, (recipient) => activity(campaign, recipient));
    memo.set(campaign, found);
    return found;
  };
  return {
    shape,
    list: () => listBody(shape, seed),
    campaign: (index) => campaignBody(shape, campaignId(index), index, sentAt(index), totals(index)),
    report: (index) => reportBody(shape, campaignId(index), index, sentAt(index), totals(index)),
    member: (index) => memberBody(randomOf(seed, 2, index), seed, index, address(index), lastChanged(index)),
    lastChanged,
    campaignId,
    activity,
  };
}

/** A step through the members that meets each once: each campaign has recipients of its own. */
function strideOf(members: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  for (let step = Math.max(1, Math.floor(members * 0.618)); ; step += 1) if (divisor(members, step) === 1) return step;
}

function addresses(shape: Shape, seed: number): (member: number) => Address {
  const known: (Address | undefined)[] = Array.from({ length: shape.members });
  return (member) => {
    const found = known[member];
    if (found !== undefined) return found;
    const random = randomOf(seed, 1, member);
    const names = { first: pick(random, first), last: pick(random, last) };
    const plain = `${names.first}.${names.last}${member}@${pick(random, domains)}`;
    // Most people write themselves small; the id is that of the small spelling for all.
    const text = random() < 0.97 ? plain.toLowerCase() : plain;
    const made = { ...names, text, id: hash('md5', text.toLowerCase(), 'hex') };
    known[member] = made;
    return made;
  };
}

function events(random: Random, sentAt: number, campaign: number): Body[] {
  if (random() < 0.02) {
    return [{ action: 'bounce', type: pick(random, ['hard', 'soft']), timestamp: timestamp(sentAt + 60) }];
  }
  const drawn = random();
  const count = cumulated.findIndex((limit) => drawn < limit);
  const ip = ipOf(random);
  let at = sentAt + 30;
  return Array.from({ length: count }, (_, index) => {
    at += 1 + Math.floor(random() ** 4 * 4 * day);
    const place = random() < 0.8 ? ip : ipOf(random);
    if (index === 0 || random() < 0.6) return { action: 'open', timestamp: timestamp(at), ip: place };
    const topic = topics[campaign % topics.length] ?? topics[0];
    const url = `https://shop.example/${topic}/item-${Math.floor(random() * 40)}?utm_source=newsletter&utm_campaign=c${campaign}`;
    return { action: 'click', timestamp: timestamp(at), url, ip: place };
  });
}

function countTotals(shape: Shape, activity: (recipient: number) => Body): Totals {
  const totals = { opens: 0, openers: 0, clicks: 0, clickers: 0, hard: 0, soft: 0, lastOpen: '', lastClick: '' };
  for (let recipient = 0; recipient < shape.recipients; recipient += 1) {
    const all = activity(recipient)['activity'] as { action: string; type?: string; timestamp: string }[];
    const opens = all.filter(({ action }) => action === 'open');
    const clicks = all.filter(({ action }) => action === 'click');
    totals.opens += opens.length;
    totals.clicks += clicks.length;
    totals.openers += opens.length > 0 ? 1 : 0;
    totals.clickers += clicks.length > 0 ? 1 : 0;
    totals.hard += all.some(({ type }) => type === 'hard') ? 1 : 0;
    totals.soft += all.some(({ type }) => type === 'soft') ? 1 : 0;
    for (const { timestamp: at } of opens) if (at > totals.lastOpen) totals.lastOpen = at;
    for (const { timestamp: at } of clicks) if (at > totals.lastClick) totals.lastClick = at;
  }
  return totals;
}
