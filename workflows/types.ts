import type { AccountRef, FailureInfo, StreamCounts, StreamSummary, Verdict, Notified } from '../activities/index.ts';
import type { SavedBatchSizer } from './batch-sizer.ts';

/** Intervals and limits of a run. Everything has a default; tests and the demo inject shorter ones. */
export type Tuning = {
  /** How often an `extractBatch` should end: batches grow and shrink towards it, two overlap. Default 5 s. */
  readonly batchMs?: number;
  /** An activity that is silent for this long is taken to be lost. Default 20 s. */
  readonly heartbeatMs?: number;
  /** First wait between two attempts of an activity. Default 1 s, doubling to `retryMaxMs`, 30 s. */
  readonly retryInitialMs?: number;
  readonly retryMaxMs?: number;
  /** Attempts of an extraction before the stream is given up for this run. Default 10, about three minutes. */
  readonly retryAttempts?: number;
  /** History length at which a workflow continues as new. Default 1,500, far below the server's 10,000. */
  readonly maxEvents?: number;
  /** Longest sum of waits for an exhausted quota, before the run ends as incomplete. Default 26 hours; 0 = do not wait. */
  readonly quotaWaitMs?: number;
  /** Longest sum of waits for what a stream ordered at its source (an export). Default 6 hours. */
  readonly pendingWaitMs?: number;
  /** How long to wait for a workflow of the same name that somebody else started. Default 6 hours. */
  readonly busyWaitMs?: number;
  /** Models that run at the same time. Default 2. */
  readonly parallelActions?: number;
};

export type SyncAccountInput = {
  readonly accountId: string;
  readonly source: string;
  readonly runId: string;
  /** Default: what the config says. */
  readonly streams?: readonly string[];
  /** True under the pipeline, which records the run and publishes by itself. */
  readonly partOfRun?: boolean;
  readonly tuning?: Tuning;
  /** Set by continue-as-new only. */
  readonly resume?: SyncAccountResume;
};

export type SyncAccountResume = {
  readonly plan: readonly { readonly stream: string; readonly dependsOn: readonly string[] }[];
  readonly reports: readonly StreamSummary[];
  /** Streams that were under way, by name. */
  readonly begun: Readonly<Record<string, StreamResume>>;
  readonly startedMs: number;
};

/** How the sync of one account ended. */
export type SyncAccountResult = AccountRef & {
  readonly runId: string;
  readonly verdict: Verdict;
  readonly streams: readonly StreamSummary[];
  readonly durationMs: number;
};

/** Where one stream goes on after continue-as-new. */
export type StreamResume = {
  readonly fence: number;
  readonly slices: number;
  readonly round: number;
  readonly again: boolean;
  readonly next: number;
  readonly counts: StreamCounts;
  readonly sizer: SavedBatchSizer;
  readonly partials: number;
  readonly quotaWaitedMs: number;
  /** Absent in the histories of before there were exports. */
  readonly pendingWaitedMs?: number;
  readonly startedMs: number;
  readonly waitingUntil?: number;
  /** Absent: the quota. */
  readonly waitingFor?: Waited;
};

/** What a stream waits for on a timer. */
export type Waited = 'quota' | 'pending';

export type StreamState =
  | 'waiting' // for the streams it is planned from
  | 'planning'
  | 'extracting'
  | 'quota' // the source's quota is used up; see waitingUntil
  | 'pending' // the source makes an export that was ordered; see waitingUntil
  | 'finishing'
  | 'done'
  | 'failed'
  | 'skipped'
  | 'cancelled';

/** One stream, as a person watches it. */
export type StreamProgress = {
  readonly stream: string;
  readonly state: StreamState;
  readonly slicesDone: number;
  /** Null until it is planned. */
  readonly slices: number | null;
  readonly pages: number;
  readonly rows: number;
  readonly requests: number;
  /** ISO instant at which work goes on. */
  readonly waitingUntil?: string;
  readonly waitingFor?: string;
  readonly verdict?: Verdict;
  readonly failure?: FailureInfo;
};

/** Answer of the `progress` query of `syncAccount`. */
export type SyncProgress = {
  readonly kind: 'sync';
  readonly runId: string;
  readonly source: string;
  readonly accountId: string;
  readonly streams: readonly StreamProgress[];
};

export type TransformProgress = {
  readonly kind: 'transform';
  readonly runId: string;
  readonly planned: number | null;
  readonly done: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly skipped: number;
  /** Models that run now. */
  readonly running: readonly string[];
};

/** Answer of the `progress` query of `runPipeline`; the children answer for themselves. */
export type PipelineProgress = {
  readonly kind: 'pipeline';
  readonly runId: string;
  readonly step: 'planning' | 'sync' | 'transform' | 'publish' | 'report' | 'done';
  /** Workflow ids to ask for details. */
  readonly children: readonly string[];
};

export type RunTransformInput = {
  readonly runId: string;
  readonly select?: readonly string[];
  /** True under the pipeline, which records the run and publishes by itself. */
  readonly partOfRun?: boolean;
  readonly tuning?: Tuning;
  /** Set by continue-as-new only. */
  readonly resume?: RunTransformResume;
};

export type RunTransformResume = {
  readonly finished: Readonly<Record<string, 'ok' | 'failed'>>;
  readonly result: TransformResult;
};

export type TransformResult = {
  readonly done: number;
  readonly unchanged: number;
  /** Names with the reason, at most 20; `failedCount` counts all. */
  readonly failed: readonly { readonly name: string; readonly message: string; readonly blocking: boolean }[];
  readonly failedCount: number;
  readonly skippedCount: number;
  /** A blocking test or a model failed: the last good marts stay. */
  readonly blocked: boolean;
};

export type RunPipelineInput = {
  readonly runId: string;
  /** Account ids; default all of the config. */
  readonly accounts?: readonly string[];
  readonly select?: readonly string[];
  readonly tuning?: Tuning;
};

/** One account's part of a pipeline run: only what is not complete is named. */
export type AccountOutcome = AccountRef & {
  readonly verdict: Verdict;
  readonly counts: StreamCounts;
  readonly streams: number;
  readonly troubled: readonly {
    readonly stream: string;
    readonly kind: string;
    readonly message: string;
    /** What to do, apart from the message. */
    readonly fix?: string;
    /** Of a fault in the configuration. */
    readonly code?: string;
  }[];
  readonly failure?: FailureInfo;
};

export type RunPipelineResult = {
  readonly runId: string;
  readonly verdict: Verdict;
  readonly accounts: readonly AccountOutcome[];
  readonly transform: TransformResult;
  readonly published: boolean;
  readonly reported: boolean;
  /** What was told to alert channels; null when nothing was, because the models failed or the telling did. */
  readonly alerts: Notified | null;
  readonly durationMs: number;
};

export type RunScheduledInput = { readonly pipelineId: string; readonly tuning?: Tuning };

export type RunScheduledResult = { readonly started: boolean; readonly runId: string; readonly message: string };
