import { join } from 'node:path';
import { createLocalLanding } from '../src/landing/local.ts';
import { openDuckdb } from '../src/warehouse/duckdb/index.ts';
import type { Warehouse } from '../src/warehouse/port.ts';

export const warehousePath = (folder: string): string => join(folder, 'warehouse.duckdb');

/** The clock of all runs: a day after the newest event. */
export const clock = { now: () => '2026-06-02T12:00:00.000Z' };

/** The warehouse of a project's folder, opened as the product does. */
export function openWarehouse(folder: string, memoryLimit: string): Promise<Warehouse> {
  return openDuckdb({
    path: warehousePath(folder),
    landing: createLocalLanding(join(folder, 'landing')),
    publishedPath: join(folder, 'published.duckdb'),
    memoryLimit,
    clock,
  });
}
