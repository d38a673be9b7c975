import type { Clock } from '../../contracts/clock.ts';
import type { Instant } from '../../contracts/json.ts';
import type { StreamReport } from '../../contracts/sync.ts';
import type { ModelRun, RunRecord, Warehouse } from '../port.ts';
import { runOf, streamCells, streamOf } from '../run-rows.ts';
import { insertRow } from './insert-row.ts';
import type { Session } from './session.ts';

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
  await insertRow(session, attempted, 'ops.stream_run', {
    number,
    run_id: runId,
    ...streamCells(report),
    missing: { json: report.verdict.missing },
    gaps: { json: report.verdict.gaps },
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

/** As they stand, newest first. */
const runs = `select * replace (cast(verdict as varchar) as verdict)
  from (select *, row_number() over (partition by run_id order by number desc) as place,
    min(number) over (partition by run_id) as first_number from ops.run_log)
  where place = 1`;

export async function latestRuns(session: Session, limit: number): Promise<readonly RunRecord[]> {
  const rows = await session.rows('Read the run log', `${runs} order by first_number desc limit $1`, [limit]);
  return rows.map(runOf);
}

export async function runningRuns(session: Session): Promise<readonly RunRecord[]> {
  const rows = await session.rows('Read the run log', `${runs} and status = 'running' order by first_number desc`);
  return rows.map(runOf);
}

export async function latestStreams(session: Session): ReturnType<Warehouse['latestStreams']> {
  const rows = await session.rows(
    'Read the run log',
    `select * replace (cast(missing as varchar) as missing, cast(gaps as varchar) as gaps)
    from (select *, row_number() over (partition by source, account_id, stream order by number desc) as place from ops.stream_run)
    where place = 1 order by source, account_id, stream`,
  );
  return rows.map(streamOf);
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

export async function failedModels(session: Session): Promise<ReadonlySet<string>> {
  const rows = await session.rows(
    'Read model runs',
    `select name from ops.model_run group by name having arg_max(status, number) = 'failed' order by name`,
  );
  return new Set(rows.map((row) => String(row['name'])));
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
