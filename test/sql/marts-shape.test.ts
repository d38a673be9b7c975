import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileGraph, sqlFolder } from '../../src/transform/index.ts';
import { loadMetricCatalog } from '../../src/transform/metric-catalog.ts';
import { abStatistics } from '../../src/transform/steps/ab-statistics.ts';
import { MartsWarehouse } from './marts-warehouse.ts';

const names = [
  'ab_test_results',
  'active_audience_daily',
  'audience_growth_daily',
  'campaign_performance',
  'campaign_profit',
  'link_performance',
  'ltv_backtest',
  'ltv_cohorts',
  'profit_monthly',
  'reconciliation',
  'subscriber_ltv',
];

let marts: MartsWarehouse;
let columns: ReadonlyMap<string, readonly string[]>;
beforeAll(async () => {
  marts = await MartsWarehouse.open();
  await marts.build();
  const rows = await marts.query(`select table_name, column_name, data_type from information_schema.columns
    where table_schema = 'marts' order by table_name, ordinal_position`);
  const found = new Map<string, string[]>();
  for (const row of rows) {
    const [mart = '', column = '', type = ''] = Object.values(row) as string[];
    found.set(mart, [...(found.get(mart) ?? []), `${column} ${type.toLowerCase()}`]);
  }
  columns = found;
});
afterAll(() => marts.close());

describe('the marts', () => {
  test('are these, with these columns in this order: a change of it is a change of data', async () => {
    expect([...columns.keys()]).toEqual(names);
    const text = [...columns].map(([mart, list]) =>
      [`marts.${mart}`, ...list.map((one) => `    ${one}`), ''].join('\n'),
    );
    await expect(text.join('\n')).toMatchFileSnapshot('marts-columns.txt');
  });

  test('hold nothing, and break no rule, before there is any data', async () => {
    for (const name of names) expect(await marts.query(`select * from marts.${name}`)).toEqual([]);
    expect(await marts.failedAssertions()).toEqual([]);
  });

  test('give every money column its currency, begin with the source and end with refreshed_at', () => {
    const wrong = [...columns].flatMap(([mart, list]) => {
      const own = list.map((one) => one.split(' ')[0] ?? '');
      const faults: string[] = [];
      if (own.some((column) => column.endsWith('_amount')) && !own.includes('currency_code')) faults.push('currency');
      if (own.includes('source') && !(own[0] === 'source' && own[1] === 'account_id')) faults.push('first columns');
      if (own.at(-1) !== 'refreshed_at') faults.push('last column');
      return faults.map((fault) => `${mart}: ${fault}`);
    });
    expect(wrong).toEqual([]);
  });

  test('say their grain and date basis, and have a key', async () => {
    const { actions } = await compileGraph({ engine: 'duckdb', timeZone: 'UTC', currency: 'EUR' });
    const wrong = names.flatMap((name) => {
      const mart = actions.find((action) => action.name === `marts.${name}`);
      const faults: string[] = [];
      if (!/^One row per .*Date basis: (cohort|event)/s.test(mart?.description ?? '')) faults.push('description');
      if (!actions.some(({ checks }) => checks === `marts.${name}`)) faults.push('key');
      if (!actions.some((action) => action.name === `checks.check_${name}`)) faults.push('checks');
      return faults.map((fault) => `${name}: no ${fault}`);
    });
    expect(wrong).toEqual([]);
  });

  test('name no vendor', () => {
    const vendors = readdirSync(join(sqlFolder(), '..', 'connectors')).filter(
      (name) => !name.startsWith('_') && !name.includes('.') && name !== 'file',
    );
    expect(vendors).toContain('mailchimp');
    const pattern = new RegExp(vendors.join('|').replaceAll('-', '[-_ ]?'), 'i');
    const naming = ['marts', 'checks'].flatMap((folder) => {
      const path = join(sqlFolder(), 'definitions', folder);
      return readdirSync(path).filter((file) => pattern.test(readFileSync(join(path, file), 'utf8')));
    });
    expect(naming).toEqual([]);
  });
});

describe('the metric catalog', () => {
  const catalog = loadMetricCatalog();
  const own = (mart: string): readonly string[] => (columns.get(mart) ?? []).map((one) => one.split(' ')[0] ?? '');

  test('has only columns that there are, made of columns that there are', () => {
    const wrong: string[] = [];
    for (const { key, mart, column, numerator, denominator, available } of catalog.metrics) {
      if (!own(mart).includes(column)) wrong.push(`${key}: ${mart} has no column ${column}`);
      for (const part of [numerator, available ? denominator : null]) {
        for (const [, other, name = ''] of (part ?? '').matchAll(/(?:([a-z_]+)\.)?([a-z_]+)/g)) {
          if (!own(other ?? mart).includes(name)) wrong.push(`${key}: ${other ?? mart} has no column ${name}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test('has every ratio and every key figure of the marts: a rate without an entry has no meaning', () => {
    const known = new Set(catalog.metrics.map(({ mart, column }) => `${mart}.${column}`));
    // The parts of a comparison between two groups, described under `columns`.
    const parts = /^ab_test_results\.(success|control_success|difference|difference_low|difference_high)_rate$/;
    const rates = [...columns.keys()].flatMap((mart) =>
      own(mart)
        .filter((column) => column.endsWith('_rate'))
        .map((column) => `${mart}.${column}`),
    );
    expect(rates.filter((rate) => !known.has(rate) && !parts.test(rate))).toEqual([]);
  });

  test('describes no column that no mart has', () => {
    const all = new Set([...columns.keys()].flatMap((mart) => own(mart)));
    expect(Object.keys(catalog.columns).filter((name) => !all.has(name))).toEqual([]);
  });
});

test('the statistics step reads and writes what the graph has', async () => {
  const { actions, declarations } = await compileGraph({ engine: 'bigquery', timeZone: 'UTC', currency: 'EUR' });
  expect(actions.some(({ name }) => name === abStatistics.reads)).toBe(true);
  expect(declarations.some(({ name }) => name === abStatistics.writes.table)).toBe(true);
  expect(actions.find(({ name }) => name === 'marts.ab_test_results')?.reads).toContain(abStatistics.writes.table);
});
