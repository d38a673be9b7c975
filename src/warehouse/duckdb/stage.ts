import { withoutOrder } from './direct.ts';
import { alteredPart, readingParts, type CheckedPart } from './parts.ts';
import type { Session } from './session.ts';
import { utc } from './values.ts';

/** Rows of a unit in the session's temporary table `stage`, one a key. */
export type Staged = { readonly rows: number; readonly duplicates: number };

/**
 * Reads the parts of a unit into the temporary table `stage`, to be compared with raw. Of an immutable stream the first row of a key
 * counts, and the others go to `copies`; of any other the last one counts.
 */
export async function stageParts(
  session: Session,
  files: readonly CheckedPart[],
  { isImmutable }: { readonly isImmutable: boolean },
): Promise<Staged> {
  await session.run('Stage', 'drop table if exists temp.stage');
  await session.run(
    'Stage',
    `create temp table stage (_n bigint, _primary_key varchar not null, _person_key varchar, _cursor_at timestamp,
      _partition_date date, _item varchar not null, _record_hash varchar not null, _extracted_at timestamp not null,
      record json not null, _part integer not null)`,
  );
  if (isImmutable) {
    await session.run('Stage', 'drop table if exists temp.copies');
    await session.run('Stage', 'create temp table copies as from stage');
  }
  if (files.length === 0) return { rows: 0, duplicates: 0 };
  const rows = files.reduce((sum, { part }) => sum + part.rows, 0);
  // Part and `_n` say which row came last.
  await withoutOrder(session, rows, () =>
    session.run(
      'Read landing parts',
      `insert into stage
      select l._n, l._primary_key, l._person_key, ${utc('l._cursor_at')}, l._partition_date, p.item, l._record_hash,
        p.extracted_at, l.record, p.part
      from ${readingParts(files)}`,
    ),
  );
  const counts = await session.rows('Count landed rows', 'select _part, count(*) as rows from stage group by _part');
  const found = new Map(counts.map((row) => [Number(row['_part']), Number(row['rows'])]));
  for (const [index, { part }] of files.entries()) {
    if ((found.get(index) ?? 0) !== part.rows) throw alteredPart(part, `holds ${found.get(index) ?? 0} rows`);
  }
  const duplicates = await dropDuplicates(session, isImmutable);
  return { rows: rows - duplicates, duplicates };
}

/** One row a key, in the order of parts and of rows within them. Usually there is nothing to drop. */
async function dropDuplicates(session: Session, isImmutable: boolean): Promise<number> {
  // Hashes first, a third of the price: where even they are distinct, the keys are.
  const { doubles } = await session.row(
    'Look for repeated keys',
    'select count(*) - count(distinct hash(_primary_key)) as doubles from stage',
  );
  if (doubles === 0) return 0;
  const order = isImmutable ? 's._part, s._n, s.rowid' : 's._part desc, s._n desc, s.rowid desc';
  const repeated = `rowid in (
      select row_id from (
        select s.rowid as row_id, row_number() over (partition by s._primary_key order by ${order}) as place
        from stage as s
        where s._primary_key in (select _primary_key from stage group by _primary_key having count(*) > 1))
      where place > 1)`;
  if (isImmutable)
    await session.run('Set repeated keys aside', `insert into copies select * from stage where ${repeated}`);
  return await session.run('Drop repeated keys', `delete from stage where ${repeated}`);
}
