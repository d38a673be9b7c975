import { onTestFinished } from 'vitest';
import type { LandedRow, Row, StreamKey } from '../../src/contracts/sync.ts';
import type { LoadUnit, Warehouse } from '../../src/warehouse/port.ts';
import type { BudgetOptions } from '../../src/warehouse/bigquery/budget.ts';
import { toRow, type ApiRow, type Field } from '../../src/warehouse/bigquery/values.ts';
import { createFixture, landUnit, row, type Fixture } from '../../src/warehouse/duckdb/load-fixture.ts';
import { startGoogle, type Google } from './emulator.ts';
import { startProxyForTest, type Job, type Proxy } from './proxy.ts';
import { openThrough } from './warehouse-through.ts';

/** A proxy of its own in front of an emulator, and a warehouse that works through it on a stream of its own. */
export type World = {
  readonly proxy: Proxy;
  /** The stream of this world alone. */
  readonly key: StreamKey;
  /** Its raw table. */
  readonly table: string;
  readonly fixture: Fixture;
  readonly warehouse: Warehouse;
  /** Another worker on the same datasets. */
  readonly open: (budget?: BudgetOptions) => Promise<Warehouse>;
  readonly unit: (rows: readonly LandedRow[], more?: Partial<LoadUnit>) => Promise<LoadUnit>;
  /** What has to be the same after any fault: rows of raw, loads of the ledger, checkpoints. */
  readonly content: () => Promise<{
    readonly keys: readonly unknown[];
    readonly loads: readonly unknown[];
    readonly checkpoints: readonly string[];
  }>;
  readonly jobsOf: (kind: Job['kind'], state?: Job['state']) => readonly Job[];
};

/** The emulator keeps each query's result as a table and grows slower with each: it serves so many worlds. */
const mostWorlds = 2;
let google: Google | undefined;
let worlds = 0;

/** To be called after all tests of a file. */
export async function stopWorlds(): Promise<void> {
  await google?.stop();
  google = undefined;
}

export async function startWorld(): Promise<World> {
  if (worlds % mostWorlds === 0) await stopWorlds();
  const current = (google ??= await startGoogle());
  worlds += 1;
  const key: StreamKey = { source: 'mailchimp', accountId: 'shop', stream: `members_${worlds}` };
  const proxy = await startProxyForTest(current.bigquery);
  const fixture = createFixture();
  onTestFinished(() => fixture.remove());
  const open = async (budget?: BudgetOptions): Promise<Warehouse> => await openThrough(proxy.url, fixture, budget);
  const warehouse = await open();
  const fence = await warehouse.takeFence(key, 'run-1');
  let batches = 0;
  return {
    proxy,
    key,
    table: `raw.mailchimp__${key.stream}`,
    fixture,
    warehouse,
    open,
    unit: (rows, more = {}) =>
      landUnit(fixture.landing, { key, runId: 'run-1', batchId: `batch-${(batches += 1)}`, fence, ...more }, rows),
    content: async () => {
      const isOwn = (one: Row): boolean => one['stream'] === key.stream;
      const rows = await rowsOf(current, 'raw', `mailchimp__${key.stream}`);
      const loads = (await rowsOf(current, 'ops', 'load_ledger')).filter(isOwn);
      const states = (await rowsOf(current, 'ops', 'checkpoint')).filter(isOwn);
      return {
        keys: rows.map((one) => one['_primary_key']).toSorted(),
        loads: loads.map((one) => `${one['number']} ${one['batch_id']} ${one['rows_inserted']} ${one['table_rows']}`),
        checkpoints: states.map((one) => (JSON.parse(String(one['state'])) as { readonly cursor: string }).cursor),
      };
    },
    jobsOf: (kind, state) =>
      [...proxy.jobs.values()].filter((job) => job.kind === kind && job.state === (state ?? job.state)),
  };
}

/** Rows of a table as they lie there: the emulator serves pages of a table faster than a query. */
export async function rowsOf(google: Google, dataset: string, table: string): Promise<readonly Row[]> {
  const path = `${google.bigquery}/bigquery/v2/projects/test/datasets/${dataset}/tables/${table}`;
  const found = await fetch(path);
  if (found.status === 404) return [];
  const { schema } = (await found.json()) as { readonly schema: { readonly fields: readonly Field[] } };
  const data = await fetch(`${path}/data?maxResults=10000&formatOptions.useInt64Timestamp=true`);
  const { rows = [] } = (await data.json()) as { readonly rows?: readonly ApiRow[] };
  return rows.map((one) => toRow(schema.fields, one));
}

export const members = (count: number, value = 1): LandedRow[] =>
  Array.from({ length: count }, (_, index) => row(`m${index}`, { id: `m${index}`, value }));

export const keysOf = (rows: readonly LandedRow[]): readonly string[] => rows.map((one) => one._primary_key).toSorted();
