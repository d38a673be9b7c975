import { accountOf } from './account.ts';
import type { Deps } from './deps.ts';
import type { PipelinePlan } from './types.ts';

/** The accounts that a pipeline run syncs. */
export function planPipeline(deps: Deps, input: { readonly accounts?: readonly string[] }): PipelinePlan {
  const ids = input.accounts ?? deps.project.config.sources.map(({ id }) => id);
  return { accounts: ids.map((id) => ({ source: accountOf(deps, id).connector.name, accountId: id })) };
}
