import type { StreamCounts, StreamKey, StreamReport, Verdict } from '../src/contracts/sync.ts';
import type { TransformAhead } from '../src/transform/index.ts';
import type { RunRecord } from '../src/warehouse/port.ts';

// What crosses workflow history: names, counts and verdicts. Never a record, an address, a secret or a long list.

/** A configured account: the unit that owns a budget of connections. */
export type AccountRef = { readonly source: string; readonly accountId: string };

/** One stream of an account and the streams whose rows it is planned from. */
export type PlannedStream = { readonly stream: string; readonly dependsOn: readonly string[] };

export type AccountPlanInput = {
  readonly accountId: string;
  /** Names given by a person; absent: what the config says. Streams they depend on come along. */
  readonly streams?: readonly string[];
};

export type AccountPlan = AccountRef & {
  /** In an order in which every stream comes after the ones it depends on. */
  readonly streams: readonly PlannedStream[];
};

export type StreamRef = { readonly key: StreamKey; readonly runId: string };

/** `round` 0 is the run's first plan; some streams are planned again when their rows are loaded. */
export type PlanStreamInput = StreamRef & { readonly round: number };

export type StreamPlan = {
  /** Number under which this run may commit; a newer run's number makes it void. */
  readonly fence: number;
  /** Slices of all rounds so far. */
  readonly slices: number;
  /** The stream is to be planned once more when these slices are loaded. */
  readonly again: boolean;
};

/** Slices `from` (inclusive) to `to` (exclusive) of the run's slice plan, which waits in landing. */
export type BatchRef = StreamRef & { readonly from: number; readonly to: number };

/** Heartbeat of `extractBatch`, and its result: what a person sees moving. */
export type ExtractProgress = {
  readonly slicesDone: number;
  readonly pages: number;
  readonly requests: number;
  readonly rows: number;
  readonly bytes: number;
};

export type LoadInput = BatchRef & {
  readonly fence: number;
  /** Set when only some slices of the batch are durable (the extraction stopped): makes the batch's id its own. */
  readonly partial?: number;
};

export type LoadCounts = {
  readonly slices: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly deleted: number;
  readonly quarantined: number;
  /** What the durable slices of a batch that failed had brought and cost. Absent in histories of before it was told. */
  readonly read?: ExtractProgress;
};

/** A failure as it crosses history: kind, a redacted sentence, and what a workflow may decide by. */
export type FailureInfo = {
  readonly kind: string;
  readonly message: string;
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly fix?: string;
  /** The code that `mailmart explain` knows, where it says more than the kind: of a fault in the configuration. */
  readonly code?: string;
};

export type FinishStreamInput = StreamRef & {
  readonly counts: StreamCounts;
  readonly planned: number;
  readonly durationMs: number;
  readonly failure?: FailureInfo;
};

/** A stream's report with its lists cut to a length that fits history; the warehouse holds them whole. */
export type StreamSummary = StreamReport & { readonly failure?: FailureInfo };

/** Everything the workflow knows of a run; the activity adds the clock's time. */
export type RunNote = Pick<RunRecord, 'runId' | 'kind' | 'accountId' | 'status' | 'verdict' | 'message'>;

export type PipelinePlan = { readonly accounts: readonly AccountRef[] };

/** An action of the compiled graph, by name; its SQL stays outside history. */
export type PlannedAction = {
  readonly name: string;
  readonly dependsOn: readonly string[];
  /** A test of the data: when it fails, nothing is published. */
  readonly blocking: boolean;
  /** Takes milliseconds as a rule, less than an activity of its own costs; absent: it may take long. */
  readonly isQuick?: boolean;
};

export type TransformPlanInput = { readonly runId: string; readonly select?: readonly string[] };

export type TransformPlan = {
  readonly actions: readonly PlannedAction[];
  /** Actions whose SQL and inputs did not change since they last ran. */
  readonly unchanged: number;
};

/** What `lookAhead` is to look at; absent: everything. */
export type LookAheadInput = { readonly accounts?: readonly string[]; readonly select?: readonly string[] };

/** What a sync would ask one stream for, as far as it is known without asking. */
export type StreamAhead = AccountRef & {
  readonly stream: string;
  /** first: never read; whole: all of it again; changed: what is new since `from`; nothing: no item of it is due. */
  readonly mode: 'first' | 'whole' | 'changed' | 'nothing';
  /** Earliest time that it is asked for changes from, ISO; null where it is read whole. */
  readonly from: string | null;
  /** When it was last read; null when never. */
  readonly lastReadAt: string | null;
  readonly slices: number;
  /** Requests as a lower bound; null where the connector reads in its own way (files). */
  readonly requests: number | null;
  /** Whether `requests` is the exact number. */
  readonly isExact: boolean;
  /** Streams that were never read and tell what this one has to read. */
  readonly unknownUntil: readonly string[];
};

export type Ahead = { readonly streams: readonly StreamAhead[]; readonly transform: TransformAhead };

export type ActionInput = { readonly runId: string; readonly name: string };

/** Actions in the order in which they are to run. */
export type ActionsInput = { readonly runId: string; readonly names: readonly [string, ...string[]] };

export type ActionOutcome = {
  readonly name: string;
  readonly status: 'done' | 'unchanged' | 'failed';
  readonly rows: number | null;
  readonly message: string | null;
};

export type { StreamCounts, StreamKey, StreamReport, Verdict };
