import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Clock } from '../contracts/clock.ts';
import type { RunRecord, Warehouse } from '../warehouse/port.ts';
import { runningAt } from './running-at.ts';
import { pipelineId, transformId } from './start.ts';

/**
 * Closes runs that the run log takes for running though Temporal knows nothing of them: its database was lost, or is
 * an older one. The warehouse is the truth, so nothing else is lost; the next run goes on from its checkpoints.
 * Returns the ids of the runs that were closed.
 */
export async function closeForgottenRuns(options: {
  readonly client: Client;
  readonly taskQueue: string;
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  /** Workflow id of an account's sync. */
  readonly syncId: (accountId: string) => string | undefined;
}): Promise<readonly string[]> {
  const { client, taskQueue, warehouse, clock, syncId } = options;
  const closed: string[] = [];
  for (const run of await warehouse.runningRuns()) {
    const workflowId = workflowOf(run, syncId);
    if (workflowId !== undefined && (await goesOn(client, taskQueue, workflowId, run.runId))) continue;
    await warehouse.recordRun({
      ...run,
      status: 'failed',
      finishedAt: clock.now(),
      message:
        'Temporal no longer knows this run at the task queue of this project. What it had loaded is there: start a run to go on.',
    });
    closed.push(run.runId);
  }
  return closed;
}

function workflowOf(run: RunRecord, syncId: (accountId: string) => string | undefined): string | undefined {
  switch (run.kind) {
    case 'pipeline':
      return pipelineId;
    case 'transform':
      return transformId;
    case 'sync':
      return run.accountId === null ? undefined : syncId(run.accountId);
  }
}

async function goesOn(client: Client, taskQueue: string, workflowId: string, runId: string): Promise<boolean> {
  try {
    // At another queue nobody of this project works, be the run another project's or one of before this one was moved.
    if ((await runningAt(client, workflowId)) !== taskQueue) return false;
    const { memo } = await client.workflow.getHandle(workflowId).describe();
    return memo?.['runId'] === runId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
