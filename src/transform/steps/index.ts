import { readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Step } from '../step.ts';
import { abStatistics } from './ab-statistics.ts';
import { userAgents } from './user-agents.ts';

/** The TypeScript steps of the graph. */
export const steps: readonly Step[] = [abStatistics, userAgents];

/** Libraries that decide what a step writes, and that learn with each version. Each is one file. */
const libraries = ['bowser', 'isbot'] as const;

/** Hash of the steps' code and libraries: another code is another definition, and their tables are made again. */
export function stepsCodeHash(read: (file: string) => Buffer = readFileSync): string {
  const folder = dirname(fileURLToPath(import.meta.url));
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).toSorted()) {
    if (/(?<!\.test)(?<!\.d)\.[jt]s$/.test(file)) hash.update(file).update(read(join(folder, file)));
  }
  const { resolve } = createRequire(import.meta.url);
  for (const name of libraries) hash.update(name).update(read(resolve(name)));
  return hash.digest('hex');
}
