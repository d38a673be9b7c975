import { stat } from 'node:fs/promises';
import type { Clock } from '../contracts/clock.ts';
import { isMissing } from '../landing/durable-read.ts';
import { frameBytes, type NewPost } from './frame.ts';
import { HookWriter } from './hook-writer.ts';
import { takeLock, type LockHolder } from './lock.ts';
import { hookFolder, inboxFolder, listSegments, lockPath } from './place.ts';
import { hookFolders, recoverInbox, type Recovered } from './recover.ts';
import { InboxRefusal } from './refusal.ts';
import { createFile, type OpenFile } from './segment-writer.ts';

export type InboxLimits = {
  /** Most bytes that the inbox may have on disk. */
  readonly diskBytes: number;
  /** Most bytes of posts that may wait for the disk. */
  readonly waitingBytes: number;
  /** A segment is closed at this length, bytes, or age, ms. */
  readonly segmentBytes: number;
  readonly segmentAgeMs: number;
};

export const defaultLimits: InboxLimits = {
  diskBytes: 20 * 1024 ** 3,
  waitingBytes: 64 * 1024 ** 2,
  segmentBytes: 64 * 1024 ** 2,
  segmentAgeMs: 3_600_000,
};

export type InboxWriter = {
  /** What a killed receiver had left open. */
  readonly recovered: readonly Recovered[];
  /** Resolves when the post is durable. Rejects with an InboxRefusal when it is not: then it must not be acknowledged. */
  append(accountId: string, hook: string, post: NewPost): Promise<void>;
  /** Whether a post of so many bytes would be refused right now, before its body is read. */
  refusal(bytes: number): InboxRefusal | undefined;
  /** Writes what waits, refuses what comes, and gives the inbox free. */
  close(): Promise<void>;
};

/** Another process receives for this project. */
export class InboxTaken extends Error {
  readonly holder: LockHolder;

  constructor(holder: LockHolder) {
    super(`A receiver of this project runs already, in process ${holder.pid} on ${holder.host}.`);
    this.name = 'InboxTaken';
    this.holder = holder;
  }
}

/** How long a measured size of the inbox is believed once it is full, ms: the sync removes what is loaded. */
const measureMs = 1_000;

/** Opens the project's inbox for writing; one process at a time. Throws InboxTaken when another one has it. */
export async function openInboxWriter(
  projectDir: string,
  clock: Clock,
  limits: InboxLimits = defaultLimits,
  openFile: OpenFile = createFile,
): Promise<InboxWriter> {
  const inbox = inboxFolder(projectDir);
  const lock = await takeLock(lockPath(projectDir));
  if (!('release' in lock)) throw new InboxTaken(lock);
  let recovered: readonly Recovered[];
  let used: number;
  try {
    recovered = await recoverInbox(inbox);
    used = await inboxBytes(inbox);
  } catch (error) {
    await lock.release();
    throw error;
  }
  const hooks = new Map<string, Map<string, HookWriter>>();
  let waiting = 0;
  let isClosing = false;
  let measuredAt = performance.now();

  const measure = async (): Promise<void> => {
    if (performance.now() - measuredAt < measureMs) return;
    measuredAt = performance.now();
    used = await inboxBytes(inbox);
  };
  const refusal = (bytes: number): InboxRefusal | undefined => {
    if (isClosing || lock.isLost) return new InboxRefusal('closing');
    if (waiting + bytes > limits.waitingBytes) return new InboxRefusal('busy');
    if (used + waiting + bytes <= limits.diskBytes) return undefined;
    // A size that cannot be measured stays what it was.
    void measure().catch(() => undefined);
    return new InboxRefusal('full');
  };
  const writerOf = (accountId: string, hook: string): HookWriter => {
    const ofAccount = hooks.get(accountId) ?? new Map<string, HookWriter>();
    hooks.set(accountId, ofAccount);
    const known = ofAccount.get(hook);
    if (known !== undefined) return known;
    const writer = new HookWriter({
      folder: hookFolder(inbox, accountId, hook),
      clock,
      openFile,
      segmentBytes: limits.segmentBytes,
      segmentAgeMs: limits.segmentAgeMs,
      onWritten: (bytes) => {
        used += bytes;
      },
    });
    ofAccount.set(hook, writer);
    return writer;
  };

  return {
    recovered,
    refusal,
    append: async (accountId, hook, post) => {
      const bytes = frameBytes(post);
      const refused = refusal(bytes);
      if (refused !== undefined) throw refused;
      waiting += bytes;
      try {
        await writerOf(accountId, hook).append(post);
      } finally {
        waiting -= bytes;
      }
    },
    close: async () => {
      isClosing = true;
      await Promise.all(
        [...hooks.values()].flatMap((ofAccount) => [...ofAccount.values()].map((writer) => writer.close())),
      );
      await lock.release();
    },
  };
}

/** Bytes of all segments. */
async function inboxBytes(inbox: string): Promise<number> {
  let bytes = 0;
  for (const folder of await hookFolders(inbox)) {
    for (const { path } of await listSegments(folder)) bytes += await sizeOf(path);
  }
  return bytes;
}

/** 0 when it was removed, or closed under another name, meanwhile. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
