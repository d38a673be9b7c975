import type { JsonObject } from '../../src/contracts/json.ts';
import type { Seeds } from './harness.ts';

// Small records in the API's own shapes: only what the models read.

export const address = (name: string): string => `${name}@example.com`;

export const list = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  name: `List ${id}`,
  date_created: '2024-12-01T00:00:00+00:00',
  stats: { member_count: 3 },
  ...more,
});

export const member = (name: string, more: JsonObject = {}): JsonObject => ({
  list_id: 'l1',
  id: name,
  email_address: address(name),
  status: 'subscribed',
  timestamp_signup: '2025-01-05T10:00:00+00:00',
  timestamp_opt: '2025-01-05T10:00:00+00:00',
  last_changed: '2025-01-05T10:00:00+00:00',
  source: 'form',
  language: 'de',
  email_client: '',
  location: { country_code: 'DE', timezone: 'Europe/Berlin' },
  ...more,
});

export const campaign = (id: string, sentAt: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: 'regular',
  status: 'sent',
  parent_campaign_id: '',
  create_time: '2025-01-01T00:00:00+00:00',
  send_time: sentAt,
  recipients: { list_id: 'l1' },
  settings: { title: `Title ${id}`, subject_line: `Subject ${id}`, preview_text: '', from_name: 'Shop' },
  tracking: { opens: true, html_clicks: true },
  ...more,
});

export const sent = (campaignId: string, name: string, more: JsonObject = {}): JsonObject => ({
  campaign_id: campaignId,
  list_id: 'l1',
  email_id: name,
  email_address: address(name),
  status: 'sent',
  absplit_group: '',
  ...more,
});

export const activity = (
  campaignId: string,
  name: string,
  action: 'open' | 'click' | 'bounce',
  at: string,
  more: JsonObject = {},
): JsonObject => ({
  campaign_id: campaignId,
  list_id: 'l1',
  email_id: name,
  email_address: address(name),
  action,
  timestamp: at,
  url: '',
  ip: '192.0.2.1',
  ordinal: 0,
  ...more,
});

export const openDetail = (
  campaignId: string,
  name: string,
  at: string,
  isProxy: boolean,
  ordinal = 0,
): JsonObject => ({
  campaign_id: campaignId,
  list_id: 'l1',
  email_id: name,
  email_address: address(name),
  timestamp: at,
  is_proxy_open: isProxy,
  ordinal,
});

export const link = (campaignId: string, id: string, url: string, clicks = 0): JsonObject => ({
  campaign_id: campaignId,
  id,
  url,
  total_clicks: clicks,
  unique_clicks: clicks,
});

export const unsubscribe = (campaignId: string, name: string, at: string): JsonObject => ({
  campaign_id: campaignId,
  list_id: 'l1',
  email_id: name,
  email_address: address(name),
  timestamp: at,
  reason: '',
});

export const order = (id: string, name: string, total: string | number, more: JsonObject = {}): JsonObject => ({
  store_id: 's1',
  id,
  campaign_id: '',
  customer: { id: name, email_address: address(name) },
  financial_status: 'paid',
  currency_code: 'EUR',
  order_total: total,
  processed_at_foreign: '2025-04-01T10:00:00+00:00',
  cancelled_at_foreign: '',
  ...more,
});

/** A row of a file source: fields are text or null, with file and row. */
export const row = (fields: JsonObject, number = 1): JsonObject => ({
  file: 'test.csv',
  row_number: number,
  ...fields,
});

const home = 'https://shop.example/';
const sale = 'https://shop.example/sale?utm_source=news&utm_campaign=spring+sale#top';

/** Links of campaign c1. */
export const links = { home, sale } as const;

/** One campaign with every kind of open and click. */
export const engagement: Seeds = {
  'mailchimp.lists': [list('l1')],
  'mailchimp.members': ['ann', 'bob', 'cid', 'dan', 'eve'].map((name) => member(name)),
  'mailchimp.campaigns': [campaign('c1', '2025-03-29T23:30:00+00:00'), campaign('c2', '2025-04-02T08:00:00+00:00')],
  'mailchimp.sent_to': [
    sent('c1', 'ann'),
    sent('c1', 'bob'),
    sent('c1', 'cid'),
    sent('c1', 'dan', { status: 'hard' }),
    sent('c1', 'eve', { status: 'soft' }),
    sent('c2', 'ann'),
  ],
  'mailchimp.email_activity': [
    // Two opens of one second: the flags are matched by their place within it.
    activity('c1', 'ann', 'open', '2025-03-30T00:10:00+00:00', { ip: '192.0.2.1' }),
    activity('c1', 'ann', 'open', '2025-03-30T00:10:00+00:00', { ip: '192.0.2.9' }),
    // A person: one link, then the other a minute later.
    activity('c1', 'ann', 'click', '2025-03-30T00:11:00+00:00', { url: home }),
    activity('c1', 'ann', 'click', '2025-03-30T00:12:00+00:00', { url: sale }),
    // A scanner: both links within ten seconds, and once more the next day by hand.
    activity('c1', 'bob', 'click', '2025-03-30T00:00:00+00:00', { url: home }),
    activity('c1', 'bob', 'click', '2025-03-30T00:00:10+00:00', { url: sale }),
    activity('c1', 'bob', 'click', '2025-03-31T06:00:00+00:00', { url: sale }),
    // Open details never arrived for this one.
    activity('c1', 'cid', 'open', '2025-03-30T22:30:00+00:00'),
    activity('c1', 'dan', 'bounce', '2025-03-29T23:31:00+00:00', { type: 'soft' }),
    // No link list is known for c2.
    activity('c2', 'ann', 'click', '2025-04-02T09:00:00+00:00', { url: home }),
  ],
  'mailchimp.open_details': [
    openDetail('c1', 'ann', '2025-03-30T00:10:00+00:00', true),
    openDetail('c1', 'ann', '2025-03-30T00:10:00+00:00', false),
  ],
  'mailchimp.click_details': [link('c1', 'k1', home, 3), link('c1', 'k2', sale, 3)],
};
