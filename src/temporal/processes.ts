import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process that cannot be mistaken for a later one with the same number. */
export type ProcessId = { readonly pid: number; readonly startedAt: string };

/** This process. */
export function ownProcess(): ProcessId {
  return { pid: process.pid, startedAt: startToken(process.pid) ?? '' };
}

/** Names a running process, or undefined when there is none. */
export function processId(pid: number): ProcessId | undefined {
  const startedAt = startToken(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether that very process still runs. */
export function isRunning(id: ProcessId): boolean {
  return startToken(id.pid) === id.startedAt;
}

/** Asks the process to end, then ends it. Returns when it is gone. */
export async function endProcess(id: ProcessId, patienceMs: number): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isRunning(id)) return;
    try {
      process.kill(id.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    for (const until = performance.now() + patienceMs; performance.now() < until && isRunning(id);) await delay(20);
  }
}

/** The time at which a process started, in whatever unit the system has; undefined when it does not run (or is a zombie). */
function startToken(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name in parentheses may hold spaces: fields are counted after it. 0 = state, 19 = start time.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
    } catch (error) {
      if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return text === '' ? undefined : text;
  } catch (error) {
    // ps ends with 1 when there is no such process.
    if ((error as { readonly status?: number }).status === 1) return undefined;
    throw error;
  }
}
