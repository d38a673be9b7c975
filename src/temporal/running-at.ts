import { type Client, isGrpcServiceError } from '@temporalio/client';

/** Status NOT_FOUND of gRPC. */
const notFound = 5;

/** RUNNING of the server's API. */
const running: unknown = 1;

/**
 * Task queue at which a workflow id runs; undefined where none does. Whatever else a description says (its memo)
 * may be encrypted with the key of another project on the server: it is read of our own runs only.
 */
export async function runningAt(client: Client, workflowId: string): Promise<string | undefined> {
  try {
    const { executionConfig, workflowExecutionInfo } = await client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId },
    });
    if (workflowExecutionInfo?.status !== running) return undefined;
    return executionConfig?.taskQueue?.name ?? undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Whether the server answered that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  const code: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
  return code === notFound;
}
