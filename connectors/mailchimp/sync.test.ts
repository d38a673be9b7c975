import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Instant, JsonObject } from '../../src/contracts/json.ts';
import { createWorld } from '../../src/demo/world.ts';
import { createHttp } from '../_kit/http.ts';
import { MemoryInbox } from '../_kit/suite/memory-inbox.ts';
import { inOrder, Memory } from '../_kit/suite/memory.ts';
import { mailchimp } from './connector.ts';
import { webhooks } from './fixtures/webhooks.ts';
import { startMailchimpSimulator, type MailchimpSimulator } from './simulator.ts';
import { reportFingerprint } from './stream.ts';

// The connector, the kit and the simulator (written apart from both) together, over a warehouse of a few lines: whole syncs
// with the members' rounds, and the bars on the number of requests.

const apiKey = 'simulated-key-us1';
const start = '2026-06-30T12:00:00.000Z';
const ordered = inOrder(mailchimp);
const inbox = new MemoryInbox().post('lists', ...webhooks);
const counted = new Set(['lists', 'members', 'campaigns', 'reports', 'sent_to', 'email_activity']);

/** One sync of every stream: its requests for the counted streams, and whatever was not as it should be. */
async function sync(memory: Memory, simulator: MailchimpSimulator, now: Instant) {
  const config = { credentials: { api_key: apiKey }, base_url: simulator.url };
  const http = createHttp(mailchimp, config, { sleep: async () => {} });
  const trouble: string[] = [];
  let requests = 0;
  for (const name of ordered) {
    const before = http.requests;
    for (const { slice, rejected, end } of await memory.sync(
      { connector: mailchimp, config, http, now, inbox },
      name,
    )) {
      const missing = end.incomplete ?? end.skipped;
      if (missing !== undefined) trouble.push(`${name} ${slice.id}: ${missing}`);
      for (const { path, reason } of rejected) trouble.push(`${name} ${path}: ${reason}`);
    }
    if (counted.has(name)) requests += http.requests - before;
  }
  return { trouble, requests };
}

const content = (memory: Memory): readonly (readonly [string, readonly string[]])[] =>
  ordered.map((stream) => [stream, memory.content(stream)]);

/** Pages of the recipients of these campaigns, for sent-to and email-activity together. */
const recipientPages = (memory: Memory, ids: ReadonlySet<string>): number => {
  const recipients = new Map<string, number>();
  for (const { record } of memory.live('sent_to')) {
    const id = String(record['campaign_id']);
    recipients.set(id, (recipients.get(id) ?? 0) + 1);
  }
  return [...ids].reduce((sum, id) => sum + 2 * Math.max(1, Math.ceil((recipients.get(id) ?? 0) / 1000)), 0);
};

const sentWithin = (memory: Memory, now: Instant, days: number): ReadonlySet<string> => {
  const isYoung = (record: JsonObject): boolean => {
    const sentAt = Date.parse(String(record['send_time'] || record['start_time'] || ''));
    return Number(record['emails_sent']) > 0 && Date.parse(now) - sentAt <= days * 86_400_000;
  };
  return new Set(
    [...memory.live('campaigns'), ...memory.live('automation_emails')]
      .map(({ record }) => record)
      .filter(isYoung)
      .map(({ id }) => String(id)),
  );
};

describe.each([1, 2, 3])('whole syncs against the simulator, seed %i', (seed) => {
  const memory = new Memory();
  let now: Instant = start;
  let simulator: MailchimpSimulator;
  let first: Awaited<ReturnType<typeof sync>>;

  beforeAll(async () => {
    simulator = await startMailchimpSimulator({ world: createWorld({ seed, size: 'small' }), apiKey, at: () => now });
    first = await sync(memory, simulator, now);
  });
  afterAll(() => simulator.stop());

  it('reads every stream, completely and without a refused record', () => {
    expect(first.trouble).toEqual([]);
    expect(ordered.filter((stream) => memory.live(stream).length === 0)).toEqual([]);
    expect(simulator.violations()).toEqual([]);
    expect(simulator.maxInFlight()).toBeLessThanOrEqual(10);
  });

  it('agrees with the totals that the reports state', () => {
    for (const { record: report } of memory.live('reports')) {
      const id = report['id'];
      const recipients = memory.live('sent_to').filter(({ record }) => record['campaign_id'] === id).length;
      expect(recipients).toBeLessThanOrEqual(Number(report['emails_sent']));
      const opens = new Map<unknown, number>();
      for (const { record } of memory.live('email_activity')) {
        if (record['campaign_id'] !== id || record['action'] !== 'open') continue;
        opens.set(record['email_id'], (opens.get(record['email_id']) ?? 0) + 1);
      }
      const sum = [...opens.values()].reduce((total, count) => total + count, 0);
      const stated = (report['opens'] as { readonly opens_total: number }).opens_total;
      // Deleted contacts and the cap of 1,000 events a contact hide some.
      const isHidden = recipients < Number(report['emails_sent']) || [...opens.values()].includes(1000);
      expect(isHidden ? sum <= stated : sum === stated, `${String(id)}: ${sum} of ${stated} opens`).toBe(true);
    }
  });

  it('makes hardly a request and changes no row when nothing changed', async () => {
    const before = content(memory);
    const { trouble, requests } = await sync(memory, simulator, now);
    expect(trouble).toEqual([]);
    expect(content(memory)).toEqual(before);
    const lists = memory.live('lists').length;
    expect(requests).toBeLessThanOrEqual(3 + lists + recipientPages(memory, sentWithin(memory, now, 5)));
  });

  it('has, a day later, what a first read would have then, for few requests', async () => {
    now = '2026-07-01T12:00:00.000Z';
    const before = new Map(memory.live('reports').map(({ record }) => [record['id'], reportFingerprint(record)]));
    const known = memory.live('members').length;
    const { trouble, requests } = await sync(memory, simulator, now);
    expect(trouble).toEqual([]);
    const moved = memory.live('reports').filter(({ record }) => before.get(record['id']) !== reportFingerprint(record));
    const due = new Set([...sentWithin(memory, now, 5), ...moved.map(({ record }) => String(record['id']))]);
    const lists = memory.live('lists').length;
    // Of each list a page of changes; where contacts were archived or deleted a page for the archived and the list once more.
    const listPages = 3 * lists + Math.ceil(known / 1000);
    expect(requests).toBeLessThanOrEqual(3 + listPages + recipientPages(memory, due));
    const fresh = new Memory();
    await sync(fresh, simulator, now);
    const contacts = new Set(
      fresh.live('members').map(({ record }) => `${String(record['list_id'])}/${String(record['id'])}`),
    );
    for (const stream of ordered) {
      const theirs = new Map(fresh.live(stream).map(({ _primary_key, record }) => [_primary_key, record]));
      const ours = new Map(memory.live(stream).map(({ _primary_key, record }) => [_primary_key, record]));
      const wrong = [...theirs].filter(([key, record]) => JSON.stringify(ours.get(key)) !== JSON.stringify(record));
      // Contacts deleted since stay in what is not read again: facts happened.
      const extra = [...ours].filter(
        ([key, { list_id: list, email_id: id }]) =>
          !theirs.has(key) && (id === undefined || contacts.has(`${String(list)}/${String(id)}`)),
      );
      expect({ stream, wrong, extra }).toEqual({ stream, wrong: [], extra: [] });
    }
    expect(simulator.violations()).toEqual([]);
  });
});
