import type { IncomingMessage, ServerResponse } from 'node:http';
import net from 'node:net';
import { inspect } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineConnector, type Connector, type HttpRequest, type ResponseRule } from './contract.ts';
import { ConnectorError } from './errors.ts';
import { createHttp, type HttpOptions } from './http.ts';
import { startServer, type TestServer } from './suite/test-server.ts';

const SECRET = 'canary-4f1b-secret-key';
type Config = { readonly key: string; readonly url: string };
type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

let handler: Handler;
let served: number;
let server: TestServer;
let waits: number[];
let time: number;

beforeEach(async () => {
  served = 0;
  waits = [];
  time = Date.UTC(2026, 5, 30);
  server = await startServer((request, response) => handler(request, response, ++served));
});
afterEach(() => server.stop());

const connector = (changes: Partial<Connector<Config>> = {}): Connector<Config> => ({
  ...defineConnector(z.object({ key: z.string(), url: z.string() }), () => ({
    name: 'tiny',
    title: 'Tiny',
    docs: '',
    secrets: ['key'],
    baseUrl: ({ url }: Config) => url,
    auth: { kind: 'header' as const, name: 'X-Api-Key', value: ({ key }: Config) => key },
    limits: { default: { concurrency: 10 } },
    probe: async () => [],
    streams: {},
  })),
  ...changes,
});

function client(options: HttpOptions & { connector?: Connector<Config>; url?: string } = {}) {
  const http = createHttp(
    options.connector ?? connector(),
    { key: SECRET, url: options.url ?? `${server.origin}/3.0` },
    {
      random: () => 0.5,
      now: () => time,
      sleep: async (ms) => void waits.push(ms),
      ...options,
    },
  );
  const get = (path: string, extra: Partial<HttpRequest> = {}, signal = new AbortController().signal) =>
    http.request({ method: 'GET', path, stream: 'things', ...extra }, signal);
  return { http, get };
}

const json = (response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};

async function failure(run: Promise<unknown>): Promise<ConnectorError> {
  const error = await run.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason as Error,
  );
  expect(error).toBeInstanceOf(ConnectorError);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
  return error as ConnectorError;
}

describe('a page', () => {
  it('carries parameters, credentials and the declared headers, and comes back parsed', async () => {
    let seen: IncomingMessage | undefined;
    handler = (request, response) => {
      seen = request;
      json(response, '{"id":9007199254740993}', 200, { 'X-Request-Id': 'r1' });
    };
    const { http, get } = client({ connector: connector({ headers: { 'x-version': '3' } }) });
    const page = await get('/lists/a%2Fb', { params: { count: 10, q: 'ä&b', none: undefined } });
    expect(seen?.url).toBe('/3.0/lists/a%2Fb?count=10&q=%C3%A4%26b');
    expect(seen?.headers).toMatchObject({ 'x-api-key': SECRET, 'x-version': '3', accept: 'application/json' });
    expect(page).toMatchObject({ status: 200, body: { id: '9007199254740993' }, bytes: 23 });
    expect(page.headers['x-request-id']).toBe('r1');
    expect(http.requests).toBe(1);
  });

  it('sends a body as JSON', async () => {
    handler = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () =>
        json(response, { got: JSON.parse(Buffer.concat(chunks).toString()), type: request.headers['content-type'] }),
      );
    };
    const { http } = client();
    const { body } = await http.request(
      { method: 'POST', path: '/search', body: { a: 1 } },
      new AbortController().signal,
    );
    expect(body).toEqual({ got: { a: 1 }, type: 'application/json' });
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('may be compressed with %s', async (coding, compress) => {
    handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': coding });
      response.end(compress('{"a":1}'));
    };
    expect((await client().get('/a')).body).toEqual({ a: 1 });
  });

  it('may be gzip in two members', async () => {
    handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(Buffer.concat([gzipSync('{"a":'), gzipSync('1}')]));
    };
    expect((await client().get('/a')).body).toEqual({ a: 1 });
  });
});

describe('an answer that is no page is never "no rows": retried, then a failure', () => {
  const bad: Readonly<Record<string, Handler>> = {
    'empty 200': (_, response) => json(response, ''),
    'blank 200': (_, response) => json(response, '  \n'),
    '204': (_, response) => void response.writeHead(204).end(),
    'HTML with JSON’s type': (_, response) => json(response, '<html>Bad gateway</html>'),
    'HTML with its own type': (_, response) => json(response, '[]', 200, { 'content-type': 'text/html' }),
    'JSON as text': (_, response) => json(response, '{"things":[]}', 200, { 'content-type': 'text/plain' }),
    'truncated JSON': (_, response) => json(response, '{"things":[{"id":"a"},'),
    NaN: (_, response) => json(response, '{"a":NaN}'),
    'two answers': (_, response) => json(response, '{}{}'),
    'UTF-16': (_, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from('\ufeff{"a":1}', 'utf16le')),
    'gzip, cut': (_, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync('{"a":1}').subarray(0, -4)),
    'gzip, wrong checksum': (_, response) => {
      const body = gzipSync('{"a":1}');
      body.writeUInt32LE(1, body.length - 8);
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body);
    },
    'plain, called gzip': (_, response) => json(response, '{"a":1}', 200, { 'content-encoding': 'gzip' }),
    'gzip, not called so': (_, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(gzipSync('{"a":1}')),
    'unknown encoding': (_, response) => json(response, '{"a":1}', 200, { 'content-encoding': 'zstd, gzip' }),
    'longer than announced': (_, response) => json(response, '{"a":1}', 200, { 'content-length': '3' }),
    'shorter than announced': (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"a":1}', () => request.socket.destroy());
    },
    'chunks, cut': (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"a":1}', () => request.socket.destroy());
    },
    'no answer': (request) => void request.socket.destroy(),
    'no HTTP': (request) => void request.socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
    '500': (_, response) => json(response, { title: 'Oops' }, 500),
    '502 with HTML': (_, response) => json(response, '<html>', 502, { 'content-type': 'text/html' }),
    '408': (_, response) => json(response, '', 408),
    '403 without a body': (_, response) => void response.writeHead(403).end(),
  };

  it.each(Object.keys(bad))('%s', async (name) => {
    handler = bad[name]!;
    const { http, get } = client();
    const error = await failure(get('/things', { params: { q: 'someone@example.org' } }));
    expect(error.kind).toBe('transient');
    expect(error.message).toMatch(/^GET \/things of tiny stream things .*Tried 3 times\.$/);
    expect(error.message).not.toMatch(/example|gateway/i);
    expect([served, http.requests]).toEqual([3, 3]);
    expect(waits).toEqual([500, 1000]);
  });

  it.each(Object.keys(bad))('%s once, then the page', async (name) => {
    handler = (request, response, count) =>
      count === 1 ? bad[name]!(request, response, count) : json(response, { a: 1 });
    expect((await client().get('/things')).body).toEqual({ a: 1 });
    expect(served).toBe(2);
  });

  it('at every cut of an answer', async () => {
    const text = JSON.stringify({ things: [{ id: 'a', name: 'Ä' }], total_items: 1 });
    const bytes = Buffer.from(text);
    let cut = 0;
    handler = (_, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(bytes.subarray(0, cut));
    const { get } = client();
    for (cut = 0; cut < bytes.length; cut += 3) expect((await failure(get('/things'))).kind).toBe('transient');
  });
});

describe('statuses', () => {
  it.each([
    [401, 'auth'],
    [403, 'auth'],
    [400, 'rejected'],
    [404, 'rejected'],
    [405, 'rejected'],
    [410, 'rejected'],
    [422, 'rejected'],
  ] as const)('%d is %s, after one request', async (status, kind) => {
    handler = (_, response) =>
      json(response, { title: 'API Key Invalid', detail: `someone@example.org ${SECRET}` }, status);
    const error = await failure(client().get('/things'));
    expect(error).toMatchObject({ kind, status, connector: 'tiny', stream: 'things' });
    expect(error.message).toBe(
      `GET /things of tiny stream things answered ${status} (API Key Invalid): ${kind === 'auth' ? 'the credentials are wrong, revoked, or lack a permission' : 'it refused our request'}.`,
    );
    expect(error.fix).toBeDefined();
    expect(served).toBe(1);
  });

  const rules: readonly ResponseRule[] = [
    { status: 404, streams: ['things'], kind: 'skip' },
    { status: 400, contains: 'page token', kind: 'cursor_expired' },
    { status: 403, contains: 'Disabled', kind: 'config', fix: 'Switch it on.' },
  ];

  it('are what the connector says they are', async () => {
    const { get } = client({ connector: connector({ responses: rules }) });
    handler = (_, response) => json(response, { title: 'Not Found' }, 404);
    await expect(get('/things/1')).rejects.toMatchObject({ name: 'SkippedAnswer', status: 404 });
    expect((await failure(get('/others', { stream: 'others' }))).kind).toBe('rejected');
    handler = (_, response) => json(response, { detail: 'the page token is stale' }, 400);
    expect((await failure(get('/things'))).kind).toBe('cursor_expired');
    handler = (_, response) => json(response, { title: 'User Disabled' }, 403);
    expect(await failure(get('/things'))).toMatchObject({ kind: 'config', fix: 'Switch it on.' });
    handler = (_, response) => json(response, { title: 'Forbidden' }, 403);
    expect((await failure(get('/things'))).kind).toBe('auth');
  });

  it('are told by the first of a list of errors, too', async () => {
    const { get } = client({ connector: connector({ responses: rules }) });
    handler = (_, response) =>
      json(response, { errors: [{ field: null, message: 'User Disabled, ask someone@example.org' }, {}] }, 403);
    const error = await failure(get('/things'));
    expect(error).toMatchObject({ kind: 'config', fix: 'Switch it on.' });
    expect(error.message).toBe('GET /things of tiny stream things answered 403 (User Disabled, ask [address]).');
  });
});

describe('429', () => {
  const limited =
    (retryAfter?: string): Handler =>
    (_, response) =>
      json(response, '', 429, retryAfter === undefined ? {} : { 'retry-after': retryAfter });

  it.each([
    ['seconds', '7', 7125],
    ['a date', new Date(Date.UTC(2026, 5, 30, 0, 0, 12)).toUTCString(), 12_125],
    ['nothing', undefined, 2000],
    ['a negative number', '-5', 2000],
    ['a date in the past', 'Mon, 01 Jan 2024 00:00:00 GMT', 125],
  ])('with %s is waited out in place', async (_, retryAfter, wait) => {
    const told: number[] = [];
    handler = (request, response, count) =>
      count === 1 ? limited(retryAfter)(request, response, count) : json(response, { a: 1 });
    expect((await client({ onWait: (ms) => told.push(ms) }).get('/things')).body).toEqual({ a: 1 });
    expect(waits).toEqual([wait]);
    expect(told).toEqual(waits);
  });

  it.each([
    ['31', 'rate_limited', 31_000],
    ['600', 'rate_limited', 600_000],
    ['601', 'quota_exhausted', 601_000],
    ['1000000000', 'quota_exhausted', 1e12],
  ])('with Retry-After %s is %s after exactly one request', async (retryAfter, kind, retryAfterMs) => {
    handler = limited(retryAfter);
    expect(await failure(client().get('/things'))).toMatchObject({ kind, retryAfterMs, status: 429 });
    expect([served, waits]).toEqual([1, []]);
  });

  it('is not alone in saying when to come again: an outage that does is waited for as long', async () => {
    handler = (_, response, count) => json(response, '{}', count === 1 ? 503 : 200, { 'retry-after': '7' });
    await client().get('/things');
    expect(waits).toEqual([7125]);
    handler = (_, response) => json(response, '{}', 503, { 'retry-after': '40' });
    expect(await failure(client().get('/things'))).toMatchObject({ kind: 'transient', retryAfterMs: 40_000 });
    expect(waits).toEqual([7125]);
  });

  it('does not wait more than 30 s in all', async () => {
    handler = limited('20');
    expect(await failure(client().get('/things'))).toMatchObject({ kind: 'rate_limited', retryAfterMs: 20_000 });
    expect([served, waits]).toEqual([2, [20_125]]);
  });

  it('without Retry-After, again and again, asks for a minute', async () => {
    handler = limited();
    expect(await failure(client().get('/things'))).toMatchObject({ kind: 'rate_limited', retryAfterMs: 60_000 });
    expect(waits).toEqual([2000, 4000]);
  });
});

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('%d is a failure, and nothing goes there', async (status) => {
    let strangers = 0;
    const stranger = await startServer((_, response) => {
      strangers += 1;
      json(response, {});
    });
    for (const location of [`${stranger.origin}/x?key=${SECRET}`, '/3.0/elsewhere', '//evil.example/', '']) {
      handler = (_, response) => void response.writeHead(status, { location }).end();
      served = 0;
      const error = await failure(client().get('/things'));
      expect(error).toMatchObject({ kind: 'contract', status });
      expect(error.message).toMatch(/redirect/);
      expect(served).toBe(1);
    }
    expect(strangers).toBe(0);
    await stranger.stop();
  });
});

describe('limits', () => {
  it('stops a body over the cap, compressed or not', async () => {
    const big = JSON.stringify({ a: 'x'.repeat(2_000_000) });
    const { get } = client({ maxBytes: 1_048_576 });
    handler = (_, response) => json(response, big);
    expect(await failure(get('/plain'))).toMatchObject({
      kind: 'contract',
      message: expect.stringMatching(/more than 1 MiB/) as string,
    });
    handler = (_, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync(big));
    expect(await failure(get('/bomb'))).toMatchObject({
      kind: 'contract',
      message: expect.stringMatching(/more than 1 MiB/) as string,
    });
    expect(served).toBe(2);
  });

  it('gives up on a server that stays silent', async () => {
    handler = () => undefined;
    const error = await failure(client({ timeoutMs: 50 }).get('/things'));
    expect(error).toMatchObject({ kind: 'transient' });
    expect(error.message).toMatch(/ETIMEDOUT/);
  });

  it('gives up on a server that drips', async () => {
    handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    };
    expect((await failure(client({ timeoutMs: 60 }).get('/things'))).message).toMatch(/ETIMEDOUT/);
  });

  it('keeps to the connections of the account, over all its clients', async () => {
    let open = 0;
    let most = 0;
    handler = (_, response) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open -= 1;
        json(response, {});
      }, 5);
    };
    const two = connector({ limits: { default: { concurrency: 2 }, narrow: { concurrency: 1 } } });
    const [one, other] = [client({ connector: two }), client({ connector: two })];
    await Promise.all(Array.from({ length: 10 }, (_, index) => (index % 2 ? one : other).get('/things')));
    expect(most).toBe(2);
    most = 0;
    await Promise.all(Array.from({ length: 4 }, () => one.get('/things', { limit: 'narrow' })));
    expect(most).toBe(1);
  });

  it('sends what has the lower priority first, also of another client of the account', async () => {
    const seen: string[] = [];
    handler = (request, response) => {
      seen.push(request.url ?? '');
      json(response, {});
    };
    const narrow = connector({ limits: { default: { concurrency: 1 } } });
    const [late, early] = [client({ connector: narrow, priority: 20 }), client({ connector: narrow, priority: 3 })];
    await Promise.all([late.get('/a'), late.get('/b'), early.get('/c'), early.get('/d')]);
    expect(seen).toEqual(['/3.0/a', '/3.0/c', '/3.0/d', '/3.0/b']);
  });

  it('takes its lanes from where it is told to', async () => {
    handler = (_, response) => json(response, {});
    const taken: string[] = [];
    const two = connector({ limits: { default: { concurrency: 2 }, narrow: { concurrency: 1 } } });
    const { get } = client({
      connector: two,
      priority: 4,
      budget: (key, { concurrency }) => ({
        take: async (_signal, priority) => {
          taken.push(`${key} of ${concurrency} at ${priority}`);
          return () => void taken.push(`${key} back`);
        },
      }),
    });
    await get('/things', { limit: 'narrow' });
    expect(taken).toEqual(['narrow of 1 at 4', 'default of 2 at 4', 'narrow back', 'default back']);
  });

  it('begins requests no faster than the declared rate', async () => {
    handler = (_, response) => json(response, {});
    const { get } = client({ connector: connector({ limits: { default: { rps: 10, concurrency: 5 } } }) });
    await Promise.all(Array.from({ length: 4 }, () => get('/things')));
    expect(waits.map((ms) => Math.round(ms / 100))).toEqual([1, 2, 3]);
  });

  it('gives the lane back after a failure', async () => {
    handler = (_, response) => json(response, {}, 401);
    const { get } = client({ connector: connector({ limits: { default: { concurrency: 1 } } }) });
    for (let i = 0; i < 3; i++) expect((await failure(get('/things'))).kind).toBe('auth');
  });
});

describe('cancellation', () => {
  it('ends the wait for a lane that stays taken, and leaves the lane to the next', async () => {
    const narrow = connector({ limits: { default: { concurrency: 1 } } });
    let finish = (): void => undefined;
    handler = (_, response, count) => (count === 1 ? void (finish = () => json(response, {})) : json(response, {}));
    const { get } = client({ connector: narrow });
    const running = get('/things');
    const controller = new AbortController();
    const queued = get('/things', {}, controller.signal);
    const patient = get('/things');
    await expect.poll(() => served).toBe(1);
    controller.abort(new Error('cancelled'));
    await expect(queued).rejects.toThrow('cancelled');
    expect(served).toBe(1);
    finish();
    await Promise.all([running, patient]);
    expect(served).toBe(2);
  });

  it('ends a request, a wait for a lane and a wait for a retry at once, with its own reason', async () => {
    const reason = new Error('cancelled');
    const narrow = connector({ limits: { default: { concurrency: 1 } } });
    handler = () => undefined;
    const controller = new AbortController();
    const { get } = client({ connector: narrow });
    const running = get('/things', {}, controller.signal);
    const queued = get('/things', {}, controller.signal);
    setTimeout(() => controller.abort(reason), 20);
    await expect(running).rejects.toBe(reason);
    await expect(queued).rejects.toBe(reason);

    handler = (_, response) => json(response, '', 500);
    const second = new AbortController();
    const patient = createHttp(narrow, { key: SECRET, url: `${server.origin}/3.0` }, { random: () => 0.5 });
    setTimeout(() => second.abort(reason), 50);
    await expect(patient.request({ method: 'GET', path: '/things' }, second.signal)).rejects.toBe(reason);
    expect(patient.requests).toBe(1);
  });
});

describe('the origin', () => {
  const foreign = [
    'https://evil.example/next',
    '//evil.example/next',
    '\\\\evil.example\\next',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://metadata.google.internal/',
    'http://[::1]/',
    'http://10.0.0.1/',
    'http://2130706433/',
    'http://0177.0.0.1/',
    'http://127.0.0.1:1/',
    'javascript:alert(1)',
  ];

  it.each(foreign)('is not left for %s', async (path) => {
    handler = (_, response) => json(response, {});
    const error = await failure(client().get(path));
    expect(error.kind).toBe('contract');
    expect(error.message).toMatch(/leaves the origin/);
    expect(served).toBe(0);
  });

  it('is not left with credentials in the URL or another scheme', async () => {
    handler = (_, response) => json(response, {});
    const host = server.origin.replace('http://', '');
    for (const path of [`http://api@${host}/`, `http://a:b@${host}/`, `https://${host}/`]) {
      expect((await failure(client().get(path))).message).toMatch(/leaves the origin/);
    }
    expect(served).toBe(0);
  });

  it('is kept by an absolute link', async () => {
    handler = (request, response) => json(response, { url: request.url });
    expect((await client().get(`${server.origin}/3.0/things?page=2`)).body).toEqual({ url: '/3.0/things?page=2' });
  });
});

describe('the base URL', () => {
  it.each([
    ['nonsense', /is not a URL/],
    ['ftp://host/', /begins with ftp:/],
    ['https://key@api.example.com/', /user name or password/],
    ['https://api.example.com/?key=1', /query/],
    ['http://api.example.com/3.0', /plain http/],
  ])('%s is refused', (url, message) => {
    expect(() => createHttp(connector(), { key: SECRET, url })).toThrow(message);
  });

  it('that resolves to a private address is refused before a byte is sent', async () => {
    let connections = 0;
    const listener = net.createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as net.AddressInfo;
    const { http } = client({
      url: `https://rebound.example:${port}/`,
      resolve: (_, __, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const error = await failure(http.request({ method: 'GET', path: '/' }, new AbortController().signal));
    expect(error).toMatchObject({ kind: 'config', message: expect.stringMatching(/private address/) as string });
    expect(connections).toBe(0);
    listener.close();
  });

  it('that names an address is refused when private addresses are switched off, whatever was looked up', async () => {
    handler = (_, response) => json(response, {});
    expect(await failure(client({ allowPrivate: false }).get('/'))).toMatchObject({ kind: 'config' });
    expect(served).toBe(0);
  });

  it('of files makes a client that refuses to send', async () => {
    expect((await failure(client({ url: 'file:///data' }).get('/x'))).kind).toBe('rejected');
  });
});

describe('credentials', () => {
  it.each(['', ' key-with-blank', 'key\nwith-line', 'schlüssel-ä'])('%j are refused', (key) => {
    expect(() => createHttp(connector(), { key, url: 'https://api.example.com' })).toThrow(/credentials of tiny/);
  });

  it('do not appear in part either, where what the server says is cut', async () => {
    const { get } = client();
    handler = (_, response) => json(response, { title: `${'x'.repeat(70)} ${SECRET}` }, 400);
    const { message } = await failure(get('/things'));
    expect(message).toContain('answered 400 (xxx');
    expect(message).not.toContain(SECRET.slice(0, 6));
  });

  it('appear in no failure, whatever the server echoes', async () => {
    const { get } = client();
    const echoes: readonly Handler[] = [
      (request, response) => json(response, { title: SECRET, detail: JSON.stringify(request.headers) }, 400),
      (request, response) => json(response, { title: `Bearer ${SECRET}`, type: inspect(request.headers) }, 500),
      (request, response) => json(response, `<html>${inspect(request.headers)}`),
      (request, response) => json(response, inspect(request.headers)),
      (_, response) => json(response, '{}', 200, { 'content-type': SECRET }),
      (_, response) => json(response, '', 429, { 'retry-after': SECRET }),
      (request) => void request.socket.destroy(),
    ];
    for (const echo of echoes) {
      handler = echo;
      await failure(get(`/things/${SECRET}`, { params: { key: SECRET } }));
    }
  });
});
