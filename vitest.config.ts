import { defineConfig } from 'vitest/config';
import { keepCompiledCode } from './test/runner/compiled-code.ts';
import { LongestFirst } from './test/runner/longest-first.ts';
import { keepTemporaryFilesInMemory } from './test/runner/temporary-files.ts';

keepTemporaryFilesInMemory();
keepCompiledCode();

const heavy = { fileParallelism: false, testTimeout: 600_000, hookTimeout: 600_000 } as const;
/** Some of them compute, others wait for processes, clocks and servers: a third file keeps both cores at work. */
const threeAtATime = { fileParallelism: true, maxWorkers: 3, sequence: { groupOrder: 2 } } as const;

/** What measures time has the two cores to itself. */
const alone = ['test/receiver/**/*.test.ts', 'test/workflows/sync-account.test.ts'];

/** Unit tests first; then what starts servers. */
export default defineConfig({
  test: {
    reporters: ['default', './test/runner/summary.ts'],
    sequence: { sequencer: LongestFirst },
    // Files run side by side: a second thread of DuckDB's waits more than it works. What must not depend on the order of rows unsets it.
    env: { MAILMART_DUCKDB_THREADS: '1' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,connectors,workflows,activities}/**/*.test.ts', 'test/{architecture,contract}/**/*.test.ts'],
          exclude: ['src/warehouse/duckdb/crash.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          // What a file imports is read once a worker: a third of the time. So none may replace a module (`vi.mock`).
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: ['test/cli/**/*.test.ts', 'src/warehouse/duckdb/crash.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...heavy,
          ...threeAtATime,
          name: 'parts',
          include: ['test/{workflows,replay}/**/*.test.ts'],
          exclude: [...alone],
        },
      },
      {
        extends: true,
        test: {
          ...heavy,
          ...threeAtATime,
          name: 'engines',
          include: ['test/{sql,truth,bigquery}/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          ...heavy,
          ...threeAtATime,
          name: 'whole',
          include: ['test/{e2e,faults,examples}/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          ...heavy,
          name: 'load',
          include: [...alone],
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
