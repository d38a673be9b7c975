import { expect } from 'vitest';
import type { Seconds, World } from '../../src/demo/types.ts';
import { allDifferences } from '../truth/all-marts.ts';
import { gatherFacts } from '../truth/facts.ts';
import { goalRules, salt } from '../truth/in-process.ts';
import type { Bench } from './harness.ts';
import type { Ended } from './processes.ts';
import { withPublished } from './tables.ts';

/** Differences of the published marts from the truth of a world that was synced at these instants. */
export function differencesOf(
  bench: Bench,
  world: World,
  syncs: readonly Seconds[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  return withPublished(bench.published, (query) =>
    allDifferences({ query }, gatherFacts({ world, syncs, salt, rules: goalRules })),
  );
}

/** Nobody who uses the command should ever see a stack trace. */
export function expectNoStack(end: Ended): void {
  expect(/^ {4}at .*/m.exec(end.stdout + end.stderr)?.[0]).toBeUndefined();
}

/** Ended well: exit code, verdict and no stack trace. */
export function expectComplete(end: Ended): void {
  expectNoStack(end);
  expect(end.stderr).toMatch(/^Complete in .*, published\.$/m);
  expect(end.code).toBe(0);
}
