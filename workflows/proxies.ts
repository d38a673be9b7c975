import { ActivityCancellationType, ActivityFailure, ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { extractionId } from '../src/contracts/extraction-id.ts';
import { workerLost } from '../src/contracts/worker-lost.ts';
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
  const watched = {
    heartbeatTimeout: limits.heartbeatMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  };
  const source = (activityId: string): Activities =>
    proxyActivities<Activities>({
      ...watched,
      activityId,
      startToCloseTimeout: '12 hours',
      retry: { ...retry, maximumAttempts: limits.retryAttempts },
    });
  const store = proxyActivities<Activities>({
    ...watched,
    startToCloseTimeout: '2 hours',
    retry: { ...retry, maximumAttempts: limits.retryAttempts * 2 },
  });
  return {
    source: {
      extractBatch: outliving(async (batch) =>
        source(extractionId(batch.key.stream, batch.from, batch.to)).extractBatch(batch),
      ),
    },
    store: {
      planPipeline: outliving(store.planPipeline),
      planAccount: outliving(store.planAccount),
      planStream: outliving(store.planStream),
      loadBatch: outliving(store.loadBatch),
      finishStream: outliving(store.finishStream),
      planTransform: outliving(store.planTransform),
      runAction: outliving(store.runAction),
      runActions: outliving(store.runActions),
      publish: outliving(store.publish),
      report: outliving(store.report),
      notify: outliving(store.notify),
      noteRun: outliving(store.noteRun),
      lookAhead: outliving(store.lookAhead),
    },
  };
}

/** More than anybody would kill a worker within one activity; a bound, so that nothing goes on for ever. */
const maxLosses = 100;

/** Begins anew when the worker was lost: its death is no failure of the work and costs no attempt. */
function outliving<I, O>(activity: (input: I) => Promise<O>): (input: I) => Promise<O> {
  return async (input) => {
    for (let losses = 0; ; losses += 1) {
      try {
        return await activity(input);
      } catch (error) {
        const cause = error instanceof ActivityFailure ? error.cause : undefined;
        const isLoss = cause instanceof ApplicationFailure && cause.type === workerLost;
        if (!isLoss || losses >= maxLosses) throw error;
      }
    }
  };
}
