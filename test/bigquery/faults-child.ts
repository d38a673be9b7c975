/** The process that faults-kill.test.ts kills: takes the stream, and loads the batches of the plan from where the checkpoint says. */
import { createFixture, key, landUnit } from '../../src/warehouse/duckdb/load-fixture.ts';
import { batchRows } from '../../src/warehouse/duckdb/crash-plan.ts';
import { openThrough } from './warehouse-through.ts';

const [url = '', folder = '', runId = '', batches = '0'] = process.argv.slice(2);
const fixture = createFixture(folder);
const warehouse = await openThrough(url, fixture);
const fence = await warehouse.takeFence(key, runId);
const done = Number((await warehouse.readState(key)).get('list=1')?.cursor ?? 0);
for (let batch = done + 1; batch <= Number(batches); batch += 1) {
  // One run, killed and started again, loads its batch under the same name and from the same parts.
  await warehouse.load(await landUnit(fixture.landing, { runId, batchId: String(batch), fence }, batchRows(batch)));
}
process.stdout.write('finished\n');
