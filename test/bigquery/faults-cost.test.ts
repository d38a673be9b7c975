import { afterAll, expect, test } from 'vitest';
import { row } from '../../src/warehouse/duckdb/load-fixture.ts';
import { startWorld, stopWorlds, type World } from './fault-world.ts';
import type { Seen } from './proxy.ts';

// The cost guard: what would cost more than it may does not run. And partition filters, without which BigQuery refuses to read.

afterAll(stopWorlds);

const MiB = 1024 ** 2;
const ran = ({ proxy }: World, text: string): readonly Seen[] =>
  proxy.seen.filter(({ kind, sql }) => kind === 'query' && sql.includes(text));

test('a run over its budget stops before it spends: model and bytes are named, no query of it runs, the marts stay', async () => {
  const world = await startWorld();
  const q = world.warehouse.quote;
  const warehouse = await world.open({ maxBytesPerQuery: 800 * MiB, maxBytesPerRun: 1000 * MiB });
  world.proxy.bytesOf((sql) =>
    /core.cost_big/.test(sql) ? 500 * MiB : sql.includes('core.cost_small') ? 300 * MiB : 0,
  );
  const build = async (run: string, model: string, value: number) =>
    await warehouse.runModel(run, { name: model, kind: 'table', fingerprint: `f${value}` }, [
      `create or replace table ${q(model)} as select ${value} as a`,
    ]);
  const swap = async (run: string) =>
    await warehouse.swapTables(run, { name: 'marts.swap', kind: 'operations', fingerprint: run }, [
      { from: 'core.cost_small', to: 'marts.cost' },
    ]);
  expect(await build('good', 'core.cost_small', 1)).toMatchObject({
    bytes: { estimated: 300 * MiB, billed: 300 * MiB },
  });
  await swap('good');
  // A second run: 300 + 500 of 1000 MiB are spent, 300 more are too many.
  await build('second', 'core.cost_small', 2);
  await build('second', 'core.cost_big', 2);
  const before = ran(world, 'marts.cost').length;
  const failure = await swap('second').catch((error: unknown) => error);
  expect(failure).toMatchObject({
    kind: 'over_budget',
    message: `marts.swap would read 300.0 MiB (${300 * MiB} bytes); the run has read 800.0 MiB of the 1000.0 MiB that it may. It was not run.`,
    fix: expect.stringContaining('max_bytes_per_run'),
  });
  expect(ran(world, 'marts.cost')).toHaveLength(before);
  expect(await warehouse.query(`select a from ${q('marts.cost')}`)).toEqual([{ a: 1 }]);
  expect((await warehouse.modelFingerprints()).get('marts.swap')).toBe('good');
});

test('one query over its limit does not run; every model’s query carries the limit; BigQuery’s own refusal has the same name', async () => {
  const world = await startWorld();
  const q = world.warehouse.quote;
  const warehouse = await world.open({ maxBytesPerQuery: 200 * MiB, maxBytesPerRun: 10_000 * MiB });
  const run = async (model: string, kind: 'table' | 'assertion' = 'table') =>
    await warehouse.runModel('r', { name: model, kind, fingerprint: model }, [
      kind === 'table'
        ? `create or replace table ${q(model)} as select 1 as a`
        : `select 1 as a from ${q('core.cheap')} where false`,
    ]);
  world.proxy.bytesOf((sql) => (sql.includes('core.dear') ? 201 * MiB : 1));
  await expect(run('core.dear')).rejects.toMatchObject({
    kind: 'over_budget',
    message: `core.dear would read 201.0 MiB (${201 * MiB} bytes); one query may read 200.0 MiB. It was not run.`,
    fix: expect.stringContaining('max_bytes_per_query'),
  });
  await expect(warehouse.query(`select 1 as a from ${q('core.dear')}`)).rejects.toMatchObject({
    kind: expect.any(String),
  });
  expect(ran(world, 'core.dear').filter(({ sql }) => !sql.startsWith('drop'))).toEqual([]);
  await run('core.cheap');
  await run('checks.cheap', 'assertion');
  await warehouse.query(`select a from ${q('core.cheap')}`);
  const queries = ran(world, 'core.cheap').filter(
    ({ sql }) => !sql.startsWith('drop') && !sql.includes('unnest(@entries)'),
  );
  expect(queries.map(({ maximumBytesBilled }) => maximumBytesBilled)).toEqual([200 * MiB, 200 * MiB, 200 * MiB]);
  // The table grew between the dry run and the query: BigQuery refuses, and nothing runs.
  let asked = 0;
  world.proxy.bytesOf((sql) => (sql.includes('core.grown') && (asked += 1) > 1 ? 300 * MiB : 1));
  await expect(run('core.grown')).rejects.toMatchObject({
    kind: 'over_budget',
    message: expect.stringContaining('Run core.grown: Query exceeded limit for bytes billed'),
  });
  expect(await warehouse.tableKind('core.grown')).toBeNull();
});

test('a partitioned stream is loaded, swept, counted and read under partition filters, and a query without one is refused', async () => {
  const world = await startWorld();
  const { warehouse, key, table: name } = world;
  const table = { source: key.source, stream: key.stream, partitioned: true };
  const dated = (id: string, value: number, date: string | null) => ({
    ...row(id, { id, value }),
    _partition_date: date,
  });
  const first = [dated('a', 1, '2026-06-01'), dated('b', 1, '2026-06-02'), dated('c', 1, null)];
  expect(await warehouse.load(await world.unit(first, { table }))).toMatchObject({ inserted: 3 });
  const whole = [dated('a', 2, '2026-06-01'), dated('d', 1, '2026-06-03')];
  const swept = await world.unit(whole, { table, sweep: ['list=1'] });
  expect(await warehouse.load(swept)).toMatchObject({ inserted: 1, updated: 1, deleted: 2 });
  expect(await warehouse.load(await world.unit([], { table, sweep: ['list=1'] }))).toMatchObject({ deleted: 2 });
  expect(await warehouse.load(await world.unit([dated('c', 2, null)], { table }))).toMatchObject({ updated: 1 });
  expect(await warehouse.rawCounts(key)).toEqual(new Map([['list=1', new Map([['', 1]])]]));
  const records: unknown[] = [];
  for await (const record of warehouse.rawRecords(key)) records.push(record);
  expect(records).toEqual([{ id: 'c', value: 2 }]);
  await expect(warehouse.query(`select count(*) as n from ${warehouse.quote(name)}`)).rejects.toMatchObject({
    kind: 'rejected',
    message: expect.stringContaining("without a filter over column(s) '_partition_date'"),
  });
});
