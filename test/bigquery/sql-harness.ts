import { once } from 'node:events';
import { BigQuery, type Dataset, type Job, type QueryRowsResponse } from '@google-cloud/bigquery';
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

const keptJobs = 10;
/** Actions a script: for each request the emulator reads all that it knows, which costs more than most statements. */
const atOnce = 20;
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

/** What broke, a rule of an assertion or a statement, and what went on. */
export type Outcome = {
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
  /** Ended jobs that the emulator still keeps. */
  readonly #ended: string[] = [];

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

  /** Runs the compiled graph in its order, some actions a script; the assertions then. */
  async transform(options: TransformOptions = {}): Promise<Outcome> {
    const failures: string[] = [];
    const goneOn: string[] = [];
    const wanted =
      options.marts === undefined
        ? null
        : new Set(options.marts.flatMap((mart) => [`marts.${mart}`, ...upstreamOf(this.graph, `marts.${mart}`)]));
    // The swap copies the marts, which is the runner's own SQL, and no action of the project.
    const actions = this.graph.actions.filter(({ name }) => name !== swapName && (wanted === null || wanted.has(name)));
    const attempt = async (names: readonly string[], work: () => Promise<readonly string[]>): Promise<void> => {
      const found = await work().catch((error: unknown) => {
        const message = error instanceof Error ? error.message.slice(-700) : String(error);
        return [`one of ${names.join(', ')}: ${message}`];
      });
      failures.push(...found);
    };
    let script: { readonly name: string; readonly statements: readonly string[] }[] = [];
    const run = async (): Promise<void> => {
      const actionsOfScript = script;
      script = [];
      await attempt(
        actionsOfScript.map(({ name }) => name),
        async () => {
          const statements = actionsOfScript.flatMap((action) => action.statements);
          if (statements.length > 0) await this.#execute(statements.join(';\n'));
          return [];
        },
      );
    };
    for (const action of actions) {
      if (action.kind === 'assertion') continue;
      if (action.step !== undefined) {
        await run();
        await attempt([action.name], () => this.#runStep(action));
        continue;
      }
      const goesOn = options.incremental === true && action.incremental !== undefined && this.#built.has(action.name);
      if (goesOn) goneOn.push(action.name);
      script.push({ name: action.name, statements: this.#statementsOf(action, goesOn) });
      if (script.length >= atOnce) await run();
    }
    await run();
    const asked = options.assertions === false ? [] : actions.filter(({ kind }) => kind === 'assertion');
    while (asked.length > 0) {
      const some = asked.splice(0, atOnce);
      await attempt(
        some.map(({ name }) => name),
        () => this.#broken(some),
      );
    }
    return { goneOn, failures };
  }

  /** Rows as DuckDB's warehouse gives them: decimals as text, times as ISO text, whole numbers as numbers. */
  async query(sql: string): Promise<readonly Row[]> {
    return (await this.#ask(sql)).map((row) =>
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
    await this.#ask(sql);
  }

  async #ask(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const [rows, , answer] = (await this.#client.query({ query: this.requote(sql) })) as unknown as QueryRowsResponse;
    await this.#forget(answer?.jobReference?.jobId);
    return rows as readonly Readonly<Record<string, unknown>>[];
  }

  /** The emulator reads all jobs that it keeps, with their rows, upon every request: of some hundred, two thirds of its time. */
  async #forget(job: string | undefined): Promise<void> {
    if (job !== undefined) this.#ended.push(job);
    if (this.#ended.length < keptJobs) return;
    for (const id of this.#ended.splice(0)) await this.#client.job(id).delete();
  }

  /** Rules that rows break, a text each. */
  async #broken(assertions: readonly Action[]): Promise<readonly string[]> {
    const queries = assertions.map(
      ({ name, full }) =>
        `select '${name}' as name, rule, count(*) as broken from (${full.query}) as rows_of_it group by rule`,
    );
    return (await this.query(queries.join('\nunion all\n'))).map((row) => JSON.stringify(row));
  }

  async #runStep({ step }: Action): Promise<readonly string[]> {
    if (step === undefined) return [];
    const rows = await step.run(await this.query(`select * from ${this.#quoted(builtAs(step.reads))}`));
    const fields = step.writes.columns.map(({ name, type }) => ({ name, type: fieldTypes[type] as Type }));
    await this.#replace(step.writes.table, { fields, rows });
    return [];
  }

  #statementsOf(action: Action, goesOn: boolean): readonly string[] {
    const { preOps, query, postOps } = goesOn && action.incremental !== undefined ? action.incremental : action.full;
    const target = this.#quoted(builtAs(action.name));
    this.#built.add(action.name);
    return [
      ...preOps.flatMap((statement) => this.#replacing(statement)),
      ...(goesOn
        ? this.#merge(action, target, query)
        : this.#create(action.kind === 'view' ? 'view' : 'table', target, query)),
      ...postOps.flatMap((statement) => this.#replacing(statement)),
    ];
  }

  /** The emulator does not replace a table that is there, and takes a second to drop one: it is filled anew. */
  #create(kind: 'table' | 'view', target: string, query: string): readonly string[] {
    if (this.#there.has(target)) {
      return kind === 'view' ? [] : [`truncate table ${target}`, `insert into ${target}\n${query}`];
    }
    this.#there.add(target);
    return [`create ${kind} ${target} as\n${query}`];
  }

  #replacing(statement: string): readonly string[] {
    const created = /^\s*create or replace table (`[^`]+`)/i.exec(this.requote(statement))?.[1];
    if (created === undefined) return [statement];
    return this.#create('table', created, this.requote(statement).replace(/^[^`]+`[^`]+` as/i, ''));
  }

  /** As Dataform and the runner do it, with the source as a table, because the emulator's MERGE takes no query. */
  #merge(action: Action, target: string, query: string): readonly string[] {
    if (action.uniqueKey.length === 0) return [`insert into ${target}\n${query}`];
    const source = `${target.slice(0, -1)}__merge\``;
    const columns = action.columns.map(({ name }) => name);
    const others = columns.filter((name) => !action.uniqueKey.includes(name));
    return [
      ...this.#create('table', source, query),
      `merge into ${target} as target using ${source} as source
      on ${action.uniqueKey.map((name) => `target.${name} = source.${name}`).join(' and ')}
      when matched then update set ${others.map((name) => `\`${name}\` = source.\`${name}\``).join(', ')}
      when not matched then insert (${columns.map((name) => `\`${name}\``).join(', ')})
      values (${columns.map((name) => `source.\`${name}\``).join(', ')})`,
    ];
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
    const [job] = (await once(stream, 'complete')) as [Job];
    await this.#forget(job.id);
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
