import { Decimal } from 'decimal.js';
import { campaignPerformance } from './campaign-marts.ts';
import type { Campaign, Facts, Measure } from './fact-types.ts';
import { ratio, type TruthRow } from './tally.ts';

/** A number on a vendor's screen: its name there, how it is made of our counts, and of the vendor's totals. */
type Shown = {
  readonly metric: string;
  readonly name: string;
  readonly ours: (row: TruthRow, links: number | null) => number | null;
  readonly stated: ((of: (measure: Measure) => Decimal | null) => number | null) | undefined | 'not compared';
};

const n = (row: TruthRow, column: string): number | null => (row[column] as number | null) ?? null;
const per =
  (part: string, whole?: string): Shown['ours'] =>
  (row) =>
    whole === undefined ? n(row, part) : ratio(n(row, part), n(row, whole));
const told =
  (part: Measure, whole?: Measure): Exclude<Shown['stated'], undefined | 'not compared'> =>
  (of) =>
    whole === undefined ? (of(part)?.toNumber() ?? null) : ratio(of(part), of(whole));
type Of = (measure: Measure) => Decimal | null;
const both = (of: Of): Decimal | null =>
  of('soft_bounces') && (of('hard_bounces')?.plus(of('soft_bounces') ?? 0) ?? null);
const delivered = (of: Of): Decimal | null => of('sent')?.minus(both(of) ?? 0) ?? null;

/** After Mailchimp's and SendGrid's own documentation (shared/esp), written without the catalog. */
const screens: Readonly<Record<string, readonly Shown[]>> = {
  mailchimp: [
    {
      metric: 'open_rate',
      name: 'Open rate without proxies',
      ours: per('human_unique_open_count', 'delivered_count'),
      stated: (of) => ratio(of('proxy_excluded_unique_opens'), delivered(of)),
    },
    {
      metric: 'open_rate_reported',
      name: 'Open rate',
      ours: per('unique_open_count', 'delivered_count'),
      stated: (of) => ratio(of('unique_opens'), delivered(of)),
    },
    {
      metric: 'opens_per_opener_reported',
      name: 'Total opens',
      ours: per('total_open_count', 'unique_open_count'),
      stated: told('opens_total', 'unique_opens'),
    },
    { metric: 'bounce_rate', name: 'Bounced', ours: per('bounce_count'), stated: (of) => both(of)?.toNumber() ?? null },
    { metric: 'hard_bounce_rate', name: 'Hard bounces', ours: per('hard_bounce_count'), stated: told('hard_bounces') },
    { metric: 'soft_bounce_rate', name: 'Soft bounces', ours: per('soft_bounce_count'), stated: told('soft_bounces') },
    {
      metric: 'delivery_rate',
      name: 'Successful deliveries',
      ours: per('delivered_count'),
      stated: (of) => delivered(of)?.toNumber() ?? null,
    },
    {
      metric: 'click_rate_reported',
      name: 'Click rate',
      ours: (row, links) => ratio(links, n(row, 'delivered_count')),
      stated: 'not compared',
    },
    {
      metric: 'click_to_open_rate_reported',
      name: 'Clicks per unique opens',
      ours: per('unique_click_count', 'unique_open_count'),
      stated: told('unique_subscriber_clicks', 'unique_opens'),
    },
    { metric: 'unsubscribes', name: 'Unsubscribed', ours: per('unsubscribe_count'), stated: told('unsubscribed') },
    {
      metric: 'unsubscribe_rate',
      name: 'Unsubscribe rate',
      ours: per('unsubscribe_count', 'delivered_count'),
      stated: (of) => ratio(of('unsubscribed'), delivered(of)),
    },
    { metric: 'complaint_rate', name: 'Abuse complaints', ours: per('complaint_count'), stated: told('abuse_reports') },
    {
      metric: 'complaint_sent_rate',
      name: 'Abuse complaints',
      ours: per('complaint_count'),
      stated: told('abuse_reports'),
    },
  ],
  sendgrid: [
    {
      metric: 'open_rate_reported',
      name: 'Unique opens',
      ours: per('unique_open_count', 'delivered_count'),
      stated: told('unique_opens', 'delivered'),
    },
    {
      metric: 'opens_per_opener_reported',
      name: 'Opens',
      ours: per('total_open_count', 'unique_open_count'),
      stated: told('opens_total', 'unique_opens'),
    },
    { metric: 'hard_bounce_rate', name: 'Bounces', ours: per('hard_bounce_count'), stated: told('hard_bounces') },
    { metric: 'soft_bounce_rate', name: 'Blocks', ours: per('soft_bounce_count'), stated: undefined },
    {
      metric: 'delivery_rate',
      name: 'Delivered',
      ours: per('delivered_count', 'sent_count'),
      stated: told('delivered', 'sent'),
    },
    {
      metric: 'click_rate_reported',
      name: 'Click-through rate',
      ours: per('total_click_count', 'delivered_count'),
      stated: told('clicks_total', 'delivered'),
    },
    {
      metric: 'click_to_open_rate_reported',
      name: 'Unique clicks',
      ours: per('unique_click_count', 'unique_open_count'),
      stated: told('unique_subscriber_clicks', 'unique_opens'),
    },
    { metric: 'unsubscribes', name: 'Unsubscribes', ours: per('unsubscribe_count'), stated: told('unsubscribed') },
    { metric: 'unsubscribe_rate', name: 'Unsubscribes', ours: per('unsubscribe_count'), stated: told('unsubscribed') },
    { metric: 'complaint_rate', name: 'Spam reports', ours: per('complaint_count'), stated: told('abuse_reports') },
    {
      metric: 'complaint_sent_rate',
      name: 'Spam reports',
      ours: per('complaint_count'),
      stated: told('abuse_reports'),
    },
  ],
};

/** What each vendor's own screen shows of each campaign, on the events that its API can show. */
export function asEspShows(facts: Facts): readonly TruthRow[] {
  const rows = new Map(
    campaignPerformance(facts).map((row) => [`${String(row['account_id'])} ${String(row['campaign_id'])}`, row]),
  );
  return facts.campaigns.flatMap((campaign) =>
    (screens[campaign.source] ?? []).map((shown): TruthRow => {
      const row = rows.get(`${campaign.accountId} ${campaign.id}`) ?? {};
      const of = (measure: Measure): Decimal | null => {
        const value = campaign.stated[measure];
        return value === undefined ? null : new Decimal(value);
      };
      return {
        source: campaign.source,
        account_id: campaign.accountId,
        campaign_id: campaign.id,
        metric: shown.metric,
        shown_name: shown.name,
        shown_value: shown.ours(row, linkClicks(facts, campaign)),
        ...(shown.stated === 'not compared' ? {} : { stated_value: shown.stated?.(of) ?? null }),
        basis_of_shown: campaign.hasEvents ? 'events' : 'totals',
      };
    }),
  );
}

/** First clicks of each link and recipient; a link is an address. */
function linkClicks(facts: Facts, campaign: Campaign): number | null {
  if (!campaign.hasEvents) return campaign.stated.clicks_total === undefined ? null : 0;
  if (!campaign.tracksClicks) return null;
  const own = facts.clicks.filter(({ campaignId }) => campaignId === campaign.id);
  return new Set(own.map(({ recipient, url }) => `${recipient} ${url}`)).size;
}
