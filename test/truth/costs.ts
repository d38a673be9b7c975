import { Decimal } from 'decimal.js';
import { compare, shares } from './attribution.ts';
import { addDays, dateIn, datesBetween } from './calendar.ts';
import { money, type Campaign, type Facts, type Spent } from './fact-types.ts';

/** A cost, or the part of one that a campaign bears; `campaign` null: of none. */
export type Borne = {
  readonly campaign: Campaign | null;
  readonly home: string;
  readonly kind: string;
  readonly month: string;
  readonly amount: Decimal | null;
  readonly isShared: boolean;
};

export const monthOf = (date: string): string => `${date.slice(0, 7)}-01`;
export const lastDayOf = (month: string): string => addDays(monthOf(addDays(month, 40)), -1);

const known = new WeakMap<Facts, readonly Borne[]>();

/** All costs, those of files and those that rules make, shared where they name no campaign. */
export function spent(facts: Facts): readonly Borne[] {
  const before = known.get(facts);
  if (before !== undefined) return before;
  const all = [...facts.costs, ...ruleCosts(facts)].flatMap((cost) => bearers(facts, cost));
  known.set(facts, all);
  return all;
}

/** Mails of a campaign by month: one by one, or as stated in the month of the send. */
export function mailsByMonth(facts: Facts, campaign: Campaign): ReadonlyMap<string, number> {
  if (!campaign.hasEvents) {
    const stated = new Decimal(campaign.stated.sent ?? 0).toNumber();
    return new Map(stated > 0 ? [[monthOf(campaign.sendDate), stated]] : []);
  }
  const months = facts.sent.filter((one) => one.campaignId === campaign.id).map((one) => monthOf(one.date));
  return new Map([...Map.groupBy(months, (month) => month)].map(([month, own]) => [month, own.length]));
}

function bearers(facts: Facts, cost: Spent): readonly Borne[] {
  const month = monthOf(cost.date);
  const base = { home: cost.home, kind: cost.kind, month };
  if (cost.campaignId !== null) {
    const campaign = facts.campaigns.find(({ id }) => id === cost.campaignId) ?? null;
    return [{ ...base, campaign, amount: cost.amount, isShared: false }];
  }
  const weighed = facts.campaigns
    .filter((campaign) => cost.scope === null || campaign.accountId === cost.scope)
    .map((campaign) => ({ campaign, mails: mailsByMonth(facts, campaign).get(month) ?? 0 }))
    .filter(({ mails }) => mails > 0)
    .toSorted((a, b) => compare(a.campaign.id, b.campaign.id));
  if (weighed.length === 0 || facts.settings.costs?.shared === 'unallocated') {
    return [{ ...base, campaign: null, amount: cost.amount, isShared: false }];
  }
  const parts =
    cost.amount === null
      ? []
      : shares(
          cost.amount,
          weighed.map(({ mails }) => mails),
        );
  return weighed.map(({ campaign }, at) => ({ ...base, campaign, amount: parts[at] ?? null, isShared: true }));
}

/** Costs that the rules of mailmart.yaml make. Those of the tests are in the reporting currency. */
function ruleCosts(facts: Facts): readonly Spent[] {
  const months = new Map(facts.campaigns.map((campaign) => [campaign, mailsByMonth(facts, campaign)]));
  return (facts.settings.costs?.rules ?? []).flatMap((rule) => {
    if (rule.currency !== undefined) throw new Error('the truth of rules knows the reporting currency only');
    const price = money(new Decimal(rule.amount).times(rule.hours ?? 1));
    const isIn = (accountId: string): boolean => rule.account === undefined || rule.account === accountId;
    const own = facts.campaigns.filter((campaign) => isIn(campaign.accountId));
    const first = own.flatMap((campaign) => [...(months.get(campaign)?.keys() ?? [])]).toSorted(compare)[0];
    const from = rule.from === undefined ? first : monthOf(rule.from);
    if (from === undefined) return [];
    const until = rule.until === undefined || rule.until > facts.asOf ? facts.asOf : rule.until;
    const span = new Set(datesBetween(from, until).map(monthOf));
    const chosen = own.filter(({ name }) => rule.match === undefined || new RegExp(rule.match).test(name));
    const cost = (date: string, quantity: number, campaignId: string | null): Spent => ({
      campaignId,
      scope: campaignId === null ? (rule.account ?? null) : null,
      variant: null,
      kind: rule.kind,
      date,
      home: 'config costs',
      amount: price.times(quantity),
    });
    const members = facts.members.filter((member) => isIn(member.accountId));
    const dated = members.map(({ moves }) => moves.map(({ kind, at }) => ({ kind, date: dateIn(facts.zone, at) })));
    switch (rule.per) {
      case 'month':
        return [...span].map((month) => cost(month, 1, null));
      case 'campaign':
        return chosen.filter(({ sendDate }) => span.has(monthOf(sendDate))).map((one) => cost(one.sendDate, 1, one.id));
      case 'send':
        return chosen.flatMap((campaign) =>
          [...(months.get(campaign) ?? [])]
            .filter(([month]) => span.has(month))
            .map(([month, mails]) =>
              cost(month === monthOf(campaign.sendDate) ? campaign.sendDate : month, mails, campaign.id),
            ),
        );
      case 'new_subscriber':
        return [...span].flatMap((month) => {
          const joined = dated.filter((moves) =>
            moves.some((one) => one.kind === 'new' && monthOf(one.date) === month),
          );
          return joined.length === 0 ? [] : [cost(month, joined.length, null)];
        });
      default:
        return [...span].flatMap((month) => {
          const day = lastDayOf(month);
          const balance = (moves: (typeof dated)[number]): number =>
            moves
              .filter(({ date }) => date <= day)
              .reduce((sum, { kind }) => sum + (kind === 'new' || kind === 'returned' ? 1 : -1), 0);
          const subscribers = dated.reduce((sum, moves) => sum + balance(moves), 0);
          return subscribers === 0 ? [] : [cost(month, subscribers, null)];
        });
    }
  });
}
