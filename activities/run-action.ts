import { redact } from '../connectors/_kit/redact.ts';
import type { Deps } from './deps.ts';
import type { ActionInput, ActionOutcome } from './types.ts';

/** Runs one action of the compiled graph; one that is up to date is left alone. */
export async function runAction(deps: Deps, { runId, name }: ActionInput): Promise<ActionOutcome> {
  const model = await deps.transform.run(runId, name);
  return {
    name: model.name,
    status: model.status,
    rows: model.rows,
    message: model.message === null ? null : redact(model.message).slice(0, 1_000),
  };
}
