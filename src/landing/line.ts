import type { Json } from '../contracts/json.ts';
import type { LandedRow } from '../contracts/sync.ts';

/** DuckDB reads JSON objects up to 16 MiB by default, BigQuery up to 20 MB: one limit below both. */
const longestLine = 15 * 1024 * 1024;

export type Line =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'refused'; readonly path: string; readonly reason: string };

/**
 * The NDJSON line of a row: the row and `_n`, its number within the slice, so that the loader can tell which of two
 * rows with one key came last. Refuses what would make the warehouse refuse the whole file (seen with DuckDB: one
 * lone surrogate fails all lines of a part). The edge checks both before; this is the last gate.
 */
export function formatLine(row: LandedRow, number: number): Line {
  const text = JSON.stringify({ _n: number, ...row });
  // JSON.stringify spells lone surrogates as \udXXX; paired ones stay characters. Cheap test first, exact one only on a hit.
  if (/\\ud[89a-f]/.test(text)) {
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
