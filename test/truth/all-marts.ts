import type { Warehouse } from '../../src/warehouse/port.ts';
import { abTestResults } from './ab-mart.ts';
import { activeAudienceDaily, audienceGrowthDaily, subscriberLtv } from './audience-marts.ts';
import { campaignPerformance, campaignProfit, linkPerformance } from './campaign-marts.ts';
import { differences } from './compare.ts';
import type { Facts } from './fact-types.ts';
import { clientShare, sendTime } from './reader-marts.ts';
import { reconciliation } from './reconciliation.ts';
import type { TruthRow } from './tally.ts';

type Mart = {
  readonly truth: (facts: Facts) => readonly TruthRow[];
  readonly key: readonly string[];
  readonly tolerances?: Readonly<Record<string, number>>;
};

const campaign = ['account_id', 'campaign_id'] as const;

/** Every mart with its truth. Tolerances are for what both sides integrate numerically; all counts and money are exact. */
export const marts: Readonly<Record<string, Mart>> = {
  campaign_performance: { truth: campaignPerformance, key: campaign },
  campaign_profit: { truth: campaignProfit, key: campaign },
  link_performance: { truth: linkPerformance, key: [...campaign, 'url'] },
  reconciliation: { truth: reconciliation, key: [...campaign, 'measure'] },
  active_audience_daily: {
    truth: activeAudienceDaily,
    key: ['day', 'scope', 'scope_id', 'window_days'],
  },
  client_share: {
    truth: clientShare,
    key: ['scope', 'account_id', 'scope_id', 'month', 'client', 'device', 'os', 'is_proxy'],
  },
  send_time: { truth: sendTime, key: ['scope', 'account_id', 'scope_id', 'time_zone_kind', 'weekday', 'hour'] },
  subscriber_ltv: { truth: subscriberLtv, key: ['subscriber_id'] },
  audience_growth_daily: { truth: audienceGrowthDaily, key: ['account_id', 'list_id', 'day'] },
  ab_test_results: {
    truth: abTestResults,
    key: ['test_id', 'variant', 'metric'],
    tolerances: { probability_best: 1e-6, p_value: 1e-9 },
  },
};

/** Differences of all marts from the truth, by mart; an empty record when the warehouse tells the truth. */
export async function allDifferences(
  warehouse: Pick<Warehouse, 'query'>,
  facts: Facts,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {};
  for (const [name, { truth, key, tolerances }] of Object.entries(marts)) {
    const rows = await warehouse.query(`select * from marts.${name}`);
    const expected = truth(facts);
    if (expected.length === 0) throw new Error(`the truth of ${name} is empty: a comparison with it could not fail`);
    const wrong = differences(rows, expected, key, tolerances);
    if (wrong.length > 0) found[name] = wrong.slice(0, 20);
  }
  return found;
}
