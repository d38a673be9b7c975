import type { Link, Person, Seconds } from './types.ts';

/**
 * What the company does through SendGrid: the second half of the demo world. About half of the contacts are people of
 * `World.people`, who are on Mailchimp lists as well. Every fact carries its instant; `sendgridAt` (sendgrid.ts) drops what nobody could know yet.
 */
export type SendgridWorld = {
  /** Id of the SendGrid source in mailmart.yaml. */
  readonly accountId: string;
  /** When the Event Webhook was switched on: before it, no event was ever posted. */
  readonly hookOnAt: Seconds;
  /** Contacts who are nowhere else; their `index` goes on where `World.people` ends. */
  readonly people: readonly Person[];
  readonly lists: readonly SgList[];
  /** Unsubscribe groups (ASM). */
  readonly groups: readonly SgGroup[];
  /** The index in this array is `SgContact.index`. */
  readonly contacts: readonly SgContact[];
  /** In order of creation; drafts and planned ones too. */
  readonly singleSends: readonly SgSingleSend[];
  /** One a recipient and single send. The index in this array is `SgMessage.index`. */
  readonly messages: readonly SgMessage[];
  /** Everything that happened to messages, sorted by instant, then message. */
  readonly events: readonly SgEvent[];
  /** Entries of the suppression lists, each from `at` until `removedAt`. */
  readonly suppressions: readonly SgSuppression[];
};

export type SgList = { readonly id: string; readonly name: string; readonly createdAt: Seconds };

export type SgGroup = {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly isDefault: boolean;
  readonly createdAt: Seconds;
};

export type SgContact = {
  readonly index: number;
  readonly personIndex: number;
  /** UUID. */
  readonly id: string;
  /** As SendGrid stores it: lower case. */
  readonly address: string;
  readonly createdAt: Seconds;
  /** When the contact came onto each list and, perhaps, was taken off it. */
  readonly lists: readonly { readonly listId: string; readonly at: Seconds; readonly removedAt: Seconds | null }[];
  /** Instants at which its data changed (`updated_at` is the last of them, list changes included). */
  readonly changedAt: readonly Seconds[];
  /** Deleted for good: no list, export or count shows it afterwards. Totals and events keep it. */
  readonly deletedAt: Seconds | null;
};

export type SgSingleSend = {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  readonly createdAt: Seconds;
  /** Null for a draft. Later than "now": planned. */
  readonly sentAt: Seconds | null;
  readonly listIds: readonly string[];
  readonly groupId: number | null;
  readonly subject: string;
  readonly categories: readonly string[];
  readonly links: readonly Link[];
  readonly test: SgTest | null;
};

/** An A/B test: `testPercentage` of the recipients get the variations in equal parts, the rest gets the winner afterwards. */
export type SgTest = {
  readonly kind: 'subject' | 'content';
  readonly winnerCriteria: 'open' | 'click' | 'manual';
  readonly testPercentage: number;
  /** ISO 8601 duration, `PT4H`. */
  readonly duration: string;
  readonly variations: readonly { readonly id: string; readonly subject: string }[];
  /** Index into `variations`; null until `winnerSentAt`, of what is known at an earlier instant. */
  readonly winner: number | null;
  readonly winnerSentAt: Seconds;
};

export type SgMessage = {
  readonly index: number;
  /** `sg_message_id`: its part before the first dot is what the activity calls `msg_id`. */
  readonly id: string;
  readonly smtpId: string;
  readonly singleSendId: string;
  /** Index into `contacts`. */
  readonly contact: number;
  /** Id of the variation, of those tested and of those who got the winner; null without a test. */
  readonly variation: string | null;
  readonly phase: 'test' | 'send' | null;
  /** When SendGrid took it on. */
  readonly at: Seconds;
};

export type SgEventKind =
  | 'processed'
  | 'deferred'
  | 'delivered'
  | 'dropped'
  | 'bounce'
  | 'open'
  | 'click'
  | 'spamreport'
  | 'unsubscribe'
  | 'group_unsubscribe'
  | 'group_resubscribe';

export type SgEvent = {
  /** `sg_event_id`. */
  readonly id: string;
  /** Index into `messages`. */
  readonly message: number;
  readonly kind: SgEventKind;
  readonly at: Seconds;
  /** When SendGrid first shows it (logs, totals) and posts it; `at` or later. */
  readonly knownAt: Seconds;
  /** Of a bounce: `bounce` is hard, `blocked` is soft. */
  readonly bounceType: 'bounce' | 'blocked' | null;
  /** Why it was dropped, deferred or bounced. */
  readonly reason: string | null;
  /** Enhanced status code of a bounce, `5.1.1`. */
  readonly status: string | null;
  /** Reported by the other side long after it took the mail: posted without `sg_message_id` and `ip`. */
  readonly isDelayed: boolean;
  /** `sg_machine_open`; false for anything but opens. */
  readonly isMachine: boolean;
  /** Index into the single send's links; null for anything but clicks. */
  readonly link: number | null;
  readonly userAgent: string | null;
  /** Of the mailbox's server (delivered, bounce) or of who opened or clicked; null where SendGrid states none. */
  readonly ip: string | null;
};

export type SgSuppressionKind = 'bounce' | 'block' | 'spam_report' | 'unsubscribe' | 'invalid_email' | 'group';

export type SgSuppression = {
  readonly kind: SgSuppressionKind;
  readonly address: string;
  /** Of the kind `group`. */
  readonly groupId: number | null;
  readonly at: Seconds;
  /** Somebody deleted it, or the person subscribed again: afterwards no list shows it. */
  readonly removedAt: Seconds | null;
  readonly reason: string | null;
  readonly status: string | null;
};
