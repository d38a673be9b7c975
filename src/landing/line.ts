import type { Json } from '../contracts/json.ts';
import type { LandedRow } from '../contracts/sync.ts';

/** BigQuery reads rows of JSON up to 20 MB, and DuckDB needs a buffer of several of the longest line: one limit below both. */
const longestLine = 15 * 1024 * 1024;

export type Line =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'refused'; readonly path: string; readonly reason: string };

/** How a part writes a field that has no value. No JSON text and no time looks like this. */
export const noValue = '\\N';

/**
 * A row as a line of a part: its number within the slice (so that the loader can tell which of two rows with one key came
 * last), key, person, cursor, date, hash and record, with tabs between. JSON text holds no tab and no line break, so
 * nothing needs a quote: twice as fast to write and to load as the same row as one JSON object.
 * Refuses what would make the warehouse refuse the whole part (seen with DuckDB: one lone surrogate fails all lines).
 * The edge checks that before; this is the last gate.
 */
export function formatLine(row: LandedRow, number: number): Line {
  const { _person_key: person, _cursor_at: cursor, _partition_date: date } = row;
  const text = `${number}\t${row._primary_key}\t${person ?? noValue}\t${cursor ?? noValue}\t${date ?? noValue}\t${row._record_hash}\t${row.text}\n`;
  // JSON.stringify spells lone surrogates as \udXXX; paired ones stay characters. Cheap test first, exact one only on a hit.
  if (text.includes('\\ud')) {
    const path = loneSurrogate(row.record, 'record') ?? loneSurrogate(row._primary_key, '_primary_key');
    if (path !== undefined) {
      return {
        kind: 'refused',
        path,
        reason: 'text holds half of a UTF-16 surrogate pair, which has no UTF-8: correct it at the source',
      };
    }
  }
  if (text.length > longestLine / 4 && Buffer.byteLength(text) > longestLine) {
    return {
      kind: 'refused',
      path: 'record',
      reason: `record is longer than ${longestLine} bytes: shorten it at the source`,
    };
  }
  return { kind: 'line', text };
}

/** The primary key of a line made here. */
export const keyOfLine = (line: string): string => line.slice(line.indexOf('\t') + 1).split('\t', 1)[0] ?? '';

function loneSurrogate(value: Json, path: string): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : path;
  if (value === null || typeof value !== 'object') return undefined;
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) {
      const found = loneSurrogate(item, `${path}[]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  for (const [key, item] of Object.entries(value)) {
    if (!key.isWellFormed()) return `${path}.(a field name)`;
    const found = loneSurrogate(item, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
