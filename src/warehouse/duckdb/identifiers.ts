import { rawTableName, splitTable } from '../table-name.ts';

/** Quotes one identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes text as a SQL literal, for the few places that take no parameter (file lists, PRAGMA, SET). */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Splits `schema.table` and quotes both parts. */
export function quoteTable(name: string): string {
  const { schema, table } = splitTable(name);
  return `${quoteName(schema)}.${quoteName(table)}`;
}

/** Raw table of a stream, quoted and with its schema. */
export function rawTable(source: string, stream: string): string {
  return `raw.${quoteName(rawTableName(source, stream))}`;
}
