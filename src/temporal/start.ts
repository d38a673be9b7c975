import { type Client, WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client';
import { randomBytes } from 'node:crypto';
import type { Ahead, LookAheadInput } from '../../activities/index.ts';
import type {
  lookAhead,
  runPipeline,
  RunPipelineInput,
  runTransform,
  RunTransformInput,
  syncAccount,
  SyncAccountInput,
} from '../../workflows/index.ts';
import { runningAt } from './running-at.ts';

/** A new run's id: the time for people, random for certainty. No colons: it becomes part of file names. */
export function newRunId(kind: 'sync' | 'run' | 'transform', now: string): string {
  return `${kind}-${now.replaceAll(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`;
}

/** Id of the workflow that syncs an account. `source` is the connector's name. */
export function syncAccountId(source: string, accountId: string): string {
  return `sync/${source}/${accountId}`;
}

export const pipelineId = 'pipeline';
export const transformId = 'transform';

/** A run that was started, or one of the same kind that was already going on. */
export type Started<T extends Runnable> = {
  readonly handle: WorkflowHandle<T>;
  /** True when somebody else had started it: its input may differ from ours. */
  readonly attached: boolean;
  /** The run's id in the run log. */
  readonly runId: string;
};

type Runnable = typeof syncAccount | typeof runPipeline | typeof runTransform;

export type StartOptions = {
  readonly client: Client;
  readonly taskQueue: string;
  /** What to do when the same work is already going on: watch it, or say so. */
  readonly onRunning: 'attach' | 'refuse';
};

/** The same work is already going on. */
export class AlreadyRunning extends Error {
  readonly workflowId: string;
  readonly runId: string;
  constructor(workflowId: string, runId: string) {
    super(
      `${workflowId} is already running (run ${runId}): wait for it to end, watch it with mailmart status, or cancel it.`,
    );
    this.name = 'AlreadyRunning';
    this.workflowId = workflowId;
    this.runId = runId;
  }
}

/** Another project’s run has the id on a server that both use. */
class RunningElsewhere extends Error {
  override readonly name = 'RunningElsewhere';
}

/** Starts the sync of one account, or attaches to (or refuses because of) the one that runs. */
export function startSync(options: StartOptions, input: SyncAccountInput): Promise<Started<typeof syncAccount>> {
  return startOrAttach<typeof syncAccount>(options, 'syncAccount', syncAccountId(input.source, input.accountId), input);
}

/** Starts the whole pipeline, or attaches. */
export function startPipeline(options: StartOptions, input: RunPipelineInput): Promise<Started<typeof runPipeline>> {
  return startOrAttach<typeof runPipeline>(options, 'runPipeline', pipelineId, input);
}

/** Starts the models alone, or attaches. */
export function startTransform(options: StartOptions, input: RunTransformInput): Promise<Started<typeof runTransform>> {
  return startOrAttach<typeof runTransform>(options, 'runTransform', transformId, input);
}

/** Asks the worker what a run would do. Several may ask at the same time. */
export async function askAhead(
  { client, taskQueue }: Pick<StartOptions, 'client' | 'taskQueue'>,
  input: LookAheadInput,
): Promise<Ahead> {
  const workflowId = `look-ahead/${randomBytes(6).toString('hex')}`;
  return await client.workflow.execute<typeof lookAhead>('lookAhead', { workflowId, taskQueue, args: [input] });
}

async function startOrAttach<T extends Runnable>(
  { client, taskQueue, onRunning }: StartOptions,
  workflowType: string,
  workflowId: string,
  input: Parameters<T>[0] & { readonly runId: string },
): Promise<Started<T>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const handle = await client.workflow.start(workflowType, {
        workflowId,
        taskQueue,
        args: [input],
        memo: { runId: input.runId },
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      });
      return { handle: handle as unknown as WorkflowHandle<T>, attached: false, runId: input.runId };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const queue = await runningAt(client, workflowId);
    // It may have ended between our start and this look.
    if (queue === undefined && attempt < 3) continue;
    if (queue !== undefined && queue !== taskQueue) {
      throw new RunningElsewhere(
        `${workflowId} is running on task queue ${queue} in namespace ${client.options.namespace}: ` +
          'another project has it, or this one had that task queue before.',
      );
    }
    const described = await client.workflow.getHandle<T>(workflowId).describe();
    // Every start notes it in the memo: asking the workflow itself would wait for its worker.
    const runId = String(described.memo?.['runId'] ?? described.runId);
    if (onRunning === 'refuse') throw new AlreadyRunning(workflowId, runId);
    // Bound to the run that we saw, so that a later one is not mistaken for it, and by its beginning: it may continue as new.
    const firstExecutionRunId = described.raw.workflowExecutionInfo?.firstRunId || described.runId;
    const handle = client.workflow.getHandle<T>(workflowId, undefined, { firstExecutionRunId });
    return { handle, attached: true, runId };
  }
}
