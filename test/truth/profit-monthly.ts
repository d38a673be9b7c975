import { Decimal } from 'decimal.js';
import { attributed, partOf } from './attribution.ts';
import { addDays } from './calendar.ts';
import { lastDayOf, monthOf, spent } from './costs.ts';
import type { Campaign, Facts } from './fact-types.ts';
import { conversionValueOf, type TruthRow } from './tally.ts';

const kinds = ['cost_of_goods', 'esp_fee', 'staff', 'creative', 'list_building', 'tools'];
const columnOf = (kind: string): string => (kinds.includes(kind) ? `${kind}_amount` : 'other_cost_amount');

/** Everything that has a date, put into its month and account. */
export function profitMonthly(facts: Facts): readonly TruthRow[] {
  const sums = new Map<string, Map<string, Decimal>>();
  const add = (month: string, home: string, column: string, amount: Decimal | null): void => {
    const key = `${month} ${home}`;
    const row = sums.get(key) ?? new Map<string, Decimal>();
    sums.set(key, row);
    row.set(column, (row.get(column) ?? new Decimal(0)).plus(amount ?? 0));
  };
  const homeOf = (campaign: Campaign): string => `${campaign.source} ${campaign.accountId}`;
  const { orders, conversions } = attributed(facts);
  for (const credit of orders) {
    const home = homeOf(credit.campaign);
    add(monthOf(credit.item.date), home, 'revenue_amount', partOf(credit.item.amount, credit));
    add(monthOf(credit.item.date), home, 'cost_of_goods_amount', partOf(credit.item.goods, credit));
    if (credit.item.refundDate === null) continue;
    add(monthOf(credit.item.refundDate), home, 'refund_amount', partOf(credit.item.refund, credit));
  }
  for (const credit of conversions) {
    add(monthOf(credit.item.date), homeOf(credit.campaign), 'conversion_value_amount', conversionValueOf(credit));
  }
  for (const { campaign, home, kind, month, amount } of spent(facts)) {
    if (campaign === null) add(month, home, 'unallocated_cost_amount', amount);
    else add(month, homeOf(campaign), columnOf(kind), amount);
  }
  for (const { date, amount } of facts.otherRevenue) add(monthOf(date), 'file books', 'other_revenue_amount', amount);
  const attributedOrders = new Set(orders.map(({ item }) => item));
  for (const order of facts.orders) {
    if (attributedOrders.has(order)) continue;
    add(monthOf(order.date), `${order.source} ${order.accountId}`, 'unattributed_revenue_amount', order.amount);
  }
  return [...sums].map(([key, row]) => {
    const [month = '', source = '', accountId = ''] = key.split(' ');
    const of = (column: string): Decimal => row.get(column) ?? new Decimal(0);
    const costs = Object.fromEntries([...kinds, 'other'].map((kind) => [columnOf(kind), of(columnOf(kind))]));
    const campaignCosts = Object.values(costs).reduce((sum, cost) => sum.plus(cost), new Decimal(0));
    const campaignProfit = of('revenue_amount')
      .minus(of('refund_amount'))
      .plus(of('conversion_value_amount'))
      .minus(campaignCosts);
    const profit = campaignProfit.plus(of('other_revenue_amount')).minus(of('unallocated_cost_amount'));
    const isClosed = facts.asOf > addDays(lastDayOf(month), facts.settings.costs?.close_after_days ?? 5);
    return {
      month,
      source,
      account_id: accountId,
      revenue_amount: of('revenue_amount'),
      refund_amount: of('refund_amount'),
      conversion_value_amount: of('conversion_value_amount'),
      ...costs,
      campaign_cost_amount: campaignCosts,
      campaign_profit_amount: campaignProfit,
      other_revenue_amount: of('other_revenue_amount'),
      unallocated_cost_amount: of('unallocated_cost_amount'),
      total_cost_amount: campaignCosts.plus(of('unallocated_cost_amount')),
      profit_amount: profit,
      unattributed_revenue_amount: of('unattributed_revenue_amount'),
      is_closed: isClosed,
      currency_code: facts.currency,
      ...(isClosed ? {} : { restated_amount: null }),
    };
  });
}
