import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { warehouseFailure } from './errors.ts';

/**
 * Has a new readers' copy written beside the published file and swaps it in, durably; returns its path. A reader that has the
 * older file open keeps it, and a crash leaves it.
 */
export async function replacePublished(
  publishedPath: string,
  write: (temporary: string) => Promise<void>,
): Promise<string> {
  const target = resolve(publishedPath);
  const folder = dirname(target);
  const mark = `${basename(target)}.tmp-`;
  const temporary = join(folder, `${mark}${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) if (name.startsWith(mark)) await rm(join(folder, name), { force: true });
    await write(temporary);
    await syncPath(temporary, 'r+');
    // What a tool wrote into the former copy and left beside it (a view, a deletion) would be done to this one, too.
    await rm(`${target}.wal`, { force: true });
    await rename(temporary, target);
    await syncPath(folder, 'r');
    return target;
  } catch (error) {
    for (const leftover of [temporary, `${temporary}.wal`]) await rm(leftover, { force: true }).catch(() => undefined);
    throw warehouseFailure(error, `Could not publish to ${target}`);
  }
}

async function syncPath(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
