import type { FileHandle } from 'node:fs/promises';
import { frameEnds } from './frame-reader.ts';

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
  let last = from;
  for await (const at of frameEnds(handle, from, to)) {
    if (at - last < step || at >= to) continue;
    borders.push(at);
    last = at;
  }
  return [...borders, to];
}
