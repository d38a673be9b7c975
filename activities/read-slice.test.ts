import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { defineConnector, type Http, type ReadPage } from '../connectors/_kit/contract.ts';
import { exportStream } from '../connectors/_kit/export.ts';
import { emptyInbox } from '../connectors/_kit/hook.ts';
import { ConnectorError } from '../connectors/_kit/errors.ts';
import { connectorOf, offset, thing, things, type Changes } from '../connectors/_kit/suite/engine-harness.ts';
import { noDownload } from '../connectors/_kit/suite/no-download.ts';
import { tiny } from '../connectors/_kit/suite/tiny.ts';
import type { Slice, SliceResult } from '../src/contracts/sync.ts';
import { createLocalLanding } from '../src/landing/local.ts';
import { readSliceToLanding } from './read-slice.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailmart-read-slice-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const now = '2026-06-30T12:00:00.000Z';
const key = { source: 'tiny', accountId: 'shop', stream: 'people' };
const sliceOf = (id: string): Slice => ({
  id,
  item: '',
  mode: 'full',
  pathParams: {},
  inherit: {},
  next: { readAt: now },
});

const stream = {
  description: 'one row a person',
  schema: z.looseObject({ id: z.string() }),
  primaryKey: ['id'],
  cursor: 'full-refresh',
} as const;

const exporting = defineConnector(z.null(), (define) => ({
  ...tiny,
  streams: {
    people: define(
      exportStream({
        ...stream,
        export: {
          connector: 'tiny',
          name: 'people',
          order: () => ({ method: 'POST', path: '/exports' }),
          jobOf: () => 'job-1',
          status: (job) => ({ method: 'GET', path: `/exports/${job}` }),
          stateOf: ({ body }) => (body === true ? { kind: 'ready', urls: ['f'], count: 1 } : { kind: 'pending' }),
          pauses: [],
        },
      }),
    ),
  },
}));

/** Each attempt is a process of its own: it opens the landing store anew. */
function attempt(connector: typeof exporting, http: Http, slice = sliceOf('all'), runId = 'run-1', of = key) {
  return readSliceToLanding(
    { key: of, runId, slice, now, priority: 0 },
    {
      connector,
      config: null,
      salt: 'salt',
      http,
      landing: createLocalLanding(folder),
      inbox: emptyInbox,
      logger: { info: () => undefined },
      signal: new AbortController().signal,
      onPage: () => undefined,
    },
  );
}

function source() {
  const state = { isReady: false, asked: [] as string[] };
  const http: Http = {
    requests: 0,
    request: async ({ method, path }) => {
      state.asked.push(`${method} ${path}`);
      return { status: 200, headers: {}, body: state.isReady, bytes: 1 };
    },
    download: async function* () {
      yield Buffer.from('{"id":"a"}\n');
    },
  };
  return { state, http };
}

it('an attempt after a crash finds the job that was ordered, and another slice or run orders its own', async () => {
  const { state, http } = source();
  await expect(attempt(exporting, http)).rejects.toMatchObject({ kind: 'pending' });
  await expect(attempt(exporting, http)).rejects.toMatchObject({ kind: 'pending' });
  state.isReady = true;
  expect(await attempt(exporting, http)).toMatchObject({ rows: 1, total: 1 });
  expect(state.asked).toEqual(['POST /exports', 'GET /exports/job-1', 'GET /exports/job-1', 'GET /exports/job-1']);
  await attempt(exporting, http, sliceOf('other'));
  await attempt(exporting, http, sliceOf('all'), 'run-2');
  expect(state.asked.filter((one) => one.startsWith('POST'))).toHaveLength(3);
});

it('a note is durable before the source is first asked after the job', async () => {
  const { http } = source();
  let names: readonly string[] = [];
  const watching: Http = {
    ...http,
    request: async (request, signal) => {
      if (request.method === 'GET') names = await readdir(folder, { recursive: true });
      return http.request(request, signal);
    },
  };
  await expect(attempt(exporting, watching)).rejects.toMatchObject({ kind: 'pending' });
  expect(names.filter((name) => /memo/.test(name))).toHaveLength(1);
});

/** The tiny connector, with these pages instead of an export. */
const yielding = (read: () => AsyncGenerator<ReadPage>) =>
  defineConnector(z.null(), (define) => ({
    ...tiny,
    streams: { people: define({ ...stream, why: 'a test', read }) },
  }));

it('what a page says is missing ends the slice incomplete; what it explains is a gap', async () => {
  const pages: readonly ReadPage[] = [
    { records: [{ id: 'a' }], bytes: 1, incomplete: 'more than 999 records of one second' },
    { records: [{ id: 'b' }], bytes: 1, gap: 'only the newest 100 events' },
    { records: [{ id: 'c' }], bytes: 1, incomplete: 'more than 999 records of one second' },
  ];
  const result = await attempt(
    yielding(async function* () {
      yield* pages;
    }),
    source().http,
  );
  expect(result).toMatchObject({ rows: 3, incomplete: 'more than 999 records of one second' });
  expect(result.state.explainedGap).toBe('only the newest 100 events');
});

it('of a slice that is read again only the last pass is landed, with what it refused', async () => {
  let passes = 0;
  const connector = yielding(async function* () {
    passes += 1;
    const isFirst = passes === 1;
    yield { records: [{ id: isFirst ? 'a' : 'b' }, { id: 1 }], bytes: 1 };
    yield { records: [{ id: 'c' }], bytes: 1, ...(isFirst ? { moved: 'rows moved' } : {}) };
  });
  const { rows, rejected, parts } = await attempt(connector, source().http);
  expect([passes, rows, rejected.length]).toEqual([2, 2, 1]);
  expect(landedKeys(parts)).toEqual(['["b"]', '["c"]']);
});

/** The keys of rows in their parts, in order. */
function landedKeys(parts: SliceResult['parts']): readonly (string | undefined)[] {
  const lines = parts.flatMap(({ name }) =>
    zstdDecompressSync(readFileSync(join(folder, name)))
      .toString('utf8')
      .trimEnd()
      .split('\n'),
  );
  return lines.map((line) => line.split('\t')[1]);
}

it.each([
  ['keeps an order', { stableOrder: true }],
  ['keeps none', {}],
])('after a crash in the tail only the tail is asked for again, where the source %s', async (_, order: Changes) => {
  const cursor = {
    field: 'at',
    unit: 'iso',
    order: 'unsorted',
    lookback: 'PT1H',
    params: ({ from, to }: { readonly from?: string; readonly to?: string }) => ({ from, to }),
  } as const;
  const connector = connectorOf({ cursor, paginate: offset(2), ...order });
  const slice: Slice = { ...sliceOf('all'), window: { to: 'to' }, tail: { from: 'from' } };
  const asked: string[] = [];
  let isDown = true;
  const http: Http = {
    requests: 0,
    download: noDownload,
    request: ({ params }) => {
      const { from, offset: at } = params as { from?: string; offset: number };
      asked.push(`${from ?? ''}${at}`);
      if (from !== undefined && isDown)
        throw new ConnectorError('down', { kind: 'transient', connector: 'tiny', fix: '' });
      const rows = from === undefined ? [...things(4), { id: 5, at: 'x' }] : [thing(7), thing(1)];
      const body = { things: rows.slice(at, at + 2), total_items: rows.length };
      return Promise.resolve({ status: 200, headers: {}, body: body as never, bytes: 10 });
    },
  };
  const of = { ...key, stream: 'things' };
  await expect(attempt(connector, http, slice, 'run-1', of)).rejects.toThrow('down');
  isDown = false;
  const { parts, ...mended } = await attempt(connector, http, slice, 'run-1', of);
  expect(asked).toEqual(['0', '2', '4', 'from0', 'from0']);
  expect(landedKeys(parts)).toEqual(['["t0"]', '["t1"]', '["t2"]', '["t3"]', '["t7"]', '["t1"]']);
  // And its end is that of a run without a crash.
  const { parts: _parts, ...unbroken } = await attempt(connector, http, slice, 'run-2', of);
  expect(mended).toEqual(unbroken);
  expect(mended).toMatchObject({ rows: 6, units: 5, pages: 3, bytesRead: 40, state: { refusedFrom: '' } });
});
