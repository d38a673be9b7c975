/** The hand-written SQL on the same warehouse, with the same memory: how long it takes, and its totals. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { straightTotals, textOf } from './marts-totals.ts';
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
const totals: Record<string, string> = {};
for (const [name, sql] of Object.entries(straightTotals))
  totals[name] = textOf((await connection.runAndReadAll(sql)).getRowObjectsJson());
console.log(
  JSON.stringify({ wallMs, cpuSeconds: (cpu.user + cpu.system) / 1e6, peakRssMb: peakRssMb(), parts, totals }),
);
connection.closeSync();
instance.closeSync();
