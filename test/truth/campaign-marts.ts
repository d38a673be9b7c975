import type { Decimal } from 'decimal.js';
import { instantOf } from '../../src/demo/instant.ts';
import { attributed, type Credit } from './attribution.ts';
import { total, type Campaign, type Facts } from './fact-types.ts';
import { repliersOf } from './measured-marts.ts';
import { countsOf, keyOf, people, ratio, tally, type Tally, type TruthRow } from './tally.ts';

export function campaignPerformance(facts: Facts): readonly TruthRow[] {
  const knownFrom = eventsKnownFrom(facts.campaigns);
  const accountOf = new Map(facts.campaigns.map(({ id, accountId }) => [id, accountId]));
  // Accounts whose opens tell what they were done with.
  const agents = new Set(
    facts.opens.flatMap(({ campaignId, reader }) => (reader === null ? [] : [accountOf.get(campaignId)])),
  );
  return facts.campaigns.map((campaign) => {
    const n = tally(facts, campaign);
    const c = countsOf(campaign, n);
    const net = n.revenue.minus(n.refunds);
    const mobile = agents.has(campaign.accountId) ? mobileOf(campaign, n) : null;
    const repliers = repliersOf(facts, campaign);
    return {
      ...keyOf(campaign),
      campaign_id: campaign.id,
      list_id: campaign.listId,
      name: campaign.name,
      subject: campaign.subject,
      kind: campaign.kind,
      goal: campaign.goal,
      sent_at: instantOf(campaign.sentAt),
      send_date: campaign.sendDate,
      sent_count: c.sent,
      delivered_count: c.delivered,
      bounce_count: c.bounced,
      hard_bounce_count: c.hard,
      soft_bounce_count: c.soft,
      total_open_count: c.opens,
      unique_open_count: c.openers,
      human_open_count: c.humanOpens,
      human_unique_open_count: c.humanOpeners,
      machine_open_count: c.machineOpens,
      unknown_open_count: c.unknownOpens,
      known_device_unique_open_count: mobile?.of ?? null,
      mobile_unique_open_count: mobile?.openers ?? null,
      total_click_count: c.clicks,
      unique_click_count: c.clickers,
      human_click_count: c.humanClicks,
      human_unique_click_count: c.humanClickers,
      machine_click_count: c.machineClicks,
      unknown_click_count: c.unknownClicks,
      unsubscribe_count: c.unsubscribes,
      complaint_count: c.complaints,
      forward_count: campaign.forwards,
      reply_count: repliers?.all ?? null,
      warm_reply_count: repliers?.warm ?? null,
      conversion_count: n.conversions,
      converter_count: n.converters,
      purchaser_count: n.purchasers,
      order_count: n.orders,
      revenue_amount: n.revenue,
      refund_amount: n.refunds,
      net_revenue_amount: net,
      currency_code: facts.currency,
      open_rate: ratio(c.humanOpeners, c.delivered),
      open_rate_reported: ratio(c.openers, c.delivered),
      click_rate: ratio(c.humanClickers, c.delivered),
      click_rate_reported: ratio(c.clickers, c.delivered),
      click_to_open_rate: ratio(c.humanClickers, c.humanOpeners),
      click_to_open_rate_reported: ratio(c.clickers, c.openers),
      opens_per_opener: ratio(c.humanOpens, c.humanOpeners),
      opens_per_opener_reported: ratio(c.opens, c.openers),
      bounce_rate: ratio(c.bounced, c.sent),
      hard_bounce_rate: ratio(c.hard, c.sent),
      soft_bounce_rate: ratio(c.soft, c.sent),
      delivery_rate: ratio(c.delivered, c.sent),
      unsubscribe_rate: ratio(c.unsubscribes, c.delivered),
      complaint_rate: ratio(c.complaints, c.delivered),
      complaint_sent_rate: ratio(c.complaints, c.sent),
      conversion_rate: ratio(n.converters, c.humanClickers),
      conversion_delivered_rate: ratio(n.converters, c.delivered),
      purchase_rate: ratio(n.purchasers, c.delivered),
      revenue_per_open_amount: ratio(net, c.humanOpeners),
      revenue_per_subscriber_amount: ratio(net, c.sent),
      mobile_open_rate: ratio(mobile?.openers ?? null, mobile?.of ?? null),
      reply_rate: ratio(repliers?.all ?? null, c.delivered),
      warm_reply_rate: ratio(repliers?.warm ?? null, c.delivered),
      per_recipient_events_from: knownFrom.get(campaign.accountId) ?? null,
    };
  });
}

/** Openers on a telephone, of those whose device is known; null where there are openers and no device is known. */
function mobileOf(campaign: Campaign, n: Tally): { readonly of: number; readonly openers: number } | null {
  if (!campaign.hasEvents || !campaign.tracksOpens) return null;
  return n.humanOpeners > 0 && n.deviceOpeners === 0 ? null : { of: n.deviceOpeners, openers: n.mobileOpeners };
}

/**
 * By account: the first send date since which every campaign's events are known one by one; null when those of the latest are
 * not. A day with one that is not known is not a day since which all are.
 */
export function eventsKnownFrom(campaigns: readonly Campaign[]): ReadonlyMap<string, string | null> {
  return new Map(
    [...Map.groupBy(campaigns, (campaign) => campaign.accountId)].map(([accountId, own]) => {
      const unknown = own.filter((campaign) => !campaign.hasEvents).map(({ sendDate }) => sendDate);
      const last = unknown.toSorted().at(-1);
      const since = own.map(({ sendDate }) => sendDate).filter((date) => last === undefined || date > last);
      return [accountId, since.toSorted()[0] ?? null];
    }),
  );
}

const costColumns = {
  esp_fee: 'esp_fee_amount',
  staff: 'staff_amount',
  creative: 'creative_amount',
  list_building: 'list_building_amount',
  tools: 'tools_amount',
  other: 'other_cost_amount',
  cost_of_goods: 'cost_of_goods_amount',
} as const;

const kindNames = Object.keys(costColumns);

export function campaignProfit(facts: Facts): readonly TruthRow[] {
  return facts.campaigns.map((campaign) => {
    const n = tally(facts, campaign);
    const costOf = (kind: string): Decimal =>
      total(n.costs.filter((cost) => cost.kind === kind).map((cost) => cost.amount));
    const conversionValue = n.conversionValue;
    const kinds = {
      ...Object.fromEntries(kindNames.map((kind) => [kind, costOf(kind)])),
      cost_of_goods: costOf('cost_of_goods').plus(n.goods),
    };
    const allCosts = total(Object.values(kinds));
    const income = n.revenue.minus(n.refunds).plus(conversionValue);
    const profit = income.minus(allCosts);
    return {
      ...keyOf(campaign),
      campaign_id: campaign.id,
      name: campaign.name,
      goal: campaign.goal,
      send_date: campaign.sendDate,
      revenue_amount: n.revenue,
      refund_amount: n.refunds,
      conversion_count: n.conversions,
      conversion_value_amount: conversionValue,
      ...Object.fromEntries(
        Object.entries(kinds).map(([kind, amount]) => [costColumns[kind as keyof typeof costColumns], amount]),
      ),
      shared_cost_amount: total(n.costs.filter((cost) => cost.isShared).map((cost) => cost.amount)),
      total_cost_amount: allCosts,
      profit_amount: profit,
      profit_margin_rate: ratio(profit, income),
      roi_rate: ratio(profit, allCosts),
      cost_per_conversion_amount: ratio(allCosts, n.converters),
      currency_code: facts.currency,
    };
  });
}

/** By address: sources without a number for a link do not tell the places of one address apart. */
export function linkPerformance(facts: Facts): readonly TruthRow[] {
  return facts.campaigns
    .filter((campaign) => campaign.tracksClicks)
    .flatMap((campaign) =>
      campaign.links.map((link) => {
        const clicks = facts.clicks.filter((click) => click.campaignId === campaign.id && click.url === link.url);
        const human = clicks.filter((click) => !click.machine);
        const known = <T>(value: T): T | null => (campaign.hasEvents ? value : null);
        const led = (credits: readonly Credit<unknown>[]): number =>
          credits.filter((credit) => credit.campaign === campaign && credit.url === link.url).length;
        const utm = (name: string): string | null => new URL(link.url).searchParams.get(`utm_${name}`);
        return {
          ...keyOf(campaign),
          campaign_id: campaign.id,
          ...(link.id === undefined ? {} : { link_id: link.id }),
          url: link.url,
          position: link.position,
          utm_source: utm('source'),
          utm_medium: utm('medium'),
          utm_campaign: utm('campaign'),
          utm_content: utm('content'),
          utm_term: utm('term'),
          total_click_count: known(clicks.length),
          unique_click_count: known(people(clicks)),
          human_click_count: known(human.length),
          human_unique_click_count: known(people(human)),
          machine_click_count: known(clicks.length - human.length),
          unknown_click_count: known(0),
          human_share_rate: known(ratio(human.length, clicks.length)),
          ...(link.statedClicks === undefined ? {} : { reported_total_click_count: link.statedClicks }),
          conversion_count: known(led(attributed(facts).conversions)),
          order_count: known(led(attributed(facts).orders)),
        };
      }),
    );
}
