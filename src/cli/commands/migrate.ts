import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { connectors } from '../../../connectors/index.ts';
import { checkConfig } from '../../config/check-config.ts';
import type { Project } from '../../config/load.ts';
import { sourceRegistry } from '../../config/registry.ts';
import { clockFromEnv } from '../../contracts/clock.ts';
import { googleAuth, GoogleCredentialsError } from '../../google/auth.ts';
import { bucketFiles, type BucketFiles } from '../../landing/bucket-files.ts';
import { landingAt } from '../../landing/open.ts';
import { LandingError } from '../../landing/port.ts';
import { findWorker } from '../../temporal/with-worker.ts';
import { openTransferTarget } from '../../warehouse/bigquery/index.ts';
import { openTransferSource } from '../../warehouse/duckdb/index.ts';
import { WarehouseError } from '../../warehouse/port.ts';
import {
  compareTransfer,
  fingerprintOf,
  planTransfer,
  transfer,
  type Comparison,
  type Foreign,
  type PlannedTable,
  type Told,
  type TransferTarget,
} from '../../warehouse/transfer.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { bytesText, countText } from '../durations.ts';
import type { ExitName } from '../exit-codes.ts';
import { replaceFile } from '../init/replace-file.ts';
import { replaceKey } from '../init/replace-key.ts';
import { tableText } from '../table.ts';
import { styled } from '../terminal-text.ts';

export type MigrateFlags = {
  readonly to: string;
  readonly googleProject: string;
  readonly datasetPrefix?: string;
  readonly location: string;
  readonly keyFile?: string;
  readonly impersonate?: string;
  readonly emulatorHost?: string;
  readonly landing?: string;
  readonly dryRun?: boolean;
  readonly writeConfig?: boolean;
};

/** `mailmart migrate --to bigquery …` */
export async function migrate(context: Context, flags: MigrateFlags): Promise<ExitName> {
  const project = await context.project();
  requireDuckdb(project);
  const before = readFileSync(project.file, 'utf8');
  const config = newConfig(project, before, flags);
  requireNoWorker(project);
  try {
    return await migrateTo(context, project, flags, { before, ...config });
  } catch (error) {
    throw asWarehouseError(error);
  }
}

type Config = { readonly before: string; readonly after: string; readonly lines: string };

async function migrateTo(context: Context, project: Project, flags: MigrateFlags, config: Config): Promise<ExitName> {
  const { output } = context;
  const memoryLimit = project.config.warehouse.memory_limit;
  const source = await openTransferSource({
    path: project.paths.warehouse,
    folder: join(project.paths.state, 'migrate'),
    partitioned: (type, stream) => {
      const found = connectors[type]?.streams[stream];
      return found === undefined ? undefined : found.partitionBy !== undefined;
    },
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
  });
  try {
    const bucket = bucketOf(context, project, flags);
    const target = await targetOf(context, flags, bucket);
    const tell = teller(context);
    const { tables, foreign } = await planTransfer(source, target, tell);
    if (foreign.length > 0) throw refusal(flags, foreign);
    if (flags.dryRun === true) return showPlan(context, tables);
    await bucket?.clear();
    await transfer(source, target, tables, { tell, remove: (file) => rm(file, { force: true }) });
    const comparisons = await compareTransfer(target, tables, tell);
    const different = comparisons.filter(({ isEqual }) => !isEqual);
    if (different.length > 0) {
      output.data(comparisonText(different));
      throw difference(different);
    }
    if (flags.writeConfig === true) replaceFile(project.file, config.before, config.after);
    return showEnd(context, project, flags, { tables, comparisons, config });
  } finally {
    await source.close();
  }
}

function requireDuckdb({ config }: Project): void {
  if (config.warehouse.engine === 'duckdb') return;
  throw new CliError({
    code: 'USAGE',
    exit: 'usage',
    what: 'mailmart.yaml says engine: bigquery already; what is copied is the DuckDB file that it names.',
    fix: 'Nothing to do if you have migrated. Else write engine: duckdb again, and migrate.',
  });
}

function requireNoWorker(project: Project): void {
  const worker = findWorker(project);
  if (worker === undefined) return;
  throw new CliError({
    code: 'RUN_ACTIVE',
    exit: 'error',
    what: `A worker of this project runs in process ${worker.pid}: it may write the warehouse file at any time.`,
    fix: 'Stop it (Ctrl-C there) or let its run end, then migrate.',
  });
}

/** The configuration as it is to be afterwards; checked before anything is copied. */
function newConfig(
  project: Project,
  before: string,
  flags: MigrateFlags,
): { readonly after: string; readonly lines: string } {
  const { datasetPrefix, keyFile, impersonate, emulatorHost, landing } = flags;
  const warehouse = [
    'engine: bigquery',
    `project: ${flags.googleProject}`,
    ...(datasetPrefix === undefined || datasetPrefix === '' ? [] : [`dataset_prefix: ${datasetPrefix}`]),
    `location: ${flags.location}`,
    ...(keyFile === undefined ? [] : [`key_file: ${JSON.stringify(relative(project.dir, resolve(keyFile)))}`]),
    ...(impersonate === undefined ? [] : [`impersonate: ${impersonate}`]),
    ...(emulatorHost === undefined ? [] : [`emulator_host: ${emulatorHost}`]),
  ];
  const places = landing === undefined ? [] : [`path: ${JSON.stringify(landing)}`];
  let after = replaceKey(before, 'warehouse', warehouse);
  if (places.length > 0) after = replaceKey(after, 'landing', places);
  checkConfig('mailmart.yaml, as it would be', Buffer.from(after), sourceRegistry);
  if (landing !== undefined && !landing.startsWith('gs://')) {
    throw new CliError({
      code: 'USAGE',
      exit: 'usage',
      what: '--landing takes a bucket.',
      fix: 'For example --landing gs://acme-data/mailmart, or leave it out: files are then sent from this machine.',
    });
  }
  const block = (key: string, lines: readonly string[]): string =>
    lines.length === 0 ? '' : `${key}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
  return { after, lines: `${block('warehouse', warehouse)}${block('landing', places)}` };
}

const credentialsOf = (flags: MigrateFlags) => ({
  projectId: flags.googleProject,
  ...(flags.keyFile === undefined ? {} : { keyFile: resolve(flags.keyFile) }),
  ...(flags.impersonate === undefined ? {} : { impersonate: flags.impersonate }),
});

function bucketOf(context: Context, project: Project, flags: MigrateFlags): BucketFiles | undefined {
  const place = landingAt(flags.landing ?? '');
  if (place.kind === 'local') return undefined;
  const emulator = context.env['STORAGE_EMULATOR_HOST'];
  const options = {
    ...place,
    ...credentialsOf(flags),
    ...(emulator === undefined || emulator === '' ? {} : { apiEndpoint: emulator }),
  };
  // Two projects may share the bucket; each clears its own.
  return bucketFiles(options, `migrate-${fingerprintOf(project.paths.warehouse).slice(0, 12)}`);
}

async function targetOf(
  context: Context,
  flags: MigrateFlags,
  bucket: BucketFiles | undefined,
): Promise<TransferTarget> {
  const named = flags.emulatorHost ?? context.env['BIGQUERY_EMULATOR_HOST'] ?? '';
  const emulator = named === '' || /^https?:/.test(named) ? named : `http://${named}`;
  return openTransferTarget({
    project: flags.googleProject,
    datasetPrefix: flags.datasetPrefix ?? '',
    location: flags.location,
    clock: clockFromEnv(context.env),
    authClient: await googleAuth({ ...credentialsOf(flags), ...(emulator === '' ? {} : { apiEndpoint: emulator }) }),
    ...(emulator === '' ? {} : { emulator }),
    ...(bucket === undefined ? {} : { bucket }),
  });
}

/** A line for each table that is copied, and for whatever else takes longer than two seconds. */
function teller({ output, signal }: Context): Told {
  let saidMs = performance.now();
  const say = (text: string): void => {
    saidMs = performance.now();
    output.say(text);
  };
  return (event) => {
    signal.throwIfAborted();
    const isSilent = performance.now() - saidMs > 2_000;
    switch (event.kind) {
      case 'copied':
        say(`${event.table} copied: ${countText(event.rows)} rows (table ${event.place} of ${event.of})`);
        break;
      case 'part':
        if (isSilent || event.part > 1)
          say(`${event.table}: part ${event.part} of ${event.of}, ${countText(event.rows)} rows …`);
        break;
      default: {
        const verb = event.kind === 'reading' ? 'Reading' : 'Comparing';
        if (isSilent) say(`${verb} ${event.table} (table ${event.place} of ${event.of}) …`);
      }
    }
  };
}

const actionText = { copy: 'to copy', replace: 'to copy anew', there: 'there already', empty: 'empty' } as const;

function showPlan({ output }: Context, tables: readonly PlannedTable[]): ExitName {
  const due = tables.filter(({ action }) => action === 'copy' || action === 'replace');
  output.document('migrate', {
    dry_run: true,
    tables: tables.map(({ table, facts, action }) => ({ table: table.name, rows: facts.rows, action })),
    comparisons: [],
    config: null,
    config_written: false,
  });
  output.data(
    tableText(
      ['table', 'rows', 'size as text', 'what'],
      tables.map(({ table, facts, action }) => [
        table.name,
        countText(facts.rows),
        bytesText(facts.bytes),
        actionText[action],
      ]),
    ),
  );
  output.say(
    due.length === 0
      ? 'Nothing to copy. Nothing was written.'
      : `${due.length} tables to copy, ${countText(due.reduce((sum, { facts }) => sum + facts.rows, 0))} rows. Nothing was written.`,
  );
  return due.length === 0 ? 'done' : 'changes';
}

function comparisonText(comparisons: readonly Comparison[]): string {
  return tableText(
    ['table', 'source', 'rows here', 'rows there', 'deleted here', 'deleted there', 'content'],
    comparisons.map(({ table, account, source, target, isEqual }) => [
      table,
      account === '' ? null : account,
      countText(source.rows),
      countText(target.rows),
      countText(source.deleted),
      countText(target.deleted),
      isEqual ? 'same' : 'DIFFERENT',
    ]),
  );
}

function showEnd(
  { output }: Context,
  project: Project,
  flags: MigrateFlags,
  ended: {
    readonly tables: readonly PlannedTable[];
    readonly comparisons: readonly Comparison[];
    readonly config: Config;
  },
): ExitName {
  const { tables, comparisons, config } = ended;
  const isWritten = flags.writeConfig === true;
  output.document('migrate', {
    dry_run: false,
    tables: tables.map(({ table, facts, action }) => ({ table: table.name, rows: facts.rows, action })),
    comparisons: comparisons.map(({ table, account, source, isEqual }) => ({
      table,
      account_id: account === '' ? null : account,
      rows: source.rows,
      deleted: source.deleted,
      equal: isEqual,
    })),
    config: config.lines,
    config_written: isWritten,
  });
  output.data(comparisonText(comparisons));
  const copied = tables.filter(({ action }) => action === 'copy' || action === 'replace');
  const rows = copied.reduce((sum, { facts }) => sum + facts.rows, 0);
  output.say(
    `${styled('green', 'Migrated')}: ${copied.length} tables copied (${countText(rows)} rows), all of them hold the same on both sides.`,
  );
  if (isWritten) output.say(`Written: ${project.file} works with BigQuery from now on.`);
  else {
    output.say('Put this into mailmart.yaml in place of what is there:');
    output.data(`\n${config.lines}`);
  }
  output.say('Next: mailmart run. Sources are read from where they were; models are built anew on BigQuery.');
  output.say(`${project.paths.warehouse} was not touched; keep it until you have seen BigQuery's numbers.`);
  return 'done';
}

function refusal({ googleProject, datasetPrefix = '' }: MigrateFlags, foreign: readonly Foreign[]): CliError {
  const where = `${googleProject}, datasets ${datasetPrefix}raw and ${datasetPrefix}ops`;
  const tables = foreign.slice(0, 5).map(({ table, rows, accounts }) => {
    const whose = accounts.length === 0 ? '' : ` of ${accounts.join(', ')}`;
    return `${table} (${countText(rows)} rows${whose})`;
  });
  const more = foreign.length > 5 ? ` and ${foreign.length - 5} more` : '';
  const hasMoved = foreign.some((one) => one.hasMoved);
  return new CliError({
    code: 'MIGRATION_TARGET',
    exit: 'error',
    what: `BigQuery holds rows of these sources that this migration did not write: ${tables.join(', ')}${more}. Nothing was written.`,
    where,
    fix: hasMoved
      ? 'BigQuery has gone on since it was migrated to: put engine: bigquery into mailmart.yaml and go on there. To start over from the DuckDB file, choose another --dataset-prefix.'
      : 'Choose another --dataset-prefix. If nobody needs those rows, delete them or the datasets, and run the command again.',
  });
}

function difference(different: readonly Comparison[]): CliError {
  const tables = [...new Set(different.map(({ table }) => table))];
  return new CliError({
    code: 'MIGRATION_DIFFERS',
    exit: 'error',
    what: `${tables.join(', ')} do not hold the same on both sides; mailmart.yaml was left as it is.`,
    fix: 'See to it that nothing else writes these datasets, then migrate into another --dataset-prefix; report it if it stays.',
  });
}

/** Landing and credentials have failures of their own, which only the warehouse's kinds say what to do about. */
function asWarehouseError(error: unknown): unknown {
  if (error instanceof LandingError) {
    const { message, kind, fix } = error;
    return new WarehouseError(message, { kind, ...(fix === undefined ? {} : { fix }) }, { cause: error });
  }
  if (error instanceof GoogleCredentialsError) {
    const fix = 'Name a key file with --key-file, or sign in: gcloud auth application-default login.';
    return new WarehouseError(error.message, { kind: 'denied', fix }, { cause: error });
  }
  return error;
}
