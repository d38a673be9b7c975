import type { Row } from '../contracts/sync.ts';
import type { Column } from '../warehouse/port.ts';

/**
 * A table of the graph that SQL cannot compute: reads one table, writes one, no I/O of its own. In Dataform it is a
 * `declaration`; the runner orders it by `reads` and `writes`, reads all rows, and replaces the written table.
 */
export type Step = {
  /** `ab-statistics`: the action's name in logs and in `ops.model_run`. */
  readonly name: string;
  /** Table read whole, `core.int_ab_counts`; decimals arrive as text, integers as number, bigint or text. */
  readonly reads: string;
  readonly writes: { readonly table: string; readonly columns: readonly Column[] };
  /** Pure: the same rows in any order give the same result. A promise where it lets others of the process have their turn. */
  readonly run: (rows: readonly Row[]) => readonly Row[] | Promise<readonly Row[]>;
};
