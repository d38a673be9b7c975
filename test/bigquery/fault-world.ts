import { PassThroughClient } from 'google-auth-library';
import { onTestFinished } from 'vitest';
import type { LandedRow, StreamKey } from '../../src/contracts/sync.ts';
import type { LoadUnit, Warehouse } from '../../src/warehouse/port.ts';
import { openBigquery } from '../../src/warehouse/bigquery/index.ts';
import type { BudgetOptions } from '../../src/warehouse/bigquery/budget.ts';
import { createFixture, frozen, landUnit, row, type Fixture } from '../../src/warehouse/duckdb/load-fixture.ts';
import { startGoogle, type Google } from './emulator.ts';
import { startProxyForTest, type Job, type Proxy } from './proxy.ts';

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
    readonly checkpoint: unknown;
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
  google ??= await startGoogle();
  worlds += 1;
  const key: StreamKey = { source: 'mailchimp', accountId: 'shop', stream: `members_${worlds}` };
  const proxy = await startProxyForTest(google.bigquery);
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
      const q = warehouse.quote;
      const exists = (await warehouse.tableKind(`raw.mailchimp__${key.stream}`)) !== null;
      const rows = exists
        ? await warehouse.query(
            `select _primary_key as key from ${q(`raw.mailchimp__${key.stream}`)}
            where _partition_date is null or _partition_date >= date '0001-01-01' order by _primary_key`,
          )
        : [];
      const loads = await warehouse.query(
        `select number, batch_id, rows_inserted, table_rows from ${q('ops.load_ledger')}
        where stream = '${key.stream}' order by number`,
      );
      const state = await warehouse.readState(key);
      return {
        keys: rows.map((one) => one['key']),
        loads: loads.map((one) => `${one['number']} ${one['batch_id']} ${one['rows_inserted']} ${one['table_rows']}`),
        checkpoint: state.get('list=1')?.cursor ?? null,
      };
    },
    jobsOf: (kind, state) =>
      [...proxy.jobs.values()].filter((job) => job.kind === kind && job.state === (state ?? job.state)),
  };
}

export const openThrough = async (url: string, fixture: Fixture, budget?: BudgetOptions): Promise<Warehouse> =>
  await openBigquery({
    project: 'test',
    location: 'EU',
    emulator: url,
    authClient: new PassThroughClient() as never,
    datasetPrefix: '',
    landing: fixture.landing,
    clock: frozen,
    backoff: () => 5,
    publish: async () => 'published',
    ...(budget === undefined ? {} : { budget }),
  });

export const members = (count: number, value = 1): LandedRow[] =>
  Array.from({ length: count }, (_, index) => row(`m${index}`, { id: `m${index}`, value }));

export const keysOf = (rows: readonly LandedRow[]): readonly string[] => rows.map((one) => one._primary_key).toSorted();
