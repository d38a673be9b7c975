import { describe, expect, it } from 'vitest';
import { day } from './instant.ts';
import type { SgEvent, SgMessage } from './sendgrid-types.ts';
import type { World } from './types.ts';
import { visibleSendgrid } from './visible-sendgrid.ts';
import { createWorld } from './world.ts';

const world = createWorld({ seed: 1, size: 'tiny' });
const { sendgrid } = world;
const view = visibleSendgrid(world, world.now);

function sendCalled(name: string): string {
  const send = sendgrid.singleSends.find((one) => one.name === name);
  if (send === undefined) throw new Error(`the world has no single send ${name}`);
  return send.id;
}

function eventsOf(name: string): readonly SgEvent[] {
  const id = sendCalled(name);
  return view.events.filter((event) => sendgrid.messages[event.message]?.singleSendId === id);
}

describe('what SendGrid can show', () => {
  it('has single events since the webhook is on, thirty days of logs, and totals of everything', () => {
    expect(view.singleSends.map((send) => send.name)).toEqual([
      'Welcome 2',
      'Spring offer',
      'Reorder reminder',
      'Invitation',
      'Harvest test',
      'Changed terms',
    ]);
    // Sent in February: all that is left of it is an open of June, when the webhook was on.
    expect(eventsOf('Welcome 2').map(({ kind }) => kind)).toEqual(['open']);
    expect(eventsOf('Invitation').filter(({ kind }) => kind === 'processed')).toHaveLength(4);
    // Counted by hand from the printed events of seed 1.
    expect(view.totals.get(sendCalled('Welcome 2'))).toEqual({
      requests: 20,
      bounceDrops: 0,
      spamReportDrops: 1,
      invalidEmails: 1,
      delivered: 15,
      bounces: 2,
      opens: 18,
      uniqueOpens: 11,
      clicks: 9,
      uniqueClicks: 3,
      unsubscribes: 1,
      spamReports: 1,
    });
  });

  it('shows an event from the instant on at which it is known, posted or in the logs', () => {
    const late = sendgrid.events.find(
      (event) => event.at < event.knownAt && event.at > sendgrid.hookOnAt && event.knownAt < world.now,
    );
    expect(late).toBeDefined();
    const shows = (at: number): boolean => visibleSendgrid(world, at).events.some(({ id }) => id === late?.id);
    expect([shows((late?.knownAt ?? 0) - 1), shows(late?.knownAt ?? 0)]).toEqual([false, true]);
  });

  it('forgets what only the logs showed after thirty days', () => {
    const [message] = sendgrid.messages.filter(({ singleSendId }) => singleSendId === sendCalled('Reorder reminder'));
    const processed = sendgrid.events.find((event) => event.message === message?.index && event.kind === 'processed');
    const shows = (at: number): boolean => visibleSendgrid(world, at).events.some(({ id }) => id === processed?.id);
    const until = (message?.at ?? 0) + 30 * day;
    expect([shows(until), shows(until + 1)]).toEqual([true, false]);
  });

  it('has the hundred newest events of a message in the logs, and every posted one', () => {
    const crowded = crowd('Reorder reminder', 120);
    const own = visibleSendgrid(crowded.world, world.now).events.filter(
      ({ message }) => message === crowded.message.index,
    );
    expect(own).toHaveLength(100);
    expect(own.some(({ kind }) => kind === 'processed')).toBe(false);
    const posted = crowd('Harvest test', 120);
    expect(
      visibleSendgrid(posted.world, world.now).events.filter(({ message }) => message === posted.message.index).length,
    ).toBeGreaterThan(120);
  });

  it('states totals of a test by variation, without what the winner brought', () => {
    const tested = [...(view.tested.get(sendCalled('Harvest test')) ?? new Map()).values()];
    // By hand: five of ten mails to the first variation, of which two were dropped.
    expect(tested.map(({ requests, delivered, uniqueOpens }) => [requests, delivered, uniqueOpens])).toEqual([
      [5, 2, 2],
      [5, 5, 5],
    ]);
  });

  it('states each place of a link, and only places that were clicked', () => {
    const places = (name: string) =>
      view.links.get(sendCalled(name))?.map(({ position, clicks }) => [position, clicks]);
    expect(places('Harvest test')).toEqual([
      [0, 4],
      [1, 4],
      [2, 6],
    ]);
    expect(places('Spring offer')).toHaveLength(1);
    expect(places('Changed terms')).toEqual([]);
  });

  it('has nobody who was deleted, no list left behind, and no suppression that was taken back', () => {
    const gone = sendgrid.contacts.filter((contact) => (contact.deletedAt ?? Infinity) <= world.now);
    expect(gone.length).toBeGreaterThan(0);
    const shown = new Set(view.contacts.map(({ contact }) => contact.id));
    expect(gone.filter((contact) => shown.has(contact.id))).toEqual([]);
    const removed = sendgrid.contacts.flatMap((contact) =>
      contact.lists
        .filter((entry) => (entry.removedAt ?? Infinity) <= world.now)
        .map((entry) => `${contact.id} ${entry.listId}`),
    );
    expect(removed.length).toBeGreaterThan(0);
    const places = new Set(view.contacts.flatMap(({ contact, listIds }) => listIds.map((id) => `${contact.id} ${id}`)));
    expect(removed.filter((place) => places.has(place))).toEqual([]);
    const takenBack = sendgrid.suppressions.filter((entry) => (entry.removedAt ?? Infinity) <= world.now);
    expect(takenBack.length).toBeGreaterThan(0);
    expect(takenBack.filter((entry) => view.suppressions.includes(entry))).toEqual([]);
  });
});

/** The world with a recipient of a single send who opens again and again, hours after the mail. */
function crowd(name: string, opens: number): { readonly world: World; readonly message: SgMessage } {
  const id = sendCalled(name);
  const [like] = eventsOf(name).filter(({ kind }) => kind === 'delivered');
  const message = sendgrid.messages[like?.message ?? -1];
  if (like === undefined || message?.singleSendId !== id) throw new Error(`${name} reached nobody`);
  const more = Array.from({ length: opens }, (_, nth): SgEvent => {
    const at = message.at + 3600 + nth;
    return { ...like, id: `open-${nth}`, kind: 'open', at, knownAt: at };
  });
  return { world: { ...world, sendgrid: { ...sendgrid, events: [...sendgrid.events, ...more] } }, message };
}
