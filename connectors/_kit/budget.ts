/** A budget of lanes and rate. Everything of one account in this process draws on the same ones. */
export type Budget = {
  /**
   * Waits for a lane and for the rate; the returned function gives the lane back. A free lane goes to the lowest
   * `priority` (default 0) that waits, among equals to the one that came first.
   */
  take(signal: AbortSignal, priority?: number): Promise<() => void>;
};

export type Limit = { readonly rps?: number; readonly concurrency: number };
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

type Waiting = { readonly priority: number; readonly enter: () => void };

/** `concurrency` requests at a time, by priority, begun at least 1/rps apart. */
export function createBudget(limit: Limit, sleep: Sleep): Budget {
  let free = limit.concurrency;
  let nextStart = 0;
  /** In the order in which they get a lane. */
  const waiting: Waiting[] = [];

  function release(): void {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next.enter();
  }

  async function lane(signal: AbortSignal, priority: number): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const me: Waiting = {
        priority,
        enter: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(me), 1);
        reject(signal.reason as Error);
      };
      waiting.splice(waiting.findLastIndex((other) => other.priority <= priority) + 1, 0, me);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  return {
    async take(signal, priority = 0) {
      signal.throwIfAborted();
      await lane(signal, priority);
      try {
        if (limit.rps !== undefined) {
          const now = performance.now();
          const start = Math.max(now, nextStart);
          nextStart = start + 1000 / limit.rps;
          if (start > now) await sleep(start - now, signal);
        }
      } catch (error) {
        release();
        throw error;
      }
      let isGivenBack = false;
      return () => {
        if (!isGivenBack) release();
        isGivenBack = true;
      };
    },
  };
}
