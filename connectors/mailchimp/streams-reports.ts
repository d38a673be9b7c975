import { z } from 'zod';
import type { Parent } from '../_kit/contract.ts';
import { amount, count, id, maybeInstant, part, rate, text } from './fields.ts';
import { paged, sentAutomationEmail, sentCampaign, whole, type Define } from './stream.ts';

const variant = part({ bounces: count, abuse_reports: count, unsubs: count, recipient_clicks: count, opens: count });

/** A report's fields, the same in the list of reports, in one report and in the reports of variants. */
const report = {
  id,
  campaign_title: text,
  type: text,
  list_id: text,
  subject_line: text,
  emails_sent: count,
  abuse_reports: count,
  unsubscribed: count,
  send_time: maybeInstant,
  bounces: part({ hard_bounces: count, soft_bounces: count, syntax_errors: count }),
  forwards: part({ forwards_count: count, forwards_opens: count }),
  opens: part({
    opens_total: count,
    unique_opens: count,
    open_rate: rate,
    last_open: maybeInstant,
    proxy_excluded_opens: count,
    proxy_excluded_unique_opens: count,
  }),
  clicks: part({
    clicks_total: count,
    unique_clicks: count,
    unique_subscriber_clicks: count,
    click_rate: rate,
    last_click: maybeInstant,
  }),
  industry_stats: part({ type: text, open_rate: rate, click_rate: rate, bounce_rate: rate, unsub_rate: rate }),
  list_stats: part({ open_rate: rate, click_rate: rate }),
  ab_split: part({ a: variant, b: variant }),
  ecommerce: part({ total_orders: count, total_spent: amount, total_revenue: amount, currency_code: text }),
};

const multivariate: Parent = {
  ...sentCampaign,
  inherit: { parent_campaign_id: 'id' },
  where: (campaign) => campaign['status'] === 'sent' && campaign['type'] === 'variate',
};

/** Mailchimp's own totals. */
export const reportStreams = (stream: Define) => ({
  reports: stream({
    description: 'One row a sent campaign or automation e-mail: the totals that Mailchimp states.',
    path: '/reports',
    ...paged('reports'),
    schema: z.looseObject(report),
    primaryKey: ['id'],
    cursor: 'full-refresh',
  }),

  sub_reports: stream({
    description: 'One row a variant of a multivariate campaign: its own totals.',
    path: '/reports/{campaign_id}/sub-reports',
    // The list's averages of today are in `lists` and `reports`; here they would only be older.
    ...whole('reports', ['list_stats']),
    parent: multivariate,
    schema: z.looseObject({ ...report, parent_campaign_id: id }),
    primaryKey: ['parent_campaign_id', 'id'],
    cursor: 'full-refresh',
  }),

  domain_performance: stream({
    description: 'One row a campaign and recipient domain: sent, bounced, opened, clicked.',
    path: '/reports/{campaign_id}/domain-performance',
    ...whole('domains'),
    parent: sentCampaign,
    moreParents: [sentAutomationEmail],
    schema: z.looseObject({
      campaign_id: id,
      domain: z.string(),
      emails_sent: count,
      bounces: count,
      opens: count,
      clicks: count,
      unsubs: count,
      delivered: count,
    }),
    primaryKey: ['campaign_id', 'domain'],
    cursor: 'full-refresh',
  }),
});
