import type * as common from '../../src/demo/simulator/faults.ts';

/** What can be made to go wrong with one request, beside what can with any vendor's. */
type Kind =
  /** 429; `retryAfter` as given: '3' or an HTTP date; absent, as this vendor does it, without the header. */
  | 'rate_limited'
  /** 429 or 403 without a JSON body, seen at very high volume. `status` chooses, default 429. */
  | 'blocked'
  /** 500 with a problem document. */
  | 'server_error'
  /** 200 with an empty array and the true `total_items`. */
  | 'empty_page'
  /** From this request on the collection's first row is gone for the next `requests` requests of the collection (path and query; default 1): rows slip by one. */
  | 'shrink'
  /** The contact in the page's first row (or `emailId`) is deleted for good after this answer. */
  | 'delete_member';

export type Fault = common.Fault<Kind> & {
  readonly retryAfter?: string;
  readonly status?: number;
  readonly requests?: number;
  readonly emailId?: string;
};

/** The simulator's fault menu. `clear()` takes all faults away; what they deleted stays deleted. */
export type Faults = common.Faults<Fault> & {
  /** Members that `delete_member` deleted. */
  deleted(): readonly { readonly listId: string; readonly emailId: string }[];
};
