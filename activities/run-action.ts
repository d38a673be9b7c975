import { redact } from '../connectors/_kit/redact.ts';
import type { TransformRunner } from './deps.ts';
import type { ActionInput, ActionOutcome, ActionsInput } from './types.ts';

/** Work of so long is worth an activity of its own; others may be waiting for what a batch still holds. */
const enoughMs = 1_000;

/** Of `Deps`, what actions need. */
type Runs = { readonly transform: Pick<TransformRunner, 'run'> };

/** Runs one action of the compiled graph; one that is up to date is left alone. */
export async function runAction(deps: Runs, { runId, name }: ActionInput, signal: AbortSignal): Promise<ActionOutcome> {
  const model = await deps.transform.run(runId, name, signal);
  return {
    name: model.name,
    status: model.status,
    rows: model.rows,
    message: model.message === null ? null : redact(model.message).slice(0, 1_000),
  };
}

/**
 * Runs actions one after the other, until they have taken a second, one has failed or it is cancelled. Answers for those that
 * ran; the rest are the workflow's to give out again. One that throws is such a one too, unless it came first: then the
 * failure is its own.
 */
export async function runActions(
  deps: Runs,
  { runId, names }: ActionsInput,
  signal: AbortSignal,
): Promise<readonly ActionOutcome[]> {
  const startedMs = performance.now();
  const [first, ...others] = names;
  const outcomes = [await runAction(deps, { runId, name: first }, signal)];
  for (const name of others) {
    const isOver = outcomes.at(-1)?.status === 'failed' || performance.now() - startedMs > enoughMs;
    if (isOver || signal.aborted) break;
    try {
      outcomes.push(await runAction(deps, { runId, name }, signal));
    } catch {
      // Begun again it comes first, and its failure is told, tried again and named.
      break;
    }
  }
  return outcomes;
}
