import type { PartFile } from '../../contracts/sync.ts';
import { hashOfFile } from '../../landing/durable-read.ts';
import { WarehouseError } from '../port.ts';
import { quoteText } from './identifiers.ts';
import type { Session } from './session.ts';
import { utc } from './values.ts';

/** Rows of a unit in the session's temporary table `stage`, one a key. */
export type Staged = { readonly rows: number; readonly duplicates: number };

/** Every column is declared: an inferred type would round numbers silently. Times are text here, because a cast inside the reader ignores offsets. */
const columns = `{ _n: 'BIGINT', _primary_key: 'VARCHAR', _person_key: 'VARCHAR', _cursor_at: 'VARCHAR',
  _partition_date: 'DATE', _record_hash: 'VARCHAR', record: 'JSON' }`;

/** Lines are JSON texts with tabs between (see landing's `formatLine`): no quotes, no escapes, nothing detected. */
const layout = `auto_detect = false, header = false, delim = '\t', quote = '', escape = '', nullstr = '\\N', new_line = '\\n',
  compression = 'zstd', filename = true, columns = ${columns}`;

/** The reader's buffers: small, because it takes several for each thread, and yet some of the longest line. */
function buffers(parts: readonly PartFile[]): string {
  // A UTF-16 unit is at most three bytes of UTF-8.
  const longest = Math.max(64 * 1024, 3 * parts.reduce((most, part) => Math.max(most, part.longest), 0));
  return `max_line_size = ${longest}, buffer_size = ${Math.max(4 * 1024 * 1024, 2 * longest)}`;
}

/** Checks the parts of a unit against their manifest and reads them into the temporary table `stage`. */
export async function stageParts(
  session: Session,
  parts: readonly PartFile[],
  locate: (name: string) => string,
): Promise<Staged> {
  const files = parts.map((part) => ({ part, path: locate(part.name) }));
  if (new Set(files.map(({ path }) => path)).size !== files.length) {
    throw new WarehouseError('A landing part is listed twice in one load.', { kind: 'rejected' });
  }
  for (const { part, path } of files) await checkPart(part, path);

  await session.run('Stage', 'drop table if exists temp.stage');
  await session.run(
    'Stage',
    `create temp table stage (_n bigint, _primary_key varchar not null, _person_key varchar, _cursor_at timestamp,
      _partition_date date, _item varchar not null, _record_hash varchar not null, _extracted_at timestamp not null,
      record json not null, _part integer not null)`,
  );
  if (files.length === 0) return { rows: 0, duplicates: 0 };
  const list = files.map(({ path }) => quoteText(withoutGlob(path))).join(', ');
  const entries = files.map(
    ({ part, path }, index) =>
      `(${quoteText(path)}, ${index}, ${quoteText(part.item)}, ${utc(quoteText(part.extractedAt))})`,
  );
  // Order is no matter: part and `_n` say which row came last.
  await session.run('Stage', 'set session preserve_insertion_order = false');
  try {
    await session.run(
      'Read landing parts',
      `insert into stage
      select l._n, l._primary_key, l._person_key, ${utc('l._cursor_at')}, l._partition_date, p.item, l._record_hash,
        p.extracted_at, l.record, p.part
      from read_csv([${list}], ${layout}, ${buffers(parts)}) as l
      join (values ${entries.join(', ')}) as p (path, part, item, extracted_at) on p.path = l.filename`,
    );
  } finally {
    await session.run('Stage', 'reset session preserve_insertion_order');
  }
  const counts = await session.rows('Count landed rows', 'select _part, count(*) as rows from stage group by _part');
  const found = new Map(counts.map((row) => [Number(row['_part']), Number(row['rows'])]));
  for (const [index, { part }] of files.entries()) {
    if ((found.get(index) ?? 0) !== part.rows) throw alteredPart(part, `holds ${found.get(index) ?? 0} rows`);
  }
  const duplicates = await dropDuplicates(session);
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  return { rows: rows - duplicates, duplicates };
}

/** One row a key: the last in the order of parts and of rows within them wins. Usually there is nothing to drop. */
async function dropDuplicates(session: Session): Promise<number> {
  // Hashes first, a third of the price: where even they are distinct, the keys are.
  const { doubles } = await session.row(
    'Look for repeated keys',
    'select count(*) - count(distinct hash(_primary_key)) as doubles from stage',
  );
  if (doubles === 0) return 0;
  return await session.run(
    'Drop repeated keys',
    `delete from stage where rowid in (
      select row_id from (
        select s.rowid as row_id,
          row_number() over (partition by s._primary_key order by s._part desc, s._n desc, s.rowid desc) as place
        from stage as s
        where s._primary_key in (select _primary_key from stage group by _primary_key having count(*) > 1))
      where place > 1)`,
  );
}

async function checkPart(part: PartFile, path: string): Promise<void> {
  let found: string;
  try {
    found = await hashOfFile(path, part.bytes);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ENOENT') throw alteredPart(part, 'is missing');
    throw new WarehouseError(
      `Landing part ${part.name} cannot be read: ${code}.`,
      { kind: 'transient' },
      { cause: error },
    );
  }
  if (found !== part.sha256) throw alteredPart(part, 'is not what its manifest says');
}

function alteredPart(part: PartFile, what: string): WarehouseError {
  return new WarehouseError(`Landing part ${part.name} ${what}; expected ${part.rows} rows, sha256 ${part.sha256}.`, {
    kind: 'drift',
    fix: 'Run the sync again: the slice is read from the source anew. Nothing of this load was kept.',
  });
}

/** DuckDB takes `* ? [` in file names as patterns. */
function withoutGlob(path: string): string {
  return path.replaceAll(/[*?[]/g, (character) => `[${character}]`);
}
