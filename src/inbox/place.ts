import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../landing/durable-read.ts';
import { encodeName } from '../landing/names.ts';
import type { Instant } from '../contracts/json.ts';

/** A segment that is written now, or whose writer was killed. */
export const openExtension = '.open';
/** A segment that no one writes to any more; it ends with its last whole post. */
export const closedExtension = '.closed';

/** Where a project keeps what was posted to it: `<account>/<hook>/<segment>`. */
export function inboxFolder(projectDir: string): string {
  return join(projectDir, '.mailmart', 'inbox');
}

/** Held by the one process that writes. */
export function lockPath(projectDir: string): string {
  return join(inboxFolder(projectDir), 'lock');
}

/** Folder of one hook of one account. */
export function hookFolder(inbox: string, accountId: string, hook: string): string {
  return join(inbox, encodeName(accountId), encodeName(hook));
}

/** A segment as the folder shows it. */
export type SegmentFile = { readonly name: string; readonly isClosed: boolean; readonly path: string };

/** Segments of a hook, oldest first; none when the folder is absent. */
export async function listSegments(folder: string): Promise<readonly SegmentFile[]> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  const found = new Map<string, SegmentFile>();
  for (const file of names) {
    const isClosed = file.endsWith(closedExtension);
    if (!isClosed && !file.endsWith(openExtension)) continue;
    const name = file.slice(0, -(isClosed ? closedExtension : openExtension).length);
    // Closed while the folder was read: listed twice.
    if (found.get(name)?.isClosed !== true) found.set(name, { name, isClosed, path: join(folder, file) });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * A name that sorts behind every other of its folder, whatever the clock does, and that never comes twice: what was read of a
 * segment is remembered by its name, long after the file is gone.
 */
export function nextSegmentName(now: Instant, last: string | undefined): string {
  const lastMs = last === undefined ? 0 : segmentBegin(last);
  const ms = Math.max(Date.parse(now), lastMs + 1);
  return `${String(ms).padStart(15, '0')}-${randomBytes(6).toString('hex')}`;
}

/** When a segment was begun by the receiver's clock, ms since 1970. */
export function segmentBegin(name: string): number {
  return Number(name.slice(0, name.indexOf('-')));
}
