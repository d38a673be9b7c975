import { once } from 'node:events';
import { BigQuery, type Dataset } from '@google-cloud/bigquery';
import { PassThroughClient } from 'google-auth-library';
import type { Row } from '../../src/contracts/sync.ts';
import { compileGraph, type Action, type Graph } from '../../src/transform/index.ts';
import { builtAs, isMart, schemaOf, swapName, tableOf, upstreamOf } from '../../src/transform/graph.ts';
import { fieldTypes } from '../../src/warehouse/bigquery/values.ts';
import { configColumns } from '../../src/transform/setup.ts';
import type { Warehouse } from '../../src/warehouse/port.ts';
import { startGoogle, type Google } from './emulator.ts';

type Type = 'STRING' | 'INT64' | 'FLOAT64' | 'NUMERIC' | 'BOOL' | 'TIMESTAMP' | 'DATE' | 'JSON';
type Field = { readonly name: string; readonly type: Type; readonly mode?: 'REQUIRED' };

/** A table as it is loaded: cells as texts (of a JSON column: its text), numbers, booleans or null. */
export type Table = { readonly fields: readonly Field[]; readonly rows: readonly Row[] };

const required = (name: string, type: Type): Field => ({ name, type, mode: 'REQUIRED' });
const rawFields: readonly Field[] = [
  required('_account_id', 'STRING'),
  required('_primary_key', 'STRING'),
  { name: '_person_key', type: 'STRING' },
  { name: '_cursor_at', type: 'TIMESTAMP' },
  required('_extracted_at', 'TIMESTAMP'),
  required('_loaded_at', 'TIMESTAMP'),
  required('_run_id', 'STRING'),
  required('_item', 'STRING'),
  { name: '_deleted_at', type: 'TIMESTAMP' },
  required('_record_hash', 'STRING'),
  { name: '_partition_date', type: 'DATE' },
  required('record', 'JSON'),
];
const opsFields: Readonly<Record<string, readonly Field[]>> = Object.fromEntries(
  Object.entries(configColumns).map(([name, columns]) => [
    name,
    columns.map(({ name: column, type }) => ({ name: column, type: fieldTypes[type] as Type })),
  ]),
);

const schemas = ['raw', 'ops', 'staging', 'core', 'marts_build'] as const;

export type SqlEmulator = {
  /** The SQL project, compiled for BigQuery, over empty datasets; once an emulator. */
  open(options?: ProjectOptions): Promise<BigProject>;
  stop(): Promise<void>;
};
export type ProjectOptions = {
  readonly timeZone?: string;
  readonly currency?: string;
  readonly projectDir?: string;
};

export async function startSqlEmulator(): Promise<SqlEmulator> {
  const google = await startGoogle();
  return {
    open: (options = {}) => openProject(google, options),
    stop: () => google.stop(),
  };
}

export type TransformOptions = {
  /** Models that are there already go on from their own rows. */
  readonly incremental?: boolean;
  /** Leave the assertions out: half of the actions. */
  readonly assertions?: boolean;
  /** Build these marts and what they need, no more. */
  readonly marts?: readonly string[];
};

/** What ran and what broke: a rule of an assertion, or a statement. */
export type Outcome = {
  readonly ran: readonly { readonly name: string; readonly ms: number }[];
  /** Incremental models that went on from their own rows. */
  readonly goneOn: readonly string[];
  readonly failures: readonly string[];
};

export class BigProject {
  readonly graph: Graph;
  readonly #client: BigQuery;
  readonly #built = new Set<string>();
  readonly #there = new Set<string>();
  /** Lines that each table was loaded with. */
  readonly #loaded = new Map<string, string>();

  constructor(graph: Graph, client: BigQuery) {
    this.graph = graph;
    this.#client = client;
  }

  /** Datasets, and what the models read, empty: one script, because a query costs more than what it does here. */
  async create(): Promise<void> {
    for (const schema of schemas) await this.#client.createDataset(schema);
    const tables = this.graph.declarations.flatMap(({ name }) => {
      const fields = schemaOf(name) === 'raw' ? rawFields : opsFields[name];
      if (fields === undefined) return [];
      this.#loaded.set(name, '');
      return [`create table ${this.#quoted(name)} (${definitions(fields)})`];
    });
    await this.#execute(tables.join(';\n'));
  }

  /** Puts rows into a table of raw or ops in place of those that are there. */
  async load(name: string, rows: readonly Row[]): Promise<void> {
    const fields = schemaOf(name) === 'raw' ? rawFields : opsFields[name];
    if (fields === undefined) throw new Error(`no model reads ${name}`);
    await this.#replace(name, { fields, rows });
  }

  /** Copies what the models read from the DuckDB warehouse of the same world. */
  async copyFrom(warehouse: Pick<Warehouse, 'query'>): Promise<void> {
    for (const { name } of this.graph.declarations) {
      const fields = schemaOf(name) === 'raw' ? rawFields : opsFields[name];
      if (fields === undefined) continue;
      const texts = fields.map((field) =>
        field.type === 'BOOL' || field.type === 'INT64'
          ? field.name
          : `cast("${field.name}" as varchar) as "${field.name}"`,
      );
      const rows = await warehouse.query(`select ${texts.join(', ')} from "${schemaOf(name)}"."${tableOf(name)}"`);
      await this.load(name, rows);
    }
  }

  /** Runs the compiled graph, action by action, in its order. */
  async transform(options: TransformOptions = {}): Promise<Outcome> {
    const ran: { name: string; ms: number }[] = [];
    const failures: string[] = [];
    const goneOn: string[] = [];
    const wanted =
      options.marts === undefined
        ? null
        : new Set(options.marts.flatMap((mart) => [`marts.${mart}`, ...upstreamOf(this.graph, `marts.${mart}`)]));
    for (const action of this.graph.actions) {
      if (action.kind === 'assertion' && options.assertions === false) continue;
      if (wanted !== null && !wanted.has(action.name)) continue;
      const started = performance.now();
      const goesOn = options.incremental === true && action.incremental !== undefined && this.#built.has(action.name);
      if (goesOn) goneOn.push(action.name);
      const failure = await this.#run(action, goesOn).catch(
        (error: unknown) => `${action.name}: ${error instanceof Error ? error.message.slice(-700) : String(error)}`,
      );
      ran.push({ name: action.name, ms: Math.round(performance.now() - started) });
      if (failure !== null) failures.push(failure);
    }
    return { ran, goneOn, failures };
  }

  /** Rows as DuckDB's warehouse gives them: decimals as text, times as ISO text, whole numbers as numbers. */
  async query(sql: string): Promise<readonly Row[]> {
    const [rows] = await this.#client.query({ query: this.requote(sql) });
    return (rows as readonly Readonly<Record<string, unknown>>[]).map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])),
    );
  }

  /** Rows of a mart as it was built. */
  mart(name: string): Promise<readonly Row[]> {
    return this.query(`select * from ${this.#quoted(builtAs(`marts.${name}`))}`);
  }

  requote(sql: string): string {
    const pattern = new RegExp(`\`${this.graph.database}\\.([A-Za-z0-9_]+)\\.([A-Za-z0-9_]+)\``, 'g');
    return sql.replaceAll(pattern, (_, schema: string, table: string) => this.#quoted(builtAs(`${schema}.${table}`)));
  }

  #quoted(name: string): string {
    return `\`${schemaOf(name)}.${tableOf(name)}\``;
  }

  async #execute(sql: string): Promise<void> {
    await this.#client.query({ query: this.requote(sql) });
  }

  async #run(action: Action, goesOn: boolean): Promise<string | null> {
    // Copies the marts, which is the runner's own SQL, and no action of the project.
    if (action.name === swapName) return null;
    if (action.step !== undefined) {
      const { reads, writes, run } = action.step;
      const rows = run(await this.query(`select * from ${this.#quoted(builtAs(reads))}`));
      const fields = writes.columns.map(({ name, type }) => ({ name, type: fieldTypes[type] as Type }));
      await this.#replace(writes.table, { fields, rows });
      return null;
    }
    if (action.kind === 'assertion') {
      const broken = await this.query(`select rule, count(*) as broken from (${action.full.query}) as b group by rule`);
      return broken.length === 0 ? null : `${action.name}: ${JSON.stringify(broken)}`;
    }
    const { preOps, query, postOps } = goesOn && action.incremental !== undefined ? action.incremental : action.full;
    const target = this.#quoted(builtAs(action.name));
    for (const statement of preOps) await this.#executeReplacing(statement);
    if (goesOn) await this.#merge(action, target, query);
    else await this.#create(action.kind === 'view' ? 'view' : 'table', target, query);
    for (const statement of postOps) await this.#executeReplacing(statement);
    this.#built.add(action.name);
    return null;
  }

  /** The emulator does not replace a table that is there, and takes a second to drop one: it is filled anew. */
  async #create(kind: 'table' | 'view', target: string, query: string): Promise<void> {
    if (this.#there.has(target)) {
      if (kind === 'view') return;
      await this.#execute(`truncate table ${target}`);
      return await this.#execute(`insert into ${target}\n${query}`);
    }
    await this.#execute(`create ${kind} ${target} as\n${query}`);
    this.#there.add(target);
  }

  async #executeReplacing(statement: string): Promise<void> {
    const created = /^\s*create or replace table (`[^`]+`)/i.exec(this.requote(statement))?.[1];
    if (created === undefined) return await this.#execute(statement);
    await this.#create('table', created, this.requote(statement).replace(/^[^`]+`[^`]+` as/i, ''));
  }

  /** As Dataform and the runner do it, with the source as a table, because the emulator's MERGE takes no query. */
  async #merge(action: Action, target: string, query: string): Promise<void> {
    if (action.uniqueKey.length === 0) return await this.#execute(`insert into ${target}\n${query}`);
    const source = `${target.slice(0, -1)}__merge\``;
    await this.#create('table', source, query);
    const columns = action.columns.map(({ name }) => name);
    const others = columns.filter((name) => !action.uniqueKey.includes(name));
    await this.#execute(
      `merge into ${target} as target using ${source} as source
      on ${action.uniqueKey.map((name) => `target.${name} = source.${name}`).join(' and ')}
      when matched then update set ${others.map((name) => `\`${name}\` = source.\`${name}\``).join(', ')}
      when not matched then insert (${columns.map((name) => `\`${name}\``).join(', ')})
      values (${columns.map((name) => `source.\`${name}\``).join(', ')})`,
    );
  }

  async #replace(name: string, { fields, rows }: Table): Promise<void> {
    const lines = rows.map((row) => `${ndjson(fields, row)}\n`).join('');
    const before = this.#loaded.get(name);
    if (before === lines) return;
    this.#loaded.set(name, lines);
    if (before === undefined) await this.#execute(`create table ${this.#quoted(name)} (${definitions(fields)})`);
    if (lines === '') {
      await this.#execute(`truncate table ${this.#quoted(name)}`);
      return;
    }
    const dataset: Dataset = this.#client.dataset(schemaOf(name));
    const stream = dataset.table(tableOf(name)).createWriteStream({
      sourceFormat: 'NEWLINE_DELIMITED_JSON',
      schema: { fields: fields.map((field) => ({ ...field })) },
      writeDisposition: 'WRITE_TRUNCATE',
    });
    stream.end(lines);
    await once(stream, 'complete');
  }
}

async function openProject(google: Google, options: ProjectOptions): Promise<BigProject> {
  const graph = await compileGraph({
    engine: 'bigquery',
    timeZone: options.timeZone ?? 'Europe/Berlin',
    currency: options.currency ?? 'EUR',
    ...(options.projectDir !== undefined && { projectDir: options.projectDir }),
  });
  const client = new BigQuery({
    projectId: google.project,
    apiEndpoint: google.bigquery,
    authClient: new PassThroughClient() as never,
  });
  const project = new BigProject(graph, client);
  await project.create();
  return project;
}

/** Names of the marts of a graph. */
export const martsOf = (graph: Graph): readonly string[] =>
  graph.actions.filter((action) => isMart(action)).map(({ name }) => tableOf(name));

const definitions = (fields: readonly Field[]): string =>
  fields.map(({ name, type, mode }) => `\`${name}\` ${type}${mode === undefined ? '' : ' not null'}`).join(', ');

/** A line of a load file; a JSON column's text goes in as it is, so that no number passes through a double here. */
function ndjson(fields: readonly Field[], row: Row): string {
  const cells = fields.flatMap(({ name, type }) => {
    const value = row[name];
    if (value === null || value === undefined) return [];
    const text = type === 'JSON' && typeof value === 'string' ? value : JSON.stringify(value);
    return [`${JSON.stringify(name)}:${text}`];
  });
  return `{${cells.join(',')}}`;
}

function plain(value: unknown): Row[string] {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (typeof value === 'object') {
    // BigQueryTimestamp, BigQueryDate, BigQueryInt; a Big has no value but an exact text.
    const held: unknown = 'value' in value ? value.value : undefined;
    if (typeof held === 'string') return held;
    if ('toFixed' in value && typeof value.toFixed === 'function') return String(value.toFixed());
  }
  return JSON.stringify(value);
}
