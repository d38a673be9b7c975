import { WarehouseError } from './port.ts';

/** Names that come from configuration or connectors become part of SQL only through this grammar. */
const grammar = /^[a-z][a-z0-9_]{0,62}$/;

/** `core.dim_campaign` in its two parts. */
export function splitTable(name: string): { readonly schema: string; readonly table: string } {
  const [schema, table, ...rest] = name.split('.');
  if (
    schema === undefined ||
    table === undefined ||
    rest.length > 0 ||
    ![schema, table].every((part) => /^\w+$/.test(part))
  ) {
    throw new WarehouseError(`${JSON.stringify(name)} is no table name: expected schema.table.`, { kind: 'rejected' });
  }
  return { schema, table };
}

/** Name of the raw table of a stream, without its schema. */
export function rawTableName(source: string, stream: string): string {
  for (const name of [source, stream]) {
    if (!grammar.test(name)) {
      throw new WarehouseError(`${JSON.stringify(name)} cannot name a table.`, {
        kind: 'rejected',
        fix: 'Use lower-case letters, digits and _ (at most 63, a letter first) for connector and stream names.',
      });
    }
  }
  return `${source}__${stream}`;
}
