import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Inbox, Segment } from '../../connectors/_kit/hook.ts';
import { hookFolder, inboxFolder, listSegments } from './place.ts';
import { openInbox } from './reader.ts';
import { defaultLimits, openInboxWriter, type InboxWriter } from './writer.ts';

const now = '2026-06-30T12:00:00.000Z';
let project: string;
let writer: InboxWriter;
let inbox: Inbox;
let segment: Segment;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'mailmart-borders-'));
  writer = await openInboxWriter(project, { now: () => now }, defaultLimits);
  for (let index = 0; index < 40; index += 1)
    await writer.append('shop', 'events', {
      receivedAt: now,
      contentType: '',
      isSigned: index % 2 === 0,
      body: Buffer.alloc(index * 50, String(index)),
    });
  inbox = openInbox(project, 'shop');
  segment = (await inbox.segments('events'))[0]!;
});
afterEach(async () => {
  await writer.close();
  await rm(project, { recursive: true, force: true });
});

async function lengths(from: number, to: number): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const { body } of inbox.posts('events', segment.name, from, to, AbortSignal.timeout(9_000)))
    found.push(body.length);
  return found;
}

test.each([1, 500, 4_000, 10_000_000])('ranges of %i bytes and more hold every post once, in order', async (step) => {
  const borders = await inbox.borders('events', segment.name, 0, segment.bytes, step);
  expect(borders.at(-1)).toBe(segment.bytes);
  let from = 0;
  const all: number[] = [];
  for (const to of borders) {
    if (to !== segment.bytes) expect(to - from).toBeGreaterThanOrEqual(step);
    // No longer than it must be: the last post alone goes beyond.
    expect(to - from).toBeLessThan(step + 2_200 + (to === segment.bytes ? step : 0));
    all.push(...(await lengths(from, to)));
    from = to;
  }
  expect(all).toEqual(Array.from({ length: 40 }, (_, index) => index * 50));
});

test('a range may begin anywhere a post does', async () => {
  const [first] = await inbox.borders('events', segment.name, 0, segment.bytes, 3_000);
  const borders = await inbox.borders('events', segment.name, first!, segment.bytes, 3_000);
  expect((await lengths(first!, borders[0]!)).length).toBeGreaterThan(0);
});

test('of a segment that is gone or cut off nobody is told before it is read', async () => {
  await writer.close();
  const [file] = await listSegments(hookFolder(inboxFolder(project), 'shop', 'events'));
  await truncate(file!.path, 5_000);
  const borders = await inbox.borders('events', segment.name, 0, segment.bytes, 1_000);
  expect(borders.at(-1)).toBe(segment.bytes);
  await expect(lengths(borders.at(-2)!, segment.bytes)).rejects.toThrow(/ends at byte 5000/);
  await rm(file!.path);
  expect(await inbox.borders('events', segment.name, 0, 77, 1)).toEqual([77]);
});
