import { DuckDBInstance } from '@duckdb/node-api';
import type { WarehouseError } from '../port.ts';
import { warehouseFailure } from './errors.ts';
import { noExtensions } from './no-extensions.ts';
import { tableKind } from './raw-read.ts';
import { requireKnownVersion } from './schema.ts';
import { Session } from './session.ts';

/**
 * Why this mailmart cannot work with the file, as opening it would say; undefined also where that cannot be told, as while its
 * owner is at work. Nothing is written. Not beside a warehouse that is open in this process: letting go of the file here
 * would drop its lock.
 */
export async function unusable(path: string): Promise<WarehouseError | undefined> {
  let instance: DuckDBInstance | undefined;
  try {
    instance = await DuckDBInstance.create(path, {
      access_mode: 'READ_ONLY',
      // For what a killed owner left in the .wal.
      memory_limit: '512MB',
      temp_directory: '',
      ...noExtensions,
    });
    const session = new Session(await instance.connect());
    if ((await tableKind(session, 'ops.schema_version')) !== null) await requireKnownVersion(session);
    return undefined;
  } catch (error) {
    const failure = warehouseFailure(error, `Could not open ${path}`);
    return failure.kind === 'drift' ? failure : undefined;
  } finally {
    instance?.closeSync();
  }
}
