import type { StreamCounts, Verdict } from './sync.ts';

/** Counts of a stream of which nothing was read. */
export const noCounts: StreamCounts = {
  slices: 0,
  pages: 0,
  requests: 0,
  rowsRead: 0,
  rowsInserted: 0,
  rowsUpdated: 0,
  rowsUnchanged: 0,
  rowsDeleted: 0,
  rowsQuarantined: 0,
  bytesRead: 0,
};

/** Field by field. */
export function addCounts(a: StreamCounts, b: StreamCounts): StreamCounts {
  return {
    slices: a.slices + b.slices,
    pages: a.pages + b.pages,
    requests: a.requests + b.requests,
    rowsRead: a.rowsRead + b.rowsRead,
    rowsInserted: a.rowsInserted + b.rowsInserted,
    rowsUpdated: a.rowsUpdated + b.rowsUpdated,
    rowsUnchanged: a.rowsUnchanged + b.rowsUnchanged,
    rowsDeleted: a.rowsDeleted + b.rowsDeleted,
    rowsQuarantined: a.rowsQuarantined + b.rowsQuarantined,
    bytesRead: a.bytesRead + b.bytesRead,
  };
}

/** The verdict of several parts: the worst kind, every line named by its part. Without parts nothing is missing. */
export function combine(parts: readonly { readonly name: string; readonly verdict: Verdict }[]): Verdict {
  const named = (lines: (verdict: Verdict) => readonly string[]): readonly string[] =>
    parts.flatMap(({ name, verdict }) => lines(verdict).map((line) => `${name}: ${line}`));
  const kinds = new Set(parts.map(({ verdict }) => verdict.kind));
  return {
    kind: kinds.has('incomplete') ? 'incomplete' : kinds.has('suspiciously_empty') ? 'suspiciously_empty' : 'complete',
    missing: named((verdict) => verdict.missing),
    gaps: named((verdict) => verdict.gaps),
  };
}
