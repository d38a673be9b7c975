import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { day } from './instant.ts';
import type { SendgridWorld, SgEvent, SgSingleSend } from './sendgrid-types.ts';
import type { World, WorldSize } from './types.ts';
import { createWorld, worldAt } from './world.ts';

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
const seeds = [1, 2, 3, 4, 5, 6, 7, 14];
const sizes: readonly WorldSize[] = ['tiny', 'small'];

/** Of the world without its second half: whole timeline, and as it stood at `now`. A change of them is a change of the half. */
const before: readonly (readonly [number, WorldSize, string, string])[] = [
  [
    1,
    'tiny',
    '8a02800a9c6fbcd0b1154b17856a86beef74badee54bd129e1166ff6b9e6f2e9',
    '02317f74bf1f3860ff75bf4c77b6f14860a8849170a0b0ff751e4ca1c6541a4d',
  ],
  [
    2,
    'tiny',
    'ba004c02e5078bdab283fdd3e96492cfa7b3fc9d48e4bce430053239790c28dc',
    'd8409ed7b44a8b4d790cdfe909a8f1afe48d849d8ecaaa7a695dcc7b1e0f8338',
  ],
  [
    3,
    'small',
    '63149599046e738650a4fea96d4844cd42f091e0d4abe4403e2c9860f5117fa5',
    '866227cfad61dda89d469ac899fc88332fcfa4ad983632d5915f359d5193a20f',
  ],
];

describe('the SendGrid half of the demo world', () => {
  it.each(before)('leaves the other half as it was (seed %i, %s)', (seed, size, whole, known) => {
    const without = ({ sendgrid: _sendgrid, ...rest }: World): unknown => rest;
    const world = createWorld({ seed, size });
    expect(digest(without(world))).toBe(whole);
    expect(digest(without(worldAt(world, world.now)))).toBe(known);
  });

  it('has the promised sizes, and leaves the other half as it was where that is big', () => {
    const shape = ({ sendgrid: half }: World): unknown => ({
      contacts: half.contacts.length,
      sends: half.singleSends.length,
      lists: half.lists.length,
      groups: half.groups.length,
    });
    expect(shape(createWorld({ seed: 1, size: 'tiny' }))).toEqual({ contacts: 60, sends: 8, lists: 3, groups: 2 });
    expect(shape(createWorld({ seed: 1, size: 'small' }))).toEqual({ contacts: 120, sends: 9, lists: 3, groups: 2 });
    const demo = createWorld({ seed: 1, size: 'demo' });
    expect(shape(demo)).toEqual({ contacts: 1500, sends: 14, lists: 3, groups: 2 });
    const { sends, opens, clicks, bounces } = demo;
    expect(digest({ sends, opens, clicks, bounces })).toBe(
      '85f35d383432c34567649b991fa12bf999881afcded84536aa49210741dae95a',
    );
  }, 120_000);

  for (const size of sizes) {
    it.each(seeds)(`holds every kind of everything (${size}, seed %i)`, (seed) => {
      const timeline = createWorld({ seed, size });
      const world = worldAt(timeline, timeline.now);
      const kinds = kindsOf(timeline, world);
      expect(Object.keys(kinds).filter((kind) => kinds[kind] !== true)).toEqual([]);
      if (size === 'tiny') expect(timeline.sendgrid.events.length).toBeLessThanOrEqual(400);
      expectConserved(timeline.sendgrid);
      expectConserved(world.sendgrid);
    });
  }

  it('knows no more at an earlier instant, and the same when asked twice', () => {
    const timeline = createWorld({ seed: 2, size: 'small' });
    const now = worldAt(timeline, timeline.now);
    const later = worldAt(timeline, timeline.now + day);
    expect(digest(worldAt(later, timeline.now))).toBe(digest(now));
    expect(now.sendgrid.events.every((event) => event.knownAt <= now.now)).toBe(true);
    expect(later.sendgrid.events.length).toBeGreaterThan(now.sendgrid.events.length);
    const running = now.sendgrid.singleSends.find((send) => send.name === 'Heat wave');
    expect(running?.test?.winner).toBe(null);
    expect(later.sendgrid.singleSends.find((send) => send.id === running?.id)?.test?.winner).not.toBe(null);
  });
});

const kinds = [
  'processed',
  'deferred',
  'delivered',
  'dropped',
  'hard bounce',
  'soft bounce',
  'delayed bounce',
  'human open',
  'machine open',
  'late open',
  'click',
  'scanner burst',
  'spamreport',
  'unsubscribe',
  'group_unsubscribe',
  'group_resubscribe',
] as const;

function isOf(event: SgEvent, kind: (typeof kinds)[number]): boolean {
  if (kind === 'hard bounce') return event.bounceType === 'bounce' && !event.isDelayed;
  if (kind === 'soft bounce') return event.bounceType === 'blocked';
  if (kind === 'delayed bounce') return event.isDelayed && event.knownAt > event.at;
  if (kind === 'human open') return event.kind === 'open' && !event.isMachine;
  if (kind === 'machine open') return event.isMachine;
  if (kind === 'late open') return event.kind === 'open' && event.knownAt > event.at;
  return kind !== 'scanner burst' && event.kind === kind;
}

function kindsOf(timeline: World, { sendgrid: half, now }: World): Record<string, boolean> {
  const found: Record<string, boolean> = {};
  const regimeOf = (send: SgSingleSend): string =>
    (send.sentAt ?? Infinity) > now
      ? 'later'
      : (send.sentAt ?? 0) < now - 30 * day
        ? 'totals'
        : (send.sentAt ?? 0) < half.hookOnAt
          ? 'logs'
          : 'hook';
  const all = timeline.sendgrid.singleSends;
  for (const regime of ['totals', 'logs', 'hook'] as const) {
    const ids = new Set(all.filter((send) => regimeOf(send) === regime).map((send) => send.id));
    const events = half.events.filter((event) => ids.has(half.messages[event.message]?.singleSendId ?? ''));
    found[`${regime}: two single sends`] = ids.size >= 2;
    for (const kind of kinds) {
      if (kind !== 'scanner burst') found[`${regime}: ${kind}`] = events.some((event) => isOf(event, kind));
    }
    const clicks = Map.groupBy(
      events.filter((event) => event.kind === 'click'),
      (event) => event.message,
    );
    found[`${regime}: scanner burst`] = [...clicks.values()].some((own) =>
      own.some(
        ({ at }) =>
          new Set(own.filter((event) => event.at >= at && event.at <= at + 10).map(({ link }) => link)).size >= 3,
      ),
    );
  }
  const messagesOf = (send: SgSingleSend): number[] =>
    half.messages.filter((message) => message.singleSendId === send.id).map((message) => message.index);
  const delivered = new Set(half.events.filter((event) => event.kind === 'delivered').map((event) => event.message));
  const sent = all.filter((send) => (send.sentAt ?? Infinity) <= now);
  const tested = sent.filter((send) => send.test !== null);
  const phases = (send: SgSingleSend): Set<string | null> =>
    new Set(half.messages.filter((message) => message.singleSendId === send.id).map((message) => message.phase));
  const spelt = half.contacts.filter((contact) =>
    timeline.memberships.some(
      (membership) => membership.personIndex === contact.personIndex && membership.address !== contact.address,
    ),
  );
  return {
    ...found,
    'test long ago': tested.some((send) => regimeOf(send) === 'totals' && phases(send).size === 2),
    'test posted': tested.some((send) => regimeOf(send) === 'hook' && phases(send).size === 2),
    draft: half.singleSends.some((send) => send.sentAt === null),
    scheduled: half.singleSends.some((send) => (send.sentAt ?? 0) > now),
    'sent a later day': all.some((send) => regimeOf(send) === 'later' && send.sentAt !== null),
    'without group': sent.some((send) => send.groupId === null),
    'without links': sent.some((send) => send.links.length === 0),
    'same address twice in a mail': sent.some(
      (send) => new Set(send.links.map((link) => link.url)).size < send.links.length,
    ),
    'all bounced': sent.some(
      (send) => messagesOf(send).length > 0 && messagesOf(send).every((index) => !delivered.has(index)),
    ),
    'on the hour the clocks change': sent.some((send) => send.sentAt === Date.UTC(2026, 2, 29, 0, 59, 59) / 1000),
    'half of the contacts are on Mailchimp lists':
      half.contacts.filter((contact) => contact.personIndex < timeline.people.length).length * 2 ===
      half.contacts.length,
    'spelt otherwise there': spelt.length > 0,
    'decomposed letters': half.contacts.some((contact) => contact.address !== contact.address.normalize('NFC')),
    'bounce taken back': half.suppressions.some((entry) => entry.kind === 'bounce' && entry.removedAt !== null),
    'suppressed by hand': half.suppressions.some((entry) => entry.at < Date.UTC(2026, 0, 6) / 1000),
    'invalid address': half.suppressions.some((entry) => entry.kind === 'invalid_email'),
    'told after now': timeline.sendgrid.events.some((event) => event.at <= now && event.knownAt > now),
    'old mail opened after now': timeline.sendgrid.events.some(
      (event) => event.kind === 'open' && event.at > now && (half.messages[event.message]?.at ?? now) < now - 60 * day,
    ),
    'two opens in a second': [
      ...Map.groupBy(
        half.events.filter((event) => event.kind === 'open'),
        (event) => `${event.message} ${event.at}`,
      ).values(),
    ].some((own) => own.length > 1),
    'more events than logs show':
      timeline.size === 'tiny' ||
      [...Map.groupBy(half.events, (event) => event.message).values()].some((own) => own.length > 100),
    'deleted contact': timeline.sendgrid.contacts.some((contact) => contact.deletedAt !== null),
    'long event id': half.events.some((event) => event.id.length > 90),
  };
}

/** Nothing happens that cannot: counted, not sampled. */
function expectConserved(half: SendgridWorld): void {
  const wrong: string[] = [];
  const check = (isRight: boolean, what: string, key: string | number): void => {
    if (!isRight) wrong.push(`${what}: ${key}`);
  };
  const sends = new Map(half.singleSends.map((send) => [send.id, send]));
  check(new Set(half.events.map((event) => event.id)).size === half.events.length, 'an event id twice', '');
  check(new Set(half.messages.map((message) => message.id)).size === half.messages.length, 'a message id twice', '');
  check(new Set(half.contacts.map((contact) => contact.address)).size === half.contacts.length, 'an address twice', '');
  const once = new Set(half.messages.map((message) => `${message.singleSendId} ${message.contact}`));
  check(once.size === half.messages.length, 'somebody was mailed twice', '');
  const eventsOf = Map.groupBy(half.events, (event) => event.message);
  for (const message of half.messages) {
    const send = sends.get(message.singleSendId);
    const contact = half.contacts[message.contact];
    const own = eventsOf.get(message.index) ?? [];
    const kindsOfMessage = new Set(own.map((event) => event.kind));
    const key = message.index;
    check(half.messages[key] === message, 'index', key);
    check(contact !== undefined && (contact.deletedAt ?? Infinity) > message.at, 'mailed after deletion', key);
    const isListed = contact?.lists.some(
      (entry) =>
        send?.listIds.includes(entry.listId) &&
        entry.at <= message.at &&
        (entry.removedAt ?? Infinity) > message.at - day,
    );
    check(isListed === true, 'mailed though on none of the lists', key);
    check(
      own.every((event) => event.at >= message.at && event.knownAt >= event.at),
      'before the mail',
      key,
    );
    check((message.phase === null) === (send?.test === null), 'phase of a single send without test', key);
    check((message.variation === null) === (send?.test === null), 'variation of a single send without test', key);
    const isBlocked = half.suppressions.some(
      (entry) =>
        entry.address === contact?.address &&
        entry.kind !== 'block' &&
        (entry.kind !== 'group' || entry.groupId === send?.groupId) &&
        entry.at <= message.at &&
        (entry.removedAt ?? Infinity) > message.at,
    );
    check(isBlocked === kindsOfMessage.has('dropped'), 'sent though suppressed, or dropped though not', key);
    check(!kindsOfMessage.has('dropped') || own.length === 1, 'more than a drop', key);
    check(kindsOfMessage.has('dropped') !== kindsOfMessage.has('processed'), 'neither processed nor dropped', key);
    const reacted = own.filter(
      (event) => !['processed', 'deferred', 'delivered', 'dropped', 'bounce'].includes(event.kind),
    );
    check(reacted.length === 0 || kindsOfMessage.has('delivered'), 'read though not delivered', key);
    for (const event of own) {
      check(event.kind !== 'click' || send?.links[event.link ?? -1] !== undefined, 'click on no link', key);
      check(!event.kind.startsWith('group') || send?.groupId !== null, 'left no group', key);
      const kind = event.kind === 'bounce' ? (event.bounceType === 'bounce' ? 'bounce' : 'block') : leaving[event.kind];
      const entered = half.suppressions.some(
        (entry) => entry.kind === kind && entry.address === contact?.address && entry.at <= event.knownAt,
      );
      check(kind === undefined || entered, `${event.kind} without an entry`, key);
    }
  }
  for (const entry of half.suppressions)
    check(entry.removedAt === null || entry.removedAt > entry.at, 'removed before it came', entry.at);
  const sorted = half.events.every((event, index) => index === 0 || event.at >= (half.events[index - 1]?.at ?? 0));
  check(sorted, 'events out of order', '');
  expect(wrong.slice(0, 5)).toEqual([]);
}

const leaving: Readonly<Record<string, string>> = {
  spamreport: 'spam_report',
  unsubscribe: 'unsubscribe',
  group_unsubscribe: 'group',
};
