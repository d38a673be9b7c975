import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld } from '../../src/demo/world.ts';
import type { Instant, JsonObject } from '../../src/contracts/json.ts';
import type { ItemState, LandedRow, Slice } from '../../src/contracts/sync.ts';
import type { RawReader } from '../_kit/contract.ts';
import { readSlice } from '../_kit/engine.ts';
import { createHttp } from '../_kit/http.ts';
import { planSlices } from '../_kit/plan.ts';
import { mailchimp } from './connector.ts';
import { reportFingerprint } from './stream.ts';
import { startMailchimpSimulator, type MailchimpSimulator } from './simulator.ts';

// The connector, the kit and the simulator (written apart from both) together, over a warehouse of a few lines: whole syncs
// with the members' rounds, and the bars on the number of requests.

const apiKey = 'simulated-key-us1';
const start = '2026-06-30T12:00:00.000Z';
const signal = new AbortController().signal;
const counted = new Set(['lists', 'members', 'campaigns', 'reports', 'sent_to', 'email_activity']);

type Held = { row: LandedRow; isDeleted: boolean };

/** Raw tables in memory: rows by key, states by item. */
class Memory {
  readonly tables = new Map<string, Map<string, Held>>();
  readonly states = new Map<string, Map<string, ItemState>>();
  readonly trouble: string[] = [];
  readonly requests = new Map<string, number>();

  table(stream: string): Map<string, Held> {
    return upsert(this.tables, stream, () => new Map());
  }

  state(stream: string): Map<string, ItemState> {
    return upsert(this.states, stream, () => new Map());
  }

  live(stream: string): readonly LandedRow[] {
    return [...this.table(stream).values()].filter(({ isDeleted }) => !isDeleted).map(({ row }) => row);
  }

  reader(): RawReader {
    const live = (stream: string) => this.live(stream);
    return {
      async *records(stream) {
        for (const { record } of live(stream)) yield record;
      },
      counts: async (stream, field) => {
        const counts = new Map<string, Map<string, number>>();
        for (const { _item, record } of live(stream)) {
          const group = upsert(counts, _item, () => new Map<string, number>());
          const value = field === undefined ? '' : String(record[field]);
          group.set(value, (group.get(value) ?? 0) + 1);
        }
        return counts;
      },
    };
  }

  /** Content of all tables, to compare with another run's. */
  content(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(
      [...this.tables.keys()].sort().map((stream) => [
        stream,
        this.live(stream)
          .map(({ _primary_key, _record_hash }) => `${_primary_key} ${_record_hash}`)
          .sort(),
      ]),
    );
  }
}

function upsert<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const held = map.get(key) ?? make();
  map.set(key, held);
  return held;
}

/** Streams in an order in which parents come first. */
const ordered: readonly string[] = (() => {
  const done: string[] = [];
  const visit = (name: string): void => {
    if (done.includes(name)) return;
    const stream = mailchimp.streams[name];
    for (const parent of [stream?.parent, ...(stream?.moreParents ?? [])]) {
      if (parent === undefined) continue;
      visit(parent.stream);
      if (parent.ageing?.movedBy !== undefined) visit(parent.ageing.movedBy.stream);
    }
    done.push(name);
  };
  for (const name of Object.keys(mailchimp.streams)) visit(name);
  return done;
})();

async function sync(memory: Memory, simulator: MailchimpSimulator, now: Instant): Promise<void> {
  const config = { credentials: { api_key: apiKey }, base_url: simulator.url };
  const http = createHttp(mailchimp, config, { sleep: async () => {} });
  memory.requests.clear();
  for (const name of ordered) {
    const before = http.requests;
    for (let round = 0; round < (mailchimp.streams[name]?.plan?.rounds ?? 1); round += 1) {
      const context = {
        config,
        state: memory.state(name),
        raw: memory.reader(),
        now,
        startDate: null,
        mutableWindow: 'P35D',
        round,
      };
      const slices = await planSlices(mailchimp, name, context);
      if (slices.length === 0) break;
      for (const slice of slices) await readInto(memory, name, slice, http, config, now);
    }
    memory.requests.set(name, http.requests - before);
  }
}

async function readInto(
  memory: Memory,
  name: string,
  slice: Slice,
  http: ReturnType<typeof createHttp>,
  config: { readonly credentials: { readonly api_key: string }; readonly base_url: string },
  now: Instant,
): Promise<void> {
  let rows: LandedRow[] = [];
  for await (const event of readSlice(mailchimp, name, { config, http, slice, now, salt: 'salt', signal })) {
    if (event.kind === 'restart') rows = [];
    else if (event.kind === 'page') {
      rows.push(...event.rows);
      for (const { path, reason } of event.rejected) memory.trouble.push(`${name} ${path}: ${reason}`);
    } else if (event.incomplete !== undefined || event.skipped !== undefined) {
      memory.trouble.push(`${name} ${slice.id}: ${event.incomplete ?? event.skipped}`);
    } else memory.state(name).set(slice.item, event.state);
  }
  const table = memory.table(name);
  const keys = new Set(rows.map(({ _primary_key }) => _primary_key));
  if (slice.mode === 'full') {
    for (const held of table.values()) {
      if (held.row._item === slice.item && !keys.has(held.row._primary_key)) held.isDeleted = true;
    }
  }
  for (const row of rows) table.set(row._primary_key, { row, isDeleted: false });
}

const countedRequests = (memory: Memory): number =>
  [...memory.requests].reduce((sum, [stream, requests]) => sum + (counted.has(stream) ? requests : 0), 0);

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

  beforeAll(async () => {
    simulator = await startMailchimpSimulator({ world: createWorld({ seed, size: 'small' }), apiKey, at: () => now });
    await sync(memory, simulator, now);
  });
  afterAll(() => simulator.stop());

  it('reads every stream, completely and without a refused record', () => {
    expect(memory.trouble).toEqual([]);
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
    const content = memory.content();
    await sync(memory, simulator, now);
    expect(memory.trouble).toEqual([]);
    expect(memory.content()).toEqual(content);
    const lists = memory.live('lists').length;
    expect(countedRequests(memory)).toBeLessThanOrEqual(3 + lists + recipientPages(memory, sentWithin(memory, now, 5)));
  });

  it('has, a day later, what a first read would have then, for few requests', async () => {
    now = '2026-07-01T12:00:00.000Z';
    const before = new Map(memory.live('reports').map(({ record }) => [record['id'], reportFingerprint(record)]));
    const known = memory.live('members').length;
    await sync(memory, simulator, now);
    const moved = memory.live('reports').filter(({ record }) => before.get(record['id']) !== reportFingerprint(record));
    const due = new Set([...sentWithin(memory, now, 5), ...moved.map(({ record }) => String(record['id']))]);
    const lists = memory.live('lists').length;
    // Of each list a page of changes; where contacts were archived or deleted a page for the archived and the list once more.
    const listPages = 3 * lists + Math.ceil(known / 1000);
    expect(countedRequests(memory)).toBeLessThanOrEqual(3 + listPages + recipientPages(memory, due));
    const fresh = new Memory();
    await sync(fresh, simulator, now);
    expect(memory.trouble).toEqual([]);
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
