import type { Clock } from '../../contracts/clock.ts';
import { createSharedRun } from '../../contracts/shared-run.ts';
import type { Scalar } from '../../contracts/sync.ts';
import type { Landing } from '../../landing/port.ts';
import { WarehouseError, type PublishTables, type TableKind, type Warehouse } from '../port.ts';
import { nothingYet } from '../nothing-yet.ts';
import { createBudget, type BudgetOptions } from './budget.ts';
import { createClient, type ClientOptions } from './client.ts';
import type { Deps } from './deps.ts';
import { takeFence } from './fence.ts';
import { createJobs } from './jobs.ts';
import { load } from './load.ts';
import { query, runModel, swapTables } from './models.ts';
import { createNames, labelsOf, schemas } from './names.ts';
import { publish } from './publish.ts';
import { rawCounts, rawRecords, readState } from './raw-read.ts';
import { contentHash, replaceTable } from './replace-table.ts';
import * as runLog from './run-log.ts';
import { createSchema, ensureRaw, isSchemaThere, tablesOf } from './schema.ts';

export type BigqueryOptions = ClientOptions & {
  /** Put before the names of all datasets. */
  readonly datasetPrefix: string;
  readonly landing: Landing;
  readonly clock: Clock;
  /** Writes the readers' copy on this machine. */
  readonly publish: PublishTables;
  /** Absent: see `budget.ts`. */
  readonly budget?: { readonly [K in keyof BudgetOptions]?: BudgetOptions[K] | undefined };
  /** Creates and changes nothing; where datasets are not all there yet, an empty warehouse is looked at. */
  readonly isOnlyLooking?: boolean;
};

/** Opens BigQuery as the warehouse: creates what is not there. Any number of workers may have it open. */
export async function openBigquery(options: BigqueryOptions): Promise<Warehouse> {
  const { project, datasetPrefix, landing, clock } = options;
  const client = createClient(options);
  const names = createNames(project, datasetPrefix);
  const jobs = createJobs(client, options.backoff);
  const labels = labelsOf(datasetPrefix);
  const budget = createBudget(options.budget ?? {});
  const deps: Deps = { client, jobs, names, landing, clock, labels, budget };
  const tables = async (): Promise<ReadonlyMap<string, TableKind>> => {
    const all = await Promise.all(
      schemas.map(async (schema) => [schema, await tablesOf(client, names, schema)] as const),
    );
    return new Map(all.flatMap(([schema, found]) => [...found].map(([table, kind]) => [`${schema}.${table}`, kind])));
  };
  const warehouse: Warehouse = {
    engine: 'bigquery',
    open: () => createSchema(client, names, labels),
    close: async () => undefined,

    takeFence: (key, runId) => takeFence(deps, key, runId),
    readState: (key) => readState(deps, key),
    rawRecords: (key) => rawRecords(deps, key),
    rawCounts: (key, groupField) => rawCounts(deps, key, groupField),
    ensureRawTable: (table) => ensureRaw(client, names, table, labels),
    load: (unit) => load(deps, unit),

    recordRun: (run) => runLog.recordRun(deps, run),
    recordStream: (runId, report) => runLog.recordStream(deps, runId, report),
    recordModel: (runId, model) => runLog.recordModel(deps, runId, model),
    latestRuns: (limit) => runLog.latestRuns(deps, limit),
    runningRuns: () => runLog.runningRuns(deps),
    latestStreams: () => runLog.latestStreams(deps),
    modelFingerprints: () => runLog.modelFingerprints(deps),
    failedModels: () => runLog.failedModels(deps),
    tableFingerprints: () => runLog.tableFingerprints(deps),

    quote: names.quote,
    tables,
    tableKind: async (name) => {
      const found = await client.find(`Look at ${name}`, { path: names.path(name) });
      if (found === null) return null;
      return found['type'] === 'VIEW' ? 'view' : 'table';
    },
    lastChange: (rawTables) => runLog.lastChange(deps, rawTables),
    runModel: (runId, model, statements) => runModel(deps, runId, model, statements),
    swapTables: (runId, model, pairs) => swapTables(deps, runId, model, pairs),
    replaceTable: (name, columns, rows) => replaceTable(deps, name, columns, rows),
    contentFingerprint: contentHash,
    dryRun: (sql) => jobs.dryRun('Estimate a statement', sql),
    query: (sql, params = []) => query(deps, numbered(sql), paramsOf(params)),

    // Accounts that end together share a copy.
    publish: createSharedRun((runId) => publish(deps, options.publish, runId)),
  };
  if (options.isOnlyLooking === true) {
    return (await isSchemaThere(client, names)) ? warehouse : nothingYet('bigquery', names.quote);
  }
  await warehouse.open();
  return warehouse;
}

/** `$1` → `@p1`. */
const numbered = (sql: string): string => sql.replaceAll(/\$(\d+)/g, '@p$1');

const paramsOf = (params: readonly Scalar[]): Record<string, string | null> =>
  Object.fromEntries(
    params.map((value, index) => {
      if (typeof value !== 'string' && value !== null) {
        throw new WarehouseError('Parameters of a query are texts; cast them in the statement.', { kind: 'rejected' });
      }
      return [`p${index + 1}`, value];
    }),
  );
