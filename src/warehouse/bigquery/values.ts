import type { Json, JsonObject } from '../../contracts/json.ts';
import type { Column } from '../port.ts';

/** A column as the API describes it. */
export type Field = {
  readonly name: string;
  readonly type: string;
  readonly mode?: string;
  readonly description?: string;
  readonly fields?: readonly Field[];
};

/** BigQuery's type of an engine-neutral column. */
export const fieldTypes: Readonly<Record<Column['type'], string>> = {
  string: 'STRING',
  int: 'INT64',
  double: 'FLOAT64',
  decimal: 'NUMERIC',
  bool: 'BOOL',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
  json: 'JSON',
};

const columnTypes = new Map(Object.entries(fieldTypes).map(([type, field]) => [field, type as Column['type']]));

/** The other way round; the API has older names for some types. */
export function columnType(field: string): Column['type'] {
  const standard = { INTEGER: 'INT64', FLOAT: 'FLOAT64', BOOLEAN: 'BOOL', BIGNUMERIC: 'NUMERIC' }[field] ?? field;
  return columnTypes.get(standard) ?? 'string';
}

/** Columns of a table's resource, or of the answer to a query. */
export const fieldsOf = (resource: JsonObject): readonly Field[] =>
  ((resource['schema'] as JsonObject | undefined)?.['fields'] ?? []) as unknown as readonly Field[];

/** Condition on a date column that every partition meets, where a table wants one. */
export const everyPartition = (column = '_partition_date'): string =>
  `(${column} >= date '0001-01-01' or ${column} is null)`;

/** A cell as the API sends it: text, with lists and structs as `{ v }`. */
type Cell = { readonly v: unknown };
export type ApiRow = { readonly f: readonly Cell[] };

/**
 * A row as JSON without loss, in the same shape that DuckDB's adapter gives: NUMERIC as text, whole numbers as number when a
 * double holds them and else as text, times as ISO text in UTC, JSON columns as their text.
 */
export function toRow(fields: readonly Field[], row: ApiRow): Readonly<Record<string, Json>> {
  return Object.fromEntries(fields.map((field, index) => [field.name, toJson(field, row.f[index]?.v ?? null)]));
}

function toJson(field: Field, value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (field.mode === 'REPEATED' && Array.isArray(value)) {
    return (value as readonly Cell[]).map(({ v }) => toJson({ ...field, mode: 'NULLABLE' }, v));
  }
  switch (field.type) {
    case 'INTEGER':
    case 'INT64': {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : String(value);
    }
    case 'FLOAT':
    case 'FLOAT64': {
      const number = Number(value);
      return Number.isFinite(number) ? number : String(value);
    }
    case 'BOOLEAN':
    case 'BOOL':
      return value === 'true' || value === true;
    case 'TIMESTAMP':
      return isoInstant(BigInt(String(value)));
    case 'RECORD':
    case 'STRUCT':
      return toRow(field.fields ?? [], value as ApiRow);
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}

/** Microseconds since 1970 as ISO text; milliseconds when nothing finer is there. */
function isoInstant(micros: bigint): string {
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  const text = new Date(Number((micros - rest) / 1000n)).toISOString();
  return rest === 0n ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}

/** Parameters travel as text; SQL casts them. */
export type Param = string | null | readonly string[];

export function queryParameters(params: Readonly<Record<string, Param>>): readonly object[] {
  return Object.entries(params).map(([name, value]) =>
    Array.isArray(value)
      ? {
          name,
          parameterType: { type: 'ARRAY', arrayType: { type: 'STRING' } },
          parameterValue: { arrayValues: value.map((item) => ({ value: item })) },
        }
      : { name, parameterType: { type: 'STRING' }, parameterValue: { value } },
  );
}

/** SQL for a cell of a JSON text `x` as a column of a type. */
export function cellOf(column: string, type: string): string {
  const text = `json_value(x, '$.${column}')`;
  switch (type) {
    case 'STRING':
      return text;
    case 'TIMESTAMP':
      return `timestamp(${text})`;
    case 'JSON':
      return `parse_json(${text})`;
    default:
      return `cast(${text} as ${type.toLowerCase()})`;
  }
}

/**
 * A text as a string literal, for MERGE: BigQuery prunes partitions by constants, and its emulator binds no parameters there.
 * Control characters cannot stand in one.
 */
export function literal(text: string): string {
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text)) throw new Error('a control character cannot be part of a statement');
  return `'${text.replaceAll(/[\\'"`]/g, String.raw`\$&`)}'`;
}

/** A calendar date as a constant; NULL as one. */
export function dateLiteral(date: string | null): string {
  if (date === null) return 'cast(null as date)';
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw new Error('not a date');
  return `date '${date}'`;
}
