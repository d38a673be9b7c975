import type { Clock } from '../../contracts/clock.ts';
import type { Database } from './database.ts';
import { replacePublished } from './replace-published.ts';
import { quoteName, quoteText } from './identifiers.ts';
import type { Session } from './session.ts';
import { tableKind } from './raw-read.ts';
import { utc } from './values.ts';

/** Tables of schema `status`: how the data came to be, without any content of records. */
const statusTables: Readonly<Record<string, string>> = {
  runs: `select run_id, kind, account_id, started_at, finished_at, status, cast(verdict as varchar) as verdict, message
    from (select *, row_number() over (partition by run_id order by number desc) as place from ops.run_log)
    where place = 1 order by number desc limit 200`,
  streams: `select source, account_id, stream, run_id, finished_at, verdict_kind, cast(missing as varchar) as missing,
      cast(gaps as varchar) as gaps, slices, pages, requests, rows_read, rows_inserted, rows_updated, rows_unchanged,
      rows_deleted, rows_quarantined, bytes_read, duration_ms, failure_kind, failure_message
    from (select *, row_number() over (partition by source, account_id, stream order by number desc) as place from ops.stream_run)
    where place = 1 order by source, account_id, stream`,
  // Nothing is billed here: the columns are there so that readers see one shape of both engines.
  models: `select name, kind, run_id, rows, duration_ms, status, message, cast(null as bigint) as bytes_estimated,
      cast(null as bigint) as bytes_billed, finished_at
    from (select *, row_number() over (partition by name order by number desc) as place from ops.model_run)
    where place = 1 order by name`,
  freshness: `select source, account_id, stream, count(*) as item_count, min(read_at) as oldest_read_at,
      max(read_at) as newest_read_at, count(json_extract_string(state, '$.explainedGap')) as explained_gap_count
    from ops.checkpoint group by all order by all`,
  tables: `select table_name, source, account_id, stream, arg_max(table_rows, number) as row_count,
      max(loaded_at) as last_load_at, max(loaded_at) filter (where is_change) as last_change_at
    from ops.load_ledger group by all order by all`,
  // Mended: its item has been read as a whole since, without a doubt, and it was not refused again.
  quarantine: `select q.source, q.account_id, q.stream, q.path, q.reason, count(*) as row_count,
      count(*) filter (c.run_id is null or c.run_id = q.last_run_id or c.committed_at < q.last_refused_at
        or json_extract_string(c.state, '$.doubtedSince') is not null) as open_count,
      min(q.quarantined_at) as first_at, max(q.last_refused_at) as last_at, arg_max(q.last_run_id, (q.last_refused_at, q.number)) as last_run_id,
      arg_min(q.position, q.number) as first_position
    from ops.quarantine as q
    left join ops.checkpoint as c
      on c.source = q.source and c.account_id = q.account_id and c.stream = q.stream and c.item = q.item
    group by all order by all`,
};

/**
 * Writes the readers' copy beside the published file and swaps it in: schema `marts`, and `status` about runs. A
 * reader that has the older file open keeps it. DuckDB copies rows and all, so a crash leaves the older file.
 */
export async function publish(database: Database, clock: Clock, publishedPath: string, runId: string): Promise<string> {
  return await replacePublished(publishedPath, (temporary) =>
    database.useAmply(async (session) => {
      await session.run('Publish', `attach ${quoteText(temporary)} as publishing`);
      try {
        await session.transaction(() => copyTables(session, clock, runId));
        await session.run('Publish', 'checkpoint publishing');
      } finally {
        await session.run('Publish', 'detach publishing');
      }
    }),
  );
}

async function copyTables(session: Session, clock: Clock, runId: string): Promise<void> {
  const marts = await session.rows(
    'List marts',
    `select table_name as name from information_schema.tables
    where table_catalog = current_database() and table_schema = 'marts' order by table_name`,
  );
  await session.run('Publish', 'create schema publishing.marts');
  await session.run('Publish', 'create schema publishing.status');
  for (const { name } of marts) {
    const table = quoteName(String(name));
    await session.run(
      `Publish marts.${String(name)}`,
      `create table publishing.marts.${table} as select * from marts.${table}`,
    );
  }
  for (const [name, sql] of Object.entries(statusTables)) {
    await session.run(`Publish status.${name}`, `create table publishing.status.${quoteName(name)} as ${sql}`);
  }
  if ((await tableKind(session, 'ops.data_as_of')) !== null) {
    await session.run(
      'Publish status.data_as_of',
      'create table publishing.status.data_as_of as select * from ops.data_as_of',
    );
  }
  await session.run(
    'Publish status.publication',
    `create table publishing.status.publication as select $1 as run_id, ${utc('$2')} as published_at`,
    [runId, clock.now()],
  );
}
