import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isMissing } from '../landing/durable-read.ts';
import { isRunning, ownProcess, type ProcessId } from '../temporal/processes.ts';

/** How often an owner says that it is there, and how long one on another machine, or in another container, is believed, ms. */
const touchMs = 5_000;
const patienceMs = 30_000;

type Owner = ProcessId & { readonly host: string; readonly token: string };

/** Where numbers of processes mean the same: this machine, and on Linux this container of it. */
const here = `${hostname()}${pidNamespace()}`;

function pidNamespace(): string {
  try {
    return ` ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

/** What was taken. `isLost` turns true when somebody else has it, which a person must have forced. */
export type InboxLock = { readonly isLost: boolean; release(): Promise<void> };

/** Somebody else's. */
export type LockHolder = { readonly pid: number; readonly host: string };

/**
 * Makes this process the only one that writes to the inbox, or tells which one does. A killed owner's lock is taken over:
 * here as soon as the process is gone, elsewhere half a minute after its last sign.
 */
export async function takeLock(path: string): Promise<InboxLock | LockHolder> {
  const own: Owner = { ...ownProcess(), host: here, token: randomBytes(12).toString('hex') };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  for (;;) {
    try {
      const handle = await open(path, 'wx', 0o600);
      try {
        await handle.writeFile(JSON.stringify(own));
        await handle.datasync();
      } finally {
        await handle.close();
      }
      return hold(path, own);
    } catch (error) {
      if (!isExisting(error)) throw error;
    }
    // Its maker writes it right after it makes it: an empty one is looked at twice.
    const holder = (await readOwner(path)) ?? (await delay(200).then(() => readOwner(path)));
    if (holder !== undefined && (await isThere(path, holder))) return { pid: holder.pid, host: holder.host };
    await removeStale(path, holder);
  }
}

/** Who has the lock now; undefined: nobody. */
export async function lockHolder(path: string): Promise<LockHolder | undefined> {
  const holder = await readOwner(path);
  if (holder === undefined || !(await isThere(path, holder))) return undefined;
  return { pid: holder.pid, host: holder.host };
}

function hold(path: string, own: Owner): InboxLock {
  let isLost = false;
  const touch = async (): Promise<void> => {
    const holder = await readOwner(path);
    if (holder?.token === own.token) await utimes(path, new Date(), new Date());
    else isLost = true;
  };
  const timer = setInterval(() => void touch().catch(() => undefined), touchMs);
  timer.unref();
  return {
    get isLost() {
      return isLost;
    },
    release: async () => {
      clearInterval(timer);
      if ((await readOwner(path))?.token === own.token) await rm(path, { force: true });
    },
  };
}

async function isThere(path: string, holder: Owner): Promise<boolean> {
  if (holder.host === here) return isRunning(holder);
  try {
    return Date.now() - (await stat(path)).mtimeMs < patienceMs;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Two may find the same stale lock: the slower one must not take the faster one's new lock for it, and puts it back. */
async function removeStale(path: string, stale: Owner | undefined): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  const taken = await readOwner(aside);
  if (taken !== undefined && taken.token !== stale?.token) await rename(aside, path);
  else await rm(aside, { force: true });
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
