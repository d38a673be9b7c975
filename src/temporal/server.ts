import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, openSync, closeSync, readFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcess, isRunning, processId, type ProcessId } from './processes.ts';
import { readState, removeState, writeState } from './state-file.ts';
import { TemporalUnavailable } from './unavailable.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Where the Temporal server is to come from. */
export type ServerChoice =
  { readonly kind: 'address'; readonly address: string } | { readonly kind: 'program'; readonly path: string };

/**
 * Finds the server: the configured address, `TEMPORAL_ADDRESS`, then a `temporal` program on the PATH or in mailmart's
 * cache. Undefined when there is none.
 */
export function findServer(configured: string | undefined, env: Env): ServerChoice | undefined {
  const address = configured ?? (env['TEMPORAL_ADDRESS'] === '' ? undefined : env['TEMPORAL_ADDRESS']);
  if (address !== undefined) return { kind: 'address', address };
  const cache = join(cacheFolder(env), 'bin');
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), cache];
  const path = folders.map((folder) => join(folder, 'temporal')).find(isExecutable);
  return path === undefined ? undefined : { kind: 'program', path };
}

/** `MAILMART_CACHE`, by default ~/.cache/mailmart. */
export function cacheFolder(env: Env): string {
  const chosen = env['MAILMART_CACHE'];
  return chosen === undefined || chosen === '' ? join(homedir(), '.cache', 'mailmart') : chosen;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

export type DevServerOptions = {
  readonly program: string;
  /** Database of the server; what ran before goes on from it. */
  readonly dbFile: string;
  /** Records the server's process, so that a later start finds one that was left behind. */
  readonly recordFile: string;
  readonly logFile: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Port of the web interface; default: none is started. */
  readonly uiPort?: number;
};

export type DevServer = {
  readonly address: string;
  readonly pid: number;
  /** Resolves when the server's process has ended, in whatever way. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
};

type ServerRecord = ProcessId & { readonly port: number; readonly dbFile: string };

const startPatienceMs = 30_000;
/** Its database survives a kill; an orderly end takes it two seconds that nobody wants to wait. */
const stopPatienceMs = 500;

/**
 * Starts a development server and waits until it answers. It ends with this process, however that ends: a shell holds
 * the other end of a pipe and stops the server when the pipe closes. It has its own process group, so that Ctrl-C
 * reaches us first and the worker can leave in order.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  await endLeftover(options);
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const server = await launch(options, port);
    if (server !== undefined) return server;
    // Somebody took the port between our look and the server's start.
    if (attempt === 3 || options.port !== undefined) throw new TemporalUnavailable(startFailure(options.logFile));
  }
}

/** A server of this database whose owner was killed may need a moment to notice. */
async function endLeftover(options: DevServerOptions): Promise<void> {
  const record = readState<ServerRecord>(options.recordFile);
  if (record === undefined || record.dbFile !== options.dbFile) return;
  if (isRunning(record)) await endProcess(record, stopPatienceMs);
  removeState(options.recordFile);
}

/**
 * For many short steps of few workflows. As it comes, the server looks for new tasks 20 times a second, which with its
 * one shard makes 50 ms of every step, and syncs its database several times a step. WAL with `NORMAL` survives every
 * kill; a loss of power may cost the last moments of Temporal's history, never rows: the warehouse's ledger is the truth.
 */
const pace = [
  ...['transfer', 'timer', 'visibility'].map(
    (queue) => `--dynamic-config-value=history.${queue}ProcessorMaxPollRPS=2000`,
  ),
  // A worker gets the activities that its own step asked for with the answer to it.
  '--dynamic-config-value=system.enableActivityEagerExecution=true',
  '--sqlite-pragma=journal_mode=WAL',
  '--sqlite-pragma=synchronous=NORMAL',
];

// $1: log file; the rest: the server's command. Prints the server's pid; stops it when standard input closes.
const guard =
  'log=$1; shift; exec 3<&0; "$@" </dev/null >>"$log" 2>&1 3<&- & pid=$!; echo "$pid"; exec 1>&-; ' +
  '{ cat <&3 >/dev/null; kill -TERM "$pid" 2>/dev/null; sleep 1; kill -KILL "$pid" 2>/dev/null; } & exec 3<&-; wait "$pid"';

async function launch(options: DevServerOptions, port: number): Promise<DevServer | undefined> {
  mkdirSync(dirname(options.dbFile), { recursive: true });
  mkdirSync(dirname(options.logFile), { recursive: true });
  closeSync(openSync(options.logFile, 'a', 0o600));
  const command = [
    options.program,
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    `--port=${port}`,
    `--db-filename=${options.dbFile}`,
    '--log-level=error',
    '--log-format=json',
    ...pace,
    ...(options.uiPort === undefined ? ['--headless'] : [`--ui-port=${options.uiPort}`]),
  ];
  const shell = spawn('/bin/sh', ['-c', guard, 'mailmart-temporal', options.logFile, ...command], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()));
  const pid = Number(await firstLine(shell));
  const server = processId(pid);
  if (server !== undefined) {
    writeState(options.recordFile, { ...server, port, dbFile: options.dbFile } satisfies ServerRecord);
  }
  // Our exit must not wait for the guard: it waits for us.
  shell.unref();
  (shell.stdin as { unref?: () => void } | null)?.unref?.();
  const until = performance.now() + startPatienceMs;
  while (performance.now() < until && shell.exitCode === null && shell.signalCode === null) {
    await delay(15);
    if (await accepts(port)) {
      return { address: `127.0.0.1:${port}`, pid, ended, stop: () => stop(shell, server, ended, options.recordFile) };
    }
  }
  await stop(shell, server, ended, options.recordFile);
  return undefined;
}

async function stop(
  shell: ChildProcess,
  server: ProcessId | undefined,
  ended: Promise<void>,
  recordFile: string,
): Promise<void> {
  shell.ref();
  shell.stdin?.end();
  if (server !== undefined) await endProcess(server, stopPatienceMs);
  await ended;
  removeState(recordFile);
}

function firstLine(shell: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    shell.once('error', reject);
    shell.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text.includes('\n')) resolve(text.trim());
    });
    shell.stdout?.once('end', () => resolve(text.trim()));
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      const isOwnEcho = socket.localPort === socket.remotePort;
      socket.destroy();
      resolve(!isOwnEcho);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * A port that nobody listens on at the moment. Below the range from which systems take ports for outgoing connections:
 * there, a connection to a port that nobody has yet may be answered by itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function startFailure(logFile: string): string {
  const lines = existsSync(logFile) ? readFileSync(logFile, 'utf8').trimEnd().split('\n') : [];
  const last = lines.at(-1)?.slice(0, 300);
  return (
    `The Temporal development server did not start${last === undefined || last === '' ? '' : `; it last said: ${last}`}. ` +
    `Its log is ${logFile}. Free the port or the database file, or set TEMPORAL_ADDRESS to a server that runs.`
  );
}
