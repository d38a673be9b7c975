import type { Client } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import { workerLost } from '../contracts/worker-lost.ts';
import { endLostActivities } from './recover.ts';

const [scheduled, started, cancelRequested] = [1, 2, 3];

/** One running workflow with these activities, by state; failing those of `errors` throws. */
function clientOf(states: readonly number[], errors: Readonly<Record<number, Error>> = {}) {
  const failed: string[] = [];
  const pendingActivities = states.map((state, index) => ({
    activityId: String(index),
    activityType: { name: `type-${index}` },
    state,
  }));
  const client = {
    workflow: {
      list: async function* ({ query }: { readonly query: string }) {
        failed.push(query);
        yield { workflowId: 'sync/fake/shop', runId: 'r1' };
      },
      getHandle: () => ({ describe: async () => ({ raw: { pendingActivities } }) }),
    },
    activity: {
      fail: async ({ activityId }: { readonly activityId: string }, { type, nonRetryable }: ApplicationFailure) => {
        const error = errors[Number(activityId)];
        if (error !== undefined) throw error;
        failed.push(`${activityId} ${type} ${nonRetryable}`);
      },
    },
  };
  return { client: client as unknown as Client, failed };
}

it('ends what a worker of this task queue had taken, and nothing that still waits for one', async () => {
  const { client, failed } = clientOf([scheduled, started, cancelRequested]);
  expect(await endLostActivities(client, 'queue-1')).toEqual(['type-1', 'type-2']);
  expect(failed).toEqual([
    'ExecutionStatus = "Running" AND TaskQueue = "queue-1"',
    `1 ${workerLost} true`,
    `2 ${workerLost} true`,
  ]);
});

it('goes on past one whose time-out came first, and hides no other failure', async () => {
  const timedOut = Object.assign(new Error('not found'), { name: 'ActivityNotFoundError' });
  expect(await endLostActivities(clientOf([started, started], { 0: timedOut }).client, 'q')).toEqual(['type-1']);
  const refused = clientOf([started], { 0: new Error('permission denied') });
  await expect(endLostActivities(refused.client, 'q')).rejects.toThrow('permission denied');
});
