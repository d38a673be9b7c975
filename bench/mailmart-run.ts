import { DuckDBInstance } from '@duckdb/node-api';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import type { SyncAccountResult } from '../workflows/index.ts';
import { loadProject } from '../src/config/load.ts';
import { clockFromEnv } from '../src/contracts/clock.ts';
import { newRunId, startSync } from '../src/temporal/start.ts';
import { hostWorker, type HostedWorker } from '../src/temporal/worker-host.ts';
import { peakRssMb } from './peak-rss.ts';
import { newProjectFolder, writeProject } from './project.ts';

// A worker as `mailmart worker` hosts it, and the sync that `mailmart sync` starts on it. Lines of JSON on standard
// output: ready, then (told to start) the result. It ends when its standard input closes.

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    accounts: { type: 'string', default: '1' },
    /** Default: the product's. 0: the worker's own thread. */
    threads: { type: 'string' },
    /** Default: a new one, which is removed at the end. */
    project: { type: 'string' },
    /** Syncs all accounts but the first before it is ready: what is measured then meets a worker that has worked. */
    warm: { type: 'boolean', default: false },
    /** Starts without being told, for profiles by hand. */
    now: { type: 'boolean', default: false },
  },
});
if (values.url === undefined) throw new Error('--url: the address of the simulator');

const folder = values.project ?? newProjectFolder();
const { accounts, env: keys } = writeProject(folder, values.url, Number(values.accounts));
const env = { ...process.env, ...keys };
const project = loadProject(folder, env);
mkdirSync(project.paths.logs, { recursive: true, mode: 0o700 });
const dest = pino.destination({ dest: join(project.paths.logs, 'mailmart.log'), sync: true });
const clock = clockFromEnv(env);
const worker = await hostWorker({
  project,
  env,
  clock,
  logger: pino({ level: 'info' }, dest),
  ...(values.threads === undefined ? {} : { readerThreads: Number(values.threads) }),
});

try {
  const measured = values.warm ? accounts.slice(0, 1) : accounts;
  if (values.warm) await syncAll(worker, accounts.slice(1));
  console.log(JSON.stringify({ event: 'ready', pid: process.pid }));
  if (!values.now) await told();
  const startedMs = performance.now();
  const results = await syncAll(worker, measured);
  const wallMs = performance.now() - startedMs;
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
  const peak = peakRssMb();
  const history = await historyOf(worker);
  await worker.shutdown();
  const loaded = await rowsByAccount(project.paths.warehouse);
  const incomplete = results.flatMap(({ accountId, streams }) =>
    streams
      .filter(({ verdict }) => verdict.kind !== 'complete')
      .map(({ key, verdict, failure }) => `${accountId} ${key.stream}: ${JSON.stringify(failure ?? verdict)}`),
  );
  const rows = measured
    .flatMap((accountId) => Object.values(loaded[accountId] ?? {}))
    .reduce((sum, count) => sum + count, 0);
  console.log(
    JSON.stringify({ event: 'done', rows, loaded, wallMs, cpuSeconds, peakRssMb: peak, ...history, incomplete }),
  );
} finally {
  await worker.shutdown();
  if (values.project === undefined) rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

/** Waits for a line; the end of the input means that whoever would have told us has gone. */
async function told(): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  lines.on('close', () => process.exit(1));
  await new Promise((resolve) => lines.once('line', resolve));
}

async function syncAll(
  { client, taskQueue }: HostedWorker,
  ids: readonly string[],
): Promise<readonly SyncAccountResult[]> {
  const runId = newRunId('sync', clock.now());
  const started = await Promise.all(
    ids.map((accountId) =>
      // A worker that was killed left its sync behind: then this watches it go on.
      startSync(
        { client, taskQueue, onRunning: 'attach' },
        { source: 'mailchimp', accountId, runId: `${runId}-${accountId}` },
      ),
    ),
  );
  return await Promise.all(started.map(({ handle }) => handle.result()));
}

/** Events of each sync's workflows, children and continued runs added up, and of the longest run. */
async function historyOf({ client }: HostedWorker): Promise<Readonly<Record<string, number>>> {
  const perSync = new Map<string, number>();
  let largest = 0;
  let workflows = 0;
  for await (const { workflowId, runId } of client.workflow.list()) {
    const account = accounts.find((id) => `${workflowId}/`.startsWith(`sync/mailchimp/${id}/`));
    if (account === undefined) continue;
    const { historyLength } = await client.workflow.getHandle(workflowId, runId).describe();
    workflows += 1;
    largest = Math.max(largest, historyLength);
    perSync.set(account, (perSync.get(account) ?? 0) + historyLength);
  }
  return { workflows, historyLargest: largest, historyPerSync: Math.max(0, ...perSync.values()) };
}

/** Live rows of each account and stream, counted in the file after everything has let go of it. */
async function rowsByAccount(path: string): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const tables = await connection.runAndReadAll(
    "select table_name from information_schema.tables where table_schema = 'raw' order by table_name",
  );
  const counts: Record<string, Record<string, number>> = {};
  for (const [table] of tables.getRows()) {
    const found = await connection.runAndReadAll(
      `select _account_id, count(*) from raw."${String(table)}" where _deleted_at is null group by _account_id`,
    );
    for (const [account, count] of found.getRows()) {
      const own = (counts[String(account)] ??= {});
      own[String(table).replace('mailchimp__', '')] = Number(count);
    }
  }
  connection.closeSync();
  instance.closeSync();
  return counts;
}
