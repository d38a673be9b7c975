import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** A program of the bench in a process of its own, that speaks lines of JSON. */
export type Program = {
  readonly pid: number;
  /** The next line of JSON it writes; rejects when it ends instead. */
  readonly next: <T>() => Promise<T>;
  readonly say: (line: string) => void;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<void>;
};

const running = new Set<Program>();
const folders = new Set<string>();

/** Starts a program of this folder. */
export function startProgram(name: string, args: readonly string[]): Program {
  const path = join(import.meta.dirname, `${name}.ts`);
  const child = spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const state = { isOver: false, errors: '' };
  let wake: (() => void) | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) lines.push(line);
    wake?.();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    state.errors = (state.errors + text).slice(-4_000);
  });
  // Written to after it has gone: what it left unsaid is told by `next`.
  child.stdin.on('error', () => undefined);
  const program: Program = {
    pid: child.pid ?? 0,
    next: async <T>() => {
      while (lines.length === 0 && !state.isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const line = lines.shift();
      if (line === undefined) throw new Error(`${name} ${args.join(' ')} ended without an answer:\n${state.errors}`);
      return JSON.parse(line) as T;
    },
    say: (line) => void child.stdin.write(`${line}\n`),
    kill: (signal) => void child.kill(signal),
    ended: new Promise((resolve) => {
      child.once('close', () => {
        state.isOver = true;
        running.delete(program);
        wake?.();
        resolve();
      });
    }),
  };
  running.add(program);
  return program;
}

/** Runs a program to its end: its one answer. */
export async function runProgram<T>(name: string, args: readonly string[]): Promise<T> {
  const program = startProgram(name, args);
  const answer = await program.next<T>();
  await program.ended;
  return answer;
}

/** Ends a program and waits until it has gone; what takes too long to leave is killed. */
export async function stopProgram(program: Program): Promise<void> {
  program.kill('SIGTERM');
  const isGone = await Promise.race([program.ended.then(() => true), delay(3_000, false)]);
  if (!isGone) program.kill('SIGKILL');
  await program.ended;
}

/** Removes a folder at the end, however that comes. */
export function removeAtEnd(folder: string): string {
  folders.add(folder);
  return folder;
}

/** Removes a folder now: a whole load is half a gigabyte. */
export function removeNow(folder: string): void {
  // A Temporal server that lost its worker writes for another moment.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  folders.delete(folder);
}

/** Ends all programs and removes all folders. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...running].map(stopProgram));
  for (const folder of folders) removeNow(folder);
}
