import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inbox, Post, Segment } from '../../connectors/_kit/hook.ts';
import { isMissing } from '../landing/durable-read.ts';
import { landingFailure } from '../landing/durable-file.ts';
import { LandingError } from '../landing/port.ts';
import { bordersOf } from './borders.ts';
import { countFrames, FrameReader, scanSegment } from './frame-reader.ts';
import { closedExtension, hookFolder, inboxFolder, listSegments, openExtension, type SegmentFile } from './place.ts';

/** What `mailmart receive` has stored for one account. Works while it stores more. */
export function openInbox(projectDir: string, accountId: string): Inbox {
  const folderOf = (hook: string): string => hookFolder(inboxFolder(projectDir), accountId, hook);
  return {
    segments: async (hook) => {
      const segments: Segment[] = [];
      try {
        for (const file of await listSegments(folderOf(hook))) {
          const segment = await measure(folderOf(hook), file);
          if (segment !== undefined) segments.push(segment);
        }
      } catch (error) {
        throw landingFailure(error, `Could not look into the inbox ${folderOf(hook)}`);
      }
      return segments;
    },
    posts: (hook, segment, from, to, signal) => readPosts(folderOf(hook), segment, from, to, signal),
    borders: (hook, segment, from, to, step) => cut(folderOf(hook), segment, { from, to, step }),
  };
}

/** Undefined when the segment was removed meanwhile. */
async function measure(folder: string, file: SegmentFile): Promise<Segment | undefined> {
  const opened = await openSegment(folder, file.name);
  if (opened === undefined) return undefined;
  const { handle, isClosed } = opened;
  try {
    const { size } = await handle.stat();
    if (isClosed) return { name: file.name, bytes: size, isClosed };
    const { bytes, rest } = await scanSegment(handle, file.name);
    // Whoever reads on meets the damage and says so; a length that ends before it would hide it.
    return { name: file.name, bytes: rest === 'damaged' ? size : bytes, isClosed };
  } finally {
    await handle.close();
  }
}

async function cut(
  folder: string,
  segment: string,
  { from, to, step }: { readonly from: number; readonly to: number; readonly step: number },
): Promise<readonly number[]> {
  try {
    const opened = await openSegment(folder, segment);
    // Removed meanwhile: whoever reads it says so.
    if (opened === undefined) return [to];
    try {
      return await bordersOf(opened.handle, from, to, step);
    } finally {
      await opened.handle.close();
    }
  } catch (error) {
    throw landingFailure(error, `Could not read ${join(folder, segment)}`);
  }
}

/** How many posts stand between two offsets of a segment. */
export async function countPosts(folder: string, segment: string, from: number, to: number): Promise<number> {
  const opened = await openSegment(folder, segment);
  if (opened === undefined) return 0;
  try {
    return await countFrames(opened.handle, from, to);
  } finally {
    await opened.handle.close();
  }
}

async function* readPosts(
  folder: string,
  segment: string,
  from: number,
  to: number,
  signal: AbortSignal,
): AsyncGenerator<Post> {
  const path = join(folder, segment);
  let opened: Opened | undefined;
  try {
    opened = await openSegment(folder, segment);
  } catch (error) {
    throw landingFailure(error, `Could not read ${path}`);
  }
  if (opened === undefined) {
    throw new LandingError(`The inbox has no segment ${path} any more.`, {
      kind: 'transient',
      fix: 'If it was moved away, move it back; the next run plans anew with the segments that are there.',
    });
  }
  const { handle } = opened;
  try {
    const reader = new FrameReader(handle, segment, from, to);
    while (reader.at < to) {
      signal.throwIfAborted();
      const frame = await reader.next();
      if (frame === undefined) throw await broken(handle, path, reader.at, to);
      yield { position: `${segment}@${frame.from}`, ...frame.post };
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw landingFailure(error, `Could not read ${path}`);
  } finally {
    await handle.close();
  }
}

async function broken(handle: FileHandle, path: string, at: number, to: number): Promise<LandingError> {
  const { size } = await handle.stat();
  if (size < to) {
    return new LandingError(`${path} ends at byte ${size}, where byte ${to} was planned.`, {
      kind: 'transient',
      fix: 'Posts that were never acknowledged were cut off after a crash, and their sender posts them again: run it again.',
    });
  }
  return new LandingError(`${path} is damaged: the checksum of the post at byte ${at} does not hold.`, {
    kind: 'rejected',
    fix: `Copy the file back from a backup. To go on without the posts from byte ${at} on, move it out of the inbox: what was loaded of it stays, the rest is lost.`,
  });
}

type Opened = { readonly handle: FileHandle; readonly isClosed: boolean };

/** Opens a segment under whichever name it has now; undefined when it has none. */
async function openSegment(folder: string, name: string): Promise<Opened | undefined> {
  for (const extension of [openExtension, closedExtension]) {
    try {
      return { handle: await open(join(folder, `${name}${extension}`), 'r'), isClosed: extension === closedExtension };
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return undefined;
}
