import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Instant } from '../../../src/contracts/json.ts';
import { defineConnector, type Connector } from '../contract.ts';
import { jsonArray, pushStream } from '../push.ts';
import type { Posted } from './memory-inbox.ts';
import type { SuiteSimulator } from './simulator.ts';
import { startServer } from './test-server.ts';

// A vendor to try the suite itself on: a snapshot, an incremental stream, one per parent by age, and one that is posted.

export const SECRET = 'canary-8d2e-fake-vendor-key';
export type FakeConfig = { readonly key: string; readonly base_url: string };

/** What can be wrong with the vendor; each must turn a check of the suite red. */
export type VendorDefect =
  'skips-a-row-between-pages' | 'repeats-a-row-between-pages' | 'never-ends' | 'hides-late-rows';

type Contact = { readonly id: string; readonly email: string; readonly changed: string };
type Send = {
  readonly id: string;
  readonly sent: string;
  readonly opens: number;
  readonly events: readonly { readonly at: string; readonly kind: string }[];
};

const minutes = (count: number): string => new Date(Date.UTC(2026, 5, 1) + count * 60_000).toISOString();

/** The vendor's world; at `late` something has changed. */
function worldAt(isLate: boolean): { readonly contacts: readonly Contact[]; readonly sends: readonly Send[] } {
  const contacts = Array.from({ length: 24 }, (_, index) => ({
    id: `p${index}`,
    email: `p${index}@example.org`,
    changed: minutes(index < 20 ? index : 20),
  }));
  const sends = Array.from({ length: 4 }, (_, index) => ({
    id: `s${index}`,
    sent: minutes(-index * 20_000),
    opens: 10 + index,
    events: Array.from({ length: 10 + index }, (_, event) => ({ at: minutes(event - index * 20_000), kind: 'open' })),
  }));
  if (!isLate) return { contacts, sends };
  const changed = contacts.map((contact, index) =>
    index % 7 === 0 ? { ...contact, email: `new${index}@example.org`, changed: minutes(5000 + index) } : contact,
  );
  const opened = sends.map((send, index) =>
    index === 2
      ? { ...send, opens: send.opens + 1, events: [...send.events, { at: minutes(4000), kind: 'click' }] }
      : send,
  );
  return { contacts: changed, sends: opened };
}

/** What the vendor posts: seven clicks in four posts. */
export const posts: readonly Posted[] = [[0, 1], [2], [3, 4, 5], [6]].map((clicks) => ({
  body: clicks.map((index) => ({
    id: `k${index}`,
    at: 1_780_000_000 + index,
    kind: index % 2 === 0 ? 'html' : 'text',
  })),
}));

export type FakeVendor = SuiteSimulator & { move(): void; readonly now: Instant; readonly later: Instant };

/** Starts the vendor: offset pages in an order of its own, with a stated total; `since` is exclusive, as most vendors have it. */
export async function startFakeVendor(defect?: VendorDefect): Promise<FakeVendor> {
  let isLate = false;
  const violations: { path: string; reason: string }[] = [];

  function page(url: URL, rows: readonly unknown[]): unknown {
    const from = Number(url.searchParams.get('offset') ?? 0);
    const size = Math.min(100, Number(url.searchParams.get('count') ?? 10));
    const shift =
      from === 0 ? 0 : defect === 'skips-a-row-between-pages' ? 1 : defect === 'repeats-a-row-between-pages' ? -1 : 0;
    if (defect === 'never-ends') return { rows: rows.slice(0, size), total_items: 1_000_000_000 };
    return { rows: rows.slice(from + shift, from + shift + size), total_items: rows.length };
  }

  function route(url: URL): unknown {
    const { contacts, sends } = worldAt(isLate);
    const path = url.pathname.replace('/v1', '');
    if (path === '/contacts') {
      const since = url.searchParams.get('since');
      const shown = contacts.filter(({ changed }) => since === null || changed > since);
      return page(
        url,
        defect === 'hides-late-rows' && isLate ? shown.filter(({ changed }) => changed < minutes(5000)) : shown,
      );
    }
    if (path === '/sends')
      return page(
        url,
        sends.map(({ id, sent }) => ({ id, sent })),
      );
    if (path === '/reports')
      return page(
        url,
        sends.map(({ id, opens }) => ({ id, opens })),
      );
    const send = sends.find(({ id }) => path === `/sends/${id}/events`);
    if (send === undefined) return undefined;
    return page(
      url,
      Array.from({ length: 5 }, (_, recipient) => ({
        recipient: `r${recipient}`,
        email: `r${recipient}@example.org`,
        events: send.events.filter((_event, index) => index % 5 === recipient),
      })),
    );
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://vendor');
    const reply = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.headers['x-api-key'] !== SECRET) return reply(401, { title: 'Wrong key' });
    const body = route(url);
    if (body !== undefined) return reply(200, body);
    violations.push({ path: url.pathname, reason: 'the API has no such path' });
    return reply(404, { title: 'Not found' });
  }

  const server = await startServer(serve);
  return {
    url: `${server.origin}/v1`,
    stop: server.stop,
    violations: () => violations,
    move: () => void (isLate = true),
    now: minutes(1000),
    later: minutes(10_000),
  };
}

/** The connector as it should be. */
export const fakeVendor: Connector<FakeConfig> = defineConnector(
  z.strictObject({ key: z.string(), base_url: z.string() }),
  (stream) => ({
    name: 'fake_vendor',
    title: 'Fake vendor',
    docs: 'connectors/_kit/suite/fake-vendor.ts',
    secrets: ['key'],
    baseUrl: (config) => config.base_url,
    auth: { kind: 'header', name: 'x-api-key', value: (config) => config.key },
    limits: { default: { concurrency: 4 } },
    probe: async () => [],
    hooks: {
      clicks: {
        description: 'Clicks, an array of them a post.',
        signature: {
          kind: 'hmac-sha256',
          header: 'x-signature',
          format: 'hex',
          timestampUnit: 's',
          signed: '{body}',
        },
        keys: ({ key }) => [key],
      },
    },
    streams: {
      clicks: stream(
        pushStream({
          hook: 'clicks',
          description: 'One row a click, as it was posted.',
          records: jsonArray,
          schema: z.looseObject({ id: z.string(), at: z.int(), kind: z.string() }),
          primaryKey: ['id'],
          occurredAt: { field: 'at', unit: 'epoch-s' },
        }),
      ),
      contacts: stream({
        description: 'One row a contact, by time of change.',
        schema: z.looseObject({ id: z.string(), email: z.string(), changed: z.iso.datetime() }),
        primaryKey: ['id'],
        person: 'email',
        cursor: {
          field: 'changed',
          unit: 'iso',
          order: 'unsorted',
          lookback: 'PT10M',
          params: ({ from }) => ({ since: from }),
        },
        path: '/contacts',
        records: 'rows',
        total: 'total_items',
        paginate: { kind: 'offset', offsetParam: 'offset', limitParam: 'count', limit: 100 },
      }),
      sends: stream({
        description: 'One row a send, read whole each time.',
        schema: z.looseObject({ id: z.string(), sent: z.iso.datetime() }),
        primaryKey: ['id'],
        cursor: 'full-refresh',
        partitionBy: 'sent',
        path: '/sends',
        records: 'rows',
        total: 'total_items',
        paginate: { kind: 'offset', offsetParam: 'offset', limitParam: 'count', limit: 100 },
      }),
      reports: stream({
        description: 'One row a send, with its counters.',
        schema: z.looseObject({ id: z.string(), opens: z.int() }),
        primaryKey: ['id'],
        cursor: 'full-refresh',
        path: '/reports',
        records: 'rows',
        total: 'total_items',
        paginate: { kind: 'offset', offsetParam: 'offset', limitParam: 'count', limit: 100 },
      }),
      events: stream({
        description: 'One row an event of a send.',
        schema: z.looseObject({ send_id: z.string(), recipient: z.string(), at: z.iso.datetime(), kind: z.string() }),
        primaryKey: ['send_id', 'recipient', 'at'],
        person: 'email',
        cursor: 'full-refresh',
        partitionBy: 'at',
        explode: { field: 'events', keep: ['recipient'] },
        parent: {
          stream: 'sends',
          key: 'id',
          param: 'send_id',
          inherit: { send_id: 'id' },
          ageing: {
            sentAt: (send) => (typeof send['sent'] === 'string' ? send['sent'] : null),
            movedBy: { stream: 'reports', keyField: 'id', fingerprint: (report) => String(report['opens']) },
          },
        },
        path: '/sends/{send_id}/events',
        records: 'rows',
        total: 'total_items',
        paginate: { kind: 'offset', offsetParam: 'offset', limitParam: 'count', limit: 100 },
      }),
    },
  }),
);
