import type { PartFile } from '../../contracts/sync.ts';
import { hashOfFile } from '../../landing/durable-read.ts';
import { WarehouseError } from '../port.ts';
import { quoteText } from './identifiers.ts';
import { utc } from './values.ts';

/** A landing part that is what its manifest says, and where it lies. */
export type CheckedPart = { readonly part: PartFile; readonly path: string };

/** Checks the parts of a unit against their manifests. */
export async function checkParts(
  parts: readonly PartFile[],
  locate: (name: string) => string,
): Promise<readonly CheckedPart[]> {
  const files = parts.map((part) => ({ part, path: locate(part.name) }));
  if (new Set(files.map(({ path }) => path)).size !== files.length) {
    throw new WarehouseError('A landing part is listed twice in one load.', { kind: 'rejected' });
  }
  for (const { part, path } of files) await checkPart(part, path);
  return files;
}

/** Every column is declared: an inferred type would round numbers silently. Times are text here, because a cast inside the reader ignores offsets. */
const columns = `{ _n: 'BIGINT', _primary_key: 'VARCHAR', _person_key: 'VARCHAR', _cursor_at: 'VARCHAR',
  _partition_date: 'DATE', _record_hash: 'VARCHAR', record: 'JSON' }`;

/** Lines are JSON texts with tabs between (see landing's `formatLine`): no quotes, no escapes, nothing detected. */
const layout = `auto_detect = false, header = false, delim = '\t', quote = '', escape = '', nullstr = '\\N', new_line = '\\n',
  compression = 'zstd', filename = true, columns = ${columns}`;

/** The reader's buffers: small, because it takes several for each thread, and yet some of the longest line. */
function buffers(files: readonly CheckedPart[]): string {
  // A UTF-16 unit is at most three bytes of UTF-8.
  const longest = Math.max(64 * 1024, 3 * files.reduce((most, { part }) => Math.max(most, part.longest), 0));
  return `max_line_size = ${longest}, buffer_size = ${Math.max(4 * 1024 * 1024, 2 * longest)}`;
}

/** What follows `from`: the lines of the parts as `l`, and of each its part, item and time of extraction as `p`. */
export function readingParts(files: readonly CheckedPart[]): string {
  const list = files.map(({ path }) => quoteText(withoutGlob(path))).join(', ');
  const entries = files.map(
    ({ part, path }, index) =>
      `(${quoteText(path)}, ${index}, ${quoteText(part.item)}, ${utc(quoteText(part.extractedAt))})`,
  );
  return `read_csv([${list}], ${layout}, ${buffers(files)}) as l
      join (values ${entries.join(', ')}) as p (path, part, item, extracted_at) on p.path = l.filename`;
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

/** A part that must be read again from the source. */
export function alteredPart(part: PartFile, what: string): WarehouseError {
  return new WarehouseError(`Landing part ${part.name} ${what}; expected ${part.rows} rows, sha256 ${part.sha256}.`, {
    kind: 'drift',
    fix: 'Run the sync again: the slice is read from the source anew. Nothing of this load was kept.',
  });
}

/** DuckDB takes `* ? [` in file names as patterns. */
function withoutGlob(path: string): string {
  return path.replaceAll(/[*?[]/g, (character) => `[${character}]`);
}
