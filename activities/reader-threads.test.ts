import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createHttp } from '../connectors/_kit/http.ts';
import { connectors } from '../connectors/index.ts';
import type { Slice, SliceResult } from '../src/contracts/sync.ts';
import { startBucketServer } from '../src/landing/bucket-server.fixture.ts';
import { createGcsLanding } from '../src/landing/gcs.ts';
import { createLocalLanding } from '../src/landing/local.ts';
import type { OpenAccount } from './account.ts';
import { openReaderThreads, type ReaderThreads } from './reader-threads.ts';
import { readInThisThread, type SliceJob } from './read-slice.ts';

// A vendor that answers as told, and counts what is under way.

const now = '2026-06-30T12:00:00.000Z';
const secret = 'canary-key-4711-us1';
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const flying = new Set<object>();
let peak = 0;
const vendor = createServer((request, response) => {
  const mine = {};
  flying.add(mine);
  peak = Math.max(peak, flying.size);
  // As it is answered: a thread may have the answer and ask again before this one hears that it was sent.
  for (const event of ['prefinish', 'close']) response.on(event, () => void flying.delete(mine));
  setTimeout(() => answer(request, response), 40);
});
let folder: string;
let threads: ReaderThreads;
let account: OpenAccount;

beforeEach(async () => {
  peak = 0;
  folder = mkdtempSync(join(tmpdir(), 'mailmart-threads-'));
  threads = openReaderThreads({
    places: { landing: { kind: 'local', root: folder }, projectDir: folder },
    logger: quiet,
    count: 2,
  });
  await new Promise<void>((ready) => vendor.listen(0, '127.0.0.1', ready));
  const connector = connectors['mailchimp']!;
  const base_url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}/3.0`;
  const config = connector.config.parse({ credentials: { api_key: secret }, base_url }) as unknown;
  account = { connector, source: {} as OpenAccount['source'], config, salt: 'salt-of-the-test' };
});
afterEach(async () => {
  await threads.close();
  vendor.closeAllConnections();
  await new Promise((closed) => vendor.close(closed));
  rmSync(folder, { recursive: true, force: true });
});

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const watch = (signal = new AbortController().signal) => ({ signal, onPage: () => undefined });

function segmentsOf(list: string, runId = 'run-1'): SliceJob {
  const next = { readAt: now };
  const slice: Slice = {
    id: list,
    item: list,
    mode: 'full',
    pathParams: { list_id: list },
    inherit: { list_id: list },
    next,
  };
  return { key: { source: 'mailchimp', accountId: 'shop', stream: 'segments' }, runId, slice, now, priority: 0 };
}

/** 2,500 segments, three pages. */
const segments = (request: IncomingMessage, response: ServerResponse): void => {
  const { searchParams } = new URL(request.url ?? '', 'http://vendor');
  const from = Number(searchParams.get('offset'));
  const all = Array.from({ length: 2500 }, (_, id) => ({ id, name: `segment ${id} \u2028 ü`, member_count: id }));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ segments: all.slice(from, from + 1000), total_items: all.length }));
};

it('a thread lands the same bytes as this one', async () => {
  answer = segments;
  const there = await threads.read(account, segmentsOf('l1'), watch());
  const landing = createLocalLanding(join(folder, 'here'));
  const http = (connector: OpenAccount['connector'], config: unknown) => createHttp(connector, config);
  const here = await readInThisThread({ landing, http, logger: quiet })(account, segmentsOf('l1'), watch());
  const facts = ({ parts, ...rest }: SliceResult) => ({
    ...rest,
    parts: parts.map((part) => ({ ...part, name: part.name.split('/').at(-1) })),
  });
  expect(facts(there)).toEqual(facts(here));
  expect(there).toMatchObject({ rows: 2500, pages: 3, requests: 3, units: 2500, total: 2500 });
  expect(await createLocalLanding(folder).readSlice(segmentsOf('l1').key, 'run-1', 'l1')).toEqual(there);
});

it('a thread opens the landing store that it is told of: a bucket too', async () => {
  answer = segments;
  const bucket = await startBucketServer();
  const config = { bucket: bucket.bucket, prefix: 'landing', apiEndpoint: bucket.url } as const;
  const own = openReaderThreads({
    places: { landing: { kind: 'gcs', ...config }, projectDir: folder },
    logger: quiet,
    count: 1,
  });
  try {
    const there = await own.read(account, segmentsOf('l1'), watch());
    expect(there).toMatchObject({ rows: 2500, parts: [{ name: expect.stringMatching(/[.]ndjson[.]gz$/) }] });
    expect(await createGcsLanding(config).readSlice(segmentsOf('l1').key, 'run-1', 'l1')).toEqual(there);
  } finally {
    await own.close();
    await bucket.close();
  }
});

it('two threads together never have more under way than the account may', async () => {
  answer = segments;
  const lists = Array.from({ length: 24 }, (_, index) => `l${index}`);
  const results = await Promise.all(lists.map((list) => threads.read(account, segmentsOf(list), watch())));
  expect(results.every(({ rows }) => rows === 2500)).toBe(true);
  expect(peak).toBeGreaterThan(5);
  expect(peak).toBeLessThanOrEqual(10);
});

const expecting = (list: string, expected: number): SliceJob => {
  const job = segmentsOf(list);
  return { ...job, slice: { ...job.slice, expected } };
};

it('no more pages are open than an account has places, from their request until their slice is safe', async () => {
  const open = new Map<string, number>();
  let most = 0;
  answer = (request, response) => {
    const list = /lists\/(\w+)\//.exec(request.url ?? '')?.[1] ?? '';
    open.set(list, (open.get(list) ?? 0) + 1);
    most = Math.max(
      most,
      [...open.values()].reduce((sum, pages) => sum + pages, 0),
    );
    // First pages that come last: the others of their slices wait for them.
    setTimeout(() => segments(request, response), /offset=0\b/.test(request.url ?? '') ? 200 : 0);
  };
  const lists = Array.from({ length: 24 }, (_, index) => `l${index}`);
  await Promise.all(
    lists.map(async (list) => {
      const { requests } = await threads.read(account, expecting(list, 2500), watch());
      open.delete(list);
      expect(requests).toBe(3);
    }),
  );
  expect(most).toBeGreaterThan(8);
  expect(most).toBeLessThanOrEqual(20);
});

it('a slice whose request pauses lets the others read, and is read all the same', async () => {
  const refused = new Set<string>();
  answer = (request, response) => {
    const list = /lists\/(\w+)\//.exec(request.url ?? '')?.[1] ?? '';
    // Seven of them wait two seconds: their pages alone would take all places.
    if (Number(list.slice(1)) >= 7 || refused.has(list)) return segments(request, response);
    refused.add(list);
    response.writeHead(429, { 'retry-after': '2' }).end();
  };
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 24 }, async (_, index) => {
      expect(await threads.read(account, expecting(`l${index}`, 2500), watch())).toMatchObject({ rows: 2500 });
      order.push(index);
    }),
  );
  expect(order.slice(0, 17).filter((index) => index < 7)).toEqual([]);
});

it.each([
  // Ten slices hold all places between them, and each wants one more.
  ['too low everywhere', [1900]],
  ['now too low, now too high', [900, 1900, 2500, 9_500, 40_000]],
])('what a parent says of the number of records may be %s: every slice ends, with all its rows', async (_, said) => {
  answer = segments;
  const jobs = Array.from({ length: 24 }, (_each, index) => expecting(`l${index}`, said[index % said.length]!));
  const results = await Promise.all(jobs.map((job) => threads.read(account, job, watch())));
  expect(results.map(({ rows, units, total }) => [rows, units, total])).toEqual(jobs.map(() => [2500, 2500, 2500]));
  expect(peak).toBeLessThanOrEqual(10);
});

it('a slice that has a tail gives back its places before it asks for it, so that slices never wait for each other', async () => {
  const member = (index: number) => ({
    id: `m${index}`,
    email_address: `m${index}@example.org`,
    status: 'subscribed',
    last_changed: '2026-06-01T00:00:00+00:00',
  });
  answer = (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://vendor');
    const total = searchParams.has('before_last_changed') ? 2500 : 0;
    const from = Number(searchParams.get('offset'));
    const members = Array.from({ length: Math.max(0, Math.min(1000, total - from)) }, (_, index) =>
      member(from + index),
    );
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ members, total_items: total }));
  };
  const jobs = Array.from({ length: 24 }, (_, index): SliceJob => {
    const job = segmentsOf(`l${index}`);
    const slice = { ...job.slice, window: { to: now }, tail: { from: now } };
    return { ...job, key: { ...job.key, stream: 'members' }, slice };
  });
  const results = await Promise.all(jobs.map((job) => threads.read(account, job, watch())));
  expect(results.map(({ rows, requests }) => [rows, requests])).toEqual(jobs.map(() => [2500, 4]));
});

it('a failure comes over with kind, status and advice, and without the key', async () => {
  answer = (_, response) =>
    response.writeHead(401, { 'content-type': 'application/problem+json' }).end(`{"detail":"${secret}"}`);
  const failure: unknown = await threads.read(account, segmentsOf('l1'), watch()).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: 'ConnectorError', kind: 'auth', status: 401, stream: 'segments' });
  expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain(secret);
});

it('an aborted read ends as the caller said, and its lanes are free again', async () => {
  answer = () => undefined;
  const stop = new AbortController();
  const hanging = Array.from({ length: 12 }, (_, index) =>
    threads.read(account, segmentsOf(`h${index}`), watch(stop.signal)),
  );
  const ends = Promise.allSettled(hanging);
  await vi.waitUntil(() => peak >= 10, { timeout: 20_000 });
  stop.abort(new Error('no longer wanted'));
  for (const end of await ends)
    expect(end).toMatchObject({ status: 'rejected', reason: { message: 'no longer wanted' } });
  answer = segments;
  expect((await threads.read(account, segmentsOf('l1'), watch())).rows).toBe(2500);
});

it('what a thread was at when it ended is a failure to be tried again, and the next read has a new thread', async () => {
  answer = () => undefined;
  const lost = threads.read(account, segmentsOf('l1'), watch()).catch((error: unknown) => error);
  await vi.waitUntil(() => peak > 0, { timeout: 20_000 });
  await threads.close();
  expect(await lost).toMatchObject({ name: 'ConnectorError', kind: 'transient' });
  answer = segments;
  expect((await threads.read(account, segmentsOf('l1'), watch())).rows).toBe(2500);
});
