import { ApplicationFailure } from '@temporalio/common';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { workerLost } from '../contracts/worker-lost.ts';

/** PENDING_ACTIVITY_STATE_STARTED and _CANCEL_REQUESTED of the server's API: a worker had taken the activity. */
const takenStates: readonly unknown[] = [2, 3];

/**
 * Ends the activities that a killed worker of this task queue had begun, so that they go on at once instead of after
 * their heartbeat time-out. Only for the one owner of a project, before it takes work: nobody else can be at them.
 * Returns the types of what it ended, one each.
 */
export async function endLostActivities(client: Client, taskQueue: string): Promise<readonly string[]> {
  const ended: string[] = [];
  const query = `ExecutionStatus = "Running" AND TaskQueue = "${taskQueue}"`;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
    for (const { activityId, activityType, state } of raw.pendingActivities ?? []) {
      if (activityId == null || !takenStates.includes(state)) continue;
      const lost = ApplicationFailure.create({
        type: workerLost,
        message: 'the worker that ran this was lost',
        nonRetryable: true,
      });
      try {
        await client.activity.fail({ workflowId, runId, activityId }, lost);
        ended.push(activityType?.name ?? 'unknown');
      } catch (error) {
        // Its time-out came first.
        if (!(error instanceof Error && error.name === 'ActivityNotFoundError')) throw error;
      }
    }
  }
  return ended;
}

/**
 * Ends the runs of other task queues on a server that is this project's alone. They were begun before its folder was moved or
 * copied, or under another `temporal.task_queue`: nobody will ever work on them, and as long as they stand none of their
 * kind can start. Their rows and checkpoints are in the warehouse. Returns the ids of the workflows.
 */
export async function endStrandedRuns(client: Client, taskQueue: string): Promise<readonly string[]> {
  const ended: string[] = [];
  const query = `ExecutionStatus = "Running" AND TaskQueue != "${taskQueue}"`;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    try {
      await client.workflow.getHandle(workflowId, runId).terminate('the project has another task queue now');
      ended.push(workflowId);
    } catch (error) {
      // The end of its parent was its own.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
  return ended;
}
