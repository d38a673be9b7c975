import { z } from 'zod';

const text = z.string();
const maybe = text.nullable();
const count = z.int().min(0);
const verdictKind = z.enum(['complete', 'incomplete', 'suspiciously_empty']);
const verdict = z.strictObject({ kind: verdictKind, missing: z.array(text), gaps: z.array(text) });

const problem = z.strictObject({
  code: text,
  what: text,
  where: text,
  path: text,
  line: z.int().nullable(),
  column: z.int().nullable(),
  why: maybe,
  fix: maybe,
  suggestion: maybe,
});

const errorBody = z.strictObject({
  code: text,
  what: text,
  where: maybe,
  why: maybe,
  fix: maybe,
  problems: z.array(problem).optional(),
});

const counts = z.strictObject({
  slices: count,
  pages: count,
  requests: count,
  rowsRead: count,
  rowsInserted: count,
  rowsUpdated: count,
  rowsUnchanged: count,
  rowsDeleted: count,
  rowsQuarantined: count,
  bytesRead: count,
});

const stream = z.strictObject({ stream: text, verdict, counts, duration_ms: z.number(), failure: maybe });
const account = z.strictObject({
  source: text,
  account_id: text,
  verdict,
  counts,
  streams: z.array(stream),
  failure: maybe,
});
const transformed = z.strictObject({
  built: count,
  unchanged: count,
  skipped: count,
  failed: z.array(z.strictObject({ name: text, message: text, blocking: z.boolean() })),
});

const cost = z.strictObject({
  run_id: text,
  bytes_billed: count,
  bytes_estimated: count,
  max_bytes_per_query: count,
  max_bytes_per_run: count,
  usd_on_demand_estimate: z.number(),
  dearest: z.array(z.strictObject({ name: text, bytes_billed: count })),
});

const fxGaps = z.array(z.strictObject({ currency: text, months: count, first_month: text, last_month: text }));

const runBody = {
  run_id: text,
  attached: z.boolean(),
  verdict,
  accounts: z.array(account),
  transform: transformed.nullable(),
  cost: cost.nullable(),
  quarantine_open: count.nullable(),
  fx_gaps: fxGaps,
  published: z.boolean(),
  report: maybe,
  duration_ms: z.number(),
  exit_code: z.int(),
};

const streamStatus = z.strictObject({
  source: text,
  account_id: text,
  stream: text,
  verdict: verdictKind,
  missing: z.array(text),
  gaps: z.array(text),
  rows: count.nullable(),
  rows_read: count,
  rows_inserted: count,
  rows_updated: count,
  rows_unchanged: count,
  rows_deleted: count,
  rows_quarantined: count,
  requests: count,
  pages: count,
  bytes_read: count,
  duration_ms: count,
  finished_at: text,
  changed_at: maybe,
  lag_seconds: count,
  run_id: text,
  failure: maybe,
});

const inboxStatus = z.strictObject({
  account_id: text,
  hook: text,
  segments: count,
  bytes: count,
  bytes_waiting: count,
  posts_waiting: count,
  oldest_waiting_at: maybe,
  clock_alarm: z.strictObject({ first_at: text, last_at: text, posts: count, skew_seconds: z.int() }).nullable(),
});

const command = <T extends z.ZodRawShape>(name: string, shape: T): z.ZodType =>
  z.strictObject({ version: z.literal(1), command: z.literal(name), ...shape });

/** Shape of each command's `--json` on success. Fields are added within a version; a change of meaning makes a new one. */
export const outputSchemas: Readonly<Record<string, z.ZodType>> = {
  alerts: command('alerts', {
    mode: z.enum(['open', 'test']),
    from: maybe,
    incidents: z.array(
      z.strictObject({
        incident_id: text,
        rule: text,
        scope: text,
        scope_id: text,
        scope_name: text,
        account_id: maybe,
        severity: z.enum(['info', 'warning', 'critical']),
        text,
        advice: text,
        value: z.number(),
        threshold_value: z.number().nullable(),
        baseline_value: z.number().nullable(),
        method: text,
        first_seen_date: text,
        last_seen_date: text,
        closed_date: maybe,
        days: count,
        channels: z.array(text),
      }),
    ),
  }),
  metrics: command('metrics', {
    metrics: z
      .array(z.looseObject({ key: text, name: text, article: z.int().nullable(), has_alert: z.boolean() }))
      .optional(),
    metric: z
      .looseObject({
        key: text,
        name: text,
        numerator: text,
        denominator: maybe,
        esp: z.record(text, z.looseObject({ name: text, difference: text })),
      })
      .optional(),
  }),
  init: command('init', {
    /** null with --print, which writes none: then `text` is its content. */
    file: text.nullable(),
    action: z.enum(['created', 'source_added', 'key_replaced', 'unchanged', 'printed']),
    source: z.strictObject({ id: text, type: text }).nullable(),
    text: text.optional(),
  }),
  check: command('check', {
    mailmart: text,
    counts: z.strictObject({ ok: count, warning: count, failed: count, skipped: count }),
    findings: z.array(
      z.strictObject({
        group: text,
        item: text,
        status: z.enum(['ok', 'warning', 'failed', 'skipped']),
        message: text,
        fix: text.optional(),
        code: text.optional(),
      }),
    ),
  }),
  discover: command('discover', {
    sources: z.array(
      z.strictObject({
        id: maybe,
        type: text,
        title: text,
        docs: text,
        streams: z.array(
          z.strictObject({
            name: text,
            table: text,
            description: text,
            primary_key: z.array(text),
            cursor: maybe,
            kind: z.enum(['snapshot', 'incremental', 'per_parent', 'push', 'export', 'file']),
            incremental: z.enum(['source', 'here', 'by_age', 'no', 'posts']),
            parent: maybe,
            person_field: maybe,
            permission: maybe,
            selected: z.boolean(),
          }),
        ),
      }),
    ),
  }),
  sync: command('sync', runBody),
  run: command('run', runBody),
  transform: command('transform', runBody),
  demo: command('demo', {
    ...runBody,
    project: text,
    seed: z.int(),
    kpis: z.array(z.strictObject({ name: text, value: text })),
  }),
  status: command('status', {
    now: text,
    published_at: maybe,
    as_of_date: maybe,
    data_changed_at: maybe,
    last_run: z
      .strictObject({
        run_id: text,
        kind: text,
        status: text,
        started_at: text,
        finished_at: maybe,
        verdict: verdictKind.nullable(),
        missing: z.array(text),
        gaps: z.array(text),
        message: maybe,
      })
      .nullable(),
    streams: z.array(streamStatus),
    failed_models: z.array(z.strictObject({ name: text, kind: text, message: maybe })),
    quarantine: z.array(
      z.strictObject({
        source: text,
        account_id: text,
        stream: text,
        path: text,
        reason: text,
        rows: count,
        open: count,
        last_run_id: text,
      }),
    ),
    fx_gaps: fxGaps,
    marts: z.array(text),
    cost: cost.nullable(),
    receiver: z.strictObject({ running: z.boolean(), address: text, inbox: z.array(inboxStatus) }).nullable(),
  }),
  plan: command('plan', {
    now: text,
    changes: z.boolean(),
    streams: z.array(
      z.strictObject({
        source: text,
        account_id: text,
        stream: text,
        mode: z.enum(['first', 'whole', 'changed', 'nothing']),
        from: maybe,
        last_read_at: maybe,
        slices: count,
        requests: count.nullable(),
        requests_exact: z.boolean(),
        unknown_until: z.array(text),
      }),
    ),
    models: z.array(
      z.strictObject({
        name: text,
        kind: z.enum(['table', 'view', 'incremental', 'assertion', 'operations', 'step']),
        reason: z.enum(['missing', 'definition', 'inputs', 'full']),
        incremental: z.boolean(),
        bytes: count.nullable(),
        note: maybe,
      }),
    ),
    unchanged: count,
    cost: z
      .strictObject({
        bytes: count,
        is_complete: z.boolean(),
        max_bytes_per_query: count,
        max_bytes_per_run: count,
        over_budget: z.array(text),
        usd_on_demand_estimate: z.number(),
      })
      .nullable(),
  }),
  query: command('query', {
    columns: z.array(z.strictObject({ name: text, type: text })),
    rows: z.array(z.array(z.json())),
  }),
  report: command('report', { file: text, bytes: count, opened: z.boolean() }),
  migrate: command('migrate', {
    dry_run: z.boolean(),
    tables: z.array(
      z.strictObject({ table: text, rows: count, action: z.enum(['copy', 'replace', 'there', 'empty']) }),
    ),
    comparisons: z.array(
      z.strictObject({ table: text, account_id: maybe, rows: count, deleted: count, equal: z.boolean() }),
    ),
    config: maybe,
    config_written: z.boolean(),
  }),
  receive: command('receive', {
    event: z.literal('started'),
    address: text,
    hooks: z.array(
      z.strictObject({
        account_id: text,
        hook: text,
        description: text,
        signed_url: maybe,
        unsigned_url: maybe,
        problem: maybe,
      }),
    ),
  }),
  worker: command('worker', { event: z.enum(['started', 'stopped']), address: text, task_queue: text, schedule: text }),
  explain: z.union([
    command('explain', {
      code: text,
      title: text,
      meaning: text,
      causes: z.array(text),
      steps: z.array(text),
    }),
    command('explain', { codes: z.array(z.strictObject({ code: text, title: text })) }),
  ]),
  help: z.union([
    command('help', {
      topic: z.literal('exit-codes'),
      exitCodes: z.array(z.strictObject({ code: z.int(), meaning: text })),
    }),
    command('help', { topic: maybe, commands: z.array(z.strictObject({ name: text, summary: text })) }),
  ]),
  error: z.strictObject({ version: z.literal(1), command: text, error: errorBody }),
};

/** JSON Schema of a command's `--json`. */
export function outputJsonSchema(name: string): unknown {
  const schema = outputSchemas[name];
  return schema === undefined ? undefined : z.toJSONSchema(schema, { io: 'output' });
}
