import type { Measurements } from './measurement-types.ts';
import type { SendgridWorld } from './sendgrid-types.ts';

/**
 * The demo world: one synthetic company, known exactly. A `World` is a whole timeline: it also holds facts that lie after
 * `now` (up to `until`), so that "a day later" is the same world read at a later instant. Every fact carries its instant.
 *
 * To compute anything from it, take `worldAt(world, at)` first (see world.ts): that drops every fact that nobody could know at
 * `at`, so code that reads the snapshot needs no further test of instants.
 */

/** Seconds since 1970-01-01T00:00:00Z, whole. `instantOf(seconds)` in instant.ts gives the ISO text. */
export type Seconds = number;

/** Exact decimal text, `49.90`. */
export type Amount = string;

/** Calendar date, `2026-06-30`. */
export type DateText = string;

export type WorldSize = 'demo' | 'small' | 'tiny';

export type World = {
  readonly seed: number;
  readonly size: WorldSize;
  /** The instant the world stands at; facts later than this are the future. */
  readonly now: Seconds;
  /** End of the timeline: the world cannot be read later than this. */
  readonly until: Seconds;
  /** First day of history, 2025-01-01T00:00:00Z. */
  readonly start: Seconds;
  readonly company: Company;
  /** Id of the Mailchimp source in mailmart.yaml: `shop-newsletter`; files name it in `campaign_account_id`. */
  readonly accountId: string;
  readonly lists: readonly List[];
  readonly people: readonly Person[];
  /** One row per person and list; the index in this array is `Membership.index`. */
  readonly memberships: readonly Membership[];
  readonly segments: readonly Segment[];
  /** Everything with a report of its own, and drafts. Automation e-mails are campaigns with `type` 'automation'. */
  readonly campaigns: readonly Campaign[];
  readonly automations: readonly Automation[];
  /** All event arrays are sorted by campaign (order of `campaigns`), then instant, then membership. */
  readonly sends: readonly Send[];
  readonly opens: readonly Open[];
  readonly clicks: readonly Click[];
  readonly bounces: readonly Bounce[];
  readonly unsubscribes: readonly Unsubscribe[];
  readonly complaints: readonly Complaint[];
  readonly forwards: readonly Forward[];
  readonly stores: readonly Store[];
  readonly products: readonly Product[];
  readonly customers: readonly Customer[];
  readonly orders: readonly Order[];
  readonly costs: readonly Cost[];
  readonly conversions: readonly Conversion[];
  readonly fxRates: readonly FxRate[];
  readonly otherRevenue: readonly OtherRevenue[];
  /** What the company sends through SendGrid, beside the newsletters above. */
  readonly sendgrid: SendgridWorld;
  /** What other tools say of both. */
  readonly measurements: Measurements;
};

export type Company = { readonly name: string; readonly timeZone: string; readonly currency: string };

export type List = {
  readonly id: string;
  readonly webId: number;
  readonly name: string;
  readonly createdAt: Seconds;
  readonly doubleOptIn: boolean;
  readonly fromName: string;
  readonly fromEmail: string;
};

export type Person = {
  readonly index: number;
  readonly firstName: string;
  readonly lastName: string;
  /** The address in its normal form (NFC, lower case): one person has one. `Membership.address` may be spelt otherwise. */
  readonly address: string;
  readonly countryCode: string;
  readonly timeZone: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly language: string;
  readonly emailClient: string;
  /** Apple Mail Privacy Protection: a proxy fetches the pictures of each mail soon after delivery. */
  readonly hasProxy: boolean;
  /** A security gateway follows every link of a mail within seconds of delivery. */
  readonly hasScanner: boolean;
  readonly ip: string;
};

/** What happened to a membership. `profile`: the contact's data changed, the status did not. */
export type MembershipChangeKind =
  'joined' | 'pending' | 'confirmed' | 'unsubscribed' | 'resubscribed' | 'cleaned' | 'archived' | 'profile';

export type MembershipStatus = 'subscribed' | 'unsubscribed' | 'cleaned' | 'pending' | 'transactional' | 'archived';

export type MembershipChange = {
  readonly at: Seconds;
  readonly kind: MembershipChangeKind;
  /** Status from this instant on. */
  readonly status: MembershipStatus;
  /** The campaign that caused it (unsubscribe link, hard bounce), if any. */
  readonly campaignId: string | null;
  /** Reason of an unsubscription as Mailchimp words it, else null. */
  readonly reason: string | null;
};

export type Membership = {
  readonly index: number;
  readonly personIndex: number;
  readonly listId: string;
  /** The address as this list spells it: case and Unicode form may differ from `Person.address`. */
  readonly address: string;
  /** md5 of the lower-cased `address`: Mailchimp's member id. */
  readonly emailId: string;
  readonly uniqueEmailId: string;
  readonly contactId: string;
  readonly webId: number;
  /** `source` of a member: form, import, API, checkout. */
  readonly source: string;
  /** Instant of the sign-up; null for contacts that were imported or never signed up (transactional). */
  readonly signupAt: Seconds | null;
  /** When the contact first existed on the list (first change's instant). */
  readonly createdAt: Seconds;
  /** Ascending by instant; the first is how the contact came onto the list. */
  readonly changes: readonly MembershipChange[];
  /** Instant of permanent deletion, null if never. Afterwards no per-person endpoint shows the contact; totals keep it. */
  readonly deletedAt: Seconds | null;
  readonly vip: boolean;
  readonly rating: number;
  readonly tags: readonly string[];
};

/** What a membership looks like at one instant; see membership.ts `membershipAt`. */
export type MembershipState = {
  readonly status: MembershipStatus;
  readonly signupAt: Seconds | null;
  /** Last instant of consent: confirmation, subscription or re-subscription; null when there was none (pending, transactional). */
  readonly optedAt: Seconds | null;
  readonly lastChangedAt: Seconds;
  readonly unsubscribeReason: string | null;
  /** Number of changes so far: moves visible profile fields. */
  readonly revision: number;
};

export type Segment = {
  readonly id: number;
  readonly listId: string;
  readonly name: string;
  readonly type: 'saved' | 'static';
  readonly createdAt: Seconds;
  /** The tag that makes a contact part of it. */
  readonly tag: string;
};

export type CampaignType = 'regular' | 'plaintext' | 'absplit' | 'variate' | 'automation';

export type Campaign = {
  readonly id: string;
  readonly webId: number;
  readonly type: CampaignType;
  readonly listId: string;
  readonly createdAt: Seconds;
  /** First send; null for drafts. A draft stays a draft. */
  readonly sentAt: Seconds | null;
  /** 'sent' from `sentAt` on; before it a campaign with `sentAt` is 'schedule'. Automation e-mails are 'sending' for ever. */
  readonly draftStatus: 'save' | 'paused' | 'schedule' | null;
  readonly title: string;
  readonly subject: string;
  readonly previewText: string;
  readonly fromName: string;
  readonly replyTo: string;
  /** The tag of the segment it went to, null for the whole list. */
  readonly segmentTag: string | null;
  readonly tracksOpens: boolean;
  readonly tracksClicks: boolean;
  /** Tracked links in the mail, in order. Empty for a mail without links. */
  readonly links: readonly Link[];
  readonly abSplit: AbSplit | null;
  readonly variate: Variate | null;
  readonly automationId: string | null;
  /** Position in its automation, from 1. */
  readonly position: number | null;
};

export type Link = { readonly id: string; readonly url: string };

/** Old two-way test: groups a and b, then the winning variant to the rest (`Send.group` 'winner'). */
export type AbSplit = {
  readonly splitTest: 'subject' | 'from_name';
  readonly pickWinner: 'opens' | 'clicks' | 'manual';
  /** Hours between the test and the winner's send. */
  readonly waitHours: number;
  /** Per cent of the recipients in each group, 1..50. */
  readonly splitSize: number;
  readonly subjectA: string;
  readonly subjectB: string;
  readonly fromNameA: string;
  readonly fromNameB: string;
  readonly winner: 'a' | 'b';
  readonly winnerSentAt: Seconds;
};

/** Multivariate test: every combination is a child campaign; the winner goes to the rest as one more child. */
export type Variate = {
  readonly winnerCriteria: 'opens' | 'clicks' | 'manual' | 'total_revenue';
  readonly waitMinutes: number;
  /** Per cent of the recipients that take part in the test, 10..100. */
  readonly testSize: number;
  readonly subjectLines: readonly string[];
  readonly fromNames: readonly string[];
  readonly combinations: readonly Combination[];
  /** Index in `combinations`; null until the winner is picked (and for ever at testSize 100). */
  readonly winner: number | null;
  /** Id of the child campaign that went to the rest, null at testSize 100. */
  readonly winningCampaignId: string | null;
  readonly winnerSentAt: Seconds | null;
};

/** `id` is also the id of the child campaign that carries its report. */
export type Combination = { readonly id: string; readonly subjectLine: number; readonly fromName: number };

export type Automation = {
  readonly id: string;
  readonly listId: string;
  readonly title: string;
  readonly createdAt: Seconds;
  readonly startedAt: Seconds;
  readonly campaignIds: readonly string[];
};

/** One mail handed to delivery. */
export type Send = {
  readonly campaignId: string;
  /** Index in `memberships`. */
  readonly member: number;
  readonly at: Seconds;
  /** absplit: 'a', 'b' or 'winner'. variate: id of the child campaign. Else null. */
  readonly group: string | null;
};

/**
 * One opening. `at` is when it happened; `knownAt`, where present, is the later instant from which the source shows it (late
 * event). An open without it is known at once.
 */
export type Open = {
  readonly campaignId: string;
  readonly member: number;
  readonly at: Seconds;
  readonly knownAt?: Seconds;
  /** True for a fetch by Apple's proxy. */
  readonly isProxy: boolean;
  readonly ip: string;
};

export type Click = {
  readonly campaignId: string;
  readonly member: number;
  readonly at: Seconds;
  readonly knownAt?: Seconds;
  /** Index in the campaign's `links`. */
  readonly link: number;
  /** True for a security scanner's visit. No source says so: it must be told from the burst. */
  readonly isScanner: boolean;
  readonly ip: string;
};

export type Bounce = {
  readonly campaignId: string;
  readonly member: number;
  readonly at: Seconds;
  readonly kind: 'hard' | 'soft';
};

/** An unsubscription through a campaign's link. Those without a campaign are only in `Membership.changes`. */
export type Unsubscribe = {
  readonly campaignId: string;
  readonly member: number;
  readonly at: Seconds;
  readonly reason: string;
};

/** A spam complaint. */
export type Complaint = {
  readonly id: number;
  readonly campaignId: string;
  readonly member: number;
  readonly at: Seconds;
};

/** A forward to a friend; sources only show totals of it. */
export type Forward = {
  readonly campaignId: string;
  readonly member: number;
  readonly at: Seconds;
  /** Instants at which the friend opened it. */
  readonly openedAt: readonly Seconds[];
};

export type Store = {
  readonly id: string;
  readonly listId: string;
  readonly name: string;
  readonly currency: string;
  readonly platform: string;
  readonly domain: string;
  readonly createdAt: Seconds;
};

export type Product = {
  readonly id: string;
  readonly storeId: string;
  readonly title: string;
  readonly type: string;
  readonly sku: string;
  readonly price: Amount;
  /** What one piece costs the company, in the store's currency. Only the cost file knows it. */
  readonly unitCost: Amount;
  readonly createdAt: Seconds;
};

export type Customer = {
  readonly id: string;
  readonly storeId: string;
  readonly personIndex: number;
  /** As typed at the check-out: its case may differ from the list's. */
  readonly address: string;
  readonly createdAt: Seconds;
};

export type OrderLine = {
  readonly productId: string;
  readonly quantity: number;
  readonly price: Amount;
  readonly discount: Amount;
};

export type Order = {
  readonly id: string;
  readonly storeId: string;
  readonly customerId: string;
  readonly personIndex: number;
  /** The campaign Mailchimp attributes it to; null for orders that came otherwise. */
  readonly campaignId: string | null;
  readonly placedAt: Seconds;
  readonly currency: string;
  /** What the customer paid: lines − discount + tax + shipping. */
  readonly total: Amount;
  readonly discount: Amount;
  readonly tax: Amount;
  readonly shipping: Amount;
  readonly lines: readonly OrderLine[];
  /** Whole order paid back at this instant. */
  readonly refundedAt: Seconds | null;
  /** A part was paid back; the API shows that it happened, not how much. */
  readonly partialRefund: { readonly at: Seconds; readonly amount: Amount } | null;
  /** Cancelled before it was shipped; counts nowhere from then on. */
  readonly cancelledAt: Seconds | null;
};

export type CostKind = 'esp_fee' | 'staff' | 'creative' | 'list_building' | 'tools' | 'cost_of_goods' | 'other';

export type Cost = {
  readonly id: string;
  /** Null: shared by all campaigns (a monthly subscription, say). */
  readonly campaignId: string | null;
  /** Variant of an A/B test the cost belongs to, else null. */
  readonly variant: string | null;
  readonly kind: CostKind;
  readonly amount: Amount;
  readonly currency: string;
  readonly incurredOn: DateText;
  /** When the company's books show it. */
  readonly at: Seconds;
};

export type Conversion = {
  readonly id: string;
  readonly personIndex: number;
  /** As the form spelt it. */
  readonly address: string;
  readonly campaignId: string | null;
  readonly variant: string | null;
  readonly kind: 'form' | 'call' | 'lead';
  readonly at: Seconds;
  readonly value: Amount | null;
  readonly currency: string | null;
};

/** One unit of `from` is `rate` units of `to`, from this date on. */
export type FxRate = {
  readonly date: DateText;
  readonly from: string;
  readonly to: string;
  readonly rate: Amount;
  readonly at: Seconds;
};

export type OtherRevenue = {
  readonly id: string;
  readonly kind: 'ads' | 'affiliates' | 'media' | 'other';
  readonly amount: Amount;
  readonly currency: string;
  readonly receivedOn: DateText;
  readonly at: Seconds;
};
