import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { createRandom, type Random } from '../../src/demo/random.ts';
import type { SgEvent } from '../../src/demo/sendgrid-types.ts';
import type { Seconds, World } from '../../src/demo/types.ts';
import { hookEvent } from './simulator-events.ts';
import { createView } from './simulator-view.ts';

export type HookKeys = {
  readonly privateKey: KeyObject;
  /** Base64 of the SPKI DER, without PEM lines, as SendGrid shows it. */
  readonly publicKey: string;
};

/** A key pair; of a seed always the same one, so that a receiver's config outlives the simulator's process. */
export function createHookKeys(seed?: string): HookKeys {
  const privateKey =
    seed === undefined ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : derivedKey(seed);
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64');
  return { privateKey, publicKey };
}

function derivedKey(seed: string): KeyObject {
  const secret = createHash('sha256').update(`sendgrid hook key/${seed}`).digest();
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(secret);
  // Uncompressed point: 0x04, x, y.
  const point = pair.getPublicKey();
  const x = point.subarray(1, 33).toString('base64url');
  const y = point.subarray(33).toString('base64url');
  return createPrivateKey({ key: { kty: 'EC', crv: 'P-256', d: secret.toString('base64url'), x, y }, format: 'jwk' });
}

/** One request that SendGrid makes: the bytes of a JSON array, and the events in it. */
export type HookPost = {
  readonly body: Buffer;
  readonly eventIds: readonly string[];
  /** When it is posted, on the world's clock. */
  readonly at: Seconds;
};

export type PostsOptions = {
  /** Events of a post at most; default 1000. */
  readonly maxEvents?: number;
  /** Plain order, nothing twice: for tests that count. Default false. */
  readonly isTidy?: boolean;
};

/**
 * The posts for what became known after `from` and until `to`, never for what was known before the webhook was on. Batches of
 * one to many events, some events in two of them, some batches twice, the order in and of them mixed up. The same arguments
 * give the same bytes.
 */
export function postsOf(world: World, from: Seconds, to: Seconds, options: PostsOptions = {}): HookPost[] {
  const view = createView(world, to);
  const random = createRandom(world.seed, 'sendgrid hook', from, to);
  const events = view.half.events
    .filter((event) => event.knownAt > from && event.knownAt <= to && event.knownAt >= view.half.hookOnAt)
    .sort((left, right) => left.knownAt - right.knownAt);
  const batches = batchesOf(events, random, options.maxEvents ?? 1000);
  const sent = options.isTidy === true ? batches : mix(batches, random);
  return sent.map((batch) => ({
    body: Buffer.from(JSON.stringify(batch.map((event) => hookEvent(view, event))), 'utf8'),
    eventIds: batch.map((event) => event.id),
    at: Math.max(...batch.map((event) => event.knownAt)),
  }));
}

/** Single events mostly, and bursts while a single send goes out. */
function batchesOf(events: readonly SgEvent[], random: Random, maxEvents: number): SgEvent[][] {
  const batches: SgEvent[][] = [];
  for (let start = 0; start < events.length;) {
    const chance = random.next();
    const size = chance < 0.4 ? 1 : chance < 0.8 ? random.int(2, 20) : random.int(21, 1000);
    const batch = events.slice(start, start + Math.min(size, maxEvents));
    batches.push(batch);
    start += batch.length;
  }
  return batches;
}

function mix(batches: readonly SgEvent[][], random: Random): SgEvent[][] {
  const sent: SgEvent[][] = [];
  for (const [index, batch] of batches.entries()) {
    const turned = batch.length > 1 && random.chance(0.5) ? [...batch].reverse() : batch;
    // An event that a former post held comes again among new ones.
    const earlier = batches[index - 1]?.[0];
    sent.push(earlier !== undefined && random.chance(0.2) ? [...turned, earlier] : turned);
    if (random.chance(0.15)) sent.push(turned);
  }
  for (let place = 1; place < sent.length; place += 1) {
    const [before, after] = [sent[place - 1], sent[place]];
    if (before === undefined || after === undefined || !random.chance(0.3)) continue;
    sent[place - 1] = after;
    sent[place] = before;
  }
  return sent;
}

/** Signed headers of a post: ECDSA P-256 with SHA-256 over the time stamp's text and the raw bytes. */
export function hookHeaders(body: Buffer, privateKey: KeyObject, timestamp: string): Record<string, string> {
  const signature = sign('sha256', Buffer.concat([Buffer.from(timestamp, 'utf8'), body]), {
    key: privateKey,
    dsaEncoding: 'der',
  });
  return {
    'content-type': 'application/json;charset=utf-8',
    'user-agent': 'SendGrid Event API',
    'x-twilio-email-event-webhook-signature': signature.toString('base64'),
    'x-twilio-email-event-webhook-timestamp': timestamp,
  };
}

export type PostEvents = PostsOptions & {
  readonly url: string;
  /** Undefined: nothing is signed. */
  readonly privateKey?: KeyObject;
  readonly world: World;
  readonly from: Seconds;
  readonly to: Seconds;
  /** Posts under way at once; default 4. */
  readonly concurrency?: number;
  /** Waits in ms before each further try; after the last the post is given up. Default 100 ms doubling, 8 tries. */
  readonly waits?: readonly number[];
  readonly signal?: AbortSignal;
};

export type Posted = {
  readonly posts: number;
  /** Requests made, tries that failed among them. */
  readonly requests: number;
  /** Ids of events in posts that were answered with 2xx, each once. */
  readonly acknowledged: readonly string[];
  /** Ids of events in no such post. */
  readonly givenUp: readonly string[];
  /** Answers by status; 0: no answer. */
  readonly statuses: Readonly<Record<string, number>>;
};

const patience: readonly number[] = Array.from({ length: 7 }, (_, index) => 100 * 2 ** index);

/** Posts them as SendGrid does: what is not answered with 2xx comes again, after growing waits, signed anew. */
export async function postEvents(options: PostEvents): Promise<Posted> {
  const posts = postsOf(options.world, options.from, options.to, options);
  const queue = posts.values();
  const acknowledged = new Set<string>();
  const statuses: Record<string, number> = {};
  let requests = 0;
  const deliver = async (post: HookPost): Promise<void> => {
    for (const wait of [0, ...(options.waits ?? patience)]) {
      if (wait > 0) await sleep(wait, undefined, { signal: options.signal });
      const status = await postOnce(options, post);
      requests += 1;
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status < 200 || status >= 300) continue;
      for (const id of post.eventIds) acknowledged.add(id);
      return;
    }
  };
  const work = async (): Promise<void> => {
    for (const post of queue) await deliver(post);
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 4 }, work));
  const all = new Set(posts.flatMap((post) => post.eventIds));
  return {
    posts: posts.length,
    requests,
    acknowledged: [...acknowledged],
    givenUp: [...all].filter((id) => !acknowledged.has(id)),
    statuses,
  };
}

/** The status of the answer, 0 without one. */
async function postOnce({ url, privateKey, signal }: PostEvents, post: HookPost): Promise<number> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const headers =
    privateKey === undefined
      ? { 'content-type': 'application/json;charset=utf-8', 'user-agent': 'SendGrid Event API' }
      : hookHeaders(post.body, privateKey, timestamp);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: new Uint8Array(post.body),
      redirect: 'manual',
      ...(signal === undefined ? {} : { signal }),
    });
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return 0;
  }
}
