import { defineConfig } from 'vitest/config';

/** By hand, on a Google Cloud project: `make test-bigquery`. No part of the ordinary tests. */
export default defineConfig({
  test: {
    include: ['test/smoke/**/*.test.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    bail: 0,
  },
});
