import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBTimestampValue,
  type DuckDBConnection,
} from '@duckdb/node-api';
import type { Row } from '../../src/contracts/sync.ts';
import type { Column } from '../../src/warehouse/port.ts';
import { abStatistics } from '../../src/transform/steps/ab-statistics.ts';

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;

/** A row by hand: timestamps, dates and decimals as text. */
export type Seed = Readonly<Record<string, string | number | boolean | null>>;

type Target = { readonly schema: string; readonly name: string };

type Action = {
  readonly target: Target;
  readonly query: string;
  readonly type?: string;
  readonly dependencyTargets?: readonly Target[];
  readonly actionDescriptor?: {
    readonly description?: string;
    readonly columns?: readonly { readonly path: readonly string[]; readonly description: string }[];
  };
};

/** The compiled Dataform project, as far as these tests read it. */
export type CompiledGraph = {
  readonly tables: readonly Action[];
  readonly assertions: readonly Action[];
  readonly graphErrors?: { readonly compilationErrors?: readonly { readonly message: string }[] };
};

export async function compile(
  engine: 'duckdb' | 'bigquery',
  { timeZone = 'Europe/Berlin', currency = 'EUR' } = {},
): Promise<CompiledGraph> {
  const vars = `engine=${engine},time_zone=${timeZone},currency=${currency}`;
  const { stdout } = await run(
    process.execPath,
    [join(root, 'node_modules/@dataform/cli/bundle.js'), 'compile', join(root, 'sql'), '--json', `--vars=${vars}`],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  return JSON.parse(stdout) as CompiledGraph;
}

const raw =
  '_account_id varchar, _primary_key varchar, _person_key varchar, _cursor_at timestamp, _extracted_at timestamp, ' +
  '_loaded_at timestamp, _run_id varchar, _item varchar, _deleted_at timestamp, _record_hash varchar, ' +
  '_partition_date date, record json';

const ops = [
  'ops.campaign_rules (position bigint, match varchar, goal varchar, conversion_value decimal(38, 9), currency_code varchar)',
  'ops.accounts (source varchar, account_id varchar, has_per_recipient_events boolean)',
  'ops.data_as_of (as_of_date date, data_changed_at timestamp)',
];

const duckTypes: Readonly<Record<Column['type'], string>> = {
  string: 'varchar',
  int: 'bigint',
  double: 'double',
  decimal: 'decimal(38, 9)',
  bool: 'boolean',
  timestamp: 'timestamp',
  date: 'date',
  json: 'json',
};

/** The compiler writes BigQuery's back-ticked names; DuckDB wants schema and name apart. */
const quoteNames = (sql: string): string => sql.replaceAll(/`[^`.]+\.([^`.]+)\.([^`.]+)`/g, '"$1"."$2"');
const isMart = ({ target }: Action): boolean => target.schema === 'marts' || isMartIntermediate(target.name);
const isMartIntermediate = (name: string): boolean =>
  /^int_(campaign_counts|campaign_counters|campaign_money|engagement_spans|unknown_engagement_days|person|ab_counts)$/.test(
    name,
  );

/**
 * The marts on a DuckDB of their own, above core tables that a test fills by hand. The core tables are made by the real
 * models over empty raw tables, so that a seed cannot name a column that core does not have.
 */
export class MartsWarehouse {
  readonly graph: CompiledGraph;
  readonly #connection: DuckDBConnection;
  readonly #close: () => void;

  private constructor(graph: CompiledGraph, connection: DuckDBConnection, close: () => void) {
    this.graph = graph;
    this.#connection = connection;
    this.#close = close;
  }

  static async open(graph: CompiledGraph, asOf: string): Promise<MartsWarehouse> {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const warehouse = new MartsWarehouse(graph, connection, () => {
      connection.closeSync();
      instance.closeSync();
    });
    for (const schema of ['raw', 'staging', 'core', 'marts', 'ops']) await warehouse.execute(`create schema ${schema}`);
    for (const table of ops) await warehouse.execute(`create table ${table}`);
    await warehouse.execute(`insert into ops.data_as_of values (date '${asOf}', timestamp '${asOf} 12:00:00')`);
    for (const table of rawTables(graph)) await warehouse.execute(`create table raw."${table}" (${raw})`);
    const columns = abStatistics.writes.columns.map(({ name, type }) => `${name} ${duckTypes[type]}`);
    await warehouse.execute(`create table ${abStatistics.writes.table} (${columns.join(', ')})`);
    for (const action of inOrder(graph.tables.filter((table) => !isMart(table)))) {
      // A view could not be filled.
      await warehouse.execute(`create table ${name(action)} as ${quoteNames(action.query)}`);
    }
    return warehouse;
  }

  close(): void {
    this.#close();
  }

  async execute(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** Decimals and timestamps as text, whole numbers as number. */
  async query(sql: string): Promise<readonly Row[]> {
    const reader = await this.#connection.runAndReadAll(sql);
    return reader
      .getRowObjects()
      .map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)])));
  }

  /** Adds rows to a core table; columns that are left out are NULL. */
  async seed(table: string, rows: readonly Seed[]): Promise<void> {
    for (const row of rows) {
      const values = Object.values(row).map((value) =>
        value === null || typeof value === 'number' || typeof value === 'boolean'
          ? String(value)
          : `'${value.replaceAll("'", "''")}'`,
      );
      await this.execute(`insert into ${table} (${Object.keys(row).join(', ')}) values (${values.join(', ')})`);
    }
  }

  /** Builds every mart; the statistics step runs where the graph has it, before ab_test_results. */
  async build(only?: readonly string[]): Promise<void> {
    for (const action of inOrder(this.graph.tables.filter(isMart))) {
      if (only !== undefined && !only.includes(action.target.name)) continue;
      await this.execute(`create or replace table ${name(action)} as ${quoteNames(action.query)}`);
      if (action.target.name === 'int_ab_counts') await this.#runStep();
    }
  }

  /** Names of the assertions on the marts that fail now, with their number of rows. */
  async failedAssertions(): Promise<readonly string[]> {
    const failed: string[] = [];
    for (const assertion of this.graph.assertions.filter(isOurs)) {
      const [{ rows } = { rows: 0 }] = await this.query(
        `select count(*) as rows from (${quoteNames(assertion.query)}) as failures`,
      );
      if (rows !== 0) failed.push(`${assertion.target.name}: ${JSON.stringify(rows)}`);
    }
    return failed;
  }

  async #runStep(): Promise<void> {
    const rows = await this.query(`select * from ${abStatistics.reads}`);
    await this.execute(`delete from ${abStatistics.writes.table}`);
    await this.seed(abStatistics.writes.table, abStatistics.run(rows) as readonly Seed[]);
  }
}

function plain(value: unknown): Row[string] {
  if (typeof value === 'bigint') return Number(value);
  if (
    value instanceof DuckDBDecimalValue ||
    value instanceof DuckDBDateValue ||
    value instanceof DuckDBTimestampValue
  ) {
    return value.toString();
  }
  return value as Row[string];
}

/** Assertions of the marts and of what they are made from; core's own are tested with core. */
const isOurs = ({ target }: Action): boolean =>
  /^(marts_|check_)/.test(target.name) || isMartIntermediate(target.name.replace(/^core_|_assertions_.*$/g, ''));

const name = ({ target }: Action): string => `"${target.schema}"."${target.name}"`;

function rawTables(graph: CompiledGraph): readonly string[] {
  const found = graph.tables.flatMap((action) => action.dependencyTargets ?? []);
  return [...new Set(found.filter(({ schema }) => schema === 'raw').map((target) => target.name))];
}

function inOrder(actions: readonly Action[]): readonly Action[] {
  const byName = new Map(actions.map((action) => [action.target.name, action]));
  const done = new Set<string>();
  const ordered: Action[] = [];
  const visit = (action: Action): void => {
    if (done.has(action.target.name)) return;
    done.add(action.target.name);
    const before = (action.dependencyTargets ?? []).map((target) => target.name);
    // The step between them is no action of the graph.
    if (before.includes('int_ab_statistics')) before.push('int_ab_counts');
    for (const dependency of before) {
      const next = byName.get(dependency);
      if (next !== undefined) visit(next);
    }
    ordered.push(action);
  };
  for (const action of actions) visit(action);
  return ordered;
}
