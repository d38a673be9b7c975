/**
 * The process that crash.test.ts kills: lands, loads, models and publishes the batches of crash-plan.ts, from where the
 * warehouse's own checkpoint says, and prints one JSON line for each durable step.
 */
import { writeSync } from 'node:fs';
import { batchesInPlan, batchRows, batchSweep } from './crash-plan.ts';
import { createFixture, key, landUnit } from './load-fixture.ts';

const [folder = '', runId = ''] = process.argv.slice(2);
const say = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);

const fixture = createFixture(folder);
const warehouse = await fixture.open();
const done = Number((await warehouse.readState(key)).get('list=1')?.cursor ?? 0);
const rows =
  (await warehouse.tableKind('raw.mailchimp__members')) !== null
    ? await warehouse.query(
        `select _primary_key || ' ' || _record_hash || ' ' || (_deleted_at is not null) as line
      from raw.mailchimp__members order by _primary_key`,
      )
    : [];
say({ opened: done, rows: rows.map((row) => row['line']) });
const fence = await warehouse.takeFence(key, runId);
for (let batch = done + 1; batch <= batchesInPlan; batch += 1) {
  const sweep = batchSweep(batch);
  const more = { runId, batchId: String(batch), fence, sweep };
  await warehouse.load(await landUnit(fixture.landing, more, batchRows(batch)));
  say({ committed: batch });
  await warehouse.runModel(runId, { name: 'marts.members', kind: 'table', fingerprint: String(batch) }, [
    'create or replace table marts.members as select _primary_key, _record_hash, _deleted_at from raw.mailchimp__members',
    `create or replace table marts.batch as select ${batch} as batch, (select count(*) from marts.members) as members`,
    // Big enough to go to the file's blocks before the commit.
    `create or replace table core.big as select hash(range + ${batch}) as noise from range(60000)`,
  ]);
  if (batch % 3 === 0) await warehouse.query('checkpoint');
  if (batch % 2 === 0) await warehouse.publish(runId);
}
await warehouse.close();
say({ finished: true });
