import { Decimal } from 'decimal.js';
import { Duration } from 'luxon';
import type { Campaign, Converted, Facts, PersonEvent, Purchase } from './fact-types.ts';

/** A part of an order or conversion that a campaign gets. */
export type Credit<T> = {
  readonly item: T;
  readonly campaign: Campaign;
  readonly basis: 'stated' | 'utm' | 'click' | 'open' | 'delivery';
  readonly url: string | null;
  /** How many campaigns share it, and the place of this one among them, from 0. */
  readonly parts: number;
  readonly place: number;
};

export type Attributed = {
  readonly orders: readonly Credit<Purchase>[];
  readonly conversions: readonly Credit<Converted>[];
};

type Outcome = Purchase | Converted;
type Touch = PersonEvent & { readonly basis: 'click' | 'open' | 'delivery'; readonly url: string | null };

const known = new WeakMap<Facts, Attributed>();

/** METRICS.md and docs/how-to: what is stated, then UTM, then the nearest touches of the window by the model. */
export function attributed(facts: Facts): Attributed {
  const before = known.get(facts);
  if (before !== undefined) return before;
  const judge = judgeOf(facts);
  const result = {
    orders: facts.orders.flatMap((order) => judge(order)),
    conversions: facts.conversions.flatMap((conversion) => judge(conversion)),
  };
  known.set(facts, result);
  return result;
}

function judgeOf(facts: Facts): <T extends Outcome>(item: T) => readonly Credit<T>[] {
  const model = facts.settings.attribution?.model ?? 'last_click';
  const window = Duration.fromISO(facts.settings.attribution?.window ?? 'P5D').as('seconds');
  const byId = new Map(facts.campaigns.map((campaign) => [campaign.id, campaign]));
  const clicks = Map.groupBy(
    facts.clicks.filter((click) => !click.machine),
    (click) => click.person,
  );
  const touches = Map.groupBy(touchesOf(facts, byId), (touch) => touch.person);
  const sent = new Set(facts.sent.map((one) => `${one.campaignId} ${one.person}`));

  const lastLink = (item: Outcome, campaign: Campaign): string | null =>
    (clicks.get(item.person) ?? [])
      .filter((click) => click.campaignId === campaign.id && click.at <= item.at)
      .toSorted((a, b) => b.at - a.at || compare(a.url, b.url))[0]?.url ?? null;

  const byUtm = (item: Outcome): Campaign | undefined => {
    const tag = 'utm' in item ? item.utm : null;
    if (tag === null) return undefined;
    const agrees = (url: string): boolean => {
      const parameters = new URL(url).searchParams;
      const same = (name: string, ours: string): boolean => {
        const theirs = parameters.get(`utm_${name}`);
        return ours === '' || theirs === null || theirs.toLowerCase() === ours.toLowerCase();
      };
      return (
        parameters.get('utm_campaign')?.toLowerCase() === tag.campaign.toLowerCase() &&
        same('source', tag.source) &&
        same('medium', tag.medium)
      );
    };
    return facts.campaigns
      .filter((campaign) => campaign.sentAt <= item.at && linksOf(campaign).some((link) => agrees(link.url)))
      .toSorted(
        (a, b) =>
          Number(sent.has(`${b.id} ${item.person}`)) - Number(sent.has(`${a.id} ${item.person}`)) ||
          b.sentAt - a.sentAt ||
          compare(a.id, b.id),
      )[0];
  };

  const byTouch = (item: Outcome): readonly Touch[] => {
    const near = (touches.get(item.person) ?? []).filter(
      (touch) => touch.at <= item.at && item.at - touch.at <= window,
    );
    const bases = model === 'last_click' ? (['click'] as const) : (['click', 'open', 'delivery'] as const);
    const basis = bases.find((one) => near.some((touch) => touch.basis === one));
    const order = (a: Touch, b: Touch): number =>
      compare(a.campaignId, b.campaignId) || compare(a.url ?? '', b.url ?? '');
    const best = near.filter((touch) => touch.basis === basis);
    const last = best.toSorted((a, b) => b.at - a.at || order(a, b));
    if (model === 'first_touch') return best.toSorted((a, b) => a.at - b.at || order(a, b)).slice(0, 1);
    if (model !== 'linear') return last.slice(0, 1);
    const each = [...Map.groupBy(last, (touch) => touch.campaignId).values()].flatMap((own) => own.slice(0, 1));
    return each.toSorted(order);
  };

  return (item) => {
    const whole = (campaign: Campaign | undefined, basis: 'stated' | 'utm') =>
      campaign === undefined ? [] : [{ item, campaign, basis, url: lastLink(item, campaign), parts: 1, place: 0 }];
    if (item.campaignId !== null) return whole(byId.get(item.campaignId), 'stated');
    const tagged = byUtm(item);
    if (tagged !== undefined) return whole(tagged, 'utm');
    const found = byTouch(item);
    return found.flatMap((touch, place) => {
      const campaign = byId.get(touch.campaignId);
      if (campaign === undefined) return [];
      const url = touch.url ?? lastLink(item, campaign);
      return [{ item, campaign, basis: touch.basis, url, parts: found.length, place }];
    });
  };
}

/** Whatever of a person may lead to an order: machines' doings do not. */
function touchesOf(facts: Facts, byId: ReadonlyMap<string, Campaign>): readonly Touch[] {
  const human = <T extends { readonly machine: boolean }>(events: readonly T[]): readonly T[] =>
    events.filter((event) => !event.machine);
  const bounced = new Set(facts.bounces.map((bounce) => `${bounce.campaignId} ${bounce.recipient}`));
  const reached = facts.sent.filter(
    (one) =>
      one.isDated &&
      byId.get(one.campaignId)?.reportsDeliveries === false &&
      !bounced.has(`${one.campaignId} ${one.recipient}`),
  );
  return [
    ...human(facts.clicks).map((click) => ({ ...click, basis: 'click' as const })),
    ...human(facts.opens).map((open) => ({ ...open, basis: 'open' as const, url: null })),
    ...[...facts.delivered, ...reached].map((one) => ({ ...one, basis: 'delivery' as const, url: null })),
  ];
}

/** The part of an amount that a credit is: whole cents, what is left to the first, and below a cent to the first as well. */
export function partOf(amount: Decimal | null, { parts, place }: Credit<unknown>): Decimal | null {
  return amount === null
    ? null
    : (shares(
        amount,
        Array.from({ length: parts }, () => 1),
      )[place] ?? null);
}

/** Shares an amount by weights in cents; equal remainders in the order given. */
export function shares(amount: Decimal, weights: readonly number[]): readonly Decimal[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const cents = amount.abs().times(100).trunc();
  const exact = weights.map((weight) => cents.times(weight).div(all));
  const floors = weights.map((weight) => cents.times(weight).divToInt(all));
  let left = cents.minus(floors.reduce((sum, part) => sum.plus(part), new Decimal(0))).toNumber();
  const order = weights
    .map((_weight, at) => at)
    .toSorted((a, b) => rest(exact, floors, b).cmp(rest(exact, floors, a)) || a - b);
  const below = amount.abs().minus(cents.div(100));
  const result = [...floors];
  for (const at of order) {
    if (left <= 0) break;
    result[at] = (result[at] ?? new Decimal(0)).plus(1);
    left -= 1;
  }
  return result.map((part, at) =>
    part
      .div(100)
      .plus(at === order[0] ? below : 0)
      .times(amount.isNegative() ? -1 : 1),
  );
}

const rest = (exact: readonly Decimal[], floors: readonly Decimal[], at: number): Decimal =>
  (exact[at] ?? new Decimal(0)).minus(floors[at] ?? 0);

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Links that are not tracked are shown nowhere. */
function linksOf(campaign: Campaign): Campaign['links'] {
  return campaign.tracksClicks ? campaign.links : [];
}
