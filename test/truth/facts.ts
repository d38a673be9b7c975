import { createHmac } from 'node:crypto';
import { Decimal } from 'decimal.js';
import type { Campaign, Membership, MembershipState, Seconds, World } from '../../src/demo/types.ts';
import { visible, type ChildReport, type ReportTotals } from '../../src/demo/visible.ts';
import { dateIn } from './calendar.ts';

Decimal.set({ precision: 80, rounding: Decimal.ROUND_HALF_UP });

export type GoalRule = { readonly match: string; readonly goal: string; readonly conversion_value?: string };

export type TruthInput = {
  readonly world: World;
  /** Instants of the syncs, ascending; what one of them could see counts. */
  readonly syncs: readonly Seconds[];
  readonly salt: string;
  readonly rules: readonly GoalRule[];
};

export type PersonEvent = {
  readonly campaignId: string;
  readonly listId: string;
  readonly person: string;
  readonly emailId: string;
  readonly at: Seconds;
  readonly date: string;
};
export type Sent = PersonEvent & { readonly bounce: 'hard' | 'soft' | null; readonly group: string | null };
export type Opened = PersonEvent & { readonly machine: boolean };
export type Clicked = PersonEvent & { readonly machine: boolean; readonly url: string };

export type Purchase = {
  readonly id: string;
  readonly campaignId: string | null;
  readonly person: string;
  readonly at: Seconds;
  /** Reporting currency; null without a rate. */
  readonly amount: Decimal | null;
  /** As the shop states it. */
  readonly original: Decimal;
  readonly refund: Decimal;
};

export type Converted = {
  readonly campaignId: string | null;
  readonly person: string;
  readonly kind: string;
  readonly at: Seconds;
};
export type Spent = {
  readonly campaignId: string | null;
  readonly variant: string | null;
  readonly kind: string;
  readonly amount: Decimal | null;
};

export type Member = {
  readonly membership: Membership;
  readonly state: MembershipState;
  readonly person: string;
  /** When a sync found it gone. */
  readonly goneAt: Seconds | null;
};

export type Facts = {
  readonly zone: string;
  readonly currency: string;
  readonly asOf: string;
  readonly campaigns: readonly (Campaign & {
    readonly sendDate: string;
    readonly goal: string | null;
    readonly conversionValue: Decimal | null;
  })[];
  readonly reports: ReadonlyMap<string, ReportTotals>;
  readonly children: ReadonlyMap<string, readonly ChildReport[]>;
  readonly members: readonly Member[];
  readonly sent: readonly Sent[];
  readonly opens: readonly Opened[];
  readonly clicks: readonly Clicked[];
  readonly unsubscribes: readonly PersonEvent[];
  readonly complaints: readonly PersonEvent[];
  readonly orders: readonly Purchase[];
  readonly conversions: readonly Converted[];
  readonly costs: readonly Spent[];
};

/** The pseudonym of an address, computed apart from the kit. */
export function pseudonym(salt: string, address: string): string {
  return createHmac('sha256', salt)
    .update(address.normalize('NFC').trim().toLowerCase().normalize('NFC'))
    .digest('hex');
}

/** Rounds half away from zero to nine places, as every product of money is. */
export function money(value: Decimal): Decimal {
  return value.toDecimalPlaces(9, Decimal.ROUND_HALF_UP);
}

export function gatherFacts({ world, syncs, salt, rules }: TruthInput): Facts {
  const zone = world.company.timeZone;
  const last = syncs.at(-1);
  if (last === undefined) throw new Error('no sync, nothing to know');
  const views = syncs.map((at) => visible(world, at));
  const view = views.at(-1) as (typeof views)[number];
  const campaignOf = new Map(view.campaigns.map((campaign) => [campaign.id, campaign]));
  const listOf = (campaignId: string): string => campaignOf.get(campaignId)?.listId ?? '';

  const people = new Map<string, string>();
  const key = (address: string): string => {
    const known = people.get(address);
    if (known !== undefined) return known;
    const made = pseudonym(salt, address);
    people.set(address, made);
    return made;
  };
  const event = (campaignId: string, membership: Membership, at: Seconds): PersonEvent => ({
    campaignId,
    listId: listOf(campaignId),
    person: key(membership.address),
    emailId: membership.emailId,
    at,
    date: dateIn(zone, at),
  });

  // A fact that one sync saw stays known, also when its member is gone at a later one.
  const union = <T>(pick: (from: (typeof views)[number]) => readonly T[], id: (item: T) => string): readonly T[] => {
    const byId = new Map<string, T>();
    for (const from of views) {
      const counts = new Map<string, number>();
      for (const item of pick(from)) {
        const base = id(item);
        const nth = (counts.get(base) ?? 0) + 1;
        counts.set(base, nth);
        byId.set(`${base} #${nth}`, item);
      }
    }
    return [...byId.values()];
  };

  const clicks = markBursts(
    union(
      (from) => from.clicks,
      (click) => `${click.campaignId} ${click.membership.index} ${click.at} ${click.url}`,
    ).map((click) => ({ ...event(click.campaignId, click.membership, click.at), url: click.url })),
    campaignOf,
  );

  const rateAt = (from: string, date: string): Decimal | null => {
    if (from === world.company.currency) return new Decimal(1);
    const rate = world.fxRates
      .filter((fx) => fx.from === from && fx.to === world.company.currency && fx.at <= last && fx.date <= date)
      .toSorted((a, b) => (a.date < b.date ? -1 : 1))
      .at(-1);
    return rate === undefined ? null : new Decimal(rate.rate);
  };
  const convert = (amount: string, currency: string, date: string): Decimal | null => {
    const rate = rateAt(currency, date);
    return rate === null ? null : money(new Decimal(amount).times(rate));
  };

  const lastSeen = new Map<number, { readonly member: (typeof view.members)[number]; readonly at: Seconds }>();
  for (const [index, from] of views.entries()) {
    for (const member of from.members) lastSeen.set(member.membership.index, { member, at: syncs[index] as Seconds });
  }

  const customers = new Map(world.customers.map((customer) => [customer.id, customer]));
  return {
    zone,
    currency: world.company.currency,
    asOf: dateIn(zone, last),
    campaigns: view.campaigns.map((campaign) => {
      const rule = rules.findLast(({ match }) => new RegExp(match).test(campaign.title));
      return {
        ...campaign,
        sendDate: dateIn(zone, campaign.sentAt ?? 0),
        goal: rule?.goal ?? null,
        conversionValue: rule?.conversion_value === undefined ? null : new Decimal(rule.conversion_value),
      };
    }),
    reports: view.reports,
    children: view.children,
    members: [...lastSeen.values()].map(({ member, at }) => ({
      membership: member.membership,
      state: member.state,
      person: key(member.membership.address),
      goneAt: at === last ? null : (syncs.find((sync) => sync > at) ?? null),
    })),
    sent: union(
      (from) => from.recipients,
      (recipient) => `${recipient.campaignId} ${recipient.membership.index}`,
    ).map((recipient) => ({
      ...event(recipient.campaignId, recipient.membership, campaignOf.get(recipient.campaignId)?.sentAt ?? 0),
      bounce: recipient.bounce,
      group: recipient.group,
    })),
    opens: union(
      (from) => from.opens,
      (open) => `${open.campaignId} ${open.membership.index} ${open.at} ${open.isProxy}`,
    ).map((open) => ({ ...event(open.campaignId, open.membership, open.at), machine: open.isProxy })),
    clicks,
    unsubscribes: union(
      (from) => from.unsubscribes,
      (item) => `${item.campaignId} ${item.membership.index}`,
    ).map((item) => event(item.campaignId, item.membership, item.at)),
    complaints: union(
      (from) => from.complaints,
      (item) => `${item.campaignId} ${item.membership.index} ${item.at}`,
    ).map((item) => event(item.campaignId, item.membership, item.at)),
    orders: view.orders
      .filter(({ status }) => status !== 'cancelled')
      .map(({ order, status }) => {
        const amount = convert(order.total, order.currency, dateIn(zone, order.placedAt));
        return {
          id: order.id,
          campaignId: order.campaignId,
          person: key(customers.get(order.customerId)?.address ?? ''),
          at: order.placedAt,
          amount,
          original: new Decimal(order.total),
          refund: status === 'refunded' && amount !== null ? amount : new Decimal(0),
        };
      }),
    conversions: world.conversions
      .filter((conversion) => conversion.at <= last)
      .map(({ campaignId, address, kind, at }) => ({ campaignId, person: key(address), kind, at })),
    costs: world.costs
      .filter((cost) => cost.at <= last)
      .map((cost) => ({
        campaignId: cost.campaignId,
        variant: cost.variant,
        kind: cost.kind,
        amount: convert(cost.amount, cost.currency, cost.incurredOn),
      })),
  };
}

/**
 * A recipient who, from the first click on, follows all tracked links (two or more) within ten seconds is a machine for these
 * clicks; later ones are human.
 */
function markBursts(
  clicks: readonly (PersonEvent & { readonly url: string })[],
  campaigns: ReadonlyMap<string, Campaign>,
): readonly Clicked[] {
  const groups = Map.groupBy(clicks, (click) => `${click.campaignId} ${click.emailId}`);
  return [...groups.values()].flatMap((group) => {
    const links = new Set(campaigns.get(group[0]?.campaignId ?? '')?.links.map((link) => link.url));
    const first = Math.min(...group.map((click) => click.at));
    const early = group.filter((click) => click.at <= first + 10);
    const isBurst = links.size >= 2 && new Set(early.map((click) => click.url)).size === links.size;
    return group.map((click) => ({ ...click, machine: isBurst && click.at <= first + 10 }));
  });
}
