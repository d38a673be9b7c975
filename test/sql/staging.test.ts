import { afterAll, beforeAll, expect, test } from 'vitest';
import { personKey } from '../../connectors/_kit/person-key.ts';
import type { Row } from '../../src/contracts/sync.ts';
import { compileGraph } from '../../src/transform/index.ts';
import { allPassed, openSqlProject, salt, type SqlProject } from './harness.ts';
import { records } from './staging-records.ts';

const later = '2026-07-01T12:00:00.000Z';
const people = new Map(
  ['Ann@One.example', 'id:r2@file', 'd41d8cd98f00b204'].map((name) => [personKey(salt, name), name]),
);

let project: SqlProject;
let models: readonly string[];
/** When a row was loaded is no field of its record; an id that is a hash says nothing here. */
const rowsOf = async (model: string): Promise<readonly Row[]> =>
  (await project.query(`select * from ${model} order by all`)).map(
    ({ loaded_at: _loaded, row_id: _hash, ...row }) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, people.get(`${value}`) ?? value])) as Row,
  );
const allRows = async (): Promise<ReadonlyMap<string, readonly Row[]>> => {
  const found = new Map<string, readonly Row[]>();
  for (const model of models) found.set(model, await rowsOf(model));
  return found;
};
const build = async (): Promise<void> => allPassed(await project.transform({}, ['staging.*']));

beforeAll(async () => {
  project = await openSqlProject();
  const graph = await compileGraph({ engine: 'duckdb', timeZone: 'Europe/Berlin', currency: 'EUR' });
  models = graph.actions
    .filter(({ kind, name }) => kind !== 'assertion' && name.startsWith('staging.stg_'))
    .map(({ name }) => name)
    .toSorted();
  for (const [account, seeds] of Object.entries(records)) await project.seed(account, seeds);
  await build();
});
afterAll(() => project.close());

/** A line a column, with its values in all rows. */
const shown = (model: string, rows: readonly Row[]): string =>
  [
    model,
    ...Object.keys(rows[0] ?? {}).map((name) => {
      const values = rows.map((row) => (row[name] === null ? '–' : row[name] === '' ? "''" : String(row[name])));
      return `    ${name}: ${values.join(' | ')}`;
    }),
  ].join('\n');

test('every column of staging is the field of its record that it should be, in UTC and to the last digit', async () => {
  const found = await allRows();
  await expect(`${[...found].map(([model, rows]) => shown(model, rows)).join('\n\n')}\n`).toMatchFileSnapshot(
    './staging-rows.txt',
  );
  // A column that no record fills is compared with nothing.
  const unfilled = [...found].flatMap(([model, rows]) =>
    Object.keys(rows[0] ?? { 'any column': null })
      .filter((name) => name !== 'deleted_at' && rows.every((row) => row[name] === null))
      .map((name) => `${model}: ${name}`),
  );
  expect(unfilled).toEqual([]);
});

test('what the source no longer shows is marked, of files gone; events that are told once stay', async () => {
  const before = await allRows();
  project.setNow(later);
  for (const [account, seeds] of Object.entries(records)) {
    const none = Object.fromEntries(Object.keys(seeds).map((stream) => [stream, []]));
    await project.seed(account, none, { whole: true });
  }
  await build();
  const marked = (row: Row): Row => ({
    ...row,
    ...('is_deleted' in row && { is_deleted: true }),
    ...('deleted_at' in row && { deleted_at: later }),
  });
  expect(await allRows()).toEqual(
    new Map([...before].map(([model, rows]) => [model, model.includes('.stg_file__') ? [] : rows.map(marked)])),
  );
});
