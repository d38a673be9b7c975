/** So many requests in so many seconds. */
export type Rate = { readonly requests: number; readonly seconds: number };

/** How a window of requests stands after one more. */
export type RateState = {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
  /** There was nothing left. */
  readonly isOver: boolean;
};

type Window = { readonly endMs: number; left: number };

/** Fixed windows, one a key (an endpoint, an account): each begins with its first request. */
export class Windows {
  readonly #windows = new Map<string, Window>();
  readonly #nowMs: () => number;
  readonly #factor: number;

  /** Windows are `factor` times as short as stated, so that a test meets a real limit within its patience. */
  constructor(nowMs: () => number, factor: number) {
    this.#nowMs = nowMs;
    this.#factor = factor;
  }

  /** Counts a request. */
  count(key: string, rate: Rate): RateState {
    const now = this.#nowMs();
    let window = this.#windows.get(key);
    if (window === undefined || window.endMs <= now) {
      window = { endMs: now + (rate.seconds * 1000) / this.#factor, left: rate.requests };
      this.#windows.set(key, window);
    }
    const isOver = window.left <= 0;
    if (!isOver) window.left -= 1;
    return { limit: rate.requests, remaining: window.left, resetMs: window.endMs, isOver };
  }
}
