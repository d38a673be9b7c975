import type { Json, JsonObject } from '../../src/contracts/json.ts';
import { isEqual } from './canonical.ts';
import type { Explode } from './contract.ts';
import { keyText } from './path.ts';

/** An inner record with the outer fields it keeps and its ordinal among equals; `source` is it as parsed. */
export type Exploded = { readonly record: JsonObject; readonly source: Json };

/** Where a field of an inner record comes from: what is inherited wins over its own, that over what is kept. */
type Origin = 'kept' | 'own' | 'inherited' | 'ordinal';
type Shape = {
  readonly own: readonly string[];
  readonly outer: readonly string[];
  /** In the order of canonical text, so that nothing needs to be sorted again. */
  readonly fields: readonly { readonly name: string; readonly origin: Origin }[];
};

const FEW = 6;

/** The inner records of a stream have few shapes, which come again and again. */
const MOST_SHAPES = 16;

/** Makes the inner records of a slice's records. */
export class Exploder {
  private readonly explode: Explode;
  private readonly inherit: JsonObject;
  private readonly shapes: Shape[] = [];

  constructor(explode: Explode, inherit: JsonObject) {
    this.explode = explode;
    this.inherit = inherit;
  }

  /** Null when the field is no array. */
  inner(outer: JsonObject): readonly Exploded[] | null {
    const { field, keep, ordinal } = this.explode;
    const inner = Object.hasOwn(outer, field) ? outer[field] : undefined;
    if (inner === undefined || inner === null) return [];
    if (!Array.isArray(inner)) return null;
    const kept = keep.filter((name) => Object.hasOwn(outer, name));
    const records = (inner as readonly Json[]).map((source) => {
      const isObject = typeof source === 'object' && source !== null && !Array.isArray(source);
      return { source, record: this.merged(outer, kept, isObject ? (source as JsonObject) : {}) };
    });
    // The only one of its kind needs no comparison.
    if (ordinal === undefined || records.length < 2) return records;
    const by = this.explode.ordinalBy ?? [];
    if (records.length <= FEW) numberFew(records, ordinal, by);
    else number(records, ordinal, by);
    return records;
  }

  private merged(outer: JsonObject, kept: readonly string[], own: JsonObject): Record<string, Json> {
    const shape = this.shapeOf(kept, Object.keys(own));
    const record: Record<string, Json> = {};
    for (const { name, origin } of shape.fields) {
      const value =
        origin === 'own'
          ? own[name]!
          : origin === 'kept'
            ? outer[name]!
            : origin === 'inherited'
              ? this.inherit[name]!
              : 0;
      // An assignment to this name would set the prototype.
      if (name === '__proto__')
        Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
      else record[name] = value;
    }
    return record;
  }

  private shapeOf(kept: readonly string[], own: readonly string[]): Shape {
    for (const shape of this.shapes) if (isEqual(shape.own, own) && isEqual(shape.outer, kept)) return shape;
    const origins = new Map<string, Origin>();
    for (const name of kept) origins.set(name, 'kept');
    for (const name of own) origins.set(name, 'own');
    for (const name of Object.keys(this.inherit)) origins.set(name, 'inherited');
    if (this.explode.ordinal !== undefined) origins.set(this.explode.ordinal, 'ordinal');
    const names = [...origins.keys()].toSorted();
    const shape = { own, outer: kept, fields: names.map((name) => ({ name, origin: origins.get(name)! })) };
    if (this.shapes.length >= MOST_SHAPES) this.shapes.pop();
    this.shapes.unshift(shape);
    return shape;
  }
}

/** Records are equal when their texts in a key are: what the ordinal tells apart is the key. */
function number(records: readonly Exploded[], ordinal: string, fields: readonly string[]): void {
  const seen = new Map<string, number>();
  for (const { record } of records) {
    const equal = JSON.stringify(fields.map((field) => keyText(record[field])));
    const before = seen.get(equal) ?? 0;
    if (before > 0) (record as Record<string, Json>)[ordinal] = before;
    seen.set(equal, before + 1);
  }
}

/** Compared pair by pair: for the few events of one recipient that is cheaper than a text of each. */
function numberFew(records: readonly Exploded[], ordinal: string, fields: readonly string[]): void {
  for (let index = 1; index < records.length; index += 1) {
    const { record } = records[index]!;
    let before = 0;
    for (let earlier = 0; earlier < index; earlier += 1) {
      const other = records[earlier]!.record;
      if (fields.every((field) => keyText(other[field]) === keyText(record[field]))) before += 1;
    }
    if (before > 0) (record as Record<string, Json>)[ordinal] = before;
  }
}
