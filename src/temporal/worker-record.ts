import { closeSync, constants, copyFileSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, ownProcess, type ProcessId } from './processes.ts';
import { readState, removeState, writeState } from './state-file.ts';

/** `.mailmart/worker.json`: how other processes of the project reach the worker that runs. */
export type WorkerRecord = ProcessId & {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** Payloads are encrypted: who talks to this worker must use the key too. */
  readonly encrypted: boolean;
  /** Of the mailmart.yaml that it started with; an older version did not write it. */
  readonly configHash?: string;
};

/** The worker of this project that runs now, or undefined. A record that a killed worker left behind counts for nothing. */
export function readWorkerRecord(path: string): WorkerRecord | undefined {
  const record = readState<WorkerRecord>(path);
  return record !== undefined && isRunning(record) ? record : undefined;
}

/** Announces this process as the worker. */
export function writeWorkerRecord(path: string, place: Omit<WorkerRecord, keyof ProcessId>): void {
  writeState(path, { ...ownProcess(), ...place } satisfies WorkerRecord);
}

/** Takes it back, if it is still ours. */
export function removeWorkerRecord(path: string): void {
  const record = readState<WorkerRecord>(path);
  if (record !== undefined && record.pid === process.pid) removeState(path);
}

/**
 * Makes this process the one that starts a worker for the project. Returns the release, or the process that came
 * first. A lock whose owner is gone is taken over.
 */
export async function takeStartLock(path: string): Promise<(() => void) | ProcessId> {
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    try {
      const handle = openSync(path, 'wx', 0o600);
      writeSync(handle, JSON.stringify(ownProcess()));
      closeSync(handle);
      return () => removeState(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    // The owner writes its number right after it makes the file: an empty one is looked at twice.
    const holder = readState<ProcessId>(path) ?? (await delay(100).then(() => readState<ProcessId>(path)));
    if (holder !== undefined && isRunning(holder)) return holder;
    removeDeadLock(path);
  }
}

/**
 * Removes a lock whose owner was seen to be gone. Another process may have seen it, too, and have taken the lock over by now:
 * what is removed is looked at first, out of everybody's reach, and a lock that is held is put back.
 */
export function removeDeadLock(path: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    const holder = readState<ProcessId>(aside);
    if (holder !== undefined && isRunning(holder)) copyFileSync(aside, path, constants.COPYFILE_EXCL);
  } catch (error) {
    // Gone already, or made anew by somebody else.
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    removeState(aside);
  }
}
