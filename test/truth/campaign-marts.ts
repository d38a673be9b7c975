import { Decimal } from 'decimal.js';
import { instantOf } from '../../src/demo/instant.ts';
import type { Facts, PersonEvent } from './facts.ts';
import { money } from './facts.ts';

export type TruthRow = Readonly<Record<string, string | number | boolean | Decimal | null>>;

export const account = { source: 'mailchimp', account_id: 'shop-newsletter' } as const;

const people = (events: readonly PersonEvent[]): number => new Set(events.map((event) => event.emailId)).size;
export const ratio = (part: number | Decimal | null, whole: number | Decimal): number | null =>
  part === null || new Decimal(whole).isZero() ? null : new Decimal(part).div(whole).toNumber();
export const total = (amounts: readonly (Decimal | null)[]): Decimal =>
  amounts.reduce<Decimal>((sum, amount) => sum.plus(amount ?? 0), new Decimal(0));

/** Everything that happened in one campaign, counted the plain way. */
function tally(facts: Facts, campaignId: string) {
  const of = <T extends { readonly campaignId: string | null }>(items: readonly T[]): readonly T[] =>
    items.filter((item) => item.campaignId === campaignId);
  const sent = of(facts.sent);
  const opens = of(facts.opens);
  const clicks = of(facts.clicks);
  const orders = of(facts.orders);
  const conversions = of(facts.conversions);
  return {
    sent: sent.length,
    hard: sent.filter((one) => one.bounce === 'hard').length,
    soft: sent.filter((one) => one.bounce === 'soft').length,
    delivered: sent.filter((one) => one.bounce === null).length,
    opens: opens.length,
    openers: people(opens),
    humanOpens: opens.filter((open) => !open.machine).length,
    humanOpeners: people(opens.filter((open) => !open.machine)),
    clicks: clicks.length,
    clickers: people(clicks),
    humanClicks: clicks.filter((click) => !click.machine).length,
    humanClickers: people(clicks.filter((click) => !click.machine)),
    unsubscribes: people(of(facts.unsubscribes)),
    complaints: people(of(facts.complaints)),
    conversions: conversions.length,
    converters: new Set([...orders, ...conversions].map((item) => item.person)).size,
    purchasers: new Set(orders.map((order) => order.person)).size,
    orders: orders.length,
    revenue: total(orders.map((order) => order.amount)),
    refunds: total(orders.map((order) => order.refund)),
    original: total(orders.map((order) => order.original)),
    costs: of(facts.costs),
  };
}

export function campaignPerformance(facts: Facts): readonly TruthRow[] {
  // All that this source tells is known recipient by recipient, from the first campaign on.
  const firstSend = facts.campaigns.map((campaign) => campaign.sendDate).sort()[0] ?? null;
  return facts.campaigns.map((campaign) => {
    const n = tally(facts, campaign.id);
    const net = n.revenue.minus(n.refunds);
    // Without tracking nobody knows who opened or clicked; a 0 would say that nobody did.
    const open = <T>(value: T): T | null => (campaign.tracksOpens ? value : null);
    const click = <T>(value: T): T | null => (campaign.tracksClicks ? value : null);
    return {
      ...account,
      campaign_id: campaign.id,
      list_id: campaign.listId,
      name: campaign.title,
      subject: campaign.subject,
      goal: campaign.goal,
      sent_at: instantOf(campaign.sentAt ?? 0),
      send_date: campaign.sendDate,
      sent_count: n.sent,
      delivered_count: n.delivered,
      bounce_count: n.hard + n.soft,
      hard_bounce_count: n.hard,
      soft_bounce_count: n.soft,
      total_open_count: open(n.opens),
      unique_open_count: open(n.openers),
      human_open_count: open(n.humanOpens),
      human_unique_open_count: open(n.humanOpeners),
      machine_open_count: open(n.opens - n.humanOpens),
      unknown_open_count: open(0),
      mobile_unique_open_count: null,
      total_click_count: click(n.clicks),
      unique_click_count: click(n.clickers),
      human_click_count: click(n.humanClicks),
      human_unique_click_count: click(n.humanClickers),
      machine_click_count: click(n.clicks - n.humanClicks),
      unknown_click_count: click(0),
      unsubscribe_count: n.unsubscribes,
      complaint_count: n.complaints,
      forward_count: facts.reports.get(campaign.id)?.forwards ?? 0,
      reply_count: null,
      warm_reply_count: null,
      conversion_count: n.conversions,
      converter_count: n.converters,
      purchaser_count: n.purchasers,
      order_count: n.orders,
      revenue_amount: n.revenue,
      refund_amount: n.refunds,
      net_revenue_amount: net,
      currency_code: facts.currency,
      open_rate: open(ratio(n.humanOpeners, n.delivered)),
      open_rate_reported: open(ratio(n.openers, n.delivered)),
      click_rate: click(ratio(n.humanClickers, n.delivered)),
      click_rate_reported: click(ratio(n.clickers, n.delivered)),
      click_to_open_rate: open(click(ratio(n.humanClickers, n.humanOpeners))),
      click_to_open_rate_reported: open(click(ratio(n.clickers, n.openers))),
      opens_per_opener: open(ratio(n.humanOpens, n.humanOpeners)),
      opens_per_opener_reported: open(ratio(n.opens, n.openers)),
      bounce_rate: ratio(n.hard + n.soft, n.sent),
      hard_bounce_rate: ratio(n.hard, n.sent),
      soft_bounce_rate: ratio(n.soft, n.sent),
      delivery_rate: ratio(n.delivered, n.sent),
      unsubscribe_rate: ratio(n.unsubscribes, n.delivered),
      complaint_rate: ratio(n.complaints, n.delivered),
      complaint_sent_rate: ratio(n.complaints, n.sent),
      conversion_rate: click(ratio(n.converters, n.humanClickers)),
      conversion_delivered_rate: ratio(n.converters, n.delivered),
      purchase_rate: ratio(n.purchasers, n.delivered),
      revenue_per_open_amount: open(ratio(net, n.humanOpeners)),
      revenue_per_subscriber_amount: ratio(net, n.sent),
      mobile_open_rate: null,
      warm_reply_rate: null,
      per_recipient_events_from: firstSend,
    };
  });
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

export function campaignProfit(facts: Facts): readonly TruthRow[] {
  return facts.campaigns.map((campaign) => {
    const n = tally(facts, campaign.id);
    const costOf = (kind: string): Decimal =>
      total(n.costs.filter((cost) => cost.kind === kind).map((cost) => cost.amount));
    const conversionValue = money(new Decimal(n.conversions).times(campaign.conversionValue ?? 0));
    const allCosts = total(Object.keys(costColumns).map(costOf));
    const income = n.revenue.minus(n.refunds).plus(conversionValue);
    const profit = income.minus(allCosts);
    return {
      ...account,
      campaign_id: campaign.id,
      name: campaign.title,
      goal: campaign.goal,
      send_date: campaign.sendDate,
      revenue_amount: n.revenue,
      refund_amount: n.refunds,
      conversion_count: n.conversions,
      conversion_value_amount: conversionValue,
      ...Object.fromEntries(Object.entries(costColumns).map(([kind, column]) => [column, costOf(kind)])),
      total_cost_amount: allCosts,
      profit_amount: profit,
      profit_margin_rate: ratio(profit, income),
      roi_rate: ratio(profit, allCosts),
      cost_per_conversion_amount: ratio(allCosts, n.converters),
      currency_code: facts.currency,
    };
  });
}

export function linkPerformance(facts: Facts): readonly TruthRow[] {
  return facts.campaigns
    .filter((campaign) => campaign.tracksClicks)
    .flatMap((campaign) =>
      campaign.links.map((link) => {
        const clicks = facts.clicks.filter((click) => click.campaignId === campaign.id && click.url === link.url);
        const human = clicks.filter((click) => !click.machine);
        const utm = (name: string): string | null => new URL(link.url).searchParams.get(`utm_${name}`);
        return {
          ...account,
          campaign_id: campaign.id,
          link_id: link.id,
          url: link.url,
          position: null,
          utm_source: utm('source'),
          utm_medium: utm('medium'),
          utm_campaign: utm('campaign'),
          utm_content: utm('content'),
          utm_term: utm('term'),
          total_click_count: clicks.length,
          unique_click_count: people(clicks),
          human_click_count: human.length,
          human_unique_click_count: people(human),
          machine_click_count: clicks.length - human.length,
          unknown_click_count: 0,
          human_share_rate: ratio(human.length, clicks.length),
          conversion_count: null,
        };
      }),
    );
}

/** Our counts against the report's own totals, measure by measure. */
export function reconciliation(facts: Facts): readonly TruthRow[] {
  return facts.campaigns.flatMap((campaign) => {
    const n = tally(facts, campaign.id);
    const report = facts.reports.get(campaign.id);
    if (report === undefined) return [];
    const measures: readonly (readonly [string, number | Decimal, number | Decimal])[] = [
      ['sent', n.sent, report.sent],
      ['hard_bounces', n.hard, report.hardBounces],
      ['soft_bounces', n.soft, report.softBounces],
      ['opens_total', n.opens, report.opens],
      ['unique_opens', n.openers, report.uniqueOpens],
      ['proxy_excluded_opens', n.humanOpens, report.proxyExcludedOpens],
      ['proxy_excluded_unique_opens', n.humanOpeners, report.proxyExcludedUniqueOpens],
      ['clicks_total', n.clicks, report.clicks],
      ['unique_subscriber_clicks', n.clickers, report.uniqueSubscriberClicks],
      ['unsubscribed', n.unsubscribes, report.unsubscribed],
      ['abuse_reports', n.complaints, report.abuseReports],
      ['orders', n.orders, report.orders],
      ['revenue', n.original, total(report.paid.map((paid) => new Decimal(paid)))],
    ];
    const isCapped = [facts.opens, facts.clicks].some((events) => {
      const mine = events.filter((event) => event.campaignId === campaign.id);
      return [...Map.groupBy(mine, (event) => event.emailId).values()].some((group) => group.length >= 1000);
    });
    return measures.map(([measure, ours, reported]) => {
      const gap = new Decimal(ours).minus(reported);
      const reason = gap.isZero()
        ? null
        : gap.isNegative() && n.sent < report.sent && !['orders', 'revenue'].includes(measure)
          ? 'deleted members'
          : gap.isNegative() && isCapped && ['opens_total', 'proxy_excluded_opens', 'clicks_total'].includes(measure)
            ? 'event cap of 1,000 per member'
            : 'unexplained';
      return {
        ...account,
        campaign_id: campaign.id,
        measure,
        ours_value: ours,
        reported_value: reported,
        gap_value: gap,
        reason,
      };
    });
  });
}
