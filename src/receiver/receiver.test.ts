import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { createFile, type OpenFile } from '../inbox/segment-writer.ts';
import { inboxFolder } from '../inbox/place.ts';
import { ClockAlarms } from './clock-alarm.ts';
import { endpointsOf } from './endpoints.ts';
import {
  accounts,
  ecdsaHeaders,
  hmacHeaders,
  hooks,
  keyPair,
  now,
  nowSeconds,
  pathSecret,
  sender,
  Trial,
  type Headers,
} from './receiver.fixture.ts';
import { readReceiverRecord } from './record.ts';

const body = '[{"email":"ann@example.com","event":"open","sg_event_id":"e1"}]';
const events = '/hooks/shop/events';
const lists = '/hooks/news/lists';
let trials: Trial[] = [];

async function trial(options?: Parameters<typeof Trial.start>[0]): Promise<Trial> {
  const started = await Trial.start(options);
  trials.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(trials.map((started) => started.end()));
  trials = [];
});

/** What no answer to a stranger may hold. */
function expectBare(answer: { readonly text: string; readonly headers: Headers }): void {
  expect(answer.text).toBe('');
  expect(
    Object.keys(answer.headers).filter(
      (name) => !['date', 'connection', 'content-length', 'keep-alive', 'allow', 'retry-after'].includes(name),
    ),
  ).toEqual([]);
}

test('a signed post is stored byte for byte with what is known of it, and only then acknowledged', async () => {
  const receiver = await trial();
  const sent = Buffer.concat([Buffer.from([0, 255, 13, 10]), Buffer.from(body)]);
  expect(await receiver.post(events, ecdsaHeaders(sent), sent)).toBe(200);
  const [post] = await receiver.stored('shop', 'events');
  expect(post).toMatchObject({ receivedAt: now, contentType: 'application/json', isSigned: true });
  expect(Buffer.from(post!.body).equals(sent)).toBe(true);
});

describe('B51 signatures', () => {
  test('B51 nothing but a genuine signature gets in, and the answer says no more than 403', async () => {
    const receiver = await trial();
    const good = ecdsaHeaders(body);
    const name = 'x-twilio-email-event-webhook-signature';
    const { [name]: _none, ...unsigned } = good;
    const wrong: Readonly<Record<string, Headers>> = {
      none: unsigned,
      empty: { ...good, [name]: '' },
      doubled: { ...good, [name]: [good[name]!, good[name]!] },
      'listed in one line': { ...good, [name]: `${good[name]}, ${good[name]}` },
      'of another key': ecdsaHeaders(body, nowSeconds, keyPair()),
      'of another body': ecdsaHeaders('[]'),
      'doubled time stamp': {
        ...good,
        'x-twilio-email-event-webhook-timestamp': [String(nowSeconds), String(nowSeconds)],
      },
      'of another scheme': { ...unsigned, ...hmacHeaders(body) },
    };
    for (const [what, headers] of Object.entries(wrong)) {
      const answer = await receiver.send('POST', events, headers, body);
      expect(answer.status, `with ${what}`).toBe(403);
      expectBare(answer);
    }
    // A body that nobody reads goes with its connection.
    expect((await receiver.send('POST', events, unsigned, body)).headers['connection']).toBe('close');
    expect(await receiver.stored('shop', 'events')).toEqual([]);
    expect(receiver.log.join('\n')).not.toContain(good[name]);
  });
});

describe('B52 raw bytes', () => {
  test('B52 a body that anything between changed is refused; one that was signed as it is, is stored as it is', async () => {
    const receiver = await trial();
    const headers = ecdsaHeaders(body);
    const changed = [
      body.replace('ann', 'bnn'),
      JSON.stringify(JSON.parse(body), null, 2),
      `\uFEFF${body}`,
      gzipSync(body),
      Buffer.from(body, 'utf16le'),
    ];
    for (const sent of changed) expect(await receiver.post(events, headers, sent)).toBe(403);
    expect(await receiver.post(events, { ...headers, 'content-encoding': 'gzip' }, gzipSync(body))).toBe(403);
    expect(await receiver.stored('shop', 'events')).toEqual([]);
    for (const contentType of ['', 'application/json; charset=utf-16', 'x', 'text/html', 'a/b; q="', '<script>']) {
      expect(
        await receiver.post(events, { ...headers, 'content-type': contentType }, body),
        `with ${contentType}`,
      ).toBe(200);
    }
    expect(new Set(await receiver.texts('shop', 'events'))).toEqual(new Set([body]));
  });
});

describe('B53 replays', () => {
  test('B53 a post of the sender without a documented age is taken however old; the other one’s is refused after 5 minutes', async () => {
    const receiver = await trial();
    for (const age of [60, 360, 90_000, -360, nowSeconds - nowSeconds * 1000]) {
      expect(await receiver.post(events, ecdsaHeaders(body, nowSeconds - age), body), `${age} s`).toBe(200);
    }
    for (const [age, status] of [
      [60, 200],
      [360, 403],
      [90_000, 403],
      [-360, 403],
    ] as const) {
      expect(await receiver.post(lists, hmacHeaders(body, nowSeconds - age), body), `${age} s`).toBe(status);
    }
    expect(await receiver.stored('news', 'lists')).toHaveLength(1);
  });
});

describe('B54 many at once', () => {
  test('B54 the same post 1,000 times at once is stored each time: the ids make it one at the load', async () => {
    const receiver = await trial();
    const headers = ecdsaHeaders(body);
    const statuses = await Promise.all(Array.from({ length: 1000 }, () => receiver.post(events, headers, body)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1000);
    expect(await receiver.texts('shop', 'events')).toHaveLength(1000);
  });
});

describe('B55 keys and accounts', () => {
  test('B55 during a rotation both keys are good', async () => {
    const next = keyPair();
    const receiver = await trial({
      accounts: [
        { accountId: 'shop', hooks: { events: hooks.events }, config: { keys: [sender.publicKey, next.publicKey] } },
      ],
    });
    for (const pair of [sender, next])
      expect(await receiver.post(events, ecdsaHeaders(body, nowSeconds, pair), body)).toBe(200);
  });

  test('B55 an unknown account, hook or spelling of a path is 404, and nothing is made on the disk', async () => {
    const receiver = await trial();
    const paths = [
      '/',
      '/hooks',
      '/hooks/other/events',
      '/hooks/shop/other',
      '/hooks/shop/events/',
      '/hooks/Shop/events',
      '/hooks/shop/../shop/events',
      '/hooks/shop/%2e%2e/shop/events',
      '/hooks/../../etc/passwd',
      '/hooks/shop//events',
      '/hooks/%00/events',
      '/hooks/%zz/events',
      '//hooks/shop/events',
      `/hooks/shop/events/${pathSecret}`,
      `/hooks/shop/events/${'x'.repeat(2000)}`,
    ];
    for (const path of paths) {
      const answer = await receiver.send('POST', path, ecdsaHeaders(body), body);
      expect(answer.status, `with ${path}`).toBe(404);
      expectBare(answer);
    }
    expect((await readdir(inboxFolder(receiver.projectDir))).filter((name) => name !== 'lock')).toEqual([]);
  });
});

describe('B57 bodies', () => {
  test('B57 whatever a signed body holds is stored: what it means is for the load', async () => {
    const receiver = await trial();
    const odd = [
      '[{}]',
      '[]',
      '{}',
      'null',
      '',
      'not json',
      `[${'{"event":"open"},'.repeat(9_999)}{"event":"bad"`,
      '[{"event":"of-2031"}]',
    ];
    for (const sent of odd) expect(await receiver.post(events, ecdsaHeaders(sent), sent)).toBe(200);
    expect(await receiver.texts('shop', 'events')).toEqual(odd);
  });
});

describe('B58 a disk that refuses', () => {
  const failing =
    (fail: (call: string) => void): OpenFile =>
    async (path) => {
      const handle = await createFile(path);
      return {
        writev: async (pieces, position) => {
          fail('write');
          return await handle.writev(pieces, position);
        },
        datasync: async () => {
          fail('datasync');
          await handle.datasync();
        },
        truncate: (length) => handle.truncate(length),
        close: () => handle.close(),
      };
    };
  const errno = (code: string): Error => Object.assign(new Error(code), { code, syscall: 'write' });

  test.each([
    ['write', 'ENOSPC'],
    ['datasync', 'EIO'],
  ])('B58 a failing %s is 503 and never 200; the next post goes into a new file', async (call, code) => {
    let isBroken = false;
    const receiver = await trial({
      openFile: failing((made) => {
        if (isBroken && made === call) throw errno(code);
      }),
    });
    expect(await receiver.post(events, ecdsaHeaders('before'), 'before')).toBe(200);
    isBroken = true;
    const answer = await receiver.send('POST', events, ecdsaHeaders('lost'), 'lost');
    expect(answer.status).toBe(503);
    expectBare(answer);
    expect(answer.headers['retry-after']).toBe('10');
    expect((await receiver.send('GET', '/health')).status).toBe(503);
    isBroken = false;
    expect(await receiver.post(events, ecdsaHeaders('after'), 'after')).toBe(200);
    expect((await receiver.send('GET', '/health')).status).toBe(200);
    expect(await receiver.texts('shop', 'events')).toEqual(['before', 'after']);
    const [first, second] = await receiver.stored('shop', 'events');
    expect(first!.position.split('@')[0]).not.toBe(second!.position.split('@')[0]);
    expect(receiver.log.join('\n')).toContain(code);
  });

  test('B58 a write that the disk cuts short is finished, or refused', async () => {
    let takes = 10;
    const receiver = await trial({
      openFile: async (path) => {
        const handle = await open(path, 'wx');
        return {
          writev: async (pieces, position) => {
            const bytes = Buffer.concat(pieces);
            return await handle.write(bytes, 0, Math.min(bytes.length, takes), position);
          },
          datasync: () => handle.datasync(),
          truncate: (length) => handle.truncate(length),
          close: () => handle.close(),
        };
      },
    });
    expect(await receiver.post(events, ecdsaHeaders(body), body)).toBe(200);
    expect(await receiver.texts('shop', 'events')).toEqual([body]);
    takes = 0;
    expect(await receiver.post(events, ecdsaHeaders(body), body)).toBe(503);
  });

  test('B58 a folder that cannot be made is 503, until it can', async () => {
    const receiver = await trial();
    const account = join(inboxFolder(receiver.projectDir), 'shop');
    await writeFile(account, 'a file where the folder should be');
    expect(await receiver.post(events, ecdsaHeaders(body), body)).toBe(503);
    await rm(account);
    expect(await receiver.post(events, ecdsaHeaders(body), body)).toBe(200);
  });

  test('B58 an inbox that has its full size is 503, until the sync makes room', async () => {
    const receiver = await trial({ maxDisk: 3_000 });
    const sent = 'x'.repeat(1_000);
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push(await receiver.post(events, ecdsaHeaders(sent), sent));
    expect(statuses).toEqual([200, 200, 503, 503, 503]);
    expect(await receiver.texts('shop', 'events')).toHaveLength(2);
    const folder = join(inboxFolder(receiver.projectDir), 'shop', 'events');
    for (const file of await readdir(folder)) await rm(join(folder, file));
    await expect.poll(() => receiver.post(events, ecdsaHeaders(sent), sent), { timeout: 5_000 }).toBe(200);
  });
});

describe('B60 unsigned posts', () => {
  test('B60 with the right path secret a post is stored as a hint; with a wrong one, or none, it is not there', async () => {
    const receiver = await trial();
    const path = `/hooks/drip/changes/${pathSecret}`;
    expect(await receiver.post(path, {}, 'hint')).toBe(200);
    expect(await receiver.stored('drip', 'changes')).toMatchObject([{ isSigned: false }]);
    for (const wrong of [
      '/hooks/drip/changes',
      `${path}x`,
      path.slice(0, -1),
      `/hooks/drip/changes/${pathSecret.toUpperCase()}`,
      `${path}/`,
      `/hooks/shop/events/${pathSecret}`,
    ]) {
      const answer = await receiver.send('POST', wrong, {}, 'forged');
      expect(answer.status, `with ${wrong}`).toBe(404);
      expectBare(answer);
    }
    expect(await receiver.texts('drip', 'changes')).toEqual(['hint']);
  });

  test('B60 at the secret path of a sender that signs, even a signed post is only a hint', async () => {
    const receiver = await trial();
    expect(await receiver.post(`${lists}/${pathSecret}`, hmacHeaders(body), body)).toBe(200);
    expect(await receiver.post(lists, hmacHeaders(body), body)).toBe(200);
    expect((await receiver.stored('news', 'lists')).map(({ isSigned }) => isSigned)).toEqual([false, true]);
  });

  test('a path secret that can be guessed is refused at the start', () => {
    const withSecret = (length: number) =>
      endpointsOf([{ accountId: 'drip', hooks: { changes: hooks.changes }, config: { secret: 'x'.repeat(length) } }]);
    expect(() => withSecret(15)).toThrow(/changes of drip is shorter than 16/);
    expect(withSecret(16)).toHaveLength(1);
  });

  test('the secret of a path is in no log and no state file', async () => {
    const receiver = await trial();
    await receiver.post(`/hooks/drip/changes/${pathSecret}`, {}, 'hint-body');
    await receiver.post(`/hooks/drip/changes/${pathSecret}-wrong`, {}, 'hint-body');
    await receiver.receiver.stop(0);
    expect(receiver.log.join('\n')).toContain('"stored":1');
    const record = await readFile(join(receiver.projectDir, '.mailmart', 'receiver.json'), 'utf8');
    for (const text of [record, receiver.log.join('\n')])
      expect(text).not.toMatch(new RegExp(`${pathSecret}|hint-body`));
  });
});

describe('B61 methods', () => {
  test('B61 the handshake is answered where the sender asks; every other method is 405, and nothing is repeated', async () => {
    const receiver = await trial();
    for (const path of [lists, `${lists}/${pathSecret}`]) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await receiver.send(method, `${path}?challenge=%3Cb%3E`, {
          origin: 'https://evil.example',
          accept: 'text/html',
        });
        expect(answer.status).toBe(200);
        expectBare(answer);
      }
    }
    expect((await receiver.send('GET', `${lists}/wrong`)).status).toBe(404);
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE']) {
      const answer = await receiver.send(method, events, {
        origin: 'https://evil.example',
        'access-control-request-method': 'POST',
      });
      expect(answer.status, `with ${method}`).toBe(405);
      expect(answer.headers['allow']).toBe('POST');
      expectBare(answer);
    }
    for (const method of ['OPTIONS', 'PUT', 'DELETE', 'PATCH']) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '3' };
      expect((await receiver.send(method, events, headers, 'a=1')).status, `with ${method} and a body`).toBe(405);
      expect((await receiver.send(method, '/nowhere', headers, 'a=1')).status).toBe(404);
    }
    expect((await receiver.send('OPTIONS', lists, { origin: 'https://evil.example' })).headers['allow']).toBe(
      'GET, HEAD, POST',
    );
  });
});

describe('B62 clocks', () => {
  test.each([
    ['10 min behind', -600],
    ['10 min ahead', 600],
    ['a day ahead', 86_400],
  ])(
    'B62 with a clock %s posts with an age are refused and raise an alarm; the others are unaffected',
    async (_what, skew) => {
      const clock = { now: () => new Date((nowSeconds + skew) * 1000).toISOString() };
      const receiver = await trial({ clock });
      expect(await receiver.post(events, ecdsaHeaders(body), body)).toBe(200);
      expect(await receiver.post(lists, hmacHeaders(body), body)).toBe(403);
      expect(await receiver.post(lists, hmacHeaders(body, nowSeconds, 'forger'), body)).toBe(403);
      await expect
        .poll(() => readReceiverRecord(receiver.projectDir)?.clock_alarms, { timeout: 5_000 })
        .toEqual([
          {
            account_id: 'news',
            hook: 'lists',
            first_at: clock.now(),
            last_at: clock.now(),
            posts: 1,
            skew_seconds: skew,
          },
        ]);
    },
  );

  test('B62 the alarm outlives the receiver and ends with the first post of the right age', async () => {
    let skew = 600;
    const clock = { now: () => new Date((nowSeconds + skew) * 1000).toISOString() };
    const first = await trial({ clock });
    await first.post(lists, hmacHeaders(body), body);
    await first.receiver.stop(0);
    const second = await trial({ clock, projectDir: first.projectDir });
    expect(readReceiverRecord(first.projectDir)?.clock_alarms).toHaveLength(1);
    skew = 0;
    expect(await second.post(lists, hmacHeaders(body), body)).toBe(200);
    await expect.poll(() => readReceiverRecord(first.projectDir)?.clock_alarms, { timeout: 5_000 }).toEqual([]);
  });
});

test('B62 alarms are kept one a hook, each from its first post on', () => {
  let changes = 0;
  const alarms = new ClockAlarms([], () => (changes += 1));
  alarms.raise('news', 'lists', '2026-06-30T12:00:00.000Z', 600);
  alarms.raise('news', 'other', '2026-06-30T12:01:00.000Z', 601);
  alarms.raise('news', 'lists', '2026-06-30T12:02:00.000Z', 602.4);
  alarms.clear('news', 'other');
  alarms.clear('news', 'other');
  expect([changes, alarms.all]).toEqual([
    4,
    [
      {
        account_id: 'news',
        hook: 'lists',
        first_at: '2026-06-30T12:00:00.000Z',
        last_at: '2026-06-30T12:02:00.000Z',
        posts: 2,
        skew_seconds: 602,
      },
    ],
  ]);
});

describe('stopping', () => {
  test('what is under way is stored and answered, what comes later is not taken', async () => {
    const receiver = await trial();
    const socket = receiver.connect();
    const headers = Object.entries(ecdsaHeaders(body))
      .map(([name, value]) => `${name}: ${value}`)
      .join('\r\n');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const head = `POST ${events} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${headers}\r\n\r\n`;
    socket.write(`${head}${body.slice(0, 5)}`);
    await new Promise((done) => setTimeout(done, 100));
    const stopped = receiver.receiver.stop(5_000);
    socket.write(`${body.slice(5)}${head}${body}`);
    await stopped;
    await expect.poll(() => text).toMatch(/^HTTP\/1\.1 200 /);
    expect(await receiver.texts('shop', 'events')).toEqual([body]);
    await expect(receiver.post(events, ecdsaHeaders(body), body)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('a second receiver of the project is refused, and the first one goes on', async () => {
    const receiver = await trial();
    await mkdir(receiver.projectDir, { recursive: true });
    await expect(Trial.start({ projectDir: receiver.projectDir })).rejects.toThrow(/runs already, in process \d+/);
    expect(await receiver.post(events, ecdsaHeaders(body), body)).toBe(200);
  });
});

test('the endpoints of the trial are those of the accounts', () => {
  expect(endpointsOf(accounts).map(({ path }) => path)).toEqual([events, lists, '/hooks/drip/changes']);
});
