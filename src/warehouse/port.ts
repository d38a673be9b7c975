import type { FileFault } from '../contracts/file-fault.ts';
import type { Instant, JsonObject } from '../contracts/json.ts';
import type {
  ItemState,
  PartFile,
  RawTable,
  RejectedRow,
  Row,
  Scalar,
  StreamKey,
  StreamReport,
  Verdict,
} from '../contracts/sync.ts';

/** What to do about a warehouse failure. */
export type WarehouseFailureKind =
  | 'transient' // busy, aborted transaction, disk full: try again
  | 'rejected' // wrong SQL: our bug
  | 'drift' // column clash, or the file is not what the ledger says
  | 'fenced' // a newer run took this stream: stop
  | 'quota' // the day's quota is spent: wait for hours
  | 'denied' // credentials or permissions: only a person can help
  | 'over_budget' // the run would spend more than it may: stop before it does
  | 'locked'; // another process owns the file

/** The code of each that `mailmart explain` knows: some kinds have the names of sources' kinds. */
export const warehouseCodes = {
  transient: 'WAREHOUSE_BUSY',
  rejected: 'WAREHOUSE_REJECTED',
  drift: 'WAREHOUSE_DRIFT',
  fenced: 'WAREHOUSE_FENCED',
  locked: 'WAREHOUSE_LOCKED',
  quota: 'WAREHOUSE_QUOTA',
  denied: 'WAREHOUSE_DENIED',
  over_budget: 'WAREHOUSE_BUDGET',
} as const satisfies Readonly<Record<WarehouseFailureKind, string>>;

/** What a failure is called: as its kind is, or as a file's fault, which may be met in any work. */
export type WarehouseCode = (typeof warehouseCodes)[WarehouseFailureKind] | FileFault['code'];

export class WarehouseError extends Error {
  readonly kind: WarehouseFailureKind;
  readonly fix: string | undefined;
  readonly code: WarehouseCode;
  constructor(
    message: string,
    { kind, fix, code = warehouseCodes[kind] }: { kind: WarehouseFailureKind; fix?: string; code?: WarehouseCode },
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'WarehouseError';
    this.kind = kind;
    this.fix = fix;
    this.code = code;
  }
}

/** A refused record, and the item whose next whole read shows whether it is mended; without one it stays refused for good. */
export type RefusedRow = RejectedRow & { readonly item?: string };

/** One load: everything here commits in one transaction or not at all. */
export type LoadUnit = {
  readonly key: StreamKey;
  readonly table: RawTable;
  readonly runId: string;
  /** Deterministic within run and stream; a batch already in the ledger is answered from it and changes nothing. */
  readonly batchId: string;
  /** Number taken at the stream's start; an old one is refused with `fenced`. */
  readonly fence: number;
  /** Landing files, relative names; hashes are checked before they are read. */
  readonly parts: readonly PartFile[];
  readonly rejected: readonly RefusedRow[];
  readonly checkpoints: ReadonlyMap<string, ItemState>;
  /** Items read as a whole in this unit: their rows that are not in it have vanished at the source. */
  readonly sweep: readonly string[];
  readonly extractedAt: Instant;
  /** Nothing is read meanwhile: an engine that works in this process may use all of its cores. */
  readonly isAlone?: boolean;
};

export type LoadResult = {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly deleted: number;
  /** Refused records that were not in quarantine yet. */
  readonly quarantined: number;
  /** Refused records that an earlier load had quarantined already. */
  readonly quarantinedAgain?: number;
  /** Rows of this unit that repeated a key of it; the last one in part order counts. */
  readonly duplicates?: number;
  /** True when the ledger already held the batch. */
  readonly repeated: boolean;
};

export type RunKind = 'sync' | 'pipeline' | 'transform';

export type RunRecord = {
  readonly runId: string;
  readonly kind: RunKind;
  readonly accountId: string | null;
  readonly startedAt: Instant;
  readonly finishedAt: Instant | null;
  readonly status: 'running' | 'done' | 'failed' | 'cancelled';
  readonly verdict: Verdict | null;
  /** Redacted. */
  readonly message: string | null;
};

export type TableKind = 'table' | 'view';

/** One action of the compiled graph, as the warehouse needs to know it beside its statements. */
export type ModelPlan = {
  /** `staging.stg_mailchimp__members`. */
  readonly name: string;
  readonly kind: 'table' | 'view' | 'incremental' | 'assertion' | 'operations' | 'step';
  /** Hash of SQL and of the inputs' fingerprints: equal to the stored one means there is nothing to do. */
  readonly fingerprint: string;
  /** Documentation, for engines that keep it beside the table. */
  readonly description?: string;
  readonly columns?: readonly { readonly name: string; readonly description: string }[];
  /** Of an incremental run: the table of new rows that its last statement merges, and the date column that both are partitioned by. */
  readonly merge?: { readonly source: string; readonly partitionBy: string };
};

/** How an action of the compiled graph ended. */
export type ModelRun = Pick<ModelPlan, 'name' | 'kind' | 'fingerprint'> & {
  readonly rows: number | null;
  readonly durationMs: number;
  readonly status: 'done' | 'unchanged' | 'failed';
  readonly message: string | null;
  /** Where the engine bills bytes: what the dry runs said, and what was billed. */
  readonly bytes?: { readonly estimated: number; readonly billed: number };
};

/**
 * The warehouse: everything behind this port. DuckDB has one owner process; BigQuery may be shared by many workers.
 * Schemas: raw, staging, core, marts, marts_build, ops. Times in UTC, money DECIMAL(38,9) / NUMERIC.
 */
export type Warehouse = {
  readonly engine: 'duckdb' | 'bigquery';

  /** Creates or upgrades schemas and ops tables; idempotent. Checks the ledger against the tables (counts). */
  open(): Promise<void>;
  close(): Promise<void>;

  // --- sync
  /** Takes the stream's fence for this run (a repeated call of the same run gets the same number). */
  takeFence(key: StreamKey, runId: string): Promise<number>;
  readState(key: StreamKey): Promise<ReadonlyMap<string, ItemState>>;
  /** Live raw records of a stream, in key order, streamed. */
  rawRecords(key: StreamKey): AsyncIterable<JsonObject>;
  rawCounts(key: StreamKey, groupField?: string): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>;
  ensureRawTable(table: RawTable): Promise<void>;
  load(unit: LoadUnit): Promise<LoadResult>;

  // --- run log (insert-only; the newest row wins)
  recordRun(run: RunRecord): Promise<void>;
  recordStream(runId: string, report: StreamReport): Promise<void>;
  recordModel(runId: string, model: ModelRun): Promise<void>;
  latestRuns(limit: number): Promise<readonly RunRecord[]>;
  /** Runs of which no end is known, however long ago they began. */
  runningRuns(): Promise<readonly RunRecord[]>;
  latestStreams(): Promise<readonly (StreamReport & { readonly runId: string; readonly finishedAt: Instant })[]>;
  modelFingerprints(): Promise<ReadonlyMap<string, string>>;
  /** Models and assertions whose newest run failed. */
  failedModels(): Promise<ReadonlySet<string>>;
  /** Fingerprint of a declared (not modelled) table: moves when, and only when, its rows changed. */
  tableFingerprints(): Promise<ReadonlyMap<string, string>>;

  // --- transform
  /** A table's name as this engine's SQL spells it: `core.dim_campaign` → `"core"."dim_campaign"`. */
  quote(name: string): string;
  /** Every table and view of the warehouse. */
  tables(): Promise<ReadonlyMap<string, TableKind>>;
  tableKind(name: string): Promise<TableKind | null>;
  /** When one of these raw tables last changed; null when none ever did. */
  lastChange(tables: readonly string[]): Promise<Instant | null>;
  /**
   * Runs a model's statements and writes its `ops.model_run` row. What a reader sees of the model changes at once or not at
   * all: a killed, aborted or failed run leaves the older table. An abort ends what DuckDB is at; a job of BigQuery's ends by itself.
   */
  runModel(runId: string, model: ModelPlan, statements: readonly string[], signal?: AbortSignal): Promise<ModelRun>;
  /** The same for bringing tables into place: all of `to` get the rows of their `from` together. */
  swapTables(runId: string, model: ModelPlan, pairs: readonly TablePair[], signal?: AbortSignal): Promise<ModelRun>;
  /** Replaces a small table (config tables, TypeScript steps) if its content differs; columns with engine-neutral types. */
  replaceTable(name: string, columns: readonly Column[], rows: readonly Row[]): Promise<{ readonly changed: boolean }>;
  /** The fingerprint that `replaceTable` would leave with the same arguments (see `tableFingerprints`); writes nothing. */
  contentFingerprint(name: string, columns: readonly Column[], rows: readonly Row[]): string;
  query(sql: string, params?: readonly Scalar[]): Promise<readonly Row[]>;
  /**
   * Bytes that a statement would read, as the engine itself estimates them; nothing runs and nothing is billed. Null where reading
   * is not billed (DuckDB). Throws `rejected` or `drift` for a statement that the engine cannot judge, because a table is not there yet, say.
   */
  dryRun(sql: string): Promise<number | null>;

  // --- publish
  /** Writes the readers' copy (marts and run status, no raw, no addresses) beside the warehouse and swaps it in. Returns its path. */
  publish(runId: string): Promise<string>;
};

export type TablePair = { readonly from: string; readonly to: string };

/** A table of the readers' copy: `marts.campaign_profit`. */
export type PublishedTable = {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly rows: AsyncIterable<Row>;
};

/** Writes tables as a new readers' copy and swaps it in; returns its path. */
export type PublishTables = (
  tables: readonly PublishedTable[],
  publication: { readonly runId: string; readonly publishedAt: Instant },
) => Promise<string>;

/** Engine-neutral column: `decimal` is DECIMAL(38,9) / NUMERIC and is given and returned as text. */
export type Column = {
  readonly name: string;
  readonly type: 'string' | 'int' | 'double' | 'decimal' | 'bool' | 'timestamp' | 'date' | 'json';
};
