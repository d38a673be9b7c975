import { once } from 'node:events';
import { createGunzip } from 'node:zlib';
import type { Failer } from './answer.ts';

export type UnpackLimits = {
  /** Of one file, unpacked. */
  readonly maxBytes: number;
  /** Bytes that a packed one may become. JSON of people becomes 5 to 30 times as long; a bomb a thousand times. */
  readonly maxRatio: number;
};

/** Below this the ratio says nothing. */
const SMALLEST_FOR_RATIO = 1_048_576;

type Headers = Readonly<Record<string, string>>;

/**
 * The content of a file as it comes, unpacked if it is gzip, which its first bytes tell. Fails when it is cut, damaged, too
 * large, packed more than once, or not what its headers call it.
 */
export async function* unpacked(
  received: AsyncIterable<Uint8Array>,
  headers: Headers,
  limits: UnpackLimits,
  fail: Failer,
): AsyncGenerator<Uint8Array> {
  const chunks = received[Symbol.asyncIterator]();
  try {
    const { head, isOver } = await firstBytes(chunks);
    const isGzip = looksPacked(head);
    const called = labelOf(headers);
    if (called === 'unknown') throw fail('transient', 'came in an unknown encoding');
    if (called === 'gzip' && !isGzip) throw fail('transient', 'is called gzip and is not');
    const all = (async function* (): AsyncGenerator<Uint8Array> {
      if (head.length > 0) yield head;
      if (!isOver) yield* rest(chunks);
    })();
    yield* isGzip ? gunzipped(all, limits, fail) : limited(all, limits, fail);
  } finally {
    await chunks.return?.();
  }
}

const looksPacked = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

function labelOf(headers: Headers): 'gzip' | 'plain' | 'unknown' {
  const coding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (coding !== '' && coding !== 'identity' && coding !== 'gzip' && coding !== 'x-gzip') return 'unknown';
  return coding.endsWith('gzip') || /\bgzip\b/i.test(headers['content-type'] ?? '') ? 'gzip' : 'plain';
}

/** Enough to tell gzip; a server may send byte by byte. */
async function firstBytes(
  chunks: AsyncIterator<Uint8Array>,
): Promise<{ readonly head: Uint8Array; readonly isOver: boolean }> {
  let head: Uint8Array = new Uint8Array();
  while (head.length < 2) {
    const next = await chunks.next();
    if (next.done === true) return { head, isOver: true };
    head = Buffer.concat([head, next.value]);
  }
  return { head, isOver: false };
}

async function* rest(chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}

async function* limited(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes }: UnpackLimits,
  fail: Failer,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooMuch(maxBytes, fail);
    yield chunk;
  }
}

async function* gunzipped(
  packed: AsyncIterable<Uint8Array>,
  { maxBytes, maxRatio }: UnpackLimits,
  fail: Failer,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  let taken = 0;
  let failure: unknown;
  const feed = (async (): Promise<void> => {
    for await (const chunk of packed) {
      taken += chunk.length;
      if (gunzip.destroyed) return;
      if (!gunzip.write(chunk)) await Promise.race([once(gunzip, 'drain'), once(gunzip, 'close')]);
    }
    gunzip.end();
  })().catch((error: unknown) => {
    failure = error;
    gunzip.destroy();
  });
  let bytes = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      if (bytes === 0 && looksPacked(chunk)) throw fail('contract', 'is packed more than once');
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooMuch(maxBytes, fail);
      if (bytes > SMALLEST_FOR_RATIO && bytes > taken * maxRatio)
        throw fail('contract', `becomes more than ${maxRatio} times as long when it is unpacked`);
      yield chunk;
    }
  } catch (error) {
    if (failure !== undefined) throw failure;
    // Of zlib: what it says of the data is no more than this.
    if (typeof (error as NodeJS.ErrnoException).errno === 'number' || isZlib(error))
      throw fail('transient', 'is compressed, and cut or damaged');
    throw error;
  } finally {
    gunzip.destroy();
  }
  await feed;
  if (failure !== undefined) throw failure;
  // Node stops at bytes behind the last member that are none, without a word.
  if (gunzip.bytesWritten !== taken) throw fail('transient', 'has something behind its compressed content');
}

const isZlib = (error: unknown): boolean => ((error as NodeJS.ErrnoException).code ?? '').startsWith('Z_');

function tooMuch(maxBytes: number, fail: Failer): Error {
  return fail('contract', `is larger than ${Math.round(maxBytes / 1_048_576)} MiB`, {
    fix: 'Have the source split the file, and report it.',
  });
}
