import { redact } from '../connectors/_kit/redact.ts';
import type { Deps } from './deps.ts';
import type { RunNote } from './types.ts';

/** Writes how a run stands into the run log. */
export async function noteRun(deps: Deps, note: RunNote): Promise<void> {
  const now = deps.clock.now();
  const said = { ...note, message: note.message === null ? null : redact(note.message) };
  const known = (await deps.warehouse.latestRuns(100)).find(({ runId }) => runId === note.runId);
  await deps.warehouse.recordRun({
    ...said,
    startedAt: known?.startedAt ?? now,
    finishedAt: note.status === 'running' ? null : now,
  });
  if (note.status !== 'running') deps.runEnded?.(said);
}
