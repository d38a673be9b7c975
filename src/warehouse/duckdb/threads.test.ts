import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { threadsFor } from './threads.ts';

test('DuckDB takes all cores, or as many threads as the environment grants', () => {
  expect(threadsFor({}).all).toBe(availableParallelism());
  expect(threadsFor({ MAILMART_DUCKDB_THREADS: '' })).toEqual(threadsFor({}));
  expect(threadsFor({ MAILMART_DUCKDB_THREADS: '1' })).toEqual({ all: 1, spare: 1 });
  expect(threadsFor({ MAILMART_DUCKDB_THREADS: '16' })).toEqual({ all: 16, spare: 15 });
});

test.each(['0', '-1', '1.5', 'two', '1e3'])('%s is no number of threads, and the message says what to do', (text) => {
  expect(() => threadsFor({ MAILMART_DUCKDB_THREADS: text })).toThrow(
    expect.objectContaining({ kind: 'rejected', fix: expect.stringContaining('whole number from 1') as string }),
  );
});
