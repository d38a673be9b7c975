import type { Json } from '../../src/contracts/json.ts';

/** The value at a dot path (`stats.member_count`), own properties only; `''` is the value itself; undefined when a step is missing. */
export function valueAt(value: Json | undefined, path: string): Json | undefined {
  if (path === '') return value;
  let current: Json | undefined = value;
  for (const key of path.split('.')) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as { readonly [key: string]: Json })[key];
  }
  return current;
}

/**
 * A path with its `{placeholders}` filled, each value encoded. Values that would change the path's shape
 * (empty, `.`, `..`) are refused: an id is data from outside.
 */
export function fillPath(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined)
      throw new Error(`The path ${template} needs a value for {${name}}, and the slice has none`);
    if (value === '' || value === '.' || value === '..')
      throw new Error(`"${value}" cannot stand for {${name}} in the path ${template}`);
    return encodeURIComponent(value);
  });
}

/** A key field as text; null for what cannot be part of a key (objects, arrays). Absent and null become the empty text. */
export function keyText(value: Json | undefined): string | null {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? null : String(value);
}
