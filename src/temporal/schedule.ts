import {
  type Client,
  type ScheduleDescription,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleSpec,
  ServiceError,
} from '@temporalio/client';
import type { RunScheduledInput, Tuning } from '../../workflows/index.ts';
import { isNotFound } from './running-at.ts';
import { pipelineId } from './start.ts';

/** `schedule` of mailmart.yaml. */
export type ScheduleConfig = {
  readonly cron?: string | undefined;
  /** ISO-8601 duration. */
  readonly every?: string | undefined;
  readonly time_zone?: string | undefined;
};

export const scheduleId = 'pipeline';

/** Runs that were missed while no server ran are made up for one day. */
const catchupWindow = '1 day';

export type ScheduleChange = 'created' | 'updated' | 'unchanged' | 'removed' | 'absent';

/**
 * Brings the Temporal Schedule in line with the configuration; doing it twice changes nothing. A pause by hand stays.
 * A run that is due while one is going on is skipped. The schedule of another project, whose worker runs, is not touched.
 */
export async function reconcileSchedule(options: {
  readonly client: Client;
  readonly taskQueue: string;
  readonly schedule: ScheduleConfig | undefined;
  /** Zone of `cron` when it names none. */
  readonly companyZone: string;
  readonly tuning?: Tuning;
}): Promise<ScheduleChange> {
  const { client, taskQueue, schedule } = options;
  const handle = client.schedule.getHandle(scheduleId);
  const wanted = schedule === undefined ? undefined : specOf(schedule, options.companyZone);
  const fingerprint = JSON.stringify([wanted, taskQueue, options.tuning ?? null]);
  const owner = await ownerOf(client);
  const known = await knownSchedule(client).catch((error: unknown): typeof unreadable => {
    // Encrypted with another project's key.
    if (owner === undefined || owner === taskQueue || error instanceof ServiceError) throw error;
    return unreadable;
  });
  if (known === unreadable || (owner !== undefined && owner !== taskQueue && (await isServed(client, owner)))) {
    if (wanted === undefined) return 'absent';
    throw new Error(
      `The schedule in namespace ${client.options.namespace} is that of another project (task queue ${owner}): ` +
        'give each project that shares a Temporal server its own temporal.namespace. If that was this project before it was ' +
        (known === unreadable
          ? `moved or renamed and lost .mailmart/temporal-key, delete it: temporal schedule delete --schedule-id ${scheduleId}`
          : 'moved or renamed, start again in five minutes: so long a worker that has ended is remembered.'),
    );
  }
  if (wanted === undefined) {
    if (known === undefined) return 'absent';
    await handle.delete();
    return 'removed';
  }
  const input: RunScheduledInput = {
    pipelineId,
    ...(options.tuning === undefined ? {} : { tuning: options.tuning }),
  };
  const action = {
    type: 'startWorkflow' as const,
    workflowType: 'runScheduled',
    workflowId: 'scheduled',
    taskQueue,
    args: [input] as [RunScheduledInput],
    // What says that nothing changed. A schedule's own memo cannot be updated.
    memo: { fingerprint },
  };
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow };
  if (known === undefined) {
    await client.schedule.create({ scheduleId, spec: wanted, action, policies });
    return 'created';
  }
  if (fingerprintOf(known) === fingerprint) return 'unchanged';
  // In one step: made anew, a pause by hand would be lost with whoever dies in between.
  await handle.update(({ state }) => ({ spec: wanted, action, policies, state }));
  return 'updated';
}

const unreadable = Symbol('unreadable');

async function knownSchedule(client: Client): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(scheduleId).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** Older versions kept it in the schedule's memo. */
const fingerprintOf = ({ action, memo }: ScheduleDescription): unknown =>
  action.memo?.['fingerprint'] ?? memo?.['fingerprint'];

/** Task queue of the runs that the schedule starts. What else it says may be encrypted with another project's key. */
async function ownerOf(client: Client): Promise<string | undefined> {
  try {
    const { namespace } = client.options;
    const { schedule } = await client.workflowService.describeSchedule({ namespace, scheduleId });
    return schedule?.action?.startWorkflow?.taskQueue?.name ?? undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Whether a worker takes work there. A project that was moved to another folder has another task queue; nobody asks at the old one. */
async function isServed(client: Client, taskQueue: string): Promise<boolean> {
  const { namespace } = client.options;
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
  });
  return (pollers ?? []).length > 0;
}

/** The configuration's schedule as Temporal takes it. */
export function specOf(schedule: ScheduleConfig, companyZone: string): ScheduleSpec {
  if (schedule.cron !== undefined) {
    return { cronExpressions: [schedule.cron], timezone: schedule.time_zone ?? companyZone };
  }
  if (schedule.every === undefined) throw new Error('A schedule needs cron or every');
  return { intervals: [{ every: milliseconds(schedule.every) }] };
}

/** ISO-8601 duration of weeks, days, hours, minutes and seconds. A month has no fixed length, so it is refused. */
export function milliseconds(duration: string): number {
  const parts = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration);
  const [weeks, days, hours, minutes, seconds] = (parts ?? []).slice(1).map((part) => Number(part ?? 0));
  const total =
    (((((weeks ?? 0) * 7 + (days ?? 0)) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1_000;
  if (parts === null || total === 0) {
    throw new Error(
      `schedule.every is ${duration}: write weeks, days, hours, minutes or seconds, such as P1D or PT6H.`,
    );
  }
  return total;
}
