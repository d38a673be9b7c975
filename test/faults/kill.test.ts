import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../src/demo/random.ts';
import { isRunning, type ProcessId, processId } from '../../src/temporal/processes.ts';
import { type DevServer, findServer, freePort, startDevServer } from '../../src/temporal/server.ts';
import { type Bench, openBench, type WorkerProcess } from '../e2e/harness.ts';
import type { Hashes } from '../e2e/tables.ts';
import { lostActivities, type PipelineStep, type Watch, watchPipeline } from './pipeline-watch.ts';

// kill -9 at random moments of one run after another; at the end every mart and every raw row must be what an undisturbed
// run makes of the same company. MAILMART_FAULT_SEED repeats the moments as far as a machine's speed allows.

const seed = Number(process.env['MAILMART_FAULT_SEED'] ?? Math.floor(Math.random() * 1e6));
const martCount = 21;
/** Long enough an answer that a kill lands between two of them. */
const latencyMs = 150;

/** Of the simulator, the same for all: some records hold links to the API. */
let port: number;
let undisturbed: { readonly marts: Hashes; readonly raw: Hashes; readonly requests: number; readonly models: number };
let bench: Bench;

beforeAll(async () => {
  console.log(`MAILMART_FAULT_SEED=${seed}`);
  port = await freePort();
  const calm = await openBench({ latencyMs, port, config: { report: {} } });
  try {
    const end = await calm.cli('run');
    if (end.code !== 0) throw new Error(`the undisturbed run ended with ${end.code}: ${end.stderr.slice(-1_000)}`);
    undisturbed = {
      marts: await calm.marts(),
      raw: await calm.raw(),
      requests: (await calm.simulator.requests()).length,
      models: Number(/^Models and tests: (\d+) run/m.exec(end.stdout)?.[1]),
    };
  } finally {
    await calm.close();
  }
  if (Object.keys(undisturbed.marts).length !== martCount || !(undisturbed.models > 150)) {
    throw new Error(`the undisturbed run made too little to compare with: ${JSON.stringify(undisturbed)}`);
  }
}, 600_000);
afterEach(() => bench.close());

/** A moment in the life of a run. */
type Moment =
  | { readonly phase: 'start'; readonly afterMs: number }
  | { readonly phase: 'sync' | 'load'; readonly requests: number; readonly afterMs: number }
  | { readonly phase: 'transform'; readonly models: number; readonly afterMs: number }
  | { readonly phase: 'publish'; readonly afterMs: number };

/** Moments in the order of a run: each phase has its share, spread at random. */
function moments(
  random: Random,
  counts: { readonly sync: number; readonly load: number; readonly transform: number },
): readonly Moment[] {
  const spread = (count: number, upTo: number): readonly number[] =>
    Array.from({ length: count }, () => random.int(1, Math.floor(upTo * 0.9))).toSorted((a, b) => a - b);
  const sync = (['sync', 'load'] as const)
    .flatMap((phase) =>
      spread(counts[phase], undisturbed.requests).map((requests) => ({
        phase,
        requests,
        afterMs: random.int(0, phase === 'load' ? 12 : 60),
      })),
    )
    .toSorted((a, b) => a.requests - b.requests);
  return [
    ...sync,
    { phase: 'start', afterMs: random.int(0, 2_500) },
    ...spread(counts.transform, undisturbed.models).map((models) => ({
      phase: 'transform' as const,
      models,
      afterMs: random.int(0, 60),
    })),
    { phase: 'start', afterMs: random.int(0, 2_500) },
    { phase: 'publish', afterMs: random.int(0, 150) },
  ];
}

/** Waits for the moment; false when the run ended before it. */
async function reached(moment: Moment): Promise<boolean> {
  const watch = await watchPipeline(bench);
  try {
    for (;;) {
      const step = await watch.step();
      if (step === 'ended') return false;
      if (await isThere(moment, step, watch)) break;
      // Asking the workflow takes a while, in which requests go on.
      if (moment.phase === 'sync' || moment.phase === 'load') await requestsReach(moment.requests, 300);
    }
  } finally {
    await watch.close();
  }
  if (moment.phase === 'load') await logGrows();
  await delay(moment.afterMs);
  return true;
}

/** Also true once the phase is over: a moment is late rather than missed. */
async function isThere(moment: Moment, step: PipelineStep, watch: Watch): Promise<boolean> {
  switch (moment.phase) {
    case 'start':
      return true;
    case 'sync':
    case 'load':
      return (step !== 'planning' && step !== 'sync') || (await bench.simulator.requestCount()) >= moment.requests;
    case 'transform':
      if (step === 'publish' || step === 'report' || step === 'done') return true;
      return step === 'transform' && (await watch.modelsDone()) >= moment.models;
    case 'publish':
      return step === 'publish' || step === 'report';
  }
}

async function requestsReach(count: number, patienceMs: number): Promise<void> {
  for (const until = performance.now() + patienceMs; performance.now() < until;) {
    if ((await bench.simulator.requestCount()) >= count) return;
  }
}

/** Until the warehouse's write-ahead log moves: a transaction is being committed. */
async function logGrows(): Promise<void> {
  const size = (): number => statSync(`${bench.warehouse}.wal`, { throwIfNoEntry: false })?.size ?? 0;
  const before = size();
  for (const until = performance.now() + 1_500; performance.now() < until && size() === before;) await delay(1);
}

/** The server's database is gone: nobody knows of the run any more. */
async function forget(server: ProcessId): Promise<void> {
  // It notices a moment later that its worker has gone, and may write until then.
  for (let runs = true; runs; runs = isRunning(server)) await delay(20);
  const state = path.join(bench.folder, '.mailmart');
  for (const name of readdirSync(state).filter((file) => file.startsWith('temporal.db')))
    rmSync(path.join(state, name));
}

/** Starts a run without waiting for its end: the command ends when its worker is killed, the run does not. */
async function beginRun(): Promise<void> {
  const run = bench.start('run');
  const watch = await watchPipeline(bench);
  try {
    while ((await watch.step()) === 'ended') {
      await Promise.race([delay(50), run.ended]);
      if (/^Complete/m.test(run.stderr())) return;
    }
  } finally {
    await watch.close();
  }
}

/** The run that everything led to: complete at once, and the same to the byte as without any fault. */
async function expectUndisturbed(worker: WorkerProcess): Promise<void> {
  const end = await bench.cli('run');
  expect(`${end.stderr.slice(-1_000)} code ${end.code}`).toMatch(/^Complete in .*, published\.\n code 0$/m);
  expect((await worker.stop()).code).toBe(0);
  expect(await bench.marts()).toEqual(undisturbed.marts);
  expect(await bench.raw()).toEqual(undisturbed.raw);
  expect(await bench.simulator.violations()).toEqual([]);
}

describe('kill -9 of the worker', () => {
  it('at random moments of sync, load, transform and publication changes nothing', { timeout: 1_200_000 }, async () => {
    const random = createRandom('kill worker', seed);
    bench = await openBench({ latencyMs, port, config: { report: {} } });
    const landed: string[] = [];
    let loads = 0;
    let worker = await bench.startWorker();
    await beginRun();
    for (const moment of moments(random, { sync: 5, load: 8, transform: 7 })) {
      if (!(await reached(moment))) {
        // All done before the moment came: a further run, in which less is left to do.
        await beginRun();
        if (!(await reached(moment))) continue;
      }
      const requests = await bench.simulator.requestCount();
      const known = lostActivities(bench).length;
      const server = processId(bench.serverPid()) ?? { pid: 0, startedAt: 'ended already' };
      await worker.destroy();
      // Not every worker finds what the server knew: then rows, ledger and checkpoints alone say where to go on.
      const isForgotten = moment.phase === 'load' && (loads += 1) % 2 === 0;
      if (isForgotten) await forget(server);
      if (moment.phase === 'start') {
        const starting = bench.start('worker');
        await delay(moment.afterMs);
        starting.kill('SIGKILL');
        await starting.ended;
      }
      worker = await bench.startWorker();
      if (isForgotten) await beginRun();
      const at = isForgotten ? ['run forgotten'] : lostActivities(bench).slice(known).flat();
      const where = `${moment.phase}, after ${requests} requests: ${at.length === 0 ? 'between activities' : at.join(' ')}`;
      landed.push(where);
      console.log(`kill ${landed.length} in ${where}`);
    }
    expect(landed.length).toBeGreaterThanOrEqual(20);
    const hit = ['extractBatch', 'loadBatch', 'runAction'].filter((name) => landed.some((line) => line.includes(name)));
    expect(hit).toEqual(['extractBatch', 'loadBatch', 'runAction']);
    await expectUndisturbed(worker);
  });
});

describe('kill -9 of the Temporal server, restarted with its database file', () => {
  let server: DevServer;
  const files = (name: string): string => path.join(bench.folder, name);
  const start = async (port: number): Promise<DevServer> => {
    const choice = findServer(undefined, { ...process.env, TEMPORAL_ADDRESS: '' });
    if (choice?.kind !== 'program') throw new Error('The tests need a temporal program: run make setup');
    return await startDevServer({
      program: choice.path,
      dbFile: files('server.db'),
      recordFile: files('server.json'),
      logFile: files('server.log'),
      port,
    });
  };
  const killServer = async (): Promise<void> => {
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
  };
  afterEach(() => server.stop());

  it('under a worker that goes on, and together with it, changes nothing', { timeout: 900_000 }, async () => {
    const random = createRandom('kill server', seed);
    const serverPort = await freePort();
    bench = await openBench({ latencyMs, port, config: { temporal: { address: `127.0.0.1:${serverPort}` } } });
    server = await start(serverPort);
    let worker = await bench.startWorker();
    const run = bench.start('run');
    const watch = await watchPipeline(bench);
    while ((await watch.step()) === 'ended') await delay(20);
    await watch.close();
    const all = moments(random, { sync: 2, load: 1, transform: 3 }).filter(({ phase }) => phase !== 'start');
    for (const [index, moment] of all.entries()) {
      if (!(await reached(moment))) await beginRun();
      const both = index % 3 === 2;
      console.log(`kill of the server${both ? ' and the worker' : ''} in ${moment.phase}`);
      if (both) await worker.destroy();
      await killServer();
      await delay(random.int(0, 1_500));
      server = await start(serverPort);
      if (both) worker = await bench.startWorker();
    }
    await run.ended;
    await expectUndisturbed(worker);
  });
});
