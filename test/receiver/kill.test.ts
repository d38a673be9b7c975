import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openInbox } from '../../src/inbox/reader.ts';
import { ecdsaHeaders, nowSeconds } from '../../src/receiver/receiver.fixture.ts';
import { Poster, requestBytes } from '../../src/receiver/sender.fixture.ts';
import { ReceiverProcess } from './receiver-process.ts';

const kills = 20;
const connections = 8;
let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'mailmart-kill-'));
});

afterEach(() => rm(project, { recursive: true, force: true }));

/** Ids of the posts of one range; each post is the text of its id and of what fills it up. */
async function idsOf(segment: string, from: number, to: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { body } of openInbox(project, 'shop').posts(
    'events',
    segment,
    from,
    to,
    AbortSignal.timeout(60_000),
  )) {
    ids.push(Buffer.from(body).toString().split(' ', 1)[0]!);
  }
  return ids;
}

test('B59 twenty kill -9 under load: no acknowledged event is lost, none is stored that nobody sent', async () => {
  let address = '';
  const over = new AbortController();
  const attempts = new Map<string, number>();
  const acknowledged = new Set<string>();
  /** Posts as a service does: again until it is acknowledged. */
  const post = async (sender: number): Promise<void> => {
    for (let number = 0; !over.signal.aborted; number += 1) {
      const id = `${sender}-${number}`;
      // Of all sizes up to 40 kB.
      const body = `${id} ${'x'.repeat((number * 7919) % 40_000)}`;
      const request = requestBytes('/hooks/shop/events', ecdsaHeaders(body, nowSeconds), body);
      while (!acknowledged.has(id)) {
        attempts.set(id, (attempts.get(id) ?? 0) + 1);
        const poster = new Poster(address);
        const status = await poster.send(request);
        poster.close();
        if (status === 200) acknowledged.add(id);
        else await delay(20);
      }
    }
  };
  /** What a sync saw of segments while they were written and their writer killed. */
  const seen: { readonly segment: string; readonly to: number; readonly ids: readonly string[] }[] = [];
  const look = async (): Promise<void> => {
    for (const { name, bytes } of (await openInbox(project, 'shop').segments('events')).slice(-2)) {
      seen.push({ segment: name, to: bytes, ids: await idsOf(name, 0, bytes) });
    }
  };

  let receiver = await ReceiverProcess.start(project, 400_000);
  ({ address } = receiver);
  const senders = Array.from({ length: connections }, (_, sender) => post(sender));
  for (let kill = 0; kill < kills; kill += 1) {
    const before = acknowledged.size;
    // At another point of the work each time: under way are appends, fdatasyncs, answers and changes of segment.
    while (acknowledged.size < before + 5) await delay(5);
    await Promise.all([look(), delay((kill * 37) % 150)]);
    await receiver.kill();
    receiver = await ReceiverProcess.start(project, 400_000);
    ({ address } = receiver);
  }
  over.abort();
  await Promise.all(senders);
  await receiver.stop();

  const segments = await openInbox(project, 'shop').segments('events');
  expect(segments.every(({ isClosed }) => isClosed)).toBe(true);
  expect(segments.length).toBeGreaterThan(kills);
  const stored = new Map<string, number>();
  for (const { name, bytes } of segments) {
    for (const id of await idsOf(name, 0, bytes)) stored.set(id, (stored.get(id) ?? 0) + 1);
  }
  // Every sender went on until its last post was acknowledged, so both sides are the same set: loaded by id, none is missing or doubled.
  expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
  expect([...stored.keys()].filter((id) => !acknowledged.has(id))).toEqual([]);
  expect([...stored].filter(([id, times]) => times > attempts.get(id)!)).toEqual([]);
  // A range means the same posts for ever, whatever happened to their writer.
  for (const { segment, to, ids } of seen) expect(await idsOf(segment, 0, to)).toEqual(ids);
});
