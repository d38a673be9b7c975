import { Decimal } from 'decimal.js';
import { measures, type Campaign, type Facts, type Measure } from './fact-types.ts';
import { keyOf, tally, type Tally, type TruthRow } from './tally.ts';

const ours: Readonly<Record<Measure, (n: Tally) => number | Decimal>> = {
  sent: (n) => n.sent,
  delivered: (n) => n.delivered,
  bounces: (n) => n.hard + n.soft,
  hard_bounces: (n) => n.hard,
  soft_bounces: (n) => n.soft,
  opens_total: (n) => n.opens,
  unique_opens: (n) => n.openers,
  proxy_excluded_opens: (n) => n.humanOpens,
  proxy_excluded_unique_opens: (n) => n.humanOpeners,
  clicks_total: (n) => n.clicks,
  unique_subscriber_clicks: (n) => n.clickers,
  unsubscribed: (n) => n.unsubscribes,
  abuse_reports: (n) => n.complaints,
  orders: (n) => n.linkedOrders,
  revenue: (n) => n.original,
};

/** Our counts against the source's own totals, measure by measure, of campaigns that are known one by one. */
export function reconciliation(facts: Facts): readonly TruthRow[] {
  return facts.campaigns
    .filter((campaign) => campaign.hasEvents)
    .flatMap((campaign) => {
      const n = tally(facts, campaign);
      const isCapped = isAtEventCap(facts, campaign);
      return measures.flatMap((measure) => {
        const reported = campaign.stated[measure];
        if (reported === undefined) return [];
        const gap = new Decimal(ours[measure](n)).minus(reported);
        return [
          {
            ...keyOf(campaign),
            campaign_id: campaign.id,
            measure,
            ours_value: ours[measure](n),
            reported_value: reported,
            gap_value: gap,
            reason: gap.isZero() ? null : reasonOf(measure, gap, n, campaign, isCapped),
          },
        ];
      });
    });
}

function reasonOf(
  measure: Measure,
  gap: Decimal,
  n: Tally,
  { stated, reportsDeliveries, unstatedDrops }: Campaign,
  isCapped: boolean,
): string {
  if (!gap.isNegative()) return 'unexplained';
  if (new Decimal(stated.sent ?? 0).gt(n.sent + unstatedDrops) && !['orders', 'revenue'].includes(measure)) {
    return reportsDeliveries ? 'messages not known one by one' : 'deleted members';
  }
  if (measure === 'sent' && unstatedDrops > 0) return 'dropped messages counted as sent';
  const isOfEvents = ['opens_total', 'proxy_excluded_opens', 'clicks_total'].includes(measure);
  return isCapped && isOfEvents ? 'event cap of 1,000 per member' : 'unexplained';
}

function isAtEventCap(facts: Facts, { id }: Campaign): boolean {
  return [facts.opens, facts.clicks].some((events) => {
    const mine = events.filter((event) => event.campaignId === id);
    return [...Map.groupBy(mine, (event) => event.recipient).values()].some((group) => group.length >= 1000);
  });
}
