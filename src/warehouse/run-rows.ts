import type { StreamCounts, StreamReport, Verdict } from '../contracts/sync.ts';
import type { Row } from '../contracts/sync.ts';
import type { RunRecord, Warehouse } from './port.ts';

/** Columns of `ops.stream_run` that count. */
const columns: Readonly<Record<keyof StreamCounts, string>> = {
  slices: 'slices',
  pages: 'pages',
  requests: 'requests',
  rowsRead: 'rows_read',
  rowsInserted: 'rows_inserted',
  rowsUpdated: 'rows_updated',
  rowsUnchanged: 'rows_unchanged',
  rowsDeleted: 'rows_deleted',
  rowsQuarantined: 'rows_quarantined',
  bytesRead: 'bytes_read',
};
const names = Object.entries(columns) as readonly (readonly [keyof StreamCounts, string])[];

/** Cells of `ops.stream_run` that are the same in every engine: key, counts, and why it failed. */
export const streamCells = ({ key, counts, verdict, durationMs, failure }: StreamReport) => ({
  source: key.source,
  account_id: key.accountId,
  stream: key.stream,
  ...Object.fromEntries(names.map(([name, column]) => [column, counts[name]])),
  verdict_kind: verdict.kind,
  duration_ms: Math.round(durationMs),
  failure_kind: failure?.kind ?? null,
  failure_message: failure?.message ?? null,
});

/** A row of `ops.stream_run`, its JSON columns as texts. */
export function streamOf(row: Row): Awaited<ReturnType<Warehouse['latestStreams']>>[number] {
  return {
    runId: text(row, 'run_id'),
    finishedAt: text(row, 'finished_at'),
    key: { source: text(row, 'source'), accountId: text(row, 'account_id'), stream: text(row, 'stream') },
    counts: Object.fromEntries(names.map(([name, column]) => [name, Number(row[column])])) as StreamCounts,
    verdict: {
      kind: row['verdict_kind'] as Verdict['kind'],
      missing: JSON.parse(text(row, 'missing')) as readonly string[],
      gaps: JSON.parse(text(row, 'gaps')) as readonly string[],
    },
    durationMs: Number(row['duration_ms']),
    ...(row['failure_kind'] === null
      ? {}
      : { failure: { kind: text(row, 'failure_kind'), message: optional(row, 'failure_message') ?? '' } }),
  };
}

/** A row of `ops.run_log`, its verdict as text. */
export function runOf(row: Row): RunRecord {
  const verdict = optional(row, 'verdict');
  return {
    runId: text(row, 'run_id'),
    kind: row['kind'] as RunRecord['kind'],
    accountId: optional(row, 'account_id'),
    startedAt: text(row, 'started_at'),
    finishedAt: optional(row, 'finished_at'),
    status: row['status'] as RunRecord['status'],
    verdict: verdict === null ? null : (JSON.parse(verdict) as Verdict),
    message: optional(row, 'message'),
  };
}

const text = (row: Row, column: string): string => optional(row, column) ?? '';

function optional(row: Row, column: string): string | null {
  const value = row[column];
  return value === null || value === undefined ? null : String(value);
}
