import { afterEach, describe, expect, it } from 'vitest';

import { half, idOf, namesOf, type Row, rowsOf, start, stopAll, world } from './simulator-bench.ts';

const sentIds = half.singleSends.filter((send) => (send.sentAt ?? Infinity) <= world.now).map(({ id }) => id);
const everyDay = 'start_date=2026-01-01&end_date=2026-07-31';

afterEach(stopAll);

describe('statistics', () => {
  it('counts everything of a single send, deleted contacts too, as of the moment', async () => {
    const { ask } = await start();
    const rows = rowsOf(await ask('/v3/marketing/stats/singlesends?page_size=50'), 'results');
    expect(namesOf(rows, 'id')).toEqual(sentIds);
    for (const row of rows) {
      const own = new Set(
        half.messages.filter((message) => message.singleSendId === row['id']).map(({ index }) => index),
      );
      const events = half.events.filter((event) => own.has(event.message));
      const count = (kind: string): number => events.filter((event) => event.kind === kind).length;
      const unique = (kind: string): number =>
        new Set(events.filter((event) => event.kind === kind).map(({ message }) => message)).size;
      const drops = (reason: string): number =>
        events.filter((event) => event.kind === 'dropped' && event.reason === reason).length;
      expect(row).toMatchObject({ ab_variation: 'all', ab_phase: 'all', aggregation: 'total' });
      expect(row['stats']).toEqual({
        requests: own.size,
        delivered: count('delivered'),
        opens: count('open'),
        unique_opens: unique('open'),
        clicks: count('click'),
        unique_clicks: unique('click'),
        bounces: new Set(events.filter(({ bounceType }) => bounceType === 'bounce').map(({ message }) => message)).size,
        bounce_drops: drops('Bounced Address'),
        invalid_emails: drops('Invalid'),
        spam_reports: count('spamreport'),
        spam_report_drops: drops('Spam Reporting Address'),
        unsubscribes: new Set(
          events
            .filter(({ kind }) => kind === 'unsubscribe' || kind === 'group_unsubscribe')
            .map(({ message }) => message),
        ).size,
      });
    }
  });

  it('has two traps: without dates everything is 0, and unique opens of days are no sum', async () => {
    const { ask } = await start();
    const place = `/v3/marketing/stats/singlesends/${idOf('Harvest test')}`;
    const total = async (query: string): Promise<Row[]> =>
      rowsOf(await ask(`${place}?${query}&page_size=50`), 'results').map((row) => row['stats'] as Row);
    expect((await total(''))[0]).toMatchObject({ requests: 0, opens: 0 });
    const [whole] = await total(everyDay);
    expect(whole?.['requests']).toBeGreaterThan(0);
    const sum = (rows: readonly Row[], name: string): number =>
      rows.reduce((total, row) => total + Number(row[name]), 0);
    const days = await total(`${everyDay}&aggregated_by=day&timezone=Europe/Berlin`);
    for (const name of ['requests', 'opens', 'clicks', 'delivered']) expect(sum(days, name)).toBe(whole?.[name]);
    expect(sum(days, 'unique_opens')).toBeGreaterThan(Number(whole?.['unique_opens']));
    const parts = await total(`${everyDay}&group_by=ab_variation,ab_phase`);
    expect(parts).toHaveLength(3);
    for (const name of Object.keys(whole ?? {})) expect(sum(parts, name)).toBe(whole?.[name]);
  });

  it('gives the day by the zone that is asked for', async () => {
    const { ask } = await start();
    const first = async (zone: string): Promise<unknown> => {
      const place = `/v3/marketing/stats/singlesends/${idOf('Welcome 2')}?${everyDay}&aggregated_by=day&timezone=${zone}`;
      return rowsOf(await ask(place), 'results')[0]?.['aggregation'];
    };
    const id = idOf('Welcome 2');
    const place = `/v3/marketing/stats/singlesends/${id}?${everyDay}&aggregated_by=day&page_size=50&timezone=Europe/Berlin`;
    const berlin = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' });
    const opens = half.events.filter(
      (event) => event.kind === 'open' && half.messages[event.message]?.singleSendId === id,
    );
    for (const row of rowsOf(await ask(place), 'results')) {
      const own = opens.filter((event) => berlin.format(event.at * 1000) === row['aggregation']);
      expect([row['aggregation'], row['stats']]).toMatchObject([row['aggregation'], { opens: own.length }]);
    }
    expect([await first('UTC'), await first('Europe/Berlin')]).toEqual(['2026-02-28', '2026-03-01']);
    expect((await ask(`/v3/marketing/stats/singlesends/${idOf('Welcome 2')}?timezone=Mars/Olympus`)).status).toBe(400);
  });

  it('counts clicks by place, not by address', async () => {
    const { ask } = await start();
    const id = idOf('Welcome 2');
    const answer = await ask(`/v3/marketing/stats/singlesends/${id}/links`);
    const rows = rowsOf(answer, 'results');
    const clicks = half.events.filter(
      (event) => event.kind === 'click' && half.messages[event.message]?.singleSendId === id,
    );
    expect(answer.body['total_clicks']).toBe(clicks.length);
    for (const row of rows)
      expect(row['clicks']).toBe(clicks.filter((event) => event.link === row['url_location']).length);
    expect(new Set(namesOf(rows, 'url')).size).toBeLessThan(rows.length);
  });

  it('sums up the account by day, and keeps seven days of devices', async () => {
    const { ask } = await start();
    const days = (await ask('/v3/stats?start_date=2026-01-01')).body as unknown as {
      date: string;
      stats: { metrics: Row }[];
    }[];
    expect(days).toHaveLength(181);
    const sum = (name: string): number => days.reduce((total, { stats }) => total + Number(stats[0]?.metrics[name]), 0);
    const count = (kind: string): number => half.events.filter((event) => event.kind === kind).length;
    expect(sum('requests')).toBe(half.messages.length);
    expect(sum('processed')).toBe(count('processed'));
    expect(sum('deferred')).toBe(count('deferred'));
    expect(sum('blocks') + sum('bounces')).toBe(count('bounce'));
    expect(sum('unsubscribe_drops') + sum('bounce_drops') + sum('invalid_emails') + sum('spam_report_drops')).toBe(
      count('dropped'),
    );
    const devices = (await ask('/v3/devices/stats?start_date=2026-01-01')).body as unknown as { date: string }[];
    expect(namesOf(devices, 'date')).toEqual(
      ['24', '25', '26', '27', '28', '29', '30'].map((date) => `2026-06-${date}`),
    );
    expect((await ask('/v3/categories/stats?start_date=2026-06-01')).status).toBe(400);
    // Months hold no more than the dates that are asked for.
    const months = (await ask('/v3/stats?start_date=2026-02-28&end_date=2026-06-02&aggregated_by=month'))
      .body as unknown as typeof days;
    expect(namesOf(months, 'date')).toEqual(['02', '03', '04', '05', '06'].map((month) => `2026-${month}-01`));
    const opensOf = (own: typeof days): number =>
      own.reduce((total, { stats }) => total + Number(stats[0]?.metrics['opens']), 0);
    expect(opensOf(months)).toBe(opensOf(days.filter(({ date }) => date >= '2026-02-28' && date <= '2026-06-02')));
    expect((await ask('/v3/stats?start_date=2026-06-01&aggregated_by=year')).status).toBe(400);
  });
});
