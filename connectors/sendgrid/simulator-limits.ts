/** So many requests in so many seconds, of one endpoint. */
export type Rate = { readonly requests: number; readonly seconds: number };

/**
 * SendGrid publishes no numbers but one: 6 requests a minute to Email Activity. The others are this simulator's own, of the
 * order that its headers were seen to state; a connector must go by the headers.
 */
export const rates = {
  activity: { requests: 6, seconds: 60 },
  logs: { requests: 60, seconds: 10 },
  marketing: { requests: 100, seconds: 10 },
  exports: { requests: 30, seconds: 10 },
  stats: { requests: 60, seconds: 10 },
  suppressions: { requests: 60, seconds: 10 },
  account: { requests: 60, seconds: 10 },
} as const satisfies Readonly<Record<string, Rate>>;

export type RateKey = keyof typeof rates;

type Window = { readonly endMs: number; left: number };

export type RateState = {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
  readonly isOver: boolean;
};

/** Fixed windows, one an endpoint: each begins with its first request. */
export class Limits {
  readonly #windows = new Map<string, Window>();
  readonly #nowMs: () => number;
  readonly #factor: number;
  readonly #rates: Readonly<Record<RateKey, Rate>>;

  /** Windows are `factor` times as short as stated, so that a test meets a real limit within its patience. */
  constructor(nowMs: () => number, factor: number, changed: Readonly<Partial<Record<RateKey, Rate>>>) {
    this.#nowMs = nowMs;
    this.#factor = factor;
    this.#rates = { ...rates, ...changed };
  }

  /** Counts a request to an endpoint; `isOver`: there was nothing left. */
  count(endpoint: string, key: RateKey): RateState {
    const rate = this.#rates[key];
    const now = this.#nowMs();
    let window = this.#windows.get(endpoint);
    if (window === undefined || window.endMs <= now) {
      window = { endMs: now + (rate.seconds * 1000) / this.#factor, left: rate.requests };
      this.#windows.set(endpoint, window);
    }
    const isOver = window.left <= 0;
    if (!isOver) window.left -= 1;
    return { limit: rate.requests, remaining: window.left, resetMs: window.endMs, isOver };
  }
}
