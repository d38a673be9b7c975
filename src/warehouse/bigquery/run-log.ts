import type { Instant } from '../../contracts/json.ts';
import type { StreamReport } from '../../contracts/sync.ts';
import type { ModelRun, RunRecord, Warehouse } from '../port.ts';
import { runOf, streamCells, streamOf } from '../run-rows.ts';
import type { Deps } from './deps.ts';
import { insertRows, nextNumber } from './insert.ts';

const attempted = 'Write the run log';

export async function recordRun(deps: Deps, run: RunRecord): Promise<void> {
  await insertRows(deps, attempted, 'run_log', [
    {
      number: nextNumber(),
      run_id: run.runId,
      kind: run.kind,
      account_id: run.accountId,
      started_at: run.startedAt,
      finished_at: run.finishedAt,
      status: run.status,
      verdict: run.verdict === null ? null : JSON.stringify(run.verdict),
      message: run.message,
      recorded_at: deps.clock.now(),
    },
  ]);
}

export async function recordStream(deps: Deps, runId: string, report: StreamReport): Promise<void> {
  await insertRows(deps, attempted, 'stream_run', [
    {
      number: nextNumber(),
      run_id: runId,
      ...streamCells(report),
      missing: JSON.stringify(report.verdict.missing),
      gaps: JSON.stringify(report.verdict.gaps),
      finished_at: deps.clock.now(),
    },
  ]);
}

export async function recordModel(deps: Deps, runId: string, model: ModelRun): Promise<void> {
  await insertRows(deps, attempted, 'model_run', [
    {
      number: nextNumber(),
      run_id: runId,
      name: model.name,
      kind: model.kind,
      fingerprint: model.fingerprint,
      rows: model.rows,
      duration_ms: Math.round(model.durationMs),
      status: model.status,
      message: model.message,
      bytes_estimated: model.bytes?.estimated ?? null,
      bytes_billed: model.bytes?.billed ?? null,
      finished_at: deps.clock.now(),
    },
  ]);
}

/** As they stand, newest first; `rest` follows the condition. */
async function runs({ jobs, names, labels }: Deps, rest: string): Promise<readonly RunRecord[]> {
  const { rows } = await jobs.query(
    'Read the run log',
    `select * except (place) from (
      select *, row_number() over (partition by run_id order by number desc) as place,
        min(number) over (partition by run_id) as first_number
      from ${names.quote('ops.run_log')}) as runs
    where place = 1 ${rest}`,
    { labels },
  );
  return rows.map(runOf);
}

export const latestRuns = (deps: Deps, limit: number): Promise<readonly RunRecord[]> =>
  runs(deps, `order by first_number desc limit ${Math.trunc(limit)}`);

export const runningRuns = (deps: Deps): Promise<readonly RunRecord[]> =>
  runs(deps, "and status = 'running' order by first_number desc");

export async function latestStreams(deps: Deps): ReturnType<Warehouse['latestStreams']> {
  const { rows } = await deps.jobs.query(
    'Read the run log',
    `select * from ${deps.names.quote('ops.stream_run')}
    where true
    qualify row_number() over (partition by source, account_id, stream order by number desc) = 1
    order by source, account_id, stream`,
    { labels: deps.labels },
  );
  return rows.map(streamOf);
}

/** Fingerprint of each model's last success: a failed run left the older table, and its fingerprint, in place. */
export async function modelFingerprints(deps: Deps): Promise<ReadonlyMap<string, string>> {
  const { rows } = await deps.jobs.query(
    'Read model runs',
    `select name, max_by(fingerprint, number) as fingerprint from ${deps.names.quote('ops.model_run')}
    where status <> 'failed' group by name order by name`,
    { labels: deps.labels },
  );
  return new Map(rows.map((row) => [String(row['name']), String(row['fingerprint'])]));
}

export async function failedModels(deps: Deps): Promise<ReadonlySet<string>> {
  const { rows } = await deps.jobs.query(
    'Read model runs',
    `select name from (select name, max_by(status, number) as status from ${deps.names.quote('ops.model_run')} group by name)
    where status = 'failed' order by name`,
    { labels: deps.labels },
  );
  return new Set(rows.map((row) => String(row['name'])));
}

/** Raw tables: number of the last load that changed a row. Replaced tables: hash of their content. */
export async function tableFingerprints(deps: Deps): Promise<ReadonlyMap<string, string>> {
  const { rows } = await deps.jobs.query(
    'Read table fingerprints',
    `select table_name as name, coalesce('load ' || cast(max(if(is_change, number, null)) as string), 'empty') as fingerprint
    from ${deps.names.quote('ops.load_ledger')} group by table_name
    union all
    select name, max_by(content_hash, number) as fingerprint from ${deps.names.quote('ops.replaced_table')} group by name
    order by name`,
    { labels: deps.labels },
  );
  return new Map(rows.map((row) => [String(row['name']), String(row['fingerprint'])]));
}

export async function lastChange(deps: Deps, tables: readonly string[]): Promise<Instant | null> {
  const { rows } = await deps.jobs.query(
    'Find the last change',
    `select max(loaded_at) as changed from ${deps.names.quote('ops.load_ledger')}
    where is_change and table_name in unnest(@tables)`,
    { params: { tables }, labels: deps.labels },
  );
  const changed = rows[0]?.['changed'];
  return typeof changed === 'string' ? changed : null;
}

/** Bytes that a run's models have been billed so far. */
export async function spentBy(deps: Deps, runId: string): Promise<number> {
  const { rows } = await deps.jobs.query(
    'Read what the run has spent',
    `select coalesce(sum(bytes_billed), 0) as spent from ${deps.names.quote('ops.model_run')} where run_id = @run`,
    { params: { run: runId }, labels: deps.labels },
  );
  return Number(rows[0]?.['spent'] ?? 0);
}
