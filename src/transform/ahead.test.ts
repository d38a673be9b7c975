import { describe, expect, it } from 'vitest';
import { WarehouseError, type Warehouse } from '../warehouse/port.ts';
import { estimate } from './ahead.ts';
import { smallGraph, type SmallModel, type SmallProject } from './small-graph.fixture.ts';
import type { PlannedAction } from './plan.ts';

const incremental: SmallModel = {
  type: 'incremental',
  uniqueKey: ['id'],
  bigquery: { partitionBy: 'day' },
  reads: ['raw.x'],
  incrementalPreOps: ["delete from `p.core.events` where id = 'a'"],
};
const project: SmallProject = {
  engine: 'bigquery',
  models: {
    'core.events': incremental,
    'core.whole': { reads: ['raw.x', 'core.events', 'marts.a'], preOps: ['pre'] },
    'marts.a': { reads: ['raw.x'] },
    'marts.b': { reads: ['raw.x'] },
  },
  checks: { 'checks.k': { of: 'marts.a', query: 'select 1 from `p.marts.a`' } },
  steps: [{ name: 's', reads: 'marts.a', writes: { table: 'core.guesses', columns: [] }, run: (rows) => rows }],
};

async function estimated(
  action: Partial<PlannedAction> & Pick<PlannedAction, 'name'>,
  present: readonly string[],
  dryRun: (sql: string) => number | null = () => 10,
) {
  const asked: string[] = [];
  const warehouse = {
    quote: (name: string) => `<${name}>`,
    dryRun: (sql: string) => {
      asked.push(sql);
      return Promise.resolve().then(() => dryRun(sql));
    },
  } as Partial<Warehouse> as Warehouse;
  const found = await estimate({
    warehouse,
    graph: smallGraph(project),
    action: { kind: 'table', fingerprint: 'f', reason: 'inputs', incremental: false, waitsFor: [], ...action },
    present: new Map(present.map((name) => [name, 'table'])),
  });
  return { ...found, asked };
}

describe('what an action would read', () => {
  it('is the sum of its statements, without those that only remove', async () => {
    const found = await estimated({ name: 'core.whole' }, ['raw.x', 'core.events', 'marts_build.a']);
    expect(found).toMatchObject({ bytes: 20, note: null });
    const asked: string[] = [];
    const replaced = await estimate({
      warehouse: {
        quote: (name: string) => name,
        dryRun: (sql: string) => Promise.resolve(asked.push(sql)).then(() => null),
      } as Partial<Warehouse> as Warehouse,
      graph: smallGraph(project),
      action: { name: 'marts.a', kind: 'table', fingerprint: 'f', reason: 'inputs', incremental: false, waitsFor: [] },
      present: new Map([
        ['raw.x', 'table'],
        ['marts_build.a', 'view'],
      ]),
    });
    expect(replaced).toEqual({ bytes: 0, note: null });
    expect(asked).toEqual([expect.stringMatching(/^create or replace table marts_build.a as/)]);
    expect((await estimated({ name: 'marts.a' }, ['raw.x'])).asked).toHaveLength(1);
  });

  it.each([
    [[], 'unknown until its inputs are built (core.events and 2 more)'],
    [['raw.x', 'core.events', 'marts.a'], 'unknown until its inputs are built (marts_build.a)'],
  ])('is not known where %j alone are there', async (present, note) => {
    expect(await estimated({ name: 'core.whole' }, present)).toEqual({ bytes: null, note, asked: [] });
  });

  it('of an incremental model is without its merge, and of one that is built anew all', async () => {
    const present = ['raw.x', 'core.events'];
    const added = await estimated({ name: 'core.events', kind: 'incremental', incremental: true }, present);
    expect(added).toMatchObject({
      bytes: 20,
      note: 'without its merge, whose partitions are known only with the new rows',
    });
    expect(added.asked.map((sql) => sql.split(' ').slice(0, 3).join(' '))).toEqual([
      'create or replace',
      'delete from <core.events>',
    ]);
    const anew = await estimated({ name: 'core.events', kind: 'incremental' }, present);
    expect(anew).toMatchObject({ bytes: 10, note: null });
  });

  it('of a step, a check and the swap is what was built', async () => {
    const asked = async (...args: Parameters<typeof estimated>) => (await estimated(...args)).asked;
    expect(await asked({ name: 'core.guesses', kind: 'step' }, ['marts_build.a'])).toEqual([
      'select * from <marts_build.a>',
    ]);
    expect(await asked({ name: 'marts.swap', kind: 'operations', marts: ['marts.b'] }, ['marts_build.b'])).toEqual([
      'select * from <marts_build.b>',
    ]);
    expect(await asked({ name: 'checks.marts_a', kind: 'assertion' }, ['marts_build.a'])).toEqual([
      expect.stringContaining('from <marts_build.a>'),
    ]);
  });

  it('is not known where the engine cannot judge it, and other failures are failures', async () => {
    const fail = (kind: 'rejected' | 'drift' | 'transient') => () => {
      throw new WarehouseError('no such column', { kind });
    };
    for (const kind of ['rejected', 'drift'] as const) {
      expect(await estimated({ name: 'marts.a' }, ['raw.x'], fail(kind))).toMatchObject({
        bytes: null,
        note: 'could not be estimated: no such column',
      });
    }
    await expect(estimated({ name: 'marts.a' }, ['raw.x'], fail('transient'))).rejects.toThrow('no such column');
  });
});
