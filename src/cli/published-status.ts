import type { Published } from '../warehouse/duckdb/index.ts';
import type { Json } from '../contracts/json.ts';
import type { VerdictKind } from '../contracts/sync.ts';

/** One stream in `mailmart status`. */
export type StreamStatus = {
  readonly source: string;
  readonly account_id: string;
  readonly stream: string;
  readonly verdict: VerdictKind;
  readonly missing: readonly string[];
  readonly gaps: readonly string[];
  /** Rows in the raw table. */
  readonly rows: number | null;
  readonly rows_read: number;
  readonly rows_inserted: number;
  readonly rows_updated: number;
  readonly rows_unchanged: number;
  readonly rows_deleted: number;
  readonly rows_quarantined: number;
  readonly requests: number;
  readonly pages: number;
  readonly bytes_read: number;
  readonly duration_ms: number;
  readonly finished_at: string;
  /** Last time a row of it changed. */
  readonly changed_at: string | null;
  /** Seconds since it was last read. */
  readonly lag_seconds: number;
  readonly run_id: string;
  readonly failure: string | null;
};

export type RunStatus = {
  readonly run_id: string;
  readonly kind: string;
  readonly status: string;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly verdict: VerdictKind | null;
  readonly missing: readonly string[];
  readonly gaps: readonly string[];
  readonly message: string | null;
};

export type QuarantineStatus = {
  readonly source: string;
  readonly account_id: string;
  readonly stream: string;
  readonly path: string;
  readonly reason: string;
  /** Ever refused. */
  readonly rows: number;
  /** Of these, not mended since. */
  readonly open: number;
  readonly last_run_id: string;
};

/** A currency whose amounts no mart counts, because its exchange rate is missing. */
export type FxGap = {
  readonly currency: string;
  /** How many months, and which (`2026-03`): the first and the last. */
  readonly months: number;
  readonly first_month: string;
  readonly last_month: string;
};

export type PublishedStatus = {
  readonly published_at: string | null;
  readonly as_of_date: string | null;
  readonly data_changed_at: string | null;
  readonly last_run: RunStatus | null;
  readonly streams: readonly StreamStatus[];
  readonly failed_models: readonly { readonly name: string; readonly kind: string; readonly message: string | null }[];
  readonly quarantine: readonly QuarantineStatus[];
  readonly fx_gaps: readonly FxGap[];
  readonly marts: readonly string[];
};

/** Everything `status` shows, from the published copy. */
export async function readStatus(published: Published, now: string): Promise<PublishedStatus> {
  const tables = await rows(published, `select table_schema, table_name from information_schema.tables order by all`);
  const has = (name: string): boolean =>
    tables.some((row) => row['table_schema'] === 'status' && row['table_name'] === name);
  const from = async (name: string, sql: string): Promise<readonly Fields[]> =>
    has(name) ? await rows(published, sql) : [];
  const [publication, asOf, runs, streams, models, quarantine] = [
    await from('publication', 'select published_at from status.publication'),
    await from('data_as_of', 'select as_of_date, data_changed_at from status.data_as_of'),
    await from('runs', 'select * from status.runs order by started_at desc limit 1'),
    await from(
      'streams',
      `select s.*, t.row_count, t.last_change_at from status.streams as s
        left join status.tables as t using (source, account_id, stream) order by source, account_id, stream`,
    ),
    await from('models', `select name, kind, message from status.models where status = 'failed' order by name`),
    await from('quarantine', 'select * from status.quarantine order by source, account_id, stream, path, reason'),
  ];
  const marts = tables.filter((row) => row['table_schema'] === 'marts').map((row) => String(row['table_name']));
  const gaps = marts.includes('profit_monthly') ? await rows(published, fxGaps) : [];
  const run = runs[0];
  return {
    published_at: textOf(publication[0]?.['published_at']),
    as_of_date: textOf(asOf[0]?.['as_of_date']),
    data_changed_at: textOf(asOf[0]?.['data_changed_at']),
    last_run: run === undefined ? null : runStatus(run),
    streams: streams.map((row) => streamStatus(row, now)),
    failed_models: models.map((row) => ({
      name: String(row['name']),
      kind: String(row['kind']),
      message: textOf(row['message']),
    })),
    quarantine: quarantine.map((row) => ({
      source: String(row['source']),
      account_id: String(row['account_id']),
      stream: String(row['stream']),
      path: String(row['path']),
      reason: String(row['reason']),
      rows: Number(row['row_count']),
      // An older copy does not tell.
      open: Number(row['open_count'] ?? row['row_count']),
      last_run_id: String(row['last_run_id']),
    })),
    fx_gaps: gaps.map((row) => ({
      currency: String(row['currency']),
      months: Number(row['months']),
      first_month: String(row['first_month']),
      last_month: String(row['last_month']),
    })),
    marts,
  };
}

/** The mart that all amounts go through says of each month which currencies had no rate (sql/includes/mart.js). */
const fxGaps = `with told as (
    select month, unnest(regexp_extract_all(unavailable_reason, 'no FX rate for ([A-Z]{3}(?:, [A-Z]{3})*)', 1)) as currencies
    from marts.profit_monthly),
  listed as (select month, unnest(string_split(currencies, ', ')) as currency from told)
  select currency, count(distinct month) as months, strftime(min(month), '%Y-%m') as first_month,
    strftime(max(month), '%Y-%m') as last_month
  from listed group by currency order by currency`;

type Fields = Readonly<Record<string, Json>>;

async function rows(published: Published, sql: string): Promise<readonly Fields[]> {
  const result = await published.query(sql, { maxRows: 100_000 });
  const names = result.columns.map(({ name }) => name);
  return result.rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])));
}

function runStatus(row: Fields): RunStatus {
  const verdict = parsed(row['verdict']) as { kind?: VerdictKind; missing?: string[]; gaps?: string[] } | null;
  return {
    run_id: String(row['run_id']),
    kind: String(row['kind']),
    status: String(row['status']),
    started_at: String(row['started_at']),
    finished_at: textOf(row['finished_at']),
    verdict: verdict?.kind ?? null,
    missing: verdict?.missing ?? [],
    gaps: verdict?.gaps ?? [],
    message: textOf(row['message']),
  };
}

function streamStatus(row: Fields, now: string): StreamStatus {
  const finishedAt = String(row['finished_at']);
  return {
    source: String(row['source']),
    account_id: String(row['account_id']),
    stream: String(row['stream']),
    verdict: row['verdict_kind'] as VerdictKind,
    missing: lines(row['missing']),
    gaps: lines(row['gaps']),
    rows: row['row_count'] === null || row['row_count'] === undefined ? null : Number(row['row_count']),
    rows_read: Number(row['rows_read']),
    rows_inserted: Number(row['rows_inserted']),
    rows_updated: Number(row['rows_updated']),
    rows_unchanged: Number(row['rows_unchanged']),
    rows_deleted: Number(row['rows_deleted']),
    rows_quarantined: Number(row['rows_quarantined']),
    requests: Number(row['requests']),
    pages: Number(row['pages']),
    bytes_read: Number(row['bytes_read']),
    duration_ms: Number(row['duration_ms']),
    finished_at: finishedAt,
    changed_at: textOf(row['last_change_at']),
    lag_seconds: Math.max(0, Math.round((Date.parse(now) - Date.parse(finishedAt)) / 1000)),
    run_id: String(row['run_id']),
    failure: textOf(row['failure_message']),
  };
}

function textOf(value: Json | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function parsed(value: Json | undefined): unknown {
  return typeof value === 'string' ? JSON.parse(value) : null;
}

function lines(value: Json | undefined): readonly string[] {
  const list = typeof value === 'string' ? (JSON.parse(value) as unknown) : value;
  return Array.isArray(list) ? list.map(String) : [];
}
