import { createRandom } from '../../src/demo/random.ts';
import type { Body } from './simulator-answer.ts';

/** What can be made to go wrong with one request. */
export type FaultKind =
  /** 429; `retryAfter` as given: '3' or an HTTP date; absent, as this vendor does it, without the header. */
  | 'rate_limited'
  /** 429 or 403 without a JSON body, seen at very high volume. `status` chooses, default 429. */
  | 'blocked'
  /** 500 with a problem document. */
  | 'server_error'
  /** 502 with an HTML body: the CDN gave up. */
  | 'bad_gateway'
  /** The connection is cut before an answer. */
  | 'reset'
  /** The connection is cut in the middle of the body. */
  | 'reset_in_body'
  /** No answer for `ms` (default 130,000, past the vendor's time limit), then the right one, if anyone still listens. */
  | 'stall'
  /** 200, complete to HTTP, but the JSON stops half-way. */
  | 'truncated_json'
  /** 200 with an HTML page. */
  | 'html_200'
  /** 200 with an empty body. */
  | 'empty_body'
  /** 200 with an empty array and the true `total_items`. */
  | 'empty_page'
  /** 401 from this request on, until `restoreKey()`. */
  | 'key_expired'
  /** From this request on the collection's first row is gone for the next `requests` requests of that path (default 1): rows slip by one. */
  | 'shrink'
  /** The contact in the page's first row (or `emailId`) is deleted for good after this answer. */
  | 'delete_member'
  /** One field of the page's first record has a wrong type: `field` (default the first) becomes an object. */
  | 'wrong_type'
  /** Every record gets a field that nobody has heard of. */
  | 'unknown_field';

export type Fault = {
  readonly kind: FaultKind;
  /** Only requests whose path (below `/3.0`, without query) matches; default all. */
  readonly path?: RegExp | string;
  /** Only from the n-th matching request on, counted from 1 since the fault was added; default 1. */
  readonly from?: number;
  /** How many times it strikes; default 1. `Infinity` for ever. */
  readonly times?: number;
  /** Strike only this share of the matching requests, drawn by `seed`. */
  readonly rate?: number;
  readonly seed?: number;
  readonly retryAfter?: string;
  readonly status?: number;
  readonly ms?: number;
  readonly requests?: number;
  readonly emailId?: string;
  readonly field?: string;
};

/** A struck fault, for tests that ask whether anything went wrong at all. */
export type FaultEntry = { readonly kind: FaultKind; readonly request: number; readonly path: string };

/** The simulator's fault menu. */
export type Faults = {
  add(...faults: readonly Fault[]): void;
  /** Takes all faults away; what they deleted stays deleted. */
  clear(): void;
  /** Makes an expired key good again. */
  restoreKey(): void;
  struck(): readonly FaultEntry[];
  /** Members that `delete_member` deleted. */
  deleted(): readonly { readonly listId: string; readonly emailId: string }[];
};

type Armed = {
  readonly fault: Fault;
  readonly pattern: RegExp;
  readonly random: () => number;
  seen: number;
  left: number;
};

export class FaultBook {
  #armed: Armed[] = [];
  #struck: FaultEntry[] = [];

  add(faults: readonly Fault[]): void {
    for (const fault of faults) {
      const pattern = fault.path === undefined ? /(?:)/ : new RegExp(fault.path);
      const random = createRandom('faults', fault.seed ?? 1);
      this.#armed.push({ fault, pattern, random: () => random.next(), seen: 0, left: fault.times ?? 1 });
    }
  }

  clear(): void {
    this.#armed = [];
  }

  struck(): readonly FaultEntry[] {
    return [...this.#struck];
  }

  /** The fault that strikes this request, if any: the first armed one wins. */
  strike(request: number, path: string): Fault | undefined {
    let found: Fault | undefined;
    for (const armed of this.#armed) {
      if (!armed.pattern.test(path)) continue;
      armed.seen += 1;
      if (found !== undefined || armed.left <= 0 || armed.seen < (armed.fault.from ?? 1)) continue;
      if (armed.fault.rate !== undefined && armed.random() >= armed.fault.rate) continue;
      armed.left -= 1;
      found = armed.fault;
      this.#struck.push({ kind: found.kind, request, path });
    }
    return found;
  }
}

/** Damages the rows of a page as a fault asks. */
export function damageRows(fault: Fault | undefined, rows: Body[]): Body[] {
  if (fault?.kind === 'empty_page') return [];
  if (fault?.kind === 'unknown_field') return rows.map((row) => ({ ...row, brand_new_field: { nested: [1, 'two'] } }));
  const [first, ...rest] = rows;
  if (fault?.kind !== 'wrong_type' || first === undefined) return rows;
  const field = fault.field ?? Object.keys(first)[0] ?? 'id';
  return [setPath(first, field.split('.'), { unexpected: true }), ...rest];
}

/** A copy with the value at a dot path replaced; the first element of an array on the way is meant. */
function setPath(record: Body, [name, ...below]: readonly string[], value: unknown): Body {
  if (name === undefined) return record;
  const inner = record[name];
  if (below.length === 0) return { ...record, [name]: value };
  if (Array.isArray(inner))
    return { ...record, [name]: [setPath((inner[0] ?? {}) as Body, below, value), ...inner.slice(1)] };
  return { ...record, [name]: setPath((inner ?? {}) as Body, below, value) };
}
