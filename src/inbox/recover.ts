import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../landing/durable-read.ts';
import { syncFolder } from '../landing/durable-file.ts';
import { scanSegment } from './frame-reader.ts';
import { closedExtension, listSegments, openExtension, type SegmentFile } from './place.ts';

/** A segment that a killed writer left open, and what became of it. */
export type Recovered = {
  readonly path: string;
  readonly posts: number;
  /** Bytes behind the last whole post: never acknowledged, cut off. */
  readonly cutBytes: number;
  /** A post before an acknowledged one is broken: the file is left as it is, and reading it fails there. */
  readonly isDamaged: boolean;
};

/** Folders of all hooks. */
export async function hookFolders(inbox: string): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const account of await subfolders(inbox)) folders.push(...(await subfolders(account)));
  return folders;
}

/** Closes what a killed writer left open. Only for who holds the inbox's lock. */
export async function recoverInbox(inbox: string): Promise<readonly Recovered[]> {
  const recovered: Recovered[] = [];
  for (const folder of await hookFolders(inbox)) {
    const files = (await listSegments(folder)).filter(({ isClosed }) => !isClosed);
    for (const file of files) recovered.push(await closeLeftover(file));
    if (files.length > 0) await syncFolder(folder);
  }
  return recovered;
}

async function closeLeftover({ name, path }: SegmentFile): Promise<Recovered> {
  const handle = await open(path, 'r+');
  try {
    const { size } = await handle.stat();
    const { bytes, posts, rest } = await scanSegment(handle, name);
    const isDamaged = rest === 'damaged';
    if (rest === 'torn') await handle.truncate(bytes);
    await handle.sync();
    const closed = `${path.slice(0, -openExtension.length)}${closedExtension}`;
    if (posts === 0 && !isDamaged) await rm(path);
    else await rename(path, closed);
    return { path: closed, posts, cutBytes: isDamaged ? 0 : size - bytes, isDamaged };
  } finally {
    await handle.close();
  }
}

async function subfolders(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
