import type { Json } from '../contracts/json.ts';

/** What `unavailable_reason` says, by column: `column: reason; column: reason`. */
export function reasonsOf(text: Json | undefined): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  let column = '';
  for (const part of typeof text === 'string' ? text.split('; ') : []) {
    const [, name, reason] = /^([a-z][a-z0-9_]*): (.*)$/s.exec(part) ?? [];
    if (name !== undefined && reason !== undefined) {
      column = name;
      reasons.set(name, reason);
    } else if (column !== '') {
      // The reason itself held a semicolon.
      reasons.set(column, `${reasons.get(column) ?? ''}; ${part}`);
    }
  }
  return reasons;
}
