import { Decimal } from 'decimal.js';
import { attributed, partOf, type Credit } from './attribution.ts';
import { spent } from './costs.ts';
import { total, type Campaign, type Facts, type PersonEvent } from './fact-types.ts';

export type TruthRow = Readonly<Record<string, string | number | boolean | Decimal | null>>;

export const ratio = (part: number | Decimal | null, whole: number | Decimal | null): number | null =>
  part === null || whole === null || new Decimal(whole).lte(0) ? null : new Decimal(part).div(whole).toNumber();

export const keyOf = (campaign: Campaign): { readonly source: string; readonly account_id: string } => ({
  source: campaign.source,
  account_id: campaign.accountId,
});

/** Campaigns by the account that they are of: two accounts, or an account of two sources, may have ids in common. */
export const byAccount = (campaigns: readonly Campaign[]) =>
  [...Map.groupBy(campaigns, (campaign) => JSON.stringify(keyOf(campaign)))].map(([key, own]) => ({
    account: JSON.parse(key) as ReturnType<typeof keyOf>,
    /** Each campaign's list. */
    lists: new Map(own.map(({ id, listId }) => [id, listId])),
  }));

export const people = (events: readonly PersonEvent[]): number => new Set(events.map((event) => event.recipient)).size;

const isKnown = (device: string | undefined): boolean => device !== undefined && device !== 'unknown';

export type Tally = ReturnType<typeof tally>;

/** Everything that is known one by one of a campaign, counted the plain way. */
export function tally(facts: Facts, campaign: Campaign) {
  const of = <T extends { readonly campaignId: string | null }>(items: readonly T[]): readonly T[] =>
    items.filter((item) => item.campaignId === campaign.id);
  const sent = of(facts.sent);
  const delivered = of(facts.delivered);
  const opens = of(facts.opens);
  const clicks = of(facts.clicks);
  const mine = <T extends { readonly campaign: Campaign }>(credits: readonly T[]): readonly T[] =>
    credits.filter((credit) => credit.campaign === campaign);
  const orders = mine(attributed(facts).orders);
  const conversions = mine(attributed(facts).conversions);
  // The source's own totals know the orders that it linked to the campaign itself.
  const linked = of(facts.orders);
  // A delivery after the bounce undoes it.
  const bounces = of(facts.bounces).filter(
    (bounce) => !delivered.some((one) => one.recipient === bounce.recipient && one.at > bounce.at),
  );
  const hard = new Set(bounces.filter(({ type }) => type === 'hard').map(({ recipient }) => recipient));
  const soft = new Set(bounces.map(({ recipient }) => recipient).filter((recipient) => !hard.has(recipient)));
  return {
    sent: sent.length,
    hard: hard.size,
    soft: soft.size,
    // Where a source reports deliveries one by one, they decide.
    delivered: campaign.reportsDeliveries ? people(delivered) : sent.length - hard.size - soft.size,
    opens: opens.length,
    openers: people(opens),
    humanOpens: opens.filter((open) => !open.machine).length,
    humanOpeners: people(opens.filter((open) => !open.machine)),
    deviceOpeners: people(opens.filter((open) => !open.machine && isKnown(open.reader?.device))),
    mobileOpeners: people(opens.filter((open) => !open.machine && open.reader?.device === 'mobile')),
    clicks: clicks.length,
    clickers: people(clicks),
    humanClicks: clicks.filter((click) => !click.machine).length,
    humanClickers: people(clicks.filter((click) => !click.machine)),
    unsubscribes: people(of(facts.unsubscribes)),
    complaints: people(of(facts.complaints)),
    conversions: conversions.length,
    conversionValue: total(conversions.map(conversionValueOf)),
    converters: new Set([...orders, ...conversions].map(({ item }) => item.person)).size,
    purchasers: new Set(orders.map(({ item }) => item.person)).size,
    orders: orders.length,
    revenue: total(orders.map((credit) => partOf(credit.item.amount, credit))),
    refunds: total(orders.map((credit) => partOf(credit.item.refund, credit))),
    goods: total(orders.map((credit) => partOf(credit.item.goods, credit))),
    linkedOrders: linked.length,
    original: total(linked.map((order) => order.original)),
    costs: spent(facts).filter((cost) => cost.campaign === campaign),
  };
}

/** What a conversion is worth to its campaign: its part of the value, in cents as an order's. */
export function conversionValueOf(credit: Credit<unknown>): Decimal {
  return partOf(credit.campaign.conversionValue, credit) ?? new Decimal(0);
}

/** The counts that a campaign's rates are made of; null is not known. */
export type Counts = {
  readonly sent: number | null;
  readonly delivered: number | null;
  readonly bounced: number | null;
  readonly hard: number | null;
  readonly soft: number | null;
  readonly opens: number | null;
  readonly openers: number | null;
  readonly humanOpens: number | null;
  readonly humanOpeners: number | null;
  readonly machineOpens: number | null;
  readonly unknownOpens: number | null;
  readonly clicks: number | null;
  readonly clickers: number | null;
  readonly humanClicks: number | null;
  readonly humanClickers: number | null;
  readonly machineClicks: number | null;
  readonly unknownClicks: number | null;
  readonly unsubscribes: number | null;
  readonly complaints: number | null;
};

/** From single events; where there are none, what the source's totals say, and no more. */
export function countsOf(campaign: Campaign, n: Tally): Counts {
  return campaign.hasEvents ? fromEvents(campaign, n) : fromTotals(campaign);
}

function fromEvents(campaign: Campaign, n: Tally): Counts {
  // Without tracking nobody knows who opened or clicked; a 0 would say that nobody did.
  const open = (value: number): number | null => (campaign.tracksOpens ? value : null);
  const click = (value: number): number | null => (campaign.tracksClicks ? value : null);
  return {
    sent: n.sent,
    delivered: n.delivered,
    bounced: n.hard + n.soft,
    hard: n.hard,
    soft: n.soft,
    opens: open(n.opens),
    openers: open(n.openers),
    humanOpens: open(n.humanOpens),
    humanOpeners: open(n.humanOpeners),
    machineOpens: open(n.opens - n.humanOpens),
    unknownOpens: open(0),
    clicks: click(n.clicks),
    clickers: click(n.clickers),
    humanClicks: click(n.humanClicks),
    humanClickers: click(n.humanClickers),
    machineClicks: click(n.clicks - n.humanClicks),
    unknownClicks: click(0),
    unsubscribes: n.unsubscribes,
    complaints: n.complaints,
  };
}

function fromTotals({ stated }: Campaign): Counts {
  const of = (value: number | Decimal | undefined): number | null =>
    value === undefined ? null : new Decimal(value).toNumber();
  return {
    sent: of(stated.sent),
    delivered: of(stated.delivered),
    bounced: of(stated.bounces),
    hard: of(stated.hard_bounces),
    soft: of(stated.soft_bounces),
    opens: of(stated.opens_total),
    openers: of(stated.unique_opens),
    humanOpens: null,
    humanOpeners: null,
    machineOpens: null,
    unknownOpens: null,
    clicks: of(stated.clicks_total),
    clickers: of(stated.unique_subscriber_clicks),
    humanClicks: null,
    humanClickers: null,
    machineClicks: null,
    unknownClicks: null,
    unsubscribes: of(stated.unsubscribed),
    complaints: of(stated.abuse_reports),
  };
}
