import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const root = path.resolve(import.meta.dirname, '../..');
const shim = path.join(root, 'bin/mailmart.js');

/** A process of the test, in a process group of its own as a terminal would give it. */
export type Running = {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when it has ended and all it wrote was read. */
  readonly ended: Promise<Ended>;
  /** To the process alone. */
  kill(signal: NodeJS.Signals): void;
  /** To its group, as Ctrl-C in a terminal does. */
  interrupt(): void;
  /** Waits until it has written a text that matches. */
  until(pattern: RegExp, patienceMs?: number): Promise<void>;
};

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
};

type Place = { readonly cwd: string; readonly env: Readonly<Record<string, string>> };

/** A small environment, so that a test depends on nothing that happens to be set on the machine. */
export function cleanEnv(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const { PATH, HOME, MAILMART_CACHE, MAILMART_SHARED, NODE_COMPILE_CACHE } = process.env;
  return {
    PATH: PATH ?? '',
    HOME: HOME ?? '',
    ...(MAILMART_CACHE === undefined ? {} : { MAILMART_CACHE }),
    ...(MAILMART_SHARED === undefined ? {} : { MAILMART_SHARED }),
    ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
    ...more,
  };
}

/** Starts the real command. */
export function startCommand(args: readonly string[], place: Place): Running {
  return startNode([shim, ...args], place);
}

/** Starts a program of this repository. */
export function startNode(args: readonly string[], place: Place): Running {
  const started = performance.now();
  const child = spawn(process.execPath, args, { ...place, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const out = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      out[name] += text;
      wake();
    });
  }
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code, signal) => {
      done({ code, signal, ...out, ms: performance.now() - started });
      wake();
    });
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`node could not be started: ${args.join(' ')}`);
  return {
    pid,
    stdout: () => out.stdout,
    stderr: () => out.stderr,
    ended,
    kill: (signal) => void child.kill(signal),
    interrupt: () => interruptGroup(child),
    until: (pattern, patienceMs = 60_000) =>
      new Promise((done, fail) => {
        const finish = (failure?: string): void => {
          clearTimeout(timer);
          waiting.delete(look);
          if (failure === undefined) done();
          else fail(new Error(`${args.join(' ')} ${failure}: ${(out.stdout + out.stderr).slice(-1_500)}`));
        };
        const timer = setTimeout(() => finish(`did not write ${String(pattern)} in ${patienceMs} ms`), patienceMs);
        const look = (): void => {
          if (pattern.test(out.stdout) || pattern.test(out.stderr)) finish();
          else if (child.exitCode !== null || child.signalCode !== null) finish('ended early');
        };
        waiting.add(look);
        look();
      }),
  };
}

function interruptGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid, 'SIGINT');
}

export type Leftover = { readonly pid: number; readonly command: string };

/** Processes that name the folder in their command line or work in it. Linux only: elsewhere none are seen. */
function processesOf(folder: string): readonly Leftover[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const isOurs = command.includes(folder) || readlinkSync(`/proc/${name}/cwd`).startsWith(folder);
        return isOurs && command !== '' ? [{ pid: Number(name), command: command.slice(0, 200) }] : [];
      } catch (error) {
        // It ended while we looked, or it is somebody else's.
        if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
        throw error;
      }
    });
}

/** Waits until no process of the folder is left; returns, and ends, those that stay. */
export async function awaitNoProcesses(folder: string, patienceMs = 8_000): Promise<readonly Leftover[]> {
  for (const until = performance.now() + patienceMs; performance.now() < until; await delay(50)) {
    if (processesOf(folder).length === 0) return [];
  }
  const left = processesOf(folder);
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  return left;
}
