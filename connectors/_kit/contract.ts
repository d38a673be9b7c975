import type { z } from 'zod';
import type { Feeds } from '../../src/contracts/facts.ts';
import type { Duration, Instant, Json, JsonObject } from '../../src/contracts/json.ts';
import type { ItemState, Slice } from '../../src/contracts/sync.ts';
import type { FailureKind } from './errors.ts';
import type { Hook, Inbox } from './hook.ts';
import type { Pressed } from './press/press.ts';

type DeclaredKey<R> = Extract<keyof { [K in keyof R as string extends K ? never : K]: R[K] }, string>;

/**
 * Names of the fields that a stream's schema declares. A loose object's index signature is left out, so that a misspelt
 * key is a type error; a record without a declared field (`Record<string, unknown>`, any) takes every name.
 */
export type Key<R> = [DeclaredKey<R>] extends [never] ? string : DeclaredKey<R>;

/** Query parameters; undefined ones are left out. */
export type Params = Readonly<Record<string, string | number | boolean | undefined>>;

export type HttpRequest = {
  readonly method: 'GET' | 'POST';
  /** Path under the base URL, `/reports/abc/sent-to`, or an absolute URL of the same origin. */
  readonly path: string;
  readonly params?: Params;
  readonly body?: Json;
  /** Rate key of `Connector.limits`; default `default`. */
  readonly limit?: string;
  /** Stream on whose behalf the request is made: for messages and metrics. */
  readonly stream?: string;
  /**
   * Waited for between the answer and its unpacking: until then the answer takes a tenth of the memory. It holds no lane.
   * What it returns is called when the answer proves cut, which is then asked for again like any other.
   */
  readonly turn?: (signal: AbortSignal) => Promise<() => void>;
  /** Called before each pause between two attempts. */
  readonly rest?: () => void;
  /** Works the unpacked answer without parsing it; null when it cannot. */
  readonly press?: (body: Uint8Array) => Pressed | null;
};

export type HttpResponse = {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Strictly parsed JSON: numbers too long for a double are text. */
  readonly body: Json;
  readonly bytes: number;
  /** Set where `HttpRequest.press` took the records: the body then has none. */
  readonly pressed?: Pressed;
};

/** The kit's one HTTP policy: origin pinned, no redirects, caps, time-outs, retries, redaction, budget. Failures are ConnectorErrors. */
export type Http = {
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  /**
   * A file that the source made for us, from one of `Connector.downloadHosts` (or the source's own origin): without credentials, without
   * redirects, unpacked when it is gzip, in chunks. It fails rather than end early.
   */
  download(url: string, options: { readonly stream: string }, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Requests made so far, retries included. */
  readonly requests: number;
};

export type Auth<C> =
  | { readonly kind: 'bearer'; readonly token: (config: C) => string }
  | { readonly kind: 'basic'; readonly user: (config: C) => string; readonly password: (config: C) => string }
  | { readonly kind: 'header'; readonly name: string; readonly value: (config: C) => string }
  | { readonly kind: 'none' };

/** An odd status of this API: what it means. `skip` = an expected absence, counted and not a failure. */
export type ResponseRule = {
  readonly status: number;
  /** Substring of the problem's title or type, when the status alone does not decide. */
  readonly contains?: string;
  /** Streams it applies to; default all. */
  readonly streams?: readonly string[];
  readonly kind: FailureKind | 'skip';
  readonly fix?: string;
};

export type Paginator =
  | { readonly kind: 'single' }
  | {
      readonly kind: 'offset';
      readonly offsetParam: string;
      readonly limitParam: string;
      readonly limit: number;
      /**
       * For lists that state no total: each page is asked for one row early and must begin with the last row read. When an earlier
       * row was removed it does not, and nothing else would tell.
       */
      readonly overlap?: 1;
    }
  | {
      readonly kind: 'page';
      readonly pageParam: string;
      readonly limitParam?: string;
      readonly limit?: number;
      readonly first: 0 | 1;
    }
  | { readonly kind: 'cursor'; readonly param: string; readonly nextPath: string }
  | { readonly kind: 'next-url'; readonly nextPath: string }
  | { readonly kind: 'link-header' }
  | {
      readonly kind: 'custom';
      readonly next: (response: HttpResponse, request: HttpRequest) => HttpRequest | undefined;
    };

export type Cursor<R> = {
  readonly field: Key<R>;
  readonly unit: 'iso' | 'epoch-s' | 'epoch-ms';
  /** `ascending` is checked; `unsorted` moves the cursor at the end of the window only. */
  readonly order: 'ascending' | 'unsorted';
  readonly lookback: Duration;
  readonly step?: Duration;
  /** Absent: the API cannot filter, rows are filtered here, and the catalog says so. */
  readonly params?: (window: { readonly from?: string; readonly to?: string }) => Params;
};

/** Age rule of a per-parent stream; see ItemPhase. Durations have defaults: 5 days, 35 days (config `mutable_window`), 90 days. */
export type Ageing = {
  /** Field of the parent record that holds the instant of sending. */
  readonly sentAt: (parent: JsonObject) => Instant | null;
  /** Summary stream whose row tells whether the item moved, and the text to compare. `keyField` holds the parent's key. */
  readonly movedBy?: {
    readonly stream: string;
    readonly keyField: string;
    readonly fingerprint: (row: JsonObject) => string;
  };
  readonly young?: Duration;
  readonly frozenCycle?: Duration;
};

export type Parent = {
  /** Stream of the same connector whose raw records are the parents. */
  readonly stream: string;
  /** Key field in the parent's record. */
  readonly key: string;
  /** Name of the `{placeholder}` in the path. */
  readonly param: string;
  /** Child field → parent field: copied into each child record, e.g. `{ campaign_id: 'id' }`. */
  readonly inherit: Readonly<Record<string, string>>;
  /** Further placeholders: `{ list_id: 'list_id' }`. */
  readonly params?: Readonly<Record<string, string>>;
  readonly where?: (parent: JsonObject) => boolean;
  /** For children whose items are re-read by age (activity of one campaign). Absent: every parent, every run (by cursor where there is one). */
  readonly ageing?: Ageing;
};

/** One array of each record becomes the records (activity of a recipient): pages and totals stay counted in the API's own unit. */
export type Explode = {
  readonly field: string;
  /** Fields of the outer record copied into each inner one. */
  readonly keep: readonly string[];
  /** Name of the number that tells equal inner records apart (0, 1 ...): part of the key where the API gives events no id. */
  readonly ordinal?: string;
  /** Fields that make two inner records equal, for the ordinal. */
  readonly ordinalBy?: readonly string[];
};

export type ReadPage = {
  /** Set where the records were worked already: `records` is then empty. */
  readonly pressed?: Pressed;
  /** Records in the API's own unit, before explode. */
  readonly records: readonly JsonObject[];
  readonly total?: number | null;
  /** Bytes received. */
  readonly bytes: number;
  /** What shows that rows moved while they were paged, in words: the slice starts again. */
  readonly moved?: string;
  /** What the source does not show although it should, in words: the slice ends incomplete, and its state does not move. */
  readonly incomplete?: string;
  /** What the source never shows, in words: a difference that is explained. */
  readonly gap?: string;
  /** Where a record stands at the source, by its index; default: its number on the page. */
  readonly positionOf?: (index: number) => string;
  /** Records that could not even be formed (a broken CSV row); `record` is the exact text. */
  readonly rejected?: readonly {
    readonly position: string;
    readonly path: string;
    readonly reason: string;
    readonly record: string;
    /** Of a file: it is refused for the day alone, and may be right on a later one. */
    readonly isAhead?: boolean;
  }[];
};

/** A small note that outlives a crash, one a slice and run: the id of an export job that was ordered, say. */
export type Memo = {
  read(): Promise<Json>;
  /** Durable when it returns. */
  write(note: Json): Promise<void>;
};

export type ReadContext<C> = {
  readonly config: C;
  readonly http: Http;
  readonly slice: Slice;
  readonly now: Instant;
  readonly signal: AbortSignal;
  readonly memo: Memo;
  readonly inbox: Inbox;
};

/** Raw rows of a stream of the same account, as far as they are durable: parents, summary rows, counts. */
export type RawReader = {
  records(stream: string): AsyncIterable<JsonObject>;
  /** Live (not deleted) rows of a stream, grouped by item and optionally by the text of one top-level field. */
  counts(stream: string, groupField?: string): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>;
};

export type PlanContext<C> = {
  readonly config: C;
  readonly state: ReadonlyMap<string, ItemState>;
  readonly raw: RawReader;
  readonly now: Instant;
  /** Absent: nothing was ever received. */
  readonly inbox?: Inbox;
  /** Items of this stream that a post spoke of, with the time of the latest: one that is not older than the item's last read makes it due. */
  readonly hints?: ReadonlyMap<string, Instant>;
  readonly startDate: Instant | null;
  readonly mutableWindow: Duration;
  /** 0 (or absent) for the run's first plan; 1, 2 ... when the stream is planned again after its rows are loaded: see `plan.rounds`. */
  readonly round?: number;
};

type StreamBase<C, R> = {
  /** One sentence for people: what a row is. */
  readonly description: string;
  readonly schema: z.ZodType<R>;
  readonly primaryKey: readonly [Key<R>, ...Key<R>[]];
  /** Where the person's address is: hashed into `_person_key` at the edge. Dot path. */
  readonly person?: string;
  readonly cursor: Cursor<R> | 'full-refresh';
  /** Field that never changes for a key (event time, creation time): `_partition_date`. */
  readonly partitionBy?: Key<R>;
  readonly limit?: string;
  readonly explode?: Explode;
  readonly parent?: Parent;
  /** Further streams whose records are parents of this one, planned like `parent` (automation e-mails have reports as campaigns have). Item keys of different parents never meet. */
  readonly moreParents?: readonly Parent[];
  /**
   * About how many records a parent's answer will state, in the API's own unit, where the parent tells: its pages are then asked
   * for without waiting for the first. A wrong number costs a page too many or a wait.
   */
  readonly expects?: (parent: JsonObject) => number | null;
  /** Streams that must be loaded before this one is planned (parents and summary streams are implied). */
  readonly after?: readonly string[];
  /**
   * The item plan when the declared one is not enough (members: whole re-read when the source's count disagrees).
   * With `rounds` > 1 the stream is planned again after its rows are loaded, within the same run and with `round` 1, 2 ...,
   * until the hook returns no slice or `rounds` is reached; in later rounds `declared` is what round 0 would plan now, for
   * the hook to take from, and a kit without a hook plans nothing.
   */
  readonly plan?: {
    readonly why: string;
    readonly rounds?: number;
    readonly slices: (context: PlanContext<C>, declared: readonly Slice[]) => Promise<readonly Slice[]>;
  };
  /** Name of the hook whose signed posts hold the records (push.ts makes such a stream). */
  readonly push?: string;
  /** A record never changes: the first content of a key stays, another one is quarantined. */
  readonly immutable?: boolean;
  /** Rows that vanished from a whole read: mark `_deleted_at` (default true). Events stay facts in core even so. */
  readonly sweep?: boolean;
  /** What a person needs to know of the permission it takes, for `check`. */
  readonly permission?: string;
};

export type DeclaredStream<C, R> = StreamBase<C, R> & {
  readonly path: string;
  readonly params?: Params;
  readonly method?: 'GET' | 'POST';
  readonly body?: Json;
  /** Dot path of the array in the answer; `''` when the answer itself is the record. */
  readonly records: string;
  /** Dot path of the stated total. */
  readonly total?: string;
  readonly paginate: Paginator;
  /**
   * The API documents a stable order for this stream: a retry may go on from a page. Not for streams that explode, whose
   * rows no longer tell which records they came from.
   */
  readonly stableOrder?: boolean;
  /** Why the declaration is longer than 25 lines, where it is: the API is not regular here. */
  readonly why?: string;
};

export type CustomStream<C, R> = StreamBase<C, R> & {
  readonly read: (context: ReadContext<C>) => AsyncIterable<ReadPage>;
  readonly why: string;
  /** Where the records do not come as pages: in a file that the source makes when asked (`export`), or in files of the user's. */
  readonly mode?: 'export' | 'file';
};

export type Stream<C, R> = DeclaredStream<C, R> | CustomStream<C, R>;

export type CheckFinding = {
  /** `credentials`, `permission:orders`, `reachability`, `stream:members` ... */
  readonly item: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  /** The one command or page that fixes it. */
  readonly fix?: string;
};

export type Connector<C> = {
  /** Name in data and in mailmart.yaml `type`: folder with `-` → `_`. */
  readonly name: string;
  readonly title: string;
  /** Vendor reference and the date it was verified. */
  readonly docs: string;
  /** Source-specific part of a source's config: secrets are plain strings here, resolved before. */
  readonly config: z.ZodType<C>;
  /** Dot paths of secret fields inside the config; `[]` behind a name stands for each entry of a list. */
  readonly secrets: readonly string[];
  readonly baseUrl: (config: C) => string;
  readonly auth: Auth<C>;
  readonly headers?: Readonly<Record<string, string>> | ((config: C) => Readonly<Record<string, string>>);
  /** `concurrency` of `default` is the account's number of lanes. `rps` absent: no rate limit documented. */
  readonly limits: Readonly<Record<string, { readonly rps?: number; readonly concurrency: number }>> & {
    readonly default: { readonly rps?: number; readonly concurrency: number };
  };
  readonly responses?: readonly ResponseRule[];
  /** What core learns from this source, fact by fact: from it follows which metric it feeds. Asserted for every registered connector. */
  readonly feeds?: Feeds;
  /** Headers by which each answer says what is left of its limit key's rate, and when that begins anew. */
  readonly rateHeaders?: {
    readonly remaining: string;
    readonly reset: string;
    readonly unit: 'epoch-s' | 'seconds';
  };
  /** Hosts that files may be downloaded from, `*.example.com` for all below one. */
  readonly downloadHosts?: readonly string[];
  /** Addresses that the source posts to, by name: `mailmart receive` serves them as /hooks/<account>/<name>. */
  readonly hooks?: Readonly<Record<string, Hook<C>>>;
  /** Wraps the kit's transport with the vendor's client, where one is used (client.ts). */
  readonly client?: (http: Http, config: C) => Http;
  /** Cheap probe: ≤ 3 requests, ≤ 5 s. */
  readonly probe: (context: {
    readonly config: C;
    readonly http: Http;
    readonly signal: AbortSignal;
  }) => Promise<readonly CheckFinding[]>;
  // eslint-disable-next-line typescript/no-explicit-any -- the one permitted any: streams of one connector have different records
  readonly streams: Readonly<Record<string, Stream<C, any>>>;
};

/** Any stream of a connector, whatever its records are. */
export type AnyStream<C> = Connector<C>['streams'][string];

/** Exists for inference only: the record type of each stream comes from its schema, so a wrong key is a type error. */
export function defineConnector<C>(
  config: z.ZodType<C>,
  build: (stream: <R>(definition: Stream<C, R>) => Stream<C, R>) => Omit<Connector<C>, 'config'>,
): Connector<C> {
  return { ...build((definition) => definition), config };
}
