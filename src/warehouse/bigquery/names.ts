import { rawTableName, splitTable } from '../table-name.ts';

/** Schemas of the warehouse; each is a dataset. `loads` holds staging tables of loads, which expire by themselves. */
export const schemas = ['raw', 'staging', 'core', 'marts', 'marts_build', 'ops', 'loads'] as const;

/** Where tables live: `core.dim_campaign` is table `dim_campaign` of dataset `<prefix>core`. */
export type Names = {
  readonly project: string;
  dataset(schema: string): string;
  /** For SQL: `` `project.prefix_core.dim_campaign` ``. */
  quote(name: string): string;
  /** For the REST API, below the project. */
  path(name: string): string;
  reference(name: string): { readonly projectId: string; readonly datasetId: string; readonly tableId: string };
};

export function createNames(project: string, prefix: string): Names {
  const dataset = (schema: string): string => `${prefix}${schema}`;
  const reference: Names['reference'] = (name) => {
    const { schema, table } = splitTable(name);
    return { projectId: project, datasetId: dataset(schema), tableId: table };
  };
  return {
    project,
    dataset,
    reference,
    path: (name) => {
      const { datasetId, tableId } = reference(name);
      return `/datasets/${datasetId}/tables/${tableId}`;
    },
    quote: (name) => {
      const { datasetId, tableId } = reference(name);
      return `\`${project}.${datasetId}.${tableId}\``;
    },
  };
}

/** Raw table of a stream: `raw.mailchimp__members`. */
export const rawTable = (source: string, stream: string): string => `raw.${rawTableName(source, stream)}`;

/** Labels of every dataset, table and job. */
export const labelsOf = (prefix: string): Readonly<Record<string, string>> => ({
  pipeline: 'mailmart',
  ...(prefix === '' ? {} : { prefix: labelValue(prefix) }),
});

/** A label's value: at most 63 lower-case letters, digits, - and _; anything else becomes _. */
export const labelValue = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '_')
    .slice(0, 63);
