import type { JsonObject } from '../../contracts/json.ts';
import type { ItemState, StreamKey } from '../../contracts/sync.ts';
import type { TableKind } from '../port.ts';
import { checkGroupField, countsOf } from '../raw-counts.ts';
import type { Database } from './database.ts';
import { rawTable } from './identifiers.ts';
import { rawTableName, splitTable } from '../table-name.ts';
import type { JsonRow, Session } from './session.ts';

/** Live records of a stream in key order, streamed: memory does not grow with the table. */
export async function* rawRecords(database: Database, key: StreamKey): AsyncGenerator<JsonObject> {
  const batches = database.stream(async function* (session) {
    if (!(await rawTableExists(database, session, key))) return;
    yield* session.stream(
      `Read ${rawTable(key.source, key.stream)}`,
      `select cast(record as varchar) as record from ${rawTable(key.source, key.stream)}
      where _account_id = $1 and _deleted_at is null order by _primary_key`,
      [key.accountId],
    );
  });
  for await (const rows of batches) {
    for (const row of rows) yield JSON.parse(String(row['record'])) as JsonObject;
  }
}

/** Live rows by item and, when asked, by the text of one top-level field (`''` where it is absent or null). */
export async function rawCounts(
  database: Database,
  session: Session,
  key: StreamKey,
  groupField?: string,
): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  checkGroupField(groupField);
  if (!(await rawTableExists(database, session, key))) return new Map();
  const group = groupField === undefined ? `''` : `coalesce(json_extract_string(record, '$."${groupField}"'), '')`;
  const rows = await session.rows(
    `Count ${rawTable(key.source, key.stream)}`,
    `select _item as item, ${group} as value, count(*) as row_count from ${rawTable(key.source, key.stream)}
    where _account_id = $1 and _deleted_at is null group by all order by all`,
    [key.accountId],
  );
  return countsOf(rows);
}

/** Checkpoints of a stream by item. */
export async function readState(session: Session, key: StreamKey): Promise<ReadonlyMap<string, ItemState>> {
  const rows = await session.rows(
    `Read checkpoints of ${key.source} ${key.stream}`,
    `select item, cast(state as varchar) as state from ops.checkpoint
    where source = $1 and account_id = $2 and stream = $3 order by item`,
    [key.source, key.accountId, key.stream],
  );
  return new Map(rows.map((row) => [String(row['item']), JSON.parse(String(row['state'])) as ItemState]));
}

async function rawTableExists(database: Database, session: Session, key: StreamKey): Promise<boolean> {
  const name = rawTableName(key.source, key.stream);
  if (!database.rawTables.has(name) && (await tableKind(session, `raw.${name}`)) !== null) database.rawTables.add(name);
  return database.rawTables.has(name);
}

/** Whether a table or a view of that name exists in the warehouse file. */
export async function tableKind(session: Session, name: string): Promise<TableKind | null> {
  const { schema, table } = splitTable(name);
  const [row] = await session.rows('Look for a table', `${listTables} and table_schema = $1 and table_name = $2`, [
    schema,
    table,
  ]);
  return row === undefined ? null : kindOf(row);
}

export async function tables(session: Session): Promise<ReadonlyMap<string, TableKind>> {
  const rows = await session.rows('List tables', listTables);
  return new Map(rows.map((row) => [`${String(row['schema'])}.${String(row['name'])}`, kindOf(row)]));
}

const listTables = `select table_schema as schema, table_name as name, table_type as type
  from information_schema.tables where table_catalog = current_database()`;

const kindOf = (row: JsonRow): TableKind => (row['type'] === 'VIEW' ? 'view' : 'table');
