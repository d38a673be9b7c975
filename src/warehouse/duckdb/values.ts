import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBTypeId,
  HUGEINT,
  SQLNULL,
  VARCHAR,
  type DuckDBDateValue,
  type DuckDBType,
  type DuckDBValue,
  type DuckDBValueConverter,
} from '@duckdb/node-api';
import type { Json } from '../../contracts/json.ts';
import type { Scalar } from '../../contracts/sync.ts';

/** A parameter and the type that it is bound as: integers as BIGINT (LIMIT takes no DOUBLE), others as what they are. */
export function bindScalar(value: Scalar): { readonly value: DuckDBValue; readonly type: DuckDBType } {
  if (value === null) return { value: null, type: SQLNULL };
  if (typeof value === 'string') return { value, type: VARCHAR };
  if (typeof value === 'boolean') return { value, type: BOOLEAN };
  if (typeof value === 'bigint')
    return BigInt.asIntN(64, value) === value ? { value, type: BIGINT } : { value, type: HUGEINT };
  return Number.isSafeInteger(value) ? { value: BigInt(value), type: BIGINT } : { value, type: DOUBLE };
}

/**
 * DuckDB values as JSON-safe ones without loss: DECIMAL as exact text, whole numbers as number when a double holds
 * them and else as text, times as ISO text in UTC, dates as YYYY-MM-DD, JSON columns as their text.
 */
export const toJson: DuckDBValueConverter<Json> = (value, type, convert) => {
  if (value === null || value === undefined) return null;
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return value as boolean;
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return Number.isFinite(value) ? (value as number) : String(value);
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
      return value as number;
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT: {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : String(value);
    }
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return isoInstant((value as { readonly micros: bigint }).micros) ?? String(value);
    case DuckDBTypeId.TIMESTAMP_S:
      return isoInstant((value as { readonly seconds: bigint }).seconds * 1_000_000n) ?? String(value);
    case DuckDBTypeId.TIMESTAMP_MS:
      return isoInstant((value as { readonly millis: bigint }).millis * 1_000n) ?? String(value);
    case DuckDBTypeId.DATE:
      return dateText(value as DuckDBDateValue);
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY: {
      const items = (value as unknown as { readonly items: readonly DuckDBValue[] }).items;
      const valueType = (type as unknown as { readonly valueType: DuckDBType }).valueType;
      return items.map((item) => convert(item, valueType, convert));
    }
    case DuckDBTypeId.STRUCT: {
      const entries = (value as unknown as { readonly entries: Readonly<Record<string, DuckDBValue>> }).entries;
      const { entryNames, entryTypes } = type as unknown as {
        readonly entryNames: readonly string[];
        readonly entryTypes: readonly DuckDBType[];
      };
      return Object.fromEntries(
        entryNames.map((name, index) => [name, convert(entries[name] ?? null, entryTypes[index] ?? VARCHAR, convert)]),
      );
    }
    default:
      // DECIMAL, DATE, VARCHAR, UUID, TIME, INTERVAL, ENUM, BLOB ...: DuckDB's own exact text.
      return typeof value === 'string' ? value : String(value);
  }
};

/** Microseconds since 1970 as ISO text; milliseconds when nothing finer is there. Undefined outside JavaScript's range (infinity). */
function isoInstant(micros: bigint): string | undefined {
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  const date = new Date(Number((micros - rest) / 1000n));
  if (Number.isNaN(date.getTime())) return undefined;
  const text = date.toISOString();
  return rest === 0n ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}

/** Texts of days: rows are many and days are few. */
const dates = new Map<number, string>();

function dateText(date: DuckDBDateValue): string {
  const known = dates.get(date.days);
  if (known !== undefined) return known;
  const text = String(date);
  if (dates.size < 10_000) dates.set(date.days, text);
  return text;
}

/** SQL for an instant given as text in a parameter: TIMESTAMP in UTC. A plain cast would ignore the text's offset. */
export function utc(expression: string): string {
  return `(cast(${expression} as timestamptz) at time zone 'UTC')`;
}
