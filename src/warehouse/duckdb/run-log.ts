import type { Clock } from '../../contracts/clock.ts';
import type { Instant } from '../../contracts/json.ts';
import type { StreamReport, Verdict } from '../../contracts/sync.ts';
import type { ModelRun, RunRecord, Warehouse } from '../port.ts';
import { insertRow } from './insert-row.ts';
import type { JsonRow, Session } from './session.ts';

const number = { next: 'event_number' } as const;
const attempted = 'Write the run log';

/** Rows of the run log are only ever added; the newest of a run (by number, not by time) is its state. */
export async function recordRun(session: Session, run: RunRecord, clock: Clock): Promise<void> {
  await insertRow(session, attempted, 'ops.run_log', {
    number,
    run_id: run.runId,
    kind: run.kind,
    account_id: run.accountId,
    started_at: { instant: run.startedAt },
    finished_at: { instant: run.finishedAt },
    status: run.status,
    verdict: { json: run.verdict },
    message: run.message,
    recorded_at: { instant: clock.now() },
  });
}

export async function recordStream(session: Session, runId: string, report: StreamReport, clock: Clock): Promise<void> {
  const { key, counts, verdict, failure } = report;
  await insertRow(session, attempted, 'ops.stream_run', {
    number,
    run_id: runId,
    source: key.source,
    account_id: key.accountId,
    stream: key.stream,
    slices: counts.slices,
    pages: counts.pages,
    requests: counts.requests,
    rows_read: counts.rowsRead,
    rows_inserted: counts.rowsInserted,
    rows_updated: counts.rowsUpdated,
    rows_unchanged: counts.rowsUnchanged,
    rows_deleted: counts.rowsDeleted,
    rows_quarantined: counts.rowsQuarantined,
    bytes_read: counts.bytesRead,
    verdict_kind: verdict.kind,
    missing: { json: verdict.missing },
    gaps: { json: verdict.gaps },
    duration_ms: Math.round(report.durationMs),
    failure_kind: failure?.kind ?? null,
    failure_message: failure?.message ?? null,
    finished_at: { instant: clock.now() },
  });
}

export async function recordModel(session: Session, runId: string, model: ModelRun, clock: Clock): Promise<void> {
  await insertRow(session, attempted, 'ops.model_run', {
    number,
    run_id: runId,
    name: model.name,
    kind: model.kind,
    fingerprint: model.fingerprint,
    rows: model.rows,
    duration_ms: Math.round(model.durationMs),
    status: model.status,
    message: model.message,
    finished_at: { instant: clock.now() },
  });
}

export async function latestRuns(session: Session, limit: number): Promise<readonly RunRecord[]> {
  const rows = await session.rows(
    'Read the run log',
    `select *, cast(verdict as varchar) as verdict_text
    from (select *, row_number() over (partition by run_id order by number desc) as place,
      min(number) over (partition by run_id) as first_number from ops.run_log)
    where place = 1 order by first_number desc limit $1`,
    [limit],
  );
  return rows.map((row) => ({
    runId: String(row['run_id']),
    kind: row['kind'] as RunRecord['kind'],
    accountId: text(row, 'account_id'),
    startedAt: String(row['started_at']),
    finishedAt: text(row, 'finished_at'),
    status: row['status'] as RunRecord['status'],
    verdict: row['verdict_text'] === null ? null : (JSON.parse(String(row['verdict_text'])) as Verdict),
    message: text(row, 'message'),
  }));
}

export async function latestStreams(session: Session): ReturnType<Warehouse['latestStreams']> {
  const rows = await session.rows(
    'Read the run log',
    `select *, cast(missing as varchar) as missing_text, cast(gaps as varchar) as gaps_text
    from (select *, row_number() over (partition by source, account_id, stream order by number desc) as place from ops.stream_run)
    where place = 1 order by source, account_id, stream`,
  );
  return rows.map((row) => ({
    runId: String(row['run_id']),
    finishedAt: String(row['finished_at']),
    key: { source: String(row['source']), accountId: String(row['account_id']), stream: String(row['stream']) },
    counts: {
      slices: Number(row['slices']),
      pages: Number(row['pages']),
      requests: Number(row['requests']),
      rowsRead: Number(row['rows_read']),
      rowsInserted: Number(row['rows_inserted']),
      rowsUpdated: Number(row['rows_updated']),
      rowsUnchanged: Number(row['rows_unchanged']),
      rowsDeleted: Number(row['rows_deleted']),
      rowsQuarantined: Number(row['rows_quarantined']),
      bytesRead: Number(row['bytes_read']),
    },
    verdict: {
      kind: row['verdict_kind'] as Verdict['kind'],
      missing: JSON.parse(String(row['missing_text'])) as readonly string[],
      gaps: JSON.parse(String(row['gaps_text'])) as readonly string[],
    },
    durationMs: Number(row['duration_ms']),
    ...(row['failure_kind'] === null
      ? {}
      : { failure: { kind: String(row['failure_kind']), message: String(row['failure_message'] ?? '') } }),
  }));
}

/** Fingerprint of each model's last success: a failed run left the older table, and its fingerprint, in place. */
export async function modelFingerprints(session: Session): Promise<ReadonlyMap<string, string>> {
  const rows = await session.rows(
    'Read model runs',
    `select name, arg_max(fingerprint, number) as fingerprint from ops.model_run
    where status <> 'failed' group by name order by name`,
  );
  return new Map(rows.map((row) => [String(row['name']), String(row['fingerprint'])]));
}

/** Raw tables: number of the last load that changed a row. Replaced tables: hash of their content. */
export async function tableFingerprints(session: Session): Promise<ReadonlyMap<string, string>> {
  const rows = await session.rows(
    'Read table fingerprints',
    `select table_name as name, coalesce('load ' || max(number) filter (where is_change), 'empty') as fingerprint
    from ops.load_ledger group by table_name
    union all
    select name, content_hash from ops.replaced_table
    order by name`,
  );
  return new Map(rows.map((row) => [String(row['name']), String(row['fingerprint'])]));
}

/** In whole milliseconds. */
export async function lastChange(session: Session, tables: readonly string[]): Promise<Instant | null> {
  const { changed } = await session.row(
    'Find the last change',
    `select max(loaded_at) as changed from ops.load_ledger
    where is_change and table_name in (select unnest(cast($1 as json)::varchar[]))`,
    [JSON.stringify(tables)],
  );
  return typeof changed === 'string' ? changed : null;
}

function text(row: JsonRow, column: string): string | null {
  const value = row[column];
  return value === null || value === undefined ? null : String(value);
}
