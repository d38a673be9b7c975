/** A budget of lanes and rate. Everything of one account in this process draws on the same ones. */
export type Budget = {
  /** Waits for a lane and for the rate; the returned function gives the lane back. */
  take(signal: AbortSignal): Promise<() => void>;
};

export type Limit = { readonly rps?: number; readonly concurrency: number };
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** `concurrency` requests at a time, first come first served, begun at least 1/rps apart. */
export function createBudget(limit: Limit, sleep: Sleep): Budget {
  let free = limit.concurrency;
  let nextStart = 0;
  const waiting: (() => void)[] = [];

  function release(): void {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }

  async function lane(signal: AbortSignal): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      waiting.push(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  return {
    async take(signal) {
      signal.throwIfAborted();
      await lane(signal);
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
