import { z } from 'zod';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Parent } from '../_kit/contract.ts';
import { count, flag, id, instant, maybeInstant, part, rate, text } from './fields.ts';
import { clickedLinksPlan } from './links-plan.ts';
import { paged, sentAutomationEmail, sentCampaign, type Define } from './stream.ts';

/**
 * What a row says of the contact as it is now (not as it was at the send) is cut: it is in `members`, one copy that is right,
 * and here it would rewrite rows of old campaigns whenever somebody edits a profile.
 */
const perRecipient = (records: string) => paged(records, ['merge_fields', 'vip', 'contact_status', 'list_is_active']);

const ofCampaign = { parent: sentCampaign, moreParents: [sentAutomationEmail] } as const;

/** Streams that have a record for everybody whom the campaign was sent to. */
const ofEveryRecipient = {
  ...ofCampaign,
  expects: ({ emails_sent: sent }: JsonObject) => (typeof sent === 'number' ? sent : null),
} as const;

/** Links that somebody clicked; which of them are due, `clickedLinksPlan` says. */
const clickedLink: Parent = {
  stream: 'click_details',
  key: 'id',
  param: 'link_id',
  params: { campaign_id: 'campaign_id' },
  inherit: { campaign_id: 'campaign_id', url_id: 'id' },
  where: (link) => typeof link['total_clicks'] === 'number' && link['total_clicks'] > 0,
};

/** Who got a campaign, and what each did with it. */
export const recipientStreams = (stream: Define) => ({
  sent_to: stream({
    description: 'One row a recipient of a campaign, with bounce and A/B group.',
    path: '/reports/{campaign_id}/sent-to',
    ...perRecipient('sent_to'),
    ...ofEveryRecipient,
    schema: z.looseObject({
      campaign_id: id,
      email_id: id,
      email_address: z.string(),
      list_id: text,
      status: id,
      open_count: count,
      last_open: maybeInstant,
      absplit_group: text,
      gmt_offset: rate,
    }),
    primaryKey: ['campaign_id', 'email_id'],
    person: 'email_address',
    cursor: 'full-refresh',
  }),

  email_activity: stream({
    description: 'One row an open, click or bounce of a recipient.',
    path: '/reports/{campaign_id}/email-activity',
    ...paged('emails'),
    ...ofEveryRecipient,
    explode: {
      field: 'activity',
      keep: ['campaign_id', 'list_id', 'email_id', 'email_address'],
      ordinal: 'ordinal',
      ordinalBy: ['email_id', 'action', 'timestamp', 'url', 'ip'],
    },
    schema: z.looseObject({
      campaign_id: id,
      list_id: text,
      email_id: id,
      email_address: z.string(),
      action: id,
      timestamp: instant,
      url: text,
      ip: text,
      type: text,
      ordinal: z.int(),
    }),
    primaryKey: ['campaign_id', 'email_id', 'action', 'timestamp', 'url', 'ip', 'ordinal'],
    person: 'email_address',
    cursor: 'full-refresh',
    partitionBy: 'timestamp',
    why: 'pages hold recipients, rows are their events, and an event has no id: its key is seven fields',
  }),

  open_details: stream({
    description: 'One row an open of a recipient, with the machine (proxy) flag that email_activity lacks.',
    path: '/reports/{campaign_id}/open-details',
    ...perRecipient('members'),
    ...ofCampaign,
    explode: {
      field: 'opens',
      keep: ['campaign_id', 'list_id', 'email_id', 'email_address'],
      ordinal: 'ordinal',
      ordinalBy: ['email_id', 'timestamp', 'is_proxy_open'],
    },
    schema: z.looseObject({
      campaign_id: id,
      list_id: text,
      email_id: id,
      email_address: z.string(),
      timestamp: instant,
      is_proxy_open: flag,
      ordinal: z.int(),
    }),
    primaryKey: ['campaign_id', 'email_id', 'timestamp', 'is_proxy_open', 'ordinal'],
    person: 'email_address',
    cursor: 'full-refresh',
    partitionBy: 'timestamp',
  }),

  unsubscribes: stream({
    description: 'One row a recipient who unsubscribed through a campaign: the only place of that time.',
    path: '/reports/{campaign_id}/unsubscribed',
    ...perRecipient('unsubscribes'),
    ...ofCampaign,
    schema: z.looseObject({
      campaign_id: id,
      email_id: id,
      email_address: z.string(),
      list_id: text,
      timestamp: instant,
      reason: text,
    }),
    primaryKey: ['campaign_id', 'email_id'],
    person: 'email_address',
    cursor: 'full-refresh',
  }),

  click_details: stream({
    description: 'One row a tracked link of a campaign, with its counts.',
    path: '/reports/{campaign_id}/click-details',
    ...paged('urls_clicked'),
    ...ofCampaign,
    schema: z.looseObject({
      campaign_id: id,
      id,
      url: z.string(),
      total_clicks: count,
      unique_clicks: count,
      last_click: maybeInstant,
      ab_split: part({}),
    }),
    primaryKey: ['campaign_id', 'id'],
    cursor: 'full-refresh',
  }),

  click_members: stream({
    description: 'One row a link and recipient who clicked it (counts, no times).',
    path: '/reports/{campaign_id}/click-details/{link_id}/members',
    ...perRecipient('members'),
    parent: clickedLink,
    schema: z.looseObject({ campaign_id: id, url_id: id, email_id: id, email_address: z.string(), clicks: count }),
    primaryKey: ['campaign_id', 'url_id', 'email_id'],
    person: 'email_address',
    cursor: 'full-refresh',
    plan: clickedLinksPlan,
  }),
});
