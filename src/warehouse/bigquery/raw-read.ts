import type { JsonObject } from '../../contracts/json.ts';
import type { ItemState, StreamKey } from '../../contracts/sync.ts';
import { checkGroupField, countsOf } from '../raw-counts.ts';
import type { Deps } from './deps.ts';
import { ofStream, streamParams } from './fence.ts';
import { rawTable } from './names.ts';
import { everyPartition, fieldsOf, toRow, type ApiRow } from './values.ts';

/** Live records of a stream in key order, a page of results at a time. */
export async function* rawRecords(deps: Deps, key: StreamKey): AsyncGenerator<JsonObject> {
  const name = rawTable(key.source, key.stream);
  if ((await deps.client.find(`Look at ${name}`, { path: deps.names.path(name) })) === null) return;
  const records = deps.jobs.stream(
    `Read ${name}`,
    `select to_json_string(record) as record from ${deps.names.quote(name)}
    where ${everyPartition()} and _account_id = @account and _deleted_at is null order by _primary_key`,
    { params: { account: key.accountId }, labels: deps.labels },
  );
  for await (const row of records) yield JSON.parse(String(row['record'])) as JsonObject;
}

/** Live rows by item and, when asked, by the text of one top-level field (`''` where it is absent or null). */
export async function rawCounts(
  deps: Deps,
  key: StreamKey,
  groupField?: string,
): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  checkGroupField(groupField);
  const name = rawTable(key.source, key.stream);
  if ((await deps.client.find(`Look at ${name}`, { path: deps.names.path(name) })) === null) return new Map();
  const group = groupField === undefined ? `''` : `coalesce(json_value(record, '$.${groupField}'), '')`;
  const { rows } = await deps.jobs.query(
    `Count ${name}`,
    `select item, value, count(*) as row_count
    from (select _item as item, ${group} as value from ${deps.names.quote(name)}
      where ${everyPartition()} and _account_id = @account and _deleted_at is null) as live
    group by item, value order by item, value`,
    { params: { account: key.accountId }, labels: deps.labels },
  );
  return countsOf(rows);
}

/** Checkpoints of a stream by item: of the newest run that held it, the newest load. */
export async function readState(deps: Deps, key: StreamKey): Promise<ReadonlyMap<string, ItemState>> {
  const { rows } = await deps.jobs.query(
    `Read checkpoints of ${key.source} ${key.stream}`,
    `select item, state from ${deps.names.quote('ops.checkpoint')} where ${ofStream}
    qualify row_number() over (partition by item order by fence desc, number desc) = 1 order by item`,
    { params: streamParams(key), labels: deps.labels },
  );
  return new Map(rows.map((row) => [String(row['item']), JSON.parse(String(row['state'])) as ItemState]));
}

/** All rows of a table without a query: reading a table's pages is free. */
export async function* tableRows(deps: Deps, name: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const path = deps.names.path(name);
  const table = await deps.client.call(`Look at ${name}`, { path });
  const fields = fieldsOf(table);
  let pageToken: string | undefined;
  do {
    const answer = await deps.client.call(`Read ${name}`, {
      path: `${path}/data`,
      query: {
        maxResults: 10_000,
        'formatOptions.useInt64Timestamp': true,
        ...(pageToken === undefined ? {} : { pageToken }),
      },
    });
    for (const row of (answer['rows'] ?? []) as unknown as readonly ApiRow[]) yield toRow(fields, row);
    pageToken = answer['pageToken'] as string | undefined;
  } while (pageToken !== undefined && pageToken !== '');
}
