import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineConnector } from './contract.ts';
import type { ConnectorError } from './errors.ts';
import { createHttp, type HttpOptions } from './http.ts';
import { startServer, type TestServer } from './suite/test-server.ts';

const secret = 'c4n4ry-of-downloads';
const never = new AbortController().signal;
const content = Buffer.from(
  Array.from({ length: 3000 }, (_, index) => JSON.stringify({ id: index, text: `t${index}` })).join('\n'),
);
const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let server: TestServer | undefined;
let asked: IncomingMessage[] = [];
let answers: ((response: ServerResponse) => void)[] = [];
afterEach(async () => {
  await server?.stop();
  server = undefined;
  asked = [];
});

type Settings = HttpOptions & { readonly hosts?: readonly string[] };

/** Each request meets the next answer, the last one for ever. */
async function setUp(next: (typeof answers)[number][], { hosts = [], ...options }: Settings = {}) {
  answers = next;
  server ??= await startServer((request, response) => {
    asked.push(request);
    (answers.length > 1 ? answers.shift() : answers[0])?.(response);
  });
  const { origin } = server;
  const connector = defineConnector(z.null(), () => ({
    name: 'tiny',
    title: 'Tiny',
    docs: '',
    secrets: [],
    baseUrl: () => origin,
    auth: { kind: 'bearer', token: () => secret },
    headers: { 'x-account': secret },
    limits: { default: { concurrency: 2 } },
    downloadHosts: hosts,
    probe: async () => [],
    streams: {},
  }));
  const waits: number[] = [];
  const paths: string[] = [];
  const http = createHttp(connector, null, {
    sleep: async (ms) => void waits.push(ms),
    onRequest: ({ path }) => void paths.push(path),
    random: () => 0.5,
    ...options,
  });
  const download = async (url = `${origin}/files/1?X-Signature=s1gn4tur3`) => {
    const chunks: Uint8Array[] = [];
    let error: ConnectorError | undefined;
    try {
      for await (const chunk of http.download(url, { stream: 'contacts' }, never)) chunks.push(chunk);
    } catch (caught) {
      error = caught as ConnectorError;
    }
    return { body: Buffer.concat(chunks), error };
  };
  return { origin, http, download, waits, paths };
}

const send =
  (body: Uint8Array, headers: Readonly<Record<string, string>> = {}, status = 200) =>
  (response: ServerResponse): void => {
    response.writeHead(status, headers);
    response.end(body);
  };
const cutAfter =
  (body: Uint8Array, bytes: number, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(200, { 'content-length': String(body.length), ...headers });
    response.write(body.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
  };
const gzip = gzipSync(content);
const half = Math.floor(gzip.length / 2);
const changed = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ 0xff;
  return copy;
};

describe('a downloaded file', () => {
  it.each([
    ['plain', content, {}],
    ['gzip by its bytes alone', gzip, { 'content-type': 'application/octet-stream' }],
    ['gzip as a content type', gzip, { 'content-type': 'application/gzip' }],
    ['gzip as a content encoding', gzip, { 'content-encoding': 'gzip' }],
    [
      'gzip in two members',
      Buffer.concat([gzipSync(content.subarray(0, 777)), gzipSync(content.subarray(777))]),
      { 'content-encoding': 'gzip' },
    ],
    ['empty', Buffer.alloc(0), {}],
  ])('comes whole: %s', async (_, body, headers) => {
    const { download } = await setUp([send(body, headers)]);
    const { body: read, error } = await download();
    expect(error).toBeUndefined();
    expect(sum(read)).toBe(sum(body.length === 0 ? body : content));
  });

  it('is asked for without credentials, and no message, log or metric has more than the host of its address', async () => {
    const { download, paths } = await setUp([send(Buffer.from('gone'), {}, 403)]);
    const { error } = await download();
    expect(asked[0]?.headers.authorization).toBeUndefined();
    expect(JSON.stringify(asked[0]?.headers)).not.toContain(secret);
    expect(error).toMatchObject({ kind: 'cursor_expired', status: 403 });
    const told = JSON.stringify([paths, error?.message, error?.fix, error?.stack, String(error?.cause)]);
    expect(told).not.toMatch(/s1gn4tur3|X-Signature|files\/1/);
  });

  it('takes a lane while it comes', async () => {
    const lanes: string[] = [];
    const { download } = await setUp([send(content)], {
      budget: (key) => ({
        take: async () => {
          lanes.push(`take ${key}`);
          return () => void lanes.push(`give ${key}`);
        },
      }),
    });
    await download();
    expect(lanes).toEqual(['take default', 'give default']);
  });
});

describe('a download that is damaged is begun anew, then fails', () => {
  const bad: Readonly<Record<string, (response: ServerResponse) => void>> = {
    'cut, with a length': cutAfter(content, 5000),
    'cut, chunked': (response) => {
      response.writeHead(200);
      response.write(content.subarray(0, 5000), () => setTimeout(() => response.destroy(), 20));
    },
    'gzip that ends early': send(gzip.subarray(0, half)),
    'gzip with a wrong checksum': send(changed(gzip, gzip.length - 8)),
    'gzip with something behind it': send(Buffer.concat([gzip, Buffer.from('{"id":1}')])),
    'plain, called gzip': send(content, { 'content-encoding': 'gzip' }),
    'an encoding of its own': send(content, { 'content-encoding': 'zstd' }),
    'a server error': send(Buffer.from('{}'), {}, 503),
  };

  it.each(Object.keys(bad))('%s: once, then whole', async (name) => {
    const { download, waits } = await setUp([bad[name]!, send(gzip)]);
    const { body, error } = await download();
    expect(error).toBeUndefined();
    expect(sum(body)).toBe(sum(content));
    expect([asked.length, waits.length]).toEqual([2, 1]);
  });

  it.each(Object.keys(bad))('%s: for ever', async (name) => {
    const { download } = await setUp([bad[name]!]);
    const { error } = await download();
    expect(error).toMatchObject({ kind: 'transient', stream: 'contacts' });
    expect(asked.length).toBeLessThanOrEqual(6);
  });

  it('as a whole file that is shorter than what was read of it already: not taken for its end', async () => {
    const shorter = send(content.subarray(0, 3000));
    const { download } = await setUp([cutAfter(content, 5000), shorter, send(content)]);
    const { body, error } = await download();
    expect(error).toBeUndefined();
    expect([sum(body), asked.length]).toEqual([sum(content), 3]);
    const ever = await setUp([cutAfter(content, 5000), shorter]);
    expect((await ever.download()).error).toMatchObject({ kind: 'transient' });
  });

  it('at every place in turn: the same content, or a failure after five breaks', async () => {
    const cuts = [1, 100, 4000, 9000, 20_000];
    const some = await setUp([...cuts.slice(0, 4).map((at) => cutAfter(content, at)), send(content)]);
    const read = await some.download();
    expect(read.error).toBeUndefined();
    expect(sum(read.body)).toBe(sum(content));
    const ever = await setUp(Array.from({ length: 40 }, (_, index) => cutAfter(content, 500 * (index + 1))));
    asked = [];
    const lost = await ever.download();
    expect(lost.error).toMatchObject({ kind: 'transient' });
    expect(asked.length).toBeLessThanOrEqual(8);
  });

  it('with a wrong byte inside the compressed content: what was unpacked of it is not put together with the right one', async () => {
    const { download } = await setUp([send(changed(gzip, half)), send(gzip)]);
    const { body, error } = await download();
    expect(sum(body)).not.toBe(sum(content));
    expect(error).toMatchObject({ kind: 'cursor_expired' });
  });

  it('with other content the second time: nothing is put together of both', async () => {
    const other = Buffer.from(content.toString().replaceAll('t', 'u'));
    const { download } = await setUp([cutAfter(content, 5000), send(other)]);
    expect((await download()).error).toMatchObject({ kind: 'cursor_expired' });
  });
});

describe('limits of a download', () => {
  it('a bomb is stopped by ratio, a large file by its bytes, gzip in gzip at once', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1_048_576));
    const byRatio = await setUp([send(bomb)]);
    const stopped = await byRatio.download();
    expect(stopped.error).toMatchObject({ kind: 'contract' });
    expect(stopped.error?.message).toContain('200 times');
    expect(stopped.body.length).toBeLessThan(24 * 1_048_576);
    const large = await setUp([send(gzipSync(randomBytes(3 * 1_048_576)))], {
      downloads: { maxBytes: 2 * 1_048_576 },
    });
    expect((await large.download()).error?.message).toContain('larger than 2 MiB');
    const twice = await setUp([send(gzipSync(gzip))]);
    expect((await twice.download()).error).toMatchObject({ kind: 'contract' });
  });

  it('silence and a drip are given up', async () => {
    const silent = await setUp([(response) => void response.writeHead(200).write('x')], {
      downloads: { idleMs: 50 },
    });
    expect((await silent.download()).error).toMatchObject({ kind: 'transient' });
    const drip = await setUp(
      [
        (response) => {
          response.writeHead(200);
          const timer = setInterval(() => response.write('x'), 10);
          response.on('close', () => clearInterval(timer));
        },
      ],
      { downloads: { wholeMs: 120 } },
    );
    expect((await drip.download()).error?.message).toContain('ETIMEDOUT');
  });

  it('429 waits as it is told, beyond patience it is a failure', async () => {
    const short = await setUp([send(Buffer.alloc(0), { 'retry-after': '3' }, 429), send(content)]);
    expect((await short.download()).error).toBeUndefined();
    expect(short.waits[0]).toBeGreaterThanOrEqual(3000);
    const long = await setUp([send(Buffer.alloc(0), { 'retry-after': '300' }, 429)]);
    expect((await long.download()).error).toMatchObject({ kind: 'rate_limited', retryAfterMs: 300_000 });
  });
});

describe('where files come from', () => {
  it.each([301, 302, 303, 307, 308])('not from where a redirect (%d) leads', async (status) => {
    const { download, origin } = await setUp([send(Buffer.alloc(0), { location: '/elsewhere' }, status)]);
    expect((await download(`${origin}/a`)).error).toMatchObject({ kind: 'contract', status });
    expect(asked.map(({ url }) => url)).toEqual(['/a']);
  });

  it.each([
    'https://evil.example/x',
    'https://bucket.files.example.evil.example/x',
    'https://files.example/x',
    'https://evilfiles.example/x',
    'http://bucket.files.example/x',
    'https://bucket.files.example:8443/x',
    'https://api@bucket.files.example/x',
    'file:///etc/passwd',
    '//bucket.files.example/x',
    'https://169.254.169.254/latest/meta-data',
    'not a url',
  ])('not from %s', async (url) => {
    const looked: string[] = [];
    const { download } = await setUp([send(content)], {
      hosts: ['*.files.example'],
      resolve: (name, _options, done) => {
        looked.push(name);
        done(null, [{ address: '192.0.2.1', family: 4 }]);
      },
    });
    const { error } = await download(url);
    expect(error).toMatchObject({ kind: 'contract' });
    expect([asked.length, looked]).toEqual([0, []]);
  });

  it('not from a declared host that leads to a private address', async () => {
    const { download } = await setUp([send(content)], {
      hosts: ['*.files.example'],
      resolve: (_name, _options, done) => done(null, [{ address: '10.0.0.7', family: 4 }]),
    });
    const { error } = await download('https://bucket.files.example/x');
    expect(error).toMatchObject({ kind: 'config' });
    expect(asked.length).toBe(0);
  });
});
