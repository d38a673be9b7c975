import { Allowing, type Said } from './allowance.ts';

/** Gives a lane back, with what the answer said of the rate; undefined when no answer came. */
export type GiveBack = (said?: Said) => void;

/** A budget of lanes and rate. Everything of one account in this process draws on the same ones. */
export type Budget = {
  /**
   * Waits for a lane and for the rate; the returned function gives the lane back. A free lane goes to the lowest
   * `priority` (default 0) that waits, among equals to the one that came first. Several `lanes` come together or not at all.
   */
  take(signal: AbortSignal, priority?: number, lanes?: number): Promise<GiveBack>;
};

export type Limit = {
  readonly rps?: number;
  readonly concurrency: number;
  /** Requests begin only as far as the answers before them said that something is left. */
  readonly followsHeaders?: boolean;
};
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

type Waiting = { readonly priority: number; readonly lanes: number; readonly enter: () => void };

/** `concurrency` requests at a time, by priority, begun at least 1/rps apart, and no more than the source says are left. */
export function createBudget(limit: Limit, sleep: Sleep): Budget {
  let free = limit.concurrency;
  let nextStart = 0;
  /** In the order in which they get their lanes. */
  const waiting: Waiting[] = [];
  const allowing = limit.followsHeaders === true ? new Allowing(sleep, () => admit()) : undefined;

  const mayEnter = (lanes: number): boolean => lanes <= free && (allowing === undefined || allowing.mayBegin());

  function begin(lanes: number): void {
    free -= lanes;
    allowing?.begun();
  }

  function admit(): void {
    for (let next = waiting[0]; next !== undefined && mayEnter(next.lanes); next = waiting[0]) {
      waiting.shift();
      begin(next.lanes);
      next.enter();
    }
    if (waiting.length > 0) allowing?.watch();
  }

  function release(lanes: number, said: Said | 'nothing was sent' | undefined): void {
    free += lanes;
    allowing?.ended(said);
    admit();
  }

  async function enter(signal: AbortSignal, priority: number, lanes: number): Promise<void> {
    if (waiting.length === 0 && mayEnter(lanes)) {
      begin(lanes);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const me: Waiting = {
        priority,
        lanes,
        enter: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(me), 1);
        reject(signal.reason as Error);
        admit();
      };
      waiting.splice(waiting.findLastIndex((other) => other.priority <= priority) + 1, 0, me);
      signal.addEventListener('abort', leave, { once: true });
      admit();
    });
  }

  return {
    async take(signal, priority = 0, wanted = 1) {
      signal.throwIfAborted();
      const lanes = Math.min(wanted, limit.concurrency);
      await enter(signal, priority, lanes);
      try {
        if (limit.rps !== undefined) {
          const now = performance.now();
          const start = Math.max(now, nextStart);
          nextStart = start + 1000 / limit.rps;
          if (start > now) await sleep(start - now, signal);
        }
      } catch (error) {
        release(lanes, 'nothing was sent');
        throw error;
      }
      let isGivenBack = false;
      return (said) => {
        if (!isGivenBack) release(lanes, said);
        isGivenBack = true;
      };
    },
  };
}
