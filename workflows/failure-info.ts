import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { FailureInfo } from '../activities/index.ts';
import { withoutFix } from '../src/contracts/failure-text.ts';

/** What failed, without Temporal's wrapping. The text was redacted where the failure was made. */
export function failureInfo(error: unknown): FailureInfo {
  const cause = unwrap(error);
  if (cause instanceof ApplicationFailure) {
    const details = cause.details?.[0];
    return { ...(isDetails(details) ? details : {}), kind: cause.type ?? 'unexpected', message: cause.message };
  }
  if (cause instanceof CancelledFailure) return { kind: 'cancelled', message: 'the run was cancelled' };
  if (cause instanceof TerminatedFailure) return { kind: 'terminated', message: 'the workflow was terminated by hand' };
  if (cause instanceof TimeoutFailure) {
    return {
      kind: 'timeout',
      message: `no answer from the worker in time (${cause.timeoutType}): see that a worker runs, then start the run again`,
    };
  }
  return { kind: 'unexpected', message: cause instanceof Error ? cause.message : 'unknown failure' };
}

/** What happened, cut to a length: without what to do, which stands beside it and must not be cut in its middle. */
export function whatOf({ message, fix }: FailureInfo, most: number): string {
  return withoutFix(message, fix).slice(0, most);
}

function unwrap(error: unknown): unknown {
  if ((error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) && error.cause !== undefined) {
    return unwrap(error.cause);
  }
  return error;
}

function isDetails(value: unknown): value is Omit<FailureInfo, 'kind' | 'message'> {
  return typeof value === 'object' && value !== null;
}
