import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { PartFile } from '../contracts/sync.ts';
import { landingFailure } from './durable-file.ts';

/** Whether a part is there, whole and unaltered. */
export async function isIntact(path: string, part: Pick<PartFile, 'bytes' | 'sha256'>): Promise<boolean> {
  try {
    if ((await stat(path)).size !== part.bytes) return false;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex') === part.sha256;
  } catch (error) {
    if (isMissing(error)) return false;
    throw landingFailure(error, `Could not read ${path}`);
  }
}

/** A missing or half-written document counts as absent: its writer starts again. */
export async function readJson<T>(path: string): Promise<T | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw landingFailure(error, `Could not read ${path}`);
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
