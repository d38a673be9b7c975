import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Clock } from '../../contracts/clock.ts';
import { createMutex } from '../../contracts/mutex.ts';
import { createSharedRun } from '../../contracts/shared-run.ts';
import type { Landing } from '../../landing/port.ts';
import { WarehouseError, type Warehouse } from '../port.ts';
import { checkLength, checkTables } from './check.ts';
import { Database } from './database.ts';
import { isConflict } from './errors.ts';
import { takeFence } from './fence.ts';
import { quoteTable } from './identifiers.ts';
import { rawTableName } from '../table-name.ts';
import { load } from './load.ts';
import { createRawTable } from './merge.ts';
import { runModel, swapStatements } from './models.ts';
import { publish } from './publish.ts';
import { rawCounts, rawRecords, readState, tableKind, tables } from './raw-read.ts';
import { contentHash, replaceTable } from './replace-table.ts';
import * as runLog from './run-log.ts';
import type { Session } from './session.ts';
import { migrate } from './schema.ts';
import { checkWitness, writeWitness } from './witness.ts';

export type DuckdbOptions = {
  /** The warehouse file; created when absent. Its folder holds temporary files too. */
  readonly path: string;
  readonly landing: Landing;
  /** Where `publish` puts the readers' copy. */
  readonly publishedPath: string;
  /** DuckDB's memory limit for models and queries, `2GB`; beyond it work spills to disk. Loads take less. Default 2GB. */
  readonly memoryLimit?: string;
  readonly clock: Clock;
  /** How long to wait while another process holds the file; default 0. */
  readonly lock?: { readonly waitMs: number };
};

/**
 * Opens the embedded warehouse. One process owns the file: another gets a failure of kind `locked` that names the
 * owner's PID. Nothing else in this process may open or copy the file meanwhile: closing any other handle of it would
 * drop DuckDB's lock. Schemas are created, and the file is checked against its ledger, by `open()`, which is called here.
 */
export async function openDuckdb(options: DuckdbOptions): Promise<Warehouse> {
  const { landing, clock } = options;
  const path = resolve(options.path);
  let isFresh = !existsSync(path);
  const hasLog = existsSync(`${path}.wal`);
  if (isFresh && hasLog) {
    throw new WarehouseError(`${path} is missing, but its .wal is there.`, {
      kind: 'drift',
      fix: 'Bring the warehouse file back beside its .wal, or move the .wal away to start with an empty warehouse.',
    });
  }
  const database = await Database.open({
    path,
    memoryLimit: options.memoryLimit ?? '2GB',
    folders: [
      dirname(path),
      dirname(resolve(options.publishedPath)),
      ...(landing.root === undefined ? [] : [landing.root]),
    ],
    lockWaitMs: options.lock?.waitMs ?? 0,
  });
  const commits = createMutex();
  /** Of streams: they do not wait for other streams' loads. */
  const beginnings = createMutex();
  const loader = {
    database,
    landing,
    clock,
    commits,
    committed: (number: number) => writeWitness(database.path, number),
    ledger: { latest: undefined, tables: new Map() },
  };
  const warehouse: Warehouse = {
    engine: 'duckdb',
    open: () =>
      database.useAmply(async (session) => {
        await migrate(session, clock);
        await checkTables(session);
        await checkWitness(session, database.path, isFresh);
        isFresh = false;
      }),
    close: () => database.close(),

    takeFence: async (key, runId) => {
      const take = (session: Session): Promise<number> => takeFence(session, key, runId, clock);
      try {
        return await database.use((session) => beginnings(() => take(session)));
      } catch (error) {
        if (!isConflict(error)) throw error;
        // An older run of the stream is loading: its load ends first.
        return await database.use((session) => commits(() => take(session)));
      }
    },
    readState: (key) => database.use((session) => readState(session, key)),
    rawRecords: (key) => rawRecords(database, key),
    rawCounts: (key, groupField) => database.use((session) => rawCounts(database, session, key, groupField)),
    ensureRawTable: async ({ source, stream }) => {
      const name = rawTableName(source, stream);
      if (database.rawTables.has(name)) return;
      await database.use((session) => beginnings(() => createRawTable(session, source, stream)));
      database.rawTables.add(name);
    },
    load: (unit) => load(loader, unit),

    recordRun: (run) => database.use((session) => runLog.recordRun(session, run, clock)),
    recordStream: (runId, report) => database.use((session) => runLog.recordStream(session, runId, report, clock)),
    recordModel: (runId, model) => database.use((session) => runLog.recordModel(session, runId, model, clock)),
    latestRuns: (limit) => database.use((session) => runLog.latestRuns(session, limit)),
    runningRuns: () => database.use(runLog.runningRuns),
    latestStreams: () => database.use(runLog.latestStreams),
    modelFingerprints: () => database.use(runLog.modelFingerprints),
    failedModels: () => database.use(runLog.failedModels),
    tableFingerprints: () => database.use(runLog.tableFingerprints),

    quote: quoteTable,
    tables: () => database.use(tables),
    tableKind: (name) => database.use((session) => tableKind(session, name)),
    lastChange: (names) => database.use((session) => runLog.lastChange(session, names)),
    runModel: (runId, model, statements, signal) => runModel(database, clock, runId, model, statements, signal),
    swapTables: (runId, model, pairs, signal) => runModel(database, clock, runId, model, swapStatements(pairs), signal),
    replaceTable: (name, columns, rows) =>
      database.useAmply((session) => replaceTable(session, clock, name, columns, rows)),
    contentFingerprint: contentHash,
    dryRun: async () => null,
    query: (sql, params) => database.useAmply((session) => session.rows('Query', sql, params)),

    // Accounts that end together share a copy.
    publish: createSharedRun((runId) => publish(database, clock, options.publishedPath, runId)),
  };
  try {
    if (!hasLog) await database.use((session) => checkLength(session, database.path));
    await warehouse.open();
  } catch (error) {
    await database.close();
    throw error;
  }
  return warehouse;
}
