import type { Client, WorkflowHandle } from '@temporalio/client';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/codec-helpers.js';
import type { ExtractProgress } from '../../activities/index.ts';
import type { PipelineProgress, StreamProgress, SyncProgress, TransformProgress } from '../../workflows/index.ts';

/** What a person sees of a run: the step, and per account and stream how far it is. */
export type RunProgress = {
  readonly runId: string;
  readonly step: PipelineProgress['step'];
  readonly accounts: readonly AccountProgress[];
  readonly transform: TransformProgress | null;
};

export type AccountProgress = {
  readonly source: string;
  readonly accountId: string;
  readonly lanes: number;
  readonly streams: readonly LiveStream[];
};

/** A stream's own numbers plus those of the activity that runs now. */
export type LiveStream = StreamProgress & {
  /** Attempts of the running activity; above 1 it is being tried again. */
  readonly attempt?: number;
  /** Last failure of the running activity, redacted. */
  readonly lastFailure?: string;
};

type AnyProgress = SyncProgress | PipelineProgress | TransformProgress;

/**
 * Reads the progress of a `syncAccount`, `runPipeline` or `runTransform`: the workflow's own answer, its children's,
 * and the heartbeats of what runs now. A part that has just ended is left out rather than waited for.
 */
export async function readProgress(client: Client, handle: WorkflowHandle): Promise<RunProgress> {
  const progress = await handle.query<AnyProgress>('progress');
  switch (progress.kind) {
    case 'sync':
      return { runId: progress.runId, step: 'sync', accounts: [await liveAccount(client, progress)], transform: null };
    case 'transform':
      return { runId: progress.runId, step: 'transform', accounts: [], transform: progress };
    case 'pipeline': {
      const children = await Promise.all(progress.children.map((id) => ask(client, id, progress.runId)));
      const accounts: AccountProgress[] = [];
      let transform: TransformProgress | null = null;
      for (const child of children) {
        if (child?.kind === 'sync') accounts.push(await liveAccount(client, child));
        if (child?.kind === 'transform') transform = child;
      }
      return { runId: progress.runId, step: progress.step, accounts, transform };
    }
  }
}

async function liveAccount(client: Client, progress: SyncProgress): Promise<AccountProgress> {
  const { source, accountId, runId, lanes, streams } = progress;
  const live = await Promise.all(
    streams.map(async (stream): Promise<LiveStream> =>
      stream.state === 'extracting'
        ? await liveStream(client, `sync/${source}/${accountId}/${stream.stream}`, runId, stream)
        : stream,
    ),
  );
  return { source, accountId, lanes, streams: live };
}

async function liveStream(
  client: Client,
  workflowId: string,
  runId: string,
  stream: StreamProgress,
): Promise<LiveStream> {
  const handle = client.workflow.getHandle(workflowId);
  const [answer, activity] = await Promise.all([ask(client, workflowId, runId), runningExtraction(client, handle)]);
  const own = answer?.kind === 'sync' ? answer.streams[0] : undefined;
  if (own === undefined) return stream;
  const beat = activity?.progress;
  return {
    ...own,
    lanes: own.lanes,
    slicesDone: own.slicesDone + (beat?.slicesDone ?? 0),
    pages: own.pages + (beat?.pages ?? 0),
    rows: own.rows + (beat?.rows ?? 0),
    requests: own.requests + (beat?.requests ?? 0),
    ...(activity === undefined || activity.attempt === 1 ? {} : { attempt: activity.attempt }),
    ...(activity?.waitingUntil === undefined ? {} : { waitingUntil: activity.waitingUntil }),
    ...(activity?.lastFailure === undefined ? {} : { lastFailure: activity.lastFailure }),
  };
}

type RunningActivity = {
  readonly attempt: number;
  readonly progress?: ExtractProgress;
  readonly waitingUntil?: string;
  readonly lastFailure?: string;
};

async function runningExtraction(client: Client, handle: WorkflowHandle): Promise<RunningActivity | undefined> {
  const described = await ignoreGone(() => handle.describe());
  const pending = described?.raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'extractBatch');
  if (described === undefined || pending === undefined || pending === null) return undefined;
  const converter = client.options.loadedDataConverter;
  const [beat] = await decodeArrayFromPayloads(converter, pending.heartbeatDetails?.payloads);
  const failure = await decodeOptionalFailureToOptionalError(converter, pending.lastFailure);
  const next = pending.nextAttemptScheduleTime;
  return {
    attempt: pending.attempt ?? 1,
    ...(isProgress(beat) ? { progress: beat } : {}),
    ...(next == null ? {} : { waitingUntil: instantOf(next) }),
    ...(failure === undefined ? {} : { lastFailure: failure.message }),
  };
}

function isProgress(value: unknown): value is ExtractProgress {
  return typeof value === 'object' && value !== null && 'slicesDone' in value;
}

function instantOf(time: { readonly seconds?: unknown; readonly nanos?: number | null }): string {
  return new Date(Number(time.seconds ?? 0) * 1_000 + Math.floor((time.nanos ?? 0) / 1e6)).toISOString();
}

/** What a child says of this run. Before it has begun, the last run's workflow of the same id would answer. */
async function ask(client: Client, workflowId: string, runId: string): Promise<AnyProgress | undefined> {
  const answer = await ignoreGone(() => client.workflow.getHandle(workflowId).query<AnyProgress>('progress'));
  return answer?.runId === runId ? answer : undefined;
}

/** A child that has not begun or has just ended has nothing to say: what the parent knows of it is shown. */
async function ignoreGone<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (['WorkflowNotFoundError', 'QueryNotRegisteredError', 'QueryRejectedError'].includes(name)) return undefined;
    throw error;
  }
}
