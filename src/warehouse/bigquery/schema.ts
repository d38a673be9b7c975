import type { JsonObject } from '../../contracts/json.ts';
import type { RawTable } from '../../contracts/sync.ts';
import { WarehouseError } from '../port.ts';
import { objectAt, type Client } from './client.ts';
import { refusalOf } from './errors.ts';
import { rawTable, schemas, type Names } from './names.ts';
import { fieldsOf, type Field } from './values.ts';

/** How a table is made; columns that a newer mailmart adds are added to tables that are there. */
export type TableDefinition = {
  readonly description: string;
  readonly fields: readonly Field[];
  /** Date column to partition by. */
  readonly partitionBy?: string;
  readonly requirePartitionFilter?: boolean;
  readonly clusterBy?: readonly string[];
};

const field = (name: string, type: string, description = '', mode = 'NULLABLE'): Field => ({
  name,
  type,
  mode,
  ...(description === '' ? {} : { description }),
});
const required = (name: string, type: string, description = ''): Field => field(name, type, description, 'REQUIRED');
const stream = [required('source', 'STRING'), required('account_id', 'STRING'), required('stream', 'STRING')];
const ofStream = ['source', 'account_id', 'stream'];

/**
 * Ops tables are only ever added to and the newest row wins, because BigQuery aborts concurrent updates of one table. `number`
 * orders rows of one writer (see `nextNumber`), or a table's loads.
 */
export const opsTables: Readonly<Record<string, TableDefinition>> = {
  run_log: {
    description: 'Runs; the newest row of a run is its state',
    fields: [
      required('number', 'INT64'),
      required('run_id', 'STRING'),
      required('kind', 'STRING'),
      field('account_id', 'STRING'),
      required('started_at', 'TIMESTAMP'),
      field('finished_at', 'TIMESTAMP'),
      required('status', 'STRING'),
      field('verdict', 'STRING', 'JSON'),
      field('message', 'STRING'),
      required('recorded_at', 'TIMESTAMP'),
    ],
  },
  stream_run: {
    description: 'How each stream of a run ended',
    fields: [
      required('number', 'INT64'),
      required('run_id', 'STRING'),
      ...stream,
      ...[
        'slices',
        'pages',
        'requests',
        'rows_read',
        'rows_inserted',
        'rows_updated',
        'rows_unchanged',
        'rows_deleted',
        'rows_quarantined',
        'bytes_read',
      ].map((name) => required(name, 'INT64')),
      required('verdict_kind', 'STRING'),
      required('missing', 'STRING', 'JSON array of texts'),
      required('gaps', 'STRING', 'JSON array of texts'),
      required('duration_ms', 'INT64'),
      field('failure_kind', 'STRING'),
      field('failure_message', 'STRING'),
      required('finished_at', 'TIMESTAMP'),
    ],
    clusterBy: ofStream,
  },
  load_ledger: {
    description: 'Loads that are in raw: written in the transaction of their rows',
    fields: [
      required('number', 'INT64', 'Grows with each load of a table'),
      ...stream,
      required('run_id', 'STRING'),
      required('batch_id', 'STRING'),
      required('table_name', 'STRING'),
      required('fence', 'INT64'),
      ...['inserted', 'updated', 'unchanged', 'deleted', 'quarantined', 'quarantined_again', 'duplicate'].map((name) =>
        required(`rows_${name}`, 'INT64'),
      ),
      required('is_change', 'BOOL'),
      required('table_rows', 'INT64', 'Rows of the account in the table after the load'),
      field('changed_from', 'DATE', 'First partition that the load touched'),
      field('changed_to', 'DATE', 'Last partition that the load touched'),
      field('has_undated_changes', 'BOOL', 'Whether it touched rows without a partition date, or rows that vanished'),
      required('parts', 'STRING', 'JSON: the landing files'),
      required('loaded_at', 'TIMESTAMP'),
    ],
    clusterBy: ofStream,
  },
  checkpoint: {
    description: 'Work items of streams; the newest row of an item is its state',
    fields: [
      required('fence', 'INT64'),
      required('number', 'INT64', 'Number of the load'),
      ...stream,
      required('item', 'STRING'),
      required('state', 'STRING', 'JSON'),
      required('read_at', 'TIMESTAMP'),
      required('run_id', 'STRING'),
      required('committed_at', 'TIMESTAMP'),
    ],
    clusterBy: ofStream,
  },
  fence: {
    description: 'Runs that took a stream; the highest number holds it (of equal ones the first run id)',
    fields: [...stream, required('run_id', 'STRING'), required('fence', 'INT64'), required('taken_at', 'TIMESTAMP')],
    clusterBy: ofStream,
  },
  quarantine: {
    description: 'Records that were refused, as they came',
    fields: [
      required('number', 'INT64'),
      ...stream,
      required('run_id', 'STRING'),
      required('batch_id', 'STRING'),
      required('slice', 'STRING'),
      required('position', 'STRING'),
      required('path', 'STRING'),
      required('reason', 'STRING'),
      required('record', 'STRING'),
      required('record_hash', 'STRING'),
      required('quarantined_at', 'TIMESTAMP'),
      field('item', 'STRING', 'Work item whose next whole read shows whether it is mended; NULL: none will'),
      field('last_run_id', 'STRING', 'Run that refused it last; NULL: run_id'),
      field('last_refused_at', 'TIMESTAMP', 'When that was; NULL: quarantined_at'),
    ],
    clusterBy: ofStream,
  },
  model_run: {
    description: 'Runs of models and checks, with the bytes they read',
    fields: [
      required('number', 'INT64'),
      required('run_id', 'STRING'),
      required('name', 'STRING'),
      required('kind', 'STRING'),
      required('fingerprint', 'STRING'),
      field('rows', 'INT64'),
      required('duration_ms', 'INT64'),
      required('status', 'STRING'),
      field('message', 'STRING'),
      field('bytes_estimated', 'INT64', 'What the dry runs said'),
      field('bytes_billed', 'INT64'),
      required('finished_at', 'TIMESTAMP'),
    ],
    clusterBy: ['name'],
  },
  replaced_table: {
    description: 'Tables that are written whole, with the hash of their content; the newest row of a name counts',
    fields: [
      required('number', 'INT64'),
      required('name', 'STRING'),
      required('content_hash', 'STRING'),
      required('rows', 'INT64'),
      required('replaced_at', 'TIMESTAMP'),
    ],
  },
};

export const rawFields: readonly Field[] = [
  required('_account_id', 'STRING', 'Id of the source in mailmart.yaml'),
  required('_primary_key', 'STRING', 'JSON array of the key fields, as text'),
  field('_person_key', 'STRING', 'HMAC-SHA256 of the normalised address under the secret salt, hexadecimal'),
  field('_cursor_at', 'TIMESTAMP', 'Value of the stream’s cursor, UTC'),
  required('_extracted_at', 'TIMESTAMP', 'When the record was read from the source, UTC'),
  required('_loaded_at', 'TIMESTAMP', 'When the row last changed here, UTC; strictly increasing with commit order'),
  required('_run_id', 'STRING', 'Run that wrote the row'),
  required('_item', 'STRING', 'Work item of the stream (a campaign, a list); empty for the whole stream'),
  field('_deleted_at', 'TIMESTAMP', 'When the record was first missing from a whole read; NULL while it is there'),
  required('_record_hash', 'STRING', 'Hash of the record: equal means unchanged'),
  field('_partition_date', 'DATE', 'Date that never changes for a key; NULL where the stream is not partitioned'),
  required('record', 'JSON', 'The record as the source sent it'),
];

/** Staging tables of loads expire after a day: nobody needs them when their load is in raw. */
const loadsExpireMs = 24 * 3600 * 1000;

async function datasetsOf(client: Client): Promise<ReadonlyMap<string, string>> {
  const listed = await client.call('List datasets', { path: '/datasets', query: { maxResults: 1000, all: true } });
  return new Map(
    ((listed['datasets'] ?? []) as unknown as readonly JsonObject[]).map((one) => [
      String(objectAt(one, 'datasetReference')['datasetId']),
      String(one['location'] ?? ''),
    ]),
  );
}

/** Whether datasets and ops tables are all there, as a run leaves them. */
export async function isSchemaThere(client: Client, names: Names): Promise<boolean> {
  const found = await datasetsOf(client);
  if (!schemas.every((schema) => found.has(names.dataset(schema)))) return false;
  const present = await tablesOf(client, names, 'ops');
  return Object.keys(opsTables).every((table) => present.has(table));
}

/** Creates datasets and ops tables that are not there, and adds columns that this version has and they have not. */
export async function createSchema(
  client: Client,
  names: Names,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const found = await datasetsOf(client);
  for (const schema of schemas) {
    const datasetId = names.dataset(schema);
    const location = found.get(datasetId);
    if (location !== undefined) {
      if (location !== '' && location.toLowerCase() !== client.location.toLowerCase()) {
        throw new WarehouseError(
          `Dataset ${datasetId} is in ${location}, warehouse.location says ${client.location}.`,
          {
            kind: 'drift',
            fix: `Write location: ${location} in mailmart.yaml, or choose another dataset_prefix.`,
          },
        );
      }
      continue;
    }
    await ignoringDuplicates(
      client.call(`Create dataset ${datasetId}`, {
        method: 'POST',
        path: '/datasets',
        body: {
          datasetReference: { projectId: names.project, datasetId },
          location: client.location,
          labels,
          ...(schema === 'loads' ? { defaultTableExpirationMs: String(loadsExpireMs) } : {}),
        },
      }),
    );
  }
  const present = await tablesOf(client, names, 'ops');
  for (const [table, definition] of Object.entries(opsTables)) {
    if (present.has(table)) await addColumns(client, names, `ops.${table}`, definition.fields);
    else await createTable(client, names, `ops.${table}`, definition, labels);
  }
}

/** Tables and views of a schema, by name. */
export async function tablesOf(
  client: Client,
  names: Names,
  schema: string,
): Promise<ReadonlyMap<string, 'table' | 'view'>> {
  const found = new Map<string, 'table' | 'view'>();
  let pageToken: string | undefined;
  do {
    const answer = await client.call(`List tables of ${schema}`, {
      path: `/datasets/${names.dataset(schema)}/tables`,
      query: { maxResults: 1000, ...(pageToken === undefined ? {} : { pageToken }) },
    });
    for (const one of (answer['tables'] ?? []) as unknown as readonly JsonObject[]) {
      found.set(String(objectAt(one, 'tableReference')['tableId']), one['type'] === 'VIEW' ? 'view' : 'table');
    }
    pageToken = answer['nextPageToken'] as string | undefined;
  } while (pageToken !== undefined && pageToken !== '');
  return found;
}

export async function createTable(
  client: Client,
  names: Names,
  name: string,
  definition: TableDefinition,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const tableReference = names.reference(name);
  await ignoringDuplicates(
    client.call(`Create ${name}`, {
      method: 'POST',
      path: `/datasets/${tableReference.datasetId}/tables`,
      body: {
        tableReference,
        description: definition.description,
        labels,
        schema: { fields: definition.fields },
        ...(definition.partitionBy === undefined
          ? {}
          : {
              timePartitioning: { type: 'DAY', field: definition.partitionBy },
              requirePartitionFilter: definition.requirePartitionFilter ?? false,
            }),
        ...(definition.clusterBy === undefined ? {} : { clustering: { fields: definition.clusterBy } }),
      },
    }),
  );
}

export const rawDefinition = (table: RawTable): TableDefinition => ({
  description: `Records of the stream ${table.stream} of ${table.source}, one row per account and primary key`,
  fields: rawFields,
  ...(table.partitioned ? { partitionBy: '_partition_date', requirePartitionFilter: true } : {}),
  clusterBy: ['_account_id', '_primary_key'],
});

/**
 * The raw table of a stream as it has to be. One that a transform created before the stream's first load, when nobody knew that it
 * is partitioned, is empty and made anew.
 */
export async function ensureRaw(
  client: Client,
  names: Names,
  table: RawTable,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const name = rawTable(table.source, table.stream);
  const path = names.path(name);
  const definition = rawDefinition(table);
  const found = await client.find(`Look at ${name}`, { path });
  if (found === null) return await createTable(client, names, name, definition, labels);
  const isPartitioned = found['timePartitioning'] !== undefined;
  if (table.partitioned && !isPartitioned && Number(found['numRows'] ?? 0) === 0) {
    await client.call(`Drop the empty ${name}`, { method: 'DELETE', path });
    return await createTable(client, names, name, definition, labels);
  }
  await addColumns(client, names, name, definition.fields, found);
}

/** Adds those of `fields` that a table does not have. */
export async function addColumns(
  client: Client,
  names: Names,
  name: string,
  fields: readonly Field[],
  known?: JsonObject,
): Promise<void> {
  const path = names.path(name);
  const table = known ?? (await client.call(`Look at ${name}`, { path }));
  const present = fieldsOf(table);
  const missing = fields.filter((one) => !present.some((other) => other.name === one.name));
  if (missing.length === 0) return;
  // A table with rows takes new columns only where they may be NULL.
  const added = missing.map((one) => ({ ...one, mode: 'NULLABLE' }));
  await client.call(`Add columns to ${name}`, {
    method: 'PATCH',
    path,
    body: { schema: { fields: [...present, ...added] } },
  });
}

/** Another worker may have created it a moment ago. */
async function ignoringDuplicates(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const { status, message } = refusalOf(error);
    if (status !== 409 && !/already (exists|created)/i.test(message)) throw error;
  }
}
