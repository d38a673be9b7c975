import type { Clock } from '../../contracts/clock.ts';
import { driftFailure } from './errors.ts';
import type { Session } from './session.ts';
import { utc } from './values.ts';

type Migration = { readonly version: number; readonly name: string; readonly statements: readonly string[] };

/** Schemas and ops tables, oldest first. A released migration is never edited: add one. Each commits with its own row. */
const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'schemas, run log, ledger, checkpoints, fences, quarantine',
    statements: [
      ...['raw', 'staging', 'core', 'marts'].map((schema) => `create schema if not exists ${schema}`),
      // Order of rows in insert-only tables: the clock may stand still (demo, tests), this does not.
      'create sequence ops.event_number',
      `create table ops.run_log (
        number bigint not null, run_id varchar not null, kind varchar not null, account_id varchar,
        started_at timestamp not null, finished_at timestamp, status varchar not null, verdict json, message varchar,
        recorded_at timestamp not null)`,
      `create table ops.stream_run (
        number bigint not null, run_id varchar not null, source varchar not null, account_id varchar not null,
        stream varchar not null, slices bigint not null, pages bigint not null, requests bigint not null,
        rows_read bigint not null, rows_inserted bigint not null, rows_updated bigint not null,
        rows_unchanged bigint not null, rows_deleted bigint not null, rows_quarantined bigint not null,
        bytes_read bigint not null, verdict_kind varchar not null, missing json not null, gaps json not null,
        duration_ms bigint not null, failure_kind varchar, failure_message varchar, finished_at timestamp not null)`,
      `create table ops.load_ledger (
        number bigint not null, source varchar not null, account_id varchar not null, stream varchar not null,
        run_id varchar not null, batch_id varchar not null, table_name varchar not null, fence bigint not null,
        rows_inserted bigint not null, rows_updated bigint not null, rows_unchanged bigint not null,
        rows_deleted bigint not null, rows_quarantined bigint not null, rows_quarantined_again bigint not null,
        rows_duplicate bigint not null, is_change boolean not null, table_rows bigint not null,
        table_hash varchar not null, parts json not null, loaded_at timestamp not null,
        primary key (source, account_id, stream, run_id, batch_id))`,
      `create table ops.checkpoint (
        source varchar not null, account_id varchar not null, stream varchar not null, item varchar not null,
        state json not null, read_at timestamp not null, run_id varchar not null, committed_at timestamp not null)`,
      `create table ops.fence (
        source varchar not null, account_id varchar not null, stream varchar not null, run_id varchar not null,
        fence bigint not null, taken_at timestamp not null, primary key (source, account_id, stream, run_id))`,
      // One row a stream that every load updates, so that two transactions of one stream cannot both commit.
      `create table ops.fence_head (
        source varchar not null, account_id varchar not null, stream varchar not null, fence bigint not null,
        commits bigint not null)`,
      `create table ops.quarantine (
        number bigint not null, source varchar not null, account_id varchar not null, stream varchar not null,
        run_id varchar not null, batch_id varchar not null, slice varchar not null, position varchar not null,
        path varchar not null, reason varchar not null, record varchar not null, record_hash varchar not null,
        quarantined_at timestamp not null)`,
      `create table ops.model_run (
        number bigint not null, run_id varchar not null, name varchar not null, kind varchar not null,
        fingerprint varchar not null, rows bigint, duration_ms bigint not null, status varchar not null,
        message varchar, finished_at timestamp not null)`,
      `create table ops.replaced_table (
        name varchar primary key, content_hash varchar not null, rows bigint not null, replaced_at timestamp not null)`,
    ],
  },
  { version: 2, name: 'where marts are built', statements: ['create schema if not exists marts_build'] },
  {
    version: 3,
    name: 'whether what was refused is mended',
    statements: [
      // Of the item, whose next whole read tells; NULL: nothing will.
      'alter table ops.quarantine add column item varchar',
      'alter table ops.quarantine add column last_run_id varchar',
      'alter table ops.quarantine add column last_refused_at timestamp',
      'update ops.quarantine set last_run_id = run_id, last_refused_at = quarantined_at',
    ],
  },
];

export const newestVersion = migrations.at(-1)?.version ?? 0;

/** The schema version of the file; refused where a newer mailmart wrote it. */
export async function requireKnownVersion(session: Session): Promise<number> {
  const { version } = await session.row(
    'Read the schema version',
    'select coalesce(max(version), 0) as version from ops.schema_version',
  );
  if (Number(version) <= newestVersion) return Number(version);
  throw driftFailure(
    `The warehouse has schema version ${version}, this mailmart knows ${newestVersion}.`,
    'Use the version of mailmart that wrote the file, or a newer one.',
  );
}

/** Brings the file to the newest schema version; a killed migration left nothing behind and runs again. */
export async function migrate(session: Session, clock: Clock): Promise<void> {
  await session.transaction(async () => {
    await session.run('Create ops', 'create schema if not exists ops');
    await session.run(
      'Create ops.schema_version',
      'create table if not exists ops.schema_version (version integer primary key, name varchar not null, applied_at timestamp not null)',
    );
  });
  const version = await requireKnownVersion(session);
  for (const migration of migrations.filter((candidate) => candidate.version > version)) {
    await session.transaction(async () => {
      for (const statement of migration.statements) await session.run(`Migration ${migration.version}`, statement);
      await session.run(
        `Migration ${migration.version}`,
        `insert into ops.schema_version values ($1, $2, ${utc('$3')})`,
        [migration.version, migration.name, clock.now()],
      );
    });
  }
}
