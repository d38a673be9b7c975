import type { FailureInfo, LoadCounts, StreamCounts, StreamKey, StreamSummary, Verdict } from '../activities/index.ts';
import { noCounts } from '../src/contracts/counts.ts';
import { whatOf } from './failure-info.ts';

/** Lists in history are cut to this many lines; the warehouse holds them whole. */
const maxLines = 5;
const maxText = 300;

/** Counts after a load. */
export function addLoad(counts: StreamCounts, load: LoadCounts): StreamCounts {
  return {
    ...counts,
    rowsInserted: counts.rowsInserted + load.inserted,
    rowsUpdated: counts.rowsUpdated + load.updated,
    rowsUnchanged: counts.rowsUnchanged + load.unchanged,
    rowsDeleted: counts.rowsDeleted + load.deleted,
    rowsQuarantined: counts.rowsQuarantined + load.quarantined,
  };
}

/** A list that fits history, its rest counted. */
export function capLines(lines: readonly string[], most = maxLines, text = maxText): readonly string[] {
  const cut = lines.slice(0, most).map((line) => (line.length > text ? `${line.slice(0, text)}…` : line));
  return lines.length > most ? [...cut, `and ${lines.length - most} more: see mailmart status`] : cut;
}

/** A verdict that fits history. */
export function capVerdict(verdict: Verdict, most = maxLines, text = maxText): Verdict {
  return {
    kind: verdict.kind,
    missing: capLines(verdict.missing, most, text),
    gaps: capLines(verdict.gaps, most, text),
  };
}

/** A report as one of many in one payload. */
export function capSummary(report: StreamSummary): StreamSummary {
  const { failure } = report;
  return {
    ...report,
    verdict: capVerdict(report.verdict, 2, 150),
    ...(failure === undefined ? {} : { failure: { ...failure, message: whatOf(failure, maxText) } }),
  };
}

/** A stream that was not read at all. */
export function unread(key: StreamKey, failure: FailureInfo, durationMs = 0): StreamSummary {
  return {
    key,
    counts: noCounts,
    verdict: { kind: 'incomplete', missing: [failure.message], gaps: [] },
    durationMs,
    failure,
  };
}
