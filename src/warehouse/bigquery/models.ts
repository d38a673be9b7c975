import type { JsonObject } from '../../contracts/json.ts';
import { WarehouseError, type ModelPlan, type ModelRun, type TablePair } from '../port.ts';
import { withChangedPartitions } from './changed.ts';
import type { Deps } from './deps.ts';
import { BigqueryFailure } from './errors.ts';
import { labelValue } from './names.ts';
import { recordModel, spentBy } from './run-log.ts';
import { dateLiteral, everyPartition, fieldsOf, type Param } from './values.ts';

/** What runs together: one definition or query, or changes of rows in one transaction. */
type Group = { readonly kind: 'definition' | 'query' | 'changes'; readonly statements: readonly string[] };

/**
 * Statements in the order given, changes of rows that stand side by side in one transaction. BigQuery has no definitions in
 * transactions; each of those is whole or not there by itself.
 */
export function grouped(statements: readonly string[]): readonly Group[] {
  const groups: { kind: Group['kind']; statements: string[] }[] = [];
  for (const statement of statements) {
    const kind = /^\s*(create|drop|alter)\b/i.test(statement)
      ? 'definition'
      : /^\s*(insert|update|delete|merge|truncate)\b/i.test(statement)
        ? 'changes'
        : 'query';
    const before = groups.at(-1);
    if (kind === 'changes' && before?.kind === 'changes') before.statements.push(statement);
    else groups.push({ kind, statements: [statement] });
  }
  return groups;
}

/** Bytes that runs have been billed, and what statements under way may still be: read once a run and process, then kept. */
const spending = new Map<string, Promise<{ bytes: number }>>();

function spentIn(deps: Deps, runId: string): Promise<{ bytes: number }> {
  const place = `${deps.names.quote('ops.model_run')} ${runId}`;
  const known = spending.get(place);
  if (known !== undefined) return known;
  if (spending.size > 100) spending.clear();
  const read = spentBy(deps, runId).then((bytes) => ({ bytes }));
  spending.set(place, read);
  read.catch(() => spending.delete(place));
  return read;
}

/** Runs a model's statements, each after a dry run within the budget, and writes its `ops.model_run` row. */
export async function runModel(
  deps: Deps,
  runId: string,
  model: ModelPlan,
  statements: readonly string[],
): Promise<ModelRun> {
  const { name, kind, fingerprint } = model;
  const started = performance.now();
  const bytes = { estimated: 0, billed: 0 };
  const ended = (run: Pick<ModelRun, 'rows' | 'status' | 'message'>): ModelRun => ({
    name,
    kind,
    fingerprint,
    ...run,
    durationMs: Math.round(performance.now() - started),
    bytes,
  });
  try {
    let violations = 0;
    const narrow = await withChangedPartitions(deps, model, statements);
    for (const [index, group] of grouped(narrow).entries()) {
      violations = (await runGroup(deps, runId, model, group, index, bytes)) ?? 0;
    }
    const isViolated = kind === 'assertion' && violations > 0;
    const run = ended({
      rows: kind === 'assertion' ? violations : await afterwards(deps, model),
      status: isViolated ? 'failed' : 'done',
      message: isViolated ? `${violations} rows violate ${name}.` : null,
    });
    await recordModel(deps, runId, run);
    return run;
  } catch (error) {
    if (!(error instanceof WarehouseError)) throw error;
    await recordModel(deps, runId, ended({ rows: null, status: 'failed', message: error.message })).catch(
      () => undefined,
    );
    throw error;
  }
}

/** Returns how many rows a query gave. */
async function runGroup(
  deps: Deps,
  runId: string,
  model: ModelPlan,
  group: Group,
  index: number,
  bytes: { estimated: number; billed: number },
): Promise<number | null> {
  const attempted = `Run ${model.name}`;
  const statements = await dated(deps, model, group);
  const spent = await spentIn(deps, runId);
  let estimate = 0;
  for (const statement of statements) {
    // Reads nothing.
    if (/^\s*drop\b/i.test(statement)) continue;
    // The emulator drops what is replaced before it reads, in a dry run too.
    if (deps.client.isEmulator && readsItself(statement)) continue;
    estimate += await deps.jobs.dryRun(attempted, statement);
  }
  deps.budget.check(model.name, estimate, spent.bytes);
  bytes.estimated += estimate;
  // Reserved while it runs, so that models side by side cannot pass the limit together.
  spent.bytes += estimate;
  let billed = 0;
  try {
    const sql =
      statements.length === 1
        ? (statements[0] ?? '')
        : `begin transaction;\n${statements.join(';\n')};\ncommit transaction`;
    const result = await runStatement(deps, attempted, sql, {
      labels: { ...deps.labels, model: labelValue(model.name), run: labelValue(runId) },
      identity: ['model', deps.names.dataset('ops'), runId, model.name, model.fingerprint, `${index}`, sql],
      // The dry run's bytes are an upper bound unless the table grew meanwhile.
      maximumBytesBilled: mostBilled(deps),
    });
    billed = result.bytesBilled;
    return group.kind === 'query' ? result.rows.length : null;
  } finally {
    spent.bytes += billed - estimate;
    bytes.billed += billed;
  }
}

/** BigQuery bills at least 10 MiB a table. */
const smallestBill = 100 * 1024 ** 2;

const mostBilled = (deps: Deps): number => Math.max(deps.budget.maxBytesPerQuery, smallestBill);

/** A table that is made anew from what it holds. */
const readsItself = (sql: string): boolean => {
  const target = /^\s*create or replace table (`[^`]+`)/i.exec(sql)?.[1];
  return target !== undefined && sql.split(target).length > 2;
};

type RunOptions = Parameters<Deps['jobs']['query']>[2];

async function runStatement(deps: Deps, attempted: string, sql: string, options: RunOptions) {
  const defined = /^\s*create or replace (table|view) (`[^`]+`)/i.exec(sql);
  if (defined === null) return await deps.jobs.query(attempted, sql, options);
  const drop = async () => {
    await deps.jobs.query(attempted, `drop ${defined[1]} if exists ${defined[2]}`, { labels: deps.labels });
  };
  if (deps.client.isEmulator) {
    // The emulator refuses to replace what is there.
    const [, schema = '', table = ''] = /\.([^.]+)\.([^.`]+)`$/.exec(defined[2] ?? '') ?? [];
    const found = await deps.client.find(attempted, { path: `/datasets/${schema}/tables/${table}` });
    const { identity: _, ...rest } = options ?? {};
    if (found === null || !readsItself(sql)) {
      if (found !== null) await drop();
      return await deps.jobs.query(attempted, sql, rest);
    }
    const target = defined[2] ?? '';
    const older = target.replace(/`$/, '_older`');
    const [before = '', ...after] = sql.split(target);
    await deps.jobs.query(attempted, `drop table if exists ${older}`, rest);
    await deps.jobs.query(attempted, `create table ${older} as select * from ${target}`, rest);
    await drop();
    const result = await deps.jobs.query(attempted, `${before}${target}${after.join(older)}`, rest);
    await deps.jobs.query(attempted, `drop table ${older}`, rest);
    return result;
  }
  try {
    return await deps.jobs.query(attempted, sql, options);
  } catch (error) {
    if (!(error instanceof BigqueryFailure) || !/different (partitioning|clustering) spec/i.test(error.refusal.message))
      throw error;
    await drop();
    return await deps.jobs.query(attempted, sql, options);
  }
}

/** Statements with the dates of an incremental model's new rows in the places that prune by them. */
async function dated(deps: Deps, model: ModelPlan, group: Group): Promise<readonly string[]> {
  if (model.merge === undefined || !group.statements.some((sql) => sql.includes(partitionFrom)))
    return group.statements;
  const { source, partitionBy } = model.merge;
  const { rows } = await deps.jobs.query(
    `Look at the new rows of ${model.name}`,
    `select cast(min(${partitionBy}) as string) as first_date, cast(max(${partitionBy}) as string) as last_date
    from ${deps.names.quote(source)} where ${everyPartition(partitionBy)}`,
    { labels: deps.labels, maximumBytesBilled: mostBilled(deps) },
  );
  const [from, to] = ['first_date', 'last_date'].map((name) => dateLiteral((rows[0]?.[name] ?? null) as string | null));
  return group.statements.map((sql) => sql.replaceAll(partitionFrom, from ?? '').replaceAll(partitionTo, to ?? ''));
}

/** See `render` of src/transform. */
const [partitionFrom, partitionTo] = ['date(@partition_from)', 'date(@partition_to)'];

/** Rows of what was built; its descriptions are brought up to date. Both are free. */
async function afterwards(deps: Deps, model: ModelPlan): Promise<number | null> {
  if (model.kind === 'operations' || model.kind === 'step') return null;
  const table = await deps.client.find(`Look at ${model.name}`, { path: deps.names.path(model.name) });
  if (table === null) return null;
  await describe(deps, model, table);
  return model.kind === 'view' ? null : await rowCount(deps, model.name, table);
}

async function rowCount(deps: Deps, name: string, table: Readonly<Record<string, unknown>>): Promise<number> {
  if (table['numRows'] !== undefined) return Number(table['numRows']);
  const { rows } = await deps.jobs.query(
    `Count ${name}`,
    `select count(*) as row_count from ${deps.names.quote(name)}`,
  );
  return Number(rows[0]?.['row_count'] ?? 0);
}

async function describe(deps: Deps, model: ModelPlan, table: JsonObject): Promise<void> {
  const fields = fieldsOf(table);
  const texts = new Map((model.columns ?? []).map((column) => [column.name, column.description.slice(0, 1024)]));
  const described = fields.map((one) => {
    const description = texts.get(one.name);
    return description === undefined ? one : { ...one, description };
  });
  const isSame =
    fields.every((one, index) => one.description === described[index]?.description) &&
    (table['description'] ?? '') === (model.description ?? '');
  // The emulator forgets a table's rows when its schema is patched.
  if (isSame || deps.client.isEmulator) return;
  await deps.client.call(`Describe ${model.name}`, {
    method: 'PATCH',
    path: deps.names.path(model.name),
    body: {
      description: (model.description ?? '').slice(0, 16_384),
      labels: deps.labels,
      schema: { fields: described },
    },
  });
}

/**
 * Brings tables into place: those whose columns are as before in one transaction, so that readers see all of them change together.
 * A table that is new, or has other columns, is made anew first.
 */
export async function swapTables(
  deps: Deps,
  runId: string,
  model: ModelPlan,
  pairs: readonly TablePair[],
): Promise<ModelRun> {
  const definitions: string[] = [];
  const changes: string[] = [];
  for (const { from, to } of pairs) {
    const [source, target] = [deps.names.quote(from), deps.names.quote(to)];
    const columns = await columnsOf(deps, from);
    if (columns !== null && columns.join() === (await columnsOf(deps, to))?.join()) {
      const names = columns.map((column) => `\`${column.split(' ')[0]}\``).join(', ');
      changes.push(
        `delete from ${target} where true`,
        `insert into ${target} (${names}) select ${names} from ${source}`,
      );
    } else definitions.push(`create or replace table ${target} as select * from ${source}`);
  }
  return await runModel(deps, runId, model, [...definitions, ...changes]);
}

async function columnsOf(deps: Deps, name: string): Promise<readonly string[] | null> {
  const table = await deps.client.find(`Look at ${name}`, { path: deps.names.path(name) });
  if (table === null) return null;
  const fields = fieldsOf(table);
  return fields.map(({ name: column, type }) => `${column} ${type}`);
}

/** A query of the transform or of a person, within the limit for one query. */
export async function query(deps: Deps, sql: string, params: Readonly<Record<string, Param>>) {
  const estimate = await deps.jobs.dryRun('Query', sql, params);
  deps.budget.checkQuery('The query', estimate, 'read less');
  const { rows } = await deps.jobs.query('Query', sql, {
    params,
    labels: deps.labels,
    maximumBytesBilled: mostBilled(deps),
  });
  return rows;
}
