import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../contracts/clock.ts';
import type { Mutex } from '../../contracts/mutex.ts';
import type { Landing } from '../../landing/port.ts';
import { loadTimes } from '../load-times.ts';
import { WarehouseError, type LoadResult, type LoadUnit } from '../port.ts';
import type { Database } from './database.ts';
import { isConflict, isOutOfMemory } from './errors.ts';
import { insertDirectly, NeedsComparing } from './direct.ts';
import { holdFence } from './fence.ts';
import { rawTableName } from '../table-name.ts';
import { addFirsts, quarantineOthers } from './immutable.ts';
import { insertRow } from './insert-row.ts';
import { fromLedger, latestLoad, tableBefore, type TableState } from './ledger.ts';
import { createRawTable, mergeStage, type Merged } from './merge.ts';
import { checkParts, type CheckedPart } from './parts.ts';
import { quarantine } from './quarantine.ts';
import type { Session } from './session.ts';
import { stageParts } from './stage.ts';
import { utc } from './values.ts';

export type Loader = {
  readonly database: Database;
  readonly landing: Landing;
  readonly clock: Clock;
  /** Commits one at a time, so that `_loaded_at` grows in the order of commits. */
  readonly commits: Mutex;
  /** Told the ledger's number after each commit. */
  readonly committed: (number: number) => Promise<void>;
  /** What the ledger says as of the last commit: the file has one writer, so it need not be asked again. */
  readonly ledger: LedgerHead;
};

/** The newest end of the ledger; empty until it has been asked. */
export type LedgerHead = {
  latest: string | undefined;
  readonly tables: Map<string, TableState>;
};

const attempts = 4;

/** Rows, ledger, checkpoints and fence check of one unit in one transaction; answered from the ledger when it is there already. */
export async function load(loader: Loader, unit: LoadUnit): Promise<LoadResult> {
  rawTableName(unit.key.source, unit.key.stream);
  try {
    return await loader.database.use(
      (session) => loadIn(loader, session, unit),
      unit.isAlone === true ? 'cores' : 'little',
    );
  } catch (error) {
    // Records of megabytes, say: what a load takes by default is for ordinary ones.
    if (!(error instanceof WarehouseError) || !isOutOfMemory(error.cause)) throw error;
    return await loader.database.useAmply((session) => loadIn(loader, session, unit));
  }
}

async function loadIn(loader: Loader, session: Session, unit: LoadUnit): Promise<LoadResult> {
  let parts: readonly CheckedPart[];
  try {
    parts = await checkParts(unit.parts, (name) => loader.landing.locate(name));
  } catch (error) {
    const earlier = await fromLedger(session, unit);
    if (earlier !== undefined) return earlier;
    throw error;
  }
  const none = { added: 0, known: 0 };
  const direct: PutRows = async ({ loadedAt }) => ({
    merged: await insertDirectly(session, unit, parts, loadedAt),
    duplicates: 0,
    others: none,
  });
  try {
    return await loader.commits(() => commitWithRetry(loader, session, unit, direct));
  } catch (error) {
    if (!(error instanceof NeedsComparing)) throw error;
  }
  const isImmutable = unit.table.immutable === true;
  const { duplicates } = await stageParts(session, parts, { isImmutable });
  const compared: PutRows = async ({ loadedAt, now }) =>
    isImmutable
      ? {
          merged: await addFirsts(session, unit, loadedAt),
          duplicates,
          others: await quarantineOthers(session, unit, now),
        }
      : { merged: await mergeStage(session, unit, loadedAt), duplicates, others: none };
  try {
    return await loader.commits(() => commitWithRetry(loader, session, unit, compared));
  } finally {
    for (const table of ['stage', 'delta', 'vanished', 'copies', 'compared']) {
      await session.run('Clean up', `drop table if exists temp.${table}`).catch(() => undefined);
    }
  }
}

/** Records that went to quarantine, and those that were there already. */
type Quarantined = { readonly added: number; readonly known: number };

/** Puts a unit's rows into raw, inside a transaction, at the time that the load will bear; `others`: see `quarantineOthers`. */
type PutRows = (times: {
  readonly loadedAt: string;
  readonly now: string;
}) => Promise<{ readonly merged: Merged; readonly duplicates: number; readonly others: Quarantined }>;

async function commitWithRetry(
  loader: Loader,
  session: Session,
  unit: LoadUnit,
  putRows: PutRows,
): Promise<LoadResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { result, entry } = await session.transaction(() => commitUnit(loader, session, unit, putRows));
      if (entry !== undefined) {
        loader.ledger.latest = entry.loadedAt;
        loader.ledger.tables.set(tableId(unit), entry.table);
        await loader.committed(entry.number);
      }
      return result;
    } catch (error) {
      // Whether the file holds what failed is for the file to say.
      loader.ledger.latest = undefined;
      loader.ledger.tables.clear();
      if (!isConflict(error) || attempt === attempts) throw error;
      await sleep(20 * attempt);
    }
  }
}

/** A new line of the ledger. */
type Entry = { readonly number: number; readonly loadedAt: string; readonly table: TableState };

async function commitUnit(
  loader: Loader,
  session: Session,
  unit: LoadUnit,
  putRows: PutRows,
): Promise<{ readonly result: LoadResult; readonly entry?: Entry }> {
  // Another attempt of the same batch may have committed while this one was checking its parts.
  const earlier = await fromLedger(session, unit);
  if (earlier !== undefined) return { result: earlier };
  await holdFence(session, unit.key, unit.fence);
  const { source, accountId, stream } = unit.key;
  const { rawTables } = loader.database;
  const name = rawTableName(source, stream);
  if (!rawTables.has(name)) await createRawTable(session, source, stream);
  const now = loader.clock.now();
  const times = loadTimes(now, loader.ledger.latest ?? (await latestLoad(session)));
  const { merged, duplicates, others } = await putRows({ loadedAt: times.next, now });
  const refused = sum(others, await quarantine(session, unit, now));
  await storeCheckpoints(session, unit, now);
  const staged = unit.parts.reduce((sum, { rows }) => sum + rows, 0) - duplicates;
  const unchanged = staged - merged.inserted - merged.updated;
  const isChange = merged.inserted + merged.updated + merged.deleted > 0;
  const before = loader.ledger.tables.get(tableId(unit)) ?? (await tableBefore(session, unit));
  const table = { rows: before.rows + merged.inserted, hash: before.hash ^ merged.hashChange };
  const loadedAt = isChange ? times.next : times.last;
  const first = await insertRow(session, 'Write the ledger', 'ops.load_ledger', {
    number: { next: 'event_number' },
    source,
    account_id: accountId,
    stream,
    run_id: unit.runId,
    batch_id: unit.batchId,
    table_name: `raw.${rawTableName(source, stream)}`,
    fence: unit.fence,
    rows_inserted: merged.inserted,
    rows_updated: merged.updated,
    rows_unchanged: unchanged,
    rows_deleted: merged.deleted,
    rows_quarantined: refused.added,
    rows_quarantined_again: refused.known,
    rows_duplicate: duplicates,
    is_change: isChange,
    table_rows: table.rows,
    table_hash: String(table.hash),
    parts: { json: unit.parts },
    loaded_at: { instant: loadedAt },
  });
  return {
    entry: { number: Number(first), loadedAt, table },
    result: {
      inserted: merged.inserted,
      updated: merged.updated,
      unchanged,
      deleted: merged.deleted,
      quarantined: refused.added,
      quarantinedAgain: refused.known,
      duplicates: duplicates,
      repeated: false,
    },
  };
}

const sum = (one: Quarantined, other: Quarantined): Quarantined => ({
  added: one.added + other.added,
  known: one.known + other.known,
});

const tableId = ({ key }: LoadUnit): string => JSON.stringify([key.source, key.accountId, key.stream]);

async function storeCheckpoints(session: Session, unit: LoadUnit, now: string): Promise<void> {
  if (unit.checkpoints.size === 0) return;
  const { source, accountId, stream } = unit.key;
  const items = JSON.stringify([...unit.checkpoints.keys()]);
  const states = JSON.stringify([...unit.checkpoints.values()].map((state) => JSON.stringify(state)));
  const attempted = `Store checkpoints of ${source} ${stream}`;
  await session.run(
    attempted,
    `delete from ops.checkpoint where source = $1 and account_id = $2 and stream = $3
      and item in (select unnest(cast($4 as json)::varchar[]))`,
    [source, accountId, stream, items],
  );
  await session.run(
    attempted,
    `insert into ops.checkpoint
    select $1, $2, $3, n.item, cast(n.state as json), ${utc(`json_extract_string(n.state, '$.readAt')`)}, $4, ${utc('$5')}
    from (select unnest(cast($6 as json)::varchar[]) as item, unnest(cast($7 as json)::varchar[]) as state) as n`,
    [source, accountId, stream, unit.runId, now, items, states],
  );
}
