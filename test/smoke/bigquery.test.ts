import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../../src/contracts/sync.ts';
import { createWorld } from '../../src/demo/world.ts';
import { company, runCli, temporaryFolder } from '../cli/run-cli.ts';
import { marts } from '../truth/all-marts.ts';
import { startInProcess, type InProcess, type InProcessOptions } from '../truth/in-process.ts';
import { openTheWorld, type Place } from './place.ts';

// On a real project: `make test-bigquery PROJECT=…`; here, so that it is seen to run, on the emulators: EMULATOR=1.

let place: Place;
const running: InProcess[] = [];
beforeAll(async () => {
  place = await openTheWorld();
});
afterAll(async () => {
  if (place === undefined) return;
  try {
    for (const run of running) await run.stop().catch((error: unknown) => console.log(error));
    await place.remove();
    const left = await place.leftovers();
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    console.log('smoke: everything that was made is removed');
  } catch (error) {
    // An emulator's memory may have ended by now; what is in it goes with its process. Anything else is a failure.
    if (!place.isEmulator || !/googlesqlite: panic/.test(String(error))) throw error;
    console.log('smoke: the emulator ended before everything was removed from it');
  } finally {
    await place.stop();
  }
});

const world = createWorld({ seed: 1, size: 'tiny' });

/** An emulator joins row by row, and its memory ends after some hundred statements: there, one stream and the model above it. */
const accounts = (): readonly string[] => (place.isEmulator ? ['books'] : ['shop-newsletter', 'books']);
const streams = (): readonly string[] | undefined => (place.isEmulator ? ['costs'] : undefined);

/** What is compared: table → key. */
const compared = (): Readonly<Record<string, readonly string[]>> =>
  place.isEmulator
    ? { 'staging.stg_file__costs': ['cost_id'] }
    : Object.fromEntries(Object.entries(marts).map(([mart, { key }]) => [`marts.${mart}`, key]));
const selected = () => (place.isEmulator ? { select: Object.keys(compared()) } : {});

/** Sync of all sources, with the real connectors, landing and load, and the transform. */
async function pipeline(more: Partial<InProcessOptions> = {}): Promise<InProcess> {
  const run = await startInProcess({ world, ...more });
  running.push(run);
  for (const accountId of accounts()) {
    for (const { key, verdict } of await run.sync(accountId, streams())) {
      expect([key.stream, verdict.kind, verdict.missing]).toEqual([key.stream, 'complete', []]);
    }
  }
  const { failures, blocked } = await run.transform(selected());
  expect(failures.map(({ name, message }) => `${name}: ${message}`)).toEqual([]);
  expect(blocked).toEqual([]);
  return run;
}

it('removes what it makes, and sees what is left', async () => {
  await place.litter();
  const left = await place.leftovers();
  expect(left.toSorted()).toEqual([
    `dataset ${place.prefix}litter`,
    ...(place.landing === null ? [] : [`object ${place.landing.split('/').at(-1)}/litter`]),
  ]);
  await place.remove();
  expect(await place.leftovers()).toEqual([]);
});

describe('mailmart check --deep', () => {
  it('finds nothing wrong, and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    try {
      folder.write(
        'mailmart.yaml',
        `${company}sources: []
warehouse: { engine: bigquery, project: ${place.project}, dataset_prefix: ${place.prefix}, location: ${place.location} }
${place.landing === null ? '' : `landing: { path: "${place.landing}" }\n`}`,
      );
      const before = await place.leftovers();
      const { stdout } = await runCli(['check', '--deep', '--json'], { cwd: folder.path, env: place.env });
      const { findings } = JSON.parse(stdout) as {
        findings: { group: string; item: string; status: string; message: string }[];
      };
      const warehouse = findings.filter(({ group }) => group.startsWith('warehouse'));
      console.log(warehouse.map(({ item, status, message }) => `${status.padEnd(8)}${item}: ${message}`).join('\n'));
      expect(warehouse.length).toBeGreaterThan(10);
      expect(warehouse.filter(({ status }) => status === 'failed')).toEqual([]);
      if (!place.isEmulator) expect(warehouse.find(({ item }) => item === 'pruning')).toMatchObject({ status: 'ok' });
      expect(await place.leftovers()).toEqual(before);
    } finally {
      folder.remove();
    }
  });
});

describe('the tiny company on BigQuery', () => {
  it('has the same tables as on DuckDB, to the last cell, and a second run changes nothing', async () => {
    const embedded = await pipeline();
    const google = await pipeline({ openPlace: place.open });
    let rowCount = 0;
    for (const [table, key] of Object.entries(compared())) {
      const expected = await rowsOf(embedded, table, key);
      expect([table, await rowsOf(google, table, key)]).toEqual([table, expected]);
      expect([table, expected.length > 0]).toEqual([table, true]);
      rowCount += expected.length;
    }
    for (const accountId of accounts()) await google.sync(accountId, streams());
    const again = await google.transform(selected());
    expect(again.runs.map(({ name }) => name)).toEqual([]);
    console.log(`smoke: ${rowCount} rows are equal on both engines`);
  });

  it.skipIf(process.env['EMULATOR'] !== undefined && process.env['EMULATOR'] !== '')(
    'is published from BigQuery',
    async () => {
      const google = running[1];
      expect(await google?.warehouse.publish('smoke')).toMatch(/published\.duckdb$/);
    },
  );
});

const plain = (value: Row[string]): Row[string] => {
  if (typeof value === 'number' && !Number.isInteger(value)) return value.toPrecision(12);
  return typeof value === 'string' && /^-?\d+\.\d+$/.test(value) ? value.replace(/\.?0+$/, '') : (value ?? null);
};

/**
 * Rows in the order of their key, without the instant of their load. Floating-point numbers to twelve digits, which is where engines
 * may add in another order; decimals without the zeros at their end, which DuckDB writes.
 */
async function rowsOf({ warehouse }: InProcess, table: string, key: readonly string[]): Promise<readonly Row[]> {
  const rows = await warehouse.query(`select * from ${warehouse.quote(table)}`);
  const place = (row: Row): string => JSON.stringify(key.map((column) => row[column]));
  return rows
    .map((row) =>
      Object.fromEntries(
        Object.entries(row)
          .filter(([name]) => name !== 'loaded_at')
          .map(([name, value]) => [name, plain(value)]),
      ),
    )
    .toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}
