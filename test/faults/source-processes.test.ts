import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../connectors/mailchimp/simulator.ts';
import { createWorld } from '../../src/demo/world.ts';
import { type Bench, openBench, type WorkerProcess } from '../e2e/harness.ts';
import type { Hashes } from '../e2e/tables.ts';
import { differencesOf, expectNoStack } from '../e2e/truth.ts';

// What a source can do wrong, through the real command and Temporal: exit code, words, and what the next run makes of it.

const seed = Number(process.env['MAILMART_FAULT_SEED'] ?? 1);
const world = createWorld({ seed: 1, size: 'tiny' });

describe('a source that refuses', () => {
  let bench: Bench;
  let worker: WorkerProcess;
  let marts: Hashes;
  beforeAll(async () => {
    bench = await openBench();
    worker = await bench.startWorker();
  });
  afterAll(() => bench.close());

  it('a key that expires half-way: exit 4, what to do, and the next run goes on to the true numbers', async () => {
    await bench.simulator.addFaults({ kind: 'key_expired', from: 60 });
    const end = await bench.cli('run');
    expectNoStack(end);
    expect(end.code).toBe(4);
    expect(end.stderr).toMatch(
      /^Error SOURCE_AUTH: .* answered 401 \(API Key Invalid\)\. Fix: .*make a new key .*update the secret\.$/m,
    );
    expect(end.stdout).toMatch(/^Missing:$/m);
    await bench.simulator.clearFaults();
    await bench.simulator.restoreKey();
    const healed = await bench.cli('run');
    expect(healed.code).toBe(0);
    expect(await differencesOf(bench, world, [world.now])).toEqual({});
    marts = await bench.marts();
  });

  it('a collection that contradicts its total: exit 5, named by stream and item; no row is lost, the next run is complete', async () => {
    await bench.simulator.addFaults({ kind: 'empty_page', path: '/sent-to$', times: Infinity });
    const end = await bench.cli('run');
    expectNoStack(end);
    expect(end.code).toBe(5);
    expect(end.stdout).toMatch(/ {2}- shop-newsletter: sent_to: .*0 records were read where the source states \d+/);
    expect(end.stderr).toMatch(/^Not complete \(incomplete\) after .*mailmart explain DATA_INCOMPLETE$/m);
    expect(await bench.marts()).toEqual(marts);
    await bench.simulator.clearFaults();
    expect((await bench.cli('run')).code).toBe(0);
    expect(await bench.marts()).toEqual(marts);
  });

  it('a spent quota: exit 7, one request, and the tables stay', async () => {
    await bench.simulator.addFaults({ kind: 'rate_limited', path: '^/lists$', retryAfter: '86400', times: Infinity });
    await bench.simulator.resetRequests();
    const end = await bench.cli('run');
    expectNoStack(end);
    expect(end.code).toBe(7);
    expect(end.stderr).toMatch(/^Error SOURCE_QUOTA: .*quota is used up/m);
    expect((await bench.simulator.requests()).filter(({ path }) => path === '/lists')).toHaveLength(1);
    expect(await bench.marts()).toEqual(marts);
    await bench.simulator.clearFaults();
    expect((await bench.cli('run')).code).toBe(0);
    expect(await bench.marts()).toEqual(marts);
    expect((await worker.stop()).code).toBe(0);
  });
});

describe('a source that stumbles all the time', () => {
  it('is read to the end all the same, and every number is the true one', async () => {
    const bench = await openBench();
    try {
      const kinds: readonly Fault['kind'][] = [
        'rate_limited',
        'blocked',
        'server_error',
        'bad_gateway',
        'reset',
        'reset_in_body',
        'truncated',
        'html_200',
        'empty_body',
        'empty_page',
      ];
      await bench.simulator.addFaults(
        ...kinds.map((kind, index): Fault => ({ kind, rate: 0.03, times: 6, seed: seed + index })),
        { kind: 'rate_limited', retryAfter: '1', rate: 0.03, times: 6, seed: seed + 20 },
        { kind: 'stall', ms: 3_000, rate: 0.03, times: 3, seed: seed + 21 },
      );
      const end = await bench.cli('run');
      expectNoStack(end);
      expect(`${end.stderr.slice(-800)} code ${end.code}`).toMatch(/ code 0$/);
      expect((await bench.simulator.struck()).length).toBeGreaterThan(20);
      expect(await differencesOf(bench, world, [world.now])).toEqual({});
    } finally {
      await bench.close();
    }
  });
});
