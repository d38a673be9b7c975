import { createHash } from 'node:crypto';
import { WarehouseError, type LoadResult, type LoadUnit } from '../port.ts';
import type { Deps } from './deps.ts';
import { isNotFound, ownRefusal } from './errors.ts';
import { holder, ofStream, streamParams } from './fence.ts';
import { insertStatement } from './insert.ts';
import { rawTable } from './names.ts';
import { ensureRaw } from './schema.ts';
import { dropTable, isThere, stageParts, unitIdentity, unitLabels, type Stage } from './stage.ts';
import { stageTexts, type TextSource } from './upload.ts';
import { dateLiteral, literal, type Param } from './values.ts';

/** Commits that lost against another one of the same table are tried again. */
const attempts = 8;

const counts = [
  'inserted',
  'updated',
  'unchanged',
  'deleted',
  'quarantined',
  'quarantined_again',
  'duplicate',
] as const;

/**
 * Rows, ledger, checkpoints and fence check of one unit in one transaction; answered from the ledger when it is there already.
 * The rows come by a load job into a staging table first, whose id says what it loads: a retry meets the finished job.
 */
export async function load(deps: Deps, unit: LoadUnit): Promise<LoadResult> {
  const table = rawTable(unit.key.source, unit.key.stream);
  const first = await before(deps, unit);
  if (first.own !== null) return first.own;
  // The ledger says that the table was filled: one made anew would hide what is lost.
  if (first.number > 0 && !(await isThere(deps, table))) throw vanishedTable(table);
  await ensureRaw(deps.client, deps.names, unit.table, deps.labels);
  const refused = await stageTexts(deps, [...unitIdentity(deps, unit), 'refused'], quarantineRows(deps, unit));
  const states = await stageTexts(deps, [...unitIdentity(deps, unit), 'states'], checkpointRows(deps, unit));
  let stage: Stage | null | 'gone' = 'gone';
  let round = 0;
  for (let attempt = 1; ;) {
    if (stage === 'gone') {
      stage = await stageParts(deps, unit, round);
      round += 1;
    }
    const state = await before(deps, unit);
    if (state.own !== null) return state.own;
    if (stage === 'gone') {
      if (round < mostRounds) continue;
      throw new WarehouseError(`The rows of ${table} were loaded ${round} times, and each time their table vanished.`, {
        kind: 'drift',
        fix: `Find out what removes tables from ${deps.names.dataset('loads')}; nothing of this load was kept.`,
      });
    }
    try {
      const { sql, params } = commitScript(deps, unit, { table, stage, refused, states, state });
      await deps.jobs.query(`Merge into ${table}`, sql, {
        params,
        labels: unitLabels(deps, unit),
        // Of one view of the ledger there is one commit: a second worker with the same view meets it.
        identity: ['commit', ...unitIdentity(deps, unit), String(unit.fence), String(state.number)],
      });
      const committed = (await before(deps, unit)).own;
      if (committed === null)
        throw new WarehouseError(`The load of ${table} left no entry in the ledger.`, { kind: 'transient' });
      if (stage !== null) await dropTable(deps, stage.name).catch(() => undefined);
      return { ...committed, repeated: false };
    } catch (error) {
      const refusal = ownRefusal(error);
      if (refusal === 'fenced') throw fenced(unit);
      if (isNotFound(error)) {
        if (stage === null || (await isThere(deps, stage.name)) || round >= mostRounds) throw error;
        stage = 'gone';
        continue;
      }
      // What may pass was tried again as a job already.
      const isLost = refusal === 'moved' || refusal === 'repeated';
      if (!isLost || attempt === attempts) throw error;
      attempt += 1;
    }
  }
}

/** So often is a staging table that vanished loaded anew. */
const mostRounds = 10;

const vanishedTable = (table: string): WarehouseError =>
  new WarehouseError(`${table} is gone, and the ledger says that it holds rows. Nothing was loaded.`, {
    kind: 'drift',
    fix: `Restore it within the time travel window (bq cp 'DATASET.TABLE@-3600000' DATASET.TABLE), or delete the rows of ${table} from ops.load_ledger and ops.checkpoint: the next sync then reads everything anew.`,
  });

const fenced = ({ key }: LoadUnit): WarehouseError =>
  new WarehouseError(`A newer run has taken ${key.source} ${key.stream} of ${key.accountId}: this one stops.`, {
    kind: 'fenced',
    fix: 'Nothing to do: the newer run reads the stream.',
  });

/** Number of the load in the ledger. */
const next = '(cast(@number as int64) + 1)';

/** What the ledger says before a commit; `own`: the result of this very unit, when it is in already. */
type Before = {
  readonly own: LoadResult | null;
  /** Of the last load of the table, whoever did it. */
  readonly number: number;
  readonly loadedAt: string | null;
  /** Rows of the account in the table. */
  readonly tableRows: number;
};

async function before(deps: Deps, unit: LoadUnit): Promise<Before> {
  const isOwn = `${ofStream} and run_id = @run and batch_id = @batch`;
  const { rows } = await deps.jobs.query(
    `Read the ledger of ${unit.key.source} ${unit.key.stream}`,
    `select coalesce(max(number), 0) as number, max(loaded_at) as loaded_at,
      coalesce(max_by(if(${ofStream}, table_rows, null), if(${ofStream}, number, null)), 0) as table_rows,
      countif(${isOwn}) as own_count,
      ${counts.map((name) => `max(if(${isOwn}, rows_${name}, null)) as ${name}`).join(', ')}
    from ${deps.names.quote('ops.load_ledger')} where table_name = @table`,
    {
      params: {
        ...streamParams(unit.key),
        run: unit.runId,
        batch: unit.batchId,
        table: rawTable(unit.key.source, unit.key.stream),
      },
      labels: deps.labels,
    },
  );
  const row = rows[0] ?? {};
  const of = (name: string): number => Number(row[name] ?? 0);
  return {
    own:
      of('own_count') === 0
        ? null
        : {
            inserted: of('inserted'),
            updated: of('updated'),
            unchanged: of('unchanged'),
            deleted: of('deleted'),
            quarantined: of('quarantined'),
            quarantinedAgain: of('quarantined_again'),
            duplicates: of('duplicate'),
            repeated: true,
          },
    number: of('number'),
    loadedAt: (row['loaded_at'] ?? null) as string | null,
    tableRows: of('table_rows'),
  };
}

type Commit = {
  readonly table: string;
  readonly stage: Stage | null;
  readonly refused: TextSource;
  readonly states: TextSource;
  readonly state: Before;
};

function commitScript(
  deps: Deps,
  unit: LoadUnit,
  commit: Commit,
): { readonly sql: string; readonly params: Record<string, Param> } {
  const { names } = deps;
  const { stage, refused, states, state } = commit;
  const now = deps.clock.now();
  const params: Record<string, Param> = {
    ...streamParams(unit.key),
    ...refused.params,
    ...states.params,
    run: unit.runId,
    batch: unit.batchId,
    table: commit.table,
    number: String(state.number),
    fence: String(unit.fence),
    table_rows: String(state.tableRows),
    parts: JSON.stringify(unit.parts),
    loaded_at: laterOf(now, state.loadedAt, 1),
    unchanged_at: laterOf(now, state.loadedAt, 0),
    duplicates: String(stage?.duplicates ?? 0),
    from_date: stage?.from ?? null,
    to_date: stage?.to ?? null,
  };
  const raw = names.quote(commit.table);
  const statements = [ledgerEntry(deps, unit, commit)];
  if (stage !== null)
    statements.push(mergeStatement(names.quote(stage.name), raw, unit, stage, laterOf(now, state.loadedAt, 1)));
  if (unit.sweep.length > 0) {
    params['sweep'] = [...unit.sweep];
    params['refused_keys'] = unit.rejected.flatMap(({ key }) => (key === undefined ? [] : [key]));
    params['extracted_at'] = unit.extractedAt;
    statements.push(
      `update ${raw} set _deleted_at = timestamp(@extracted_at), _loaded_at = timestamp(@loaded_at), _run_id = @run
      where ${vanished(deps, unit, stage)}`,
    );
  }
  if (refused.rows > 0) {
    statements.push(
      `${insertStatement(deps, 'quarantine', quarantineColumns, refused.source, {
        number: `${next} * 1000000 + cast(json_value(x, '$.number') as int64)`,
      })}
      where ${isNewRefusal(deps)}`,
    );
  }
  if (states.rows > 0) {
    statements.push(insertStatement(deps, 'checkpoint', checkpointColumns, states.source, { number: next }));
  }
  // Only what the statements name may be given.
  const sql = `begin transaction;\n${statements.join(';\n')};\ncommit transaction`;
  return {
    sql,
    params: Object.fromEntries(Object.entries(params).filter(([name]) => new RegExp(`@${name}\\b`).test(sql))),
  };
}

/**
 * The ledger's line, with the counts that the statements after it will make; it also refuses to go on when another run holds the
 * stream or another load of the table has committed since the ledger was read.
 */
function ledgerEntry(deps: Deps, unit: LoadUnit, { stage, refused }: Commit): string {
  const { names } = deps;
  const ledger = names.quote('ops.load_ledger');
  const raw = names.quote(rawTable(unit.key.source, unit.key.stream));
  const guard = `case
      when ${holder(deps)} <> @run then error('mailmart: fenced')
      when exists (select 1 from ${ledger} where ${ofStream} and run_id = @run and batch_id = @batch) then error('mailmart: repeated')
      when (select coalesce(max(number), 0) from ${ledger} where table_name = @table) <> cast(@number as int64) then error('mailmart: moved')
      else @batch end`;
  const staged =
    stage === null
      ? 'select 0 as inserted, 0 as updated, 0 as unchanged'
      : `select countif(r._primary_key is null) as inserted,
          countif(r._primary_key is not null and (${differs('r', 's')})) as updated,
          countif(r._primary_key is not null and not (${differs('r', 's')})) as unchanged
        from ${names.quote(stage.name)} as s
        left join (select * from ${raw} where _account_id = @account and ${partitions('_partition_date', stage, unit)}) as r
          on r._primary_key = s._primary_key`;
  const swept = unit.sweep.length === 0 ? '0' : `(select count(*) from ${raw} where ${vanished(deps, unit, stage)})`;
  const refusedNew = refused.rows === 0 ? '0' : `(select count(*) from ${refused.source} where ${isNewRefusal(deps)})`;
  return `insert into ${ledger} (number, source, account_id, stream, run_id, batch_id, table_name, fence, rows_inserted, rows_updated,
      rows_unchanged, rows_deleted, rows_quarantined, rows_quarantined_again, rows_duplicate, is_change, table_rows,
      changed_from, changed_to, has_undated_changes, parts, loaded_at)
    select ${next}, @source, @account, @stream, @run, ${guard}, @table, cast(@fence as int64), inserted, updated, unchanged,
      deleted, quarantined, refused - quarantined, cast(@duplicates as int64), inserted + updated + deleted > 0,
      cast(@table_rows as int64) + inserted, cast(@from_date as date), cast(@to_date as date),
      ${stage?.hasUndated === true ? 'true' : 'deleted > 0'}, @parts,
      if(inserted + updated + deleted > 0, timestamp(@loaded_at), timestamp(@unchanged_at))
    from (
      select staged.*, ${swept} as deleted, ${refusedNew} as quarantined, ${refused.rows} as refused
      from (${staged}) as staged)`;
}

const differs = (r: string, s: string): string =>
  `${r}._deleted_at is not null or ${r}._record_hash <> ${s}._record_hash or ${r}._item <> ${s}._item
    or ${r}._person_key is distinct from ${s}._person_key or ${r}._cursor_at is distinct from ${s}._cursor_at
    or ${r}._partition_date is distinct from ${s}._partition_date`;

/** The partitions that staged rows can lie in, as constants: nothing else prunes. */
function partitions(column: string, stage: Stage, { table }: LoadUnit): string {
  if (!table.partitioned) return 'true';
  const dated =
    stage.from === null ? [] : [`${column} between ${dateLiteral(stage.from)} and ${dateLiteral(stage.to)}`];
  const undated = stage.hasUndated ? [`${column} is null`] : [];
  return `(${[...dated, ...undated].join(' or ')})`;
}

function mergeStatement(stageTable: string, raw: string, unit: LoadUnit, stage: Stage, loadedAt: string): string {
  const account = literal(unit.key.accountId);
  const [at, run] = [`timestamp ${literal(loadedAt)}`, literal(unit.runId)];
  const columns = ['_person_key', '_cursor_at', '_extracted_at', '_item', '_record_hash', '_partition_date', 'record'];
  return `merge into ${raw} as r
    using ${stageTable} as s
    on r._account_id = ${account} and r._primary_key = s._primary_key and ${partitions('r._partition_date', stage, unit)}
    when matched and (${differs('r', 's')}) then update set
      ${columns.map((column) => `${column} = s.${column}`).join(', ')},
      _loaded_at = ${at}, _run_id = ${run}, _deleted_at = null
    when not matched then insert (_account_id, _primary_key, ${columns.join(', ')}, _loaded_at, _run_id)
      values (${account}, s._primary_key, ${columns.map((column) => `s.${column}`).join(', ')}, ${at}, ${run})`;
}

/** Condition: a live row of an item that was read as a whole, which was not in the read. */
function vanished(deps: Deps, unit: LoadUnit, stage: Stage | null): string {
  const everyPartition = unit.table.partitioned
    ? "(_partition_date >= date '0001-01-01' or _partition_date is null) and "
    : '';
  const read =
    stage === null ? '' : ` and _primary_key not in (select _primary_key from ${deps.names.quote(stage.name)})`;
  return `${everyPartition}_account_id = @account and _deleted_at is null and _item in unnest(@sweep)${read}
      and _primary_key not in unnest(@refused_keys)`;
}

const isNewRefusal = (deps: Deps): string =>
  `json_value(x, '$.record_hash') not in (select record_hash from ${deps.names.quote('ops.quarantine')} where ${ofStream})`;

/** Later than the last load, even when the clock stands still or went back, in whole milliseconds. */
function laterOf(now: string, last: string | null, byMs: number): string {
  const lastMs = last === null ? -Infinity : Date.parse(last);
  return new Date(Math.max(Date.parse(now), lastMs + byMs)).toISOString();
}

const quarantineColumns = [
  'number',
  'source',
  'account_id',
  'stream',
  'run_id',
  'batch_id',
  'slice',
  'position',
  'path',
  'reason',
  'record',
  'record_hash',
  'quarantined_at',
] as const;

/** Each refused record once: its identity is its text, place in the record, reason, and which of several equal ones it is. */
function quarantineRows(deps: Deps, unit: LoadUnit): readonly object[] {
  const { source, accountId, stream } = unit.key;
  const seen = new Map<string, number>();
  return unit.rejected.map(({ slice, position, path, reason, record }, index) => {
    const content = JSON.stringify([source, accountId, stream, path, reason, record]);
    const ordinal = seen.get(content) ?? 0;
    seen.set(content, ordinal + 1);
    return {
      number: index % 1_000_000,
      source,
      account_id: accountId,
      stream,
      run_id: unit.runId,
      batch_id: unit.batchId,
      slice,
      position,
      path,
      reason,
      record,
      record_hash: createHash('sha256').update(`${content}#${ordinal}`).digest('hex'),
      quarantined_at: deps.clock.now(),
    };
  });
}

const checkpointColumns = [
  'fence',
  'number',
  'source',
  'account_id',
  'stream',
  'item',
  'state',
  'read_at',
  'run_id',
  'committed_at',
] as const;

function checkpointRows(deps: Deps, unit: LoadUnit): readonly object[] {
  return [...unit.checkpoints].map(([item, state]) => ({
    fence: unit.fence,
    source: unit.key.source,
    account_id: unit.key.accountId,
    stream: unit.key.stream,
    item,
    state: JSON.stringify(state),
    read_at: state.readAt,
    run_id: unit.runId,
    committed_at: deps.clock.now(),
  }));
}
