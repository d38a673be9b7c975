import { WarehouseError, type Warehouse } from './port.ts';

/** A warehouse that was not made yet, for those who only look: nothing is in it, and writing to it is a mistake. */
export function nothingYet(engine: Warehouse['engine'], quote: Warehouse['quote'] = (name) => name): Warehouse {
  const refuse = (): Promise<never> =>
    Promise.reject(new WarehouseError('The warehouse is not there yet.', { kind: 'drift', fix: 'mailmart run' }));
  return {
    engine,
    open: async () => undefined,
    close: async () => undefined,
    takeFence: refuse,
    readState: async () => new Map(),
    rawRecords: async function* () {},
    rawCounts: async () => new Map(),
    ensureRawTable: refuse,
    load: refuse,
    recordRun: refuse,
    recordStream: refuse,
    recordModel: refuse,
    latestRuns: async () => [],
    runningRuns: async () => [],
    latestStreams: async () => [],
    modelFingerprints: async () => new Map(),
    failedModels: async () => new Set(),
    tableFingerprints: async () => new Map(),
    quote,
    tables: async () => new Map(),
    tableKind: async () => null,
    lastChange: async () => null,
    runModel: refuse,
    swapTables: refuse,
    replaceTable: refuse,
    contentFingerprint: () => 'not there yet',
    query: refuse,
    dryRun: refuse,
    publish: refuse,
  };
}
