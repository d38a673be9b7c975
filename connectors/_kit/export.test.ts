import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Json } from '../../src/contracts/json.ts';
import { defineConnector, type Http, type Memo } from './contract.ts';
import { readSlice } from './engine.ts';
import type { ConnectorError } from './errors.ts';
import { ConnectorError as Failure } from './errors.ts';
import { exportStream, type ExportState } from './export.ts';
import type { SliceEvent } from './slice-events.ts';
import { NOW, whole } from './suite/engine-harness.ts';
import { tiny } from './suite/tiny.ts';

type Job = ExportState['kind'];

/** A source that makes exports: `jobs` says how each job stands at each look, the last for ever. */
function source(jobs: readonly (readonly Job[])[], files: readonly string[] = [], count: number | null = null) {
  const asked: string[] = [];
  const looks = new Map<string, number>();
  let expired = false;
  const http: Http = {
    get requests() {
      return asked.length;
    },
    request: async ({ method, path, stream }) => {
      asked.push(`${method} ${path}`);
      expect(stream).toBe('people');
      if (method === 'POST') {
        const id = String(asked.filter((line) => line.startsWith('POST')).length);
        return { status: 202, headers: {}, body: { id }, bytes: 1 };
      }
      const id = path.split('/').at(-1)!;
      const look = looks.get(id) ?? 0;
      looks.set(id, look + 1);
      const states = jobs[Number(id) - 1] ?? jobs.at(-1)!;
      const status = states[Math.min(look, states.length - 1)]!;
      return { status: 200, headers: {}, body: { status, urls: files.map((_, at) => `f${at}`), count }, bytes: 1 };
    },
    download: async function* (url) {
      asked.push(`download ${url}`);
      if (expired) throw new Failure('answered 403', { kind: 'cursor_expired', connector: 'tiny', status: 403 });
      const text = Buffer.from(files[Number(url.slice(1))]!);
      // Wherever the pieces are cut.
      for (let at = 0; at < text.length; at += 7) yield text.subarray(at, at + 7);
    },
  };
  return { http, asked, expire: (now: boolean) => void (expired = now) };
}

const connector = defineConnector(z.null(), (stream) => ({
  ...tiny,
  streams: {
    people: stream(
      exportStream({
        description: 'one row a person',
        schema: z.looseObject({ id: z.string() }),
        primaryKey: ['id'],
        cursor: 'full-refresh',
        export: {
          connector: 'tiny',
          name: 'people',
          order: () => ({ method: 'POST', path: '/exports', body: { file_type: 'json' } }),
          jobOf: ({ body }) => (body as { readonly id?: string }).id,
          status: (job) => ({ method: 'GET', path: `/exports/${job}` }),
          stateOf: ({ body }) => {
            const { status, urls, count } = body as {
              readonly status: Job;
              readonly urls: readonly string[];
              readonly count: number | null;
            };
            return status === 'ready' ? { kind: 'ready', urls, count } : { kind: status };
          },
          record: ({ contact_id: id = null, ...rest }) => (id === null ? rest : { id, ...rest }),
          pauses: [1, 1],
        },
      }),
    ),
  },
}));

function memoOf(): Memo & { note: Json } {
  return {
    note: null,
    async read() {
      return this.note;
    },
    async write(note) {
      this.note = note;
    },
  };
}

async function read(http: Http, memo: Memo = memoOf(), now = NOW) {
  const events: SliceEvent[] = [];
  let error: ConnectorError | undefined;
  const signal = new AbortController().signal;
  try {
    const options = { config: null, http, slice: whole, now, salt: 'salt', signal, memo };
    for await (const event of readSlice(connector, 'people', options)) events.push(event);
  } catch (caught) {
    error = caught as ConnectorError;
  }
  const from = events.findLastIndex(({ kind }) => kind === 'restart') + 1;
  const pages = events.slice(from).flatMap((event) => (event.kind === 'page' ? [event] : []));
  return {
    error,
    ids: pages.flatMap(({ rows }) => rows.map(({ record }) => record['id'])),
    rejected: pages.flatMap(({ rejected }) => rejected),
    end: events.at(-1) as Extract<SliceEvent, { kind: 'end' }> | undefined,
  };
}

const line = (id: string): string => JSON.stringify({ contact_id: id, name: 'ü'.repeat(9) });
const two = [`${line('a')}\n${line('b')}\n`, `${line('c')}\r\n\n${line('d')}`] as const;

describe('an export', () => {
  it('is ordered, waited for and read from all its files, wherever their pieces are cut', async () => {
    const { http, asked } = source([['pending', 'pending', 'ready']], two, 4);
    const { ids, end, error } = await read(http);
    expect(error).toBeUndefined();
    expect(ids).toEqual(['a', 'b', 'c', 'd']);
    expect(end).toMatchObject({ total: 4, units: 4 });
    expect(end?.incomplete).toBeUndefined();
    expect(asked.slice(0, 4)).toEqual(['POST /exports', 'GET /exports/1', 'GET /exports/1', 'GET /exports/1']);
  });

  it('of nobody has no file, and no row', async () => {
    const { end, ids } = await read(source([['ready']], [], 0).http);
    expect([ids, end?.total, end?.incomplete]).toEqual([[], 0, undefined]);
  });

  it.each([
    ['fewer', 5],
    ['more', 3],
  ])('with %s rows than stated ends incomplete', async (_, count) => {
    const { http, asked } = source([['ready']], two, count);
    const { end } = await read(http);
    expect(end?.incomplete).toBe(`4 records were read where the source states ${count}`);
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(1);
  });

  it('with a line that is no JSON keeps the others, and the line', async () => {
    const { ids, rejected } = await read(source([['ready']], [`${line('a')}\n{"contact_id":\n${line('b')}\n`], 3).http);
    expect(ids).toEqual(['a', 'b']);
    expect(rejected).toMatchObject([{ position: 'file 1 line 2', record: '{"contact_id":' }]);
  });

  it('with a line that does not end is a failure', async () => {
    const endless = source([['ready']]);
    const http: Http = {
      ...endless.http,
      request: async (request, signal) => {
        const answer = await endless.http.request(request, signal);
        return request.method === 'GET' ? { ...answer, body: { status: 'ready', urls: ['f0'], count: 1 } } : answer;
      },
      download: async function* () {
        for (let index = 0; index < 40; index += 1) yield Buffer.alloc(1_048_576, 120);
      },
    };
    expect((await read(http)).error).toMatchObject({ kind: 'contract', stream: 'people' });
  });
});

describe('an export that takes long', () => {
  it('ends the attempt as pending, the longer it takes the longer the wait, and the next goes on with the same job', async () => {
    const { http, asked } = source(
      [['pending', 'pending', 'pending', 'pending', 'pending', 'pending', 'ready']],
      two,
      4,
    );
    const memo = memoOf();
    const first = await read(http, memo);
    expect(first.error).toMatchObject({ kind: 'pending', retryAfterMs: 15_000, connector: 'tiny', stream: 'people' });
    const later = new Date(Date.parse(NOW) + 240_000).toISOString();
    expect((await read(http, memo, later)).error).toMatchObject({ kind: 'pending', retryAfterMs: 120_000 });
    expect((await read(http, memo)).ids).toHaveLength(4);
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(1);
  });

  it('of an attempt that dies before its note is ordered once more, after it never', async () => {
    const { http, asked } = source([['ready']], two, 4);
    const memo = memoOf();
    const dies: Memo = { read: () => memo.read(), write: () => Promise.reject(new Error('killed')) };
    expect((await read(http, dies)).error?.message).toBe('killed');
    expect((await read(http, memo)).ids).toHaveLength(4);
    await read(http, memo);
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(2);
  });
});

describe('an export that fails', () => {
  it('at the source is ordered once more', async () => {
    const { http, asked } = source([['pending', 'failed'], ['ready']], two, 4);
    expect((await read(http)).ids).toHaveLength(4);
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(2);
  });

  it('twice is a failure, also for whoever goes on', async () => {
    const { http, asked } = source([['failed']]);
    const memo = memoOf();
    expect((await read(http, memo)).error).toMatchObject({ kind: 'rejected' });
    expect((await read(http, memo)).error).toMatchObject({ kind: 'rejected' });
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(2);
  });

  it('because its addresses have expired is ordered anew by the next attempt', async () => {
    const { http, asked, expire } = source([['ready']], two, 4);
    const memo = memoOf();
    expire(true);
    expect((await read(http, memo)).error).toMatchObject({ kind: 'cursor_expired' });
    expire(false);
    expect((await read(http, memo)).ids).toHaveLength(4);
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(2);
  });

  it('for want of a job or a known state is a matter of the contract', async () => {
    const odd = (body: Json): Http => ({
      ...source([['ready']]).http,
      request: async ({ method }) => ({ status: 200, headers: {}, body: method === 'POST' ? body : {}, bytes: 1 }),
    });
    expect((await read(odd({}))).error).toMatchObject({ kind: 'contract' });
  });
});
