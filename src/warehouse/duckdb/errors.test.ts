import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, expect, test } from 'vitest';
import { WarehouseError } from '../port.ts';
import { Session } from './session.ts';

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

test.each([
  ['plain', 'secret'],
  ['with quotes', `a "secret' of 'mine"`],
  ['with one quote', 'a"secret'],
  ['with line breaks', 'first\n\nsecret\n'],
  ['that looks like the rest of a message', 'x", expected\nLINE 1: secret'],
])('a failure says nothing of a value %s', async (_what, value) => {
  const session = new Session(connection);
  const failed = await session.run('Try', 'select cast($1 as timestamp)', [value]).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(WarehouseError);
  expect(String(failed)).toMatch(/^WarehouseError: Try: Conversion Error: .*<value>/);
  expect(String(failed)).not.toMatch(/secret|first/);
});

test('a failure of SQL keeps its names', async () => {
  const failed = await new Session(connection)
    .run('Try', 'select missing from range(1)')
    .catch((error: unknown) => error);
  expect(String(failed)).toContain('"missing"');
});
