import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../contracts/clock.ts';
import { WarehouseError, type ModelPlan, type ModelRun, type TablePair } from '../port.ts';
import type { Database } from './database.ts';
import { withoutOrder } from './direct.ts';
import { quoteName, quoteTable } from './identifiers.ts';
import { recordModel } from './run-log.ts';
import type { Session } from './session.ts';

const attempts = 4;

/**
 * Runs a model's statements and writes its `ops.model_run` row in one transaction: a killed or failed run leaves the
 * older table in place. An assertion's last statement gives the violating rows; any makes the run `failed`.
 */
export async function runModel(
  database: Database,
  clock: Clock,
  runId: string,
  model: ModelPlan,
  statements: readonly string[],
  signal?: AbortSignal,
): Promise<ModelRun> {
  const { name, kind, fingerprint } = model;
  let started = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      const work = (session: Session): Promise<ModelRun> =>
        // Incremental models are as large as the events; of ten million their order costs a fifth of the time.
        withoutOrder(session, kind === 'incremental' ? Number.POSITIVE_INFINITY : 0, () =>
          session.transaction(async () => {
            // Waiting for its turn is no work of the model.
            started = performance.now();
            const rows = await endedBy(signal, session, () => runStatements(session, model, statements, signal));
            const isViolated = model.kind === 'assertion' && rows !== null && rows > 0;
            const run: ModelRun = {
              name,
              kind,
              fingerprint,
              rows,
              durationMs: Math.round(performance.now() - started),
              status: isViolated ? 'failed' : 'done',
              message: isViolated ? `${rows} rows violate ${model.name}.` : null,
            };
            await recordModel(session, runId, run, clock);
            return run;
          }),
        );
      // An assertion writes nothing that would have to be put away.
      return await (kind === 'assertion'
        ? database.useAmply(work)
        : database.useForModel(kind === 'incremental', work));
    } catch (error) {
      // No failure of the model, which runs again.
      signal?.throwIfAborted();
      if (!(error instanceof WarehouseError)) throw error;
      if (error.kind === 'transient' && attempt < attempts) {
        await sleep(50 * attempt);
        continue;
      }
      const durationMs = Math.round(performance.now() - started);
      const message = error.message;
      const failed: ModelRun = { name, kind, fingerprint, rows: null, durationMs, status: 'failed', message };
      // The failure itself matters more than its log entry, which cannot be written when the disk is full.
      await database.use((session) => recordModel(session, runId, failed, clock)).catch(() => undefined);
      throw error;
    }
  }
}

/** Ends what the session is at when the signal says so: until DuckDB is done with it, nobody could close the warehouse. */
async function endedBy<T>(signal: AbortSignal | undefined, session: Session, work: () => Promise<T>): Promise<T> {
  const interrupt = (): void => session.connection.interrupt();
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    return await work();
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}

/** All in one transaction. */
export const swapStatements = (pairs: readonly TablePair[]): readonly string[] =>
  pairs.map(({ from, to }) => `create or replace table ${quoteTable(to)} as select * from ${quoteTable(from)}`);

async function runStatements(
  session: Session,
  model: ModelPlan,
  statements: readonly string[],
  signal: AbortSignal | undefined,
): Promise<number | null> {
  let returned: number | null = null;
  const attempted = `Run ${model.name}`;
  const creation = `create or replace table ${quoteTable(model.name)} as\n`;
  for (const [index, statement] of statements.entries()) {
    signal?.throwIfAborted();
    if (model.kind === 'incremental' && statement.startsWith(creation)) {
      await createLarge(session, attempted, quoteTable(model.name), statement.slice(creation.length));
    } else if (index === statements.length - 1 && model.kind === 'assertion') {
      returned = (await session.rows(attempted, statement)).length;
    } else await session.run(attempted, statement);
  }
  if (model.kind !== 'table' && model.kind !== 'incremental') return returned;
  return Number(
    (await session.row(`Count ${model.name}`, `select count(*) as rows from ${quoteTable(model.name)}`))['rows'],
  );
}

/** Texts that are hashes: to look for what they have in common takes three times as long as to write them, and halves them. */
const hashes: ReadonlySet<unknown> = new Set(['subscriber_id', 'member_id', 'row_id']);

/** A table as large as the events from a query; `create table … as` cannot say how columns are stored. */
async function createLarge(session: Session, attempted: string, table: string, query: string): Promise<void> {
  const columns = (await session.rows(attempted, `describe ${query}`)).map(
    ({ column_name: column, column_type: type }) =>
      `${quoteName(String(column))} ${String(type)}${hashes.has(column) ? ' using compression uncompressed' : ''}`,
  );
  await session.run(attempted, `create or replace table ${table} (${columns.join(', ')})`);
  await session.run(attempted, `insert into ${table}\n${query}`);
}
