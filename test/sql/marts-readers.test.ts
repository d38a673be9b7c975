import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Row } from '../../src/contracts/sync.ts';
import { campaign, happen, people } from './marts-seeds.ts';
import { MartsWarehouse } from './marts-warehouse.ts';

const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148';
const desk = 'Microsoft Office/16.0 (Microsoft Outlook Mail 16.0.6416; Pro)';
const slate = phone.replace('iPhone;', 'iPad;');
const gmail = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const apple = 'Mozilla/5.0';
const odd = 'Whatever 1 of somebody (2)';

let marts: MartsWarehouse;
beforeEach(async () => {
  marts = await MartsWarehouse.open('2026-04-30');
  for (const agent of [phone, desk, slate, gmail, apple, odd])
    await marts.seed('core.int_user_agent', [{ user_agent: agent }]);
});
afterEach(() => marts.close());

const build = async (): Promise<void> => {
  await marts.build();
  expect(await marts.failedAssertions()).toEqual([]);
};
const one = async (mart: string, where: string): Promise<Row> => {
  const rows = await marts.query(`select * from marts.${mart} where ${where}`);
  expect(rows).toHaveLength(1);
  return rows[0] ?? {};
};
/** Opens by people of one user agent. */
const opened = (persons: readonly number[], agent: string | null, more = {}): Promise<void> =>
  happen(marts, 'c1', 'open', persons, { user_agent: agent, is_machine: false, ...more });

describe('mobile openers of a campaign', () => {
  const mobile = async (): Promise<readonly unknown[]> => {
    await build();
    const row = await one('campaign_performance', "campaign_id = 'c1'");
    const reason = String(row['unavailable_reason'])
      .split('; ')
      .find((text) => text.startsWith('mobile_unique'));
    return [
      row['known_device_unique_open_count'],
      row['mobile_unique_open_count'],
      row['mobile_open_rate'],
      reason?.replace('mobile_unique_open_count: ', ''),
    ];
  };
  beforeEach(() => campaign(marts, 'c1'));

  test('are those of the openers with a known device: a proxy, an odd agent and a machine have none', async () => {
    await opened([1, 1, 2], phone);
    // Person 2 reads on both; 5 on a tablet, which is no telephone.
    await opened([2, 3, 4], desk);
    await opened([5], slate);
    await opened([6, 7], gmail);
    await opened([8], odd);
    await opened([9], null);
    await opened([10, 11], phone, { is_machine: true });
    await opened([12], phone, { is_machine: null });
    expect(await mobile()).toEqual([5, 2, 0.4, undefined]);
  });

  test('are unknown behind proxies alone, and none where nobody opened', async () => {
    await opened([1, 2], gmail);
    await campaign(marts, 'c2');
    await happen(marts, 'c2', 'sent', [1]);
    expect(await mobile()).toEqual([null, null, null, 'no open tells its device: proxies hide it']);
    expect(await one('campaign_performance', "campaign_id = 'c2'")).toMatchObject({
      known_device_unique_open_count: 0,
      mobile_unique_open_count: 0,
      mobile_open_rate: null,
    });
  });

  test('are unknown where the account has no user agents, opens or not', async () => {
    await happen(marts, 'c1', 'sent', [1]);
    expect(await mobile()).toEqual([null, null, null, 'source tells no device of an open']);
  });
});

describe('client_share', () => {
  const shares = (where: string): Promise<readonly Row[]> =>
    marts.query(`select client, device, os, is_proxy, open_count as n, machine_open_count as machines,
      unknown_open_count as unknown, opener_count as people, open_share_rate as share, opener_share_rate as reach
      from marts.client_share where ${where} order by client, device`);

  test('is of the opens by people whose client is known; machines and what is unknown stand beside', async () => {
    await campaign(marts, 'c1');
    await opened([1, 1, 2], phone);
    await opened([2], desk);
    await opened([3], gmail);
    await opened([1, 4], null);
    await opened([5], null, { is_machine: null });
    await opened([1, 2, 6], apple, { is_machine: true });
    await opened([7], odd);
    await build();
    const found = await shares("scope = 'campaign'");
    expect(found.map((row) => Object.values(row))).toEqual([
      ['Apple Mail', 'mobile', 'iOS', false, 3, 0, 0, 2, 0.6, 2 / 3],
      ['Apple Mail', 'unknown', 'unknown', true, 0, 3, 0, 0, 0, 0],
      ['Gmail', 'unknown', 'unknown', true, 1, 0, 0, 1, 0.2, 1 / 3],
      ['Outlook', 'desktop', 'Windows', false, 1, 0, 0, 1, 0.2, 1 / 3],
      // Two readers without an agent, one whom nothing judges, and the one whose agent tells nothing.
      ['unknown', 'unknown', 'unknown', false, 3, 0, 1, 3, null, null],
    ]);
    expect(await one('client_share', "scope = 'campaign' and client = 'unknown'")).toMatchObject({
      source: 'esp',
      account_id: 'shop',
      scope_id: 'c1',
      month: '2026-01-01',
      known_open_count: 5,
      known_opener_count: 3,
      unavailable_reason:
        'open_share_rate: no user agent tells the client of these opens; ' +
        'opener_share_rate: no user agent tells the client of these opens',
    });
  });

  test('is by the month of the open in the reporting zone; of a campaign by that of its send, to date', async () => {
    await campaign(marts, 'c1');
    await campaign(marts, 'c2', { list_id: 'l2', account_id: 'other' });
    // Person 1 reads two campaigns of two accounts in January, and one of them again in February.
    await opened([1, 2], phone);
    await opened([1], phone, { event_date: '2026-02-01' });
    await happen(marts, 'c2', 'open', [1], {
      account_id: 'other',
      list_id: 'l2',
      user_agent: phone,
      is_machine: false,
    });
    await build();
    const found = await marts.query(`select scope, scope_id, cast(month as varchar) as month, open_count, opener_count
      from marts.client_share order by scope, scope_id, month`);
    expect(found.map((row) => Object.values(row))).toEqual([
      ['account', 'other', '2026-01-01', 1, 1],
      ['account', 'shop', '2026-01-01', 2, 2],
      ['account', 'shop', '2026-02-01', 1, 1],
      ['all', 'all', '2026-01-01', 3, 2],
      ['all', 'all', '2026-02-01', 1, 1],
      ['campaign', 'c1', '2026-01-01', 3, 2],
      ['campaign', 'c2', '2026-01-01', 1, 1],
      ['list', 'l1', '2026-01-01', 2, 2],
      ['list', 'l1', '2026-02-01', 1, 1],
      ['list', 'l2', '2026-01-01', 1, 1],
    ]);
    expect(await marts.query("select distinct source, account_id from marts.client_share where scope = 'all'")).toEqual(
      [{ source: null, account_id: null }],
    );
  });

  test('counts who reads several lists once for each of them, and once for the company', async () => {
    await campaign(marts, 'c1');
    await campaign(marts, 'c2', { list_id: 'l2' });
    const both = { list_id: 'l2', is_machine: false };
    await opened([1, 2], phone);
    await opened([1], desk);
    await happen(marts, 'c2', 'open', [1, 3], { ...both, user_agent: phone });
    await happen(marts, 'c2', 'open', [1], { ...both, user_agent: null });
    // In another month, one list: still somebody of two.
    await opened([1], phone, { event_date: '2026-02-01' });
    await build();
    const found = await marts.query(`select scope, scope_id, cast(month as varchar) as month, client, opener_count,
      known_opener_count from marts.client_share where scope in ('all', 'list') order by scope, scope_id, month, client`);
    expect(found.map((row) => Object.values(row))).toEqual([
      ['all', 'all', '2026-01-01', 'Apple Mail', 3, 3],
      ['all', 'all', '2026-01-01', 'Outlook', 1, 3],
      ['all', 'all', '2026-01-01', 'unknown', 1, 3],
      ['all', 'all', '2026-02-01', 'Apple Mail', 1, 1],
      ['list', 'l1', '2026-01-01', 'Apple Mail', 2, 2],
      ['list', 'l1', '2026-01-01', 'Outlook', 1, 2],
      ['list', 'l1', '2026-02-01', 'Apple Mail', 1, 1],
      ['list', 'l2', '2026-01-01', 'Apple Mail', 2, 2],
      ['list', 'l2', '2026-01-01', 'unknown', 1, 2],
    ]);
  });

  test('leaves out what is known in part only', async () => {
    await campaign(marts, 'c1', { has_per_recipient_events: false, recipient_basis: 'observed' });
    await opened([1], phone);
    await build();
    expect(await marts.query('select * from marts.client_share')).toEqual([]);
    expect(await marts.query('select * from marts.send_time')).toEqual([]);
  });
});

describe('send_time', () => {
  const hours = async (kind: string, where = "scope = 'campaign'"): Promise<readonly unknown[][]> =>
    (
      await marts.query(`select weekday, hour, open_count, opener_count, send_count, opened_send_count
        from marts.send_time where time_zone_kind = '${kind}' and ${where} order by weekday, hour`)
    ).map((row) => Object.values(row));
  const lives = (person: number, zone: string | null): Promise<void> =>
    marts.seed('core.dim_subscriber', [
      { subscriber_id: `s${person}`, consent_state: 'subscribed', list_count: 1, time_zone: zone },
    ]);
  const at = (day: string, time: string) => ({ event_date: day, event_at: `${day} ${time}` });

  test('an hour that the clocks show twice is one, one that they leave out has nothing', async () => {
    await campaign(marts, 'c1');
    // Berlin, Sunday 29 March 2026: 01:59:59 is followed by 03:00. In New York it is Saturday evening.
    await opened([1], phone, at('2026-03-29', '00:59:59'));
    await opened([1], phone, at('2026-03-29', '01:00:00'));
    // Sunday 25 October 2025: 02:30 comes twice.
    await opened([2, 3], phone, at('2025-10-25', '23:59:59'));
    await opened([2], phone, at('2025-10-26', '00:30:00'));
    await opened([2], phone, at('2025-10-26', '01:30:00'));
    await lives(1, 'America/New_York');
    await lives(2, 'Asia/Kolkata');
    await lives(3, 'Mars/Olympus');
    await build();
    expect(await hours('reporting')).toEqual([
      [7, 1, 3, 3, 0, 0],
      [7, 2, 2, 1, 0, 0],
      [7, 3, 1, 1, 0, 0],
    ]);
    // 23:59:59 UTC is 05:29:59 in Kolkata; the two others are 06:00 and 07:00.
    expect(await hours('recipient')).toEqual([
      [6, 20, 1, 1, 0, 0],
      [6, 21, 1, 1, 0, 0],
      [7, 5, 1, 1, 0, 0],
      [7, 6, 1, 1, 0, 0],
      [7, 7, 1, 1, 0, 0],
    ]);
  });

  test('people are in an hour of their own once, whether their clocks keep step with the company or not', async () => {
    await campaign(marts, 'c1');
    // An hour of Berlin, in which London and, two of three times, New York keep step; the third is in the weeks
    // in which New York has moved its clocks already.
    const times = [at('2026-01-10', '09:10:00'), at('2026-01-10', '09:50:00'), at('2026-03-14', '09:20:00')];
    for (const time of times) {
      await opened([1, 2, 3, 5], phone, time);
      await opened([4], apple, { ...time, is_machine: true });
    }
    // Always four hours and a half ahead, in these months: whose hour of Berlin lies in two of their own.
    await lives(5, 'Asia/Kolkata');
    await lives(1, 'Europe/London');
    await lives(2, 'America/New_York');
    await lives(4, 'Europe/London');
    await build();
    expect(await hours('reporting')).toEqual([[6, 10, 12, 4, 0, 0]]);
    expect(await hours('recipient')).toEqual([
      [6, 4, 2, 1, 0, 0],
      [6, 5, 1, 1, 0, 0],
      [6, 9, 3, 1, 0, 0],
      [6, 14, 2, 1, 0, 0],
      [6, 15, 1, 1, 0, 0],
    ]);
    expect(
      await marts.query('select distinct is_in_step from core.int_zone_clock where zone_number > 0 order by 1'),
    ).toEqual([{ is_in_step: false }, { is_in_step: true }]);
  });

  test('clocks that are moved on one day at two times are not in step, though they are as far apart before and after', async () => {
    await campaign(marts, 'c1');
    // Sunday 30 October 2022: Berlin moved its clocks at 01:00 UTC, Mexico at 07:00, where 01:30 came twice.
    for (const time of ['06:30:00', '07:30:00']) await opened([1, 2], phone, at('2022-10-30', time));
    await lives(1, 'America/Mexico_City');
    await lives(2, 'Europe/London');
    await build();
    expect(await hours('reporting')).toEqual([
      [7, 7, 2, 2, 0, 0],
      [7, 8, 2, 2, 0, 0],
    ]);
    expect(await hours('recipient')).toEqual([
      [7, 1, 2, 1, 0, 0],
      [7, 6, 1, 1, 0, 0],
      [7, 7, 1, 1, 0, 0],
    ]);
  });

  test('midnight begins a day, and a week begins on Monday', async () => {
    await campaign(marts, 'c1');
    // Sunday, 23:59:59, and Monday, 00:00, in Berlin in winter.
    await opened([1], phone, at('2026-02-01', '22:59:59'));
    await opened([1], phone, at('2026-02-01', '23:00:00'));
    await build();
    expect(await hours('reporting')).toEqual([
      [1, 0, 1, 1, 0, 0],
      [7, 23, 1, 1, 0, 0],
    ]);
  });

  test('counts sends in their hour, with the time until each recipient opened first', async () => {
    await campaign(marts, 'c1');
    // A Saturday: 10:00 in Berlin, and five people an hour later.
    await happen(marts, 'c1', 'sent', people(5), at('2026-01-10', '09:00:00'));
    await happen(marts, 'c1', 'sent', people(6, 10), at('2026-01-10', '10:00:00'));
    await opened([1], phone, at('2026-01-10', '09:00:10'));
    await opened([2], phone, at('2026-01-10', '09:01:40'));
    await opened([2], phone, at('2026-01-10', '15:00:00'));
    await opened([3], phone, at('2026-01-10', '09:00:30'));
    await opened([4], apple, { ...at('2026-01-10', '09:00:01'), is_machine: true });
    // Before the send, by a clock that runs behind.
    await opened([6], phone, at('2026-01-10', '09:59:58'));
    await build();
    expect(await hours('reporting')).toEqual([
      [6, 10, 4, 4, 5, 3],
      [6, 11, 0, 0, 5, 1],
      [6, 16, 1, 1, 0, 0],
    ]);
    expect(await one('send_time', "scope = 'campaign' and hour = 10")).toMatchObject({
      window_days: null,
      machine_open_count: 1,
      scope_open_count: 5,
      open_share_rate: 0.8,
      send_open_rate: 0.6,
      // 10, 30 and 100 seconds: between the second and the third lie eight tenths of 70.
      median_seconds_to_open: 30,
      p90_seconds_to_open: 86,
      // 0, 10, 30 and 100
      scope_median_seconds_to_open: 20,
      scope_p90_seconds_to_open: 79,
      unavailable_reason: null,
    });
    // Who opened nothing has no time; 16 o'clock sent nothing.
    expect(await one('send_time', "scope = 'campaign' and hour = 16")).toMatchObject({
      send_open_rate: null,
      median_seconds_to_open: null,
    });
  });

  test('sees 90 days of everything, and all of a campaign; people once', async () => {
    await campaign(marts, 'c1');
    await campaign(marts, 'c2', { list_id: 'l2' });
    // As of 30 April: 30 January is the 91st day.
    await opened([1], phone, at('2026-01-30', '12:00:00'));
    await opened([1], phone, at('2026-02-06', '12:00:00'));
    await happen(marts, 'c2', 'open', [1], { list_id: 'l2', is_machine: false, ...at('2026-02-13', '12:30:00') });
    await build();
    // Three Fridays.
    expect(await hours('reporting', "scope = 'all'")).toEqual([[5, 13, 2, 1, 0, 0]]);
    expect(await hours('reporting', "scope = 'list' and scope_id = 'l1'")).toEqual([[5, 13, 1, 1, 0, 0]]);
    expect(await hours('reporting', "scope_id = 'c1'")).toEqual([[5, 13, 2, 1, 0, 0]]);
    expect(await one('send_time', "scope = 'all'")).toMatchObject({ window_days: 90, source: null, account_id: null });
  });

  test('gives no rates where nothing could be told from a machine, and no sends of an automation', async () => {
    await campaign(marts, 'c1');
    await happen(marts, 'c1', 'sent', [1], at('2026-01-10', '09:00:00'));
    await opened([1], null, { is_machine: null, ...at('2026-01-10', '09:10:00') });
    await campaign(marts, 'auto', { kind: 'automation' });
    await happen(marts, 'auto', 'sent', [1], at('2026-01-10', '09:00:00'));
    await happen(marts, 'auto', 'open', [1], { is_machine: false, ...at('2026-01-10', '09:10:00') });
    await build();
    expect(await one('send_time', "scope_id = 'c1'")).toMatchObject({
      open_count: 0,
      unknown_open_count: 1,
      send_count: 1,
      open_share_rate: null,
      send_open_rate: null,
      unavailable_reason: expect.stringContaining('open_share_rate: no open could be told from a machine'),
    });
    expect(await one('send_time', "scope_id = 'auto'")).toMatchObject({
      open_count: 1,
      send_count: null,
      open_share_rate: 1,
      scope_median_seconds_to_open: null,
      unavailable_reason: expect.stringContaining('send_count: the single sends of an automation have no time'),
    });
  });
});
