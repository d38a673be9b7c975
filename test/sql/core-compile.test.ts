import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileGraph, type Engine, type Graph } from '../../src/transform/index.ts';
import { cells, openSqlProject, type SqlProject } from './harness.ts';

const compiled = async (engine: Engine): Promise<Graph> =>
  await compileGraph({ engine, timeZone: 'Europe/Berlin', currency: 'EUR' });

const sqlOf = (graph: Graph): readonly (readonly [string, string])[] =>
  graph.actions.flatMap(({ name, full, incremental }) =>
    [full, ...(incremental ? [incremental] : [])].flatMap(({ query, preOps, postOps }) =>
      [query, ...preOps, ...postOps].map((text) => [name, text] as const),
    ),
  );

/** Names without the texts that SQL holds in quotes and without comments. */
const code = (sql: string): string => sql.replaceAll(/'(?:[^'\\]|\\.|'')*'/g, "''").replaceAll(/--[^\n]*/g, '');

/** What GoogleSQL does not know. The linter parses the same text with BigQuery's grammar. */
const onlyDuckdb =
  /->>|::|\bvarchar\b|\bbigint\b|\bdouble\b|\bboolean\b|\btimestamptz\b|decimal\(|\bregexp_matches\b|\btimezone\(|\bto_seconds\b|\bgenerate_series\b|\bjson_extract(?:_string)?\b|\bbool_(?:or|and)\b|\bdate_sub\('|\bdate_diff\('|\bdate_trunc\('|\blateral\b|\barg_m(?:ax|in)\b|\bstruct_pack\b|\bilike\b|\bfilter \(|\bgroup by (?:all|\d)/i;
const onlyBigquery =
  /`|\bsafe_divide\b|\bint64\b|\bfloat64\b|\bnumeric\b|\bbignumeric\b|\bjson_value\b|\bjson_query\b|\blogical_(?:or|and)\b|\btimestamp_(?:add|diff)\b|\bgenerate_date_array\b|\bsafe_offset\b|\bregexp_contains\b|\bto_hex\b/i;

/** Reserved words of GoogleSQL that are easily taken for a name: DuckDB lets most of them pass. */
const reservedName =
  /\bas (all|any|array|at|by|cross|cube|current|default|end|enum|exists|extract|fetch|following|for|full|group|grouping|groups|hash|if|ignore|in|intersect|interval|into|is|join|lateral|left|like|limit|lookup|merge|natural|new|no|nulls|of|on|order|outer|over|partition|preceding|proto|qualify|range|recursive|respect|right|rollup|rows|select|set|some|tablesample|to|treat|unbounded|union|unnest|using|when|where|window|within)\b(?! \()|(?:with|,)\s+(groups|rows|range|window|current|new|hash|proto|lookup)\s+as \(/i;

describe('the SQL project', () => {
  test("compiles as by Dataform's own command: without its sandbox, to the same bytes", async () => {
    const dataform = createRequire(import.meta.url).resolve('@dataform/cli/bundle.js');
    const withoutSandbox = new URL('../../src/transform/dataform-vm.ts', import.meta.url).href;
    const compile = async (...options: readonly string[]): Promise<string> => {
      const args = [...options, dataform, 'compile', 'sql', '--json', '--timeout=10m'];
      return (await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 28 })).stdout;
    };
    const [ours, theirs] = await Promise.all([compile('--import', withoutSandbox), compile()]);
    expect(ours === theirs).toBe(true);
    expect(ours.length).toBeGreaterThan(1_000_000);
  });

  test('compiles for BigQuery without a word of DuckDB', async () => {
    const graph = await compiled('bigquery');
    expect(graph.actions.length).toBeGreaterThan(80);
    const found = sqlOf(graph).flatMap(([name, sql]) => {
      const word = (onlyDuckdb.exec(code(sql)) ?? reservedName.exec(code(sql)))?.[0];
      return word === undefined ? [] : [`${name}: ${word}`];
    });
    expect(found).toEqual([]);
  });

  test('compiles for DuckDB without a word of BigQuery, table names apart', async () => {
    const graph = await compiled('duckdb');
    const found = sqlOf(graph).flatMap(([name, sql]) => {
      const word = onlyBigquery.exec(code(sql).replaceAll(/`mailmart\.\w+\.\w+`/g, 't'))?.[0];
      return word === undefined ? [] : [`${name}: ${word}`];
    });
    expect(found).toEqual([]);
  });

  test('is one graph: both engines have the same actions, in the same order, with the same needs', async () => {
    const [duckdb, bigquery] = await Promise.all([compiled('duckdb'), compiled('bigquery')]);
    const shape = (graph: Graph) => graph.actions.map(({ name, kind }) => [name, kind, graph.waitsFor.get(name)]);
    expect(shape(duckdb)).toEqual(shape(bigquery));
  });

  test('gives every staging and core model a grain, a key and descriptions', async () => {
    const { actions } = await compiled('duckdb');
    const models = actions.filter(
      ({ name, kind }) => /^(staging|core)\./.test(name) && ['table', 'view', 'incremental'].includes(kind),
    );
    expect(models.length).toBeGreaterThan(35);
    // Tables that BigQuery reads only by partition have assertions of their own.
    const checked = new Set(
      actions.flatMap(({ kind, checks, reads }) => (kind === 'assertion' ? (checks === null ? reads : [checks]) : [])),
    );
    // A view over what has keys has none of its own.
    const hasKey = (name: string): boolean => {
      const model = actions.find((action) => action.name === name);
      return checked.has(name) || (model?.kind === 'view' && model.reads.every(hasKey));
    };
    const wanting = models.filter(
      (model) => model.description === '' || model.columns.length === 0 || !hasKey(model.name),
    );
    expect(wanting.map(({ name }) => name)).toEqual([]);
  });
});

describe('columns', () => {
  let project: SqlProject;
  beforeAll(async () => {
    project = await openSqlProject();
    await project.transform();
  });
  afterAll(() => project.close());

  /** Models that others read: work tables between models (int_) and beside them (__since) are free to change. */
  const built = async (schema: string): Promise<ReadonlyMap<string, readonly string[]>> => {
    const rows = await project.query(`select table_name as model, column_name as name, data_type as type
      from information_schema.columns where table_schema = '${schema}' and table_name not like 'int^_%' escape '^'
        and table_name not like '%^_^_since' escape '^'
      order by table_name, ordinal_position`);
    const models = new Map<string, string[]>();
    for (const [model = '', name = '', type = ''] of cells(rows)) {
      models.set(model ?? '', [...(models.get(model ?? '') ?? []), `${name} ${type?.toLowerCase()}`]);
    }
    return models;
  };

  test('of staging and core are those of the reviewed list: a change of it is a change of data', async () => {
    const text: string[] = [];
    for (const schema of ['staging', 'core']) {
      for (const [model, columns] of await built(schema))
        text.push(`${schema}.${model}`, ...columns.map((one) => `    ${one}`), '');
    }
    await expect(text.join('\n')).toMatchFileSnapshot('core-columns.txt');
  });

  test('are documented, each and no other', async () => {
    const graph = await compiled('duckdb');
    const differences: string[] = [];
    for (const schema of ['staging', 'core', 'marts']) {
      for (const [model, columns] of await built(schema)) {
        const action = graph.actions.find(({ name, kind }) => name === `${schema}.${model}` && kind !== 'assertion');
        if (action === undefined || action.kind === 'step') continue;
        const documented = action.columns.filter(({ description }) => description !== '').map(({ name }) => name);
        const there = columns.map((one) => one.split(' ')[0] ?? '');
        for (const one of there)
          if (!documented.includes(one)) differences.push(`${schema}.${model}.${one} has no description`);
        for (const one of documented)
          if (!there.includes(one)) differences.push(`${schema}.${model}.${one} is described but not there`);
      }
    }
    expect(differences).toEqual([]);
  });

  test('are typed: money is decimal, rates are double, days are dates, nothing is a huge integer', async () => {
    const wrong: string[] = [];
    for (const schema of ['staging', 'core', 'marts']) {
      for (const [model, columns] of await built(schema)) {
        for (const column of columns) {
          const [name = '', type = ''] = column.split(/ (.*)/s);
          const wanted = [
            [/_amount$/, 'decimal(38,9)'],
            [/_rate$/, 'double'],
            [/_at$/, 'timestamp'],
            [/(?:_date|_month|^day)$/, 'date'],
            [/_count$/, 'bigint'],
            [/^(?:is|has)_/, 'boolean'],
          ].find(([pattern]) => (pattern as RegExp).test(name))?.[1];
          if (type === 'hugeint' || type === '"null"' || (wanted !== undefined && type !== wanted))
            wrong.push(`${schema}.${model}.${column}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});
