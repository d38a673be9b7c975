import pRetry from 'p-retry';
import type { Sleep } from './budget.ts';
import { ConnectorError } from './errors.ts';

const TRIES = 3;
/** Waiting in place, all of one request's retries together: longer waits give the worker's slot back. */
const PATIENCE_MS = 30_000;
/** 429 without Retry-After, after the tries in place. */
const UNSTATED_WAIT_MS = 60_000;

export type Retrying = {
  readonly sleep: Sleep;
  readonly random: () => number;
  /** Before each wait. */
  readonly onWait: (ms: number) => void;
};

/** Up to three tries of what may succeed when tried again, with the pauses that the failures ask for, 30 s in all. */
export async function withRetries<T>(attempt: () => Promise<T>, signal: AbortSignal, retrying: Retrying): Promise<T> {
  let waited = 0;
  return pRetry(attempt, {
    retries: TRIES - 1,
    // Waits are our own (they depend on the failure), so p-retry's are off.
    minTimeout: 0,
    maxTimeout: 0,
    factor: 1,
    randomize: false,
    // Ours too: time in which a request waits for a lane or its turn is no part of the patience with the source.
    maxRetryTime: Infinity,
    signal,
    unref: false,
    shouldConsumeRetry: () => true,
    shouldRetry: ({ error }) => isRetryable(error),
    onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
      if (!isRetryable(error)) return;
      const wait = pause(error, attemptNumber, retrying.random);
      if (retriesLeft === 0 || waited + wait > PATIENCE_MS) throw givenUp(error, attemptNumber);
      waited += wait;
      retrying.onWait(wait);
      await retrying.sleep(wait, signal).catch((reason: unknown) => {
        signal.throwIfAborted();
        throw reason;
      });
    },
  });
}

const isRetryable = (error: unknown): error is ConnectorError =>
  error instanceof ConnectorError && (error.kind === 'transient' || error.kind === 'rate_limited');

function pause(error: ConnectorError, attemptNumber: number, random: () => number): number {
  if (error.retryAfterMs !== undefined) return error.retryAfterMs + Math.round(random() * 250);
  const first = error.kind === 'rate_limited' ? 2000 : 500;
  return Math.round(first * 2 ** (attemptNumber - 1) * (0.5 + random()));
}

function givenUp(error: ConnectorError, attempts: number): ConnectorError {
  const tries = attempts === 1 ? '' : ` Tried ${attempts} times.`;
  const wait = error.retryAfterMs ?? (error.kind === 'rate_limited' ? UNSTATED_WAIT_MS : undefined);
  return new ConnectorError(`${error.message}${tries}`, {
    kind: error.kind,
    connector: error.connector,
    ...(error.stream === undefined ? {} : { stream: error.stream }),
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}
