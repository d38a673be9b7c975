import { amount, campaignAccount, id, instant, person, recipientId, text, type Entity, type Field } from './entity.ts';

export const replyClasses = ['positive', 'neutral', 'negative', 'auto_reply', 'out_of_office', 'bounce'] as const;

const count = (description: string): Field => ({ type: 'count', required: true, description });
const tool = text('tool that measured it', true);
const day: Field = { type: 'date', required: true, description: 'day it was measured' };
const provider: Field = {
  type: 'domain',
  required: true,
  description: "mailbox provider, by its recipients' domain, e.g. gmail.com",
};
const neededCampaign = { campaign_account_id: campaignAccount, campaign_id: text('campaign it belongs to', true) };
/** What was checked: a campaign, sent or not, or a sending domain. */
const checked = {
  campaign_account_id: campaignAccount,
  campaign_id: text('campaign that was checked; or else domain'),
  domain: { type: 'domain', description: 'sending domain that was checked; or else campaign_id' },
} as const satisfies Readonly<Record<string, Field>>;

type Refuse = NonNullable<Entity['refuse']>;

const refuseBothOrNeither: Refuse = ({ campaign_id: campaignId, domain }) =>
  (campaignId === null) === (domain === null)
    ? ['campaign_id', 'or domain is needed, and not both: what was checked is a campaign or a sending domain']
    : null;

/** What tools beside the e-mail service measure of mailings. */
export const measurements = {
  view_times: {
    description: 'one row per open whose length a tool measured, or could not measure',
    key: ['view_id'],
    fields: {
      view_id: id('open; by default formed from file and row key'),
      ...neededCampaign,
      recipient_id: recipientId,
      person,
      opened_at: instant('when it was opened', true),
      seconds: amount('how long the mail was looked at; empty or below 0 where it could not be measured'),
      view_class: {
        type: 'enum',
        values: ['glanced', 'skimmed', 'read', 'unknown'],
        description: 'class by the tool, for rows without seconds; with seconds they decide',
      },
    },
  },
  replies: {
    description: 'one row per answer to a campaign',
    key: ['reply_id'],
    fields: {
      reply_id: id('answer, best its Message-ID; by default formed from file and row key'),
      ...neededCampaign,
      recipient_id: recipientId,
      person,
      replied_at: instant('when it came', true),
      reply_class: {
        type: 'enum',
        values: replyClasses,
        description: 'what kind of answer it is; empty where nobody judged it',
      },
    },
  },
  spam_checks: {
    description: 'one row per check of a campaign, or of a sending domain, by a spam filter',
    key: ['check_id'],
    fields: {
      check_id: id('check; by default formed from file and row key'),
      ...checked,
      checked_on: day,
      tool,
      score: amount("score on the tool's own scale", true),
      scale_best: amount("what a clean mail has on the tool's scale, e.g. { const: '10' }", true),
      scale_worst: amount("what the worst mail has on the tool's scale, e.g. { const: '0' }", true),
      threshold: amount("score on the tool's scale from which on a mail passes; by default 8 of 10"),
    },
    refuse: (record) =>
      refuseBothOrNeither(record) ??
      (Number(record['scale_best']) === Number(record['scale_worst'])
        ? ['scale_best', 'is as good as scale_worst: such a scale measures nothing']
        : null),
  },
  seed_placements: {
    description: 'one row per provider of a seed-list test: where the copies to test mailboxes arrived',
    key: ['placement_id'],
    fields: {
      placement_id: id('test and provider; by default formed from file and row key'),
      ...checked,
      checked_on: day,
      tool,
      provider,
      inbox_count: count('copies in the inbox'),
      tabs_count: count('copies in a tab of the inbox (promotions …)'),
      spam_count: count('copies among spam'),
      missing_count: count('copies that did not arrive'),
    },
    refuse: refuseBothOrNeither,
  },
  domain_reputations: {
    description: 'one row per day, sending domain, provider and tool: what the provider thinks of the domain',
    key: ['observed_on', 'domain', 'provider', 'tool'],
    fields: {
      observed_on: { type: 'date', required: true, description: 'day it holds for' },
      domain: { type: 'domain', required: true, description: 'sending domain' },
      provider,
      tool,
      reputation: {
        type: 'enum',
        values: ['high', 'medium', 'low', 'bad'],
        description: 'reputation in words; empty where the provider states none any more',
      },
      complaint_rate: { type: 'share', description: 'share of complaints that the provider states, 0 to 1' },
    },
  },
} as const satisfies Readonly<Record<string, Entity>>;
