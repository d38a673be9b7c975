import { describe, expect, it } from 'vitest';
import { actionNamed } from './graph.ts';
import { render, type RenderOptions } from './render.ts';
import { smallGraph, type SmallModel, type SmallProject } from './small-graph.fixture.ts';

const quote = (name: string): string => `<${name}>`;

/** Statements of the model core.x, or of another action. */
function statements(
  model: SmallModel,
  {
    name = 'core.x',
    engine = 'duckdb',
    checks = {},
    ...options
  }: Partial<RenderOptions> & Pick<SmallProject, 'engine' | 'checks'> & { name?: string } = {},
): readonly string[] {
  const graph = smallGraph({ engine, models: { 'core.x': model, 'marts.x': model }, checks });
  return render(graph, actionNamed(graph, name), { incremental: false, present: null, quote, ...options });
}

const column = (name: string) => ({ path: [name] });
const incremental: SmallModel = {
  type: 'incremental',
  query: 'select * from `p.raw.x`',
  preOps: ['pre'],
  postOps: ['post'],
  incrementalQuery: 'select * from `p.marts.y`',
  incrementalPreOps: [
    'create or replace table `p.core.x__changed` as select 1',
    "delete from `p.core.x` where id = '{last run}'",
  ],
  incrementalPostOps: ["insert into `p.core.x__changed` select '{this run}'"],
  uniqueKey: ['source', 'id'],
  actionDescriptor: { columns: ['source', 'id', 'day', 'n'].map(column) },
};
const merge = (source: string, on = '', quoted = '"') => {
  const q = (name: string) => `${quoted}${name}${quoted}`;
  return `merge into <core.x> as target
using ${source} as source
on target.source = source.source and target.id = source.id${on}
when matched then update set ${q('day')} = source.${q('day')}, ${q('n')} = source.${q('n')}
when not matched then insert (${['source', 'id', 'day', 'n'].map(q).join(', ')}) values (${['source', 'id', 'day', 'n'].map((name) => `source.${q(name)}`).join(', ')})`;
};

describe('a model', () => {
  it('is made whole between what runs before and after it; marts beside their place', () => {
    expect(statements({ query: 'q', preOps: ['pre', ' '], postOps: ['post'] }, { name: 'marts.x' })).toEqual([
      'pre',
      'create or replace table <marts_build.x> as\nq',
      'post',
    ]);
    expect(statements(incremental)).toEqual([
      'pre',
      'create or replace table <core.x> as\nselect * from <raw.x>',
      'post',
    ]);
  });

  it.each([
    ['table', null, []],
    ['table', 'table', []],
    ['table', 'view', ['drop view <core.x>']],
    ['view', 'view', []],
    ['view', 'table', ['drop table <core.x>']],
    ['incremental', 'view', ['drop view <core.x>']],
    ['incremental', 'table', []],
  ] as const)('%s takes the place of a %s', (type, present, drops) => {
    const kind = type === 'view' ? 'view' : 'table';
    expect(statements({ type, query: 'q' }, { present })).toEqual([
      ...drops,
      `create or replace ${kind} <core.x> as\nq`,
    ]);
  });

  it.each<[string, SmallModel['bigquery'], string]>([
    ['nothing', {}, ''],
    ['partitions', { partitionBy: 'day' }, '\npartition by day'],
    ['clusters', { clusterBy: ['a', 'b'] }, '\ncluster by a, b'],
    [
      'all',
      { partitionBy: 'day', clusterBy: ['a'], requirePartitionFilter: true },
      '\npartition by day\ncluster by a\noptions (require_partition_filter = true)',
    ],
  ])('is stored with %s on BigQuery alone, and never as a view', (_, bigquery, storage) => {
    const model = { query: 'q', bigquery } as SmallModel;
    expect(statements(model, { engine: 'bigquery' })).toEqual([`create or replace table <core.x>${storage} as\nq`]);
    expect(statements(model)).toEqual(['create or replace table <core.x> as\nq']);
    expect(statements({ ...model, type: 'view' }, { engine: 'bigquery' })).toEqual([
      'create or replace view <core.x> as\nq',
    ]);
  });
});

describe('an incremental model', () => {
  const run = { fingerprint: 'now', before: 'then' };

  it('merges what is new on DuckDB', () => {
    expect(statements(incremental, { incremental: true, run, present: 'table' })).toEqual([
      'create or replace table <core.x__changed> as select 1',
      "delete from <core.x> where id = 'then'",
      merge('(\nselect * from <marts_build.y>\n)'),
      "insert into <core.x__changed> select 'now'",
    ]);
  });

  it('on BigQuery computes what is new before anything changes, and merges it into its partitions', () => {
    const model = { ...incremental, bigquery: { partitionBy: 'day', clusterBy: ['id'] } };
    expect(statements(model, { engine: 'bigquery', incremental: true, run, present: 'table' })).toEqual([
      'create or replace table <core.x__changed> as select 1',
      'create or replace table <core.x__new>\npartition by day\ncluster by id as\nselect * from <marts_build.y>',
      "delete from <core.x> where id = 'then'",
      merge(
        '<core.x__new>',
        ' and (target.day between date(@partition_from) and date(@partition_to) or target.day is null)',
        '`',
      ),
      "insert into <core.x__changed> select 'now'",
      'drop table <core.x__new>',
    ]);
  });

  it('without a key adds rows', () => {
    const model: SmallModel = { type: 'incremental', incrementalQuery: 'iq' };
    expect(statements(model, { incremental: true })).toEqual(['insert into <core.x>\n\niq\n']);
    expect(statements(model, { incremental: true, engine: 'bigquery' })).toEqual([
      'create or replace table <core.x__new> as\niq',
      'insert into <core.x> select * from <core.x__new>',
      'drop table <core.x__new>',
    ]);
  });

  it('of keys alone updates nothing', () => {
    const keys: SmallModel = { ...incremental, actionDescriptor: { columns: ['source', 'id'].map(column) } };
    expect(statements(keys, { incremental: true }).join('\n')).not.toContain('when matched');
  });
});

describe('an assertion', () => {
  const changed = '/* all rows */ true /* changed rows: id in (select id from `p.core.x__changed` where kind = ’a’) */';
  const checks = {
    'checks.key': { of: 'core.x', query: 'select id from `p.core.x`\n  group by source, id\nhaving count(*) > 1' },
    'checks.rows': {
      of: 'core.x',
      query: `select 'n > 0' as failing_row_condition from \`p.core.x\` where ${changed}`,
    },
    'checks.more': {
      of: 'core.x',
      query: `select 'm > 0' as failing_row_condition from \`p.core.x\` where ${changed}`,
    },
    'checks.told': { reads: ['core.x'], query: "select 'its own' as rule from `p.marts.x`" },
    'checks.free': { reads: ['core.x'], query: 'select id from `p.marts.x`' },
    "checks.a list's": { reads: ['core.x'], query: 'q' },
  };
  const all = (name: string, isIncremental = false) => statements({}, { name, checks, incremental: isIncremental });

  it('of a model names the rule that is broken, and looks at changed rows alone where it may', () => {
    const [whole] = all('checks.core_x');
    expect(whole).toContain("select 'repeated key (source, id)' as rule from (select id from <core.x>");
    expect(whole).toContain("\nunion all\nselect 'broken: ' || failing_row_condition as rule from (");
    expect(whole).toContain('where /* all rows */ true /*');
    const [narrow] = all('checks.core_x', true);
    const only = "where (id in (select id from <core.x__changed> where kind = 'a'))";
    expect(narrow?.split(only)).toHaveLength(3);
    expect(narrow).toContain("select 'm > 0' as failing_row_condition");
  });

  it('of several tables has its own rules or its name', () => {
    expect(all('checks.told')).toEqual(["select rule from (select 'its own' as rule from <marts_build.x>) as broken"]);
    expect(all('checks.free')).toEqual(["select 'free' as rule from (select id from <marts_build.x>) as broken"]);
    expect(all('checks.free', true)).toEqual(all('checks.free'));
    expect(all("checks.a list's")).toEqual(["select 'a list’s' as rule from (q) as broken"]);
  });
});
