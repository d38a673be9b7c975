import type { Instant, Json } from '../contracts/json.ts';
import type { LandedRow, RejectedRow, Slice, SliceResult, StreamKey } from '../contracts/sync.ts';

/** What to do about a landing failure: `transient` try again, `rejected` a name or call of ours is wrong. */
export type LandingFailureKind = 'transient' | 'rejected';

/** A failure of the landing store. `message` says what was attempted and what came back; `fix` what a person can do. */
export class LandingError extends Error {
  readonly kind: LandingFailureKind;
  readonly fix: string | undefined;
  constructor(message: string, details: { kind: LandingFailureKind; fix?: string }, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LandingError';
    this.kind = details.kind;
    this.fix = details.fix;
  }
}

/** Lines of a part, as bytes. `longest`: in UTF-16 units. */
export type Lines = { readonly data: Buffer; readonly rows: number; readonly longest: number };

/** Writes one slice: rows go to numbered parts; nothing counts until `finish` has made parts and manifest durable. */
export type SliceWriter = {
  /** What the last checkpoint of an earlier attempt says, when its parts are whole: rows go on behind them. */
  readonly resumed: Json | null;
  /** Primary keys of the rows before that checkpoint. */
  earlierKeys(): AsyncIterable<string>;
  /** Makes everything so far durable, with what a later attempt needs to go on from here. */
  checkpoint(progress: Json): Promise<void>;
  /** Takes a row at once; it is on its way to the disk after the next `append`. */
  add(row: LandedRow): void;
  /** Number of the next row, and the UTF-16 units after which lines given to `addLines` are to end. */
  readonly nextRow: number;
  readonly batchUnits: number;
  /** Takes finished lines (see `formatLine`), numbered from `nextRow`; the bytes are the writer's own from now on. */
  addLines(lines: Lines, extractedAt: Instant): void;
  append(rows: readonly LandedRow[], rejected: readonly RejectedRow[]): Promise<void>;
  /** The source changed under us: forget everything appended so far, checkpoints too. */
  restart(): Promise<void>;
  /**
   * Parts first, then the manifest that makes them count, both durable. (Locally: temp file, fdatasync, rename, fsync of the
   * folder. In a bucket: the upload's answer.) Where another attempt was first, the result is that one's.
   */
  finish(result: Omit<SliceResult, 'parts' | 'rejected' | 'rows'>): Promise<SliceResult>;
  /** Removes what was written since the last checkpoint; safe to call twice. */
  discard(): Promise<void>;
};

/** How a store writes its parts: lines of `formatLine` under zstd, or lines of `jsonLines`, which BigQuery loads. */
export type PartFormat = 'tsv.zst' | 'ndjson.gz' | 'ndjson';

/**
 * Where extracted rows wait for their load: a local folder or a bucket. Names are a pure, injective function of account,
 * stream, run and slice. In a folder, which one machine has, a retry overwrites its own half-written work and nothing else;
 * in a bucket, which many have, a part's name also holds a token of the attempt, so that none overwrites another's.
 */
export type Landing = {
  readonly kind: 'local' | 'gcs';
  readonly format: PartFormat;
  /** Folder that every part lies under, where the store is a local one: the warehouse limits its own file access to it. */
  readonly root?: string;
  openSlice(key: StreamKey, runId: string, slice: Slice): Promise<SliceWriter>;
  /**
   * The manifest of a finished slice, or null. A manifest whose parts are missing or altered counts as absent, unless the
   * caller takes the parts `as stated`, because whoever reads them next checks them.
   */
  readSlice(
    key: StreamKey,
    runId: string,
    sliceId: string,
    parts?: 'checked' | 'as stated',
  ): Promise<SliceResult | null>;
  /** A small document of a run (the slice plan). Written durably. */
  writeDocument(key: StreamKey, runId: string, name: string, value: Json): Promise<void>;
  readDocument(key: StreamKey, runId: string, name: string): Promise<Json | null>;
  /** Absolute path or URL of a part, for the warehouse's loader. */
  locate(partName: string): string;
  /** Removes the parts of a run whose rows are durable in raw, and of runs older than `keepDays`. */
  sweep(key: StreamKey, keepRunIds: readonly string[]): Promise<void>;
};
