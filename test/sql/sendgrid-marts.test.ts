import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { personKey } from '../../connectors/_kit/person-key.ts';
import type { Row } from '../../src/contracts/sync.ts';
import * as seeds from './core-seeds.ts';
import { allPassed, openSqlProject, salt, type SqlProject } from './harness.ts';
import { MartsWarehouse } from './marts-warehouse.ts';
import * as grid from './sendgrid-seeds.ts';

const person = (name: string): string => personKey(salt, seeds.address(name));

/** Two services: `grid` mails l1, `shop` mails m1; ann is on both lists. */
describe('the marts of two services', () => {
  let project: SqlProject;
  const one = async (mart: string, where: string): Promise<Row> => {
    const rows = await project.query(`select * from marts.${mart} where ${where}`);
    expect(rows).toHaveLength(1);
    return rows[0] ?? {};
  };

  beforeAll(async () => {
    project = await openSqlProject();
    const test_ = { is_abtest: true, abtest: { type: 'subject', winner_criteria: 'open', test_percentage: 50 } };
    await project.seed('grid', {
      ...grid.mailing,
      'sendgrid.single_sends': [
        ...(grid.mailing['sendgrid.single_sends'] ?? []),
        // Sent before the posts began: one recipient is known from the logs.
        grid.singleSend('s0', '2026-02-01T09:00:00Z', test_),
      ],
      'sendgrid.single_send_details': [grid.details('s1'), grid.details('s0')],
      'sendgrid.single_send_stats': [
        ...(grid.mailing['sendgrid.single_send_stats'] ?? []),
        grid.stats('s0', {
          requests: 100,
          bounce_drops: 5,
          spam_report_drops: 3,
          invalid_emails: 2,
          delivered: 80,
          bounces: 5,
          opens: 40,
          unique_opens: 30,
          clicks: 10,
          unique_clicks: 8,
          unsubscribes: 2,
          spam_reports: 1,
        }),
        grid.stats('s0', { requests: 50, unique_opens: 14 }, ['va', 'test']),
        grid.stats('s0', { requests: 50, unique_opens: 16 }, ['vb', 'test']),
      ],
      'sendgrid.single_send_links': [
        ...(grid.mailing['sendgrid.single_send_links'] ?? []),
        grid.link('s0', grid.home, 2, 10),
      ],
      'sendgrid.log_events': [
        ...(grid.mailing['sendgrid.log_events'] ?? []),
        grid.logged(grid.event('s0', 'zoe', 'processed', '2026-02-01T09:00:05Z')),
        grid.logged(grid.event('s0', 'zoe', 'delivered', '2026-02-01T09:00:05Z')),
        grid.logged(grid.event('s0', 'zoe', 'open', '2026-02-01T10:00:00Z')),
      ],
    });
    await project.seed('shop', {
      'mailchimp.lists': [seeds.list('m1')],
      'mailchimp.members': ['ann', 'max'].map((name) => seeds.member(name, { list_id: 'm1' })),
      'mailchimp.campaigns': [seeds.campaign('c1', '2026-03-01T09:00:00+00:00', { recipients: { list_id: 'm1' } })],
      'mailchimp.sent_to': ['ann', 'max'].map((name) => seeds.sent('c1', name, { list_id: 'm1' })),
      'mailchimp.email_activity': [seeds.activity('c1', 'max', 'open', '2026-03-01T10:00:00+00:00', { list_id: 'm1' })],
    });
    allPassed(await project.transform());
  });
  afterAll(() => project.close());

  test('campaign_performance counts a campaign by its events where all but 2 of 100 recipients are known', async () => {
    expect(await one('campaign_performance', "campaign_id = 's1'")).toMatchObject({
      source: 'sendgrid',
      account_id: 'grid',
      list_id: 'l1',
      kind: 'regular',
      sent_count: 6,
      // ann, bob, cid and fay; fay's bounced a day later, after it was delivered.
      delivered_count: 4,
      bounce_count: 3,
      hard_bounce_count: 2,
      soft_bounce_count: 1,
      total_open_count: 5,
      unique_open_count: 3,
      human_open_count: 4,
      human_unique_open_count: 2,
      machine_open_count: 1,
      unknown_open_count: 0,
      total_click_count: 3,
      unique_click_count: 2,
      human_click_count: 1,
      human_unique_click_count: 1,
      machine_click_count: 2,
      unknown_click_count: 0,
      unsubscribe_count: 2,
      complaint_count: 1,
      forward_count: null,
      open_rate: 2 / 4,
      open_rate_reported: 3 / 4,
      click_rate: 1 / 4,
      click_to_open_rate: 1 / 2,
      opens_per_opener: 4 / 2,
      bounce_rate: 3 / 6,
      hard_bounce_rate: 2 / 6,
      delivery_rate: 4 / 6,
      unsubscribe_rate: 2 / 4,
      complaint_rate: 1 / 4,
      complaint_sent_rate: 1 / 6,
      per_recipient_events_from: '2026-03-01',
    });
  });

  test('and by the totals where they are not: what these cannot say is NULL with its reason', async () => {
    const row = await one('campaign_performance', "campaign_id = 's0'");
    expect(row).toMatchObject({
      kind: 'absplit',
      sent_count: 90,
      delivered_count: 80,
      bounce_count: null,
      hard_bounce_count: 5,
      soft_bounce_count: null,
      total_open_count: 40,
      unique_open_count: 30,
      human_open_count: null,
      human_unique_open_count: null,
      machine_open_count: null,
      total_click_count: 10,
      unique_click_count: 8,
      human_click_count: null,
      unsubscribe_count: 2,
      complaint_count: 1,
      forward_count: null,
      open_rate: null,
      open_rate_reported: 30 / 80,
      click_rate: null,
      click_rate_reported: 8 / 80,
      click_to_open_rate: null,
      click_to_open_rate_reported: 8 / 30,
      opens_per_opener_reported: 40 / 30,
      bounce_rate: null,
      hard_bounce_rate: 5 / 90,
      soft_bounce_rate: null,
      delivery_rate: 80 / 90,
      unsubscribe_rate: 2 / 80,
      complaint_rate: 1 / 80,
      complaint_sent_rate: 1 / 90,
      per_recipient_events_from: '2026-03-01',
    });
    for (const reason of [
      'open_rate: single events are incomplete, and totals do not tell machine opens',
      'click_rate: single events are incomplete, and totals do not tell machine clicks',
      'soft_bounce_count: known in totals only, which leave soft bounces out',
      'bounce_rate: known in totals only, which leave soft bounces out',
      'forward_count: source has no forwards',
    ]) {
      expect(`; ${String(row['unavailable_reason'])}; `).toContain(`; ${reason}; `);
    }
  });

  test('the other service’s campaigns are what they were, its account complete from its first', async () => {
    expect(await one('campaign_performance', "campaign_id = 'c1'")).toMatchObject({
      sent_count: 2,
      delivered_count: 2,
      total_open_count: 1,
      forward_count: 0,
      per_recipient_events_from: '2026-03-01',
    });
  });

  test('link_performance has the clicks of each link, its place, and what the source counts', async () => {
    const columns =
      'url, position, total_click_count, unique_click_count, human_click_count, machine_click_count, reported_total_click_count, reported_unique_click_count';
    const rows = await project.query(
      `select ${columns} from marts.link_performance where source = 'sendgrid' order by campaign_id, url`,
    );
    expect(
      rows.map((row) => Object.values(row).map((value) => (typeof value === 'bigint' ? Number(value) : value))),
    ).toEqual([
      [grid.home, 2, null, null, null, null, 10, null],
      [grid.home, 0, 2, 2, 1, 1, 1, null],
      [grid.sale, 1, 1, 1, 0, 1, 2, null],
    ]);
    const { unavailable_reason: reason } = await one('link_performance', `campaign_id = 's1' and url = '${grid.home}'`);
    expect(reason).toBe('reported_unique_click_count: source states no unique clicks by link');
  });

  test('reconciliation holds the events of a complete campaign against the totals', async () => {
    const rows = await project.query(
      "select campaign_id, measure, cast(gap_value as double) as gap, reason from marts.reconciliation where source = 'sendgrid' order by measure",
    );
    expect(rows.map((row) => Object.values(row))).toEqual(
      [
        'abuse_reports',
        'clicks_total',
        'delivered',
        'hard_bounces',
        'opens_total',
        'sent',
        'unique_opens',
        'unique_subscriber_clicks',
        'unsubscribed',
      ].map((measure) => ['s1', measure, 0, null]),
    );
  });

  test('ab_test_results takes the totals of a test whose single events are incomplete', async () => {
    const rows =
      await project.query(`select variant, metric, cast(recipient_count as integer) as recipients, success_count,
      unavailable_reason from marts.ab_test_results where source = 'sendgrid' order by metric, variant`);
    const machines = (what: string) => `success_count: source does not tell machine ${what} by variant`;
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['va', 'click_rate', 50, null, machines('clicks')],
      ['vb', 'click_rate', 50, null, machines('clicks')],
      ['va', 'open_rate', 50, null, machines('opens')],
      ['vb', 'open_rate', 50, null, machines('opens')],
      ...['va', 'vb'].map((variant) => [
        variant,
        'purchase_rate',
        50,
        null,
        expect.stringContaining('success_count: source states no orders by variant'),
      ]),
    ]);
  });

  test('a person on lists of both services is one subscriber, and one of the audience', async () => {
    expect(
      await project.query(`select consent_state, cast(list_count as integer) as lists from core.dim_subscriber
        where subscriber_id = '${person('ann')}'`),
    ).toEqual([{ consent_state: 'subscribed', lists: 2 }]);
    const rows = await project.query(`select scope, scope_id, cast(mailed_count as integer) as mailed,
      cast(active_count as integer) as active, basis from marts.active_audience_daily
      where day = date '2026-03-02' and window_days = 30 order by scope, scope_id`);
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['account', 'grid', 6, 2, 'human'],
      ['account', 'shop', 2, 1, 'human+unknown'],
      // ann, bob, cid, dan, eve and fay; ann and max: seven people. zoe's campaign tells of her alone.
      ['all', 'all', 7, 3, 'human+unknown'],
      ['list', 'l1', 6, 2, 'human'],
      ['list', 'm1', 2, 1, 'human+unknown'],
    ]);
    expect(await one('subscriber_ltv', `subscriber_id = '${person('ann')}'`)).toMatchObject({
      mailed_count: 2,
      opened_count: 1,
      clicked_count: 1,
    });
  });

  test('audience_growth_daily counts contacts as subscribers of each list', async () => {
    expect(
      await one('audience_growth_daily', "source = 'sendgrid' and list_id = 'l1' and day = date '2026-01-05'"),
    ).toMatchObject({ new_count: 6, closing_count: 6 });
  });
});

describe('the check of events between staging and core', () => {
  const ids = { account_id: 'grid', sg_event_id: 'e1', event_at: '2026-03-01 09:00:00' };
  const planted = async (plant: (marts: MartsWarehouse) => Promise<void>): Promise<readonly string[]> => {
    const marts = await MartsWarehouse.open();
    try {
      await marts.build();
      await plant(marts);
      return (await marts.failedAssertions()).filter((one) => one.startsWith('checks.check_sendgrid_events'));
    } finally {
      marts.close();
    }
  };
  const inCore = (marts: MartsWarehouse) =>
    marts.seed('core.int_sendgrid_message_event', [
      { account_id: 'grid', campaign_id: 's1', event_type: 'open', event_date: '2026-03-01' },
    ]);

  test('holds for an event that is in both', async () => {
    expect(
      await planted(async (marts) => {
        await marts.seed('core.int_sendgrid_event', [{ ...ids, campaign_id: 's1', event: 'open' }]);
        await inCore(marts);
      }),
    ).toEqual([]);
  });

  test.each([
    [
      'in staging only',
      (marts: MartsWarehouse) => marts.seed('core.int_sendgrid_event', [{ ...ids, campaign_id: 's1', event: 'open' }]),
    ],
    ['in core only', inCore],
    [
      'matched, and not in core',
      async (marts: MartsWarehouse) => {
        await marts.seed('core.int_sendgrid_event', [{ ...ids, event: 'click' }]);
        await marts.seed('core.int_sendgrid_event_match', [{ ...ids, event: 'click', campaign_id: 's1' }]);
      },
    ],
  ])('finds an event that is %s', async (_where, plant) => {
    expect(await planted(plant)).toEqual(['checks.check_sendgrid_events: core has each event of a single send once']);
  });

  test('finds a bounce without a message that nobody looked at', async () => {
    expect(await planted((marts) => marts.seed('core.int_sendgrid_event', [{ ...ids, event: 'bounce' }]))).toEqual([
      'checks.check_sendgrid_events: each bounce without a message is matched, or seen to match nothing',
    ]);
  });
});
