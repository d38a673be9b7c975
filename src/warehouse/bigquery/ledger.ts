import type { LoadResult, LoadUnit } from '../port.ts';
import type { Deps } from './deps.ts';
import { ofStream, streamParams } from './fence.ts';
import { rawTable } from './names.ts';

const counts = [
  'inserted',
  'updated',
  'unchanged',
  'deleted',
  'quarantined',
  'quarantined_again',
  'duplicate',
] as const;

/** What the ledger says before a commit; `own`: the result of this very unit, when it is in already. */
export type Before = {
  readonly own: LoadResult | null;
  /** Of the last load of the table, whoever did it. */
  readonly number: number;
  readonly loadedAt: string | null;
  /** Rows of the account in the table. */
  readonly tableRows: number;
};

export async function before(deps: Deps, unit: LoadUnit): Promise<Before> {
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
