import { WarehouseError } from '../port.ts';

/** Schemas of the warehouse; each is a dataset. `loads` holds staging tables of loads, which expire by themselves. */
export const schemas = ['raw', 'staging', 'core', 'marts', 'marts_build', 'ops', 'loads'] as const;

/** Names that come from configuration or connectors become part of SQL only through this grammar. */
const grammar = /^[a-z][a-z0-9_]{0,62}$/;

/** Where tables live: `core.dim_campaign` is table `dim_campaign` of dataset `<prefix>core`. */
export type Names = {
  readonly project: string;
  dataset(schema: string): string;
  /** For SQL: `` `project.prefix_core.dim_campaign` ``. */
  quote(name: string): string;
  reference(name: string): { readonly projectId: string; readonly datasetId: string; readonly tableId: string };
};

export function createNames(project: string, prefix: string): Names {
  const dataset = (schema: string): string => `${prefix}${schema}`;
  const reference: Names['reference'] = (name) => {
    const [schema, table, ...rest] = name.split('.');
    if (table === undefined || rest.length > 0 || ![schema, table].every((part) => /^\w+$/.test(part ?? ''))) {
      throw new WarehouseError(`${JSON.stringify(name)} is no table name: expected schema.table.`, {
        kind: 'rejected',
      });
    }
    return { projectId: project, datasetId: dataset(schema ?? ''), tableId: table };
  };
  return {
    project,
    dataset,
    reference,
    quote: (name) => {
      const { datasetId, tableId } = reference(name);
      return `\`${project}.${datasetId}.${tableId}\``;
    },
  };
}

/** Raw table of a stream: `raw.mailchimp__members`. */
export function rawTable(source: string, stream: string): string {
  for (const name of [source, stream]) {
    if (!grammar.test(name)) {
      throw new WarehouseError(`${JSON.stringify(name)} cannot name a table.`, {
        kind: 'rejected',
        fix: 'Use lower-case letters, digits and _ (at most 63, a letter first) for connector and stream names.',
      });
    }
  }
  return `raw.${source}__${stream}`;
}

/** A label's value: at most 63 lower-case letters, digits, - and _; anything else becomes _. */
export const labelValue = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '_')
    .slice(0, 63);
