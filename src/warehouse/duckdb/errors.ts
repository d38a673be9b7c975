import { faultOf, fileFault, type FileFault } from '../../contracts/file-fault.ts';
import { WarehouseError, type WarehouseFailureKind } from '../port.ts';

const outOfMemory =
  /Out of Memory Error|failed to allocate|could not allocate block|failed to (pin|allocate) (block|data)/i;

/** What to do about a damaged warehouse file. */
export const restore =
  'Stop mailmart, keep the damaged file aside together with its .wal, and restore the newest backup of the warehouse file; ' +
  'without one, move both files away and run `mailmart run`: the sources are read again from their start_date.';

type Rule = {
  readonly pattern: RegExp;
  readonly kind: WarehouseFailureKind;
  readonly message?: (match: RegExpMatchArray) => string;
  readonly fix?: string;
};

/** DuckDB tells kinds of failure apart by text only; the first rule that matches decides. */
const rules: readonly Rule[] = [
  {
    pattern: /Conflicting lock is held in (.+?) \(PID (\d+)\)/,
    kind: 'locked',
    message: (match) => `The warehouse file is in use by process ${match[2]} (${match[1]}).`,
    fix: 'Let that process finish or stop it; `mailmart status` and `mailmart query` work meanwhile, from the published copy.',
  },
  {
    pattern: /Could not set lock on file/,
    kind: 'locked',
    message: () => 'The warehouse file is in use by another process.',
    fix: 'Let that process finish or stop it; `mailmart status` and `mailmart query` work meanwhile, from the published copy.',
  },
  {
    pattern: /No space left on device|ENOSPC|Disk quota exceeded|max_temp_directory_size/i,
    kind: 'transient',
    message: () => 'The disk is full: the last change was not written, earlier ones are intact.',
    fix: 'Free disk space where the warehouse file and its temporary folder lie: the run goes on by itself.',
  },
  {
    pattern: outOfMemory,
    kind: 'transient',
    message: () => 'The warehouse reached its memory limit.',
    fix: 'Raise warehouse.memory_limit in mailmart.yaml, or run fewer things at once.',
  },
  {
    pattern:
      /checksum|corrupt|could not read (enough|all) bytes|not a valid DuckDB database|Failure while replaying WAL|Serialization Error|INTERNAL Error/i,
    kind: 'drift',
    message: () => 'The warehouse file is damaged.',
    fix: restore,
  },
  {
    pattern: /newer version|storage version|version number .* can(not| only) be read/i,
    kind: 'drift',
    message: () => 'The warehouse file was written by a newer DuckDB than this mailmart has.',
    fix: 'Use the version of mailmart that wrote it, or a newer one.',
  },
  {
    pattern:
      /TransactionContext Error: (Conflict|Failed to commit|Transaction conflict|Catalog write-write)|write-write conflict|Conflict on (update|tuple deletion)/i,
    kind: 'transient',
    message: () => 'Two changes of the same rows met; this one was taken back.',
    fix: 'Nothing to do: it is tried again.',
  },
  {
    pattern: /database has been invalidated/i,
    kind: 'transient',
    message: () => 'The warehouse stopped after a failed write and is opened again.',
    fix: 'Nothing to do if it passes; else look at the disk that holds the warehouse file.',
  },
  {
    pattern: /^(IO|HTTP|Connection) Error/i,
    kind: 'transient',
    fix: 'Check the disk that holds the warehouse file and the landing folder.',
  },
];

/** A file that DuckDB may not open. */
function refusedFile(text: string): FileFault | undefined {
  const [, path, words] = /Cannot open file "([^"]+)": (Read-only file system|Permission denied)/.exec(text) ?? [];
  return path === undefined ? undefined : faultOf(words === 'Permission denied' ? 'EACCES' : 'EROFS', path);
}

/** Maps whatever DuckDB threw. Values never appear: a conversion error quotes the value, which may be an address. */
export function warehouseFailure(error: unknown, attempted: string): WarehouseError {
  if (error instanceof WarehouseError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const refused = refusedFile(text);
  if (refused !== undefined) {
    const { path = '', reason, fix, code } = refused;
    const what = `${attempted.includes(path) ? attempted : `${attempted} (${path})`}: ${reason}.`;
    // A person may mend it meanwhile.
    return new WarehouseError(what, { kind: 'transient', fix, code }, { cause: error });
  }
  // It quotes names of the statement, which may be any words: a column that is called checksum damages no file.
  const quotesNames = /^(Catalog|Binder|Parser) Error/.test(text);
  for (const rule of quotesNames ? [] : rules) {
    const match = text.match(rule.pattern);
    if (match === null) continue;
    const detail = rule.message?.(match) ?? withoutValues(text);
    const details = rule.fix === undefined ? { kind: rule.kind } : { kind: rule.kind, fix: rule.fix };
    return new WarehouseError(`${attempted}: ${detail}`, details, { cause: error });
  }
  const fault = fileFault(error);
  if (fault !== undefined) {
    const { reason, fix } = fault;
    return new WarehouseError(`${attempted}: ${reason}.`, { kind: 'rejected', fix }, { cause: error });
  }
  return new WarehouseError(`${attempted}: ${withoutValues(text)}`, { kind: 'rejected' }, { cause: error });
}

/** Damage found by our own checks. */
export function driftFailure(message: string, fix = restore): WarehouseError {
  return new WarehouseError(message, { kind: 'drift', fix });
}

/** True after a failed write has invalidated the open database: only opening it again helps. */
export function isInvalidated(error: unknown): boolean {
  const text = error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : '';
  return /database has been invalidated|FATAL Error/.test(text);
}

/** Whether two transactions changed the same rows; this one was taken back. */
export function isConflict(error: unknown): boolean {
  return error instanceof WarehouseError && error.kind === 'transient' && /met; this one/.test(error.message);
}

export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && outOfMemory.test(error.message);
}

/** First lines of a message without the values that a failure of data tells and without anything like an address. */
function withoutValues(text: string): string {
  const isData = /^(Conversion|Invalid Input|Out of Range|Constraint) Error/.test(text);
  const hidden = isData ? withoutData(text) : text;
  const lines = hidden.split('\n').filter((line) => line.trim() !== '' && !/^LINE \d+:|^\s*\^/.test(line));
  return lines
    .slice(0, 2)
    .join(' ')
    .slice(0, 400)
    .replaceAll(/[^\s'"<>]+@[^\s'"<>]+/g, '<address>');
}

/** What is quoted, and numbers of a length that tells something. What follows in further lines repeats the value without quotes. */
function withoutData(text: string): string {
  // From the first quote to the last, before lines are chosen: values may hold quotes and line breaks.
  const [first = ''] = text.replace(/["'][^]*["']/, '<value>').split('\n');
  return first.replaceAll(/\d{5,}/g, '<value>');
}
