import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { contentAfter } from '../../src/warehouse/duckdb/crash-plan.ts';
import { createFixture } from '../../src/warehouse/duckdb/load-fixture.ts';
import { startGoogleForTest } from './emulator.ts';
import { rowsOf } from './fault-world.ts';
import { isCommit, isLoad, startProxyForTest, type Fault, type Proxy } from './proxy.ts';

const child = fileURLToPath(new URL('faults-child.ts', import.meta.url));

/** Before: the request never arrives. While: it is under way, and BigQuery does it. After: it is done, and nobody hears of it. */
type Moment = { readonly on: Fault['on']; readonly skip: number; readonly when: 'before' | 'while' | 'after' };

/** Runs the worker and kills it at that moment, or lets it end. */
async function work(proxy: Proxy, folder: string, runId: string, batches: number, moment: Moment | null) {
  const worker = spawn(process.execPath, [child, proxy.url, folder, runId, String(batches)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => worker.once('close', () => resolve()));
  let text = '';
  worker.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  let isKilled = false;
  const kill = (): void => {
    isKilled = true;
    worker.kill('SIGKILL');
  };
  if (moment !== null) {
    const { on, skip, when } = moment;
    const hit: Fault['hit'] =
      when === 'before'
        ? { kind: 'refuse', answer: 'cut', meanwhile: kill }
        : when === 'while'
          ? { kind: 'meanwhile', before: kill }
          : { kind: 'meanwhile', after: kill };
    proxy.fault({ on: (seen) => !isKilled && on(seen), skip, hit });
  }
  await ended;
  return { isFinished: text === 'finished\n', isKilled };
}

/** Small generator with a printed seed, so that a failing sequence of kills can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('a worker killed at 11 moments of its loads and commits leaves every row, ledger line and load job once', async () => {
  const seed = Number(process.env['MAILMART_TEST_SEED'] ?? Date.now() % 1_000_000);
  const random = randomFrom(seed);
  const google = await startGoogleForTest();
  const proxy = await startProxyForTest(google.bigquery);
  const fixture = createFixture();
  // More than the kills can let through: each kill falls into the first load of its worker, or the one before it.
  const batches = 8;
  const given: readonly Moment[] = [isLoad, isCommit].flatMap((on) =>
    (['before', 'while', 'after'] as const).map((when) => ({ on, skip: 0, when })),
  );
  const drawn: readonly Moment[] = Array.from({ length: 5 }, () => ({
    on: () => true,
    skip: 4 + Math.floor(random() * 10),
    when: (['before', 'while', 'after'] as const)[Math.floor(random() * 3)] ?? 'while',
  }));
  // A killed worker's activity is tried again by the same run; now and then a new run takes the stream.
  let kills = 0;
  for (const [index, moment] of [...given, ...drawn].entries()) {
    const { isKilled } = await work(proxy, fixture.folder, `run-${Math.floor(index / 6)}`, batches, moment);
    if (isKilled) kills += 1;
  }
  const last = await work(proxy, fixture.folder, 'run-1', batches, null);
  expect({ seed, ...last }).toEqual({ seed, isFinished: true, isKilled: false });
  expect({ seed, kills }).toEqual({ seed, kills: 11 });

  const rows = await rowsOf(google, 'raw', 'mailchimp__members');
  const lines = rows.map((one) => `${one['_primary_key']} ${one['_record_hash']} ${one['_deleted_at'] !== null}`);
  expect({ seed, lines: lines.toSorted() }).toEqual({ seed, lines: contentAfter(batches) });
  const ledger = await rowsOf(google, 'ops', 'load_ledger');
  expect({ seed, loads: ledger.map((one) => `${one['number']} ${one['batch_id']}`).toSorted() }).toEqual({
    seed,
    loads: Array.from({ length: batches }, (_, index) => `${index + 1} ${index + 1}`),
  });
  const inserted = ledger.reduce((sum, one) => sum + Number(one['rows_inserted']), 0);
  expect(inserted).toBe(contentAfter(batches).length);
  // A job's id is used up by its first insert, so there is one success of each; a commit has one success for each ledger line.
  const done = [...proxy.jobs.values()].filter(({ state }) => state === 'done');
  expect(done.filter(({ sql }) => isCommit({ kind: 'query', sql } as never))).toHaveLength(batches);
  expect([...proxy.jobs.values()].filter(({ state }) => state === 'running')).toEqual([]);
  // A staged batch is met again by its run; only the run that takes over may have to load one anew.
  expect(done.filter(({ kind }) => kind === 'load').length).toBeLessThanOrEqual(batches + 1);
  console.log(
    `kills ${kills}, load jobs ${done.filter(({ kind }) => kind === 'load').length}, requests ${proxy.seen.length}`,
  );
  fixture.remove();
});
