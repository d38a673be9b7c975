import type { Fields } from './reader.ts';

/** Rows of `audience_growth_daily` are of one list when they have this in common. */
export function listKey(row: Fields): string {
  return JSON.stringify([row['source'], row['account_id'], row['list_id']]);
}

/**
 * What each list among the rows is called: the name that people gave it, its id where there is none. What several lists are
 * called has the account behind it, or the id where the account has both.
 */
export function listNames(rows: readonly Fields[]): ReadonlyMap<string, string> {
  const lists = [...new Map(rows.map((row) => [listKey(row), row])).values()];
  const levels = [nameOf, (row: Fields) => `${nameOf(row)} (${String(row['account_id'])})`];
  const label = (row: Fields): string => {
    const level = levels.find((name) => lists.filter((other) => name(other) === name(row)).length === 1);
    return level?.(row) ?? `${nameOf(row)} (${String(row['list_id'])})`;
  };
  return new Map(lists.map((row) => [listKey(row), label(row)]));
}

function nameOf(row: Fields): string {
  const name = row['list_name'] ?? '';
  return String(name === '' ? row['list_id'] : name);
}
