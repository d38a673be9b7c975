import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Row } from '../contracts/sync.ts';
import { createBudget } from '../warehouse/bigquery/budget.ts';
import { openPublished, publishTo } from '../warehouse/duckdb/index.ts';
import type { Column } from '../warehouse/port.ts';
import { locationFinding } from './check-bigquery.ts';
import { costOf, planText } from './commands/plan.ts';
import { readCost, usdOf, type RunCost } from './cost.ts';
import { endOfTransform } from './run-outcome.ts';
import { summaryText } from './summary.ts';

const tib = 1024 ** 4;
const budget = createBudget({ maxBytesPerQuery: tib, maxBytesPerRun: 4 * tib });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailmart-cost-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Cost as read from a published copy with these model runs. */
async function published(rows: readonly Row[], columns: readonly Column[], runId?: string): Promise<RunCost | null> {
  const file = join(folder, 'published.duckdb');
  const all = async function* () {
    yield* rows;
  };
  await publishTo(file)([{ name: 'status.models', columns, rows: all() }], {
    runId: 'r2',
    publishedAt: '2026-06-30T12:00:00.000Z',
  });
  const reader = await openPublished(file);
  try {
    expect(await readCost(reader, null)).toBeNull();
    return await readCost(reader, budget, runId);
  } finally {
    reader.close();
  }
}

const columns: readonly Column[] = [
  { name: 'name', type: 'string' },
  { name: 'run_id', type: 'string' },
  { name: 'bytes_estimated', type: 'int' },
  { name: 'bytes_billed', type: 'int' },
  { name: 'finished_at', type: 'timestamp' },
];
const model = (name: string, run: string, billed: number | null, minute: number): Row => ({
  name,
  run_id: run,
  bytes_estimated: billed === null ? null : billed / 2,
  bytes_billed: billed,
  finished_at: `2026-06-30T12:0${minute}:00.000Z`,
});

describe('cost of a run', () => {
  const rows = [
    model('core.a', 'r1', tib, 1),
    model('core.b', 'r2', tib / 2, 2),
    model('core.c', 'r2', tib, 3),
    model('checks.c', 'r2', 0, 4),
  ];

  it('is the sum of its last models, the dearest first, with an estimate of money', async () => {
    const cost = await published(rows, columns);
    expect(cost).toEqual({
      run_id: 'r2',
      bytes_billed: 1.5 * tib,
      bytes_estimated: 0.75 * tib,
      max_bytes_per_query: tib,
      max_bytes_per_run: 4 * tib,
      usd_on_demand_estimate: 9.38,
      dearest: [
        { name: 'core.c', bytes_billed: tib },
        { name: 'core.b', bytes_billed: tib / 2 },
      ],
    });
    const nothing = { done: 0, unchanged: 0, failed: [], failedCount: 0, skippedCount: 0, blocked: false };
    const summary = summaryText(endOfTransform('r2', false, nothing, 1, cost).outcome);
    expect(summary).toContain('Billed: 1.5 TiB of the 4.0 TiB that a run may read');
    expect(summary).toContain('about US$ 9.38');
    expect(summary).toMatch(/Dearest models:\n {2}- core\.c: 1\.0 TiB\n/);
    expect(summary).toContain('Estimated at');
    expect(summaryText(endOfTransform('r2', false, nothing, 1).outcome)).not.toMatch(/Billed|US\$/);
  });

  it('is of the run asked for; null for one that published nothing, an engine that bills nothing and an older copy', async () => {
    expect(await published(rows, columns, 'r1')).toMatchObject({ run_id: 'r1', bytes_billed: tib });
    expect(await published(rows, columns, 'r3')).toBeNull();
    expect(await published([model('core.a', 'r1', null, 1)], columns)).toBeNull();
    expect(
      await published(
        rows,
        columns.filter(({ name }) => !name.startsWith('bytes')),
      ),
    ).toBeNull();
  });

  it('in money at the price of a TiB', () => {
    expect([usdOf(tib), usdOf(tib / 100), usdOf(0)]).toEqual([6.25, 0.06, 0]);
  });
});

describe('cost of a plan', () => {
  const ahead = (bytes: readonly (number | null)[], isBilled = true) => ({
    streams: [],
    transform: {
      isBilled,
      unchanged: 1,
      models: bytes.map((one, index) => ({
        name: `core.m${index}`,
        kind: 'table' as const,
        incremental: false,
        reason: 'missing' as const,
        bytes: one,
        note: one === null ? 'unknown until its inputs are built (core.x)' : null,
      })),
    },
  });

  it('is compared with what a query and a run may read', () => {
    expect(costOf(ahead([tib / 2, tib / 4]), budget)).toMatchObject({
      bytes: 0.75 * tib,
      is_complete: true,
      over_budget: [],
    });
    const dear = costOf(ahead([2 * tib, 3 * tib, null]), budget);
    expect(dear).toMatchObject({ is_complete: false, over_budget: ['core.m0', 'core.m1', 'run'] });
    const text = planText(ahead([2 * tib, 3 * tib, null]), dear);
    expect(text).toContain('Reads at least 5.0 TiB (about US$ 31.25)');
    expect(text).toContain('Would be refused (warehouse.max_bytes_per_query): core.m0, core.m1.');
    expect(text).toContain('stopped at warehouse.max_bytes_per_run');
    expect(text).toMatch(/core\.m2 +table +not built yet +whole +– +unknown until its inputs are built/);
  });

  it('is nothing where nothing is billed', () => {
    expect(costOf(ahead([null], false), null)).toBeNull();
    expect(planText(ahead([null], false), null)).not.toMatch(/reads|US\$/);
  });
});

it.each([
  ['EU', 'EU', 'ok'],
  ['EUROPE-WEST3', 'europe-west3', 'ok'],
  ['EUROPE-WEST3', 'EU', 'warning'],
  ['US', 'EU', 'failed'],
  ['EU', 'europe-west3', 'failed'],
])('a bucket in %s for datasets in %s: %s', (bucket, datasets, status) => {
  expect(locationFinding('gs://b/x', bucket, datasets)).toMatchObject({ item: 'bucket', status });
});
