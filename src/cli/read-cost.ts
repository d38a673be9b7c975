import { existsSync } from 'node:fs';
import type { Project } from '../config/load.ts';
import { budgetOf } from '../temporal/project-budget.ts';
import { openPublished } from '../warehouse/duckdb/index.ts';
import { readCost, type RunCost } from './cost.ts';

/** What a run was billed, from the published copy; null where nothing is billed, and when the run published nothing. */
export async function costOfRun(project: Project, runId: string): Promise<RunCost | null> {
  const budget = budgetOf(project);
  if (budget === null || !existsSync(project.paths.published)) return null;
  const published = await openPublished(project.paths.published);
  try {
    return await readCost(published, budget, runId);
  } finally {
    published.close();
  }
}
