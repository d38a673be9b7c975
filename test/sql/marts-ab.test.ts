import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Row } from '../../src/contracts/sync.ts';
import { campaign, conversion, cost, happen, order, people, totals } from './marts-seeds.ts';
import { MartsWarehouse, type Seed } from './marts-warehouse.ts';

let marts: MartsWarehouse;
afterEach(() => marts.close());

const ids = { source: 'esp', account_id: 'shop', campaign_id: 'c1' };
const variant = (name: string, more: Seed = {}): Promise<void> =>
  marts.seed('core.dim_campaign_variant', [
    { ...ids, variant: name, label: name, is_control: false, is_mailed: true, is_winner_group: false, ...more },
  ]);
const assign = async (name: string, numbers: readonly number[], mailed = true): Promise<void> => {
  await marts.seed(
    'core.int_test_assignment',
    numbers.map((n) => ({
      ...ids,
      subscriber_id: `s${n}`,
      recipient_id: `m${n}`,
      variant: name,
      is_control: !mailed,
      is_mailed: mailed,
    })),
  );
  if (mailed) await happen(marts, 'c1', 'sent', numbers);
};
const build = async (): Promise<void> => {
  await marts.execute(`insert into core.dim_subscriber (subscriber_id, consent_state, list_count)
    select distinct subscriber_id, 'unknown', 0 from core.fct_order where subscriber_id is not null`);
  await marts.build();
  expect(await marts.failedAssertions()).toEqual([]);
};
const result = async (name: string, metric: string): Promise<Row> =>
  (await marts.query(`select * from marts.ab_test_results where variant = '${name}' and metric = '${metric}'`))[0] ??
  {};

describe('ab_test_results', () => {
  beforeEach(async () => {
    marts = await MartsWarehouse.open();
  });

  test('compares the mailed groups of a split by human openers and clickers; the winner’s rest is no part', async () => {
    await campaign(marts, 'c1', { test_kind: 'absplit' });
    await variant('a');
    await variant('b');
    await variant('winner', { is_winner_group: true });
    await assign('a', people(1, 10));
    await assign('b', people(11, 20));
    await happen(marts, 'c1', 'sent', people(21, 60));
    await happen(marts, 'c1', 'open', [1, 1, 2], { is_machine: false });
    await happen(marts, 'c1', 'open', [3, 11], { is_machine: true });
    await happen(marts, 'c1', 'open', [12, 13, 14, 15], { is_machine: false });
    await happen(marts, 'c1', 'open', people(21, 50), { is_machine: false });
    await happen(marts, 'c1', 'click', [12], { is_machine: false, url: 'https://a' });
    await conversion(marts, 'v1', 's21', { variant: 'winner', kind: 'call' });
    await build();
    expect(await result('a', 'call_rate')).toEqual({});
    expect(await result('a', 'open_rate')).toMatchObject({
      is_control: true,
      recipient_count: 10,
      success_count: 2,
      success_rate: 0.2,
      verdict: 'baseline',
    });
    const b = await result('b', 'open_rate');
    expect(b).toMatchObject({
      test_id: 'c1',
      is_control: false,
      success_count: 4,
      success_rate: 0.4,
      control_success_rate: 0.2,
      difference_rate: 0.2,
      verdict: 'not enough evidence',
      revenue_amount: null,
      currency_code: 'EUR',
    });
    expect(b['lift_rate']).toBeCloseTo(1, 12);
    expect(await result('b', 'click_rate')).toMatchObject({
      success_count: 1,
      control_success_rate: 0,
      lift_rate: null,
    });
    expect(await result('winner', 'open_rate')).toEqual({});
  });

  test('takes the hold-out as control for what people did, and the first mailed group for opens', async () => {
    await campaign(marts, 'c1', { test_kind: 'assigned' });
    await variant('mail 1');
    await variant('mail 2');
    await variant('a hold-out', { is_control: true, is_mailed: false });
    await assign('mail 1', people(1, 4));
    await assign('mail 2', people(5, 7));
    await assign('a hold-out', people(8, 9), false);
    await happen(marts, 'c1', 'open', [1], { is_machine: false });
    await conversion(marts, 'v1', 's1', { variant: 'mail 1', kind: 'visit' });
    await conversion(marts, 'v2', 's1', { variant: 'mail 1', kind: 'visit' });
    await conversion(marts, 'v3', 's8', { variant: 'a hold-out', kind: 'visit' });
    await order(marts, 'o1', 's1', '10', { variant: 'mail 1' });
    await order(marts, 'o2', 's1', '5', { variant: 'mail 1' });
    await order(marts, 'o3', 's2', '99', { variant: 'mail 1', status: 'cancelled' });
    await order(marts, 'o4', 's8', '1', { variant: 'a hold-out' });
    // Orders that name nobody are buyers of their own.
    for (const id of ['o5', 'o6']) await order(marts, id, null, '2', { variant: 'mail 2' });
    await cost(marts, 'k1', 'creative', '3', { variant: 'mail 1' });
    await cost(marts, 'k2', 'creative', '7');
    await build();
    expect(await result('mail 1', 'open_rate')).toMatchObject({ is_control: true, success_count: 1 });
    const heldOut = await result('a hold-out', 'open_rate');
    expect(heldOut).toMatchObject({ is_control: false, success_count: null, verdict: 'not testable' });
    expect(heldOut['unavailable_reason']).toBe('success_count: a hold-out was sent nothing to open');
    expect(await result('mail 1', 'visit_rate')).toMatchObject({ success_count: 1, control_success_rate: 0.5 });
    expect(await result('mail 2', 'visit_rate')).toMatchObject({ success_count: 0, success_rate: 0 });
    expect(await result('mail 2', 'purchase_rate')).toMatchObject({ success_count: 2, revenue_amount: '4.000000000' });
    expect(await result('a hold-out', 'purchase_rate')).toMatchObject({
      is_control: true,
      is_mailed: false,
      success_count: 1,
      revenue_amount: '1.000000000',
      incremental_revenue_amount: null,
    });
    expect(await result('mail 1', 'purchase_rate')).toMatchObject({
      success_count: 1,
      revenue_amount: '15.000000000',
      revenue_per_recipient_amount: '3.750000000',
      // 15 − 1 × 4 / 2, and less the 3 that the group cost
      incremental_revenue_amount: '13.000000000',
      cost_amount: '3.000000000',
      incremental_profit_amount: '10.000000000',
      incremental_profit_per_recipient_amount: '2.500000000',
      unavailable_reason: 'cost_amount: costs of the campaign that name no variant are not in it',
    });
  });

  test('takes refunds off the incremental profit, the control’s scaled to the variant; revenue stays whole', async () => {
    await campaign(marts, 'c1', { test_kind: 'assigned', has_per_recipient_events: false });
    await variant('a');
    await variant('b');
    await assign('a', people(1, 3));
    await assign('b', people(4, 5));
    await order(marts, 'o1', 's1', '30', { variant: 'a', status: 'partially_refunded', refund_amount: '1' });
    await order(marts, 'o2', 's4', '100', { variant: 'b', status: 'refunded', refund_amount: '100' });
    await order(marts, 'o3', 's4', '9', { variant: 'b', status: 'partially_refunded', refund_is_unknown: true });
    await order(marts, 'o4', 's5', '5', { variant: 'b', status: 'cancelled', refund_amount: '5' });
    await cost(marts, 'k1', 'creative', '3', { variant: 'b' });
    await build();
    expect(await result('a', 'purchase_rate')).toMatchObject({
      refund_amount: '1.000000000',
      unavailable_reason: null,
    });
    expect(await result('b', 'purchase_rate')).toMatchObject({
      revenue_amount: '109.000000000',
      // 109 − 30 × 2 / 3
      incremental_revenue_amount: '89.000000000',
      refund_amount: '100.000000000',
      // 89 − (100 − 1 × 2 / 3) − 3
      incremental_profit_amount: '-13.333333333',
      incremental_profit_per_recipient_amount: '-6.666666667',
      unavailable_reason: 'refund_amount: source does not state the amount of partial refunds',
    });
    await marts.execute(`update marts.ab_test_results set refund_amount = 0 where variant = 'b'`);
    expect((await marts.failedAssertions()).join()).toContain('incremental profit = difference of the groups’ profit');
  });

  test('rounds incremental revenue once, at the end: 10 − 1 × 2 / 3', async () => {
    await campaign(marts, 'c1', { test_kind: 'assigned', has_per_recipient_events: false });
    await variant('a');
    await variant('b');
    await assign('a', people(1, 3));
    await assign('b', people(4, 5));
    await order(marts, 'o1', 's1', '1', { variant: 'a' });
    await order(marts, 'o2', 's4', '10', { variant: 'b' });
    await build();
    expect(await result('b', 'purchase_rate')).toMatchObject({ incremental_revenue_amount: '9.333333333' });
    expect(await marts.query(`select distinct metric from marts.ab_test_results`)).toEqual([
      { metric: 'purchase_rate' },
    ]);
  });

  test('takes the source’s totals by variant for multivariate tests, and says what they cannot show', async () => {
    await campaign(marts, 'c1', { test_kind: 'variate' });
    await happen(marts, 'c1', 'sent', people(30));
    await happen(marts, 'c1', 'open', [1], { is_machine: null });
    for (const name of ['v1', 'v2']) await variant(name);
    const total = (name: string, measure: string, value: string, currency: string | null = null): Seed => ({
      ...ids,
      variant: name,
      measure,
      value,
      currency_code: currency,
    });
    await marts.seed('core.int_test_aggregate', [
      total('v1', 'sent', '15'),
      total('v1', 'unique_opens', '9'),
      total('v1', 'proxy_excluded_unique_opens', '3'),
      total('v1', 'revenue', '30', 'EUR'),
      total('v2', 'sent', '15'),
      total('v2', 'proxy_excluded_unique_opens', '6'),
      total('v2', 'revenue', '60', 'EUR'),
    ]);
    await totals(marts, 'c1', { sent: '30' });
    await build();
    expect(await result('v2', 'open_rate')).toMatchObject({
      recipient_count: 15,
      success_count: 6,
      control_success_rate: 0.2,
    });
    const clicks = await result('v2', 'click_rate');
    expect(clicks).toMatchObject({ success_count: null, success_rate: null, verdict: 'not testable' });
    expect(clicks['unavailable_reason']).toBe('success_count: source does not tell machine clicks by variant');
    const money = await result('v2', 'purchase_rate');
    expect(money).toMatchObject({
      success_count: null,
      revenue_amount: '60.000000000',
      refund_amount: null,
      incremental_revenue_amount: '30.000000000',
      incremental_profit_amount: '30.000000000',
      incremental_revenue_low_amount: null,
    });
    expect(money['unavailable_reason']).toMatch(
      /^success_count: source states orders by variant, not buyers; refund_amount: source states no refunds by variant; incremental_revenue_low_amount: /,
    );
  });

  test('does not rate more buyers than there are recipients', async () => {
    await campaign(marts, 'c1', { test_kind: 'assigned', has_per_recipient_events: false });
    await variant('a');
    await variant('b');
    await assign('a', [1]);
    await assign('b', [2]);
    for (const n of [2, 3]) await order(marts, `o${n}`, `s${n}`, '1', { variant: 'b' });
    await build();
    const row = await result('b', 'purchase_rate');
    expect(row).toMatchObject({ success_count: null, success_rate: null, revenue_amount: '2.000000000' });
    expect(row['unavailable_reason']).toContain('success_count: more people are named with this variant than');
  });

  test.each([
    ['success_count = 99', 'successes ≤ recipients'],
    ['difference_low_rate = 0.9', 'the interval holds the difference'],
    ['is_control = false', 'one control, probabilities sum to 1'],
    ['probability_best = 0.9', 'one control, probabilities sum to 1'],
    ['revenue_amount = 500', 'variants ≤ their campaign'],
  ])('a wrong result is found: %s', async (change, rule) => {
    await campaign(marts, 'c1', { test_kind: 'absplit' });
    await variant('a');
    await variant('b');
    await assign('a', people(1, 10));
    await assign('b', people(11, 20));
    await happen(marts, 'c1', 'open', [1, 11, 12], { is_machine: false });
    await order(marts, 'o1', 's1', '1', { variant: 'a' });
    await build();
    await marts.execute(`update marts.ab_test_results set ${change} where metric in ('open_rate', 'purchase_rate')`);
    expect((await marts.failedAssertions()).join('\n')).toContain(rule);
  });
});

const shared = process.env['MAILMART_SHARED'] ?? join(import.meta.dirname, '../../../shared');
const published = join(shared, 'data/hillstrom.csv.gz');

describe.skipIf(!existsSync(published))('the Hillstrom test, from the published file', () => {
  beforeEach(async () => {
    marts = await MartsWarehouse.open('2026-06-30', { timeZone: 'UTC', currency: 'USD' });
    await campaign(marts, 'c1', { test_kind: 'assigned', has_per_recipient_events: false });
    await marts.execute(`create table people as select row_number() over () as n, *
      from read_csv('${published}', all_varchar = true)`);
    const own = "'esp', 'shop', 'c1', 's' || n";
    await marts.execute(`insert into core.int_test_assignment (source, account_id, campaign_id, subscriber_id, recipient_id,
      variant, is_control, is_mailed) select ${own}, 'm' || n, segment, segment = 'No E-Mail', segment <> 'No E-Mail' from people`);
    await marts.execute(`insert into core.fct_message_event (source, account_id, campaign_id, subscriber_id, member_id,
      event_id, event_type, event_date) select ${own}, 'm' || n, 'm' || n, 'sent', date '2008-03-06' from people
      where segment <> 'No E-Mail'`);
    for (const name of ['Mens E-Mail', 'Womens E-Mail']) await variant(name);
    await variant('No E-Mail', { is_control: true, is_mailed: false });
    await marts.execute(`insert into core.fct_order (source, account_id, campaign_id, subscriber_id, order_id,
      campaign_account_id, variant, ordered_at, order_date, status, amount, refund_amount, refund_is_unknown, currency_code,
      original_amount, original_currency_code, fx_missing) select ${own}, 'o' || n, 'shop', segment,
      timestamp '2008-03-20 12:00:00', date '2008-03-20', 'paid', spend, 0, false, 'USD', spend, 'USD', false
      from people where conversion = '1'`);
    await marts.execute(`insert into core.fct_conversion (source, account_id, campaign_id, subscriber_id, conversion_id,
      campaign_account_id, variant, kind, converted_at, conversion_date, fx_missing) select ${own}, 'v' || n, 'shop', segment,
      'visit', timestamp '2008-03-20 12:00:00', date '2008-03-20', false from people where visit = '1'`);
    await build();
  });

  test('gives the counts and money of the three groups to the unit', async () => {
    const rows = await marts.query(`select metric, variant, recipient_count, success_count, revenue_amount,
      incremental_revenue_amount, verdict from marts.ab_test_results order by metric, variant`);
    expect(rows.map((row) => Object.values(row))).toEqual([
      // 30311.69 − 13908.33 × 21307 / 21306 and 23038.11 − 13908.33 × 21387 / 21306, by hand
      [
        'purchase_rate',
        'Mens E-Mail',
        21_307,
        267,
        '30311.690000000',
        '16402.707210645',
        'Mens E-Mail wins over No E-Mail',
      ],
      ['purchase_rate', 'No E-Mail', 21_306, 122, '13908.330000000', null, 'baseline'],
      [
        'purchase_rate',
        'Womens E-Mail',
        21_387,
        189,
        '23038.110000000',
        '9076.904062236',
        'Womens E-Mail wins over No E-Mail',
      ],
      ['visit_rate', 'Mens E-Mail', 21_307, 3894, null, null, 'Mens E-Mail wins over No E-Mail'],
      ['visit_rate', 'No E-Mail', 21_306, 2262, null, null, 'baseline'],
      ['visit_rate', 'Womens E-Mail', 21_387, 3238, null, null, 'Womens E-Mail wins over No E-Mail'],
    ]);
  });

  test('gives the campaign what the two mailed groups brought', async () => {
    expect(await marts.query('select sent_count, order_count, revenue_amount from marts.campaign_performance')).toEqual(
      [{ sent_count: 42_694, order_count: 456, revenue_amount: '53349.800000000' }],
    );
    expect(await marts.query('select revenue_amount from marts.campaign_profit')).toEqual([
      { revenue_amount: '53349.800000000' },
    ]);
  });

  test('passes exact sums of squares to Welch’s interval (scipy: 10336.87228 … 22468.54214)', async () => {
    const row = await result('Mens E-Mail', 'purchase_rate');
    expect(Number(row['incremental_revenue_low_amount'])).toBeCloseTo(10_336.872_281_835_06, 6);
    expect(Number(row['incremental_revenue_high_amount'])).toBeCloseTo(22_468.542_139_454_727, 6);
  });
});
