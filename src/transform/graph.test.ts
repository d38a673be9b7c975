import { describe, expect, it } from 'vitest';
import { builtAs, dependentsOf, followedBy, upstreamOf } from './graph.ts';
import { fingerprints, sameDefinition } from './fingerprint.ts';
import { closedMonthsName } from '../warehouse/closed-months.ts';
import { smallGraph, type SmallModel, type SmallProject } from './small-graph.fixture.ts';
import type { Step } from './step.ts';

const step: Step = {
  name: 'guess',
  reads: 'core.counts',
  writes: { table: 'core.guesses', columns: [] },
  run: (rows) => rows,
};
const project: SmallProject = {
  models: {
    'marts.b': { reads: ['core.guesses', 'core.list'] },
    'marts.a': { reads: ['core.list', 'raw.x'] },
    'core.counts': { reads: ['raw.x'] },
    'core.list': { reads: ['raw.x'] },
  },
  checks: {
    'checks.list_key': { of: 'core.list' },
    'checks.counts_key': { of: 'core.counts' },
    'checks.a_key': { of: 'marts.a' },
    'checks.agree': { reads: ['core.counts', 'core.list'] },
  },
  steps: [step],
};

describe('a graph', () => {
  it('is in an order in which what is needed comes first, and waits for what checks it', () => {
    const { actions, waitsFor } = smallGraph(project);
    expect(actions.map(({ name }) => [name, waitsFor.get(name)])).toEqual([
      ['core.counts', []],
      ['core.list', []],
      ['checks.core_counts', ['core.counts']],
      ['checks.core_list', ['core.list']],
      ['checks.agree', ['checks.core_counts', 'checks.core_list', 'core.counts', 'core.list']],
      ['core.guesses', ['checks.core_counts', 'core.counts']],
      ['marts.a', ['checks.core_list', 'core.list']],
      ['checks.marts_a', ['marts.a']],
      ['marts.b', ['checks.core_list', 'core.guesses', 'core.list']],
      ['marts.swap', ['checks.agree', 'checks.marts_a', 'marts.a', 'marts.b']],
    ]);
  });

  it('knows all that an action needs and all that needs it, however far', () => {
    const graph = smallGraph(project);
    expect([...upstreamOf(graph, 'marts.b')].toSorted()).toEqual([
      'checks.core_counts',
      'checks.core_list',
      'core.counts',
      'core.guesses',
      'core.list',
    ]);
    expect([...dependentsOf(graph, 'core.counts')].toSorted()).toEqual([
      'checks.agree',
      'checks.core_counts',
      'core.guesses',
      'marts.b',
      'marts.swap',
    ]);
  });

  it('of models that need each other is refused with their names; of one that reads itself it is not', () => {
    const circle = { 'core.b': { reads: ['core.c'] }, 'core.c': { reads: ['core.b'] }, 'core.a': {} };
    expect(() => smallGraph({ models: circle })).toThrow('The models need each other in a circle: core.b, core.c.');
    const own = smallGraph({ models: { 'core.a': { reads: ['core.a'] } } });
    expect(own.waitsFor.get('core.a')).toEqual([]);
  });

  it('without marts has nothing to swap', () => {
    expect(smallGraph({ models: { 'core.a': {} } }).actions.map(({ name }) => name)).toEqual(['core.a']);
  });

  it('knows whose changes an incremental model does, wherever it reads them', () => {
    const followed = (model: SmallModel) => {
      const { actions, ...graph } = smallGraph({
        models: {
          'core.a': {},
          'core.aa': {},
          'core.f': { type: 'incremental', reads: ['core.f', 'core.a', 'core.aa'], ...model },
        },
      });
      const action = actions.find(({ name }) => name === 'core.f');
      return action === undefined ? undefined : followedBy({ ...graph, actions }, action);
    };
    const of = '`p.core.a__changed`';
    expect(followed({ incrementalQuery: `select * from ${of}` })).toEqual(['core.a']);
    expect(followed({ incrementalPreOps: [`delete from x where id in (select id from ${of})`] })).toEqual(['core.a']);
    expect(followed({ incrementalPostOps: [`drop table ${of}`] })).toEqual(['core.a']);
    expect(followed({ incrementalQuery: 'select * from `p.core.a`, `p.core.f__changed`' })).toEqual([]);
    expect(followed({ type: 'table', query: `select * from ${of}` })).toEqual([]);
  });

  it('builds marts beside their place and everything else in its place', () => {
    expect(['marts.a', 'marts.swap', 'core.a', 'marts_build.a'].map(builtAs)).toEqual([
      'marts_build.a',
      'marts_build.swap',
      'core.a',
      'marts_build.a',
    ]);
  });
});

describe('a fingerprint', () => {
  const base: SmallModel = {
    type: 'incremental',
    query: 'q',
    preOps: ['pre'],
    postOps: ['post'],
    incrementalQuery: 'iq',
    incrementalPreOps: ['ipre'],
    incrementalPostOps: ['ipost'],
    uniqueKey: ['id'],
    reads: ['raw.x', closedMonthsName, 'core.above'],
  };
  const graphOf = (
    change: SmallModel,
    { above = {}, engine = 'duckdb' }: { above?: SmallModel; engine?: 'duckdb' | 'bigquery' } = {},
  ) =>
    smallGraph({
      engine,
      models: {
        'core.above': { query: 'a', ...above },
        'core.x': { ...base, ...change },
        'core.below': { reads: ['core.x'] },
      },
    });
  const declared = new Map([
    ['raw.x', '1'],
    [closedMonthsName, '1'],
  ]);
  const of = (graph: ReturnType<typeof graphOf>, name = 'core.x', prints: ReadonlyMap<string, string> = declared) =>
    fingerprints(graph, prints).get(name) ?? '';

  it.each<[string, SmallModel]>([
    ['its query', { query: 'other' }],
    ['what runs before', { preOps: ['other'] }],
    ['what runs after', { postOps: ['other'] }],
    ['what it adds', { incrementalQuery: 'other' }],
    ['what runs before it adds', { incrementalPreOps: ['other'] }],
    ['what runs after it adds', { incrementalPostOps: ['other'] }],
    ['its key', { uniqueKey: ['id', 'day'] }],
    ['what it reads', { reads: ['raw.x', 'core.above'] }],
  ])('is of another definition when %s changes, and so is that of what reads it', (_, change) => {
    for (const name of ['core.x', 'core.below']) {
      expect(sameDefinition(of(graphOf({}), name), of(graphOf(change), name))).toBe(false);
    }
  });

  it('of a step, and of what reads what it writes, is of another definition with other code', () => {
    const graph = smallGraph(project);
    const isSame = (name: string) => {
      const [before, after] = ['a', 'b'].map((code) => fingerprints(graph, declared, code).get(name) ?? '');
      return sameDefinition(before ?? '', after ?? '');
    };
    expect(['core.counts', 'core.guesses', 'marts.b', 'marts.a'].map(isSame)).toEqual([true, false, false, true]);
  });

  it('is of another definition on another engine, and when what is above changes', () => {
    expect(sameDefinition(of(graphOf({})), of(graphOf({}, { engine: 'bigquery' })))).toBe(false);
    expect(sameDefinition(of(graphOf({})), of(graphOf({}, { above: { query: 'b' } })))).toBe(false);
  });

  it('is of another definition as a view than as a table', () => {
    const [table, view] = (['table', 'view'] as const).map((type) => smallGraph({ models: { 'core.x': { type } } }));
    expect(sameDefinition(of(table!), of(view!))).toBe(false);
  });

  it.each<[string, SmallModel['bigquery']]>([
    ['partitions', { partitionBy: 'day' }],
    ['clusters', { clusterBy: ['id'] }],
    ['filters that are asked for', { partitionBy: 'day', requirePartitionFilter: true }],
  ])(
    'is of another definition when the %s of its table on BigQuery change, and DuckDB has none',
    (_, bigquery = {}) => {
      const before = bigquery.requirePartitionFilter === true ? { partitionBy: 'day' } : {};
      const isSame = (engine: 'duckdb' | 'bigquery') =>
        sameDefinition(of(graphOf({ bigquery: before }, { engine })), of(graphOf({ bigquery }, { engine })));
      expect([isSame('duckdb'), isSame('bigquery')]).toEqual([true, false]);
    },
  );

  it('is another of the same definition when rows that it reads changed, but not what was remembered of closed months', () => {
    const moved = new Map([...declared, ['raw.x', '2']]);
    for (const name of ['core.x', 'core.below']) {
      const [before, after] = [of(graphOf({}), name), of(graphOf({}), name, moved)];
      expect(after).not.toBe(before);
      expect(sameDefinition(before, after)).toBe(true);
    }
    expect(of(graphOf({}), 'core.above', moved)).toBe(of(graphOf({}), 'core.above'));
    expect(of(graphOf({}), 'core.x', new Map([...declared, [closedMonthsName, '2']]))).toBe(of(graphOf({})));
  });
});
