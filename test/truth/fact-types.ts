import { Decimal } from 'decimal.js';
import type { Seconds, Utm } from '../../src/demo/types.ts';
import type { TransformConfig } from '../../src/transform/index.ts';

Decimal.set({ precision: 80, rounding: Decimal.ROUND_HALF_UP });

export type PersonEvent = {
  readonly campaignId: string;
  /** Null: the campaign went to several lists. */
  readonly listId: string | null;
  /** One over all sources. */
  readonly person: string;
  /** The same person, as the source numbers recipients. */
  readonly recipient: string;
  /** Of the recipient's address. */
  readonly domain: string;
  readonly at: Seconds;
  readonly date: string;
};
/** `group`: of those who took part in a test. `isDated`: else nobody tells when, and `at` and `date` are the campaign's first. */
export type Sent = PersonEvent & { readonly group: string | null; readonly isDated: boolean };
/** `reason`: in core's words; null where the source gives none. */
export type Bounced = PersonEvent & { readonly type: 'hard' | 'soft'; readonly reason: string | null };
/** What a mail was opened with; null where the source does not tell. */
export type Reader = {
  readonly client: string;
  readonly device: 'mobile' | 'tablet' | 'desktop' | 'unknown';
  readonly os: string;
  readonly isProxy: boolean;
};
export type Opened = PersonEvent & { readonly machine: boolean; readonly reader: Reader | null };
export type Clicked = PersonEvent & { readonly machine: boolean; readonly url: string };

/** What a source's own report states of a campaign, in the words of `reconciliation.measure`. */
export const measures = [
  'sent',
  'delivered',
  'bounces',
  'hard_bounces',
  'soft_bounces',
  'opens_total',
  'unique_opens',
  'proxy_excluded_opens',
  'proxy_excluded_unique_opens',
  'clicks_total',
  'unique_subscriber_clicks',
  'unsubscribed',
  'abuse_reports',
  'orders',
  'revenue',
] as const;
export type Measure = (typeof measures)[number];
export type Stated = Readonly<Partial<Record<Measure, number | Decimal>>>;

/** A group of a test; `stated` where the test is known from totals only. */
export type TestGroup = {
  readonly variant: string;
  readonly label: string;
  readonly stated: { readonly sent: number; readonly humanOpeners: number | null } | null;
};

/** One address in a campaign, however often it stands there. */
export type Link = {
  /** As the source numbers it; undefined where it has no number. */
  readonly id: string | undefined;
  readonly url: string;
  /** Place in the mail, from 0, the first of several; null where the source does not tell. */
  readonly position: number | null;
  /** Undefined: not compared. */
  readonly statedClicks: number | undefined;
};

export type Campaign = {
  readonly source: string;
  readonly accountId: string;
  readonly id: string;
  readonly listId: string | null;
  readonly name: string;
  readonly subject: string;
  readonly kind: string;
  readonly sentAt: Seconds;
  readonly sendDate: string;
  readonly goal: string | null;
  readonly conversionValue: Decimal | null;
  readonly tracksOpens: boolean;
  readonly tracksClicks: boolean;
  /** Whether who opened and clicked is known one by one; else only what is stated is known. */
  readonly hasEvents: boolean;
  /** Whether the source tells deliveries one by one: then they decide who was reached. */
  readonly reportsDeliveries: boolean;
  /** Messages known to have been dropped that the stated totals count as sent. */
  readonly unstatedDrops: number;
  readonly stated: Stated;
  /** Null: the source has none. */
  readonly forwards: number | null;
  readonly links: readonly Link[];
  readonly testGroups: readonly TestGroup[];
};

export type Purchase = {
  readonly source: string;
  readonly accountId: string;
  readonly id: string;
  readonly campaignId: string | null;
  readonly person: string;
  readonly at: Seconds;
  readonly date: string;
  /** What counts as revenue, in the reporting currency; null without a rate. */
  readonly amount: Decimal | null;
  /** As the shop states it. */
  readonly original: Decimal;
  readonly refund: Decimal;
  readonly refundDate: string | null;
  readonly goods: Decimal | null;
};

export type Converted = {
  readonly id: string;
  readonly campaignId: string | null;
  readonly utm: Utm | null;
  readonly person: string;
  readonly kind: string;
  readonly at: Seconds;
  readonly date: string;
};
export type Spent = {
  readonly campaignId: string | null;
  /** Source whose campaigns share it; null: all. */
  readonly scope: string | null;
  readonly variant: string | null;
  readonly kind: string;
  readonly date: string;
  /** Where it stands when no campaign bears it. */
  readonly home: string;
  readonly amount: Decimal | null;
};

/** One open that a tool measured. */
export type Viewed = {
  readonly accountId: string;
  readonly campaignId: string;
  readonly length: 'glanced' | 'skimmed' | 'read' | 'unknown';
};

/** One answer. */
export type Replied = {
  readonly accountId: string;
  readonly campaignId: string;
  readonly person: string;
  readonly at: Seconds;
  readonly answer: string | null;
};

/** What a tool checked on a day: a campaign or a sending domain. */
export type CheckedThing = {
  readonly accountId: string | null;
  readonly campaignId: string | null;
  readonly domain: string | null;
  readonly day: string;
  readonly tool: string;
};
/** Scores from 0 to 10, 10 is best. */
export type Scored = CheckedThing & { readonly score: Decimal; readonly threshold: Decimal | null };
export type Placed = CheckedThing & {
  readonly provider: string;
  readonly inbox: number;
  readonly tabs: number;
  readonly spam: number;
  readonly missing: number;
};
export type Reputed = {
  readonly day: string;
  readonly provider: string;
  readonly word: string | null;
  readonly complaints: Decimal | null;
};

/** What tools beside the e-mail services say. */
export type Measured = {
  readonly views: readonly Viewed[];
  readonly replies: readonly Replied[];
  readonly scores: readonly Scored[];
  readonly placements: readonly Placed[];
  readonly reputations: readonly Reputed[];
};

export type Movement = {
  readonly kind: 'new' | 'returned' | 'unsubscribed' | 'cleaned' | 'deleted';
  readonly at: Seconds;
};

/** A place on a list, and how its owner came, left and returned as far as the source lets one see it afterwards. */
export type Member = {
  readonly source: string;
  readonly accountId: string;
  readonly listId: string;
  readonly person: string;
  /** Of the person, where the source tells it. */
  readonly timeZone: string | null;
  readonly moves: readonly Movement[];
};

/** What one source adds. */
export type SourceFacts = {
  readonly campaigns: readonly Campaign[];
  readonly members: readonly Member[];
  readonly sent: readonly Sent[];
  /** Empty where the source does not report deliveries: then who did not bounce was reached. */
  readonly delivered: readonly PersonEvent[];
  readonly bounces: readonly Bounced[];
  readonly opens: readonly Opened[];
  readonly clicks: readonly Clicked[];
  readonly unsubscribes: readonly PersonEvent[];
  readonly complaints: readonly PersonEvent[];
};

export type Facts = SourceFacts & {
  readonly measured: Measured;
  /** Source of each account that is read. */
  readonly accounts: ReadonlyMap<string, string>;
  readonly zone: string;
  readonly currency: string;
  readonly asOf: string;
  readonly orders: readonly Purchase[];
  readonly conversions: readonly Converted[];
  readonly costs: readonly Spent[];
  readonly otherRevenue: readonly { readonly date: string; readonly amount: Decimal | null }[];
  readonly settings: MoneySettings;
};

/** `attribution:` and `costs:` of mailmart.yaml. */
export type MoneySettings = Pick<TransformConfig, 'attribution' | 'costs'>;

/** Rounds half away from zero to nine places, as every product of money is. */
export function money(value: Decimal): Decimal {
  return value.toDecimalPlaces(9, Decimal.ROUND_HALF_UP);
}

export function total(amounts: readonly (Decimal | null)[]): Decimal {
  return amounts.reduce<Decimal>((sum, amount) => sum.plus(amount ?? 0), new Decimal(0));
}

/** Domain of an address, in one spelling. */
export function domainOf(address: string): string {
  return (address.split('@').at(-1) ?? '').normalize('NFC').trim().toLowerCase();
}
