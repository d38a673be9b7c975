import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Row } from '../../contracts/sync.ts';
import type { PublishedTable, PublishTables } from '../port.ts';
import { warehouseFailure } from './errors.ts';
import { quoteName, quoteTable } from './identifiers.ts';
import { fillTable, tableDefinition } from './replace-table.ts';
import { Session } from './session.ts';
import { utc } from './values.ts';

/** Rows gathered before they are written: bounded memory, few calls. */
const chunk = 2000;

/** Writes the readers' copy from another engine's rows: the same file, the same tables as the embedded warehouse publishes. */
export function publishTo(publishedPath: string): PublishTables {
  return async (tables, publication) => {
    const target = resolve(publishedPath);
    const folder = dirname(target);
    const mark = `${basename(target)}.tmp-`;
    const temporary = join(folder, `${mark}${randomBytes(6).toString('hex')}`);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const name of await readdir(folder))
        if (name.startsWith(mark)) await rm(join(folder, name), { force: true });
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
      await syncPath(temporary, 'r+');
      await rename(temporary, target);
      await syncPath(folder, 'r');
      return target;
    } catch (error) {
      for (const leftover of [temporary, `${temporary}.wal`])
        await rm(leftover, { force: true }).catch(() => undefined);
      throw warehouseFailure(error, `Could not publish to ${target}`);
    }
  };
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

async function syncPath(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
