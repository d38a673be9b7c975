import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Row } from '../../src/contracts/sync.ts';
import { campaign, conversion, cost, happen, order, people, totals } from './marts-seeds.ts';
import { MartsWarehouse } from './marts-warehouse.ts';

let marts: MartsWarehouse;
beforeEach(async () => {
  marts = await MartsWarehouse.open();
});
afterEach(() => marts.close());

const one = async (mart: string, where = "campaign_id = 'c1'"): Promise<Row> => {
  const rows = await marts.query(`select * from marts.${mart} where ${where}`);
  expect(rows).toHaveLength(1);
  return rows[0] ?? {};
};
const build = async (): Promise<void> => {
  await marts.execute(`insert into core.dim_subscriber (subscriber_id, consent_state, list_count)
    select distinct subscriber_id, 'unknown', 0 from core.fct_order where subscriber_id is not null`);
  await marts.build();
  expect(await marts.failedAssertions()).toEqual([]);
};

describe('campaign_performance', () => {
  test('counts people once and events each, people and machines apart; rates from counts', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', people(10));
    // 2 of 10 bounce, person 10 in both ways: hard. 8 delivered.
    await happen(marts, 'c1', 'bounce', [9, 10], { bounce_type: 'soft' });
    await happen(marts, 'c1', 'bounce', [10], { bounce_type: 'hard' });
    // 7 opens by 5 people: 1 and 2 human (2 twice), 3 machine and human, 4 machine, 5 unknown.
    await happen(marts, 'c1', 'open', [1, 2, 2, 3], { is_machine: false });
    await happen(marts, 'c1', 'open', [3, 4], { is_machine: true });
    await happen(marts, 'c1', 'open', [5], { is_machine: null });
    await happen(marts, 'c1', 'click', [1, 1], { is_machine: false, url: 'https://shop/a' });
    await happen(marts, 'c1', 'click', [4], { is_machine: true, url: 'https://shop/a' });
    await happen(marts, 'c1', 'unsubscribe', [2, 2]);
    await happen(marts, 'c1', 'complaint', [4]);
    await totals(marts, 'c1', { forwards: '3' });
    await order(marts, 'o1', 's1', '100.00', { status: 'refunded', refund_amount: '100.00' });
    await order(marts, 'o2', 's1', '50.25');
    await order(marts, 'o3', 's2', '1000.00', { status: 'cancelled' });
    await conversion(marts, 'v1', 's3');
    await conversion(marts, 'v2', 's3');
    await build();
    expect(await one('campaign_performance')).toMatchObject({
      sent_count: 10,
      bounce_count: 2,
      hard_bounce_count: 1,
      soft_bounce_count: 1,
      delivered_count: 8,
      total_open_count: 7,
      unique_open_count: 5,
      human_open_count: 4,
      human_unique_open_count: 3,
      machine_open_count: 2,
      unknown_open_count: 1,
      total_click_count: 3,
      unique_click_count: 2,
      human_click_count: 2,
      human_unique_click_count: 1,
      machine_click_count: 1,
      unknown_click_count: 0,
      unsubscribe_count: 1,
      complaint_count: 1,
      forward_count: 3,
      order_count: 2,
      purchaser_count: 1,
      conversion_count: 2,
      converter_count: 2,
      revenue_amount: '150.250000000',
      refund_amount: '100.000000000',
      net_revenue_amount: '50.250000000',
      currency_code: 'EUR',
      open_rate: 3 / 8,
      open_rate_reported: 5 / 8,
      click_rate: 1 / 8,
      click_rate_reported: 2 / 8,
      click_to_open_rate: 1 / 3,
      click_to_open_rate_reported: 2 / 5,
      opens_per_opener: 4 / 3,
      opens_per_opener_reported: 7 / 5,
      bounce_rate: 0.2,
      hard_bounce_rate: 0.1,
      soft_bounce_rate: 0.1,
      delivery_rate: 0.8,
      unsubscribe_rate: 1 / 8,
      complaint_rate: 1 / 8,
      complaint_sent_rate: 0.1,
      conversion_rate: 2,
      conversion_delivered_rate: 2 / 8,
      purchase_rate: 1 / 8,
      // 50.25 / 3 and / 10
      revenue_per_open_amount: '16.750000000',
      revenue_per_subscriber_amount: '5.025000000',
      mobile_unique_open_count: null,
      warm_reply_rate: null,
      refreshed_at: '2026-06-30 12:00:00',
    });
  });

  test('has NULL, not 0, where the denominator is 0, and 0 where nobody did', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', [1]);
    await happen(marts, 'c1', 'bounce', [1], { bounce_type: 'hard' });
    await campaign(marts, 'c2');
    await happen(marts, 'c2', 'sent', [1]);
    await build();
    expect(await one('campaign_performance')).toMatchObject({ delivered_count: 0, open_rate: null, bounce_rate: 1 });
    expect(await one('campaign_performance', "campaign_id = 'c2'")).toMatchObject({
      open_rate: 0,
      click_rate: 0,
      click_to_open_rate: null,
      opens_per_opener: null,
      revenue_per_open_amount: null,
      revenue_per_subscriber_amount: '0.000000000',
    });
  });

  test('has no human rate when every open is unknown, and says so', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', people(4));
    await happen(marts, 'c1', 'open', [1, 2], { is_machine: null });
    await happen(marts, 'c1', 'click', [1], { is_machine: null });
    await build();
    const row = await one('campaign_performance');
    expect(row).toMatchObject({
      human_unique_open_count: 0,
      unknown_open_count: 2,
      open_rate: null,
      open_rate_reported: 0.5,
      click_rate: null,
      click_rate_reported: 0.25,
      conversion_rate: null,
    });
    expect(row['unavailable_reason']).toContain('open_rate: no open could be told from a machine; ');
    expect(row['unavailable_reason']).toContain('click_rate: no click could be told from a scanner; ');
  });

  test('knows nothing of opens where the source has none or they were not tracked: NULL with the reason', async () => {
    await campaign(marts, 'c1', { has_per_recipient_events: false, open_tracking: null, click_tracking: null });
    await happen(marts, 'c1', 'sent', people(3));
    await campaign(marts, 'c2', { open_tracking: false });
    await happen(marts, 'c2', 'sent', people(3));
    // What a source counts without tracking is 0, and means that it does not know.
    await totals(marts, 'c2', { opens_total: '0', unique_opens: '0', proxy_excluded_unique_opens: '0' });
    await build();
    const row = await one('campaign_performance');
    expect(row).toMatchObject({ sent_count: 3, delivered_count: null, total_open_count: null, open_rate: null });
    expect(row['unavailable_reason']).toContain('unique_open_count: source has no per-recipient opens; ');
    expect(row['unavailable_reason']).toContain('delivered_count: source has no bounces; ');
    const off = await one('campaign_performance', "campaign_id = 'c2'");
    expect(off).toMatchObject({ total_open_count: null, open_rate: null, total_click_count: 0, click_rate: 0 });
    expect(off['unavailable_reason']).toContain('open_rate: open tracking is off; ');
  });

  test('a sum says how many campaigns it leaves out and why, and does not give the reason of one for all', async () => {
    for (const [id, tracked] of [
      ['c1', true],
      ['c2', false],
      ['c3', false],
    ] as const) {
      await campaign(marts, id, { open_tracking: tracked });
      await happen(marts, id, 'sent', people(4));
    }
    await happen(marts, 'c1', 'open', [1], { is_machine: false });
    await campaign(marts, 'd1', { account_id: 'club', has_per_recipient_events: false });
    await build();
    const values = await marts.query(`select scope_id, value, unavailable_reason from marts.metric_values
      where metric = 'open_rate' and period = 'lifetime' order by scope_id`);
    const [off, silent] = ['open tracking is off', 'source has no per-recipient opens'];
    expect(values.map((row) => Object.values(row))).toEqual([
      ['all', 0.25, `3 of 4 are left out: ${off}, among other reasons`],
      ['c1', 0.25, null],
      ['c2', null, off],
      ['c3', null, off],
      ['club', null, silent],
      ['d1', null, silent],
      ['shop', 0.25, `2 of 3 are left out: ${off}`],
    ]);
  });

  test('counts the bounces, unsubscribes and complaints of a source that tells no opens', async () => {
    const file = { source: 'file', recipient_domain: 'firm.example' };
    for (const [id, account] of [
      ['c1', 'shop'],
      ['c2', 'shop'],
      ['c3', 'other'],
    ] as const) {
      const own = { ...file, account_id: account };
      await campaign(marts, id, { source: 'file', account_id: account, has_per_recipient_events: false });
      await happen(marts, id, 'sent', people(4), own);
    }
    await happen(marts, 'c1', 'bounce', [1], { ...file, bounce_type: 'hard', bounce_reason: 'unknown_user' });
    await happen(marts, 'c1', 'unsubscribe', [2], file);
    await happen(marts, 'c1', 'complaint', [3], file);
    await build();
    const counts = await marts.query(`select campaign_id, sent_count, delivered_count, bounce_count, hard_bounce_count,
      unsubscribe_count, complaint_count, total_open_count, bounce_rate from marts.campaign_performance order by 1`);
    expect(counts.map((row) => Object.values(row))).toEqual([
      ['c1', 4, 3, 1, 1, 1, 1, null, 0.25],
      ['c2', 4, 4, 0, 0, 0, 0, null, 0],
      ['c3', 4, null, null, null, null, null, null, null],
    ]);
    const days = await marts.query(`select recipient_domain, sent_count, delivered_count, bounce_count,
      unknown_user_bounce_count, complaint_count from marts.deliverability_daily order by 1`);
    expect(days.map((row) => Object.values(row))).toEqual([
      ['firm.example', 8, 7, 1, 1, 1],
      ['unknown', 4, null, null, null, null],
    ]);
  });

  test('no row with fewer than 0 delivered passes its check', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'bounce', [1], { bounce_type: 'hard' });
    await marts.build();
    expect((await marts.failedAssertions()).join('\n')).toContain('0 ≤ delivered ≤ sent');
  });

  test('takes the totals of a source that tells no single events', async () => {
    await campaign(marts, 'c1', { has_per_recipient_events: false });
    await totals(marts, 'c1', {
      sent: '100',
      hard_bounces: '3',
      soft_bounces: '2',
      opens_total: '80',
      unique_opens: '50',
      proxy_excluded_opens: '60',
      proxy_excluded_unique_opens: '38',
      clicks_total: '9',
      unique_subscriber_clicks: '7',
      unsubscribed: '1',
      abuse_reports: '0',
    });
    await build();
    const row = await one('campaign_performance');
    expect(row).toMatchObject({
      sent_count: 100,
      delivered_count: 95,
      human_unique_open_count: 38,
      machine_open_count: 20,
      unknown_open_count: 0,
      open_rate: 38 / 95,
      open_rate_reported: 50 / 95,
      click_rate: null,
      click_rate_reported: 7 / 95,
    });
    expect(row['unavailable_reason']).toContain('click_rate: source does not tell machine clicks');
    // Totals are no second opinion on themselves.
    expect(await marts.query('select * from marts.reconciliation')).toEqual([]);
  });

  test('a delivery after a bounce undoes it; deliveries told one by one decide', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', people(4));
    await happen(marts, 'c1', 'bounce', [1, 2], { bounce_type: 'soft', event_at: '2026-01-10 10:00:00' });
    await happen(marts, 'c1', 'delivered', [1], { event_at: '2026-01-10 12:00:00' });
    await happen(marts, 'c1', 'delivered', [3], { event_at: '2026-01-10 09:30:00' });
    // In the second of the bounce is not after it.
    await happen(marts, 'c1', 'delivered', [2], { event_at: '2026-01-10 10:00:00' });
    await build();
    expect(await one('campaign_performance')).toMatchObject({ bounce_count: 1, delivered_count: 3 });
    expect(await one('deliverability_daily', "recipient_domain = 'unknown'")).toMatchObject({
      bounce_count: 1,
      delivered_count: 3,
    });
  });

  test('leaves out money without an exchange rate and names the currencies', async () => {
    await campaign(marts, 'c1');
    await order(marts, 'o1', 's1', '10');
    const foreign = { amount: null, refund_amount: null, fx_missing: true };
    await order(marts, 'o2', 's2', '10', { ...foreign, original_currency_code: 'USD' });
    await order(marts, 'o3', 's3', '10', { ...foreign, original_currency_code: 'CHF', refund_is_unknown: true });
    await build();
    const row = await one('campaign_performance');
    expect(row).toMatchObject({ order_count: 3, purchaser_count: 3, revenue_amount: '10.000000000' });
    expect(row['unavailable_reason']).toContain('revenue_amount: no FX rate for CHF, USD; ');
    expect(row['unavailable_reason']).toContain(
      'refund_amount: no FX rate for CHF, USD, source does not state the amount of partial refunds; ',
    );
  });

  test('what a hold-out did belongs to no campaign: it was not mailed', async () => {
    await campaign(marts, 'c1', { test_kind: 'assigned' });
    const variant = { source: 'esp', account_id: 'shop', campaign_id: 'c1', is_winner_group: false };
    await marts.seed('core.dim_campaign_variant', [
      { ...variant, variant: 'mail', label: 'mail', is_control: false, is_mailed: true },
      { ...variant, variant: 'none', label: 'none', is_control: true, is_mailed: false },
    ]);
    await order(marts, 'o1', 's1', '10', { variant: 'mail' });
    await order(marts, 'o2', 's2', '1000', { variant: 'none' });
    await conversion(marts, 'v1', 's2', { variant: 'none' });
    await marts.build();
    expect(await one('campaign_performance')).toMatchObject({
      order_count: 1,
      converter_count: 1,
      conversion_count: 0,
      revenue_amount: '10.000000000',
    });
    expect(await one('campaign_profit')).toMatchObject({ revenue_amount: '10.000000000' });
  });

  test('rounds a displayed ratio of money half away from zero to 9 places, below zero too', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', people(8));
    await order(marts, 'o1', 's1', '0.00000002', { refund_amount: '0' });
    await campaign(marts, 'c2');
    await happen(marts, 'c2', 'sent', people(8));
    await order(marts, 'o2', 's1', '0', { campaign_id: 'c2', refund_amount: '0.00000002' });
    await build();
    // 20 billionths / 8 = 2.5 → 3
    expect(await one('campaign_performance')).toMatchObject({ revenue_per_subscriber_amount: '0.000000003' });
    expect(await one('campaign_performance', "campaign_id = 'c2'")).toMatchObject({
      revenue_per_subscriber_amount: '-0.000000003',
    });
  });
});

describe('campaign_profit', () => {
  test('is what came in less every direct cost, to the cent', async () => {
    await campaign(marts, 'c1', {
      goal: 'lead_generation',
      conversion_value: '12.50',
      conversion_currency_code: 'EUR',
    });
    await order(marts, 'o1', 's1', '100.10', { cost_of_goods_amount: '40.05', original_cost_of_goods_amount: '40.05' });
    await order(marts, 'o2', 's2', '20', { status: 'refunded', refund_amount: '20' });
    await conversion(marts, 'v1', 's3');
    await conversion(marts, 'v2', 's3');
    await cost(marts, 'k1', 'esp_fee', '7.01');
    await cost(marts, 'k2', 'staff', '10');
    await cost(marts, 'k3', 'creative', '5');
    await cost(marts, 'k4', 'list_building', '2');
    await cost(marts, 'k5', 'tools', '1');
    await cost(marts, 'k6', 'other', '0.50');
    await cost(marts, 'k7', 'cost_of_goods', '3');
    await cost(marts, 'k8', 'staff', '999', { campaign_id: null, campaign_account_id: null });
    await build();
    const row = await one('campaign_profit');
    expect(row).toMatchObject({
      revenue_amount: '120.100000000',
      refund_amount: '20.000000000',
      conversion_count: 2,
      conversion_value_amount: '25.000000000',
      cost_of_goods_amount: '43.050000000',
      esp_fee_amount: '7.010000000',
      staff_amount: '10.000000000',
      creative_amount: '5.000000000',
      list_building_amount: '2.000000000',
      tools_amount: '1.000000000',
      other_cost_amount: '0.500000000',
      total_cost_amount: '68.560000000',
      // 120.10 − 20 + 25 − 68.56
      profit_amount: '56.540000000',
      profit_margin_rate: 56.54 / 125.1,
      roi_rate: 56.54 / 68.56,
      // three people converted: s1, s2, s3
      cost_per_conversion_amount: '22.853333333',
      unavailable_reason: 'cost_of_goods_amount: 1 of 2 orders state none, counted as 0',
    });
  });

  test('a loss on less than nothing is no margin of 200 %', async () => {
    await campaign(marts, 'c1');
    // More was given back than paid: a gesture of goodwill.
    await order(marts, 'o1', 's1', '100', { refund_amount: '110', refund_date: '2026-01-12' });
    await cost(marts, 'k1', 'staff', '10');
    await campaign(marts, 'c2');
    await order(marts, 'o2', 's1', '60', { campaign_id: 'c2' });
    await build();
    expect(await one('campaign_profit', "campaign_id = 'c1'")).toMatchObject({
      profit_amount: '-20.000000000',
      profit_margin_rate: null,
      roi_rate: -2,
    });
    const margin = async (where: string) =>
      await marts.query(`select numerator, denominator, value from marts.metric_values
        where metric = 'profit_margin' and period = 'lifetime' and ${where}`);
    expect(await margin("scope_id = 'c1'")).toEqual([
      { numerator: '-20.000000000', denominator: '-10.000000000', value: null },
    ]);
    // With a campaign beside it that earned, both are in the sums.
    expect(await margin("scope = 'all'")).toEqual([
      { numerator: '40.000000000', denominator: '50.000000000', value: 0.8 },
    ]);
  });

  test('converts the value of a conversion at the rate of the send date, or says that there is none', async () => {
    const rate = { source: 'file', account_id: 'books', from_currency: 'USD', to_currency: 'EUR' };
    await marts.seed('core.fx_rate', [
      { ...rate, rate_date: '2026-01-01', next_rate_date: '2026-01-11', rate: '0.8' },
      { ...rate, rate_date: '2026-01-11', next_rate_date: null, rate: '0.9' },
    ]);
    await campaign(marts, 'c1', { conversion_value: '10', conversion_currency_code: 'USD' });
    await conversion(marts, 'v1', 's1');
    await conversion(marts, 'v2', 's2');
    await campaign(marts, 'c2', { conversion_value: '10', conversion_currency_code: 'GBP' });
    await conversion(marts, 'v3', 's1', { campaign_id: 'c2' });
    await campaign(marts, 'c3');
    await conversion(marts, 'v4', 's1', { campaign_id: 'c3' });
    await build();
    expect(await one('campaign_profit')).toMatchObject({ conversion_value_amount: '16.000000000' });
    expect(await one('campaign_profit', "campaign_id = 'c2'")).toMatchObject({
      conversion_value_amount: null,
      profit_amount: '0.000000000',
      unavailable_reason: 'conversion_value_amount: no FX rate for GBP, counted as 0',
    });
    expect(await one('campaign_profit', "campaign_id = 'c3'")).toMatchObject({
      conversion_value_amount: '0.000000000',
      unavailable_reason: 'conversion_value_amount: no rule gives a conversion a value, counted as 0',
    });
  });

  test('names the currency of a cost that could not be converted', async () => {
    await campaign(marts, 'c1');
    await cost(marts, 'k1', 'staff', null, { original_currency_code: 'USD' });
    await build();
    expect(await one('campaign_profit')).toMatchObject({
      staff_amount: '0.000000000',
      profit_margin_rate: null,
      roi_rate: null,
      unavailable_reason: 'total_cost_amount: no FX rate for USD',
    });
  });
});

describe('link_performance', () => {
  const link = { source: 'esp', account_id: 'shop', campaign_id: 'c1' };

  test('puts clicks on the link of their URL, people and machines apart, beside the totals of the source', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', people(5));
    await marts.seed('core.dim_link', [
      {
        ...link,
        link_id: '1',
        url: 'https://a',
        utm_source: 'news',
        total_clicks_reported: 6,
        unique_clicks_reported: 4,
      },
      { ...link, link_id: '2', url: 'https://b', total_clicks_reported: 0, unique_clicks_reported: 0 },
      { ...link, link_id: '3', url: 'https://a', total_clicks_reported: 1, unique_clicks_reported: 1 },
    ]);
    await happen(marts, 'c1', 'click', [1, 1, 2], { url: 'https://a', is_machine: false });
    await happen(marts, 'c1', 'click', [2, 3], { url: 'https://a', is_machine: true });
    await happen(marts, 'c1', 'click', [4], { url: 'https://unlisted', is_machine: false });
    // A recipient whose name nobody knows is one all the same, as in the campaign's own numbers.
    await happen(marts, 'c1', 'click', [5, 5], { url: 'https://a', is_machine: false, subscriber_id: null });
    await order(marts, 'o1', 's1', '10');
    await conversion(marts, 'v1', 's1');
    await build();
    expect(await one('link_performance', "link_id = '1'")).toMatchObject({
      utm_source: 'news',
      total_click_count: 7,
      unique_click_count: 4,
      human_click_count: 5,
      human_unique_click_count: 3,
      machine_click_count: 2,
      unknown_click_count: 0,
      human_share_rate: 5 / 7,
      reported_total_click_count: 6,
      reported_unique_click_count: 4,
      position: null,
      conversion_count: 1,
      order_count: 1,
    });
    expect(await one('link_performance', "link_id = '2'")).toMatchObject({
      total_click_count: 0,
      human_share_rate: null,
    });
    const twin = await one('link_performance', "link_id = '3'");
    expect(twin).toMatchObject({ total_click_count: 0, unique_click_count: 0, conversion_count: 0, order_count: 0 });
    expect(await one('campaign_performance')).toMatchObject({ unique_click_count: 5, human_unique_click_count: 4 });
    expect(twin['unavailable_reason']).toContain('the URL occurs more than once');
  });

  test('does not know the human share of clicks that could not be judged', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', [1]);
    await marts.seed('core.dim_link', [{ ...link, link_id: '1', url: 'https://a' }]);
    await happen(marts, 'c1', 'click', [1], { url: 'https://a', is_machine: null });
    await build();
    const row = await one('link_performance');
    expect(row).toMatchObject({ total_click_count: 1, unknown_click_count: 1, human_share_rate: null });
    expect(row['unavailable_reason']).toContain('human_share_rate: no click could be told from a scanner');
  });
});

describe('reconciliation', () => {
  const gaps = async (): Promise<readonly unknown[][]> =>
    (
      await marts.query(`select campaign_id, measure, ours_value, reported_value, gap_value, reason, tolerance_value,
        is_within_tolerance from marts.reconciliation order by campaign_id, measure`)
    ).map((row) =>
      Object.values(row).map((value) => (typeof value === 'string' ? value.replace(/\.0{9}$/, '') : value)),
    );

  test('names deleted members for what is missing, and nothing else', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', people(8));
    await happen(marts, 'c1', 'open', [1, 1, 1, 2], { is_machine: false });
    await happen(marts, 'c1', 'click', [1], { is_machine: false, url: 'https://a' });
    await totals(marts, 'c1', {
      sent: '10',
      opens_total: '10',
      unique_opens: '4',
      proxy_excluded_opens: '20',
      clicks_total: '0',
      unsubscribed: '0',
    });
    await build();
    expect(await gaps()).toEqual([
      // more than the source counts: no deleted member explains that
      ['c1', 'clicks_total', '1', '0', '1', 'unexplained', '0', false],
      // 2 missing × 4 events of the busiest
      ['c1', 'opens_total', '4', '10', '-6', 'deleted members', '8', true],
      ['c1', 'proxy_excluded_opens', '4', '20', '-16', 'deleted members', '8', false],
      ['c1', 'sent', '8', '10', '-2', 'deleted members', '2', true],
      ['c1', 'unique_opens', '2', '4', '-2', 'deleted members', '2', true],
      ['c1', 'unsubscribed', '0', '0', '0', null, '0', true],
    ]);
  });

  test('names messages that are not known where events are told as they happen; their deliveries are compared, too', async () => {
    await campaign(marts, 'c1', { recipient_basis: 'observed' });
    await happen(marts, 'c1', 'sent', people(98));
    await happen(marts, 'c1', 'delivered', people(90));
    await happen(marts, 'c1', 'open', [1, 1, 2], { is_machine: false });
    await happen(marts, 'c1', 'unsubscribe', [1]);
    await totals(marts, 'c1', { sent: '100', delivered: '91', opens_total: '7', unique_opens: '5', unsubscribed: '0' });
    await build();
    const reason = 'messages not known one by one';
    expect(await gaps()).toEqual([
      ['c1', 'delivered', '90', '91', '-1', reason, '2', true],
      // 2 missing × 2 events of the busiest
      ['c1', 'opens_total', '3', '7', '-4', reason, '4', true],
      ['c1', 'sent', '98', '100', '-2', reason, '2', true],
      ['c1', 'unique_opens', '2', '5', '-3', reason, '2', false],
      ['c1', 'unsubscribed', '1', '0', '1', 'unexplained', '0', false],
    ]);
    // Ten of those who were sent it have no delivery yet, and none of them bounced.
    expect(await one('campaign_performance')).toMatchObject({ sent_count: 98, delivered_count: 90, bounce_count: 0 });
  });

  test('names drops that the totals count as sent, in sent alone; nobody is missing for that', async () => {
    for (const id of ['c1', 'c2']) await campaign(marts, id, { recipient_basis: 'observed', unstated_drop_count: 3 });
    await happen(marts, 'c1', 'sent', people(97));
    await totals(marts, 'c1', { sent: '100', unique_opens: '1', unsubscribed: '0' });
    await happen(marts, 'c2', 'sent', people(96));
    await totals(marts, 'c2', { sent: '100', unique_opens: '1' });
    await build();
    expect(await gaps()).toEqual([
      ['c1', 'sent', '97', '100', '-3', 'dropped messages counted as sent', '3', true],
      ['c1', 'unique_opens', '0', '1', '-1', 'unexplained', '0', false],
      ['c1', 'unsubscribed', '0', '0', '0', null, '0', true],
      // 3 dropped, 1 missing
      ['c2', 'sent', '96', '100', '-4', 'messages not known one by one', '4', true],
      ['c2', 'unique_opens', '0', '1', '-1', 'messages not known one by one', '1', true],
    ]);
  });

  test('names the cap of events, and leaves the rest unexplained', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', people(2));
    await marts.execute(`insert into core.fct_message_event (source, account_id, campaign_id, subscriber_id, member_id,
      event_id, event_type, event_at, event_date, is_machine) select 'esp', 'shop', 'c1', 's1', 'm1', 'cap' || i, 'open',
      timestamp '2026-01-10 10:00:00', date '2026-01-10', false from range(1000) as t(i)`);
    await totals(marts, 'c1', { sent: '2', opens_total: '1700', unique_opens: '2' });
    await build();
    expect(await gaps()).toEqual([
      ['c1', 'opens_total', '1000', '1700', '-700', 'event cap of 1,000 per member', '1000', true],
      ['c1', 'sent', '2', '2', '0', null, '0', true],
      ['c1', 'unique_opens', '1', '2', '-1', 'unexplained', '0', false],
    ]);
  });

  test('compares orders of the account’s own shop in the shop’s currency', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', people(2));
    await order(marts, 'o1', 's1', '90', { original_amount: '100', original_currency_code: 'USD' });
    await order(marts, 'o2', 's1', '9', { original_amount: '10', original_currency_code: 'USD', status: 'cancelled' });
    await order(marts, 'o3', 's1', '50', { source: 'file', account_id: 'books' });
    // In another currency than the source's total: an order of its own shop, but none of its dollars.
    await order(marts, 'o4', 's1', '7');
    await totals(marts, 'c1', { orders: '2' });
    await totals(marts, 'c1', { revenue: '100' }, 'USD');
    await build();
    expect(await gaps()).toEqual([
      ['c1', 'orders', '2', '2', '0', null, '0', true],
      ['c1', 'revenue', '100', '100', '0', null, '0', true],
    ]);
  });
});

describe('the day from which on an account is known recipient by recipient', () => {
  const from = async (): Promise<readonly unknown[]> =>
    (
      await marts.query(
        'select distinct account_id, per_recipient_events_from from marts.campaign_performance order by account_id',
      )
    ).map((row) => Object.values(row));

  test('is that of the first campaign after the last incomplete one, an account for itself', async () => {
    const more = (account: string, date: string, isKnown: boolean) => ({
      account_id: account,
      send_date: date,
      has_per_recipient_events: isKnown,
    });
    await campaign(marts, 'a1', more('a', '2026-01-01', true));
    await campaign(marts, 'a2', more('a', '2026-01-05', false));
    // Complete, but on a day that has one that is not.
    await campaign(marts, 'a3', more('a', '2026-01-05', true));
    await campaign(marts, 'a4', more('a', '2026-01-09', true));
    await campaign(marts, 'a5', more('a', '2026-01-12', true));
    await campaign(marts, 'b1', more('b', '2026-01-07', true));
    await campaign(marts, 'c1', more('c', '2026-01-01', true));
    await campaign(marts, 'c2', more('c', '2026-01-20', false));
    await build();
    expect(await from()).toEqual([
      ['a', '2026-01-09'],
      ['b', '2026-01-07'],
      ['c', null],
    ]);
    expect((await one('campaign_performance', "campaign_id = 'c1'"))['unavailable_reason']).toContain(
      'per_recipient_events_from: the newest campaign of the account is not known recipient by recipient',
    );
    await marts.execute("update marts.campaign_performance set per_recipient_events_from = date '2026-01-05'");
    expect(await marts.failedAssertions()).toEqual([
      'checks.check_campaign_performance: from per_recipient_events_from on every campaign is known recipient by recipient',
    ]);
  });
});
