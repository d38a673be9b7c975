import { createPublicKey, verify } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { day } from '../../src/demo/instant.ts';
import type { SgEvent } from '../../src/demo/sendgrid-types.ts';
import { createWorld } from '../../src/demo/world.ts';
import { createHookKeys, postEvents, postsOf } from './simulator-hook.ts';

type Posted = Record<string, unknown> & { readonly sg_event_id: string; readonly event: string };

const world = createWorld({ seed: 3, size: 'small' });
const { sendgrid: half } = world;
const eventOf = new Map(half.events.map((event) => [event.id, event]));
const open: (() => void)[] = [];

afterEach(() => {
  for (const close of open.splice(0)) close();
});

const parsed = (bodies: readonly { readonly body: Buffer }[]): Posted[] =>
  bodies.flatMap(({ body }) => JSON.parse(body.toString('utf8')) as Posted[]);

/** What the webhook has to post: known in the interval, and not before it was on. */
const due = (from: number, to: number): string[] =>
  half.events
    .filter((event) => event.knownAt > from && event.knownAt <= to && event.knownAt >= half.hookOnAt)
    .map(({ id }) => id)
    .sort();

describe('the posts of the Event Webhook', () => {
  const posts = postsOf(world, 0, world.now);
  const events = parsed(posts);
  const sent = (is: (event: SgEvent) => boolean): Posted[] =>
    events.filter((event) => {
      const fact = eventOf.get(event.sg_event_id);
      return fact !== undefined && is(fact);
    });

  it.each([1, 2, 3, 4])('hold what became known since it was on, and nothing else (seed %i)', (seed) => {
    const other = createWorld({ seed, size: 'tiny' });
    const known = other.sendgrid.events.filter(
      (event) => event.knownAt >= other.sendgrid.hookOnAt && event.knownAt <= other.now,
    );
    const ids = parsed(postsOf(other, 0, other.now)).map((event) => event.sg_event_id);
    expect([...new Set(ids)].sort()).toEqual(known.map(({ id }) => id).sort());
  });

  it('are the same bytes for the same arguments, and divide an interval without gap or overlap', () => {
    expect(postsOf(world, 0, world.now)).toEqual(posts);
    const ids = (from: number, to: number): string[] => [
      ...new Set(parsed(postsOf(world, from, to)).map((event) => event.sg_event_id)),
    ];
    const later = world.now + 2 * day;
    expect(ids(world.now, later).sort()).toEqual(due(world.now, later));
    expect([...ids(0, world.now), ...ids(world.now, later)].sort()).toEqual(due(0, later));
    expect(due(world.now, later).length).toBeGreaterThan(0);
    // An event's bytes do not depend on when it is posted.
    const content = (all: readonly Posted[]): Map<string, string> =>
      new Map(all.map((event) => [event.sg_event_id, JSON.stringify(event)]));
    const whole = content(parsed(postsOf(world, 0, later)));
    for (const [id, text] of content(events)) expect(whole.get(id)).toBe(text);
  });

  it('come doubled and out of order, unless they are to be tidy', () => {
    const ids = events.map((event) => event.sg_event_id);
    expect(ids.length).toBeGreaterThan(new Set(ids).size);
    const bodies = posts.map(({ body }) => body.toString());
    expect(bodies.length).toBeGreaterThan(new Set(bodies).size);
    const isAscending = (all: readonly Posted[]): boolean =>
      all.every((event, index) => {
        const [now, before] = [eventOf.get(event.sg_event_id), eventOf.get(all[index - 1]?.sg_event_id ?? '')];
        return (before?.knownAt ?? 0) <= (now?.knownAt ?? 0);
      });
    expect(isAscending(events)).toBe(false);
    const tidy = parsed(postsOf(world, 0, world.now, { isTidy: true }));
    expect(tidy.map((event) => event.sg_event_id).sort()).toEqual(due(0, world.now));
    expect(isAscending(tidy)).toBe(true);
    const sizes = posts.map(({ eventIds }) => eventIds.length);
    expect([Math.min(...sizes), Math.max(...sizes) > 20]).toEqual([1, true]);
    expect(
      Math.max(...postsOf(world, 0, world.now, { maxEvents: 5, isTidy: true }).map(({ eventIds }) => eventIds.length)),
    ).toBe(5);
  });

  it('speak as the documents say', () => {
    const opens = sent((event) => event.kind === 'open');
    expect(new Set(opens.map((event) => event['sg_machine_open']))).toEqual(new Set([true, false]));
    for (const event of opens) expect(event['sg_machine_open']).toBe(eventOf.get(event.sg_event_id)?.isMachine);
    const delayed = sent((event) => event.isDelayed);
    expect(delayed.length).toBeGreaterThan(0);
    for (const event of delayed)
      expect(['sg_message_id' in event, 'ip' in event, 'smtp-id' in event]).toEqual([false, false, true]);
    const prompt = sent((event) => !event.isDelayed);
    for (const event of prompt)
      expect(event['sg_message_id']).toBe(half.messages[eventOf.get(event.sg_event_id)?.message ?? 0]?.id);
    expect(new Set(sent((event) => event.kind === 'deferred').map((event) => typeof event['attempt']))).toEqual(
      new Set(['string']),
    );
    const kinds = new Set(
      events.map((event) => (Array.isArray(event['category']) ? 'array' : typeof event['category'])),
    );
    expect(kinds).toEqual(new Set(['array', 'string']));
    const sendAt = new Set(events.map((event) => String(event['send_at']).length));
    expect(sendAt).toEqual(new Set([10, 13]));
    for (const event of events) {
      expect(event).toMatchObject({ mc_stats: 'singlesend', batch: expect.any(String), journey: expect.any(String) });
      expect('custom_args' in event).toBe(false);
      const message = half.messages[eventOf.get(event.sg_event_id)?.message ?? 0];
      expect(event['singlesend_id']).toBe(message?.singleSendId);
      expect(event['phase_id']).toBe(message?.phase ?? 'send');
      if (message?.variation !== null) expect(event['template_version_id']).toBe(message?.variation);
    }
  });
});

/** An address that answers as told and keeps what came. */
async function listen(answer: (count: number) => number): Promise<{
  readonly url: string;
  readonly got: { readonly body: Buffer; readonly headers: IncomingMessage['headers']; readonly at: number }[];
}> {
  const got: { body: Buffer; headers: IncomingMessage['headers']; at: number }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      got.push({ body: Buffer.concat(chunks), headers: request.headers, at: performance.now() });
      response.writeHead(answer(got.length)).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/x/events`, got };
}

describe('posting', () => {
  const interval = { world, from: 0, to: world.now };

  it('signs time stamp and raw bytes, so that a changed byte does not verify', async () => {
    const { privateKey, publicKey } = createHookKeys();
    const { url, got } = await listen(() => 204);
    await postEvents({ url, privateKey, ...interval });
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    expect(key.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    for (const { body, headers } of got) {
      const signature = Buffer.from(String(headers['x-twilio-email-event-webhook-signature']), 'base64');
      const stamp = Buffer.from(String(headers['x-twilio-email-event-webhook-timestamp']));
      expect(stamp.toString()).toMatch(/^\d{10}$/);
      expect(verify('sha256', Buffer.concat([stamp, body]), key, signature)).toBe(true);
      expect(verify('sha256', Buffer.concat([stamp, body, Buffer.from(' ')]), key, signature)).toBe(false);
    }
    expect(createHookKeys('a')).toMatchObject({ publicKey: createHookKeys('a').publicKey });
    expect(createHookKeys('a').publicKey).not.toBe(createHookKeys('b').publicKey);
  });

  it('says what was acknowledged', async () => {
    const { url, got } = await listen(() => 200);
    const posted = await postEvents({ url, ...interval });
    expect([...posted.acknowledged].sort()).toEqual(due(0, world.now));
    expect(posted).toMatchObject({
      posts: got.length,
      requests: got.length,
      givenUp: [],
      statuses: { 200: got.length },
    });
    expect('x-twilio-email-event-webhook-signature' in (got[0]?.headers ?? {})).toBe(false);
  });

  it('tries again after growing waits what is not answered with 2xx', async () => {
    const { url, got } = await listen((count) => (count <= 2 ? 503 : 200));
    const posted = await postEvents({ url, ...interval, concurrency: 1, waits: [60, 180, 400] });
    const [first, second, third] = got;
    expect([
      second?.body.equals(first?.body ?? Buffer.alloc(0)),
      third?.body.equals(first?.body ?? Buffer.alloc(0)),
    ]).toEqual([true, true]);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(55);
    expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThan(175);
    expect(posted).toMatchObject({ requests: posted.posts + 2, givenUp: [], statuses: { 503: 2 } });
  });

  it('gives up in the end, and does not take a redirect or silence for an answer', async () => {
    const { url } = await listen(() => 302);
    const refused = await postEvents({ url, ...interval, waits: [1] });
    expect(refused.acknowledged).toEqual([]);
    expect([...refused.givenUp].sort()).toEqual(due(0, world.now));
    expect(refused.statuses).toEqual({ 302: refused.posts * 2 });
    const nobody = await postEvents({ url: 'http://127.0.0.1:9/', ...interval, waits: [] });
    expect(nobody.statuses).toEqual({ 0: nobody.posts });
  });
});
