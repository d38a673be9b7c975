import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { PartFile } from '../contracts/sync.ts';
import { landingFailure } from './durable-file.ts';

/** A stream costs several times the reading of a small file. */
const smallFile = 1_048_576;

/** SHA-256 of a file of about so many bytes, hexadecimal. */
export async function hashOfFile(path: string, bytes: number): Promise<string> {
  if (bytes <= smallFile) return hash('sha256', await readFile(path), 'hex');
  const stream = createHash('sha256');
  await pipeline(createReadStream(path), stream);
  return stream.digest('hex');
}

/** Whether a part is there, whole and unaltered. */
export async function isIntact(path: string, part: Pick<PartFile, 'bytes' | 'sha256'>): Promise<boolean> {
  try {
    return (await stat(path)).size === part.bytes && (await hashOfFile(path, part.bytes)) === part.sha256;
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
