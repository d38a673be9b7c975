import type { Warehouse } from '../../src/warehouse/port.ts';
import { abTestResults } from './ab-mart.ts';
import { alerts } from './alerts.ts';
import { activeAudienceDaily, audienceGrowthDaily, subscriberLtv } from './audience-marts.ts';
import { campaignPerformance, campaignProfit, linkPerformance } from './campaign-marts.ts';
import { differences } from './compare.ts';
import type { Facts } from './fact-types.ts';
import { asEspShows } from './esp-shows.ts';
import { clientShare, sendTime } from './reader-marts.ts';
import { deliverabilityDaily } from './deliverability-mart.ts';
import { metricValues } from './metric-values.ts';
import { ltvCohorts } from './lifetime.ts';
import { profitMonthly } from './profit-monthly.ts';
import { replyPerformance, spamChecks, subjectLines, viewTime } from './measured-marts.ts';
import { reconciliation } from './reconciliation.ts';
import type { TruthRow } from './tally.ts';
import { truthOf } from './truth-of.ts';

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
  profit_monthly: { truth: profitMonthly, key: ['month', 'source', 'account_id'] },
  link_performance: { truth: linkPerformance, key: [...campaign, 'url'] },
  reconciliation: { truth: reconciliation, key: [...campaign, 'measure'] },
  active_audience_daily: {
    truth: activeAudienceDaily,
    key: ['source', 'account_id', 'day', 'scope', 'scope_id', 'window_days'],
  },
  client_share: {
    truth: clientShare,
    key: ['scope', 'source', 'account_id', 'scope_id', 'month', 'client', 'device', 'os', 'is_proxy'],
  },
  send_time: {
    truth: sendTime,
    key: ['scope', 'source', 'account_id', 'scope_id', 'time_zone_kind', 'weekday', 'hour'],
  },
  subscriber_ltv: { truth: subscriberLtv, key: ['subscriber_id'] },
  ltv_cohorts: { truth: ltvCohorts, key: ['signup_month', 'months_since'] },
  audience_growth_daily: { truth: audienceGrowthDaily, key: ['account_id', 'list_id', 'day'] },
  metric_values: {
    truth: metricValues,
    key: ['metric', 'scope', 'source', 'account_id', 'scope_id', 'period', 'period_start', 'window_text'],
    tolerances: { value: 1e-9, low_value: 1e-9, high_value: 1e-9 },
  },
  alerts: {
    truth: alerts,
    key: ['rule', 'scope', 'source', 'account_id', 'scope_id', 'day'],
    tolerances: { value: 1e-9, threshold_value: 1e-9, baseline_value: 1e-9, p_value: 1e-7 },
  },
  as_esp_shows: {
    truth: asEspShows,
    key: ['account_id', 'campaign_id', 'metric'],
    tolerances: { shown_value: 1e-9, stated_value: 1e-9 },
  },
  ab_test_results: {
    truth: abTestResults,
    key: ['test_id', 'variant', 'metric'],
    tolerances: { probability_best: 1e-6, p_value: 1e-9 },
  },
  view_time: { truth: viewTime, key: campaign },
  reply_performance: { truth: replyPerformance, key: campaign },
  spam_checks: { truth: spamChecks, key: ['account_id', 'campaign_id', 'domain', 'day', 'tool'] },
  subject_lines: { truth: subjectLines, key: ['subject'] },
  deliverability_daily: { truth: deliverabilityDaily, key: ['day', 'recipient_domain'] },
};

/** Differences of all marts from the truth, by mart; an empty record when the warehouse tells the truth. */
export async function allDifferences(
  warehouse: Pick<Warehouse, 'query'>,
  facts: Facts,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {};
  for (const [name, { truth, key, tolerances }] of Object.entries(marts)) {
    const rows = await warehouse.query(`select * from marts.${name}`);
    const expected = truthOf(truth, facts);
    if (expected.length === 0) throw new Error(`the truth of ${name} is empty: a comparison with it could not fail`);
    const wrong = differences(rows, expected, key, tolerances);
    if (wrong.length > 0) found[name] = wrong.slice(0, 20);
  }
  return found;
}
