import type { FileHandle } from 'node:fs/promises';
import { preludeBytes, readPrelude } from './frame.ts';

/**
 * Where a range of a segment may be cut: the first border of posts behind every `step` bytes, and at last `to`. Reads how long the posts
 * are and nothing of them: what is broken, whoever reads them meets.
 */
export async function bordersOf(
  handle: FileHandle,
  from: number,
  to: number,
  step: number,
): Promise<readonly number[]> {
  const borders: number[] = [];
  const prelude = Buffer.alloc(preludeBytes);
  let last = from;
  for (let at = from; at < to;) {
    const { bytesRead } = await handle.read(prelude, 0, preludeBytes, at);
    const bytes = bytesRead === preludeBytes ? readPrelude(prelude)?.bytes : undefined;
    if (bytes === undefined) break;
    at += bytes;
    if (at - last < step || at >= to) continue;
    borders.push(at);
    last = at;
  }
  return [...borders, to];
}
