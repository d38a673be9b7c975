import type { Slice } from '../../../src/contracts/sync.ts';
import type { Json } from '../../../src/contracts/json.ts';
import { canonicalJson } from '../canonical.ts';
import type { AnyStream, Cursor, Paginator } from '../contract.ts';
import { overlapOf } from '../paginate.ts';
import { shapeOf, type Shape } from './checks.ts';

/** What the press must know of a stream and a slice. */
export type Plan = {
  readonly records: string;
  readonly explode: { readonly field: string; readonly keep: readonly string[] } | undefined;
  readonly ordinal: string | undefined;
  readonly ordinalBy: readonly string[];
  /** Inherited fields with their canonical texts. */
  readonly inherited: readonly { readonly name: string; readonly text: string }[];
  readonly primaryKey: readonly string[];
  readonly cursor: string | undefined;
  readonly isAscending: boolean;
  readonly partitionBy: string | undefined;
  readonly person: string | undefined;
  readonly shape: Shape;
};

/** Names that are written as they are read, and that no JavaScript object moves. */
const isPlain = (name: string): boolean => /^[\x20-\x7e]{0,200}$/.test(name) && !/^\d|["\\]|^__proto__$/.test(name);

/** The plan of a stream's slice; undefined where the press does not know how. */
export function planOf(stream: AnyStream<never>, slice: Slice): Plan | undefined {
  if ('read' in stream || stream.records === '' || isWithin(stream.records, '.')) return undefined;
  const { records, total, paginate, explode, person, primaryKey, partitionBy } = stream;
  if (
    paginate.kind === 'custom' ||
    overlapOf(paginate) > 0 ||
    [total, nextPathOf(paginate)].some((path) => readsRecords(path, records))
  )
    return undefined;
  const cursor = stream.cursor === 'full-refresh' ? undefined : (stream.cursor as Cursor<unknown>);
  if (cursor !== undefined && cursor.unit !== 'iso') return undefined;
  if (person !== undefined && isWithin(person, '.')) return undefined;
  const keys = primaryKey as readonly string[];
  const { field, keep = [], ordinal, ordinalBy = [] } = explode ?? {};
  if (explode !== undefined) {
    const isNumbered = ordinal !== undefined && [ordinal, ...ordinalBy].every((name) => keys.includes(name));
    const isOdd = ordinalBy.includes(ordinal!) || [...keep, person].includes(field);
    if (!isNumbered || isOdd) return undefined;
  }
  const shape = shapeOf(stream.schema);
  const inherited = shape === undefined ? undefined : inheritedTexts(stream, slice);
  if (shape === undefined || inherited === undefined) return undefined;
  const names = [records, field, ordinal, person, cursor?.field, partitionBy];
  const all = [...names, ...keep, ...ordinalBy, ...keys, ...inherited.map(({ name }) => name), ...namesOf(shape)];
  if (!all.every((name) => name === undefined || isPlain(name)) || new Set(keys).size < keys.length) return undefined;
  return {
    records,
    explode: explode === undefined ? undefined : { field: explode.field, keep },
    ordinal,
    ordinalBy,
    inherited,
    primaryKey: keys,
    cursor: cursor?.field,
    isAscending: cursor?.order === 'ascending',
    partitionBy: partitionBy,
    person,
    shape,
  };
}

const isWithin = (path: string, mark: string): boolean => path.includes(mark);

/** Records are not there any more when paths are looked up in the answer. */
const readsRecords = (path: string | undefined, records: string): boolean =>
  path !== undefined && (path === '' || path.split('.')[0] === records);

const nextPathOf = (paginate: Paginator): string | undefined =>
  paginate.kind === 'cursor' || paginate.kind === 'next-url' ? paginate.nextPath : undefined;

function* namesOf(shape: Shape): Generator<string> {
  for (const [name, { check }] of shape) {
    yield name;
    for (const object of [check.object, check.element?.object]) if (object !== undefined) yield* namesOf(object);
  }
}

/** Inherited values are the same in every row: the schema judges them once. */
function inheritedTexts(stream: AnyStream<never>, slice: Slice): Plan['inherited'] | undefined {
  const shape = (stream.schema as unknown as { readonly shape: Readonly<Record<string, Parsed>> }).shape;
  const inherited: { readonly name: string; readonly text: string }[] = [];
  for (const [name, value] of Object.entries(slice.inherit)) {
    const schema = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (schema !== undefined && !schema.safeParse(value).success) return undefined;
    try {
      inherited.push({ name, text: canonicalJson(value) });
    } catch {
      return undefined;
    }
  }
  return inherited;
}
type Parsed = { readonly safeParse: (value: Json) => { readonly success: boolean } };
