import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LandingError } from './port.ts';

/** Marks files that never count: a crash leaves them behind, the next attempt removes them. */
export const temporaryMark = '.tmp-';

/** A name beside `path` that no other attempt uses. */
export function temporaryName(path: string): string {
  return `${path}${temporaryMark}${randomBytes(6).toString('hex')}`;
}

/** Makes a folder's entries (renames, removals) durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Creates a folder and makes each newly created level durable in its parent. Private: landed rows are personal data. */
export async function ensureFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const top = dirname(first);
  for (let level = dirname(folder); ; level = dirname(level)) {
    await syncFolder(level);
    if (level === top || level === dirname(level)) return;
  }
}

/** Writes a small file so that it is either absent or whole: temp, fdatasync, rename, fsync of the folder. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text, 'utf8');
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw landingFailure(error, `Could not write ${path}`);
  }
  await syncFolder(dirname(path));
}

/** Names what to do about a file system failure; anything but a full or read-only disk is tried again too. */
export function landingFailure(error: unknown, attempted: string): LandingError {
  if (error instanceof LandingError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const fix =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'Free disk space (or raise the quota): the run goes on by itself.'
      : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'Make the landing folder writable for the user that runs mailmart.'
        : 'Check the disk that holds the landing folder; the run tries again.';
  return new LandingError(`${attempted}: ${code}.`, { kind: 'transient', fix }, { cause: error });
}
