import { WarehouseError, type LoadResult, type LoadUnit } from '../port.ts';
import { checkpointRows, quarantineRows } from './commit-rows.ts';
import { commitScript } from './commit.ts';
import type { Deps } from './deps.ts';
import { isNotFound, ownRefusal } from './errors.ts';
import { before } from './ledger.ts';
import { rawTable } from './names.ts';
import { ensureRaw } from './schema.ts';
import { dropTable, isThere, stageParts, unitIdentity, unitLabels, type Stage } from './stage.ts';
import { stageTexts } from './upload.ts';

/** Commits that lost against another one of the same table are tried again. */
const attempts = 8;

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
        const isWhole = stage === null || ((await isThere(deps, stage.name)) && (await isThere(deps, stage.all)));
        if (isWhole || round >= mostRounds) throw error;
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
