import type { AnyFault } from './faults.ts';

type Body = Readonly<Record<string, unknown>>;

/** Damages an answer's records as a fault asks: the elements of its array (bare, or its first), or the answer itself. */
export function damage(fault: AnyFault | undefined, body: unknown): unknown {
  if (Array.isArray(body)) return damageRows(fault, body);
  if (fault === undefined || !isRecord(body)) return body;
  const [key, rows] = Object.entries(body).find(([, value]) => Array.isArray(value)) ?? [];
  if (key === undefined) return damageRows(fault, [body])[0];
  return { ...body, [key]: damageRows(fault, rows as readonly unknown[]) };
}

/** The rows of a page, damaged as a fault asks. */
export function damageRows<T>(fault: AnyFault | undefined, rows: readonly T[]): readonly T[] {
  if (fault?.kind === 'unknown_field') {
    return rows.map((row) => (isRecord(row) ? { ...row, brand_new_field: { nested: [1, 'two'] } } : row));
  }
  const [first, ...rest] = rows;
  if (fault?.kind !== 'wrong_type' || !isRecord(first)) return rows;
  const field = fault.field ?? Object.keys(first)[0] ?? 'id';
  return [setPath(first, field.split('.'), { unexpected: true }) as T, ...rest];
}

/** A copy with the value at a dot path replaced; the first element of an array on the way is meant. */
function setPath(record: Body, [name, ...below]: readonly string[], value: unknown): Body {
  if (name === undefined) return record;
  const inner = record[name];
  if (below.length === 0) return { ...record, [name]: value };
  if (Array.isArray(inner))
    return { ...record, [name]: [setPath((inner[0] ?? {}) as Body, below, value), ...inner.slice(1)] };
  return { ...record, [name]: setPath((inner ?? {}) as Body, below, value) };
}

function isRecord(value: unknown): value is Body {
  return typeof value === 'object' && value !== null;
}
