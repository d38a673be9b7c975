import { redact } from '../connectors/_kit/redact.ts';
import { streamVerdict } from '../connectors/_kit/verdict.ts';
import { withoutFix } from '../src/contracts/failure-text.ts';
import type { Verdict } from '../src/contracts/sync.ts';
import type { Deps } from './deps.ts';
import { removeLoadedPosts } from './inbox.ts';
import { readPlan, readResults, stateBefore } from './slice-plan.ts';
import type { FinishStreamInput, StreamSummary } from './types.ts';

/** Lines of a verdict that go back into history; the run log holds them all. */
const maxLines = 5;
const maxText = 300;

/** Decides how complete the stream is, stores its report and clears landing of earlier runs. */
export async function finishStream(deps: Deps, input: FinishStreamInput): Promise<StreamSummary> {
  const { key, runId, counts, durationMs } = input;
  const results = await readResults(deps.landing, input);
  const failure =
    input.failure === undefined ? undefined : { ...input.failure, message: redact(input.failure.message) };
  const found = streamVerdict(results, stateBefore(await readPlan(deps.landing, input)));
  const verdict: Verdict =
    failure === undefined
      ? found
      : {
          kind: 'incomplete',
          missing: [unread(input.planned, results.length, withoutFix(failure.message, failure.fix)), ...found.missing],
          gaps: found.gaps,
        };
  await deps.warehouse.recordStream(runId, {
    key,
    counts,
    verdict,
    durationMs,
    ...(failure === undefined ? {} : { failure: { kind: failure.kind, message: failure.message } }),
  });
  await removeLoadedPosts(deps, key).catch((error: unknown) =>
    // The next run tries again, and a full disk makes the receiver refuse: nothing is lost.
    deps.logger.warn(
      { accountId: key.accountId, error: error instanceof Error ? error.message : String(error) },
      'posts that are loaded could not be removed',
    ),
  );
  // The run's own files stay until the next one: a repeated call of this activity finds the same results.
  await deps.landing.sweep(key, [runId]);
  return {
    key,
    counts,
    verdict: { kind: verdict.kind, missing: cut(verdict.missing), gaps: cut(verdict.gaps) },
    durationMs,
    ...(failure === undefined ? {} : { failure: { ...failure, message: failure.message.slice(0, maxText * 2) } }),
  };
}

function unread(planned: number, loaded: number, reason: string): string {
  return planned === 0 || loaded >= planned
    ? reason
    : `${planned - loaded} of ${planned} slices were not read: ${reason}`;
}

function cut(lines: readonly string[]): readonly string[] {
  const kept = lines.slice(0, maxLines).map((line) => (line.length > maxText ? `${line.slice(0, maxText)}…` : line));
  return lines.length > maxLines ? [...kept, `and ${lines.length - maxLines} more: see mailmart status`] : kept;
}
