import type { Json } from '../contracts/json.ts';

export type Fields = Readonly<Record<string, Json>>;

/** What the report needs of the published copy; `openPublished` gives it. */
export type PublishedReader = {
  query(
    sql: string,
    options?: { readonly maxRows?: number },
  ): Promise<{
    readonly columns: readonly { readonly name: string }[];
    readonly rows: readonly (readonly Json[])[];
  }>;
};

/** Rows of one statement that needs the named tables; none when a table is absent, as before the first run. */
export type Reader = {
  rows(tables: readonly string[], sql: string): Promise<readonly Fields[]>;
  first(tables: readonly string[], sql: string): Promise<Fields | undefined>;
  has(table: string): boolean;
};

const mostRows = 100_000;

export async function createReader(published: PublishedReader): Promise<Reader> {
  const listed = await published.query('select table_schema, table_name from information_schema.tables', {
    maxRows: mostRows,
  });
  const present = new Set(listed.rows.map(([schema, name]) => `${String(schema)}.${String(name)}`));
  const rows = async (tables: readonly string[], sql: string): Promise<readonly Fields[]> => {
    if (!tables.every((table) => present.has(table))) return [];
    const { columns, rows: found } = await published.query(sql, { maxRows: mostRows });
    return found.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])));
  };
  return {
    rows,
    first: async (tables, sql) => (await rows(tables, sql))[0],
    has: (table) => present.has(table),
  };
}

/** NULL stays null: a number that is not known is not 0. */
export function numberOf(value: Json | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

export function textOf(value: Json | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** A list that was stored as JSON text. */
export function listOf(value: Json | undefined): readonly string[] {
  const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return Array.isArray(parsed) ? parsed.map(String) : [];
}
