import type { Tuning } from './types.ts';

/** Every interval and limit of a run, defaults filled in. */
export type Limits = Required<Tuning>;

const second = 1_000;
const hour = 3_600 * second;

const defaults: Limits = {
  batchMs: 5 * second,
  heartbeatMs: 20 * second,
  retryInitialMs: second,
  retryMaxMs: 30 * second,
  retryAttempts: 10,
  maxEvents: 1_500,
  quotaWaitMs: 26 * hour,
  pendingWaitMs: 6 * hour,
  busyWaitMs: 6 * hour,
  parallelActions: 2,
};

/** Defaults, overridden by what the caller gave. */
export function limitsOf(tuning: Tuning | undefined): Limits {
  return { ...defaults, ...tuning };
}
