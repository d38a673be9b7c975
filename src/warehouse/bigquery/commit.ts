import { loadTimes } from '../load-times.ts';
import type { LoadUnit } from '../port.ts';
import { checkpointColumns, quarantineColumns } from './commit-rows.ts';
import type { Deps } from './deps.ts';
import { holder, ofStream, streamParams } from './fence.ts';
import { isNewOther, othersOf, quarantineOthers, type Others } from './immutable.ts';
import { insertStatement } from './insert.ts';
import type { Before } from './ledger.ts';
import { rawTable } from './names.ts';
import type { Stage } from './stage.ts';
import type { TextSource } from './upload.ts';
import { dateLiteral, everyPartition, literal, type Param } from './values.ts';

/** Number of the load in the ledger. */
const next = '(cast(@number as int64) + 1)';

/** What a commit is made of. */
export type Commit = {
  readonly table: string;
  readonly stage: Stage | null;
  readonly refused: TextSource;
  readonly states: TextSource;
  readonly state: Before;
};

/** The transaction of one load: ledger, rows, vanished rows, quarantine and checkpoints. */
export function commitScript(
  deps: Deps,
  unit: LoadUnit,
  commit: Commit,
): { readonly sql: string; readonly params: Record<string, Param> } {
  const { names } = deps;
  const { stage, refused, states, state } = commit;
  const times = loadTimes(deps.clock.now(), state.loadedAt);
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
    loaded_at: times.next,
    unchanged_at: times.last,
    duplicates: String(stage?.duplicates ?? 0),
    from_date: stage?.from ?? null,
    to_date: stage?.to ?? null,
  };
  const raw = names.quote(commit.table);
  const others =
    stage !== null && unit.table.immutable === true
      ? othersOf(deps, unit, stage, comparable(raw, stage, unit))
      : undefined;
  Object.assign(params, others?.params);
  const statements = [ledgerEntry(deps, unit, commit, others)];
  if (stage !== null) statements.push(mergeStatement(names.quote(stage.name), raw, unit, stage, times.next));
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
    // Two updates of one table at once cannot both commit, so only where something may have been refused before.
    if (state.number > 0) statements.push(refusedAgain(deps, refused));
    params['refused_at'] = deps.clock.now();
    statements.push(
      `${insertStatement(deps, 'quarantine', quarantineColumns, refused.source, {
        number: `${next} * 1000000 + cast(json_value(x, '$.number') as int64)`,
      })}
      where ${isNewRefusal(deps)}`,
    );
  }
  if (others !== undefined)
    statements.push(quarantineOthers(deps, others, `${next} * 1000000 + ${refused.rows % 1_000_000}`));
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
function ledgerEntry(deps: Deps, unit: LoadUnit, { stage, refused }: Commit, others: Others | undefined): string {
  const { names } = deps;
  const ledger = names.quote('ops.load_ledger');
  const raw = names.quote(rawTable(unit.key.source, unit.key.stream));
  const guard = `case
      when ${holder(deps)} <> @run then error('mailmart: fenced')
      when exists (select 1 from ${ledger} where ${ofStream} and run_id = @run and batch_id = @batch) then error('mailmart: repeated')
      when (select coalesce(max(number), 0) from ${ledger} where table_name = @table) <> cast(@number as int64) then error('mailmart: moved')
      else @batch end`;
  const isChange = unit.table.immutable === true ? 'false' : differs('r', 's');
  const staged =
    stage === null
      ? 'select 0 as inserted, 0 as updated, 0 as unchanged'
      : `select countif(r._primary_key is null) as inserted,
          countif(r._primary_key is not null and (${isChange})) as updated,
          countif(r._primary_key is not null and not (${isChange})) as unchanged
        from ${names.quote(stage.name)} as s
        left join ${comparable(raw, stage, unit)} as r
          on r._primary_key = s._primary_key`;
  const swept = unit.sweep.length === 0 ? '0' : `(select count(*) from ${raw} where ${vanished(deps, unit, stage)})`;
  const refusedNew = refused.rows === 0 ? '0' : `(select count(*) from ${refused.source} where ${isNewRefusal(deps)})`;
  const ofOthers = (where: string): string =>
    others === undefined ? '0' : `(select count(*) from ${others.source} where ${where})`;
  return `insert into ${ledger} (number, source, account_id, stream, run_id, batch_id, table_name, fence, rows_inserted, rows_updated,
      rows_unchanged, rows_deleted, rows_quarantined, rows_quarantined_again, rows_duplicate, is_change, table_rows,
      changed_from, changed_to, has_undated_changes, parts, loaded_at)
    select ${next}, @source, @account, @stream, @run, ${guard}, @table, cast(@fence as int64), inserted, updated, unchanged,
      deleted, quarantined, refused - quarantined, cast(@duplicates as int64), inserted + updated + deleted > 0,
      cast(@table_rows as int64) + inserted, cast(@from_date as date), cast(@to_date as date),
      ${stage?.hasUndated === true ? 'true' : 'deleted > 0'}, @parts,
      if(inserted + updated + deleted > 0, timestamp(@loaded_at), timestamp(@unchanged_at))
    from (
      select staged.*, ${swept} as deleted, ${refusedNew} + ${ofOthers(isNewOther(deps))} as quarantined,
        ${refused.rows} + ${ofOthers('true')} as refused
      from (${staged}) as staged)`;
}

const differs = (r: string, s: string): string =>
  `${r}._deleted_at is not null or ${r}._record_hash <> ${s}._record_hash or ${r}._item <> ${s}._item
    or ${r}._person_key is distinct from ${s}._person_key or ${r}._cursor_at is distinct from ${s}._cursor_at
    or ${r}._partition_date is distinct from ${s}._partition_date`;

/** Rows of raw that staged ones can meet, as what follows `from`. */
const comparable = (raw: string, stage: Stage, unit: LoadUnit): string =>
  `(select * from ${raw} where _account_id = @account and ${partitions('_partition_date', stage, unit)})`;

/**
 * How far around its date an immutable record is looked for, days: another content of a key may state another time. A year of
 * events costs a sixth of its keys and hashes, where all of them would have to be read by each load.
 */
const daysAround = 31;

/** The partitions that staged rows can lie in, as constants: nothing else prunes. */
function partitions(column: string, stage: Stage, { table }: LoadUnit): string {
  if (!table.partitioned) return 'true';
  const days = table.immutable === true ? daysAround : 0;
  const dated =
    stage.from === null
      ? []
      : [`${column} between ${dateLiteral(moved(stage.from, -days))} and ${dateLiteral(moved(stage.to, days))}`];
  const undated = stage.hasUndated ? [`${column} is null`] : [];
  return `(${[...dated, ...undated].join(' or ')})`;
}

function moved(date: string | null, days: number): string | null {
  if (date === null) return null;
  return new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);
}

function mergeStatement(stageTable: string, raw: string, unit: LoadUnit, stage: Stage, loadedAt: string): string {
  const account = literal(unit.key.accountId);
  const [at, run] = [`timestamp ${literal(loadedAt)}`, literal(unit.runId)];
  const columns = ['_person_key', '_cursor_at', '_extracted_at', '_item', '_record_hash', '_partition_date', 'record'];
  const update =
    unit.table.immutable === true
      ? ''
      : `when matched and (${differs('r', 's')}) then update set
      ${columns.map((column) => `${column} = s.${column}`).join(', ')},
      _loaded_at = ${at}, _run_id = ${run}, _deleted_at = null`;
  return `merge into ${raw} as r
    using ${stageTable} as s
    on r._account_id = ${account} and r._primary_key = s._primary_key and ${partitions('r._partition_date', stage, unit)}
    ${update}
    when not matched then insert (_account_id, _primary_key, ${columns.join(', ')}, _loaded_at, _run_id)
      values (${account}, s._primary_key, ${columns.map((column) => `s.${column}`).join(', ')}, ${at}, ${run})`;
}

/** Condition: a live row of an item that was read as a whole, which was not in the read. */
function vanished(deps: Deps, unit: LoadUnit, stage: Stage | null): string {
  const everyRow = unit.table.partitioned ? `${everyPartition()} and ` : '';
  const read =
    stage === null ? '' : ` and _primary_key not in (select _primary_key from ${deps.names.quote(stage.name)})`;
  return `${everyRow}_account_id = @account and _deleted_at is null and _item in unnest(@sweep)${read}
      and _primary_key not in unnest(@refused_keys)`;
}

function refusedAgain(deps: Deps, refused: TextSource): string {
  return `update ${deps.names.quote('ops.quarantine')} set last_run_id = @run, last_refused_at = timestamp(@refused_at)
    where ${ofStream} and record_hash in (select json_value(x, '$.record_hash') from ${refused.source})`;
}

const isNewRefusal = (deps: Deps): string =>
  `json_value(x, '$.record_hash') not in (select record_hash from ${deps.names.quote('ops.quarantine')} where ${ofStream})`;
