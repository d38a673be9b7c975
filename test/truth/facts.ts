import { createHmac } from 'node:crypto';
import { Decimal } from 'decimal.js';
import type { Seconds, World } from '../../src/demo/types.ts';
import { visible } from '../../src/demo/visible.ts';
import { dateIn } from './calendar.ts';
import { money, total, type Facts, type MoneySettings, type SourceFacts } from './fact-types.ts';
import { mailchimpFacts } from './mailchimp-facts.ts';
import { measuredFacts } from './measured-facts.ts';
import { sendgridFacts } from './sendgrid-facts.ts';

export type GoalRule = { readonly match: string; readonly goal: string; readonly conversion_value?: string };
export type SourceName = 'mailchimp' | 'sendgrid';

export type TruthInput = {
  readonly world: World;
  /** Instants of the syncs, ascending; what one of them could see counts. */
  readonly syncs: readonly Seconds[];
  readonly salt: string;
  readonly rules: readonly GoalRule[];
  /** What was synced beside the company's books; default `['mailchimp']`. */
  readonly sources?: readonly SourceName[];
  readonly settings?: MoneySettings;
};

/** What the facts of every source are made with. */
export type Gathering = {
  readonly world: World;
  readonly syncs: readonly Seconds[];
  readonly last: Seconds;
  /** The person of an address. */
  readonly person: (address: string) => string;
  /** Calendar date in the company's zone. */
  readonly date: (at: Seconds) => string;
  readonly goalOf: (name: string) => { readonly goal: string | null; readonly conversionValue: Decimal | null };
};

/** The pseudonym of an address, computed apart from the kit. */
export function pseudonym(salt: string, address: string): string {
  return createHmac('sha256', salt)
    .update(address.normalize('NFC').trim().toLowerCase().normalize('NFC'))
    .digest('hex');
}

const gatherers: Readonly<Record<SourceName, (gathering: Gathering) => SourceFacts>> = {
  mailchimp: mailchimpFacts,
  sendgrid: sendgridFacts,
};

export function gatherFacts({ world, syncs, salt, rules, sources = ['mailchimp'], settings = {} }: TruthInput): Facts {
  const last = syncs.at(-1);
  if (last === undefined) throw new Error('no sync, nothing to know');
  const people = new Map<string, string>();
  const person = (address: string): string => {
    const known = people.get(address);
    if (known !== undefined) return known;
    const made = pseudonym(salt, address);
    people.set(address, made);
    return made;
  };
  const zone = world.company.timeZone;
  const gathering: Gathering = {
    world,
    syncs,
    last,
    person,
    date: (at) => dateIn(zone, at),
    goalOf: (name) => {
      const rule = rules.findLast(({ match }) => new RegExp(match).test(name));
      return {
        goal: rule?.goal ?? null,
        conversionValue: rule?.conversion_value === undefined ? null : new Decimal(rule.conversion_value),
      };
    },
  };
  const found = sources.map((source) => gatherers[source](gathering));
  const all = <K extends keyof SourceFacts>(key: K): SourceFacts[K][number][] =>
    found.flatMap((facts): readonly SourceFacts[K][number][] => facts[key]);
  return {
    zone,
    currency: world.company.currency,
    asOf: dateIn(zone, last),
    campaigns: all('campaigns'),
    members: all('members'),
    sent: all('sent'),
    delivered: all('delivered'),
    bounces: all('bounces'),
    opens: all('opens'),
    clicks: all('clicks'),
    unsubscribes: all('unsubscribes'),
    complaints: all('complaints'),
    measured: measuredFacts(gathering),
    accounts: new Map(sources.map((source) => [accountOf(world, source), source])),
    ...books(gathering),
    // The shops' orders come through Mailchimp.
    orders: sources.includes('mailchimp') ? orders(gathering, settings) : [],
    settings,
  };
}

function accountOf(world: World, source: SourceName): string {
  return source === 'mailchimp' ? world.accountId : world.sendgrid.accountId;
}

/** Converts an amount to the reporting currency by the rate of a day; null without one. */
function converter({ world, last }: Gathering): (amount: string, currency: string, on: string) => Decimal | null {
  const rateAt = (from: string, on: string): Decimal | null => {
    if (from === world.company.currency) return new Decimal(1);
    const rate = world.fxRates
      .filter((fx) => fx.from === from && fx.to === world.company.currency && fx.at <= last && fx.date <= on)
      .toSorted((a, b) => (a.date < b.date ? -1 : 1))
      .at(-1);
    return rate === undefined ? null : new Decimal(rate.rate);
  };
  return (amount, currency, on) => {
    const rate = rateAt(currency, on);
    return rate === null ? null : money(new Decimal(amount).times(rate));
  };
}

function orders(gathering: Gathering, { attribution, costs }: MoneySettings): Facts['orders'] {
  const { world, last, person, date } = gathering;
  const convert = converter(gathering);
  const customers = new Map(world.customers.map((customer) => [customer.id, customer]));
  return visible(world, last)
    .orders.filter(({ status }) => status !== 'cancelled')
    .map(({ order, status }) => {
      const excluded = total([
        attribution?.include_tax === false ? new Decimal(order.tax) : null,
        attribution?.include_shipping === false ? new Decimal(order.shipping) : null,
      ]);
      const counted = new Decimal(order.total).minus(excluded);
      const convertOn = (value: Decimal): Decimal | null =>
        convert(value.toFixed(), order.currency, date(order.placedAt));
      const amount = convertOn(counted);
      const isRefunded = status === 'refunded';
      const rate = costs?.cost_of_goods_rate;
      return {
        source: 'mailchimp',
        accountId: world.accountId,
        id: order.id,
        campaignId: order.campaignId,
        person: person(customers.get(order.customerId)?.address ?? ''),
        at: order.placedAt,
        date: date(order.placedAt),
        amount,
        original: new Decimal(order.total),
        refund: isRefunded && amount !== null ? amount : new Decimal(0),
        refundDate: isRefunded && counted.gt(0) ? date(order.refundedAt ?? order.placedAt) : null,
        goods: rate === undefined ? null : convertOn(money(counted.times(rate))),
      };
    });
}

/** What the company's own books tell. */
function books(gathering: Gathering): Pick<Facts, 'conversions' | 'costs' | 'otherRevenue'> {
  const { world, last, person, date } = gathering;
  const convert = converter(gathering);
  return {
    conversions: world.conversions
      .filter((conversion) => conversion.at <= last)
      .map(({ id, campaignId, utm, address, kind, at }) => ({
        id,
        campaignId,
        utm,
        person: person(address),
        kind,
        at,
        date: date(at),
      })),
    costs: world.costs
      .filter((cost) => cost.at <= last)
      .map((cost) => ({
        campaignId: cost.campaignId,
        variant: cost.variant,
        kind: cost.kind,
        scope: null,
        date: cost.incurredOn,
        home: 'file books',
        amount: convert(cost.amount, cost.currency, cost.incurredOn),
      })),
    otherRevenue: world.otherRevenue
      .filter((revenue) => revenue.at <= last)
      .map(({ receivedOn, amount, currency }) => ({
        date: receivedOn,
        amount: convert(amount, currency, receivedOn),
      })),
  };
}
