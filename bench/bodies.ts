import { hash } from 'node:crypto';
import { pick, randomOf, type Random } from './random.ts';
import type { Shape } from './shape.ts';

/** A JSON record as it is being made. */
export type Body = Record<string, unknown>;

/** A contact's address, with its id in the vendor's way: md5 of the lower-cased address. */
export type Address = { readonly id: string; readonly text: string; readonly first: string; readonly last: string };

/** What the recipients of a campaign did, counted. */
export type Totals = Readonly<
  Record<'opens' | 'openers' | 'clicks' | 'clickers' | 'hard' | 'soft', number> &
    Record<'lastOpen' | 'lastClick', string>
>;

export const listId = 'a1b2c3d4e5';
export const day = 86_400;
/** When the newest member changed: everything is older, so a clock of later days sees nothing move. */
export const end = Date.UTC(2026, 4, 20) / 1000;
export const topics = [
  'spring-sale',
  'new-arrivals',
  'weekly-letter',
  'members-day',
  'how-to-prune',
  'last-chance',
] as const;
const places = [
  ['DE', 'Europe/Berlin', 52.52, 13.4],
  ['FR', 'Europe/Paris', 48.85, 2.35],
  ['US', 'America/New_York', 40.71, -74],
  ['GB', 'Europe/London', 51.5, -0.12],
] as const;
const clients = ['Gmail', 'Apple Mail', 'Outlook 2016', 'iPhone', 'Yahoo! Mail'] as const;

export const timestamp = (at: number): string => `${new Date(at * 1000).toISOString().slice(0, 19)}+00:00`;

export const ipOf = (random: Random): string =>
  `${1 + Math.floor(random() * 220)}.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}`;

const statusOf = (seed: number, member: number): string => {
  const drawn = randomOf(seed, 4, member)();
  return drawn < 0.86 ? 'subscribed' : drawn < 0.96 ? 'unsubscribed' : 'cleaned';
};

export function listBody(shape: Shape, seed: number): Body {
  const counts: Record<string, number> = { subscribed: 0, unsubscribed: 0, cleaned: 0 };
  for (let member = 0; member < shape.members; member += 1) {
    const status = statusOf(seed, member);
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return {
    id: listId,
    web_id: 71,
    name: 'Newsletter',
    permission_reminder: 'You signed up on our website.',
    date_created: timestamp(end - 3_000 * day),
    list_rating: 4,
    visibility: 'prv',
    double_optin: true,
    stats: {
      member_count: counts['subscribed'],
      unsubscribe_count: counts['unsubscribed'],
      cleaned_count: counts['cleaned'],
      campaign_count: shape.campaigns,
      campaign_last_sent: timestamp(end - 23 * day),
      open_rate: 41.27,
      click_rate: 5.31,
    },
  };
}

export function memberBody(random: Random, seed: number, index: number, who: Address, changedAt: number): Body {
  const [country, timeZone, latitude, longitude] = pick(random, places);
  const signup = timestamp(changedAt - Math.floor(random() * 900 * day));
  const ip = ipOf(random);
  const tags = Math.floor(random() * 4);
  return {
    id: who.id,
    email_address: who.text,
    unique_email_id: hash('md5', `unique ${who.id}`, 'hex').slice(0, 10),
    contact_id: hash('md5', `contact ${who.id}`, 'hex'),
    full_name: `${who.first} ${who.last}`,
    web_id: 500_000_000 + index,
    email_type: 'html',
    status: statusOf(seed, index),
    consents_to_one_to_one_messaging: true,
    merge_fields: { FNAME: who.first, LNAME: who.last, POINTS: Math.floor(random() * 5_000) },
    interests: {},
    stats: {
      avg_open_rate: Math.round(random() * 10_000) / 10_000,
      avg_click_rate: Math.round(random() * 1_000) / 10_000,
      ecommerce_data: {
        total_revenue: Math.round(random() * 40_000) / 100,
        number_of_orders: Math.floor(random() * 9),
        currency_code: 'EUR',
      },
    },
    ip_signup: ip,
    timestamp_signup: random() < 0.9 ? signup : '',
    ip_opt: ip,
    timestamp_opt: signup,
    member_rating: 1 + Math.floor(random() * 5),
    last_changed: timestamp(changedAt),
    language: country.toLowerCase(),
    vip: random() < 0.01,
    email_client: pick(random, clients),
    location: { latitude, longitude, gmtoff: 0, dstoff: 0, country_code: country, timezone: timeZone, region: '' },
    source: pick(random, ['API - Generic', 'Embed Form', 'Import']),
    tags_count: tags,
    tags: Array.from({ length: tags }, (_, tag) => ({ id: 100 + tag, name: `interest-${tag}` })),
    list_id: listId,
  };
}

export function campaignBody(shape: Shape, id: string, index: number, sentAt: number, totals: Totals): Body {
  const title = `${topics[index % topics.length] ?? topics[0]} ${index}`;
  return {
    id,
    web_id: 9_000 + index,
    type: 'regular',
    create_time: timestamp(sentAt - 2 * day),
    archive_url: `http://eepurl.example/c/${id}`,
    status: 'sent',
    emails_sent: shape.recipients,
    send_time: timestamp(sentAt),
    content_type: 'template',
    recipients: { list_id: listId, list_is_active: true, list_name: 'Newsletter', recipient_count: shape.recipients },
    settings: {
      subject_line: `News: ${title}`,
      preview_text: 'All that is new',
      title,
      from_name: 'Shop',
      reply_to: 'shop@shop.example',
    },
    tracking: { opens: true, html_clicks: true, text_clicks: false, ecomm360: false },
    report_summary: {
      opens: totals.opens,
      unique_opens: totals.openers,
      clicks: totals.clicks,
      subscriber_clicks: totals.clickers,
    },
    delivery_status: { enabled: false },
  };
}

export function reportBody(shape: Shape, id: string, index: number, sentAt: number, totals: Totals): Body {
  const delivered = shape.recipients - totals.hard - totals.soft;
  const share = (count: number): number => Math.round((10_000 * count) / Math.max(1, delivered)) / 10_000;
  return {
    id,
    campaign_title: `${topics[index % topics.length] ?? topics[0]} ${index}`,
    type: 'regular',
    list_id: listId,
    list_is_active: true,
    list_name: 'Newsletter',
    subject_line: `News ${index}`,
    emails_sent: shape.recipients,
    abuse_reports: 0,
    unsubscribed: 0,
    send_time: timestamp(sentAt),
    bounces: { hard_bounces: totals.hard, soft_bounces: totals.soft, syntax_errors: 0 },
    forwards: { forwards_count: 0, forwards_opens: 0 },
    opens: {
      opens_total: totals.opens,
      unique_opens: totals.openers,
      open_rate: share(totals.openers),
      last_open: totals.lastOpen,
    },
    clicks: {
      clicks_total: totals.clicks,
      unique_clicks: totals.clicks,
      unique_subscriber_clicks: totals.clickers,
      click_rate: share(totals.clickers),
      last_click: totals.lastClick,
    },
    ecommerce: { total_orders: 0, total_spent: 0, total_revenue: 0, currency_code: 'EUR' },
    timeseries: [],
    delivery_status: { enabled: false },
  };
}
