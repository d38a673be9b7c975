import { CancelledFailure, Context } from '@temporalio/activity';

/** One execution of an activity: when it must stop, and what it tells the server meanwhile. */
export type Attempt = {
  /** Aborts when the activity is cancelled, the worker stops, or a newer attempt of the same work begins. */
  readonly signal: AbortSignal;
  /** From now on heartbeats carry what this returns. Short work sends none: each is a call to the server. */
  report(details: () => unknown): void;
};

const heartbeatEveryMs = 1_000;

/**
 * Attempts of the same work in this process, one at a time: when the server has given up on an attempt that still
 * runs (a machine that slept, say), the next one ends it first, so that two never write the same files.
 */
export class Attempts {
  private readonly current = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();

  /** Runs `work` with heartbeats. `place` names what it works on; null when repeated work does no harm. */
  async run<T>(place: string | null, work: (attempt: Attempt) => Promise<T>): Promise<T> {
    const context = Context.current();
    const stop = new AbortController();
    let details: () => unknown = () => undefined;
    const beat = (): void => context.heartbeat(details());
    const timer = setInterval(beat, heartbeatEveryMs);
    const { promise: done, resolve: settle } = Promise.withResolvers<void>();
    try {
      if (place !== null) await this.take(place, { stop, done });
      const signal = AbortSignal.any([context.cancellationSignal, stop.signal]);
      const attempt: Attempt = {
        signal,
        report: (next) => {
          details = next;
        },
      };
      return await work(attempt);
    } catch (error) {
      // Cancelled: the server wants to hear exactly that, whatever the interrupted call threw.
      if (context.cancellationSignal.aborted) await context.cancelled;
      throw error;
    } finally {
      clearInterval(timer);
      if (place !== null && this.current.get(place)?.stop === stop) this.current.delete(place);
      settle();
    }
  }

  private async take(
    place: string,
    mine: { readonly stop: AbortController; readonly done: Promise<void> },
  ): Promise<void> {
    for (let older = this.current.get(place); older !== undefined; older = this.current.get(place)) {
      older.stop.abort(new CancelledFailure('a newer attempt of the same work has begun'));
      await older.done;
    }
    this.current.set(place, mine);
  }
}
