import { afterAll, beforeAll, expect, test } from 'vitest';
import { campaign, conversion, cost, happen, order, people, totals } from './marts-seeds.ts';
import { MartsWarehouse, type Seed } from './marts-warehouse.ts';

// A check that cannot fail is none: every rule of every check is broken once, in a copy of marts that keep all of them.

let marts: MartsWarehouse;
beforeAll(async () => {
  marts = await MartsWarehouse.open('2026-03-31');
  const phone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148';
  await marts.seed('core.int_user_agent', [{ user_agent: phone }]);
  const value = { conversion_value: '12.50', conversion_currency_code: 'EUR' };
  await campaign(marts, 'c1', { subject: 'Short', test_kind: 'assigned', ...value });
  const group = { source: 'esp', account_id: 'shop', campaign_id: 'c1' };
  for (const [variant, isMailed, persons] of [
    ['mail', true, [1, 2, 3, 4]],
    ['none', false, [5, 6]],
  ] as const) {
    const is = { variant, is_control: !isMailed, is_mailed: isMailed };
    await marts.seed('core.dim_campaign_variant', [{ ...group, ...is, label: variant, is_winner_group: false }]);
    await marts.seed(
      'core.int_test_assignment',
      persons.map((n): Seed => ({ ...group, ...is, subscriber_id: `s${n}`, recipient_id: `m${n}` })),
    );
  }
  const mailed = { recipient_domain: 'big.example' };
  await happen(marts, 'c1', 'sent', people(4), { ...mailed, event_at: '2026-01-10 09:00:00' });
  await happen(marts, 'c1', 'bounce', [4], { ...mailed, bounce_type: 'soft' });
  await happen(marts, 'c1', 'open', [1, 1, 2], { is_machine: false, user_agent: phone });
  await happen(marts, 'c1', 'open', [3], { is_machine: false });
  await happen(marts, 'c1', 'click', [1], { is_machine: false, url: 'https://a' });
  await marts.seed('core.dim_link', [{ ...group, link_id: '1', url: 'https://a' }]);
  await order(marts, 'o1', 's1', '10', { variant: 'mail' });
  await order(marts, 'o2', 's5', '1', { variant: 'none' });
  await conversion(marts, 'v1', 's2');
  await cost(marts, 'k1', 'staff', '100');
  await cost(marts, 'k2', 'tools', '3', { campaign_account_id: null, campaign_id: null, cost_date: '2026-02-01' });
  await totals(marts, 'c1', { sent: '4', opens_total: '2' });
  // Of a service whose own numbers are known.
  const chimp = { source: 'mailchimp', account_id: 'chimp' };
  await campaign(marts, 'm1', chimp);
  await happen(marts, 'm1', 'sent', [1], { ...chimp, event_date: '2026-03-20' });
  await happen(marts, 'm1', 'open', [1], { ...chimp, event_date: '2026-03-20', is_machine: false, user_agent: phone });

  const book = { source: 'file', account_id: 'books', campaign_account_id: 'shop', campaign_id: 'c1' };
  await marts.execute("insert into ops.accounts values ('esp', 'shop', null)");
  for (const [id, answer] of [
    ['r1', 'positive'],
    ['r2', 'negative'],
  ] as const) {
    const replied_at = '2026-01-11 10:00:00';
    await marts.seed('core.fct_reply', [{ ...book, reply_id: id, subscriber_id: id, replied_at, reply_class: answer }]);
  }
  for (const length of ['glanced', 'skimmed', 'read', 'unknown']) {
    const opened_at = '2026-01-10 12:00:00';
    await marts.seed('core.fct_view_time', [{ ...book, view_id: length, opened_at, view_class: length }]);
  }
  const day = { check_date: '2026-01-09' };
  await marts.seed('core.fct_spam_test', [{ ...book, ...day, check_id: '1', tool: 'filter', score: 9 }]);
  const seeds = { seed_count: 4, inbox_count: 1, tabs_count: 1, spam_count: 1, missing_count: 1 };
  await marts.seed('core.fct_seed_placement', [
    { ...book, ...day, placement_id: '1', tool: 'seeds', provider_domain: 'big.example', ...seeds },
  ]);
  const stated = { reputation_date: '2026-01-09', domain: 'n.example', provider_domain: 'big.example', tool: 'page' };
  await marts.seed('core.fct_domain_reputation', [
    { source: 'file', account_id: 'books', ...stated, reputation: 'high', complaint_rate: 0.001 },
  ]);
  await marts.seed('core.dim_list_member', [
    {
      source: 'esp',
      account_id: 'shop',
      list_id: 'l1',
      member_id: 'm1',
      subscriber_id: 's1',
      status: 'subscribed',
      joined_at: '2026-01-01 10:00:00',
      is_deleted: false,
    },
  ]);
  await marts.seed(
    'core.dim_subscriber',
    people(6).map((n) => ({
      subscriber_id: `s${n}`,
      consent_state: 'subscribed',
      list_count: 1,
      first_seen_at: '2025-01-01 10:00:00',
      signup_month: '2026-01-01',
    })),
  );
  await marts.build();
});
afterAll(() => marts.close());

/** The least that is wrong: a cent, or one. */
const more = (column: string): string => `${column} = ${column} + ${column.endsWith('_amount') ? '0.01' : '1'}`;
const unexplained = (column: string): string => `${column} = null, unavailable_reason = null`;

/** What breaks each rule: of a check's own mart, or a whole statement. */
const mistakes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ab_test_results: {
    'successes ≤ recipients': 'success_count = recipient_count + 1',
    'successes are NULL only with a reason': unexplained('success_count'),
    'the interval holds the difference': 'difference_rate = 0.5, difference_low_rate = 0.6, difference_high_rate = 0.7',
    'the interval is within −1 and 1': 'difference_rate = 0, difference_low_rate = -2, difference_high_rate = 1',
    'p-value and probability are within 0 and 1': 'p_value = 2',
    'the interval holds the incremental revenue':
      'incremental_revenue_amount = 1, incremental_revenue_low_amount = 2, incremental_revenue_high_amount = 3',
    'a comparison has both, incremental revenue and profit, or neither':
      'incremental_revenue_amount = 1, incremental_profit_amount = null',
    'money stands on purchase_rate, NULL there only with a reason': unexplained('revenue_amount'),
    'refunds stand on purchase_rate, NULL there only with a reason': unexplained('refund_amount'),
    'the control is compared with nothing': 'is_control = true, difference_rate = 0',
    'one control, probabilities sum to 1': 'is_control = false',
    'incremental profit = difference of the groups’ profit': 'cost_amount = 0, incremental_profit_amount = 999',
    'variants ≤ their campaign': 'recipient_count = 999',
  },
  active_audience_daily: {
    'mailed = active + passive + inactive': more('inactive_count'),
    'no count is negative': 'passive_count = -1',
    'the rate is a share, NULL only when nobody was mailed': 'mailed_count = 1, active_audience_rate = null',
    'mailed grows with the window': 'mailed_count = 1000 - window_days',
    'all ≥ every account and list': "mailed_count = mailed_count + case scope when 'all' then 0 else 9 end",
    'an account ≥ every list of it': "mailed_count = mailed_count + case scope when 'list' then 9 else 0 end",
  },
  alerts: {
    'first seen ≤ day': 'first_seen_date = day + 1',
    'first seen ≤ last seen': 'last_seen_date = first_seen_date - 1',
    'open on the day': 'closed_date = day - 1',
    'past the threshold until last seen': 'is_past_threshold = true, last_seen_date = day - 1',
    'a p-value is a probability': 'p_value = 2',
    'a known severity': "severity = 'odd'",
  },
  as_esp_shows: {
    'gap = shown − stated': 'shown_value = 1, stated_value = 0, gap_value = 5',
    'a gap has a reason, no gap has none': 'gap_value = 1, reason = null',
    'a share is not below 0': 'shown_value = -1',
  },
  attribution: {
    'the credits of an outcome sum to 1': 'update core.int_attribution set credit = 0.5',
    'the parts of an order sum to it': 'update core.int_attribution set amount = amount + 0.01',
    'the parts of a conversion sum to its value': 'update core.int_attribution set conversion_value_amount = 99',
  },
  audience_growth_daily: {
    'closing = opening + net': more('closing_count'),
    'net = new + returned − unsubscribed − cleaned − deleted': more('new_count'),
    'no list has fewer than no subscribers': 'opening_count = -1',
    'a day opens with what the day before closed with': `${more('opening_count')}, ${more('closing_count')}`,
  },
  campaign_marts_agree: {
    'campaign_performance and campaign_profit hold the same campaigns and money': `update marts.campaign_profit set ${more('revenue_amount')}`,
  },
  campaign_performance: {
    '0 ≤ delivered ≤ sent': 'delivered_count = sent_count + 1',
    'bounces are hard or soft': more('bounce_count'),
    'unique opens ≤ opens': 'unique_open_count = total_open_count + 1',
    'unique human opens ≤ human opens': 'human_unique_open_count = human_open_count + 1',
    'unique human opens ≤ unique opens': 'human_unique_open_count = unique_open_count + 1',
    'openers on a telephone ≤ openers with a known device ≤ unique human opens': 'known_device_unique_open_count = 99',
    'human + machine + unknown opens = opens': more('human_open_count'),
    'unique clicks ≤ clicks': 'unique_click_count = total_click_count + 1',
    'unique human clicks ≤ human clicks': 'human_unique_click_count = human_click_count + 1',
    'unique human clicks ≤ unique clicks': 'human_unique_click_count = unique_click_count + 1',
    'human + machine + unknown clicks = clicks': more('human_click_count'),
    'openers ≤ delivered, or explained': 'unique_open_count = 99, unavailable_reason = null',
    'buyers ≤ orders': 'purchaser_count = order_count + 1',
    'buyers ≤ converters ≤ orders + conversions': 'converter_count = order_count + conversion_count + 1',
    'warm repliers ≤ repliers': 'reply_count = 1, warm_reply_count = 2',
    'net = revenue − refunds': more('net_revenue_amount'),
    'shares of sent are within 0 and 1': 'soft_bounce_rate = 2',
    'human rates ≤ reported rates': 'open_rate = 1, open_rate_reported = 0.5',
    'from per_recipient_events_from on every campaign is known recipient by recipient':
      'update core.dim_campaign set has_per_recipient_events = false',
  },
  campaign_profit: {
    'the kinds of cost sum to the total': more('staff_amount'),
    'profit = revenue − refunds + value of conversions − costs': more('profit_amount'),
    'conversion_value_amount is NULL only with a reason': unexplained('conversion_value_amount'),
    'the shared costs are a part of the total': 'shared_cost_amount = total_cost_amount + 1',
  },
  client_share: {
    'openers ≤ opens': 'opener_count = open_count + 1',
    'openers ≤ openers with a known client, where it is': 'opener_count = known_opener_count + 1',
    'known openers ≤ known opens': 'known_opener_count = known_open_count + 1',
    'shares are within 0 and 1': 'open_share_rate = 2',
    'a proxy shows no device and no system': "is_proxy = true, device = 'mobile'",
    'a row counts something': 'open_count = 0, machine_open_count = 0, unknown_open_count = 0',
    'opens of the known clients are those that the shares are of': more('known_open_count'),
    'human, machine and unknown opens of a campaign are all of its opens': more('machine_open_count'),
  },
  deliverability_daily: {
    'delivered ≤ sent, or explained': 'delivered_count = sent_count + 1, unavailable_reason = null',
    'bounces are hard or soft': more('bounce_count'),
    'every bounce has a reason, or none is stated': more('unstated_bounce_count'),
    'the places sum to the seeds': more('inbox_count'),
    'what a provider states is a share': 'provider_complaint_rate = 2',
    'all days and domains hold what the campaigns sent': more('sent_count'),
  },
  link_performance: {
    'unique clicks ≤ clicks': 'unique_click_count = total_click_count + 1',
    'unique human clicks ≤ human clicks': 'human_unique_click_count = human_click_count + 1',
    'human + machine + unknown = clicks': more('unknown_click_count'),
    'the human share is a share': 'human_share_rate = 2',
    'links ≤ their campaign': more('total_click_count'),
  },
  ltv_backtest: {
    'buyers ≤ people': 'people_count = 1, buyer_count = 2',
    'error = predicted − actual': 'predicted_amount = 1, actual_amount = 1, error_amount = 5',
    'low ≤ predicted ≤ high': 'predicted_low_amount = 5, predicted_amount = 1, predicted_high_amount = 9',
    'covered means within the bounds':
      'is_covered = true, actual_amount = 10, predicted_low_amount = 1, predicted_high_amount = 2',
    'what is not foretold has a reason': unexplained('predicted_amount'),
    'coverage is a share': 'coverage_rate = 2',
  },
  ltv_cohorts: {
    'profit = revenue − refunds + other revenue − costs': more('profit_amount'),
    'retained ≤ subscribers': 'retained_count = subscriber_count + 1',
    'mailed ≤ subscribers': 'mailed_count = subscriber_count + 1',
    'a cohort has brought what its subscribers have': more('revenue_amount'),
  },
  metric_values: {
    'the value lies in its interval': 'value = 5, low_value = 0, high_value = 1',
    'an interval lies within 0 and 1': 'high_value = 2',
    'money has its currency': 'value_amount = 1, currency_code = null',
    'a period does not end before it begins': 'period_end = period_start - 1',
  },
  profit_monthly: {
    'the kinds of cost sum to the campaigns’': more('staff_amount'),
    'campaigns + unallocated = total cost': more('total_cost_amount'),
    'profit = campaigns’ profit + other revenue − unallocated costs': more('profit_amount'),
    'what is restated is told of closed months alone, and of all but those of another currency':
      'restated_amount = null, unavailable_reason = null',
    'the months of an account sum to its campaigns': more('revenue_amount'),
    'every cost and every other revenue is in one month': more('total_cost_amount'),
  },
  reconciliation: {
    'gap = ours − reported': more('gap_value'),
    'a gap has a reason, no gap has none': 'gap_value = 1, reason = null',
    'an unexplained gap is outside the tolerance':
      "reason = 'unexplained', gap_value = 1, tolerance_value = 2, is_within_tolerance = true",
  },
  reply_performance: {
    'the classes sum to all replies': more('total_reply_count'),
    'people ≤ their replies': 'reply_count = 99',
    'warm repliers ≤ positive replies': 'warm_reply_count = positive_reply_count + 1',
    'warm repliers ≤ repliers': 'warm_reply_count = reply_count + 1',
    'the same numbers as in campaign_performance': more('reply_count'),
  },
  send_time: {
    'openers ≤ opens': 'opener_count = open_count + 1',
    'opened ≤ sent': 'opened_send_count = send_count + 1',
    'shares are within 0 and 1': 'open_share_rate = 2',
    'nine of ten take as long as half of them, or longer': 'p90_seconds_to_open = median_seconds_to_open - 1',
    'a week has 7 days of 24 hours': 'hour = 24',
    'opens of all hours are those of the scope': more('scope_open_count'),
    'opens of a campaign in the reporting zone are all of its opens': more('machine_open_count'),
  },
  spam_checks: {
    'a campaign or a domain': "domain = 'n.example'",
    '0 ≤ score ≤ 10': 'score = 11, threshold_score = 8',
    'passed is score ≥ threshold': 'is_passed = not is_passed',
    'a score or a placement': 'scored_count = 0, seed_count = null',
    'the places sum to the seeds': more('inbox_count'),
  },
  subject_lines: {
    'short is under 35, long over 66 characters': "length_class = 'medium'",
    'rated and tested campaigns ≤ campaigns': 'rated_campaign_count = campaign_count + 1',
    'the interval holds the rate, within 0 and 1': 'open_low_rate = 2',
  },
  subscriber_ltv: {
    'value = revenue − refunds + other revenue': more('ltv_to_date_amount'),
    'the projection is within its bounds, NULL only with a reason': unexplained('ltv_projected_amount'),
    'the class is one of four, NULL only with a reason': "engagement_class = 'odd'",
    'who is in a class was mailed': "engagement_class = 'active', mailed_count = 0",
    'the subscribers hold every named order once': more('order_count'),
  },
  view_time: {
    'glanced + skimmed + read = known': more('glanced_count'),
    'known + unknown = all': more('unknown_view_count'),
    'the shares sum to 1': 'read_rate = 5',
    'brief = glanced + skimmed': 'brief_view_rate = 5',
  },
};

/** Rules of columns that are NULL for want of a denominator are all made alike. */
function mistakeOf(check: string, rule: string): string | undefined {
  const [, column, denominator] = /^(\w+) is NULL only without (\w+) or with a reason$/.exec(rule) ?? [];
  if (column === undefined) return mistakes[check]?.[rule];
  return unexplained(column) + (denominator === 'null' ? '' : `, ${denominator} = 1`);
}

test('every rule of every check of the marts fails where it is broken, and holds where nothing is', async () => {
  expect(await marts.failedAssertions()).toEqual([]);
  const unseen: string[] = [];
  let seen = 0;
  for (const { name, rules } of marts.checks()) {
    const check = name.replace('checks.check_', '');
    // Events between staging and core have a test of their own.
    if (check === 'sendgrid_events') continue;
    for (const rule of rules.filter((one) => !one.startsWith('repeated key'))) {
      const mistake = mistakeOf(check, rule);
      if (mistake === undefined) {
        unseen.push(`${check}: no mistake that breaks: ${rule}`);
        continue;
      }
      await marts.execute('begin');
      await marts.execute(mistake.startsWith('update ') ? mistake : `update marts.${check} set ${mistake}`);
      if (!(await marts.failedAssertions(name)).includes(`${name}: ${rule}`)) unseen.push(`${check}: ${rule}`);
      await marts.execute('rollback');
      seen += 1;
    }
  }
  expect(unseen).toEqual([]);
  expect(seen).toBeGreaterThan(150);
});

test('a column that must have a value is found without one', async () => {
  await marts.execute('begin');
  await marts.execute('update marts.campaign_performance set currency_code = null');
  expect(await marts.failedAssertions('checks.marts_campaign_performance')).toEqual([
    'checks.marts_campaign_performance: broken: currency_code IS NOT NULL',
  ]);
  await marts.execute('rollback');
});
