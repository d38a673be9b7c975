import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Limits } from './limits.ts';

/** Proxies by the way an activity is to be watched and retried. */
export type Proxies = {
  /** Talks to a source: long, heartbeats, given up after some attempts. */
  readonly source: Pick<Activities, 'extractBatch'>;
  /** Talks to the warehouse and to landing: it heals (disk, locks) or is fixed by a person, so it is tried for long. */
  readonly store: Omit<Activities, 'extractBatch'>;
};

/** Options are plain data and the same at every replay of one input. */
export function proxies(limits: Limits): Proxies {
  const retry = {
    initialInterval: limits.retryInitialMs,
    backoffCoefficient: 2,
    maximumInterval: limits.retryMaxMs,
  };
  return {
    source: proxyActivities<Activities>({
      startToCloseTimeout: '12 hours',
      heartbeatTimeout: limits.heartbeatMs,
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry: { ...retry, maximumAttempts: limits.retryAttempts },
    }),
    store: proxyActivities<Activities>({
      startToCloseTimeout: '2 hours',
      heartbeatTimeout: limits.heartbeatMs,
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry: { ...retry, maximumAttempts: limits.retryAttempts * 2 },
    }),
  };
}
