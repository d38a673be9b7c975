import type { Client, WorkflowHandle } from '@temporalio/client';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/codec-helpers.js';
import type { ExtractProgress } from '../../activities/index.ts';
import { streamOfExtraction } from '../contracts/extraction-id.ts';
import { syncAccountId, transformId } from './start.ts';
import type { PipelineProgress, StreamProgress, SyncProgress, TransformProgress } from '../../workflows/index.ts';

/** What a person sees of a run: the step, and per account and stream how far it is. */
export type RunProgress = {
  readonly runId: string;
  readonly step: PipelineProgress['step'];
  readonly accounts: readonly AccountProgress[];
  readonly transform: TransformProgress | null;
  readonly trouble?: Trouble;
};

export type AccountProgress = {
  readonly source: string;
  readonly accountId: string;
  readonly streams: readonly LiveStream[];
  readonly trouble?: Trouble;
};

/** A load, a model, the publication or the report that is being tried again, as such things are for minutes. */
export type Trouble = {
  readonly attempt: number;
  /** Redacted. */
  readonly lastFailure: string;
};

/** A stream's own numbers plus those of the activities that run now. */
export type LiveStream = StreamProgress & {
  /** Attempts of a running activity that is being tried again. */
  readonly attempt?: number;
  /** Last failure of that activity, redacted. */
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
      return {
        runId: progress.runId,
        step: 'transform',
        accounts: [],
        transform: progress,
        ...(await troubleOf(client, handle.workflowId)),
      };
    case 'pipeline': {
      const children = await Promise.all(progress.children.map((id) => ask(client, id, progress.runId)));
      const syncs = children.filter((child) => child?.kind === 'sync');
      const accounts = await Promise.all(syncs.map((child) => liveAccount(client, child)));
      const transform = children.find((child) => child?.kind === 'transform') ?? null;
      const trouble = await troubleOf(client, progress.step === 'transform' ? transformId : handle.workflowId);
      return { runId: progress.runId, step: progress.step, accounts, transform, ...trouble };
    }
  }
}

async function liveAccount(client: Client, progress: SyncProgress): Promise<AccountProgress> {
  const { source, accountId, streams } = progress;
  if (!streams.some(({ state }) => busyStates.has(state))) return { source, accountId, streams };
  const running = await runningActivities(client, syncAccountId(source, accountId));
  return {
    source,
    accountId,
    streams: streams.map((stream) =>
      liveStream(
        stream,
        running.filter((activity) => activity.stream === stream.stream),
      ),
    ),
    ...firstTrouble(running),
  };
}

const busyStates: ReadonlySet<StreamProgress['state']> = new Set(['planning', 'extracting', 'finishing']);

async function troubleOf(client: Client, workflowId: string): Promise<{ readonly trouble?: Trouble }> {
  return firstTrouble(await runningActivities(client, workflowId));
}

/** Of what reads no source: the streams tell of that. */
function firstTrouble(running: readonly RunningActivity[]): { readonly trouble?: Trouble } {
  for (const { stream, attempt, lastFailure } of running) {
    if (stream === undefined && lastFailure !== undefined) return { trouble: { attempt, lastFailure } };
  }
  return {};
}

function liveStream(stream: StreamProgress, running: readonly RunningActivity[]): LiveStream {
  if (stream.state !== 'extracting') return stream;
  const sum = (field: keyof ExtractProgress): number =>
    running.reduce((total, { progress }) => total + (progress?.[field] ?? 0), 0);
  const troubled = running.find(({ attempt }) => attempt > 1);
  return {
    ...stream,
    slicesDone: stream.slicesDone + sum('slicesDone'),
    pages: stream.pages + sum('pages'),
    rows: stream.rows + sum('rows'),
    requests: stream.requests + sum('requests'),
    ...(troubled === undefined ? {} : { attempt: troubled.attempt }),
    ...(troubled?.waitingUntil === undefined ? {} : { waitingUntil: troubled.waitingUntil }),
    ...(troubled?.lastFailure === undefined ? {} : { lastFailure: troubled.lastFailure }),
  };
}

type RunningActivity = {
  /** Whose slices it reads; undefined for all other work. */
  readonly stream: string | undefined;
  readonly attempt: number;
  readonly progress?: ExtractProgress;
  readonly waitingUntil?: string;
  readonly lastFailure?: string;
};

/** What a workflow is at now, its children's work left out. */
async function runningActivities(client: Client, workflowId: string): Promise<readonly RunningActivity[]> {
  const described = await ignoreGone(() => client.workflow.getHandle(workflowId).describe());
  const converter = client.options.loadedDataConverter;
  return await Promise.all(
    (described?.raw.pendingActivities ?? []).map(async (pending): Promise<RunningActivity> => {
      const [beat] = await decodeArrayFromPayloads(converter, pending.heartbeatDetails?.payloads);
      const failure = await decodeOptionalFailureToOptionalError(converter, pending.lastFailure);
      const next = pending.nextAttemptScheduleTime;
      return {
        stream: streamOfExtraction(pending.activityId ?? ''),
        attempt: pending.attempt ?? 1,
        ...(isProgress(beat) ? { progress: beat } : {}),
        ...(next == null ? {} : { waitingUntil: instantOf(next) }),
        ...(failure === undefined ? {} : { lastFailure: failure.message }),
      };
    }),
  );
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
