import type * as common from '../../src/demo/simulator/faults.ts';

/** What can be made to go wrong with one request, beside what can with any vendor's. */
type Kind =
  /** 429 in the documented body, with headers that say to wait `seconds` (default 2). */
  | 'rate_limited'
  /** 429 without any header that says how long. */
  | 'rate_limited_bare'
  /** 500 with the documented body. */
  | 'server_error'
  /** 408, as a contact search that took 20 seconds. */
  | 'timeout';

/** `path` is matched with method and path: `GET /v3/stats`. */
export type Fault = common.Fault<Kind> & { readonly seconds?: number };

/** The simulator's fault menu. */
export type Faults = common.Faults<Fault> & {
  /** The next so many contact exports end with `failure`. */
  failExports(count: number): void;
};
