import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { personKey } from '../../connectors/_kit/person-key.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Row } from '../../src/contracts/sync.ts';
import * as seeds from './core-seeds.ts';
import { allPassed, cells, openSqlProject, salt, type SqlProject } from './harness.ts';

const { activity, campaign, engagement, link, list, member, order, row, sent, unsubscribe } = seeds;
const person = (name: string): string => personKey(salt, seeds.address(name));

/** These tests are about core; the marts have their own. */
const core = ['core.dim_*', 'core.fct_*', 'core.fx_rate', 'core.int_test_*'];

let project: SqlProject;
const open = async (config = {}): Promise<void> => {
  project = await openSqlProject(config);
};
const close = async (): Promise<void> => {
  await project.close();
};

const events = async (where: string): Promise<readonly unknown[][]> =>
  (
    await project.query(`select member_id, event_type, cast(event_at as varchar) as happened,
      cast(event_date as varchar) as day, is_machine, machine_rule, bounce_type
      from core.fct_message_event where ${where} order by member_id, event_type, happened, is_machine nulls first`)
  ).map((event) => Object.values(event));

describe('events of Mailchimp', () => {
  beforeAll(async () => {
    await open();
    const eve = { list_id: 'l1', campaign_id: 'c1', email_id: 'eve', email_address: seeds.address('eve') };
    const report = (id: number, date: string) => ({ ...eve, id, date });
    await project.seed('shop', {
      ...engagement,
      'mailchimp.abuse_reports': [
        report(1, '2025-04-01T08:00:00+00:00'),
        report(2, '2025-04-01T08:00:00+00:00'),
        report(3, '2025-04-02T08:00:00+00:00'),
        report(4, ''),
        report(5, ''),
      ],
    });
    allPassed(await project.transform({}, core));
  });
  afterAll(close);

  test('opens of one second get the proxy flags of that second, human first', async () => {
    expect(await events("campaign_id = 'c1' and event_type = 'open' and member_id = 'ann'")).toEqual([
      ['ann', 'open', '2025-03-30 00:10:00', '2025-03-30', false, 'mailchimp_proxy_open', null],
      ['ann', 'open', '2025-03-30 00:10:00', '2025-03-30', true, 'mailchimp_proxy_open', null],
    ]);
  });

  test('an open without a flag is unknown, and its day is that of the reporting zone in summer time', async () => {
    expect(await events("campaign_id = 'c1' and event_type = 'open' and member_id = 'cid'")).toEqual([
      ['cid', 'open', '2025-03-30 22:30:00', '2025-03-31', null, null, null],
    ]);
  });

  test('all links within ten seconds of the first click are a machine, later clicks and other people are not', async () => {
    expect(await events("campaign_id = 'c1' and event_type = 'click'")).toEqual([
      ['ann', 'click', '2025-03-30 00:11:00', '2025-03-30', false, 'burst_click', null],
      ['ann', 'click', '2025-03-30 00:12:00', '2025-03-30', false, 'burst_click', null],
      ['bob', 'click', '2025-03-30 00:00:00', '2025-03-30', true, 'burst_click', null],
      ['bob', 'click', '2025-03-30 00:00:10', '2025-03-30', true, 'burst_click', null],
      ['bob', 'click', '2025-03-31 06:00:00', '2025-03-31', false, 'burst_click', null],
    ]);
  });

  test('a click is unknown while no link of the campaign is known', async () => {
    expect(await events("campaign_id = 'c2' and event_type = 'click'")).toEqual([
      ['ann', 'click', '2025-04-02 09:00:00', '2025-04-02', null, null, null],
    ]);
  });

  test('a bounce is one row per recipient and type, with the time of the activity or of the send', async () => {
    expect(await events("event_type = 'bounce'")).toEqual([
      ['dan', 'bounce', '2025-03-29 23:30:00', '2025-03-30', null, null, 'hard'],
      ['dan', 'bounce', '2025-03-29 23:31:00', '2025-03-30', null, null, 'soft'],
      ['eve', 'bounce', '2025-03-29 23:30:00', '2025-03-30', null, null, 'soft'],
    ]);
  });

  test('every recipient is sent once, at the campaign’s time, and keeps one key over campaigns', async () => {
    const rows = await project.query(
      `select subscriber_id, count(*) as mails from core.fct_message_event where event_type = 'sent' group by 1 order by 2 desc`,
    );
    expect(rows).toHaveLength(5);
    expect(rows[0]).toEqual({ subscriber_id: person('ann'), mails: 2 });
  });

  test('every event has an id of its own: two opens of a second, reports of one person', async () => {
    const [all] = await project.query(`select count(*) as events, count(distinct event_id) as ids,
      count(case when event_type = 'complaint' then 1 end) as complaints from core.fct_message_event`);
    expect(all).toEqual({ events: all?.['ids'], ids: all?.['ids'], complaints: 5 });
  });

  test('links carry their utm parts, decoded', async () => {
    const rows = await project.query(
      'select link_id, utm_source, utm_campaign, utm_term from core.dim_link order by link_id',
    );
    expect(rows).toEqual([
      { link_id: 'k1', utm_source: null, utm_campaign: null, utm_term: null },
      { link_id: 'k2', utm_source: 'news', utm_campaign: 'spring sale', utm_term: null },
    ]);
  });
});

describe('list members', () => {
  beforeAll(async () => {
    await open();
    await project.seed('shop', {
      'mailchimp.lists': [list('l1')],
      'mailchimp.campaigns': [campaign('c1', '2025-02-01T08:00:00+00:00')],
      'mailchimp.unsubscribes': ['back', 'gone', 'archived', 'twice'].map((name) =>
        unsubscribe('c1', name, '2025-02-02T09:00:00+00:00'),
      ),
      'mailchimp.members': [
        member('stays'),
        member('imported', { timestamp_signup: '', timestamp_opt: '2025-01-07T00:00:00+00:00' }),
        member('back', { timestamp_opt: '2025-03-01T00:00:00+00:00' }),
        member('gone', { status: 'unsubscribed', last_changed: '2025-05-01T00:00:00+00:00' }),
        member('elsewhere', { status: 'unsubscribed', last_changed: '2025-05-02T00:00:00+00:00' }),
        member('archived', { status: 'archived', last_changed: '2025-05-03T00:00:00+00:00' }),
        member('dead', { status: 'cleaned', last_changed: '2025-05-04T00:00:00+00:00' }),
        member('waiting', { status: 'pending', timestamp_opt: '' }),
        member('twice', {
          status: 'unsubscribed',
          timestamp_opt: '2025-03-01T00:00:00+00:00',
          last_changed: '2025-05-05T00:00:00+00:00',
        }),
        member('erased'),
      ],
    });
    project.setNow('2026-07-01T12:00:00.000Z');
    await project.seed(
      'shop',
      {
        'mailchimp.members': [
          member('stays'),
          member('imported', { timestamp_signup: '', timestamp_opt: '2025-01-07T00:00:00+00:00' }),
          member('back', { timestamp_opt: '2025-03-01T00:00:00+00:00' }),
          member('gone', { status: 'unsubscribed', last_changed: '2025-05-01T00:00:00+00:00' }),
          member('elsewhere', { status: 'unsubscribed', last_changed: '2025-05-02T00:00:00+00:00' }),
          member('archived', { status: 'archived', last_changed: '2025-05-03T00:00:00+00:00' }),
          member('dead', { status: 'cleaned', last_changed: '2025-05-04T00:00:00+00:00' }),
          member('waiting', { status: 'pending', timestamp_opt: '' }),
          member('twice', {
            status: 'unsubscribed',
            timestamp_opt: '2025-03-01T00:00:00+00:00',
            last_changed: '2025-05-05T00:00:00+00:00',
          }),
        ],
      },
      { whole: true },
    );
    allPassed(await project.transform({}, core));
  });
  afterAll(close);

  test('who left, when, how, and who came back', async () => {
    const rows = await project.query(`select member_id, cast(cast(joined_at as date) as varchar) as joined, leave_kind,
      cast(cast(left_at as date) as varchar) as "left", cast(cast(returned_at as date) as varchar) as returned
      from core.dim_list_member order by member_id`);
    expect(rows.map((one) => Object.values(one))).toEqual([
      ['archived', '2025-01-05', 'unsubscribed', '2025-02-02', null],
      ['back', '2025-01-05', 'unsubscribed', '2025-02-02', '2025-03-01'],
      ['dead', '2025-01-05', 'cleaned', '2025-05-04', null],
      ['elsewhere', '2025-01-05', 'unsubscribed', '2025-05-02', null],
      ['erased', '2025-01-05', 'deleted', '2026-07-01', null],
      ['gone', '2025-01-05', 'unsubscribed', '2025-02-02', null],
      ['imported', '2025-01-07', null, null, null],
      ['stays', '2025-01-05', null, null, null],
      // Left through the campaign, consented again, and left another way: the first leaving is not the one that holds.
      ['twice', '2025-01-05', 'unsubscribed', '2025-05-05', null],
      ['waiting', null, null, null, null],
    ]);
  });

  test('one person each, with the state of consent over all lists', async () => {
    const rows = await project.query(
      'select consent_state, count(*) as people, sum(list_count) as lists from core.dim_subscriber group by consent_state order by consent_state',
    );
    expect(rows.map((one) => Object.values(one).map(String))).toEqual([
      ['cleaned', '1', '0'],
      ['deleted', '1', '0'],
      ['pending', '1', '0'],
      ['subscribed', '3', '3'],
      ['unsubscribed', '4', '0'],
    ]);
  });
});

describe('campaigns', () => {
  const combination = (id: string, subject: number) => ({ id, subject_line: subject, from_name: 0 });
  beforeAll(async () => {
    await open({
      campaigns: [
        { match: '^Launch', goal: 'lead_generation' },
        { match: 'Launch.*2', goal: 'customer_acquisition', conversion_value: '12.50' },
      ],
    });
    await project.seed('shop', {
      'mailchimp.lists': [list('l1')],
      'mailchimp.campaigns': [
        campaign('c1', '2025-10-26T00:30:00+00:00', { settings: { title: 'Launch 1', subject_line: 'One' } }),
        campaign('c2', '2025-10-26T23:30:00+00:00', { settings: { title: 'Launch 2', subject_line: 'Two' } }),
        campaign('draft', '', { status: 'save' }),
        campaign('ab', '2025-05-01T08:00:00+00:00', {
          type: 'absplit',
          ab_split_opts: {
            split_test: 'subject',
            subject_a: 'Short',
            subject_b: 'Long',
            from_name_a: 'x',
            send_time_a: '2020-01-01T00:00:00+00:00',
            send_time_winner: '2025-05-01T22:30:00+00:00',
          },
        }),
        campaign('when', '2025-05-03T08:00:00+00:00', {
          type: 'absplit',
          ab_split_opts: {
            split_test: 'schedule',
            send_time_a: '2025-05-03T08:00:00+00:00',
            send_time_b: '2025-05-04T18:00:00+00:00',
            send_time_winner: '2025-13-45T00:00:00+00:00',
          },
        }),
        campaign('var', '2025-05-02T08:00:00+00:00', {
          type: 'variate',
          variate_settings: {
            subject_lines: ['Red', 'Blue'],
            from_names: ['Shop'],
            winning_campaign_id: 'v3',
            combinations: [combination('v1', 0), combination('v2', 1)],
          },
        }),
        campaign('v1', '2025-05-02T08:00:00+00:00', { parent_campaign_id: 'var' }),
      ],
      'mailchimp.automation_emails': [
        campaign('auto', '', { workflow_id: 'w1', status: 'sending', type: 'automation' }),
        campaign('never', '', { workflow_id: 'w1', status: 'paused', type: 'automation' }),
      ],
      'mailchimp.reports': [
        {
          id: 'auto',
          list_id: 'l1',
          emails_sent: 5,
          send_time: '2025-06-01T08:00:00+00:00',
          opens: { opens_total: 2 },
        },
      ],
      'mailchimp.sub_reports': ['v1', 'v2', 'v3'].map((id) => ({
        parent_campaign_id: 'var',
        id,
        emails_sent: 10,
        subject_line: `Subject ${id}`,
        opens: { unique_opens: 4 },
        ecommerce: { total_orders: 1, total_spent: 9.5, total_revenue: 8, currency_code: 'EUR' },
      })),
      'mailchimp.sent_to': [
        sent('ab', 'ann', { absplit_group: 'a' }),
        sent('ab', 'bob', { absplit_group: 'b' }),
        sent('ab', 'cid', { absplit_group: 'winner' }),
        ...['a', 'b', 'winner'].map((group) => sent('when', `in ${group}`, { absplit_group: group })),
        sent('auto', 'dan'),
        sent('auto', 'eve', { status: 'soft' }),
      ],
    });
    allPassed(await project.transform({}, core));
  });
  afterAll(close);

  test('what was sent is a campaign; drafts, variants and unsent automation e-mails are not', async () => {
    const rows = await project.query(`select campaign_id, kind, goal, cast(conversion_value as varchar) as value,
      cast(send_date as varchar) as day, test_kind from core.dim_campaign order by campaign_id`);
    expect(rows.map((one) => Object.values(one))).toEqual([
      ['ab', 'absplit', null, null, '2025-05-01', 'absplit'],
      ['auto', 'automation', null, null, '2025-06-01', null],
      // 00:30 UTC is 02:30 of the hour that Berlin has twice; the later rule wins for c2.
      ['c1', 'regular', 'lead_generation', null, '2025-10-26', null],
      ['c2', 'regular', 'customer_acquisition', '12.500000000', '2025-10-27', null],
      ['var', 'variate', null, null, '2025-05-02', 'variate'],
      ['when', 'absplit', null, null, '2025-05-03', 'absplit'],
    ]);
  });

  test('a group of a test was sent when it was: the winner once it was picked, groups of times at theirs', async () => {
    const none = [null, null, null];
    expect(await events("campaign_id in ('ab', 'when') and event_type = 'sent'")).toEqual([
      ['ann', 'sent', '2025-05-01 08:00:00', '2025-05-01', ...none],
      ['bob', 'sent', '2025-05-01 08:00:00', '2025-05-01', ...none],
      ['cid', 'sent', '2025-05-01 22:30:00', '2025-05-02', ...none],
      ['in a', 'sent', '2025-05-03 08:00:00', '2025-05-03', ...none],
      ['in b', 'sent', '2025-05-04 18:00:00', '2025-05-04', ...none],
      // Nobody says when: it is the campaign's time.
      ['in winner', 'sent', '2025-05-03 08:00:00', '2025-05-03', ...none],
    ]);
  });

  test('nobody tells when an automation wrote to whom: its first send is not the day of everybody’s mail', async () => {
    const undated = [null, null, null, null];
    expect(await events("campaign_id = 'auto'")).toEqual([
      ['dan', 'sent', ...undated, null],
      ['eve', 'bounce', ...undated, 'soft'],
      ['eve', 'sent', ...undated, null],
    ]);
    expect(
      await project.query(
        'select distinct cast(first_seen_at as varchar) as seen from core.dim_subscriber order by seen',
      ),
    ).toContainEqual({ seen: null });
  });

  test('drafts have a name all the same, for what is checked before it is sent', async () => {
    const rows = await project.query(`select source, account_id, campaign_id, name from core.dim_campaign_name
      where campaign_id in ('c1', 'draft', 'auto') order by campaign_id`);
    expect(rows.map((one) => Object.values(one))).toEqual([
      ['mailchimp', 'shop', 'auto', 'Title auto'],
      ['mailchimp', 'shop', 'c1', 'Launch 1'],
      ['mailchimp', 'shop', 'draft', 'Title draft'],
    ]);
  });

  test('groups of tests have labels that tell them apart', async () => {
    const rows = await project.query(
      'select campaign_id, variant, label, is_winner_group from core.dim_campaign_variant order by campaign_id, variant',
    );
    expect(rows.map((one) => Object.values(one))).toEqual([
      ['ab', 'a', 'Short', false],
      ['ab', 'b', 'Long', false],
      ['ab', 'winner', 'winner, sent to the rest', true],
      ['var', 'v1', 'Red', false],
      ['var', 'v2', 'Blue', false],
      ['var', 'v3', 'winner, sent to the rest', true],
      ['when', 'a', '2025-05-03T08:00:00+00:00', false],
      ['when', 'b', '2025-05-04T18:00:00+00:00', false],
      ['when', 'winner', 'winner, sent to the rest', true],
    ]);
  });

  test('totals of variants and campaigns keep exact amounts and leave out what was not stated', async () => {
    const rows = await project.query(
      `select measure, cast(value as varchar) as value, currency_code from core.int_test_aggregate where variant = 'v1' order by measure`,
    );
    expect(rows.map((one) => Object.values(one))).toEqual([
      ['orders', '1.000000000', null],
      ['revenue', '9.500000000', 'EUR'],
      ['revenue_less_tax_and_shipping', '8.000000000', 'EUR'],
      ['sent', '10.000000000', null],
      ['unique_opens', '4.000000000', null],
    ]);
    const counters = await project.query('select measure from core.fct_campaign_counter order by measure');
    expect(counters.map((one) => one['measure'])).toEqual(['opens_total', 'sent']);
  });
});

describe('files', () => {
  const recipient = (id: string, more = {}) =>
    row({ campaign_id: 'f1', recipient_id: id, person: `id:${id}`, sent_at: '2025-03-01T10:00:00Z', ...more });
  const recipients = [
    recipient('r1', { variant: 'A', person: 'ann@example.com' }),
    recipient('r2', { variant: 'A' }),
    recipient('r3', { variant: 'none', is_control: 'true' }),
  ];
  beforeAll(async () => {
    await open();
    await project.seed('books', {
      'file.recipients': recipients,
      'file.events': [
        row({
          event_id: 'e1',
          campaign_id: 'f1',
          recipient_id: 'r1',
          person: 'id:r1',
          event_type: 'open',
          event_at: '2025-03-01T11:00:00Z',
          is_machine: 'true',
        }),
        row({
          event_id: 'e2',
          campaign_id: 'f1',
          person: 'Ann@Example.com',
          event_type: 'click',
          event_at: '2025-03-01T12:00:00Z',
          url: 'https://x.example/',
        }),
        row({
          event_id: 'e3',
          campaign_id: 'f1',
          recipient_id: 'r2',
          person: 'id:r2',
          event_type: 'bounce',
          event_at: '2025-03-01T10:01:00Z',
        }),
      ],
      'file.orders': [
        row({
          order_id: 'o1',
          recipient_id: 'r1',
          person: 'id:r1',
          campaign_id: 'f1',
          ordered_at: '2025-03-02T10:00:00Z',
          amount: '10.10',
          currency_code: 'EUR',
        }),
        row({
          order_id: 'o2',
          recipient_id: 'r3',
          person: 'id:r3',
          campaign_id: 'f1',
          ordered_at: '2025-03-02T10:00:00Z',
          amount: '3.00',
          currency_code: 'EUR',
          status: 'refunded',
        }),
      ],
    });
    allPassed(await project.transform({}, core));
  });
  afterAll(close);

  test('a hold-out is assigned but not sent, and its orders keep their group', async () => {
    const mailed = await project.query(
      "select member_id, variant from core.fct_message_event where event_type = 'sent' order by member_id",
    );
    expect(mailed.map((one) => Object.values(one))).toEqual([
      ['r1', 'A'],
      ['r2', 'A'],
    ]);
    const variants = await project.query(
      'select variant, is_control, is_mailed from core.dim_campaign_variant order by variant',
    );
    expect(variants.map((one) => Object.values(one))).toEqual([
      ['A', false, true],
      ['none', true, false],
    ]);
    const orders = await project.query(
      'select order_id, variant, status, cast(refund_amount as varchar) as refund from core.fct_order order by order_id',
    );
    expect(orders.map((one) => Object.values(one))).toEqual([
      ['o1', 'A', 'paid', '0.000000000'],
      ['o2', 'none', 'refunded', '3.000000000'],
    ]);
  });

  test('rows that name the person and rows that name the recipient meet', async () => {
    const rows = await project.query(
      `select event_type, member_id, subscriber_id, is_machine, bounce_type from core.fct_message_event
       where event_type <> 'sent' order by event_at desc`,
    );
    expect(rows.map((one) => Object.values(one))).toEqual([
      ['click', 'r1', person('ann'), null, null],
      ['open', 'r1', person('ann'), true, null],
      ['bounce', 'r2', personKey(salt, 'id:r2'), null, 'soft'],
    ]);
    const buyers = await project.query("select subscriber_id from core.fct_order where order_id = 'o1'");
    expect(buyers).toEqual([{ subscriber_id: person('ann') }]);
  });

  test('campaigns come from the recipients when no file describes them', async () => {
    const rows = await project.query(
      'select campaign_id, name, kind, test_kind, has_per_recipient_events, cast(sent_at as varchar) as sent_at from core.dim_campaign',
    );
    expect(rows).toEqual([
      {
        campaign_id: 'f1',
        name: 'f1',
        kind: 'file',
        test_kind: 'assigned',
        has_per_recipient_events: true,
        sent_at: '2025-03-01 10:00:00',
      },
    ]);
  });

  test('who got, opened or bounced a message was sent one, when its campaign was, though no row says so', async () => {
    const event = (id: string, recipient: string, who: string, type: string) =>
      row({
        event_id: id,
        campaign_id: 'f2',
        recipient_id: recipient,
        person: who,
        event_type: type,
        event_at: '2025-04-01T12:00:00Z',
      });
    await project.seed('books', {
      'file.campaigns': [row({ campaign_id: 'f2', sent_at: '2025-04-01T10:00:00Z' })],
      'file.events': [
        // Ids of rows: Ann is one, and Bob, whom a row says, is not the one of Cid's first row.
        event('s1', '1', 'bob@example.com', 'sent'),
        event('s2', '2', 'ann@example.com', 'delivered'),
        event('s3', '3', 'ann@example.com', 'open'),
        event('s4', '4', 'bob@example.com', 'click'),
        event('s5', '1', 'cid@example.com', 'bounce'),
        // An id that has no name, and one whose name another row knows.
        event('s6', '9', 'id:9', 'sent'),
        event('s7', '9', 'dan@example.com', 'open'),
        event('s8', '8', 'id:8', 'open'),
        event('s9', '7', 'eve@example.com', 'unsubscribe'),
      ],
    });
    allPassed(await project.transform({}, core));
    const sents = await project.query(`select subscriber_id, cast(event_at as varchar) as sent_at
      from core.fct_message_event where campaign_id = 'f2' and event_type = 'sent'`);
    const when = (who: string, at: string) => ({ subscriber_id: who, sent_at: `2025-04-01 ${at}` });
    const byPerson = (a: Row, b: Row) => (String(a['subscriber_id']) < String(b['subscriber_id']) ? -1 : 1);
    expect([...sents].toSorted(byPerson)).toEqual(
      [
        when(person('ann'), '10:00:00'),
        when(person('bob'), '12:00:00'),
        when(person('cid'), '10:00:00'),
        when(personKey(salt, 'id:9'), '12:00:00'),
        when(personKey(salt, 'id:8'), '10:00:00'),
      ].toSorted(byPerson),
    );
  });

  test('two ids of one address are one recipient: as many were sent as can be delivered', async () => {
    const at = '2025-05-01T10:00:00Z';
    const ann = { campaign_id: 'f3', person: 'ann@example.com' };
    const bob = { campaign_id: 'f3', person: 'bob@example.com' };
    const event = (id: string, type: string, more: JsonObject) =>
      row({ event_id: id, event_type: type, event_at: '2025-05-01T10:01:00Z', campaign_id: 'f3', ...more });
    await project.seed('books', {
      'file.recipients': [
        recipient('t2', { ...ann, sent_at: at, variant: 'B' }),
        recipient('t1', { ...ann, sent_at: at, variant: 'A' }),
        recipient('t3', { ...bob, sent_at: at }),
        recipient('t4', { ...bob, sent_at: '2025-05-02T10:00:00Z' }),
        // Nobody knows whether these are one.
        recipient('t5', { campaign_id: 'f3', sent_at: at }),
        recipient('t6', { campaign_id: 'f3', sent_at: at }),
      ],
      'file.events': [
        // One sending, of which the file says whom it went to and not which row of the list it was.
        event('t-bob', 'sent', bob),
        ...['t1', 't2', 't3', 't5', 't6'].map((id) =>
          event(`d-${id}`, 'delivered', { recipient_id: id, person: `id:${id}` }),
        ),
      ],
    });
    allPassed(await project.transform({}, [...core, 'core.int_campaign_counts']));
    const sents = await project.query(`select member_id, variant, cast(event_at as varchar) as sent_at
      from core.fct_message_event where campaign_id = 'f3' and event_type = 'sent' order by member_id`);
    expect(sents.map((one) => Object.values(one))).toEqual([
      ['t1', 'A', '2025-05-01 10:00:00'],
      ['t3', null, '2025-05-01 10:01:00'],
      ['t5', null, '2025-05-01 10:00:00'],
      ['t6', null, '2025-05-01 10:00:00'],
    ]);
    expect(
      await project.query(
        "select sent_count, delivered_event_count as delivered from core.int_campaign_counts where campaign_id = 'f3'",
      ),
    ).toEqual([{ sent_count: 4, delivered: 4 }]);
  });

  test('a corrected file corrects the numbers', async () => {
    await project.seed('books', { 'file.recipients': recipients.slice(0, 1), 'file.events': [] }, { whole: true });
    allPassed(await project.transform({}, core));
    const rows = await project.query('select event_type, member_id from core.fct_message_event');
    expect(rows).toEqual([{ event_type: 'sent', member_id: 'r1' }]);
  });
});

describe('money', () => {
  beforeAll(async () => {
    await open();
    const rate = (date: string, currency: string, value: string, number: number) =>
      row({ rate_date: date, from_currency: currency, to_currency: 'EUR', rate: value }, number);
    await project.seed('books', {
      'file.fx_rates': [
        rate('2025-03-31', 'USD', '0.9', 1),
        rate('2025-04-02', 'USD', '0.8', 2),
        rate('2025-01-01', 'IDR', '0.000056123456', 3),
      ],
      'file.costs': [
        row({
          cost_id: 'k1',
          campaign_account_id: 'shop',
          campaign_id: 'c1',
          kind: 'staff',
          amount: '0.000000001',
          currency_code: 'USD',
          incurred_on: '2025-04-02',
        }),
        row({ cost_id: 'k2', kind: 'tools', amount: '-0.000000005', currency_code: 'USD', incurred_on: '2025-04-01' }),
      ],
    });
    await project.seed('shop', {
      'mailchimp.orders': [
        // 2 April in Berlin, 1 April in UTC: the day of the rate is the reporting zone's.
        order('o1', 'ann', 100, { currency_code: 'USD', processed_at_foreign: '2025-04-01T22:30:00+00:00' }),
        order('o2', 'ann', '12345678901234.123456789', {}),
        order('o3', 'ann', 5, { currency_code: 'USD', processed_at_foreign: '2025-03-01T10:00:00+00:00' }),
        order('o4', 'ann', 1000, { currency_code: 'IDR', financial_status: 'partially_refunded' }),
        order('o5', 'ann', 7, { financial_status: 'refunded' }),
        order('o6', 'ann', 8, { cancelled_at_foreign: '2025-04-03T10:00:00+00:00' }),
      ],
    });
    allPassed(await project.transform({}, core));
  });
  afterAll(close);

  test('each amount takes the latest rate of its own day; without one it is NULL and says so', async () => {
    const rows = await project.query(`select order_id, status, cast(amount as varchar) as amount,
      cast(refund_amount as varchar) as refund, refund_is_unknown, fx_missing from core.fct_order order by order_id`);
    expect(rows.map((one) => Object.values(one))).toEqual([
      ['s1/o1', 'paid', '80.000000000', '0.000000000', false, false],
      ['s1/o2', 'paid', '12345678901234.123456789', '0.000000000', false, false],
      ['s1/o3', 'paid', null, null, false, true],
      ['s1/o4', 'partially_refunded', '0.056123456', '0.000000000', true, false],
      ['s1/o5', 'refunded', '7.000000000', '7.000000000', false, false],
      ['s1/o6', 'cancelled', '8.000000000', '0.000000000', false, false],
    ]);
  });

  test('a product is rounded half away from zero to nine places', async () => {
    const rows = await project.query(
      'select cost_id, cast(amount as varchar) as amount from core.fct_cost order by cost_id',
    );
    expect(rows).toEqual([
      { cost_id: 'k1', amount: '0.000000001' },
      { cost_id: 'k2', amount: '-0.000000005' },
    ]);
  });
});

test('with taxes left out, no refund of a part takes more than the order counts for, and only more than all makes a loss', async () => {
  await open({ attribution: { include_tax: false } });
  try {
    const refunds = ['0', '50', '90', '100', '120'];
    await project.seed('books', {
      'file.orders': refunds.map((refund, at) =>
        row(
          {
            order_id: `o${at}`,
            person: 'ann@example.com',
            ordered_at: '2025-04-01T10:00:00Z',
            amount: '100',
            tax_amount: '20',
            refund_amount: refund,
            currency_code: 'EUR',
          },
          at + 1,
        ),
      ),
    });
    allPassed(await project.transform({}, core));
    const rows = await project.query(`select cast(amount as int) as amount, cast(refund_amount as int) as refund
      from core.fct_order order by order_id`);
    expect(rows.map((one) => Object.values(one))).toEqual([0, 50, 80, 80, 100].map((refund) => [80, refund]));
  } finally {
    await close();
  }
});

describe('late and changed rows', () => {
  const compared =
    'account_id, campaign_id, list_id, subscriber_id, member_id, event_id, event_type, event_at, event_date, variant, url, bounce_type, is_machine, machine_rule';
  const rowsOf = async (one: SqlProject) =>
    await one.query(`select ${compared} from core.fct_message_event where source = 'mailchimp' order by event_id`);

  const late = {
    // ann's second open of the second gets another flag row; bob clicks later; a bounce turns out to be none.
    'mailchimp.email_activity': [
      activity('c1', 'cid', 'click', '2025-04-05T10:00:00+00:00', { url: seeds.links.home }),
    ],
    'mailchimp.open_details': [seeds.openDetail('c1', 'cid', '2025-03-30T22:30:00+00:00', false)],
    'mailchimp.sent_to': [sent('c1', 'eve'), sent('c2', 'bob')],
    'mailchimp.unsubscribes': [unsubscribe('c1', 'cid', '2025-04-06T10:00:00+00:00')],
    'mailchimp.abuse_reports': [
      { list_id: 'l1', id: 1, campaign_id: 'c1', email_id: 'bob', email_address: 'bob@example.com', date: '' },
    ],
  };

  test('the incremental table equals one that is built whole, and only touched pairs are computed again', async () => {
    const step = await openSqlProject();
    const whole = await openSqlProject();
    try {
      await step.seed('shop', engagement);
      await step.transform({}, core);
      await step.seed('shop', late);
      const { runs, failures } = await step.transform({}, core);
      expect(failures).toEqual([]);
      expect(runs.map((run) => run.name)).toContain('core.int_mailchimp_message_event');
      const changed = await step.query(
        'select campaign_id, member_id from core.int_mailchimp_message_event__changed order by campaign_id, member_id',
      );
      expect(cells(changed).map((one) => one.join('/'))).toEqual(['c1/bob', 'c1/cid', 'c1/eve', 'c2/bob']);

      await whole.seed('shop', engagement);
      await whole.seed('shop', late);
      await whole.transform({}, core);
      expect(await rowsOf(step)).toEqual(await rowsOf(whole));
      const [eve] = await step.query(
        "select count(*) as bounces from core.fct_message_event where member_id = 'eve' and event_type = 'bounce'",
      );
      expect(eve).toEqual({ bounces: 0 });
    } finally {
      await step.close();
      await whole.close();
    }
  });

  test('a third link makes the scanner’s clicks human again; a new send time moves the whole campaign', async () => {
    const step = await openSqlProject();
    const whole = await openSqlProject();
    const change = {
      'mailchimp.click_details': [link('c1', 'k3', 'https://shop.example/third')],
      'mailchimp.campaigns': [campaign('c2', '2025-04-03T08:00:00+00:00')],
    };
    try {
      await step.seed('shop', engagement);
      await step.transform({}, core);
      await step.seed('shop', change);
      await step.transform({}, core);
      const machine = await step.query(
        "select count(*) as clicks from core.fct_message_event where event_type = 'click' and is_machine",
      );
      expect(machine).toEqual([{ clicks: 0 }]);
      await whole.seed('shop', engagement);
      await whole.seed('shop', change);
      await whole.transform({}, core);
      expect(await rowsOf(step)).toEqual(await rowsOf(whole));
    } finally {
      await step.close();
      await whole.close();
    }
  });
});
