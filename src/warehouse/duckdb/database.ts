import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { createMutex } from '../../contracts/mutex.ts';
import { WarehouseError } from '../port.ts';
import { isInvalidated, warehouseFailure } from './errors.ts';
import { quoteText } from './identifiers.ts';
import { noExtensions } from './no-extensions.ts';
import { Session } from './session.ts';
import { threadsFor, type Threads } from './threads.ts';

export type DatabaseOptions = {
  readonly path: string;
  /** Granted to models and queries; loads make do with less, see `loadMemory`. */
  readonly memoryLimit: string;
  /** Folders that SQL may read and write; everything else is refused by DuckDB. */
  readonly folders: readonly string[];
  /** How long to wait for another process to let go of the file. */
  readonly lockWaitMs: number;
  /** Nothing is written to the file, and nobody else can write it. */
  readonly isReadOnly?: boolean;
};

/** Sessions at work at once; each long statement holds one of Node's four background threads. */
const mostSessions = 3;

/**
 * Memory for loads, which stream: more makes them little faster (seen: 72 MB a tenth slower, 96 MB to 1 GB the same), and the worker's footprint during a
 * sync is what this leaves. Beyond it they spill.
 */
const loadMemoryMb = (threads: number): number => 48 + 40 * threads;

/** What a caller may take: what is enough for loads beside the reading of sources, all cores, or all that the configuration grants. */
type Share = 'little' | 'cores' | 'all';

const units: Readonly<Record<string, number>> = { MB: 1, MiB: 1.048_576, GB: 1000, GiB: 1073.741_824 };

/** Of a limit in words; NaN when it says something else than an amount, which is DuckDB's to judge. */
function megabytes(limit: string): number {
  const [, amount, unit = ''] = /^([\d.]+)\s?(\w+)$/.exec(limit) ?? [];
  return Number(amount) * (units[unit] ?? Number.NaN);
}

/** What DuckDB may count of the memory that it is granted: it takes up to half as much again, most of it pages that it gives back late. */
const counted = 0.7;

/** What models and queries may take under a configured limit. */
function modelMemory(limit: string): string {
  const most = megabytes(limit);
  return Number.isNaN(most) ? limit : `${Math.floor(counted * most)}MB`;
}

/** What loads may take under a configured limit: no more than models, who may have less. */
function loadMemory(limit: string, threads: number): string {
  const enough = loadMemoryMb(threads);
  return megabytes(modelMemory(limit)) < enough ? modelMemory(limit) : `${enough}MB`;
}

/** What the file is called in SQL, whatever its own name. */
const catalog = 'warehouse';

/**
 * Rows of a row group, a third of the default. What a load holds beyond whole ones is written twice, first to the log, and one
 * group in the making is what a load needs memory for.
 */
const rowGroupSize = 40_960;

/** Attached, because the size of row groups is no option of a database that is opened directly. */
async function openFile(path: string, config: Record<string, string>, isReadOnly: boolean): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', config);
  try {
    const connection = await instance.connect();
    // The storage is that of new files: older forms have no zstd columns. Read by every DuckDB from 1.4 on.
    await connection.run(
      `attach ${quoteText(path)} as ${catalog} (${isReadOnly ? 'read_only' : `row_group_size ${rowGroupSize}, storage_version 'v1.4.0'`})`,
    );
    connection.closeSync();
  } catch (error) {
    instance.closeSync();
    throw error;
  }
  return instance;
}

/** DuckDB's lock is one a process: a second instance in this process would write the same file unhindered. */
const openHere = new Set<string>();

/** The warehouse file, opened once by one process; lends sessions and opens itself again after a fatal write failure. */
export class Database {
  readonly path: string;
  /** Raw tables that are known to be there: none is ever dropped. */
  readonly rawTables = new Set<string>();
  readonly #oneLarge = createMutex();
  readonly #options: DatabaseOptions;
  readonly #threads: Threads;
  #instance: DuckDBInstance | undefined;
  #idle: Session[] = [];
  #lent = 0;
  #streams = 0;
  /** Callers at work, by what they may take. */
  readonly #taking: Record<Share, number> = { little: 0, cores: 0, all: 0 };
  /** What DuckDB was told last. */
  #limits = '';
  #broken = false;
  #waiting: (() => void)[] = [];

  private constructor(path: string, options: DatabaseOptions) {
    this.path = path;
    this.#options = options;
    this.#threads = threadsFor(process.env);
  }

  static async open(options: DatabaseOptions): Promise<Database> {
    const folder = dirname(resolve(options.path));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(realpathSync(folder), basename(options.path));
    if (openHere.has(path)) {
      throw new WarehouseError(`The warehouse file is already open in this process (${process.pid}).`, {
        kind: 'locked',
        fix: 'Use the one warehouse object of the process, or close it first.',
      });
    }
    const database = new Database(path, options);
    openHere.add(path);
    try {
      await database.#start();
    } catch (error) {
      openHere.delete(path);
      throw error;
    }
    return database;
  }

  /** Lends a session, and what DuckDB may take, for as long as the work goes on; waits for one when all are busy. */
  async use<T>(work: (session: Session) => Promise<T>, share: Share = 'little'): Promise<T> {
    const session = await this.#borrow();
    let reusable = true;
    this.#taking[share] += 1;
    try {
      await this.#limit(session);
      return await work(session);
    } catch (error) {
      if (isInvalidated(error)) this.#broken = true;
      // A failed statement may have left settings or temporary tables behind.
      reusable = false;
      throw error;
    } finally {
      this.#taking[share] -= 1;
      this.#giveBack(session, reusable);
    }
  }

  /** The same, with all that the configuration grants: models, queries, copies. */
  async useAmply<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.use(work, 'all');
  }

  /**
   * The same, for a model, whose rows are put into the file after it. Models as large as the events, which alone delete, take
   * turns: each takes all cores, and two would share the memory and spill.
   */
  async useForModel<T>(isLarge: boolean, work: (session: Session) => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      const result = await this.useAmply(work);
      await this.#putAway(isLarge);
      return result;
    };
    return await (isLarge ? this.#oneLarge(run) : run());
  }

  /**
   * Puts into the file what models wrote: until then it is held in memory, a block a column of hundreds of tables, which is more
   * than a load may take. Of rows that a model deleted there are marks, which DuckDB counts as pages that it has read; these
   * alone give way by themselves, so they count where marks may be among them. Left for the next model when somebody else is
   * writing.
   */
  async #putAway(afterDeletes: boolean): Promise<void> {
    const enough = (megabytes(loadMemory(this.#options.memoryLimit, this.#threads.spare)) * 1_000_000) / 2;
    await this.useAmply(async (session) => {
      const held = `select cast(sum(memory_usage_bytes) as double) as held from duckdb_memory()
        where tag = 'IN_MEMORY_TABLE'${afterDeletes ? " or tag = 'BASE_TABLE'" : ''}`;
      const { held: bytes } = await session.row('Look how much memory is in use', held);
      if (Number(bytes) <= enough) return;
      await session.run('Write a checkpoint', `checkpoint ${catalog}`).catch(() => undefined);
    });
  }

  /** A session of its own for a reader that may be slow; it does not count among the busy ones. */
  async *stream<T>(work: (session: Session) => AsyncGenerator<T>): AsyncGenerator<T> {
    if (this.#broken) await this.use(async () => undefined);
    this.#streams += 1;
    const session = await this.#connect();
    try {
      yield* work(session);
    } finally {
      session.connection.closeSync();
      this.#streams -= 1;
      this.#wake();
    }
  }

  async close(): Promise<void> {
    while (this.#lent > 0 || this.#streams > 0) await this.#wait();
    this.#stop();
    openHere.delete(this.path);
  }

  get #spillFolder(): string {
    return `${this.path}.tmp`;
  }

  async #start(): Promise<void> {
    const deadline = performance.now() + this.#options.lockWaitMs;
    for (;;) {
      try {
        const settings = {
          memory_limit: loadMemory(this.#options.memoryLimit, this.#threads.spare),
          threads: String(this.#threads.spare),
          // Its default of 16 MB would rewrite the last row groups of a table after every load of a long sync.
          wal_autocheckpoint: '256MB',
          // A full row group goes to the file at once; by default five wait in memory.
          write_buffer_row_group_count: '1',
          temp_directory: this.#spillFolder,
          ...noExtensions,
        };
        this.#instance = await openFile(this.path, settings, this.#options.isReadOnly ?? false);
        break;
      } catch (error) {
        const failure = warehouseFailure(error, `Could not open ${this.path}`);
        if (failure.kind !== 'locked' || performance.now() > deadline) throw failure;
        await sleep(200);
      }
    }
    this.#limits = '';
    // What a killed process spilled. The file is ours by now, so nobody else is using it.
    rmSync(this.#spillFolder, { recursive: true, force: true });
    const session = await this.#connect();
    const folders = this.#options.folders.map((folder) => quoteText(resolve(folder))).join(', ');
    await session.run('Limit file access', `set global allowed_directories = [${folders}]`);
    await session.run('Limit file access', 'set global enable_external_access = false');
    this.#idle.push(session);
  }

  /**
   * Tells DuckDB what it may take, for the caller at work who needs most. It stays so until somebody needs another limit: most
   * work is short.
   */
  async #limit(session: Session): Promise<void> {
    const { cores, all } = this.#taking;
    const threads = cores + all > 0 ? this.#threads.all : this.#threads.spare;
    const { memoryLimit } = this.#options;
    const memory = all > 0 ? modelMemory(memoryLimit) : loadMemory(memoryLimit, threads);
    const limits = `${threads} ${memory}`;
    if (limits === this.#limits) return;
    try {
      await session.run('Set the number of threads', `set global threads = ${threads}`);
      await session.run('Set the memory limit', `set global memory_limit = ${quoteText(memory)}`);
      this.#limits = limits;
    } catch (error) {
      // Less than somebody holds just now: the next who begins tries again.
      if (all > 0) throw error;
    }
  }

  #stop(): void {
    for (const session of this.#idle) session.connection.closeSync();
    this.#idle = [];
    this.#instance?.closeSync();
    this.#instance = undefined;
  }

  async #connect(): Promise<Session> {
    if (this.#instance === undefined) {
      throw new WarehouseError('The warehouse is closed.', { kind: 'rejected', fix: 'Open it before using it.' });
    }
    const session = new Session(await this.#instance.connect());
    // Text without a zone counts as UTC, whatever the machine's zone is.
    await session.run('Set the time zone', `set session TimeZone = 'UTC'`);
    await session.run('Use the warehouse', `use ${catalog}`);
    return session;
  }

  async #borrow(): Promise<Session> {
    while (this.#lent >= mostSessions || (this.#broken && this.#lent > 0)) await this.#wait();
    this.#lent += 1;
    try {
      if (this.#broken) {
        while (this.#streams > 0) await this.#wait();
        this.#stop();
        await this.#start();
        this.#broken = false;
      }
      return this.#idle.pop() ?? (await this.#connect());
    } catch (error) {
      this.#lent -= 1;
      this.#wake();
      throw error;
    }
  }

  #giveBack(session: Session, reusable: boolean): void {
    if (reusable && !this.#broken) this.#idle.push(session);
    else session.connection.closeSync();
    this.#lent -= 1;
    this.#wake();
  }

  #wait(): Promise<void> {
    return new Promise((resume) => this.#waiting.push(resume));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
