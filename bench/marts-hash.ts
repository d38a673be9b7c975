/** What the tables of a warehouse hold, a hash each; or the totals that the hand-written SQL has, too. */
import { parseArgs } from 'node:util';
import { tableHash } from '../src/warehouse/duckdb/index.ts';
import { martTotals, textOf } from './marts-totals.ts';
import { openWarehouse } from './marts-warehouse.ts';

const { values } = parseArgs({
  options: { folder: { type: 'string', default: '' }, totals: { type: 'boolean', default: false } },
});
const warehouse = await openWarehouse(values.folder, '4GB');
const hashes: Record<string, string> = {};
for (const [name, kind] of values.totals ? [] : await warehouse.tables()) {
  // Work tables of incremental models (…__changed) tell of the latest run.
  if (kind === 'table' && /^(?:core|marts)\.[a-z_]+$/.test(name) && !name.includes('__'))
    hashes[name] = await tableHash(warehouse.query, name);
}
const totals: Record<string, string> = {};
if (values.totals)
  for (const [name, sql] of Object.entries(martTotals)) totals[name] = textOf(await warehouse.query(sql));
await warehouse.close();
console.log(JSON.stringify({ hashes, totals }));
