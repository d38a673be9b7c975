import { createReadStream } from 'node:fs';
import type { Clock } from '../../contracts/clock.ts';
import { WarehouseError } from '../port.ts';
import {
  checkSent,
  isByAccount,
  runTables,
  type AccountDigest,
  type Digest,
  type Mark,
  type SourceFacts,
  type TransferColumn,
  type TransferPart,
  type TransferTable,
  type TransferTarget,
} from '../transfer.ts';
import { createClient, type Client, type ClientOptions } from './client.ts';
import { ownRefusal } from './errors.ts';
import { nextNumber } from './insert.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { createNames, labelsOf, type Names } from './names.ts';
import {
  addColumns,
  createSchema,
  createTable,
  ensureRaw,
  opsTables,
  rawFields,
  type TableDefinition,
} from './schema.ts';
import { send } from './upload.ts';
import { columnType, everyPartition, fieldsOf, fieldTypes, type Field } from './values.ts';

/** A bucket that parts go through, where there is one. */
export type PartBucket = {
  /** Puts a file there; returns its `gs://` address. */
  put(name: string, file: string): Promise<string>;
  remove(name: string): Promise<void>;
};

export type TransferTargetOptions = ClientOptions & {
  readonly datasetPrefix: string;
  readonly clock: Clock;
  readonly bucket?: PartBucket;
};

const markTable = 'ops.migrated_table';
const text = (name: string, description = ''): Field => ({ name, type: 'STRING', mode: 'REQUIRED', description });
const markDefinition: TableDefinition = {
  description: 'Tables that mailmart migrate brought from a DuckDB warehouse; the newest row of a name counts',
  fields: [
    { name: 'number', type: 'INT64', mode: 'REQUIRED' },
    text('name'),
    text('fingerprint', 'Of the rows in the source'),
    text('content', 'What the table then held: rows and digests by account'),
    { name: 'rows', type: 'INT64', mode: 'REQUIRED' },
    { name: 'migrated_at', type: 'TIMESTAMP', mode: 'REQUIRED' },
  ],
};

/** What a later run makes by itself is brought before. */
function definitionOf(name: string): TableDefinition {
  const { description, columns } = runTables.find((table) => table.name === name) ?? { description: '', columns: [] };
  return (
    opsTables[name.replace('ops.', '')] ?? {
      description,
      fields: columns.map((column) => ({ name: column.name, type: fieldTypes[column.type] })),
    }
  );
}

/** BigQuery as the place to copy to. Creates nothing before `prepare`. */
export function openTransferTarget(options: TransferTargetOptions): TransferTarget {
  const client = createClient(options);
  const names = createNames(options.project, options.datasetPrefix);
  return new Target(client, names, createJobs(client, options.backoff), options);
}

class Target implements TransferTarget {
  readonly #client: Client;
  readonly #names: Names;
  readonly #jobs: Jobs;
  readonly #options: TransferTargetOptions;
  readonly #labels: Readonly<Record<string, string>>;

  /** Numbers of the newest marks when they were read, before anything was written. */
  #lastMarks: ReadonlyMap<string, string> = new Map();

  constructor(client: Client, names: Names, jobs: Jobs, options: TransferTargetOptions) {
    this.#client = client;
    this.#names = names;
    this.#jobs = jobs;
    this.#options = options;
    this.#labels = labelsOf(options.datasetPrefix);
  }

  readonly layout = (name: string): readonly TransferColumn[] => {
    const fields = name.startsWith('raw.') ? rawFields : definitionOf(name).fields;
    return fields.map((field) => ({ name: field.name, type: columnType(field.type) as TransferColumn['type'] }));
  };

  async marks(): Promise<ReadonlyMap<string, Mark>> {
    if ((await this.#find(markTable)) === null) return new Map();
    const { rows } = await this.#jobs.query(
      'Read what was migrated',
      `select name, max_by(fingerprint, number) as fingerprint, max_by(content, number) as content,
        cast(max(number) as string) as last
      from ${this.#names.quote(markTable)} group by name`,
      { labels: this.#labels },
    );
    this.#lastMarks = new Map(rows.map((row) => [String(row['name']), String(row['last'])]));
    return new Map(
      rows.map((row) => [
        String(row['name']),
        { fingerprint: String(row['fingerprint']), content: String(row['content']) },
      ]),
    );
  }

  async read(table: TransferTable, owners: readonly string[]): Promise<readonly AccountDigest[]> {
    const found = owners.length === 0 ? null : await this.#find(table.name);
    if (found === null) return [];
    const account = isByAccount(table) ? table.owner : `''`;
    // Columns that an older version's migration did not bring are none of what it noted; `commit` adds them.
    const brought = new Set(fieldsOf(found).map(({ name }) => name));
    const cells = md5Of(table.columns.filter(({ name, type }) => type !== 'json' && brought.has(name)).map(textOf));
    const { rows } = await this.#jobs.query(
      `Read ${table.name}`,
      `select account, count(*) as row_count, countif(is_deleted) as deleted, ${digestOf('cells')}
      from (
        select ${account} as account, ${table.stream === undefined ? 'false' : '_deleted_at is not null'} as is_deleted,
          ${cells} as cells
        from ${this.#names.quote(table.name)}
        where ${everyRow(found)} and ${table.owner} in unnest(@owners)) as ours
      group by account order by account`,
      { params: { owners }, labels: this.#labels },
    );
    return rows.map((row) => ({
      account: String(row['account']),
      deleted: Number(row['deleted']),
      ...toDigest(row),
    }));
  }

  async prepare(): Promise<void> {
    await createSchema(this.#client, this.#names, this.#labels);
    if ((await this.#find(markTable)) === null)
      await createTable(this.#client, this.#names, markTable, markDefinition, this.#labels);
  }

  async hasPart(table: TransferTable, facts: SourceFacts, part: TransferPart): Promise<boolean> {
    return (await this.#find(stagingName(table, facts, part))) !== null;
  }

  async sendPart(table: TransferTable, facts: SourceFacts, part: TransferPart, file: string): Promise<void> {
    const name = stagingName(table, facts, part);
    const attempted = `Send ${table.name}`;
    // Every column travels as text: Parquet has no JSON that a load job takes, and a time of DuckDB's is no TIMESTAMP there.
    const fields = table.columns.map((column) => ({ name: column.name, type: 'STRING', mode: 'NULLABLE' }));
    const load = {
      destination: this.#names.reference(name),
      fields,
      labels: this.#labels,
      format: 'PARQUET',
    } as const;
    const { bucket } = this.#options;
    const object = `${name.slice('loads.'.length)}.parquet`;
    const sourceUris = bucket === undefined ? undefined : [await bucket.put(object, file)];
    try {
      for (let round = 0; ; round += 1) {
        // A finished job whose table has expired, or was dropped, is done anew.
        const identity = ['migrate', this.#names.dataset('loads'), name, String(round)];
        if (sourceUris !== undefined) await this.#jobs.load(attempted, identity, { ...load, sourceUris });
        else {
          const content = (): AsyncIterable<Buffer> => createReadStream(file) as AsyncIterable<Buffer>;
          await this.#jobs.load(attempted, identity, load, send({ client: this.#client }, content, 'none'));
        }
        if ((await this.#find(name)) !== null) return;
        if (round === 20) throw vanished(name);
      }
    } finally {
      await bucket?.remove(object);
    }
  }

  async commit(table: TransferTable, facts: SourceFacts, mark: Mark, before: number): Promise<void> {
    const { stream } = table;
    if (stream !== undefined) await ensureRaw(this.#client, this.#names, stream, this.#labels);
    else {
      const found = await this.#find(table.name);
      const definition = definitionOf(table.name);
      if (found === null) await createTable(this.#client, this.#names, table.name, definition, this.#labels);
      else await addColumns(this.#client, this.#names, table.name, definition.fields, found);
    }
    const staged = facts.parts.map((part) => stagingName(table, facts, part));
    try {
      if (staged.length > 0) await this.#checkStaged(table, facts, staged);
    } catch (error) {
      // Sent anew next time.
      for (const name of staged) await this.#drop(name);
      throw error;
    }
    const { sql, params } = await this.#commitScript(table, facts, mark, { before, staged });
    const earlier = this.#lastMarks.get(table.name) ?? '0';
    for (let round = 0; ; round += 1) {
      // Of one view of the table there is one commit: whoever comes again after a crash meets it. One that is done already, and
      // whose tables were dropped since, is done anew.
      const identity = ['migrate commit', this.#names.quote(table.name), mark.fingerprint, earlier, `${before}`];
      try {
        await this.#jobs.query(`Write ${table.name}`, sql, {
          params,
          labels: this.#labels,
          identity: [...identity, String(round)],
        });
      } catch (error) {
        if (ownRefusal(error) !== 'moved') throw error;
        throw new WarehouseError(
          `${table.name} was changed by somebody else meanwhile; nothing of the table was written.`,
          { kind: 'transient', fix: 'See to it that nothing else writes these datasets, and run the command again.' },
          { cause: error },
        );
      }
      if ((await this.#lastMark(table.name)) !== earlier) break;
      if (round === 20) throw vanished(table.name);
    }
    // An emulator takes seconds to drop a table, and more with each.
    if (!this.#client.isEmulator) for (const name of staged) await this.#drop(name).catch(() => undefined);
  }

  /** Number of the table's newest mark. */
  async #lastMark(name: string): Promise<string> {
    const { rows } = await this.#jobs.query(
      'Read what was migrated',
      `select cast(coalesce(max(number), 0) as string) as last from ${this.#names.quote(markTable)} where name = @name`,
      { params: { name }, labels: this.#labels },
    );
    return String(rows[0]?.['last'] ?? '0');
  }

  async #checkStaged(table: TransferTable, facts: SourceFacts, staged: readonly string[]): Promise<void> {
    const sent = md5Of(table.columns.map(({ name }) => `\`${name}\``));
    const { rows } = await this.#jobs.query(
      `Check what arrived of ${table.name}`,
      `select count(*) as row_count, ${digestOf('sent')} from (select ${sent} as sent from ${this.#union(staged)}) as staged`,
      { labels: this.#labels },
    );
    checkSent(table, facts, toDigest(rows[0] ?? {}));
  }

  async #commitScript(
    table: TransferTable,
    facts: SourceFacts,
    mark: Mark,
    { before, staged }: { readonly before: number; readonly staged: readonly string[] },
  ): Promise<{ readonly sql: string; readonly params: Readonly<Record<string, string | readonly string[]>> }> {
    const target = this.#names.quote(table.name);
    const ours = `${everyRow(await this.#find(table.name))} and ${table.owner} in unnest(@owners)`;
    const columns = table.columns.map(({ name }) => `\`${name}\``).join(', ');
    // The emulator wants each statement of a script to name a parameter where the script has some.
    const statements = [
      `insert into ${this.#names.quote(markTable)} (number, name, fingerprint, content, \`rows\`, migrated_at)
      select cast(@number as int64), if((select count(*) from ${target} where ${ours}) = cast(@before as int64), @name, error('mailmart: moved')),
        @fingerprint, @content, cast(@row_count as int64), timestamp(@at)`,
      ...(before === 0 ? [] : [`delete from ${target} where ${ours}`]),
      ...(staged.length === 0
        ? []
        : [
            `insert into ${target} (${columns}) select ${table.columns.map(valueOf).join(', ')} from ${this.#union(staged)} where @name is not null`,
          ]),
    ];
    return {
      sql: `begin transaction;\n${statements.join(';\n')};\ncommit transaction`,
      params: {
        number: String(nextNumber()),
        name: table.name,
        fingerprint: mark.fingerprint,
        content: mark.content,
        row_count: String(facts.rows),
        at: this.#options.clock.now(),
        before: String(before),
        owners: facts.owners,
      },
    };
  }

  #union(tables: readonly string[]): string {
    return `(${tables.map((name) => `select * from ${this.#names.quote(name)}`).join(' union all ')}) as sent_rows`;
  }

  async #find(name: string) {
    return await this.#client.find(`Look at ${name}`, { path: this.#names.path(name) });
  }

  async #drop(name: string): Promise<void> {
    await this.#client.find(`Drop ${name}`, { method: 'DELETE', path: this.#names.path(name) });
  }
}

const vanished = (name: string): WarehouseError =>
  new WarehouseError(`${name} is gone right after it was written.`, {
    kind: 'transient',
    fix: 'See to it that nothing else removes tables of these datasets, and run the command again.',
  });

/** A part's own table: named by what it holds, so that a later attempt finds it. Expires by itself after a day. */
const stagingName = (table: TransferTable, facts: SourceFacts, { index }: TransferPart): string =>
  `loads.migrate__${table.name.replace('.', '__')}__${facts.fingerprint.slice(0, 16)}__${index}`;

/** Condition that every row of a table meets, on its partitions where it has some. */
const everyRow = (table: Readonly<Record<string, unknown>> | null): string =>
  table?.['timePartitioning'] === undefined ? 'true' : everyPartition();

/** The text that a column of a table was sent as. */
function textOf({ name, type }: TransferColumn): string {
  switch (type) {
    case 'string':
      return `\`${name}\``;
    case 'timestamp':
      return `cast(unix_micros(\`${name}\`) as string)`;
    default:
      return `cast(\`${name}\` as string)`;
  }
}

/** The value that a column's text stands for. */
function valueOf({ name, type }: TransferColumn): string {
  switch (type) {
    case 'string':
      return `\`${name}\``;
    case 'timestamp':
      return `timestamp_micros(cast(\`${name}\` as int64))`;
    case 'json':
      return `parse_json(\`${name}\`, wide_number_mode => 'round')`;
    default:
      return `cast(\`${name}\` as ${fieldTypes[type]})`;
  }
}

const md5Of = (columns: readonly string[]): string =>
  `to_hex(md5(concat(${columns.map((column) => `coalesce(${column}, chr(30))`).join(', chr(31), ')})))`;

const digestOf = (hash: string): string =>
  `cast(coalesce(bit_xor(cast(concat('0x', substr(${hash}, 1, 15)) as int64)), 0) as string) as xor_text,
    cast(coalesce(sum(cast(concat('0x', substr(${hash}, 16, 7)) as int64)), 0) as string) as sum_text`;

const toDigest = (row: Readonly<Record<string, unknown>>): Digest => ({
  rows: Number(row['row_count'] ?? 0),
  xor: String(row['xor_text'] ?? '0'),
  sum: String(row['sum_text'] ?? '0'),
});
