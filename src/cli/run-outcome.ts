import type { FailureInfo } from '../../activities/index.ts';
import type { RunPipelineResult, SyncAccountResult, TransformResult } from '../../workflows/index.ts';
import { addCounts, combine, noCounts } from '../contracts/counts.ts';
import type { StreamCounts, Verdict } from '../contracts/sync.ts';
import type { RunCost } from './cost.ts';
import type { FxGap, StreamStatus } from './published-status.ts';
import type { LastStatus } from './read-last.ts';
import { namedFailure } from './describe-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitName } from './exit-codes.ts';

/** How one stream of a run ended. */
export type StreamOutcome = {
  readonly stream: string;
  readonly verdict: Verdict;
  readonly counts: StreamCounts;
  readonly duration_ms: number;
  readonly failure: string | null;
};

export type AccountOutcome = {
  readonly source: string;
  readonly account_id: string;
  readonly verdict: Verdict;
  readonly counts: StreamCounts;
  readonly streams: readonly StreamOutcome[];
  readonly failure: string | null;
};

/** What `run`, `sync`, `transform` and `demo` end with; the body of their `--json`. */
export type RunOutcome = {
  readonly run_id: string;
  readonly attached: boolean;
  readonly verdict: Verdict;
  readonly accounts: readonly AccountOutcome[];
  readonly transform: {
    readonly built: number;
    readonly unchanged: number;
    readonly skipped: number;
    readonly failed: readonly { readonly name: string; readonly message: string; readonly blocking: boolean }[];
  } | null;
  /** What the models were billed, where the warehouse bills bytes. */
  readonly cost: RunCost | null;
  /** Records of this and earlier runs that are in quarantine and not mended; null where that was not looked up. */
  readonly quarantine_open: number | null;
  /** Currencies whose amounts are counted nowhere. */
  readonly fx_gaps: readonly FxGap[];
  readonly published: boolean;
  readonly report: string | null;
  readonly duration_ms: number;
  readonly exit_code: number;
};

/** An outcome with what decides the exit code and the last line. */
export type Ended = {
  readonly outcome: RunOutcome;
  readonly exit: ExitName;
  /** Kinds of the failures met, in order. */
  readonly failures: readonly Pick<FailureInfo, 'kind' | 'message' | 'fix' | 'code'>[];
};

/** The end of one or more account syncs. */
export function endOfSyncs(
  runId: string,
  attached: boolean,
  results: readonly SyncAccountResult[],
  durationMs: number,
): Ended {
  const accounts = results.map((result): AccountOutcome => ({
    source: result.source,
    account_id: result.accountId,
    verdict: result.verdict,
    counts: result.streams.map((stream) => stream.counts).reduce(addCounts, noCounts),
    streams: result.streams.map((stream) => ({
      stream: stream.key.stream,
      verdict: stream.verdict,
      counts: stream.counts,
      duration_ms: Math.round(stream.durationMs),
      failure: stream.failure?.message ?? null,
    })),
    failure: null,
  }));
  const failures = results.flatMap((result) =>
    result.streams.flatMap((stream) => (stream.failure === undefined ? [] : [stream.failure])),
  );
  return finish({
    runId,
    attached,
    accounts,
    transform: null,
    cost: null,
    published: true,
    report: null,
    durationMs,
    failures,
  });
}

/** The end of the whole pipeline; the counts of complete streams come from the published run status. */
export function endOfPipeline(
  result: RunPipelineResult,
  attached: boolean,
  report: string | null,
  { streams, quarantine, fx_gaps: fxGaps }: LastStatus,
  cost: RunCost | null = null,
): Ended {
  const accounts = result.accounts.map((account): AccountOutcome => ({
    source: account.source,
    account_id: account.accountId,
    verdict: account.verdict,
    counts: account.counts,
    streams: streams
      .filter((stream) => stream.source === account.source && stream.account_id === account.accountId)
      .filter((stream) => stream.run_id === result.runId)
      .map(ofStatus),
    failure: account.failure?.message ?? null,
  }));
  const failures = result.accounts.flatMap((account) => [
    ...(account.failure === undefined ? [] : [account.failure]),
    ...account.troubled.filter((stream) => stream.kind !== 'incomplete' && stream.kind !== 'quarantined'),
  ]);
  return finish({
    runId: result.runId,
    attached,
    accounts,
    transform: result.transform,
    cost,
    quarantineOpen: quarantine.reduce((sum, { open }) => sum + open, 0),
    fxGaps,
    published: result.published,
    report,
    durationMs: result.durationMs,
    failures,
  });
}

/** The end of a transform alone. */
export function endOfTransform(
  runId: string,
  attached: boolean,
  result: TransformResult,
  durationMs: number,
  cost: RunCost | null = null,
  last?: LastStatus,
): Ended {
  return finish({
    runId,
    attached,
    accounts: [],
    transform: result,
    cost,
    ...(last !== undefined && { fxGaps: last.fx_gaps }),
    published: !result.blocked,
    report: null,
    durationMs,
    failures: [],
  });
}

type Parts = {
  readonly runId: string;
  readonly attached: boolean;
  readonly accounts: readonly AccountOutcome[];
  readonly transform: TransformResult | null;
  readonly cost: RunCost | null;
  readonly quarantineOpen?: number;
  readonly fxGaps?: readonly FxGap[];
  readonly published: boolean;
  readonly report: string | null;
  readonly durationMs: number;
  readonly failures: Ended['failures'];
};

function finish(parts: Parts): Ended {
  const verdict = combine(parts.accounts.map((account) => ({ name: account.account_id, verdict: account.verdict })));
  const exit = exitOf(verdict, parts);
  return {
    exit,
    failures: parts.failures,
    outcome: {
      run_id: parts.runId,
      attached: parts.attached,
      verdict,
      accounts: parts.accounts,
      transform:
        parts.transform === null
          ? null
          : {
              built: parts.transform.done,
              unchanged: parts.transform.unchanged,
              skipped: parts.transform.skippedCount,
              failed: parts.transform.failed,
            },
      cost: parts.cost,
      quarantine_open: parts.quarantineOpen ?? null,
      fx_gaps: parts.fxGaps ?? [],
      published: parts.published,
      report: parts.report,
      duration_ms: Math.round(parts.durationMs),
      exit_code: exitCodes[exit].code,
    },
  };
}

/** What a person has to do first decides: sign in, then wait for a quota, then look at a failed test, then at what is missing. */
function exitOf(verdict: Verdict, parts: Parts): ExitName {
  const exits = parts.failures.map(({ kind }) => namedFailure(kind).exit);
  if (exits.includes('interrupted')) return 'interrupted';
  if (exits.includes('config')) return 'config';
  if (exits.includes('signIn')) return 'signIn';
  if (exits.includes('quota')) return 'quota';
  const failed = parts.transform?.failed ?? [];
  if (failed.some(({ blocking }) => blocking) || (parts.transform?.blocked ?? false)) return 'dataTest';
  if (parts.transform !== null && !parts.published) return 'error';
  const quarantined = parts.accounts.some((account) => account.counts.rowsQuarantined > 0);
  return verdict.kind === 'complete' && !quarantined ? 'done' : 'incomplete';
}

function ofStatus(stream: StreamStatus): StreamOutcome {
  return {
    stream: stream.stream,
    verdict: { kind: stream.verdict, missing: stream.missing, gaps: stream.gaps },
    counts: {
      slices: 0,
      pages: stream.pages,
      requests: stream.requests,
      rowsRead: stream.rows_read,
      rowsInserted: stream.rows_inserted,
      rowsUpdated: stream.rows_updated,
      rowsUnchanged: stream.rows_unchanged,
      rowsDeleted: stream.rows_deleted,
      rowsQuarantined: stream.rows_quarantined,
      bytesRead: stream.bytes_read,
    },
    duration_ms: stream.duration_ms,
    failure: stream.failure,
  };
}
