import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Row } from '../../src/contracts/sync.ts';
import { campaign, cost, happen, order, people } from './marts-seeds.ts';
import { MartsWarehouse, type Seed } from './marts-warehouse.ts';

let marts: MartsWarehouse;
const open = async (asOf?: string): Promise<void> => {
  marts = await MartsWarehouse.open(asOf);
};
const person = (id: string, more: Seed = {}): Promise<void> =>
  marts.seed('core.dim_subscriber', [{ subscriber_id: id, consent_state: 'subscribed', list_count: 1, ...more }]);
const everybody = async (): Promise<void> => {
  await marts.execute(`insert into core.dim_subscriber (subscriber_id, consent_state, list_count)
    select distinct subscriber_id, 'subscribed', 1 from core.fct_message_event`);
};
const build = async (): Promise<void> => {
  await marts.build();
  expect(await marts.failedAssertions()).toEqual([]);
};

describe('active_audience_daily', () => {
  beforeEach(() => open('2026-06-30'));
  afterEach(() => marts.close());

  const day = async (date: string, window: number, scope = 'all', id = 'all'): Promise<Row | undefined> =>
    (
      await marts.query(`select * from marts.active_audience_daily
        where day = date '${date}' and window_days = ${window} and scope = '${scope}' and scope_id = '${id}'`)
    )[0];

  test('400 of 1,000 is 40 %', async () => {
    await campaign(marts, 'c1');
    await marts.execute(`insert into core.fct_message_event (source, account_id, campaign_id, list_id, subscriber_id,
      member_id, event_id, event_type, event_at, event_date, is_machine)
      select 'esp', 'shop', 'c1', 'l1', 's' || i, 'm' || i, kind || i, kind, timestamp '2026-06-20 10:00:00',
        date '2026-06-20', case when kind = 'open' then false end
      from range(1000) as t(i), (values ('sent'), ('open')) as kinds(kind)
      where kind = 'sent' or i < 400`);
    await everybody();
    await build();
    expect(await day('2026-06-30', 30)).toMatchObject({
      mailed_count: 1000,
      active_count: 400,
      passive_count: 0,
      inactive_count: 600,
      active_audience_rate: 0.4,
      basis: 'human',
    });
  });

  test('a window of 30 days holds its last day and the 29 before it', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', [1], { event_date: '2026-05-01' });
    await happen(marts, 'c1', 'open', [1], { event_date: '2026-05-03', is_machine: false });
    await everybody();
    await build();
    expect(await day('2026-04-30', 30)).toBeUndefined();
    expect(await day('2026-05-01', 30)).toMatchObject({ mailed_count: 1, active_count: 0, inactive_count: 1 });
    expect(await day('2026-05-03', 30)).toMatchObject({ mailed_count: 1, active_count: 1 });
    expect(await day('2026-05-30', 30)).toMatchObject({ mailed_count: 1, active_count: 1 });
    // The send is 30 days ago: nobody was mailed, and the rate is not defined.
    expect(await day('2026-05-31', 30)).toMatchObject({ mailed_count: 0, active_count: 0, active_audience_rate: null });
    expect(await day('2026-06-30', 90)).toMatchObject({ mailed_count: 1, active_count: 1 });
  });

  test('who read in the 180 days before the window is passive, who did not is inactive, machines are nobody', async () => {
    await campaign(marts, 'c1');
    for (const date of ['2025-11-01', '2026-06-01']) await happen(marts, 'c1', 'sent', people(4), { event_date: date });
    await happen(marts, 'c1', 'open', [1], { event_date: '2026-06-02', is_machine: false });
    // Window of 2026-06-30: from 2026-06-01; before it: from 2025-12-03.
    await happen(marts, 'c1', 'click', [2], { event_date: '2025-12-03', is_machine: false });
    await happen(marts, 'c1', 'open', [3], { event_date: '2025-12-02', is_machine: false });
    await happen(marts, 'c1', 'open', [4], { event_date: '2026-06-02', is_machine: true });
    await everybody();
    await build();
    expect(await day('2026-06-30', 30)).toMatchObject({
      mailed_count: 4,
      active_count: 1,
      passive_count: 1,
      inactive_count: 2,
    });
  });

  test('unknown opens count, and the basis says so as long as they are in the window', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', [1], { event_date: '2026-05-01' });
    await happen(marts, 'c1', 'open', [1], { event_date: '2026-05-10', is_machine: null });
    await happen(marts, 'c1', 'click', [1], { event_date: '2026-06-20', is_machine: null, url: 'https://a' });
    await everybody();
    await build();
    expect(await day('2026-05-09', 30)).toMatchObject({ active_count: 0, basis: 'human' });
    expect(await day('2026-05-10', 30)).toMatchObject({ active_count: 1, basis: 'human+unknown' });
    expect(await day('2026-06-08', 30)).toMatchObject({ basis: 'human+unknown' });
    expect(await day('2026-06-09', 30)).toMatchObject({ basis: 'human' });
    expect(await day('2026-06-20', 30)).toMatchObject({ basis: 'human+unknown' });
  });

  test('counts a person once in the company, once an account and once a list', async () => {
    await campaign(marts, 'c1');
    await campaign(marts, 'c2', { account_id: 'club', list_id: 'l2' });
    await happen(marts, 'c1', 'sent', [1, 2]);
    await happen(marts, 'c2', 'sent', [2, 3], { account_id: 'club', list_id: 'l2' });
    await everybody();
    await build();
    expect(await day('2026-01-10', 30)).toMatchObject({ mailed_count: 3 });
    expect(await day('2026-01-10', 30, 'account', 'club')).toMatchObject({ mailed_count: 2 });
    expect(await day('2026-01-10', 30, 'list', 'l1')).toMatchObject({ mailed_count: 2 });
  });

  test('a list is of its account, an account of its source: the same id elsewhere is another one', async () => {
    const homes: Readonly<Record<string, Seed>> = {
      shop: { source: 'file', account_id: 'shop', list_id: 'newsletter' },
      club: { source: 'file', account_id: 'club', list_id: 'newsletter' },
      other: { source: 'esp', account_id: 'shop', list_id: 'newsletter' },
    };
    for (const home of Object.values(homes)) await campaign(marts, 'c1', home);
    await happen(marts, 'c1', 'sent', [1, 2, 3], homes['shop']);
    await happen(marts, 'c1', 'sent', [3, 4], homes['club']);
    await happen(marts, 'c1', 'sent', [4, 5, 6, 7], homes['other']);
    await happen(marts, 'c1', 'open', [1, 3], { ...homes['shop'], is_machine: false });
    await happen(marts, 'c1', 'open', [4], { ...homes['club'], is_machine: null });
    await everybody();
    await build();
    const rows = await marts.query(`select source, account_id, scope, scope_id, mailed_count, active_count, basis
      from marts.active_audience_daily where day = date '2026-01-10' and window_days = 30
      order by scope, source, account_id`);
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['esp', 'shop', 'account', 'shop', 4, 0, 'human'],
      ['file', 'club', 'account', 'club', 2, 1, 'human+unknown'],
      ['file', 'shop', 'account', 'shop', 3, 2, 'human'],
      [null, null, 'all', 'all', 7, 3, 'human+unknown'],
      ['esp', 'shop', 'list', 'newsletter', 4, 0, 'human'],
      ['file', 'club', 'list', 'newsletter', 2, 1, 'human+unknown'],
      ['file', 'shop', 'list', 'newsletter', 3, 2, 'human'],
    ]);
    expect(
      (
        await marts.query(`select source, account_id, scope_id, numerator, denominator from marts.metric_values
          where metric = 'active_audience' and scope = 'list' and period_end = date '2026-01-10'
            and window_text = '30 days' order by source, account_id`)
      ).map((row) => Object.values(row).map(String)),
    ).toEqual([
      ['esp', 'shop', 'newsletter', '0.000000000', '4.000000000'],
      ['file', 'club', 'newsletter', '1.000000000', '2.000000000'],
      ['file', 'shop', 'newsletter', '2.000000000', '3.000000000'],
    ]);
  });

  test('leaves out campaigns whose source does not tell who opened', async () => {
    await campaign(marts, 'c1', { has_per_recipient_events: false });
    await happen(marts, 'c1', 'sent', [1]);
    await everybody();
    await build();
    expect(await marts.query('select * from marts.active_audience_daily')).toEqual([]);
  });

  test('a mailing whose day nobody knows is in no span, whatever else its readers were sent', async () => {
    await campaign(marts, 'c1');
    await campaign(marts, 'c2', { list_id: 'l2', sent_at: null, send_date: null });
    await happen(marts, 'c1', 'sent', [1, 2], { event_date: '2026-06-20' });
    // Person 1 is of one list, person 2 of two, person 3 has nothing but the mailing without a day.
    const undated: Seed = { event_at: null, event_date: null };
    await happen(marts, 'c2', 'sent', [1], undated);
    for (const n of [2, 3]) await happen(marts, 'c2', 'sent', [n], { ...undated, list_id: 'l2' });
    await everybody();
    await build();
    expect(await marts.query('select distinct from_date, next_date from core.int_engagement_spans')).toEqual([
      { from_date: '2026-06-20', next_date: '9999-12-31' },
    ]);
    expect(await day('2026-06-30', 30)).toMatchObject({ mailed_count: 2, inactive_count: 2 });
  });
});

type Happening = {
  readonly person: number;
  readonly kind: 'sent' | 'open' | 'click';
  readonly offset: number;
  readonly machine: boolean | null;
  readonly home: Home;
};
type Home = { readonly source: string; readonly account_id: string; readonly list_id: string | null };

/** Ids in common: a list of two accounts, an account of two sources. Some mails name no list. */
const homes: readonly Home[] = [
  { source: 'file', account_id: 'shop', list_id: 'newsletter' },
  { source: 'file', account_id: 'club', list_id: 'newsletter' },
  { source: 'file', account_id: 'club', list_id: 'offers' },
  { source: 'file', account_id: 'club', list_id: null },
  { source: 'esp', account_id: 'shop', list_id: 'newsletter' },
];

describe('active_audience_daily against counting people one by one', () => {
  const first = Date.UTC(2025, 8, 1);
  const date = (offset: number): string => new Date(first + offset * 86_400_000).toISOString().slice(0, 10);
  const last = 302;
  const happening = fc.record<Happening>({
    person: fc.integer({ min: 1, max: 4 }),
    kind: fc.constantFrom('sent', 'sent', 'open', 'click'),
    offset: fc.integer({ min: 0, max: last }),
    machine: fc.constantFrom(true, false, false, null),
    home: fc.constantFrom(...homes),
  });

  /** PLAN in the plainest words: for one day and window, each person's class. */
  function classes(events: readonly Happening[], at: number, window: number): readonly number[] {
    const within = (offset: number, from: number, to: number): boolean => offset > at - to && offset <= at - from;
    const result = [0, 0, 0];
    for (const one of [1, 2, 3, 4]) {
      const own = events.filter(({ person: who }) => who === one);
      if (!own.some(({ kind, offset }) => kind === 'sent' && within(offset, 0, window))) continue;
      const read = own.filter(({ kind, machine }) => kind !== 'sent' && machine !== true);
      const active = read.some(({ offset }) => within(offset, 0, window));
      const passive = read.some(({ offset }) => within(offset, window, window + 180));
      const place = active ? 0 : passive ? 1 : 2;
      result[place] = (result[place] ?? 0) + 1;
    }
    return result;
  }

  /** The company, every account of a source, every list of an account: what names it in the mart, and whose mails it has. */
  const scopes: readonly (readonly [readonly (string | null)[], (home: Home) => boolean])[] = [
    [[null, null, 'all', 'all'], () => true],
    ...[homes[0], homes[1], homes[4]].map(
      (own) =>
        [
          [own!.source, own!.account_id, 'account', own!.account_id],
          (home: Home) => home.source === own!.source && home.account_id === own!.account_id,
        ] as const,
    ),
    ...homes
      .filter((own) => own.list_id !== null)
      .map((own) => [[own.source, own.account_id, 'list', own.list_id], (home: Home) => home === own] as const),
  ];

  test('gives the same classes on every day, in every window and scope', async () => {
    await open(date(last));
    try {
      for (const [source, account_id] of [
        ['file', 'shop'],
        ['file', 'club'],
        ['esp', 'shop'],
      ] as const) {
        await campaign(marts, 'c1', { source, account_id, list_id: null });
      }
      await fc.assert(
        fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 25 }), async (events) => {
          await marts.execute('delete from core.fct_message_event');
          await marts.execute('delete from core.dim_subscriber');
          for (const { person: who, kind, offset, machine, home } of events) {
            await happen(marts, 'c1', kind, [who], {
              ...home,
              event_date: date(offset),
              is_machine: kind === 'sent' ? null : machine,
            });
          }
          await everybody();
          await marts.build(['core.int_person', 'core.int_engagement_spans', 'core.int_unknown_engagement_days']);
          await marts.build(['marts.active_audience_daily']);
          const rows =
            await marts.query(`select source, account_id, scope, scope_id, day, window_days, active_count, passive_count,
            inactive_count from marts.active_audience_daily order by window_days, day`);
          const found = Map.groupBy(rows, (row) => JSON.stringify(Object.values(row).slice(0, 4)));
          let places = 0;
          for (const [scope, has] of scopes) {
            const own = events.filter(({ home }) => has(home));
            const start = Math.min(...own.filter(({ kind }) => kind === 'sent').map(({ offset }) => offset));
            const expected = [30, 90, 180].flatMap((window) =>
              Array.from({ length: Number.isFinite(start) ? last - start + 1 : 0 }, (_, index) => [
                ...scope,
                date(start + index),
                window,
                ...classes(own, start + index, window),
              ]),
            );
            places += expected.length > 0 ? 1 : 0;
            expect((found.get(JSON.stringify(scope)) ?? []).map((row) => Object.values(row))).toEqual(expected);
          }
          expect(found.size).toBe(places);
        }),
        { numRuns: 12, seed: 40 },
      );
    } finally {
      marts.close();
    }
  });
});

describe('subscriber_ltv', () => {
  beforeEach(() => open('2026-06-30'));
  afterEach(() => marts.close());

  const of = async (id: string): Promise<Row | undefined> =>
    (await marts.query(`select * from marts.subscriber_ltv where subscriber_id = '${id}'`))[0];

  test('is the net value of every order that was not cancelled, attributed or not', async () => {
    await person('s1', { first_seen_at: '2025-02-03 04:05:06', signup_month: '2025-02-01' });
    await campaign(marts, 'c1');
    await campaign(marts, 'c2');
    await happen(marts, 'c1', 'sent', [1], { event_date: '2026-06-01' });
    await happen(marts, 'c2', 'sent', [1], { event_date: '2026-06-02' });
    await happen(marts, 'c1', 'open', [1, 1], { event_date: '2026-06-02', is_machine: null });
    await happen(marts, 'c2', 'open', [1], { event_date: '2026-06-02', is_machine: true });
    await happen(marts, 'c1', 'click', [1], { event_date: '2026-06-02', is_machine: false });
    await order(marts, 'o1', 's1', '19.99');
    await order(marts, 'o2', 's1', '30', { campaign_id: null, campaign_account_id: null, refund_amount: '10' });
    await order(marts, 'o3', 's1', '500', { status: 'cancelled' });
    await order(marts, 'o4', null, '70');
    await order(marts, 'o5', 's1', '8', { order_date: '2026-02-01', refund_amount: '8', refund_date: '2026-02-03' });
    // Of one day in Berlin, though of two in UTC.
    await person('s2', { first_seen_at: '2025-03-01 23:30:00' });
    await person('s3', { first_seen_at: '2025-03-02 10:00:00' });
    await build();
    // What is projected from: what a day left after refunds; who bought nothing, by the day they were first seen.
    expect(
      (
        await marts.query(`select subscriber_id, first_seen_date, people_count, order_date, amount
          from core.int_ltv_history order by subscriber_id nulls last`)
      ).map((row) => Object.values(row)),
    ).toEqual([
      ['s1', '2025-02-03', 1, '2026-01-11', '39.990000000'],
      [null, '2025-03-02', 2, null, null],
    ]);
    expect(await of('s1')).toMatchObject({
      first_seen_at: '2025-02-03 04:05:06',
      signup_month: '2025-02-01',
      mailed_count: 2,
      opened_count: 1,
      clicked_count: 1,
      order_count: 3,
      revenue_amount: '57.990000000',
      refund_amount: '18.000000000',
      ltv_to_date_amount: '39.990000000',
      ltv_projected_amount: null,
      engagement_class: 'active',
      currency_code: 'EUR',
    });
  });

  test('has the class of active_audience_daily today, over 90 days', async () => {
    await campaign(marts, 'c1');
    await campaign(marts, 'c2', { has_per_recipient_events: false });
    // 90 days of 2026-06-30: from 2026-04-02; 180 before: from 2025-10-04.
    await happen(marts, 'c1', 'sent', [1, 2, 3, 4], { event_date: '2026-04-02' });
    await happen(marts, 'c1', 'open', [1], { event_date: '2026-04-02', is_machine: false });
    await happen(marts, 'c1', 'open', [2], { event_date: '2026-04-01', is_machine: false });
    await happen(marts, 'c1', 'open', [3], { event_date: '2025-10-04', is_machine: false });
    await happen(marts, 'c1', 'open', [4], { event_date: '2025-10-03', is_machine: false });
    await happen(marts, 'c1', 'sent', [5], { event_date: '2026-04-01' });
    await happen(marts, 'c2', 'sent', [6], { event_date: '2026-06-01' });
    // What no day is known of is no mailing of a window; somebody who got nothing else may have been mailed in this one.
    for (const n of [5, 8]) await happen(marts, 'c1', 'sent', [n], { event_date: null, event_at: null });
    await everybody();
    await person('s7');
    await build();
    const classes = await marts.query(
      'select subscriber_id, engagement_class from marts.subscriber_ltv order by subscriber_id',
    );
    expect(classes.map((row) => row['engagement_class'])).toEqual([
      'active',
      'passive',
      'passive',
      'inactive',
      'not_mailed',
      null,
      'not_mailed',
      null,
    ]);
    expect(await of('s5')).toMatchObject({ mailed_count: 1, unavailable_reason: expect.not.stringContaining('class') });
    expect(await of('s8')).toMatchObject({ mailed_count: 1 });
    expect((await of('s8'))?.['unavailable_reason']).toContain('engagement_class: no mail to them has a known day');
    expect((await of('s6'))?.['unavailable_reason']).toContain('engagement_class: source has no per-recipient opens');
    const today = await marts.query(`select active_count, passive_count, inactive_count from marts.active_audience_daily
      where day = date '2026-06-30' and scope = 'all' and window_days = 90`);
    expect(today).toEqual([{ active_count: 1, passive_count: 2, inactive_count: 1 }]);
  });

  test('a lost order, or one counted twice, is found', async () => {
    await person('s1');
    await order(marts, 'o1', 's1', '19.99');
    await build();
    await marts.execute('update marts.subscriber_ltv set order_count = 2');
    expect((await marts.failedAssertions()).join()).toContain('the subscribers hold every named order once');
  });
});

describe('dim_subscriber', () => {
  beforeEach(() => open());
  afterEach(() => marts.close());

  const member = (list: string, person: string, more: Seed): Promise<void> =>
    marts.seed('core.dim_list_member', [
      {
        source: 'esp',
        account_id: 'shop',
        list_id: list,
        member_id: person,
        subscriber_id: person,
        status: 'subscribed',
        is_deleted: false,
        ...more,
      },
    ]);

  test('of several lists the first that says it counts, of one list what it says', async () => {
    const own = { signup_source: 'form', country: 'DE', time_zone: 'Europe/Berlin' };
    await member('l1', 's1', { joined_at: '2026-02-01 10:00:00', ...own });
    await member('l2', 's2', { joined_at: '2026-02-01 10:00:00', ...own });
    await member('l1', 's2', { joined_at: '2026-01-01 10:00:00', signup_source: 'shop', country: 'FR' });
    await member('l3', 's2', { joined_at: '2026-03-01 10:00:00', country: 'VN', status: 'unsubscribed' });
    await member('l1', 's3', { status: 'pending' });
    // One person twice on one list is on one.
    await member('l1', 's4', { joined_at: '2026-01-02 10:00:00' });
    await member('l1', 's4', { joined_at: '2026-01-01 10:00:00', member_id: 's4 again', ...own });
    await marts.build(['core.dim_subscriber']);
    const rows = await marts.query('select * from core.dim_subscriber order by subscriber_id');
    expect(rows).toMatchObject([
      { subscriber_id: 's1', signup_month: '2026-02-01', ...own, consent_state: 'subscribed', list_count: 1 },
      {
        subscriber_id: 's2',
        signup_month: '2026-01-01',
        signup_source: 'shop',
        country: 'FR',
        time_zone: 'Europe/Berlin',
        consent_state: 'subscribed',
        list_count: 2,
      },
      { subscriber_id: 's3', signup_at: null, signup_source: null, country: null, consent_state: 'pending' },
      { subscriber_id: 's4', signup_month: '2026-01-01', ...own, consent_state: 'subscribed', list_count: 1 },
    ]);
    expect(rows[2]).toMatchObject({ time_zone: null, list_count: 0 });
  });
});

describe('ltv_cohorts', () => {
  afterEach(() => marts.close());

  test('who reads and buys in a month is retained once, who only gets money back is not', async () => {
    await open('2026-02-15');
    await campaign(marts, 'c1');
    for (const id of ['s1', 's2', 's3', 's4']) await person(id, { signup_month: '2026-01-01' });
    await happen(marts, 'c1', 'sent', [1, 2, 3]);
    await happen(marts, 'c1', 'open', [1, 2], { is_machine: false });
    await happen(marts, 'c1', 'open', [3], { is_machine: true });
    await order(marts, 'o1', 's2', '10');
    await order(marts, 'o2', 's4', '20', { refund_amount: '5', refund_date: '2026-02-01' });
    // Who never signed up is of no cohort, and bears a part of the costs all the same.
    await person('s5');
    await happen(marts, 'c1', 'sent', [5]);
    await cost(marts, 'plan', 'esp_fee', '8');
    await build();
    const rows = await marts.query(`select mailed_count, retained_count, order_count, revenue_amount, refund_amount,
      cost_amount from marts.ltv_cohorts order by month`);
    expect(rows.map((row) => Object.values(row))).toEqual([
      [3, 3, 2, '30.000000000', '0.000000000', '6.000000000'],
      [0, 0, 0, '0.000000000', '5.000000000', '0.000000000'],
    ]);
  });

  test.each([
    ['2026-06-30', false],
    ['2026-07-01', true],
  ])('on %s June is over: %s', async (asOf, isComplete) => {
    await open(asOf);
    await person('s1', { signup_month: '2026-06-01' });
    await build();
    const [june] = await marts.query("select * from marts.ltv_cohorts where month = date '2026-06-01'");
    expect(june?.['is_complete']).toBe(isComplete);
    expect(june?.['unavailable_reason'] === null).toBe(isComplete);
  });
});

describe('audience_growth_daily', () => {
  beforeEach(() => open('2026-04-05'));
  afterEach(() => marts.close());

  const member = (id: string, more: Seed): Promise<void> =>
    marts.seed('core.dim_list_member', [
      {
        source: 'esp',
        account_id: 'shop',
        list_id: 'l1',
        member_id: id,
        subscriber_id: id,
        status: 'subscribed',
        is_deleted: false,
        ...more,
      },
    ]);
  const days = async (): Promise<readonly unknown[][]> =>
    (
      await marts.query(`select day, opening_count, new_count, returned_count, unsubscribed_count, cleaned_count,
        deleted_count, net_count, closing_count, growth_rate from marts.audience_growth_daily order by day`)
    ).map((row) => Object.values(row));

  test('foots day by day, in days of the reporting zone', async () => {
    // 22:30 UTC on the 31st is 00:30 on 1 April in Berlin (summer time).
    await member('m1', { joined_at: '2026-03-31 22:30:00' });
    await member('m2', {
      joined_at: '2026-04-01 10:00:00',
      left_at: '2026-04-03 10:00:00',
      leave_kind: 'unsubscribed',
    });
    await member('m3', {
      joined_at: '2026-04-01 10:00:00',
      left_at: '2026-04-02 10:00:00',
      leave_kind: 'unsubscribed',
      returned_at: '2026-04-03 10:00:00',
    });
    await member('m4', { joined_at: '2026-04-02 10:00:00', left_at: '2026-04-03 10:00:00', leave_kind: 'cleaned' });
    await member('m5', {
      joined_at: '2026-04-02 10:00:00',
      left_at: '2026-04-05 10:00:00',
      leave_kind: 'deleted',
      deleted_at: '2026-04-05 10:00:00',
      is_deleted: true,
    });
    // left, came back, then vanished
    await member('m6', {
      joined_at: '2026-04-01 10:00:00',
      left_at: '2026-04-02 10:00:00',
      leave_kind: 'unsubscribed',
      returned_at: '2026-04-02 11:00:00',
      deleted_at: '2026-04-05 11:00:00',
      is_deleted: true,
    });
    await member('m7', { joined_at: null, status: 'pending' });
    await build();
    expect(await days()).toEqual([
      ['2026-04-01', 0, 4, 0, 0, 0, 0, 4, 4, null],
      ['2026-04-02', 4, 2, 1, 2, 0, 0, 1, 5, 0.25],
      ['2026-04-03', 5, 0, 1, 1, 1, 0, -1, 4, -0.2],
      ['2026-04-04', 4, 0, 0, 0, 0, 0, 0, 4, 0],
      ['2026-04-05', 4, 0, 0, 0, 0, 2, -2, 2, -0.5],
    ]);
  });

  test('a list has its name, or its id where its source states none', async () => {
    await marts.seed('core.dim_list', [
      { source: 'esp', account_id: 'shop', list_id: 'l1', name: 'Newsletter' },
      { source: 'esp', account_id: 'other', list_id: 'l1', name: 'Of another account' },
    ]);
    await member('m1', { joined_at: '2026-04-05 10:00:00' });
    await member('m2', { joined_at: '2026-04-05 10:00:00', list_id: 'l2' });
    await build();
    const rows = await marts.query('select list_id, list_name from marts.audience_growth_daily order by list_id');
    expect(rows).toEqual([
      { list_id: 'l1', list_name: 'Newsletter' },
      { list_id: 'l2', list_name: 'l2' },
    ]);
  });

  test('lets nobody leave before they came', async () => {
    const joined = { joined_at: '2026-04-04 10:00:00' };
    await member('m1', { ...joined, left_at: '2026-04-01 10:00:00', leave_kind: 'cleaned' });
    const left = { ...joined, left_at: '2026-04-01 10:00:00', leave_kind: 'unsubscribed' };
    // Nor come back before that, nor vanish before they came back.
    await member('m2', { ...left, returned_at: '2026-04-02 10:00:00' });
    await member('m3', { ...left, returned_at: '2026-04-05 10:00:00', deleted_at: '2026-04-04 12:00:00' });
    await build();
    expect(await days()).toEqual([
      ['2026-04-04', 0, 3, 1, 2, 1, 0, 1, 1, null],
      ['2026-04-05', 1, 0, 1, 0, 0, 1, 0, 1, 0],
    ]);
  });
});
