import { PassThroughClient } from 'google-auth-library';
import type { Warehouse } from '../../src/warehouse/port.ts';
import type { BudgetOptions } from '../../src/warehouse/bigquery/budget.ts';
import { openBigquery } from '../../src/warehouse/bigquery/index.ts';
import { frozen, type Fixture } from '../../src/warehouse/duckdb/load-fixture.ts';

/** A worker's warehouse through the proxy at `url`, which waits for next to nothing between attempts. */
export const openThrough = async (url: string, fixture: Fixture, budget?: BudgetOptions): Promise<Warehouse> =>
  await openBigquery({
    project: 'test',
    location: 'EU',
    emulator: url,
    authClient: new PassThroughClient(),
    datasetPrefix: '',
    landing: fixture.landing,
    clock: frozen,
    backoff: () => 5,
    publish: async () => 'published',
    ...(budget === undefined ? {} : { budget }),
  });
