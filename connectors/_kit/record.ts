import type { Instant, Json, JsonObject } from '../../src/contracts/json.ts';
import type { LandedRow, Slice } from '../../src/contracts/sync.ts';
import { canonicalJson, RecordFlaw, recordHash } from './canonical.ts';
import type { AnyStream, Cursor } from './contract.ts';
import { timeMs, type TimeUnit } from './instant.ts';
import { exactText, flawOf } from './json.ts';
import { keyText, valueAt } from './path.ts';
import { personKey } from './person-key.ts';

/** Larger records are refused: none is documented, and one of them could fill a landing part. */
const MAX_RECORD_LENGTH = 8 * 1_048_576;
/** So much of a record that is too large is kept in quarantine. */
const KEPT_LENGTH = 1_048_576;

/** A record accepted at the edge, with what the engine needs to know of its cursor. */
export type Accepted = {
  readonly kind: 'row';
  readonly row: LandedRow;
  readonly cursorMs: number | null;
  /** The cursor as the source wrote it. */
  readonly cursorText: string | null;
};
export type Refused = {
  readonly kind: 'rejected';
  readonly path: string;
  readonly reason: string;
  readonly record: string;
  /** The primary key, where it can be told. */
  readonly key?: string;
};

export type EdgeContext = {
  readonly slice: Slice;
  readonly now: Instant;
  /** `now` in milliseconds since 1970. */
  readonly nowMs: number;
  readonly salt: string;
  /** Prefix of field paths: `emails[].activity[].`. */
  readonly prefix: string;
};

/** Timestamps outside are mistakes of unit or entry, never data. */
export const EARLIEST_MS = Date.UTC(1990, 0, 1);
export const LATEST_AFTER_NOW_MS = 2 * 86_400_000;

function refused(source: Json, path: string, reason: string): Refused {
  const text = exactText(source);
  const isCut = text.length > MAX_RECORD_LENGTH;
  return {
    kind: 'rejected',
    path,
    reason: isCut ? `${reason}; only its first MiB is kept here` : reason,
    record: isCut ? text.slice(0, KEPT_LENGTH) : text,
  };
}

/**
 * One record at the edge: known-good or refused, never changed. `source` is the record as parsed (for an exploded one its
 * outer record is `outer`), `record` the one to land, with inherited fields.
 */
export function acceptRecord(
  stream: AnyStream<never>,
  record: JsonObject,
  source: Json,
  outer: JsonObject | null,
  context: EdgeContext,
): Accepted | Refused {
  let primaryKey: string | undefined;
  const refuse = (path: string, reason: string): Refused => ({
    ...refused(source, context.prefix + path, reason),
    ...(primaryKey === undefined ? {} : { key: primaryKey }),
  });
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return refuse('', 'Expected an object');
  const flaw = flawOf(source);
  if (flaw !== undefined) return refuse(flaw.key, flaw.reason);
  primaryKey = keyOf(stream, record);
  let canonical: string;
  try {
    canonical = canonicalJson(record);
  } catch (error) {
    if (error instanceof RecordFlaw) return refuse(error.path, error.message);
    throw error;
  }
  if (canonical.length > MAX_RECORD_LENGTH)
    return refuse('', `The record is larger than ${MAX_RECORD_LENGTH / 1_048_576} MiB`);

  const parsed = stream.schema.safeParse(record);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(issuePath(issue?.path ?? []), issue?.message ?? 'The record does not fit the schema');
  }

  if (primaryKey === undefined) {
    const odd = (stream.primaryKey as readonly string[]).find((field) => keyText(record[field]) === null);
    return odd === undefined
      ? refuse(stream.primaryKey[0], 'The primary key is empty')
      : refuse(odd, 'A field of the primary key is an object or array');
  }

  const cursor = stream.cursor === 'full-refresh' ? undefined : (stream.cursor as Cursor<unknown>);
  const cursorMs = cursor === undefined ? null : plausibleMs(record[cursor.field], cursor.unit, context.nowMs);
  if (cursorMs === undefined) return refuse(cursor!.field, timeReason(cursor!.unit));
  const partitionBy = stream.partitionBy;
  const partitionUnit = cursor !== undefined && partitionBy === cursor.field ? cursor.unit : 'iso';
  const partitionMs = partitionBy === undefined ? null : plausibleMs(record[partitionBy], partitionUnit, context.nowMs);
  if (partitionMs === undefined) return refuse(partitionBy!, timeReason(partitionUnit));

  return {
    kind: 'row',
    cursorMs,
    cursorText: cursor === undefined || cursorMs === null ? null : String(record[cursor.field]),
    row: {
      _primary_key: primaryKey,
      _person_key: person(stream.person, record, outer, context.salt),
      _cursor_at: cursorMs === null ? null : new Date(cursorMs).toISOString(),
      _partition_date: partitionMs === null ? null : dateOf(partitionMs),
      _item: context.slice.item,
      _record_hash: recordHash(canonical),
      _extracted_at: context.now,
      record,
      text: canonical,
    },
  };
}

/** The key as one text; undefined when a field cannot be part of a key, or all are empty. */
function keyOf(stream: AnyStream<never>, record: JsonObject): string | undefined {
  const key: string[] = [];
  let isEmpty = true;
  for (const field of stream.primaryKey as readonly string[]) {
    const text = keyText(record[field]);
    if (text === null) return undefined;
    isEmpty &&= text === '';
    key.push(text);
  }
  return isEmpty ? undefined : JSON.stringify(key);
}

/** Day since 1970 → its date: the events of a campaign are of few days. */
const dates = new Map<number, string>();
const MOST_DATES = 4096;

function dateOf(ms: number): string {
  const day = Math.floor(ms / 86_400_000);
  const known = dates.get(day);
  if (known !== undefined) return known;
  if (dates.size >= MOST_DATES) dates.clear();
  const date = new Date(ms).toISOString().slice(0, 10);
  dates.set(day, date);
  return date;
}

function plausibleMs(value: Json | undefined, unit: TimeUnit, nowMs: number): number | null | undefined {
  const ms = timeMs(value, unit);
  if (ms === null || ms === undefined) return ms;
  return ms >= EARLIEST_MS && ms <= nowMs + LATEST_AFTER_NOW_MS ? ms : undefined;
}

function timeReason(unit: TimeUnit): string {
  const form =
    unit === 'iso'
      ? 'an ISO-8601 time with a zone'
      : unit === 'epoch-s'
        ? 'seconds since 1970'
        : 'milliseconds since 1970';
  return `Expected ${form}, between 1990 and two days from now`;
}

/** An exploded record need not carry the address itself: its outer record does. */
function person(path: string | undefined, record: JsonObject, outer: JsonObject | null, salt: string): string | null {
  if (path === undefined) return null;
  const address = valueAt(record, path) ?? (outer === null ? undefined : valueAt(outer, path));
  return typeof address === 'string' && address.trim() !== '' ? personKey(salt, address) : null;
}

const issuePath = (path: readonly PropertyKey[]): string =>
  path
    .map((part, index) => (typeof part === 'number' ? '[]' : `${index === 0 ? '' : '.'}${String(part).slice(0, 80)}`))
    .join('');
