import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  executeChild,
  ParentClosePolicy,
  ChildWorkflowCancellationType,
  sleep,
  type Workflow,
} from '@temporalio/workflow';

/** Somebody else's run of the same work went on for longer than we wait. Temporal's failure: an error of another class ends no workflow. */
function busy(workflowId: string, waitedMs: number): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `another run of ${workflowId} was still going on after ${Math.round(waitedMs / 60_000)} minutes: ` +
      'wait for it (mailmart status), or cancel it, then start again',
    'busy',
  );
}

/**
 * Runs a child under its deterministic id. When that id is taken by a run that somebody else started, waits for it to
 * end: the same work is never done twice at once.
 */
export async function runChildWhenFree<T extends Workflow>(
  workflow: T,
  options: {
    readonly workflowId: string;
    /** Noted on the child, for those who meet it. */
    readonly runId: string;
    readonly args: Parameters<T>;
    readonly busyWaitMs: number;
  },
): Promise<Awaited<ReturnType<T>>> {
  const { workflowId, runId, args, busyWaitMs } = options;
  let waitMs = 1_000;
  for (let waitedMs = 0; ; waitedMs += waitMs, waitMs = Math.min(waitMs * 2, 300_000)) {
    try {
      return await executeChild<Workflow>(workflow, {
        workflowId,
        args,
        memo: { runId },
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      if (waitedMs >= busyWaitMs) throw busy(workflowId, waitedMs);
      await sleep(waitMs);
    }
  }
}
