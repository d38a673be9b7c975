import type { ModelPlan } from '../port.ts';
import type { Deps } from './deps.ts';
import { dateLiteral, everyPartition } from './values.ts';

/** See `changedPartitions` in sql/includes/dialect.js. */
const hint = /\/\* changed: (raw\.\w+) \*\/ \((\w+) >= [\s\S]*?\/\* end of changed \*\//g;

/** First and last partition that loads changed; null where only all partitions will do. */
export type ChangedPartitions = { readonly from: string; readonly to: string } | null;

/** Raw tables that a statement reads the changed partitions of. */
export const changedTables = (sql: string): readonly string[] => [
  ...new Set([...sql.matchAll(hint)].map(([, table = '']) => table)),
];

/** The statement with constants in the places of its hints. */
export function narrowed(sql: string, changed: ReadonlyMap<string, ChangedPartitions>): string {
  return sql.replaceAll(hint, (all, table: string, column: string) => {
    const found = changed.get(table);
    if (found === null || found === undefined) return all;
    return `${column} between ${dateLiteral(found.from)} and ${dateLiteral(found.to)}`;
  });
}

/**
 * Narrows what a model reads of raw to the partitions that loads have touched since its newest row. Rows without a date, rows
 * that vanished and loads that do not say where they wrote let every partition through.
 */
export async function withChangedPartitions(
  deps: Deps,
  model: ModelPlan,
  statements: readonly string[],
): Promise<readonly string[]> {
  const tables = [...new Set(statements.flatMap(changedTables))];
  if (model.merge === undefined || tables.length === 0) return statements;
  const { partitionBy } = model.merge;
  const changed = new Map<string, ChangedPartitions>();
  for (const table of tables) {
    const { rows } = await deps.jobs.query(
      `Look at what changed in ${table}`,
      `select cast(min(changed_from) as string) as first_date, cast(max(changed_to) as string) as last_date,
        countif(changed_from is null or changed_to is null or has_undated_changes) as everywhere_count
      from ${deps.names.quote('ops.load_ledger')}
      where table_name = @table and is_change and loaded_at > (
        select coalesce(max(loaded_at), timestamp '1970-01-01 00:00:00') from ${deps.names.quote(model.name)}
        where ${everyPartition(partitionBy)})`,
      { params: { table }, labels: deps.labels },
    );
    const { first_date: from, last_date: to, everywhere_count: everywhere } = rows[0] ?? {};
    const isKnown = typeof from === 'string' && typeof to === 'string' && everywhere === 0;
    changed.set(table, isKnown ? { from, to } : null);
  }
  return statements.map((sql) => narrowed(sql, changed));
}
