import { identityOf, otherContent } from '../other-content.ts';
import type { LoadUnit } from '../port.ts';
import { quarantineColumns } from './commit-rows.ts';
import type { Deps } from './deps.ts';
import { ofStream } from './fence.ts';
import type { Stage } from './stage.ts';
import type { Param } from './values.ts';

/** Staged records of an immutable stream whose keys have another content, in raw or earlier in the load. */
export type Others = {
  /** What follows `from`, one row a key and content; asked for before and after the merge it gives the same. */
  readonly source: string;
  readonly params: Readonly<Record<string, Param>>;
};

/** `rawRows`: what follows `from` for the rows of raw that staged ones can meet. */
export function othersOf(deps: Deps, unit: LoadUnit, stage: Stage, rawRows: string): Others {
  const { names } = deps;
  // What stands is what raw held, or else the first of this load.
  const isSingle = stage.duplicates === 0;
  const firsts = isSingle ? '' : `inner join ${names.quote(stage.name)} as f on f._primary_key = s._primary_key`;
  return {
    source: `(
      select item, row_in_slice, record, identity
      from (
        select s._item as item, s._n + 1 as row_in_slice, to_json_string(s.record) as record,
          to_hex(sha256(concat(@others, s._primary_key, '\\n', s._record_hash))) as identity,
          row_number() over (partition by s._primary_key, s._record_hash order by s._part, s._n) as place
        from ${names.quote(stage.all)} as s
        ${firsts}
        left join ${rawRows} as r on r._primary_key = s._primary_key
        where s._record_hash <> coalesce(r._record_hash, ${isSingle ? 's' : 'f'}._record_hash))
      where place = 1)`,
    params: {
      others: identityOf(unit.key),
      others_path: otherContent.path,
      others_reason: otherContent.reason,
      others_at: deps.clock.now(),
    },
  };
}

/** Condition: not in quarantine yet. */
export const isNewOther = (deps: Deps): string =>
  `identity not in (select record_hash from ${deps.names.quote('ops.quarantine')} where ${ofStream})`;

/** Statement that quarantines them; `first`: SQL for the number of the first row. */
export function quarantineOthers(deps: Deps, others: Others, first: string): string {
  return `insert into ${deps.names.quote('ops.quarantine')} (${quarantineColumns.map((column) => `\`${column}\``).join(', ')})
    select ${first} + row_number() over (order by identity) - 1, @source, @account, @stream, @run, @batch, item,
      concat('row ', cast(row_in_slice as string), ' of the slice'), @others_path, @others_reason, record, identity,
      timestamp(@others_at), cast(null as string), @run, timestamp(@others_at)
    from ${others.source}
    where ${isNewOther(deps)}`;
}
