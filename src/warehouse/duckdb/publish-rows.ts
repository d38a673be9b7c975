import { DuckDBInstance } from '@duckdb/node-api';
import type { Row } from '../../contracts/sync.ts';
import type { PublishedTable, PublishTables } from '../port.ts';
import { quoteName, quoteTable } from './identifiers.ts';
import { replacePublished } from './replace-published.ts';
import { fillTable, tableDefinition } from './replace-table.ts';
import { Session } from './session.ts';
import { utc } from './values.ts';

/** Rows gathered before they are written: bounded memory, few calls. */
const chunk = 2000;

/** Writes the readers' copy from another engine's rows: the same file, the same tables as the embedded warehouse publishes. */
export function publishTo(publishedPath: string): PublishTables {
  return (tables, publication) =>
    replacePublished(publishedPath, async (temporary) => {
      const instance = await DuckDBInstance.create(temporary, { memory_limit: '512MB', threads: '1' });
      try {
        const session = new Session(await instance.connect());
        await session.run('Set the time zone', `set session TimeZone = 'UTC'`);
        for (const schema of ['marts', 'status']) await session.run('Publish', `create schema ${quoteName(schema)}`);
        for (const table of tables) await copy(session, table);
        await session.run(
          'Publish status.publication',
          `create table status.publication as select $1 as run_id, ${utc('$2')} as published_at`,
          [publication.runId, publication.publishedAt],
        );
        await session.run('Publish', 'checkpoint');
        session.connection.closeSync();
      } finally {
        instance.closeSync();
      }
    });
}

async function copy(session: Session, { name, columns, rows }: PublishedTable): Promise<void> {
  await session.run(`Publish ${name}`, `create table ${quoteTable(name)} (${tableDefinition(columns)})`);
  let waiting: Row[] = [];
  for await (const row of rows) {
    waiting.push(row);
    if (waiting.length < chunk) continue;
    await fillTable(session, name, columns, waiting);
    waiting = [];
  }
  await fillTable(session, name, columns, waiting);
}
