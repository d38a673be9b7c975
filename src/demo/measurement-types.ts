import type { Amount, DateText, Seconds, World } from './types.ts';

/** What is measured. */
export type Mailed = Pick<
  World,
  'seed' | 'accountId' | 'campaigns' | 'memberships' | 'sends' | 'opens' | 'bounces' | 'sendgrid'
>;

/** What tools beside the e-mail services measured. `at`: when the company's books show it. */
export type Measurements = {
  readonly viewTimes: readonly ViewTime[];
  readonly replies: readonly Reply[];
  readonly spamChecks: readonly SpamCheck[];
  readonly seedPlacements: readonly SeedPlacement[];
  readonly reputations: readonly Reputation[];
};

/** A campaign, by the id of its source in mailmart.yaml and its own. */
export type CampaignRef = { readonly accountId: string; readonly campaignId: string };

/** One open. */
export type ViewTime = CampaignRef & {
  readonly id: string;
  readonly address: string;
  readonly openedAt: Seconds;
  /** `-1`: the mail program cannot be measured. Null: this tool states only the class. */
  readonly seconds: Amount | null;
  readonly viewClass: 'glanced' | 'skimmed' | 'read' | 'unknown' | null;
  readonly at: Seconds;
};

export type ReplyClass = 'positive' | 'neutral' | 'negative' | 'auto_reply' | 'out_of_office' | 'bounce';

export type Reply = CampaignRef & {
  readonly id: string;
  readonly address: string;
  /** Null: nobody has judged it. */
  readonly replyClass: ReplyClass | null;
  /** When it came, and lay in the mailbox. */
  readonly at: Seconds;
};

/** What was checked: a campaign or a sending domain. */
export type Checked = CampaignRef | { readonly domain: string };

export type SpamCheck = {
  readonly id: string;
  readonly of: Checked;
  readonly on: DateText;
  readonly tool: string;
  /** On the tool's scale, from `worst` to `best`. */
  readonly score: Amount;
  readonly best: Amount;
  readonly worst: Amount;
  readonly threshold: Amount | null;
  readonly at: Seconds;
};

export type SeedPlacement = {
  readonly id: string;
  readonly of: Checked;
  readonly on: DateText;
  readonly tool: string;
  /** Domain of the provider's mailboxes. */
  readonly provider: string;
  readonly inbox: number;
  readonly tabs: number;
  readonly spam: number;
  readonly missing: number;
  readonly at: Seconds;
};

export type Reputation = {
  readonly on: DateText;
  readonly domain: string;
  readonly provider: string;
  readonly tool: string;
  /** Null since the provider states none. */
  readonly word: 'HIGH' | 'MEDIUM' | 'LOW' | 'BAD' | null;
  readonly complaintRate: Amount | null;
  readonly at: Seconds;
};
