import type { Json, JsonObject } from '../../src/contracts/json.ts';
import type { Explode } from './contract.ts';

/** Inner records of one record, each with the outer fields it keeps and its ordinal among equals; null when the field is no array. */
export function explodeRecord(
  outer: JsonObject,
  explode: Explode,
  inherit: JsonObject,
): readonly { readonly record: JsonObject; readonly source: Json }[] | null {
  const inner = Object.hasOwn(outer, explode.field) ? outer[explode.field] : undefined;
  if (inner === undefined || inner === null) return [];
  if (!Array.isArray(inner)) return null;
  const kept: Record<string, Json> = {};
  for (const field of explode.keep) if (Object.hasOwn(outer, field)) kept[field] = outer[field]!;
  const { ordinal } = explode;
  const seen = new Map<string, number>();
  return (inner as readonly Json[]).map((source) => {
    const own = typeof source === 'object' && source !== null && !Array.isArray(source) ? (source as JsonObject) : {};
    const record: Record<string, Json> = { ...kept, ...own, ...inherit };
    if (ordinal === undefined) return { record, source };
    // The only one of its kind needs no comparison, and most are.
    record[ordinal] = inner.length === 1 ? 0 : nextOrdinal(record, explode.ordinalBy ?? [], seen);
    return { record, source };
  });
}

function nextOrdinal(record: JsonObject, fields: readonly string[], seen: Map<string, number>): number {
  const equal = JSON.stringify(fields.map((field) => record[field] ?? null));
  const ordinal = seen.get(equal) ?? 0;
  seen.set(equal, ordinal + 1);
  return ordinal;
}
