import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHookKeys } from '../../connectors/sendgrid/simulator-hook.ts';
import { loadProject, type Project } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problems.ts';
import type { Clock } from '../../src/contracts/clock.ts';
import { openInboxWriter } from '../../src/inbox/writer.ts';
import { openDeps } from '../../src/temporal/project-deps.ts';
import { processId } from '../../src/temporal/processes.ts';
import { startSync } from '../../src/temporal/start.ts';
import { findWorker, withWorker } from '../../src/temporal/with-worker.ts';
import { hostWorker, WorkerRunning } from '../../src/temporal/worker-host.ts';
import { openPublished } from '../../src/warehouse/duckdb/index.ts';
import type { RunRecord } from '../../src/warehouse/port.ts';
import { historyToJson } from '../replay/history-json.ts';
import { findPersonal, payloadsOf } from '../replay/payloads.ts';

const root = resolve(import.meta.dirname, '../..');
const clock: Clock = { now: () => '2026-06-30T12:00:00.000Z' };
const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const env = { ...process.env, TEMPORAL_ADDRESS: '' };

let folder: string;
let project: Project;
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailmart-host-'));
  writeFileSync(
    join(folder, 'mailmart.yaml'),
    `company: { name: Test, time_zone: Europe/Berlin, currency: EUR }
sources:
  - id: books
    type: file
    files:
      - path: costs.csv
        map:
          - entity: costs
            key: [cost_id]
            fields: { cost_id: cost_id, kind: kind, amount: amount, currency_code: currency, incurred_on: day }
`,
  );
  writeFileSync(
    join(folder, 'costs.csv'),
    'cost_id,kind,amount,currency,day\n1,staff,10.50,EUR,2026-06-01\n2,tools,3,EUR,2026-06-02\n',
  );
  project = loadProject(folder, env);
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const serverPid = (): number =>
  (JSON.parse(readFileSync(join(folder, '.mailmart/temporal.json'), 'utf8')) as { pid: number }).pid;

/** `mailmart worker` in a process of its own, ready for work. */
async function workerProcess(): Promise<ChildProcess> {
  const script = `
    import { loadProject } from '${root}/src/config/load.ts';
    import { runWorker } from '${root}/src/worker.ts';
    const stop = new AbortController();
    process.once('SIGTERM', () => stop.abort());
    const quiet = () => undefined;
    await runWorker({
      project: loadProject('${folder}', process.env), env: process.env, clock: { now: () => '2026-06-30T12:00:00.000Z' },
      logger: { debug: quiet, info: quiet, warn: quiet, error: console.error }, signal: stop.signal,
      onReady: () => console.log('ready'),
    });`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  await new Promise<void>((ready, reject) => {
    child.stdout?.once('data', () => ready());
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
  return child;
}

async function run(runId: string): Promise<unknown> {
  return withWorker({ project, env, clock, logger }, async ({ client, taskQueue, pid }) => {
    const options = { client, taskQueue, onRunning: 'refuse' } as const;
    const { handle } = await startSync(options, { source: 'file', accountId: 'books', runId });
    return { ...(await handle.result()), pid };
  });
}

describe('a command without a worker', () => {
  it('hosts server and worker for itself, syncs, publishes, and leaves no process behind', async () => {
    const result = await run('run-1');
    expect(result).toMatchObject({ verdict: { kind: 'complete' }, pid: process.pid });
    expect(findWorker(project)).toBeUndefined();
    expect(existsSync(join(folder, '.mailmart/worker.lock'))).toBe(false);
    expect(existsSync(join(folder, '.mailmart/temporal.json'))).toBe(false);
    const published = await openPublished(project.paths.published);
    try {
      const runs = await published.query('select count(*) as n from status.runs');
      expect(Number(runs.rows[0]?.[0])).toBeGreaterThan(0);
    } finally {
      published.close();
    }
  });

  it('makes no second salt where people are known by keys of the first', async () => {
    await run('run-1');
    const salt = join(folder, '.mailmart/person-salt');
    const kept = readFileSync(salt);
    rmSync(salt);
    await expect(run('run-2')).rejects.toThrow(`The salt of the person keys is gone: ${salt}.`);
    expect(existsSync(salt)).toBe(false);
    writeFileSync(salt, kept);
    expect(await run('run-3')).toMatchObject({ verdict: { kind: 'complete' } });
  });

  it('shows nothing of arguments and results in the server’s database', async () => {
    await run('run-canary-4711');
    // The run's id is an argument and part of no workflow's id: only encrypted payloads hold it.
    const files = ['temporal.db', 'temporal.db-wal'].map((name) => join(folder, '.mailmart', name)).filter(existsSync);
    const holding = (text: string): readonly string[] => files.filter((path) => readFileSync(path).includes(text));
    expect(holding('run-canary-4711')).toEqual([]);
    expect(holding('sync/file/books')).not.toEqual([]);
  });
});

describe('histories of a real run', () => {
  it('hold no address and no secret, only small payloads', async () => {
    writeFileSync(
      join(folder, 'people.csv'),
      'recipient_id,email,sent\n1,ann@example.com,2026-06-01T00:00:00Z\n2,bob@example.com,not a date\n3,carol@example.com,2026-06-01T00:00:00Z\n',
    );
    const yaml = readFileSync(join(folder, 'mailmart.yaml'), 'utf8');
    writeFileSync(
      join(folder, 'mailmart.yaml'),
      `${yaml}      - path: people.csv
        map:
          - entity: recipients
            key: [recipient_id]
            fields: { campaign_id: { const: c1 }, recipient_id: recipient_id, person: email, sent_at: sent }
`,
    );
    project = loadProject(folder, env);
    const salt = project.salt();
    await withWorker({ project, env, clock, logger, encrypted: false }, async ({ client, taskQueue }) => {
      const options = { client, taskQueue, onRunning: 'refuse' } as const;
      const { handle } = await startSync(options, { source: 'file', accountId: 'books', runId: 'scanned' });
      const { streams } = await handle.result();
      expect(streams.find(({ key }) => key.stream === 'recipients')).toMatchObject({
        counts: { rowsInserted: 2, rowsQuarantined: 1 },
        verdict: { kind: 'incomplete' },
      });
      let scanned = 0;
      for await (const { workflowId, runId } of client.workflow.list()) {
        const history = historyToJson(await client.workflow.getHandle(workflowId, runId).fetchHistory());
        expect(findPersonal(history, [salt])).toEqual([]);
        expect(Math.max(...payloadsOf(history).map(({ text }) => text.length))).toBeLessThanOrEqual(32 * 1024);
        scanned += 1;
      }
      expect(scanned).toBe(1);
    });
  });

  it('hold nothing of what SendGrid posted, nor of a call that it refused', async () => {
    const api = createServer((request, response) => {
      const message = `${request.headers.authorization} of zoe@example.com is revoked`;
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ errors: [{ message }] }));
    });
    await new Promise<void>((done) => api.listen(0, '127.0.0.1', done));
    const { publicKey } = createHookKeys('histories');
    const key = 'SG.key-of-the-histories.4711';
    const yaml = readFileSync(join(folder, 'mailmart.yaml'), 'utf8');
    writeFileSync(
      join(folder, 'mailmart.yaml'),
      `${yaml}
  - id: mail
    type: sendgrid
    base_url: http://127.0.0.1:${(api.address() as AddressInfo).port}
    credentials: { api_key: "\${env:SENDGRID_KEY}" }
    webhook: { public_keys: [${publicKey}] }
    streams: [events, bounces]
`,
    );
    project = loadProject(folder, { ...env, SENDGRID_KEY: key });
    const open = { email: 'ann@example.com', timestamp: 1_782_820_000, event: 'open', sg_event_id: 'e1' };
    const writer = await openInboxWriter(folder, clock);
    await writer.append('mail', 'events', {
      body: Buffer.from(
        JSON.stringify([open, { ...open, email: 'bob@example.com', sg_event_id: ['carol@example.com'] }]),
      ),
      receivedAt: clock.now(),
      contentType: 'application/json',
      isSigned: true,
    });
    await writer.close();
    const said: string[] = [];
    const note = (fields: object, message: string): void => void said.push(`${message} ${JSON.stringify(fields)}`);
    const heard = { debug: note, info: note, warn: note, error: note };
    try {
      await withWorker({ project, env, clock, logger: heard, encrypted: false }, async ({ client, taskQueue }) => {
        const options = { client, taskQueue, onRunning: 'refuse' } as const;
        const { handle } = await startSync(options, { source: 'sendgrid', accountId: 'mail', runId: 'refused' });
        const end = await handle.result().then(JSON.stringify, (error: unknown) => inspect(error, { depth: 10 }));
        const history = historyToJson(await handle.fetchHistory());
        expect(findPersonal(history, [project.salt(), key, publicKey])).toEqual([]);
        // Both troubles are in it, in words.
        const words = payloadsOf(history).map(({ text }) => text);
        expect(words.join()).toMatch(/1 record is in quarantine/);
        expect(words.join()).toMatch(/answered 401/);
        for (const text of [end, ...said]) expect(text).not.toMatch(/@example|SG\.key|4711/);
        expect(said.join()).not.toContain(publicKey);
      });
    } finally {
      api.close();
    }
  });
});

describe('a run that Temporal no longer knows', () => {
  it('is closed in the run log when the next worker starts', async () => {
    await run('run-1');
    const { deps, close } = await openDeps({ project, clock, logger });
    const lost: RunRecord = {
      runId: 'lost',
      kind: 'pipeline',
      accountId: null,
      startedAt: clock.now(),
      finishedAt: null,
      status: 'running',
      verdict: null,
      message: null,
    };
    await deps.warehouse.recordRun(lost);
    await close();
    const worker = await hostWorker({ project, env, clock, logger });
    try {
      const runs = await worker.deps.warehouse.latestRuns(10);
      const found = runs.find(({ runId }) => runId === 'lost');
      expect([found?.status, found?.message]).toEqual(['failed', expect.stringContaining('start a run to go on')]);
      expect(runs.find(({ runId }) => runId === 'run-1')?.status).toBe('done');
    } finally {
      await worker.shutdown();
    }
  });
});

describe('a running worker', () => {
  it('is found and used by other commands, and refuses a second worker by its process', async () => {
    const worker = await workerProcess();
    expect(findWorker(project)).toMatchObject({ pid: worker.pid });
    expect(await run('run-1')).toMatchObject({ verdict: { kind: 'complete' }, pid: worker.pid });
    const refusal = await hostWorker({ project, env, clock, logger }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(WorkerRunning);
    expect((refusal as WorkerRunning).pid).toBe(worker.pid);
    const exit = new Promise<number | null>((ended) => worker.once('exit', (code) => ended(code)));
    worker.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(findWorker(project)).toBeUndefined();
  });

  it('is not used once mailmart.yaml has changed: it works on what it started with', async () => {
    const worker = await workerProcess();
    const file = join(folder, 'mailmart.yaml');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, `${before}costs: { rules: [{ kind: tools, amount: 99, per: month }] }\n`);
    project = loadProject(folder, env);
    const refusal = await run('run-1').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigError);
    expect((refusal as ConfigError).problems).toMatchObject([{ code: 'CONFIG_CHANGED' }]);
    expect((refusal as ConfigError).message).toContain(`process ${worker.pid}`);
    // As it was: the worker is up to date again. So is one of an older version, for all that anybody knows.
    writeFileSync(file, before);
    project = loadProject(folder, env);
    expect(await run('run-2')).toMatchObject({ pid: worker.pid });
    const record = join(folder, '.mailmart/worker.json');
    const { configHash: _, ...older } = JSON.parse(readFileSync(record, 'utf8')) as Record<string, unknown>;
    writeFileSync(record, JSON.stringify(older));
    writeFileSync(file, `${before}# changed\n`);
    project = loadProject(folder, env);
    expect(await run('run-3')).toMatchObject({ pid: worker.pid });
  });

  it('takes its server with it when it is killed, and the next one goes on where it was', async () => {
    const worker = await workerProcess();
    const server = serverPid();
    expect(processId(server)).toBeDefined();
    worker.kill('SIGKILL');
    for (const until = performance.now() + 5_000; performance.now() < until && processId(server) !== undefined;) {
      await delay(50);
    }
    expect(processId(server)).toBeUndefined();
    expect(findWorker(project)).toBeUndefined();
    expect(await run('run-2')).toMatchObject({ verdict: { kind: 'complete' } });
  });
});
