import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { executeChild, ParentClosePolicy, workflowInfo } from '@temporalio/workflow';
import { runPipeline } from './run-pipeline.ts';
import type { RunScheduledInput, RunScheduledResult } from './types.ts';

/**
 * What a Schedule starts: a Schedule appends the time to its workflow's id, so this one starts the deterministic
 * pipeline, or refuses when that is already running.
 */
export async function runScheduled(input: RunScheduledInput): Promise<RunScheduledResult> {
  const runId = `scheduled-${workflowInfo().runStartTime.toISOString().replaceAll(/[-:.]/g, '')}`;
  try {
    const result = await executeChild(runPipeline, {
      workflowId: input.pipelineId,
      memo: { runId },
      args: [{ runId, ...(input.tuning === undefined ? {} : { tuning: input.tuning }) }],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    });
    const { published, transform, verdict } = result;
    const blocked = published ? '' : `, but nothing was published: ${transform.failed[0]?.message ?? 'a model failed'}`;
    return { started: true, runId, message: `finished: ${verdict.kind}${blocked}` };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return { started: false, runId, message: `not started: ${input.pipelineId} is already running` };
  }
}
