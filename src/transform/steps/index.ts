import { readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Step } from '../step.ts';
import { abStatistics } from './ab-statistics.ts';
import { ltvBacktest } from './ltv-backtest.ts';
import { ltvProjection } from './ltv-projection.ts';

/** The TypeScript steps of the graph. */
export const steps: readonly Step[] = [abStatistics, ltvProjection, ltvBacktest];

/** Hash of the steps' code: another code is another definition, and their tables are made again. */
export function stepsCodeHash(): string {
  const folder = dirname(fileURLToPath(import.meta.url));
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).toSorted()) {
    if (/(?<!\.test)(?<!\.d)\.[jt]s$/.test(file)) hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex');
}
