import type { DateString, Instant, Json, JsonObject } from './json.ts';

/** One stream of one configured source. `source` is the connector's name in data (`mailchimp`), `accountId` the `id` in mailmart.yaml. */
export type StreamKey = {
  readonly source: string;
  readonly accountId: string;
  readonly stream: string;
};

/**
 * Age of a work item (one campaign, say), which decides how often it is read again.
 * young: always; mutable: when its own summary row moved; frozen: on a slow cycle.
 */
export type ItemPhase = 'young' | 'mutable' | 'frozen';

/**
 * What is known of one work item of a stream: the whole stream (`''`), one list, one campaign.
 * Stored one row an item in `ops.checkpoint`, committed with the rows it speaks of.
 */
export type ItemState = {
  /** Highest cursor value that is durable in raw, in the cursor's own unit, as text. */
  readonly cursor?: string;
  /** Text of the summary row's fields that move when the item changes; compared, never interpreted. */
  readonly fingerprint?: string;
  readonly phase?: ItemPhase;
  /** When the item was last read to its end. */
  readonly readAt: Instant;
  /** When the item was last read as a whole (not only what changed). */
  readonly fullReadAt?: Instant;
  /** Total stated by the source at that read, in the API's own unit; null where none is stated. */
  readonly total?: number | null;
  /** API units (recipients, members ...) read at the last whole read. */
  readonly read?: number;
  /**
   * Lowest cursor among the records that the last read refused; '' when it could not be read. The next read starts there
   * (at the beginning for ''): a checkpoint never passes a record that is not in raw.
   */
  readonly refusedFrom?: string;
  /** Since when whole reads have shown suspiciously little; all else is of the last read that was believed. */
  readonly doubtedSince?: Instant;
  /** A gap between our count and the source's that a whole re-read did not close: it is explained, not retried until it changes. */
  readonly explainedGap?: string;
};

/** One unit of extraction. `full` slices cover the whole item, so rows that are missing at its end have vanished at the source. */
export type Slice = {
  /** Deterministic within a stream and run, e.g. `campaign=42`; becomes part of file names (encoded). */
  readonly id: string;
  /** Key of the ItemState that this slice moves. */
  readonly item: string;
  readonly mode: 'full' | 'incremental';
  /** Values for `{placeholders}` of the path. */
  readonly pathParams: Readonly<Record<string, string>>;
  /** Query parameters of this slice alone, over the stream's own (members: `status=archived`). */
  readonly params?: Readonly<Record<string, string>>;
  /** Fields copied into each record (e.g. campaign_id). */
  readonly inherit: JsonObject;
  /** About how many records the source will state, in the API's own unit, where the parent tells. */
  readonly expected?: number;
  /** Cursor window, in the cursor's own unit: from is inclusive of the look-back, to is the upper bound. */
  readonly window?: { readonly from?: string; readonly to?: string };
  /** Window that is read when the slice's own has been, as part of it: what left that one, or lay behind it, is not missing from a whole read. */
  readonly tail?: { readonly from: string };
  /** State to store when the slice is drained; the engine adds cursor, total and read. */
  readonly next: ItemState;
};

/** A record as it goes to landing: everything raw needs, computed at the edge. */
export type LandedRow = {
  readonly _primary_key: string;
  readonly _person_key: string | null;
  readonly _cursor_at: Instant | null;
  readonly _partition_date: DateString | null;
  readonly _item: string;
  readonly _record_hash: string;
  readonly _extracted_at: Instant;
  readonly record: JsonObject;
  /** The record as JSON text on one line, as raw stores it. */
  readonly text: string;
};

/** A record refused at the edge: it goes to `ops.quarantine` and the run says so. */
export type RejectedRow = {
  readonly slice: string;
  /** Place in the source: `page 3 record 17`, `orders.csv line 42`. */
  readonly position: string;
  /** Path of the offending field, `emails[].activity[].timestamp`; never a value. */
  readonly path: string;
  /** What is wrong and what to do, in words. */
  readonly reason: string;
  /** The record's text, exactly, so that nothing is lost. */
  readonly record: string;
  /** Its primary key, where the record says it: what raw holds under it has not vanished. */
  readonly key?: string;
};

/** A durable landing file. */
export type PartFile = {
  /** Path relative to the landing root. */
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Base64, where the store tells it of what it holds: a comparison without reading. */
  readonly md5?: string;
  /** Longest line in UTF-16 units (in JSON lines: in bytes), the line break included: what a reader must make room for. */
  readonly longest: number;
  /** `_item` and `_extracted_at` of every row in it. */
  readonly item: string;
  readonly extractedAt: Instant;
};

/** What one drained slice left behind. Written as the slice's manifest, after its parts are durable. */
export type SliceResult = {
  readonly slice: Slice;
  readonly parts: readonly PartFile[];
  readonly rejected: readonly RejectedRow[];
  readonly state: ItemState;
  readonly pages: number;
  readonly requests: number;
  /** Bytes received from the source. */
  readonly bytesRead?: number;
  /** Records landed. */
  readonly rows: number;
  /** API units read (recipients for email-activity), comparable with `total`. */
  readonly units: number;
  readonly total: number | null;
  /** Set when the slice could not be read completely: what is missing, in words. The state then does not move. */
  readonly incomplete?: string;
  /** Expected absences that were counted and skipped (404 of a deleted child). */
  readonly skipped?: string;
};

export type VerdictKind = 'complete' | 'incomplete' | 'suspiciously_empty';

/** How a stream, a source or a run ended. `gaps` have a known reason and do not make a run incomplete. */
export type Verdict = {
  readonly kind: VerdictKind;
  /** What is missing, in words with counts; empty when complete. */
  readonly missing: readonly string[];
  /** Differences that are explained (deleted members, event caps). */
  readonly gaps: readonly string[];
};

/** Counts of one stream in one run; what activities return and `status` shows. */
export type StreamCounts = {
  readonly slices: number;
  readonly pages: number;
  readonly requests: number;
  readonly rowsRead: number;
  readonly rowsInserted: number;
  readonly rowsUpdated: number;
  readonly rowsUnchanged: number;
  readonly rowsDeleted: number;
  readonly rowsQuarantined: number;
  readonly bytesRead: number;
};

export type StreamReport = {
  readonly key: StreamKey;
  readonly counts: StreamCounts;
  readonly verdict: Verdict;
  readonly durationMs: number;
  /** Redacted failure, when the stream ended with one. */
  readonly failure?: { readonly kind: string; readonly message: string };
};

/** Options of a raw record's place in a stream, as declared by the connector; the warehouse needs no more than this. */
export type RawTable = {
  readonly source: string;
  readonly stream: string;
  /** Partitioned by `_partition_date` (a field that never changes for a key). */
  readonly partitioned: boolean;
  /**
   * A key tells its work item (the campaign's id is part of it), so a row cannot be found under another one: a load need
   * compare with the rows of its own items alone. Default false.
   */
  readonly keyNamesItem?: boolean;
  /** The first content of a key stays for ever: another one is quarantined by the load. Default false. */
  readonly immutable?: boolean;
};

export type Scalar = string | number | bigint | boolean | null;
export type Row = Readonly<Record<string, Scalar | Json>>;
