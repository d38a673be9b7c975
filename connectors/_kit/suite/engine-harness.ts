// A stream of things behind an Http without a network: what the engine's tests read.

import { z } from 'zod';
import type { Slice } from '../../../src/contracts/sync.ts';
import {
  defineConnector,
  type Connector,
  type DeclaredStream,
  type Http,
  type HttpRequest,
  type Paginator,
} from '../contract.ts';
import { readSlice } from '../engine.ts';
import type { ConnectorError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { SkippedAnswer } from '../skip.ts';
import type { SliceEvent } from '../slice-events.ts';
import { noDownload } from './no-download.ts';

export const NOW = '2026-06-30T12:00:00.000Z';
export const BASE = 'https://api.example.com/3.0';
export type Thing = Readonly<Record<string, unknown>>;
export type Changes = Partial<DeclaredStream<null, { id: string; at: string }>>;

export const thing = (index: number, more: Thing = {}): Thing => ({
  id: `t${index}`,
  at: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
  ...more,
});
export const things = (count: number): readonly Thing[] => Array.from({ length: count }, (_, index) => thing(index));
export const offset = (limit: number): Paginator => ({
  kind: 'offset',
  offsetParam: 'offset',
  limitParam: 'count',
  limit,
});

export function connectorOf(changes: Changes = {}): Connector<null> {
  return defineConnector(z.null(), (stream) => ({
    name: 'tiny',
    title: 'Tiny',
    docs: '',
    secrets: [],
    baseUrl: () => BASE,
    auth: { kind: 'none' },
    limits: { default: { concurrency: 1 } },
    probe: async () => [],
    streams: {
      things: stream({
        description: '',
        schema: z.looseObject({ id: z.string(), at: z.string() }),
        primaryKey: ['id'],
        cursor: { field: 'at', unit: 'iso', order: 'unsorted', lookback: 'PT1H' },
        path: '/things',
        records: 'things',
        total: 'total_items',
        paginate: offset(2),
        ...changes,
      }),
    },
  }));
}

export const whole: Slice = {
  id: 'all',
  item: '',
  mode: 'full',
  pathParams: {},
  inherit: {},
  next: { readAt: NOW, fullReadAt: NOW },
};

export type Answer = {
  readonly text?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly skip?: boolean;
};

/** Answers each request from a function; what was asked is kept. */
export function fakeHttp(
  answer: (request: HttpRequest, count: number) => Answer,
): Http & { readonly asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  return {
    asked,
    download: noDownload,
    get requests() {
      return asked.length;
    },
    async request(request) {
      asked.push(request);
      const { text, body, headers = {}, skip } = answer(request, asked.length);
      if (skip) throw new SkippedAnswer('GET /things answered 404 (Not Found)', 404);
      return { status: 200, headers, body: parseJson(text ?? JSON.stringify(body)), bytes: 10 };
    },
  };
}

/** A server that pages an array by offset and states its size. */
export const paged = (rows: () => readonly Thing[], total = (): number => rows().length) =>
  fakeHttp(({ params }) => {
    const from = Number(params?.['offset'] ?? 0);
    return { body: { things: rows().slice(from, from + Number(params?.['count'] ?? 1e9)), total_items: total() } };
  });

export type Page = Extract<SliceEvent, { kind: 'page' }>;
export type End = Extract<SliceEvent, { kind: 'end' }>;

export async function read(http: Http, changes: Changes = {}, slice: Partial<Slice> = {}) {
  const events: SliceEvent[] = [];
  let pages: Page[] = [];
  let error: unknown;
  try {
    const options = {
      config: null,
      http,
      slice: { ...whole, ...slice },
      now: NOW,
      salt: 'salt',
      signal: new AbortController().signal,
    };
    for await (const event of readSlice(connectorOf(changes), 'things', options)) {
      events.push(event);
      if (event.kind === 'restart') pages = [];
      if (event.kind === 'page') pages.push(event);
    }
  } catch (caught) {
    error = caught;
  }
  return {
    events,
    error: error as ConnectorError | undefined,
    rows: pages.flatMap(({ rows }) => rows),
    rejected: pages.flatMap(({ rejected }) => rejected),
    restarts: events.flatMap((event) => (event.kind === 'restart' ? [event.reason] : [])),
    end: events.at(-1) as End,
  };
}

export const ids = (rows: readonly { readonly record: Thing }[]): unknown[] => rows.map(({ record }) => record['id']);

// exactOptionalPropertyTypes forbids `total: undefined`; the suite's streams state a total unless this removes it.
export const untotalled = { total: undefined } as unknown as Changes;
