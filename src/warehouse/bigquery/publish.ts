import type { Column, PublishedTable, PublishTables } from '../port.ts';
import type { Deps } from './deps.ts';
import { tableRows } from './raw-read.ts';
import { tablesOf } from './schema.ts';
import { columnType, fieldsOf } from './values.ts';

/** Tables of schema `status`, in the columns of the embedded warehouse. */
function statusQueries(
  deps: Deps,
): Readonly<Record<string, { readonly sql: string; readonly columns: Readonly<Record<string, Column['type']>> }>> {
  const ops = (table: string): string => deps.names.quote(`ops.${table}`);
  return {
    runs: {
      sql: `select run_id, kind, account_id, started_at, finished_at, status, verdict, message from ${ops('run_log')}
        where true qualify row_number() over (partition by run_id order by number desc) = 1 order by number desc limit 200`,
      columns: {
        run_id: 'string',
        kind: 'string',
        account_id: 'string',
        started_at: 'timestamp',
        finished_at: 'timestamp',
        status: 'string',
        verdict: 'string',
        message: 'string',
      },
    },
    streams: {
      sql: `select source, account_id, stream, run_id, finished_at, verdict_kind, missing, gaps, slices, pages, requests, rows_read,
          rows_inserted, rows_updated, rows_unchanged, rows_deleted, rows_quarantined, bytes_read, duration_ms, failure_kind,
          failure_message
        from ${ops('stream_run')} where true
        qualify row_number() over (partition by source, account_id, stream order by number desc) = 1
        order by source, account_id, stream`,
      columns: {
        source: 'string',
        account_id: 'string',
        stream: 'string',
        run_id: 'string',
        finished_at: 'timestamp',
        verdict_kind: 'string',
        missing: 'string',
        gaps: 'string',
        slices: 'int',
        pages: 'int',
        requests: 'int',
        rows_read: 'int',
        rows_inserted: 'int',
        rows_updated: 'int',
        rows_unchanged: 'int',
        rows_deleted: 'int',
        rows_quarantined: 'int',
        bytes_read: 'int',
        duration_ms: 'int',
        failure_kind: 'string',
        failure_message: 'string',
      },
    },
    models: {
      sql: `select name, kind, run_id, \`rows\`, duration_ms, status, message, bytes_estimated, bytes_billed, finished_at from ${ops('model_run')}
        where true qualify row_number() over (partition by name order by number desc) = 1 order by name`,
      columns: {
        name: 'string',
        kind: 'string',
        run_id: 'string',
        rows: 'int',
        duration_ms: 'int',
        status: 'string',
        message: 'string',
        bytes_estimated: 'int',
        bytes_billed: 'int',
        finished_at: 'timestamp',
      },
    },
    freshness: {
      sql: `select source, account_id, stream, count(*) as item_count, min(read_at) as oldest_read_at, max(read_at) as newest_read_at,
          countif(json_value(state, '$.explainedGap') is not null) as explained_gap_count
        from (select * from ${ops('checkpoint')} where true
          qualify row_number() over (partition by source, account_id, stream, item order by fence desc, number desc) = 1) as newest
        group by source, account_id, stream order by source, account_id, stream`,
      columns: {
        source: 'string',
        account_id: 'string',
        stream: 'string',
        item_count: 'int',
        oldest_read_at: 'timestamp',
        newest_read_at: 'timestamp',
        explained_gap_count: 'int',
      },
    },
    tables: {
      sql: `select table_name, source, account_id, stream, max_by(table_rows, number) as row_count, max(loaded_at) as last_load_at,
          max(if(is_change, loaded_at, null)) as last_change_at
        from ${ops('load_ledger')} group by table_name, source, account_id, stream order by table_name, account_id`,
      columns: {
        table_name: 'string',
        source: 'string',
        account_id: 'string',
        stream: 'string',
        row_count: 'int',
        last_load_at: 'timestamp',
        last_change_at: 'timestamp',
      },
    },
    quarantine: {
      // Mended: its item has been read as a whole since, without a doubt, and it was not refused again.
      sql: `select q.source, q.account_id, q.stream, q.path, q.reason, count(*) as row_count,
          countif(c.run_id is null or c.run_id = q.last_run_id or c.committed_at < q.last_refused_at
            or json_value(c.state, '$.doubtedSince') is not null) as open_count,
          min(q.quarantined_at) as first_at, max(q.last_refused_at) as last_at,
          array_agg(q.last_run_id order by q.last_refused_at desc, q.number desc limit 1)[offset(0)] as last_run_id,
          min_by(q.position, q.number) as first_position
        from (
          select * replace (coalesce(last_run_id, run_id) as last_run_id, coalesce(last_refused_at, quarantined_at) as last_refused_at)
          from ${ops('quarantine')}) as q
        left join (select * from ${ops('checkpoint')} where true
          qualify row_number() over (partition by source, account_id, stream, item order by fence desc, number desc) = 1) as c
          on c.source = q.source and c.account_id = q.account_id and c.stream = q.stream and c.item = q.item
        group by q.source, q.account_id, q.stream, q.path, q.reason
        order by q.source, q.account_id, q.stream, q.path, q.reason`,
      columns: {
        source: 'string',
        account_id: 'string',
        stream: 'string',
        path: 'string',
        reason: 'string',
        row_count: 'int',
        open_count: 'int',
        first_at: 'timestamp',
        last_at: 'timestamp',
        last_run_id: 'string',
        first_position: 'string',
      },
    },
  };
}

/** Writes the readers' copy: marts by reading their tables, which is free, and how they came to be. */
export async function publish(deps: Deps, write: PublishTables, runId: string): Promise<string> {
  const marts = [...(await tablesOf(deps.client, deps.names, 'marts')).keys()].toSorted();
  const tables: PublishedTable[] = [];
  for (const table of marts) tables.push(await copied(deps, `marts.${table}`, `marts.${table}`));
  for (const [name, { sql, columns }] of Object.entries(statusQueries(deps))) {
    tables.push({
      name: `status.${name}`,
      columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
      rows: deps.jobs.stream(`Publish status.${name}`, sql, { labels: deps.labels }),
    });
  }
  if ((await deps.client.find('Look at ops.data_as_of', { path: deps.names.path('ops.data_as_of') })) !== null) {
    tables.push(await copied(deps, 'ops.data_as_of', 'status.data_as_of'));
  }
  return await write(tables, { runId, publishedAt: deps.clock.now() });
}

async function copied(deps: Deps, name: string, as: string): Promise<PublishedTable> {
  const table = await deps.client.call(`Look at ${name}`, { path: deps.names.path(name) });
  const fields = fieldsOf(table);
  return {
    name: as,
    columns: fields.map((field) => ({ name: field.name, type: columnType(field.type) })),
    rows: tableRows(deps, name) as PublishedTable['rows'],
  };
}
