import { afterEach, describe, expect, it } from 'vitest';

import { day, instantOf } from '../../src/demo/instant.ts';
import { type Answer, half, namesOf, type Row, rowsOf, start, stopAll, world } from './simulator-bench.ts';

afterEach(stopAll);

describe('logs', () => {
  const ask30 = half.messages.filter((message) => message.at > world.now - 30 * day);

  it('answers with the newest messages of 30 days, as many as are asked for, and no second page', async () => {
    const { ask } = await start();
    const all = rowsOf(await ask('/v3/logs', { body: { limit: 1000 } }), 'messages');
    expect(namesOf(all, 'sg_message_id').sort()).toEqual(ask30.map(({ id }) => id).sort());
    const created = namesOf(all, 'sg_message_id_created_at') as string[];
    expect(created).toEqual([...created].sort().reverse());
    expect(rowsOf(await ask('/v3/logs', { body: {} }), 'messages')).toEqual(all.slice(0, 10));
    expect((await ask('/v3/logs', { body: { limit: 1001 } })).status).toBe(400);
    expect(new Set(namesOf(all, 'status'))).toEqual(new Set(['delivered', 'dropped', 'bounced', 'blocked']));
    const old = half.messages.find((message) => message.at < world.now - 30 * day);
    expect((await ask(`/v3/logs/${old?.id}`)).status).toBe(404);
  });

  it('forgets a message after 30 days, to the second', async () => {
    const message = half.messages.findLast((candidate) => candidate.at < world.now - 31 * day);
    let at = (message?.at ?? 0) + 30 * day - 1;
    const { ask } = await start({ at: () => instantOf(at) });
    expect((await ask(`/v3/logs/${message?.id}`)).status).toBe(200);
    at += 1;
    expect((await ask(`/v3/logs/${message?.id}`)).status).toBe(404);
  });

  it('takes the grammar of the documents and nothing else', async () => {
    const { ask } = await start();
    const count = async (query: string): Promise<number> => {
      const answer = await ask('/v3/logs', { body: { query, limit: 1000 } });
      return answer.status === 200 ? rowsOf(answer, 'messages').length : -answer.status;
    };
    const at = (second: number): string => `TIMESTAMP "${instantOf(second)}"`;
    const start7 = Date.UTC(2026, 5, 2, 7, 30) / 1000;
    const within = (low: number, high: number): number =>
      ask30.filter((message) => message.at >= low && message.at < high).length;
    expect(
      await count(`sg_message_id_created_at >= ${at(start7)} AND sg_message_id_created_at < ${at(start7 + 1)}`),
    ).toBe(within(start7, start7 + 1));
    expect(
      await count(`sg_message_id_created_at > ${at(start7 - 1)} AND sg_message_id_created_at <= ${at(start7)}`),
    ).toBe(within(start7, start7 + 1));
    expect(within(start7, start7 + 1)).toBeGreaterThan(0);
    const dropped = await count(`status IN ('dropped')`);
    expect(dropped).toBeGreaterThan(0);
    expect(await count(`status IN ('dropped', "bounced") AND reason = 'Bounced Address'`)).toBeLessThan(dropped);
    const [message] = ask30;
    expect(await count(`sg_message_id = '${message?.id}'`)).toBe(1);
    const address = half.contacts[message?.contact ?? 0]?.address ?? '';
    expect(await count(`to_email = "${address}"`)).toBeGreaterThan(0);
    expect(await count(`to_email = "${address.toUpperCase()}"`)).toBe(0);
    expect(await count(`categories IN ('reorder')`)).toBe(await count(`subject = 'Soil running low?'`));
    for (const query of [
      `status = 'dropped'`,
      `from_email = 'x'`,
      `status IN ('dropped') OR status IN ('bounced')`,
      `(status IN ('dropped'))`,
      `status IN ('dropped') and to_email = 'x'`,
      `status IN 'dropped'`,
      `sg_message_id_created_at > "2026-06-02T07:30:00Z" AND`,
      `sg_message_id_created_at > TIMESTAMP "yesterday"`,
      `STATUS IN ('dropped')`,
      `to_email = 'x`,
      `to_email = 'x' ; drop`,
    ])
      expect([query, await count(query)]).toEqual([query, -400]);
  });

  it('shows the events of a message: at most the 100 newest, machines only where true, custom arguments apart', async () => {
    const { ask } = await start();
    const busiest = [...Map.groupBy(half.events, (event) => event.message)].sort(
      ([, left], [, right]) => right.length - left.length,
    );
    const [message = 0, events = []] = busiest[0] ?? [];
    expect(events.length).toBeGreaterThan(100);
    const place = (index: number): string => `/v3/logs/${half.messages[index]?.id}`;
    const shown = rowsOf(await ask(place(message)), 'events');
    expect(namesOf(shown, 'sg_event_id')).toEqual(
      events
        .slice(-100)
        .reverse()
        .map(({ id }) => id),
    );
    const machine = half.events.find((event) => event.isMachine && ask30.some(({ index }) => index === event.message));
    const { body } = await ask(place(machine?.message ?? 0));
    const opens = (body['events'] as Row[]).filter((event) => event['event'] === 'open');
    for (const open of opens) {
      const isMachine = half.events.find((event) => event.id === open['sg_event_id'])?.isMachine;
      expect('sg_machine_open' in open).toBe(isMachine);
    }
    expect(body['custom_args']).toMatchObject({ mc_stats: 'singlesend' });
    expect(typeof body['marketing_campaign_id']).toBe('number');
    const bare = await start({ hasSingleSendArgs: false });
    expect(Object.keys((await bare.ask(place(machine?.message ?? 0))).body['custom_args'] as Row)).toEqual([
      'journey',
      'batch',
    ]);
    const late = half.events.find((event) => event.isDelayed && ask30.some(({ index }) => index === event.message));
    const bounce = rowsOf(await ask(place(late?.message ?? 0)), 'events').find((event) => event['event'] === 'bounce');
    expect(bounce).toMatchObject({ sg_message_id: half.messages[late?.message ?? 0]?.id, type: 'bounce' });
    expect('ip' in (bounce ?? {})).toBe(false);
  });

  it('does not move a message when it is opened late, but shows the event once it is known', async () => {
    const late = world.sendgrid.events.find(
      (event) =>
        event.at <= world.now && event.knownAt > world.now && ask30.some(({ index }) => index === event.message),
    );
    const message = half.messages[late?.message ?? 0];
    let at = world.now;
    const { ask } = await start({ at: () => instantOf(at) });
    const ids = async (): Promise<unknown[]> =>
      namesOf(rowsOf(await ask(`/v3/logs/${message?.id}`), 'events'), 'sg_event_id');
    expect(await ids()).not.toContain(late?.id);
    at = world.now + day;
    expect(await ids()).toContain(late?.id);
  });

  it('tells the activity by its own names, by the time of the last event', async () => {
    const { ask } = await start({ rates: { activity: { requests: 100, seconds: 60 } } });
    const find = async (query: string): Promise<Answer> =>
      ask(`/v3/messages?limit=1000&query=${encodeURIComponent(query)}`);
    const rows = rowsOf(
      await find('last_event_time BETWEEN TIMESTAMP "2026-06-01T00:00:00Z" AND TIMESTAMP "2026-07-01T00:00:00Z"'),
      'messages',
    );
    // An old mail that was opened lately is there, too.
    expect(rows.length).toBeGreaterThan(ask30.length);
    expect(new Set(namesOf(rows, 'status'))).toEqual(new Set(['delivered', 'not_delivered']));
    const opened = rows.find((row) => Number(row['opens_count']) > 0 && Number(row['clicks_count']) > 0);
    const { body } = await ask(`/v3/messages/${String(opened?.['msg_id'])}`);
    expect(namesOf(body['events'] as Row[], 'event_name')).toEqual(
      expect.arrayContaining(['processed', 'delivered', 'opened', 'clicked']),
    );
    expect((await find('status IN ("delivered")')).status).toBe(400);
    expect((await ask('/v3/messages')).status).toBe(400);
  });
});
