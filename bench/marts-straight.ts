/** The hand-written SQL on the same warehouse, with the same memory: how long it takes, and its totals. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { warehousePath } from './marts-warehouse.ts';
import { peakRssMb } from './peak-rss.ts';

const { values } = parseArgs({ options: { folder: { type: 'string', default: '' } } });
const instance = await DuckDBInstance.create(':memory:', {
  memory_limit: '1GiB',
  temp_directory: join(values.folder, 'spill'),
});
const connection = await instance.connect();
await connection.run(`attach '${warehousePath(values.folder)}' as warehouse (read_only)`);
await connection.run(`use warehouse`);
const started = performance.now();
const before = process.cpuUsage();
const parts: Record<string, number> = {};
for (const statement of readFileSync(join(import.meta.dirname, 'marts-straight.sql'), 'utf8').split(/;\n/)) {
  const name = /create temp table (\w+)/.exec(statement)?.[1];
  if (name === undefined) continue;
  const at = performance.now();
  await connection.run(statement);
  parts[name] = Math.round(performance.now() - at);
}
const wallMs = performance.now() - started;
const cpu = process.cpuUsage(before);
const total = async (sql: string): Promise<string> =>
  JSON.stringify((await connection.runAndReadAll(sql)).getRowObjectsJson());
console.log(
  JSON.stringify({
    wallMs,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    peakRssMb: peakRssMb(),
    parts,
    totals: {
      campaign: await total(`select sum(sent_count) a, sum(bounce_count) b, sum(total_open_count) c, sum(unique_open_count) d,
        sum(human_unique_open_count) e, sum(unique_click_count) f, sum(human_unique_click_count) g from campaign`),
      member: await total(`select sum(mailed_count) a, sum(opened_count) b, sum(clicked_count) c, sum(order_count) d, sum(revenue) e, sum(refunds) f from member`),
      audience: await total(`select mailed_count a, active_count b from audience where day <= date '2026-06-02' order by day desc limit 1`),
    },
  }),
);
connection.closeSync();
instance.closeSync();
