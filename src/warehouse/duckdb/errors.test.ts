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

test.each([
  ['Constraint', 'insert into temp.keyed values ($1), ($1)', 'secret'],
  ['Invalid Input', `select strptime($1, '%Y')`, 'secret'],
  ['Out of Range', 'select cast($1 as bigint) * 9', '4444333322221111000'],
])('nor does one of the kind %s', async (kind, sql, value) => {
  const session = new Session(connection);
  await session.run('Prepare', 'create temp table if not exists keyed (name varchar primary key)');
  const failed = await session.run('Try', sql, [value]).catch((error: unknown) => error);
  const { message, cause } = failed as WarehouseError;
  expect(String(cause)).toContain(value);
  expect(message).toContain(`Try: ${kind} Error: `);
  expect(message).not.toContain(value);
});

test('a failure of SQL keeps its names', async () => {
  const failed = await new Session(connection)
    .run('Try', 'select missing from range(1)')
    .catch((error: unknown) => error);
  expect(String(failed)).toContain('"missing"');
});

// Nobody makes files there, root included.
test.runIf(process.platform === 'linux')('as DuckDB says it', async () => {
  const failed = await new Session(connection)
    .run('Open', `attach '/sys/kernel/w.duckdb' as w`)
    .catch((error: unknown) => error);
  expect(failed).toMatchObject({
    code: 'FILE_WRITE',
    message: expect.stringContaining('Open (/sys/kernel/w.duckdb): '),
  });
});

test.each(['select checksum from range(1)', 'from corrupt', 'select enospc(1)', 'select 1 newer version'])(
  'the names in %j are no failure of the file',
  async (sql) => {
    const failed = await new Session(connection).run('Try', sql).catch((error: unknown) => error);
    expect(failed).toMatchObject({ kind: 'rejected', message: expect.stringMatching(/(Binder|Catalog|Parser) Error/) });
  },
);
