import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { flatInsertion, flatten } from './flatten.ts';
import { peakRssMb } from './peak-rss.ts';
import { accountKey } from './shape.ts';

// The same streams, as fast as this machine can, in two ways. `program`: parsed and flattened here, then loaded: the bound
// of whoever looks at records at all. `duckdb`: pages go to disk as they came, and DuckDB's own reader unpacks, parses and
// flattens many at once, with nothing checked. What was tried and lost is in README.md.

const connections = 10;
const pageSize = 1000;

const event = 'action varchar, type varchar, "timestamp" timestamp, url varchar, ip varchar';
const face = 'campaign_id varchar, list_id varchar, email_id varchar, email_address varchar';
const contact =
  'id varchar, email_address varchar, status varchar, last_changed timestamp, timestamp_opt varchar, timestamp_signup varchar';

const tables = {
  lists: 'id varchar, record json',
  campaigns: 'id varchar, record json',
  reports: 'id varchar, record json',
  members: `${contact}, record json`,
  events: `${face}, ${event}`,
} as const;
type Table = keyof typeof tables;
type Mode = 'program' | 'duckdb' | 'fetch';

/** Loads one account into a fresh DuckDB file. */
class UpperBound {
  private readonly url: string;
  /** Pages that a load waits for: each statement has a price, and loading beside the fetching saves time. */
  private batch: number | undefined;
  private readonly mode: Mode;
  private readonly headers = {
    authorization: `Bearer ${accountKey(1)}`,
    'accept-encoding': 'gzip',
  };
  private readonly agent = new Agent({ keepAlive: true, maxSockets: connections });
  private readonly folder: string;
  private readonly pending: { readonly table: Table; readonly file: string }[] = [];
  private requests = 0;
  private files = 0;
  private loading: Promise<void> | undefined;
  private connection: DuckDBConnection | undefined;

  constructor(url: string, folder: string, batch: number | undefined, mode: Mode) {
    this.folder = folder;
    this.url = url;
    this.batch = batch;
    this.mode = mode;
  }

  async run(): Promise<Readonly<Record<string, number>>> {
    const started = performance.now();
    const instance = await DuckDBInstance.create(join(this.folder, 'bound.duckdb'));
    try {
      this.connection = await instance.connect();
      await this.connection.run('set preserve_insertion_order = false');
      for (const [name, columns] of Object.entries(tables)) {
        await this.connection.run(`create table ${name} (${columns})`);
      }
      // One transaction: row groups go straight to the file, and no log is written of them.
      await this.connection.run('begin');
      await this.fetchAll();
      const fetchMs = performance.now() - started;
      await this.loading;
      await this.load();
      await this.connection.run('commit');
      await this.connection.run('checkpoint');
      const wallMs = performance.now() - started;
      const counts = await this.counts();
      const rows = Object.values(counts).reduce((sum, count) => sum + count, 0);
      const { userCPUTime, systemCPUTime } = process.resourceUsage();
      const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
      return { rows, ...counts, wallMs, fetchMs, requests: this.requests, peakRssMb: peakRssMb(), cpuSeconds };
    } finally {
      this.connection?.closeSync();
      instance.closeSync();
      this.agent.destroy();
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  /** First what tells how much there is, then pages of all kinds with no connection idle. */
  private async fetchAll(): Promise<void> {
    const [lists, campaigns] = await Promise.all([
      this.keep('lists', '/lists', 'lists', 0),
      this.keep('campaigns', '/campaigns', 'campaigns', 0),
      this.keep('reports', '/reports', 'reports', 0),
      this.fetch('/automations', 'automations', 0),
    ]);
    const [list] = parse(lists)['lists'] as readonly { readonly id: string }[];
    if (list === undefined) throw new Error('the account has no list');
    const members = `/lists/${list.id}/members`;
    const jobs: (() => Promise<unknown>)[] = [() => this.fetch(members, 'members', 0, 'archived')];
    for (const { id, emails_sent: sent } of parse(campaigns)['campaigns'] as readonly Campaign[]) {
      for (let offset = 0; offset < sent; offset += pageSize) {
        jobs.push(() => this.keep('events', `/reports/${id}/email-activity`, 'emails', offset));
      }
    }
    // How many members there are, their first page says; meanwhile the other connections read activity.
    jobs.push(async () => {
      const total = Number(parse(await this.keep('members', members, 'members', 0))['total_items']);
      for (let offset = pageSize; offset < total; offset += pageSize) {
        jobs.push(() => this.keep('members', members, 'members', offset));
      }
      this.batch ??= Math.min(250, Math.max(30, Math.round(jobs.length / 4)));
    });
    const lane = async (): Promise<void> => {
      for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) await job();
    };
    while (jobs.length > 0) await Promise.all(Array.from({ length: connections }, lane));
  }

  /** Fetches a page and leaves it for the loader. */
  private async keep(table: Table, path: string, key: string, offset: number): Promise<Buffer> {
    const page = await this.fetch(path, key, offset);
    if (this.mode === 'fetch') return page;
    const isFlat = this.mode === 'program';
    const file = join(this.folder, `${(this.files += 1)}.${isFlat ? 'tsv' : 'json.gz'}`);
    await writeFile(file, isFlat ? await flatten(table, key, page) : page);
    this.pending.push({ table, file });
    if (this.pending.length >= (this.batch ?? 250) && this.loading === undefined) {
      this.loading = this.load().finally(() => {
        this.loading = undefined;
      });
    }
    return page;
  }

  private fetch(path: string, key: string, offset: number, status = ''): Promise<Buffer> {
    this.requests += 1;
    const query = `count=${pageSize}&offset=${offset}&exclude_fields=_links,${key}._links${status === '' ? '' : `&status=${status}`}`;
    return new Promise((resolve, reject) => {
      const request = get(`${this.url}${path}?${query}`, { agent: this.agent, headers: this.headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(Buffer.concat(parts));
          else reject(new Error(`${path} answered ${response.statusCode ?? 0}`));
        });
      });
      request.on('error', reject);
    });
  }

  /** Everything that waits, a statement a table. */
  private async load(): Promise<void> {
    const waiting = this.pending.splice(0);
    for (const table of Object.keys(tables) as Table[]) {
      const files = waiting.filter((page) => page.table === table).map(({ file }) => file);
      if (files.length > 0) {
        const isFlat = this.mode === 'program';
        await this.connection?.run(isFlat ? flatInsertion(table, tables[table], files) : insertion(table, files));
      }
      for (const file of files) rmSync(file);
    }
  }

  private async counts(): Promise<Readonly<Record<Table, number>>> {
    const counts = { lists: 0, campaigns: 0, reports: 0, members: 0, events: 0 };
    for (const table of Object.keys(tables) as Table[]) {
      const reader = await this.connection?.runAndReadAll(`select count(*) from ${table}`);
      counts[table] = Number(reader?.getRows()[0]?.[0] ?? 0);
    }
    return counts;
  }
}

type Campaign = { readonly id: string; readonly emails_sent: number };

const parse = (page: Buffer): Readonly<Record<string, unknown>> => JSON.parse(gunzipSync(page).toString()) as never;

/** A page is one object that holds everything, so its rows are unnested; twice, where a row holds a list of its own. */
function insertion(table: Table, files: readonly string[]): string {
  const pages = (columns: string): string =>
    `read_json([${files.map((file) => `'${file}'`).join(', ')}], format = 'unstructured', maximum_object_size = 8000000, columns = {${columns}})`;
  if (table === 'events') {
    const shape = `struct(${face}, activity struct(${event})[])[]`;
    return `insert into events select e.campaign_id, e.list_id, e.email_id, e.email_address, a.action, a.type, a.timestamp, a.url, a.ip
      from (select e, unnest(e.activity) as a from (select unnest(emails) as e from ${pages(`emails: '${shape}'`)}))`;
  }
  if (table === 'members') {
    return `insert into members select unnest(json_transform(m, '${jsonShape(contact)}')), m
      from (select unnest(members) as m from ${pages("members: 'json[]'")})`;
  }
  return `insert into ${table} select m ->> 'id', m from (select unnest(${table}) as m from ${pages(`${table}: 'json[]'`)})`;
}

const jsonShape = (columns: string): string =>
  JSON.stringify(Object.fromEntries(columns.split(', ').map((column) => column.split(' '))));

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    /** Default: a new one. It is removed at the end. */
    folder: { type: 'string' },
    /** Default: a quarter of all, 30 to 250. */
    batch: { type: 'string' },
    /** Who parses: `program`, `duckdb`; or `fetch`, where pages are thrown away as they come: the simulator's speed. */
    mode: { type: 'string', default: 'program' },
  },
});
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'mailmart-bound-'));
if (!['program', 'duckdb', 'fetch'].includes(values.mode))
  throw new Error(`--mode ${values.mode}: program, duckdb or fetch`);
if (values.url === undefined) throw new Error('--url: the address of the simulator');
console.log(
  JSON.stringify(
    await new UpperBound(
      values.url,
      folder,
      values.batch === undefined ? undefined : Number(values.batch),
      values.mode as Mode,
    ).run(),
  ),
);
