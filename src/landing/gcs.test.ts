import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startBucketServer, type BucketServer } from './bucket-server.fixture.ts';
import { createGcsLanding, type GcsLanding, type GcsLandingOptions } from './gcs.ts';
import {
  describeLanding,
  end,
  key,
  keysOf,
  landedRows,
  now,
  refused,
  row,
  rows,
  slice,
  type LandingUnderTest,
  growthOverLongSlice,
} from './landing-suite.fixture.ts';
import { createLocalLanding } from './local.ts';

let server: BucketServer;
beforeEach(async () => {
  server = await startBucketServer();
});
afterEach(() => server.close());

const open = (options: Partial<GcsLandingOptions> = {}): GcsLanding =>
  createGcsLanding({
    bucket: server.bucket,
    prefix: 'landing/eu',
    apiEndpoint: server.url,
    partBytes: 6_000,
    retries: 1,
    ...options,
  });
const under = (options: Partial<GcsLandingOptions> = {}): LandingUnderTest => ({
  landing: open(options),
  elsewhere: open(options),
  bytesOf: ({ name }) => Promise.resolve(server.objects.get(`landing/eu/${name}`)?.content ?? Buffer.alloc(0)),
});
const names = (): readonly string[] =>
  [...server.objects.keys()].map((name) => name.slice('landing/eu/'.length)).toSorted();
const write = async (landing: GcsLanding, count: number) => {
  const writer = await landing.openSlice(key, 'run-1', slice);
  await writer.append(rows(count), []);
  return writer;
};

describeLanding('a bucket', () => Promise.resolve(under()));
describeLanding('a bucket, unpacked', () => Promise.resolve(under({ compression: 'none' })));
describeLanding('a folder', () => {
  const root = mkdtempSync(join(tmpdir(), 'mailmart-landing-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const landing = createLocalLanding(root, { partBytes: 1_500 });
  return Promise.resolve({
    landing,
    elsewhere: createLocalLanding(root, { partBytes: 1_500 }),
    bytesOf: ({ name }) => Promise.resolve(readFileSync(landing.locate(name))),
  });
});

test('objects have the local layout under the prefix, are gzip by type and never by encoding', async () => {
  const result = await (await write(open(), 10)).finish(end);
  expect(names()).toEqual([
    'mailchimp/~53hop~2f1/members/run-1/list=1.manifest.json',
    expect.stringMatching(/^mailchimp\/~53hop~2f1\/members\/run-1\/list=1\.part-00001-[0-9a-f]{12}\.ndjson\.gz$/),
  ]);
  const [part] = result.parts;
  expect(open().locate(part?.name ?? '')).toBe(`gs://acme-data/landing/eu/${part?.name}`);
  const stored = server.objects.get(`landing/eu/${part?.name}`);
  expect(stored).toMatchObject({ contentType: 'application/gzip', contentEncoding: undefined });
  expect(open().root).toBeUndefined();
  for (const prefix of ['', '/', 'a*', 'a//b', 'a[b]']) expect(() => open({ prefix })).toThrow('folder of its own');
});

describe('attempts that do not know of each other', () => {
  test('a zombie that goes on writing changes nothing of what the other’s manifest names', async () => {
    const zombie = await write(open(), 200);
    const result = await (await write(open(), 100)).finish(end);
    await zombie.append(rows(200), []);
    await zombie.discard();
    expect(await open().readSlice(key, 'run-1', slice.id)).toEqual(result);
    expect(await landedRows(under(), result)).toHaveLength(100);
    expect(names().filter((name) => name.includes('.part-'))).toEqual(result.parts.map(({ name }) => name).toSorted());
  });

  test('of two that finish, the first counts, and the second says what it said', async () => {
    const [one, two] = [await write(open(), 100), await write(open(), 150)];
    const first = await one.finish({ ...end, units: 100 });
    expect(await two.finish({ ...end, units: 150 })).toEqual(first);
    expect(await open().readSlice(key, 'run-1', slice.id)).toEqual(first);
    expect(names().filter((name) => name.includes('.part-'))).toEqual(first.parts.map(({ name }) => name).toSorted());
    await two.discard();
    await one.discard();
    expect(await open().readSlice(key, 'run-1', slice.id)).toEqual(first);
  });

  test('a zombie does not take from under it what another goes on from', async () => {
    const zombie = await write(open(), 100);
    await zombie.checkpoint({ page: 1 });
    const second = await open().openSlice(key, 'run-1', slice);
    expect(second.resumed).toEqual({ page: 1 });
    await zombie.restart();
    await zombie.discard();
    await second.append([row(7)], []);
    const result = await second.finish(end);
    expect(result.rows).toBe(101);
    expect(await open().readSlice(key, 'run-1', slice.id)).toEqual(result);
  });

  test('a checkpoint that another attempt has written since is not overwritten', async () => {
    const zombie = await write(open(), 10);
    await zombie.checkpoint({ page: 1 });
    const second = await open().openSlice(key, 'run-1', slice);
    await second.append([row(7)], []);
    await second.checkpoint({ page: 2 });
    await zombie.append(rows(10), []);
    await expect(zombie.checkpoint({ page: 9 })).rejects.toMatchObject({ name: 'LandingError', kind: 'transient' });
    await zombie.restart();
    const third = await open().openSlice(key, 'run-1', slice);
    expect([third.resumed, (await keysOf(third)).length]).toEqual([{ page: 2 }, 11]);
  });

  test('a manifest of another slice under this one’s name is nobody’s result', async () => {
    const writer = await write(open(), 10);
    const manifest = 'mailchimp/~53hop~2f1/members/run-1/list=1.manifest.json';
    server.put(
      `landing/eu/${manifest}`,
      Buffer.from(JSON.stringify({ version: 1, key, runId: 'run-9', result: { slice, parts: [] } })),
    );
    expect(await open().readSlice(key, 'run-1', slice.id)).toBeNull();
    await expect(writer.finish(end)).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('another slice'),
    });
  });
});

describe('answers that are lost', () => {
  const loseFirst = (method: string, what: RegExp): void => {
    let isLost = false;
    server.fault = (asked) => {
      if (isLost || asked.method !== method || !what.test(asked.name)) return undefined;
      isLost = true;
      return { status: 503, afterwards: true };
    };
  };

  test.each([
    ['a part', 'POST', /\.part-/],
    ['a checkpoint', 'POST', /checkpoint/],
    ['a manifest', 'POST', /manifest/],
    ['a removal', 'DELETE', /checkpoint/],
  ])('of %s: the second request finds what the first has done', async (_what, method, pattern) => {
    loseFirst(method, pattern);
    const writer = await write(open(), 100);
    await writer.checkpoint({ page: 1 });
    await writer.append(rows(5), []);
    const result = await writer.finish(end);
    expect(result.rows).toBe(105);
    expect(await open().readSlice(key, 'run-1', slice.id)).toEqual(result);
    expect(await landedRows(under(), result)).toHaveLength(105);
  });

  test('of a manifest, for good: what may count keeps its parts', async () => {
    const writer = await write(open(), 100);
    // The second try finds the first's: only a service that is silent altogether leaves us in the dark.
    server.fault = ({ method, name }) =>
      name.includes('manifest') ? { status: 503, afterwards: method === 'POST' } : undefined;
    await expect(writer.finish(end)).rejects.toMatchObject({ kind: 'transient' });
    await writer.discard();
    server.fault = undefined;
    expect((await open().readSlice(key, 'run-1', slice.id))?.rows).toBe(100);
  });
});

test.each([
  ['changed', (name: string) => server.put(name, Buffer.from(server.objects.get(name)?.content.fill(1, 20, 21) ?? ''))],
  [
    'longer',
    (name: string) =>
      server.put(name, Buffer.concat([server.objects.get(name)?.content ?? Buffer.alloc(0), Buffer.from('x')])),
  ],
  ['missing', (name: string) => void server.objects.delete(name)],
])(
  'a manifest or a checkpoint whose part is %s counts as absent, and nothing is downloaded to find out',
  async (_what, alter) => {
    const writer = await write(open(), 200);
    await writer.checkpoint({ page: 1 });
    const result = await writer.finish(end);
    const checkpoint = await write(open(), 200);
    await checkpoint.checkpoint({ page: 1 });
    await checkpoint.finish(end).then((again) => expect(again.rows).toBe(200));
    const again = (await open().readSlice(key, 'run-1', slice.id)) ?? result;
    server.asked.length = 0;
    alter(`landing/eu/${again.parts[1]?.name}`);
    expect(await open().readSlice(key, 'run-1', slice.id)).toBeNull();
    expect(await open().readSlice(key, 'run-1', slice.id, 'as stated')).toEqual(again);
    expect(server.asked.filter(({ name }) => name.includes('.part-'))).toEqual([]);

    const third = await write(open(), 200);
    await third.checkpoint({ page: 1 });
    expect((await open().openSlice(key, 'run-1', slice)).resumed).toEqual({ page: 1 });
    const parts = names().filter((name) => name.includes('.part-') && !again.parts.some((part) => part.name === name));
    for (const name of parts) alter(`landing/eu/${name}`);
    const fourth = await open().openSlice(key, 'run-1', slice);
    expect(fourth.resumed).toBeNull();
    expect((await fourth.finish(end)).rows).toBe(0);
  },
);

test('a torn manifest counts as absent', async () => {
  await (await write(open(), 1)).finish(end);
  const name = `landing/eu/${names().find((one) => one.includes('manifest'))}`;
  server.put(name, server.objects.get(name)!.content.subarray(0, 50));
  expect(await open().readSlice(key, 'run-1', slice.id)).toBeNull();
});

test('a part bigger than one request goes in pieces, a piece that fails goes again, and the keys come back', async () => {
  const landing = open({ partBytes: 64 * 1024 * 1024, compression: 'none' });
  let failures = 0;
  server.fault = ({ method }) => {
    if (method !== 'PUT' || failures >= 2) return undefined;
    failures += 1;
    return failures === 2 ? { status: 503 } : undefined;
  };
  const writer = await landing.openSlice(key, 'run-1', slice);
  for (let page = 0; page < 20; page += 1) {
    await writer.append(
      Array.from({ length: 50 }, (_, index) => row(page * 50 + index, { text: 'x'.repeat(10_000) })),
      [],
    );
  }
  await writer.checkpoint({ page: 20 });
  expect(failures).toBe(2);
  expect(server.asked.filter(({ method }) => method === 'PUT').length).toBeGreaterThan(2);
  const second = await open({ compression: 'none' }).openSlice(key, 'run-1', slice);
  const keys = await keysOf(second);
  expect([keys.length, keys[999]]).toEqual([1000, '["999"]']);
  const result = await second.finish(end);
  expect(result.parts).toHaveLength(1);
  expect(result.parts[0]?.bytes).toBeGreaterThan(10_000_000);
  expect(await landedRows(under({ compression: 'none' }), result)).toHaveLength(1000);
});

describe('a part that is under way in pieces', () => {
  const begin = async () => {
    const landing = open({ partBytes: 64 * 1024 * 1024, compression: 'none' });
    const writer = await landing.openSlice(key, 'run-1', slice);
    const page = Array.from({ length: 100 }, (_, index) => row(index, { text: 'x'.repeat(10_000) }));
    for (let count = 0; count < 6; count += 1) await writer.append(page, []);
    expect(names()).toEqual([]);
    return { writer, page };
  };

  test('is not there when it is discarded, and the writer goes on from the start', async () => {
    const { writer } = await begin();
    await writer.discard();
    expect(names()).toEqual([]);
    await writer.append(rows(3), []);
    const result = await writer.finish(end);
    expect([result.rows, result.parts.length]).toEqual([3, 1]);
    expect(await open({ compression: 'none' }).readSlice(key, 'run-1', slice.id)).toEqual(result);
  });

  test('and is refused then fails by name, with nothing left', async () => {
    const { writer, page } = await begin();
    server.fault = ({ method }) =>
      method === 'PUT'
        ? { status: 403, message: 'x does not have storage.objects.create access', reason: 'forbidden' }
        : undefined;
    const more = async () => {
      for (let count = 0; count < 20; count += 1) await writer.append(page, []);
      await writer.finish(end);
    };
    await expect(more()).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('storage.objects.create'),
    });
    await writer.discard();
    expect(names()).toEqual([]);
  });
});

test.each([
  ['shorter', (content: Buffer) => content.subarray(1)],
  ['with other bytes', (content: Buffer) => Buffer.from(content).fill(0, 20, 21)],
])('a part that arrives %s is removed, and the slice is tried again', async (_what, altered) => {
  const writer = await write(open(), 3);
  const set = server.objects.set.bind(server.objects);
  server.objects.set = (name, stored) =>
    set(name, name.includes('.part-') ? Object.assign(stored, { content: altered(stored.content) }) : stored);
  await expect(writer.finish(end)).rejects.toMatchObject({
    kind: 'transient',
    message: expect.stringContaining('other than it was sent'),
  });
  await writer.discard();
  expect(names()).toEqual([]);
});

describe('failures say what to do', () => {
  const failWith = (status: number, message = 'x', reason = 'x'): void => {
    server.fault = () => ({ status, message, reason });
  };
  const failure = async (landing = open()) =>
    (await landing.openSlice(key, 'run-1', slice).then(
      () => undefined,
      (error: unknown) => error,
    )) as Error & { kind: string; fix: string };

  test('a missing permission: its name and who lacks it, but no address', async () => {
    failWith(
      403,
      'sync@acme-prod.iam.gserviceaccount.com does not have storage.objects.list access to the Google Cloud Storage bucket.',
      'forbidden',
    );
    const error = await failure();
    expect(error).toMatchObject({
      name: 'LandingError',
      kind: 'rejected',
      fix: expect.stringContaining('storage.objects.list'),
    });
    expect(error.message).toBe(
      'Could not list gs://acme-data/landing/eu: service account sync of project acme-prod lacks storage.objects.list on bucket acme-data.',
    );
    failWith(403, 'anna@example.com does not have storage.objects.list access.', 'forbidden');
    const person = await failure();
    expect(`${person.message} ${person.fix}`).not.toMatch(/anna|@/);
  });

  test('a bucket that is not there: its name, also where only a document is asked for', async () => {
    const nowhere = open({ bucket: 'acme-dta' });
    expect(await failure(nowhere)).toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('no bucket acme-dta'),
    });
    await expect(nowhere.readDocument(key, 'run-1', 'plan')).rejects.toMatchObject({ kind: 'rejected' });
    await expect(nowhere.writeDocument(key, 'run-1', 'plan', 1)).rejects.toMatchObject({ kind: 'rejected' });
  });

  test.each([[429], [503]])('%s passes: it is asked again, a bounded number of times', async (status) => {
    failWith(status);
    expect(await failure()).toMatchObject({ kind: 'transient' });
    expect(server.asked.length).toBe(2);
  });

  test('a 403 about rates passes, unlike one about permissions', async () => {
    failWith(403, 'slow down', 'rateLimitExceeded');
    expect(await failure()).toMatchObject({ kind: 'transient' });
  });

  test('no server at all passes too', async () => {
    expect(await failure(open({ apiEndpoint: 'http://127.0.0.1:9' }))).toMatchObject({ kind: 'transient' });
  });

  test('credentials that are not there do not pass', async () => {
    const { apiEndpoint: _none, ...real } = {
      apiEndpoint: '',
      bucket: 'b',
      prefix: 'p',
      keyFile: '/nowhere/key.json',
      retries: 1,
    };
    const error = await failure(createGcsLanding(real));
    expect(error).toMatchObject({ kind: 'rejected', message: expect.stringContaining('credentials') });
    expect(error.message).not.toContain('/nowhere');
  });

  test('a refusal while it writes leaves nothing that counts', async () => {
    const writer = await write(open(), 3);
    server.fault = ({ method }) =>
      method === 'GET' ? undefined : { status: 403, message: 'x does not have storage.objects.create access' };
    await expect(writer.append(rows(2000), [])).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringContaining('storage.objects.create'),
    });
    await writer.discard();
    server.fault = undefined;
    expect(names()).toEqual([]);
  });
});

describe('the bucket’s lifecycle rule', () => {
  const others = [
    { action: { type: 'SetStorageClass', storageClass: 'NEARLINE' }, condition: { age: 90 } },
    { action: { type: 'Delete' }, condition: { age: 3, matchesPrefix: ['tmp/'] } },
    {
      action: { type: 'Delete' },
      condition: { age: 9, matchesPrefix: ['landing/eu/'], matchesStorageClass: ['ARCHIVE'] },
    },
  ];
  const ours = (age: number) => ({ action: { type: 'Delete' }, condition: { age, matchesPrefix: ['landing/eu/'] } });

  test('is added beside others, changed alone, and not written again', async () => {
    server.lifecycle = { rule: others };
    expect(await open().ensureLifecycle()).toEqual({ kind: 'set', days: 30 });
    expect(server.lifecycle).toEqual({ rule: [...others, ours(30)] });
    expect(await open().ensureLifecycle(30)).toEqual({ kind: 'there', days: 30 });
    expect(server.metageneration).toBe(2);
    expect(await open().ensureLifecycle(7)).toEqual({ kind: 'set', days: 7 });
    expect(server.lifecycle).toEqual({ rule: [...others, ours(7)] });
  });

  test('keeps a rule that somebody adds at the same moment', async () => {
    let isFirst = true;
    server.fault = ({ method }) => {
      if (method === 'PATCH' && isFirst) {
        isFirst = false;
        server.lifecycle = { rule: others };
        server.metageneration += 1;
      }
      return undefined;
    };
    expect(await open().ensureLifecycle(5)).toEqual({ kind: 'set', days: 5 });
    expect(server.lifecycle).toEqual({ rule: [...others, ours(5)] });
  });

  test('that may not be set is said, not thrown', async () => {
    server.fault = ({ method }) =>
      method === 'PATCH'
        ? { status: 403, message: 'sync@p.iam.gserviceaccount.com does not have storage.buckets.update access' }
        : undefined;
    const outcome = await open().ensureLifecycle();
    expect(outcome).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('storage.buckets.update'),
      fix: expect.stringContaining('landing/eu/'),
    });
    await expect(open({ bucket: 'none' }).ensureLifecycle()).rejects.toMatchObject({ kind: 'rejected' });
  });
});

test('sweep and what it leaves: another stream’s, another prefix’s', async () => {
  server.put('landing/eu2/mailchimp/x', Buffer.from('other'));
  server.put('landing/eu/mailchimp/~53hop~2f1/members2/run-1/x', Buffer.from('other'));
  const writer = await write(open(), 400);
  await writer.append([], [refused]);
  await writer.checkpoint({ page: 1 });
  await writer.finish(end);
  await open().sweep(key, []);
  expect([...server.objects.keys()].toSorted()).toEqual([
    'landing/eu/mailchimp/~53hop~2f1/members2/run-1/x',
    'landing/eu2/mailchimp/x',
  ]);
});

test('memory stays flat however long a slice is', async () => {
  const wide = open({ partBytes: 16 * 1024 * 1024 });
  const writer = await wide.openSlice(key, 'run-1', slice);
  expect(await growthOverLongSlice(writer)).toBeLessThan(130 * 1024 * 1024);
  expect((await writer.finish({ ...end, state: { readAt: now } })).rows).toBe(201_000);
}, 60_000);
