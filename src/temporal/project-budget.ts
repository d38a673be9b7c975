import { parseBytes } from '../config/bytes.ts';
import type { Project } from '../config/load.ts';
import { createBudget, type Budget, type BudgetOptions } from '../warehouse/bigquery/budget.ts';

/** What mailmart.yaml says of bytes; undefined: the default. */
export const limitsOf = ({
  config: { warehouse },
}: Project): { readonly [K in keyof BudgetOptions]: BudgetOptions[K] | undefined } => ({
  maxBytesPerQuery: parseBytes(warehouse.max_bytes_per_query ?? ''),
  maxBytesPerRun: parseBytes(warehouse.max_bytes_per_run ?? ''),
});

/** What a run of the project may read, defaults included; null where reading is not billed. */
export function budgetOf(project: Project): Budget | null {
  return project.config.warehouse.engine === 'bigquery' ? createBudget(limitsOf(project)) : null;
}
