import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Fault, RequestLogEntry, Violation } from '../../connectors/mailchimp/simulator.ts';
import { companyFileSpecs } from '../../src/demo/file-specs.ts';
import { companyAccountId, companyCurrency, companyName, companyZone } from '../../src/demo/profile.ts';
import type { WorldSize } from '../../src/demo/types.ts';
import { apiKey, goalRules, salt } from '../truth/in-process.ts';
import { awaitNoProcesses, cleanEnv, type Ended, root, type Running, startCommand, startNode } from './processes.ts';
import { type Hashes, martHashes, rawHashes } from './tables.ts';

/** Where the clock of world and product stands at first. */
export const firstInstant = '2026-06-30T12:00:00Z';

export type BenchOptions = {
  readonly seed?: number;
  readonly size?: WorldSize;
  /** Time that each answer of the simulator takes at least. */
  readonly latencyMs?: number;
  /** Of the simulator; default a free one. Some records hold links to the API, and with them its port. */
  readonly port?: number;
  /** Added to mailmart.yaml. */
  readonly config?: Readonly<Record<string, unknown>>;
};

/** A worker that takes work: `mailmart worker` in a process of its own, with its Temporal server. */
export type WorkerProcess = Running & {
  /** `kill -9`, and until it is gone. */
  destroy(): Promise<void>;
  /** Ctrl-C. */
  stop(): Promise<Ended>;
};

/** A project in a folder of its own, with the company's simulator; everything in real processes. */
export type Bench = {
  readonly folder: string;
  readonly published: string;
  readonly warehouse: string;
  readonly report: string;
  readonly simulator: SimulatorProcess;
  /** Runs a command to its end; the project is named by option. */
  cli(...args: readonly string[]): Promise<Ended>;
  start(...args: readonly string[]): Running;
  startWorker(): Promise<WorkerProcess>;
  /** Process id of the Temporal server that the worker started. */
  serverPid(): number;
  /** Moves the clock of the world, the company's files and the product. */
  moveTo(at: string): Promise<void>;
  /** Writes mailmart.yaml anew, with these top-level keys changed. */
  writeConfig(change?: Readonly<Record<string, unknown>>): void;
  marts(): Promise<Hashes>;
  raw(): Promise<Hashes>;
  /** Ends everything; fails when a process of this bench outlives its command. */
  close(): Promise<void>;
};

export type SimulatorProcess = {
  readonly url: string;
  requests(): Promise<readonly RequestLogEntry[]>;
  requestCount(): Promise<number>;
  resetRequests(): Promise<void>;
  violations(): Promise<readonly Violation[]>;
  addFaults(...faults: readonly Fault[]): Promise<void>;
  clearFaults(): Promise<void>;
  struck(): Promise<readonly { readonly kind: string; readonly path: string }[]>;
  restoreKey(): Promise<void>;
};

/** Opens a bench: folder, configuration and simulator. Nothing of mailmart runs yet. */
export async function openBench(options: BenchOptions = {}): Promise<Bench> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailmart-e2e-'));
  const state = path.join(folder, '.mailmart');
  const started: Running[] = [];
  try {
    const { running, url, adminUrl } = await startSimulator(folder, options);
    started.push(running);
    mkdirSync(state, { recursive: true });
    writeFileSync(path.join(folder, 'salt'), salt, { mode: 0o600 });
    return benchOf({ folder, state, started, url, adminUrl, options });
  } catch (error) {
    for (const process of started) process.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

type Parts = {
  readonly folder: string;
  readonly state: string;
  readonly started: Running[];
  readonly url: string;
  readonly adminUrl: string;
  readonly options: BenchOptions;
};

function benchOf({ folder, state, started, url, adminUrl, options }: Parts): Bench {
  let now = firstInstant;
  let isClosed = false;
  const admin = adminOf(adminUrl);
  const writeConfig = (change: Readonly<Record<string, unknown>> = {}): void =>
    writeFileSync(
      path.join(folder, 'mailmart.yaml'),
      stringify({ ...projectConfig(url), ...options.config, ...change }),
    );
  writeConfig();
  const start = (...args: readonly string[]): Running => {
    const env = cleanEnv({ MAILMART_CLOCK: now, MAILCHIMP_API_KEY: apiKey });
    const command = startCommand([...args, '--project', folder], { cwd: root, env });
    started.push(command);
    return command;
  };
  const published = path.join(state, 'published.duckdb');
  const warehouse = path.join(state, 'warehouse.duckdb');
  return {
    folder,
    published,
    warehouse,
    report: path.join(folder, 'report/index.html'),
    simulator: simulatorOf(url, admin),
    start,
    cli: async (...args) => await start(...args).ended,
    startWorker: async () => {
      const worker = start('worker');
      await worker.until(/Stop it with Ctrl-C/);
      return {
        ...worker,
        destroy: async () => {
          worker.kill('SIGKILL');
          await worker.ended;
        },
        stop: async () => {
          worker.interrupt();
          return await worker.ended;
        },
      };
    },
    serverPid: () => (JSON.parse(readFileSync(path.join(state, 'temporal.json'), 'utf8')) as { pid: number }).pid,
    moveTo: async (at) => {
      await admin('PUT', '/clock', { at });
      now = at;
    },
    writeConfig,
    marts: () => martHashes(published),
    raw: () => rawHashes(warehouse),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      for (const process of started) process.kill('SIGTERM');
      const left = await awaitNoProcesses(folder);
      rmSync(folder, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`left behind: ${JSON.stringify(left)}`);
    },
  };
}

type Admin = (method: string, operation: string, body?: unknown) => Promise<unknown>;

function adminOf(adminUrl: string): Admin {
  return async (method, operation, body) => {
    const answer = await fetch(`${adminUrl}${operation}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${operation}: ${await answer.text()}`);
    return await answer.json();
  };
}

function simulatorOf(url: string, admin: Admin): SimulatorProcess {
  return {
    url,
    requests: async () => (await admin('GET', '/requests')) as readonly RequestLogEntry[],
    requestCount: async () => ((await admin('GET', '/status')) as { readonly requests: number }).requests,
    resetRequests: async () => void (await admin('DELETE', '/requests')),
    violations: async () => (await admin('GET', '/violations')) as readonly Violation[],
    addFaults: async (...faults) => void (await admin('POST', '/faults', faults.map(asJson))),
    clearFaults: async () => void (await admin('DELETE', '/faults')),
    struck: async () =>
      ((await admin('GET', '/faults')) as { readonly struck: readonly { kind: string; path: string }[] }).struck,
    restoreKey: async () => void (await admin('POST', '/restore-key')),
  };
}

/** JSON has no infinity and no patterns: the simulator takes words and text. */
function asJson(fault: Fault): Readonly<Record<string, unknown>> {
  return {
    ...fault,
    ...(fault.path instanceof RegExp ? { path: fault.path.source } : {}),
    ...(fault.times === Infinity ? { times: 'always' } : {}),
  };
}

async function startSimulator(
  folder: string,
  { seed = 1, size = 'tiny', latencyMs = 0, port = 0 }: BenchOptions,
): Promise<{ readonly running: Running; readonly url: string; readonly adminUrl: string }> {
  const stateFile = path.join(folder, 'simulator.json');
  const running = startNode(
    [
      path.join(root, 'src/demo/serve.ts'),
      `--seed=${seed}`,
      `--size=${size}`,
      `--latency-ms=${latencyMs}`,
      `--port=${port}`,
      `--api-key=${apiKey}`,
      `--at=${firstInstant}`,
      `--state=${stateFile}`,
      `--files=${path.join(folder, 'data')}`,
    ],
    { cwd: root, env: cleanEnv() },
  );
  await running.until(/adminUrl/);
  if (!existsSync(stateFile)) throw new Error('the simulator has written no state file');
  return { running, ...(JSON.parse(readFileSync(stateFile, 'utf8')) as { url: string; adminUrl: string }) };
}

function projectConfig(url: string): Readonly<Record<string, unknown>> {
  return {
    company: { name: companyName, time_zone: companyZone, currency: companyCurrency },
    sources: [
      {
        id: companyAccountId,
        type: 'mailchimp',
        credentials: { api_key: '${env:MAILCHIMP_API_KEY}' },
        base_url: url,
      },
      { id: 'books', type: 'file', files: companyFileSpecs },
    ],
    campaigns: goalRules.map(({ match, goal, conversion_value: value }) => ({
      match,
      goal,
      ...(value === undefined ? {} : { conversion_value: Number(value) }),
    })),
    privacy: { salt: '${file:salt}' },
    // A quarter of the processor time of a small run; who looks at the report asks for it.
    report: { after_run: false },
  };
}
