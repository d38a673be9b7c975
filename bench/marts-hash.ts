/** What the tables of a warehouse hold, a hash each. */
import { parseArgs } from 'node:util';
import { tableHash } from '../src/warehouse/duckdb/index.ts';
import { openWarehouse } from './marts-warehouse.ts';

const { values } = parseArgs({ options: { folder: { type: 'string', default: '' } } });
const warehouse = await openWarehouse(values.folder, '4GB');
const hashes: Record<string, string> = {};
for (const [name, kind] of await warehouse.tables()) {
  // Work tables of incremental models (…__changed) tell of the latest run.
  if (kind === 'table' && /^(?:core|marts)\.[a-z_]+$/.test(name) && !name.includes('__'))
    hashes[name] = await tableHash(warehouse.query, name);
}
await warehouse.close();
console.log(JSON.stringify({ hashes }));
