import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBTimestampValue,
  type DuckDBConnection,
} from '@duckdb/node-api';
import type { Row } from '../../src/contracts/sync.ts';
import { compileGraph, sqlFolder, type Action, type Graph } from '../../src/transform/index.ts';
import { alertRules, ruleRows } from '../../src/transform/metric-alerts.ts';
import { loadMetricCatalog } from '../../src/transform/metric-catalog.ts';
import { moneyTables } from '../../src/transform/money-settings.ts';
import { configColumns } from '../../src/transform/setup.ts';
import type { Step } from '../../src/transform/step.ts';
import type { Column } from '../../src/warehouse/port.ts';

/** A row by hand: timestamps, dates and decimals as text. */
export type Seed = Readonly<Record<string, string | number | boolean | null>>;

const raw =
  '_account_id varchar, _primary_key varchar, _person_key varchar, _cursor_at timestamp, _extracted_at timestamp, ' +
  '_loaded_at timestamp, _run_id varchar, _item varchar, _deleted_at timestamp, _record_hash varchar, ' +
  '_partition_date date, record json';

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

const ops = Object.entries(configColumns).map(
  ([table, columns]) => `${table} (${columns.map(({ name, type }) => `${name} ${duckTypes[type]}`).join(', ')})`,
);

const quoted = (name: string): string => `"${name.replace('.', '"."')}"`;
const inDuckdb = (sql: string): string => sql.replaceAll(/`[^`.]+\.([^`.]+)\.([^`.]+)`/g, '"$1"."$2"');

/** Files without a seed, by as-of date, zone and currency: to copy one costs a hundredth of the hundred models that make it. */
const empties = new Map<string, string>();
let ownFolder: string | undefined;
const folder = (): string => {
  if (ownFolder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'mailmart-marts-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    ownFolder = made;
  }
  return ownFolder;
};

/**
 * The marts on a DuckDB of their own, above core tables that a test fills by hand, far below the price of a whole run. The
 * core tables are made by the real models over empty raw tables, so that a seed cannot name a column that core does not have.
 */
export class MartsWarehouse {
  readonly #graph: Graph;
  readonly #connection: DuckDBConnection;
  readonly #close: () => void;

  private constructor(graph: Graph, connection: DuckDBConnection, close: () => void) {
    this.#graph = graph;
    this.#connection = connection;
    this.#close = close;
  }

  static async open(
    asOf = '2026-06-30',
    { timeZone = 'Europe/Berlin', currency = 'EUR' }: { readonly timeZone?: string; readonly currency?: string } = {},
  ): Promise<MartsWarehouse> {
    const graph = await compileGraph({ engine: 'duckdb', timeZone, currency });
    const key = `${asOf} ${timeZone} ${currency}`;
    const file = join(folder(), `${randomUUID()}.duckdb`);
    const empty = empties.get(key);
    if (empty === undefined) {
      const first = await MartsWarehouse.#at(file, graph);
      await first.#fill(asOf, currency);
      // Whoever closes last writes all of it into the file.
      first.close();
      empties.set(key, file);
      return await MartsWarehouse.open(asOf, { timeZone, currency });
    }
    copyFileSync(empty, file);
    return await MartsWarehouse.#at(file, graph, () => rmSync(file));
  }

  static async #at(file: string, graph: Graph, closed = (): void => {}): Promise<MartsWarehouse> {
    const instance = await DuckDBInstance.create(file, { threads: '1' });
    const connection = await instance.connect();
    return new MartsWarehouse(graph, connection, () => {
      connection.closeSync();
      instance.closeSync();
      closed();
    });
  }

  /** Tables of ops and raw, empty or as the configuration says, and what the real models make of them, up to the marts. */
  async #fill(asOf: string, currency: string): Promise<void> {
    const graph = this.#graph;
    for (const schema of ['raw', 'staging', 'core', 'marts', 'ops']) await this.execute(`create schema ${schema}`);
    for (const table of ops) await this.execute(`create table ${table}`);
    await this.execute(`insert into ops.data_as_of values (date '${asOf}', timestamp '${asOf} 12:00:00')`);
    for (const { name, rows } of moneyTables({}, currency)) await this.seed(name, rows as readonly Seed[]);
    await this.seed('ops.alert_rules', ruleRows(alertRules(loadMetricCatalog())) as readonly Seed[]);
    for (const { name } of graph.declarations.filter((table) => table.name.startsWith('raw.'))) {
      await this.execute(`create table ${quoted(name)} (${raw})`);
    }
    // Marts, and what is made of marts, are made by `build` only.
    const later = new Set<string>();
    for (const action of graph.actions) {
      // A step below the marts: its table, empty, until `build` runs it.
      if (action.step !== undefined) await this.#create(action.step);
      if (action.kind === 'assertion' || action.step !== undefined) continue;
      if ((isOurs(action) && !action.name.startsWith('core.')) || action.reads.some((read) => later.has(read))) {
        later.add(action.name);
        continue;
      }
      // As a table even where it is a view: a view could not be filled.
      await this.execute(`create table ${quoted(action.name)} as ${inDuckdb(action.full.query)}`);
    }
  }

  close(): void {
    this.#close();
  }

  async execute(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** Decimals, dates and timestamps as text, whole numbers as number. */
  async query(sql: string): Promise<readonly Row[]> {
    const reader = await this.#connection.runAndReadAll(sql);
    return reader
      .getRowObjects()
      .map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)])));
  }

  /** Adds rows to a table; columns that are left out are NULL. */
  async seed(table: string, rows: readonly Seed[]): Promise<void> {
    for (const row of rows) {
      const values = Object.values(row).map((value) =>
        typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value),
      );
      await this.execute(`insert into ${table} (${Object.keys(row).join(', ')}) values (${values.join(', ')})`);
    }
  }

  /** Builds every mart, in the graph's order, the statistics step among them; or only the named tables. */
  async build(only?: readonly string[]): Promise<void> {
    // As the sources' tables number them.
    await this.execute(`update core.fct_message_event set person_number = case when subscriber_id is null
      then -1 - cast(md5_number_lower(member_id) >> 4 as bigint) else cast(md5_number_lower(subscriber_id) >> 4 as bigint) end`);
    for (const action of this.#graph.actions) {
      // The swap of built marts into place is the runner's.
      if (['assertion', 'operations'].includes(action.kind)) continue;
      if (only === undefined ? !isOurs(action) : !only.includes(action.name)) continue;
      if (action.step === undefined) {
        await this.execute(`create or replace table ${quoted(action.name)} as ${inDuckdb(action.full.query)}`);
      } else {
        await this.#run(action.step);
      }
    }
  }

  /** The checks whose rows name a rule, with all their rules. */
  checks(): readonly { readonly name: string; readonly rules: readonly string[] }[] {
    return this.#graph.actions
      .filter((action) => action.kind === 'assertion' && isOurs(action))
      .map(({ name, full }) => {
        const named = full.query.matchAll(/'((?:[^']|'')+)' as rule/g);
        return { name, rules: [...new Set([...named].map(([, rule = '']) => rule.replaceAll("''", "'")))] };
      })
      .filter(({ rules }) => rules.length > 0);
  }

  /** The assertions on the marts that fail now, or only the named one, with the rule broken where the assertion names it. */
  async failedAssertions(only?: string): Promise<readonly string[]> {
    const failed: string[] = [];
    for (const action of this.#graph.actions) {
      if (action.kind !== 'assertion' || !isOurs(action) || action.name !== (only ?? action.name)) continue;
      for (const row of await this.query(inDuckdb(action.full.query))) {
        const rule = row['rule'];
        failed.push(typeof rule === 'string' ? `${action.name}: ${rule}` : action.name);
      }
    }
    return [...new Set(failed)];
  }

  async #create({ writes: { table, columns } }: Step): Promise<void> {
    const types = columns.map(({ name, type }) => `${name} ${duckTypes[type]}`);
    await this.execute(`create or replace table ${table} (${types.join(', ')})`);
  }

  async #run(step: Step): Promise<void> {
    await this.#create(step);
    await this.seed(
      step.writes.table,
      (await step.run(await this.query(`select * from ${step.reads}`))) as readonly Seed[],
    );
  }
}

const martsFolder = join(sqlFolder(), 'definitions', 'marts');
const martsFiles = new Set([
  ...readdirSync(martsFolder).map((file) => parse(file).name),
  'int_event_person',
  'int_campaign_recipient',
  'int_person_month',
  'int_person_reading',
]);

/** What stands in sql/definitions/marts: the marts, the tables between core and them, and their assertions; sums of events. */
function isOurs(action: Action): boolean {
  const table = action.checks ?? action.name;
  if (action.kind === 'assertion' && action.checks === null) return true;
  return action.step !== undefined || table.startsWith('marts.') || martsFiles.has(table.replace(/^core\./, ''));
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
