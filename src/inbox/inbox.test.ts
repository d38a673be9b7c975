import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, asyncProperty, integer, nat } from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Post, Segment } from '../../connectors/_kit/hook.ts';
import { encodeFrame } from './frame.ts';
import { hookFolder, inboxFolder, listSegments, lockPath } from './place.ts';
import { openInbox } from './reader.ts';
import { InboxRefusal } from './refusal.ts';
import { removeLoaded } from './remove-loaded.ts';
import { defaultLimits, InboxTaken, openInboxWriter, type InboxLimits, type InboxWriter } from './writer.ts';

const clock = { now: () => '2026-06-30T12:00:00.000Z' };
let project: string;
let writers: InboxWriter[];

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'mailmart-inbox-'));
  writers = [];
});

afterEach(async () => {
  await Promise.all(writers.map((writer) => writer.close()));
  await rm(project, { recursive: true, force: true });
});

async function openWriter(limits: Partial<InboxLimits> = {}): Promise<InboxWriter> {
  const writer = await openInboxWriter(project, clock, { ...defaultLimits, ...limits });
  writers.push(writer);
  return writer;
}

function postOf(text: string, isSigned = true): Omit<Post, 'position'> {
  return { receivedAt: clock.now(), contentType: 'application/json', isSigned, body: Buffer.from(text) };
}

async function textsOf(segment: Segment, from = 0, to = segment.bytes): Promise<readonly string[]> {
  const posts: string[] = [];
  for await (const post of openInbox(project, 'shop').posts(
    'events',
    segment.name,
    from,
    to,
    AbortSignal.timeout(9_000),
  )) {
    posts.push(Buffer.from(post.body).toString());
  }
  return posts;
}

async function allTexts(): Promise<readonly string[]> {
  const segments = await openInbox(project, 'shop').segments('events');
  return (await Promise.all(segments.map((segment) => textsOf(segment)))).flat();
}

const folder = (): string => hookFolder(inboxFolder(project), 'shop', 'events');

test('posts come back byte for byte, while the segment is open and when it is closed', async () => {
  const writer = await openWriter();
  const bodies = [Buffer.from([0, 255, 10, 13]), Buffer.alloc(0), Buffer.alloc(3_000_000, 'x')];
  for (const body of bodies) await writer.append('shop', 'events', { ...postOf(''), body });
  for (const isClosed of [false, true]) {
    if (isClosed) await writer.close();
    const inbox = openInbox(project, 'shop');
    const [segment] = await inbox.segments('events');
    expect(segment?.isClosed).toBe(isClosed);
    const read: Uint8Array[] = [];
    for await (const post of inbox.posts('events', segment!.name, 0, segment!.bytes, AbortSignal.timeout(9_000))) {
      expect(post).toMatchObject({ receivedAt: clock.now(), contentType: 'application/json', isSigned: true });
      read.push(post.body);
    }
    expect(read.map((body) => Buffer.from(body).equals(bodies[read.indexOf(body)]!))).toEqual([true, true, true]);
  }
});

test('a range of a segment means the same posts while it grows', async () => {
  const writer = await openWriter();
  await writer.append('shop', 'events', postOf('a'));
  const [first] = await openInbox(project, 'shop').segments('events');
  await writer.append('shop', 'events', postOf('b', false));
  const [second] = await openInbox(project, 'shop').segments('events');
  expect(second?.name).toBe(first?.name);
  expect(await textsOf(first!)).toEqual(['a']);
  expect(await textsOf(second!, first!.bytes, second!.bytes)).toEqual(['b']);
});

test('a cut at any byte leaves the whole posts before it, and a restart cuts the rest off', async () => {
  const writer = await openWriter();
  const texts = ['one', 'two', 'three'];
  for (const text of texts) await writer.append('shop', 'events', postOf(text));
  const [segment] = await openInbox(project, 'shop').segments('events');
  await writer.close();
  const [file] = await listSegments(folder());
  const bytes = await readFile(file!.path);
  const open = join(folder(), `${segment!.name}.open`);
  const ends = [0];
  for await (const post of openInbox(project, 'shop').posts(
    'events',
    segment!.name,
    0,
    bytes.length,
    AbortSignal.timeout(9_000),
  )) {
    ends.push(Number(post.position.split('@')[1]));
  }
  ends.push(bytes.length);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    await rm(file!.path, { force: true });
    await writeFile(open, bytes.subarray(0, cut));
    const whole = texts.filter((_, index) => ends[index + 2]! <= cut);
    expect(await allTexts(), `open, cut at ${cut}`).toEqual(whole);
    const restarted = await openInboxWriter(project, clock);
    expect(await allTexts(), `closed, cut at ${cut}`).toEqual(whole);
    await restarted.close();
  }
});

test('one byte changed anywhere before an acknowledged post is reported with its place, never skipped', async () => {
  const writer = await openWriter();
  for (const text of ['one', 'two', 'three']) await writer.append('shop', 'events', postOf(text));
  await writer.close();
  const [file] = await listSegments(folder());
  const [segment] = await openInbox(project, 'shop').segments('events');
  const bytes = await readFile(file!.path);
  await assert(
    asyncProperty(nat(bytes.length - 1), integer({ min: 1, max: 255 }), async (at, change) => {
      const changed = Buffer.from(bytes);
      changed[at]! ^= change;
      await writeFile(file!.path, changed);
      await expect(textsOf(segment!)).rejects.toThrow(/is damaged: the checksum of the post at byte \d+ does not hold/);
    }),
    { numRuns: 200 },
  );
});

test('damage before an acknowledged post survives a restart and is not taken for a torn end', async () => {
  const writer = await openWriter();
  for (const text of ['one', 'two']) await writer.append('shop', 'events', postOf(text));
  const [open] = await listSegments(folder());
  const bytes = await readFile(open!.path);
  await writer.close();
  bytes[30]! ^= 1;
  await rm(open!.path.replace('.open', '.closed'));
  await writeFile(open!.path, bytes);
  await expect(allTexts()).rejects.toThrow(/byte 0/);
  const restarted = await openWriter();
  expect(restarted.recovered).toMatchObject([{ isDamaged: true, cutBytes: 0 }]);
  await expect(allTexts()).rejects.toThrow(/byte 0/);
});

test('a body that looks like frames is not taken for them: neither a copy of the segment nor a frame made for its place', async () => {
  const writer = await openWriter();
  await writer.append('shop', 'events', postOf('x'));
  const [open] = await listSegments(folder());
  const inner = await readFile(open!.path);
  // All that a sender cannot know is the segment's name.
  const head = Buffer.concat(encodeFrame(open!.name, 0, { ...postOf(''), body: Buffer.alloc(0) })).length;
  const made = Buffer.concat(encodeFrame('guess', inner.length + head, postOf('forged')));
  for (const frames of [inner, made]) {
    const body = Buffer.concat([frames, Buffer.from('and more')]);
    const torn = Buffer.concat([inner, ...encodeFrame(open!.name, inner.length, { ...postOf(''), body })]).subarray(
      0,
      -1,
    );
    expect(torn.subarray(inner.length + head).subarray(0, 9)).toEqual(frames.subarray(0, 9));
    await writeFile(open!.path, torn);
    expect(await allTexts()).toEqual(['x']);
  }
});

test('accounts and hooks with any names are kept apart', async () => {
  const writer = await openWriter();
  const names = ['shop', 'Shop', '../shop', 'shop/events', 'shop~2f', ''];
  for (const account of names)
    for (const hook of names) await writer.append(account, hook, postOf(`${account}|${hook}`));
  for (const account of names) {
    for (const hook of names) {
      const inbox = openInbox(project, account);
      const segments = await inbox.segments(hook);
      expect(segments).toHaveLength(1);
      for await (const post of inbox.posts(
        hook,
        segments[0]!.name,
        0,
        segments[0]!.bytes,
        AbortSignal.timeout(9_000),
      )) {
        expect(Buffer.from(post.body).toString()).toBe(`${account}|${hook}`);
      }
    }
  }
});

test('segments are closed by size and by age, and sort in the order in which they were begun', async () => {
  const writer = await openWriter({ segmentBytes: 300, segmentAgeMs: 50 });
  for (let number = 0; number < 7; number += 1)
    await writer.append('shop', 'events', postOf(String(number).repeat(100)));
  await expect.poll(async () => (await listSegments(folder())).every(({ isClosed }) => isClosed)).toBe(true);
  const segments = await openInbox(project, 'shop').segments('events');
  expect(segments.length).toBeGreaterThan(2);
  expect((await allTexts()).map((text) => text[0])).toEqual(['0', '1', '2', '3', '4', '5', '6']);
});

test('only one process writes; the lock of one that is gone is taken over', async () => {
  await openWriter();
  await expect(openInboxWriter(project, clock)).rejects.toThrow(InboxTaken);
  await writers.pop()!.close();
  const lock = lockPath(project);
  const first = await openWriter();
  const own = JSON.parse(await readFile(lock, 'utf8')) as Record<string, unknown>;
  await first.close();
  // A process that is gone; then one of another machine, which is believed for half a minute after its last sign.
  await writeFile(lock, JSON.stringify({ ...own, startedAt: '1' }));
  await (await openWriter()).close();
  await writeFile(lock, JSON.stringify({ ...own, startedAt: '1', host: 'elsewhere' }));
  await expect(openInboxWriter(project, clock)).rejects.toThrow(/on elsewhere/);
  const before = new Date(Date.now() - 31_000);
  await utimes(lock, before, before);
  const writer = await openWriter();
  await writer.append('shop', 'events', postOf('a'));
  expect(await allTexts()).toEqual(['a']);
});

test('who lost its lock takes nothing any more, and leaves the lock to who has it', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  try {
    const writer = await openWriter();
    await writer.append('shop', 'events', postOf('a'));
    const lock = lockPath(project);
    const other = { ...(JSON.parse(await readFile(lock, 'utf8')) as object), token: 'another' };
    await writeFile(lock, JSON.stringify(other));
    vi.advanceTimersByTime(5_000);
    await expect.poll(() => writer.refusal(0)?.reason).toBe('closing');
    await expect(writer.append('shop', 'events', postOf('b'))).rejects.toThrow(InboxRefusal);
    await writer.close();
    expect(JSON.parse(await readFile(lock, 'utf8'))).toEqual(other);
    expect(await allTexts()).toEqual(['a']);
  } finally {
    vi.useRealTimers();
    await rm(lockPath(project), { force: true });
  }
});

test('what an earlier receiver stored counts for how big the inbox may be', async () => {
  const first = await openWriter();
  await first.append('shop', 'events', postOf('x'.repeat(2_000)));
  await first.close();
  const second = await openWriter({ diskBytes: 3_000 });
  expect(second.refusal(2_000)?.reason).toBe('full');
  await expect(second.append('shop', 'events', postOf('y'.repeat(2_000)))).rejects.toThrow(InboxRefusal);
  await second.append('shop', 'events', postOf('z'));
});

test('what is closed, loaded to its end and old enough is removed, and nothing else', async () => {
  const writer = await openWriter({ segmentBytes: 1 });
  for (const text of ['a', 'b', 'c']) await writer.append('shop', 'events', postOf(text));
  await writer.close();
  const second = await openWriter();
  await second.append('shop', 'events', postOf('open'));
  const segments = await openInbox(project, 'shop').segments('events');
  const loaded = new Map(segments.map(({ name, bytes }, index) => [name, index === 1 ? bytes - 1 : bytes]));
  loaded.delete(segments[2]!.name);
  const remove = (now: string) =>
    removeLoaded(project, 'shop', 'events', { loadedTo: (name) => loaded.get(name), keepMs: 60_000, now });
  expect(await remove('2026-06-30T12:00:59.000Z')).toEqual({ segments: 0, bytes: 0 });
  expect(await remove('2026-06-30T12:01:01.000Z')).toEqual({ segments: 1, bytes: segments[0]!.bytes });
  expect(await allTexts()).toEqual(['b', 'c', 'open']);
});
