import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { campaign, conversion, cost, happen, order, people } from './marts-seeds.ts';
import { MartsWarehouse, type Seed } from './marts-warehouse.ts';

let marts: MartsWarehouse;
beforeEach(async () => {
  marts = await MartsWarehouse.open();
});
afterEach(() => marts.close());

const settings = async (change: string): Promise<void> => marts.execute(`update ops.money_settings set ${change}`);
/** Builds what the money is made of, without the people's marts. */
const build = async (): Promise<void> => {
  await marts.execute(`insert into core.dim_subscriber (subscriber_id, consent_state, list_count)
    select distinct subscriber_id, 'unknown', 0 from core.fct_order where subscriber_id is not null`);
  await marts.build();
  expect(await marts.failedAssertions()).toEqual([]);
};
const credits = async (): Promise<readonly unknown[][]> => {
  const rows = await marts.query(`select outcome_id, campaign_id, attribution_basis, credit, amount
    from core.int_attribution order by outcome_id, campaign_id`);
  return rows.map((row) => Object.values(row));
};
const clicked = (campaignId: string, at: string, more: Seed = {}): Promise<void> =>
  happen(marts, campaignId, 'click', [1], { is_machine: false, event_at: at, url: 'https://shop/a', ...more });
const bought = (id: string, at: string, more: Seed = {}): Promise<void> =>
  order(marts, id, 's1', '100.00', {
    campaign_account_id: null,
    campaign_id: null,
    ordered_at: at,
    order_date: at.slice(0, 10),
    ...more,
  });

describe('attribution', () => {
  test('the window holds its last second, over a change of the clocks too, and nothing after or before', async () => {
    await campaign(marts, 'c1');
    await clicked('c1', '2026-03-27 00:30:00');
    // Five days are 432,000 seconds, though Berlin lost an hour on 29 March.
    await bought('edge', '2026-04-01 00:30:00');
    await bought('late', '2026-04-01 00:30:01');
    await bought('same second', '2026-03-27 00:30:00');
    await bought('before', '2026-03-27 00:29:59');
    await build();
    expect(await credits()).toEqual([
      ['edge', 'c1', 'click', '1.000000000', '100.000000000'],
      ['same second', 'c1', 'click', '1.000000000', '100.000000000'],
    ]);
  });

  test('what is stated comes first, then UTM, then people’s clicks; machines’ clicks are none', async () => {
    for (const id of ['c1', 'c2', 'c3']) await campaign(marts, id);
    await marts.seed('core.dim_link', [
      {
        source: 'esp',
        account_id: 'shop',
        campaign_id: 'c2',
        link_id: '1',
        url: 'https://shop/b?utm_campaign=May',
        utm_campaign: 'May',
        utm_medium: 'email',
      },
    ]);
    await clicked('c1', '2026-05-01 10:00:00', { is_machine: null });
    await clicked('c3', '2026-05-01 11:00:00', { is_machine: true });
    const at = '2026-05-02 10:00:00';
    await bought('stated', at, { campaign_account_id: 'shop', campaign_id: 'c3' });
    await bought('stated, not known', at, { campaign_account_id: 'shop', campaign_id: 'gone' });
    await bought('tagged', at, { utm_campaign: 'may', utm_medium: 'email' });
    await bought('tagged elsewhere', at, { utm_campaign: 'May', utm_medium: 'cpc' });
    await bought('bare', at);
    await bought('cancelled', at, { status: 'cancelled' });
    await build();
    expect((await credits()).map((row) => row.slice(0, 3))).toEqual([
      ['bare', 'c1', 'click'],
      ['stated', 'c3', 'stated'],
      ['tagged', 'c2', 'utm'],
      ['tagged elsewhere', 'c1', 'click'],
    ]);
  });

  test.each([
    ['last_click', [['o', 'c2', 'click', '1.000000000', '100.000000000']]],
    ['last_touch', [['o', 'c2', 'click', '1.000000000', '100.000000000']]],
    ['first_touch', [['o', 'c1', 'click', '1.000000000', '100.000000000']]],
    [
      'linear',
      [
        ['o', 'c0', 'click', '0.333333334', '33.340000000'],
        ['o', 'c1', 'click', '0.333333333', '33.330000000'],
        ['o', 'c2', 'click', '0.333333333', '33.330000000'],
      ],
    ],
  ])('%s', async (model, expected) => {
    await settings(`attribution_model = '${model}'`);
    for (const id of ['c0', 'c1', 'c2', 'c9']) await campaign(marts, id);
    await clicked('c1', '2026-05-01 10:00:00');
    await clicked('c1', '2026-05-01 10:00:00');
    await clicked('c0', '2026-05-01 10:30:00');
    await clicked('c2', '2026-05-01 11:00:00');
    // A later open is further away than any click.
    await happen(marts, 'c9', 'open', [1], { is_machine: false, event_at: '2026-05-01 12:00:00' });
    await bought('o', '2026-05-02 10:00:00');
    await build();
    expect(await credits()).toEqual(expected);
  });

  test('in the linear model the value of a conversion is shared in cents, and its parts make the whole', async () => {
    await settings("attribution_model = 'linear'");
    for (const id of ['c1', 'c2', 'c3']) {
      await campaign(marts, id, {
        goal: 'lead_generation',
        conversion_value: '12.50',
        conversion_currency_code: 'EUR',
      });
      await clicked(id, '2026-05-01 10:00:00');
    }
    await conversion(marts, 'lead', 's1', {
      campaign_account_id: null,
      campaign_id: null,
      converted_at: '2026-05-02 10:00:00',
      conversion_date: '2026-05-02',
    });
    await build();
    const values = await marts.query('select conversion_value_amount from core.int_attribution order by campaign_id');
    expect(values.map((row) => row['conversion_value_amount'])).toEqual(['4.170000000', '4.170000000', '4.160000000']);
    await marts.execute('update core.int_attribution set conversion_value_amount = 4.166666667');
    expect((await marts.failedAssertions()).join('\n')).toContain('the parts of a conversion sum to its value');
  });

  test('an open where nothing was clicked, a delivery where nothing was opened, but not for the last click', async () => {
    for (const id of ['c1', 'c2', 'c3']) await campaign(marts, id);
    await happen(marts, 'c1', 'sent', [1, 2], { event_at: '2026-05-01 08:00:00' });
    await happen(marts, 'c2', 'sent', [1, 2], { event_at: '2026-05-01 09:00:00' });
    await happen(marts, 'c3', 'sent', [1, 2], { event_at: '2026-05-01 09:30:00' });
    await happen(marts, 'c3', 'bounce', [1, 2], { event_at: '2026-05-01 09:31:00', bounce_type: 'soft' });
    await happen(marts, 'c1', 'open', [1], { is_machine: false, event_at: '2026-05-01 10:00:00' });
    await happen(marts, 'c2', 'open', [2], { is_machine: true, event_at: '2026-05-01 10:00:00' });
    await bought('opened', '2026-05-02 10:00:00');
    await bought('delivered', '2026-05-02 10:00:00', { subscriber_id: 's2' });
    await build();
    expect(await credits()).toEqual([]);
    await settings("attribution_model = 'last_touch'");
    await marts.build();
    expect((await credits()).map((row) => row.slice(0, 3))).toEqual([
      ['delivered', 'c2', 'delivery'],
      ['opened', 'c1', 'open'],
    ]);
  });

  test('a hold-out’s order belongs to no campaign, whatever it clicked', async () => {
    await campaign(marts, 'c1');
    const variant = {
      source: 'esp',
      account_id: 'shop',
      campaign_id: 'c1',
      variant: 'none',
      label: 'none',
      is_control: true,
      is_mailed: false,
    };
    await marts.seed('core.dim_campaign_variant', [{ ...variant, is_winner_group: false }]);
    await marts.seed('core.int_test_assignment', [
      {
        source: 'esp',
        account_id: 'shop',
        campaign_id: 'c1',
        subscriber_id: 's1',
        recipient_id: 'm1',
        variant: 'none',
        is_control: true,
        is_mailed: false,
      },
    ]);
    const link = { link_id: '1', url: 'https://shop/b?utm_campaign=May', utm_campaign: 'May' };
    await marts.seed('core.dim_link', [{ source: 'esp', account_id: 'shop', campaign_id: 'c1', ...link }]);
    await clicked('c1', '2026-05-01 10:00:00');
    await bought('touched', '2026-05-02 10:00:00');
    await bought('tagged', '2026-05-02 10:00:00', { utm_campaign: 'May' });
    await bought('assigned', '2026-05-02 10:00:00', {
      campaign_account_id: 'shop',
      campaign_id: 'c1',
      variant: 'none',
    });
    await build();
    expect(await credits()).toEqual([]);
  });

  test('a link has the orders and conversions that it led to', async () => {
    await campaign(marts, 'c1');
    for (const [id, url] of [
      ['1', 'https://shop/a'],
      ['2', 'https://shop/b'],
    ]) {
      await marts.seed('core.dim_link', [
        { source: 'esp', account_id: 'shop', campaign_id: 'c1', link_id: id ?? '', url: url ?? '' },
      ]);
    }
    await clicked('c1', '2026-05-01 10:00:00');
    await clicked('c1', '2026-05-01 10:05:00', { url: 'https://shop/b' });
    await bought('o1', '2026-05-02 10:00:00');
    // Between the clicks, and by the campaign that it states: the link clicked last before it, and by a person.
    await clicked('c1', '2026-05-01 10:00:30', { url: 'https://shop/b', is_machine: true });
    await bought('o2', '2026-05-01 10:01:00', { campaign_account_id: 'shop', campaign_id: 'c1' });
    await conversion(marts, 'v1', 's1', { converted_at: '2026-05-02 10:00:00', conversion_date: '2026-05-02' });
    await build();
    const links = await marts.query(
      'select link_id, order_count, conversion_count from marts.link_performance order by link_id',
    );
    expect(links.map((row) => Object.values(row))).toEqual([
      ['1', 1, 0],
      ['2', 1, 1],
    ]);
  });
});

describe('costs without a campaign', () => {
  test('are shared by mails sent, in cents, ties by campaign id, and foot', async () => {
    for (const id of ['c1', 'c2', 'c3']) await campaign(marts, id);
    for (const id of ['c1', 'c2', 'c3']) await happen(marts, id, 'sent', people(2));
    await cost(marts, 'plan', 'esp_fee', '100.005', { campaign_account_id: null, campaign_id: null });
    await cost(marts, 'own', 'staff', '7.5', {});
    await cost(marts, 'march', 'tools', '3', { campaign_account_id: null, campaign_id: null, cost_date: '2026-03-01' });
    await build();
    const rows = await marts.query(`select campaign_id, esp_fee_amount, staff_amount, tools_amount, shared_cost_amount
      from marts.campaign_profit order by campaign_id`);
    expect(rows.map((row) => Object.values(row))).toEqual([
      // 3,333 cents and the one that is left, and half a cent with it.
      ['c1', '33.345000000', '7.500000000', '0.000000000', '33.345000000'],
      ['c2', '33.330000000', '0.000000000', '0.000000000', '33.330000000'],
      ['c3', '33.330000000', '0.000000000', '0.000000000', '33.330000000'],
    ]);
    const months = await marts.query(`select month, source, campaign_cost_amount, unallocated_cost_amount, profit_amount
      from marts.profit_monthly order by month`);
    expect(months.map((row) => Object.values(row))).toEqual([
      ['2026-01-01', 'esp', '107.505000000', '0.000000000', '-107.505000000'],
      ['2026-03-01', 'esp', '0.000000000', '3.000000000', '-3.000000000'],
    ]);
  });

  test('of a source are its campaigns’ alone', async () => {
    await campaign(marts, 'c1');
    await campaign(marts, 'd1', { account_id: 'other' });
    await happen(marts, 'c1', 'sent', people(9));
    await happen(marts, 'd1', 'sent', people(1), { account_id: 'other' });
    await cost(marts, 'plan', 'esp_fee', '20', {
      campaign_account_id: null,
      campaign_id: null,
      scope_account_id: 'other',
    });
    await build();
    const rows = await marts.query(
      'select campaign_id, esp_fee_amount from marts.campaign_profit order by campaign_id',
    );
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['c1', '0.000000000'],
      ['d1', '20.000000000'],
    ]);
  });

  test('made by a rule: hours × rate a campaign, a plan a month, in another currency by its day’s rate', async () => {
    await campaign(marts, 'c1', { name: 'Launch' });
    await campaign(marts, 'c2', { name: 'News', send_date: '2026-02-10', sent_at: '2026-02-10 09:00:00' });
    await happen(marts, 'c1', 'sent', people(3));
    await happen(marts, 'c2', 'sent', people(1), { event_date: '2026-02-10' });
    const rule = { hours: '1', currency_code: 'EUR', account_id: null, match: null, from_date: null, until_date: null };
    await marts.seed('ops.cost_rules', [
      { ...rule, position: 0, kind: 'staff', amount: '45.5', hours: '2.5', per: 'campaign', match: '^Launch' },
      {
        ...rule,
        position: 1,
        kind: 'esp_fee',
        amount: '10',
        per: 'month',
        currency_code: 'USD',
        until_date: '2026-02-03',
      },
      { ...rule, position: 2, kind: 'tools', amount: '0.001', per: 'send', currency_code: 'USD' },
    ]);
    const rate = { source: 'file', account_id: 'books', from_currency: 'USD', to_currency: 'EUR' };
    await marts.seed('core.fx_rate', [
      { ...rate, rate_date: '2025-12-01', next_rate_date: '2026-01-05', rate: '0.9' },
      { ...rate, rate_date: '2026-01-05', next_rate_date: null, rate: '0.8' },
    ]);
    await build();
    const rows = await marts.query(
      'select campaign_id, staff_amount, esp_fee_amount, tools_amount from marts.campaign_profit order by campaign_id',
    );
    expect(rows.map((row) => Object.values(row))).toEqual([
      // A plan on the first of its month, what is by send on the day of the send.
      ['c1', '113.750000000', '9.000000000', '0.002400000'],
      ['c2', '0.000000000', '8.000000000', '0.000800000'],
    ]);
  });

  test('made by a rule for each subscriber: those of the month’s last day, and those who are new in it', async () => {
    const rule = { amount: '1', hours: '1', currency_code: 'EUR', account_id: 'shop', from_date: '2026-05-01' };
    await marts.seed('ops.cost_rules', [
      { ...rule, position: 0, kind: 'tools', per: 'subscriber' },
      { ...rule, position: 1, kind: 'list_building', per: 'new_subscriber' },
    ]);
    const may = '2026-05-10 10:00:00';
    const lastOfMay = '2026-05-31 10:00:00';
    const members: readonly Seed[] = [
      { joined_at: may },
      { joined_at: may, leave_kind: 'unsubscribed', left_at: lastOfMay },
      { joined_at: may, leave_kind: 'unsubscribed', left_at: '2026-06-01 10:00:00' },
      { joined_at: may, leave_kind: 'unsubscribed', left_at: '2026-05-20 10:00:00', returned_at: lastOfMay },
      { joined_at: may, leave_kind: 'deleted', left_at: lastOfMay, deleted_at: lastOfMay },
      { joined_at: may, leave_kind: 'cleaned', left_at: '2026-05-20 10:00:00' },
      { joined_at: lastOfMay },
      // The first of June in Berlin.
      { joined_at: '2026-05-31 22:30:00' },
      { joined_at: '2026-06-30 10:00:00' },
      { joined_at: null },
      { joined_at: may, account_id: 'blog' },
    ];
    await marts.seed(
      'core.dim_list_member',
      members.map((member, at) => ({
        source: 'esp',
        account_id: 'shop',
        list_id: 'l1',
        member_id: `m${at}`,
        ...member,
      })),
    );
    await marts.build(['core.int_campaign_send_month', 'core.int_rule_cost']);
    const rows = await marts.query('select kind, cost_date, quantity from core.int_rule_cost order by kind, cost_date');
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['list_building', '2026-05-01', 7],
      ['list_building', '2026-06-01', 2],
      ['tools', '2026-05-01', 4],
      ['tools', '2026-06-01', 5],
    ]);
  });
});

describe('profit_monthly', () => {
  test('a refund above the revenue counts in its own month; a closed month tells what changed', async () => {
    await campaign(marts, 'c1');
    await order(marts, 'o1', 's1', '50.00', { refund_amount: '70.00', refund_date: '2026-02-01' });
    await marts.seed('ops.closed_months', [
      { month: '2026-01-01', source: 'esp', account_id: 'shop', profit_amount: '60', currency_code: 'EUR' },
      { month: '2026-02-01', source: 'gone', account_id: 'x', profit_amount: '-5', currency_code: 'EUR' },
    ]);
    await build();
    const rows = await marts.query(`select month, source, revenue_amount, refund_amount, profit_amount, is_closed,
      closed_profit_amount, restated_amount from marts.profit_monthly order by month, source`);
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['2026-01-01', 'esp', '50.000000000', '0.000000000', '50.000000000', true, '60.000000000', '-10.000000000'],
      ['2026-02-01', 'esp', '0.000000000', '70.000000000', '-70.000000000', true, '0.000000000', '-70.000000000'],
      ['2026-02-01', 'gone', '0.000000000', '0.000000000', '0.000000000', true, '-5.000000000', '5.000000000'],
    ]);
  });

  test('a month closed in another currency has nothing to be restated against; one of which it is not known has', async () => {
    await campaign(marts, 'c1');
    await order(marts, 'o1', 's1', '50.00', { refund_amount: '70.00', refund_date: '2026-02-01' });
    const shop = { source: 'esp', account_id: 'shop' };
    await marts.seed('ops.closed_months', [
      { ...shop, month: '2026-01-01', profit_amount: '60', currency_code: 'USD' },
      { ...shop, month: '2026-02-01', profit_amount: '-60' },
      { ...shop, month: '2026-03-01', profit_amount: '-5', currency_code: 'EUR' },
      { source: 'gone', account_id: 'x', month: '2026-04-01', profit_amount: '-5', currency_code: 'USD' },
    ]);
    await cost(marts, 'late', 'tools', '3', { campaign_account_id: null, campaign_id: null, cost_date: '2026-04-01' });
    await build();
    const rows = await marts.query(`select month, source, profit_amount, is_closed, closed_profit_amount,
      restated_amount, unavailable_reason from marts.profit_monthly order by month, source`);
    const reason = 'closed_profit_amount: closed in USD; restated_amount: closed in USD';
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['2026-01-01', 'esp', '50.000000000', true, null, null, reason],
      ['2026-02-01', 'esp', '-70.000000000', true, '-60.000000000', '-10.000000000', null],
      ['2026-03-01', 'esp', '0.000000000', true, '-5.000000000', '5.000000000', null],
      // The month was closed in another currency: so was the row that it did not have.
      ['2026-04-01', 'esp', '-3.000000000', true, null, null, reason],
      ['2026-04-01', 'gone', '0.000000000', true, null, null, reason],
    ]);
    const values = await marts.query(`select period_start, value from marts.metric_values
      where metric = 'restated_profit' and scope = 'all' and period = 'month' order by period_start`);
    expect(values.map((row) => Object.values(row))).toEqual([
      ['2026-01-01', null],
      ['2026-02-01', -10],
      ['2026-03-01', 5],
      ['2026-04-01', null],
    ]);
    await marts.execute("update marts.profit_monthly set restated_amount = null where month = '2026-03-01'");
    expect((await marts.failedAssertions()).join('\n')).toContain('what is restated');
  });

  test('the check of the attribution finds an outcome that counts twice, or not whole', async () => {
    await campaign(marts, 'c1');
    await order(marts, 'o1', 's1', '50.00');
    await build();
    await marts.execute('update core.int_attribution set credit = 0.5, amount = 49.99');
    const found = (await marts.failedAssertions()).join('\n');
    expect(found).toContain('the credits of an outcome sum to 1');
    expect(found).toContain('the parts of an order sum to it');
  });
});
