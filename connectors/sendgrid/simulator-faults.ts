import { createRandom } from '../../src/demo/random.ts';
import type { Body } from './simulator-answer.ts';

/** What can be made to go wrong with one request. */
export type FaultKind =
  /** 429 in the documented body, with headers that say to wait `seconds` (default 2). */
  | 'rate_limited'
  /** 429 without any header that says how long. */
  | 'rate_limited_bare'
  /** 500 with the documented body. */
  | 'server_error'
  /** 502 with an HTML body. */
  | 'bad_gateway'
  /** 408, as a contact search that took 20 seconds. */
  | 'timeout'
  /** The connection is cut before an answer. */
  | 'reset'
  /** The connection is cut in the middle of the body. */
  | 'reset_in_body'
  /** No answer for `ms` (default 60,000), then the right one, if anyone still listens. */
  | 'stall'
  /** 200, complete to HTTP, but the body stops half-way: JSON, or the file of an export. */
  | 'truncated'
  /** 200 with an HTML page. */
  | 'html_200'
  /** 200 with an empty body. */
  | 'empty_body'
  /** 401 from this request on, until `restoreKey()`. */
  | 'key_expired'
  /** One field of the answer's first record has a wrong type: `field` (default the first) becomes an object. */
  | 'wrong_type'
  /** Every record gets a field that nobody has heard of. */
  | 'unknown_field';

export type Fault = {
  readonly kind: FaultKind;
  /** Only requests whose method and path (`GET /v3/stats`, without query) match; default all. */
  readonly path?: RegExp | string;
  /** Only from the n-th matching request on, counted from 1 since the fault was added; default 1. */
  readonly from?: number;
  /** How many times it strikes; default 1. `Infinity` for ever. */
  readonly times?: number;
  /** Strike only this share of the matching requests, drawn by `seed`. */
  readonly rate?: number;
  readonly seed?: number;
  readonly ms?: number;
  readonly seconds?: number;
  readonly field?: string;
};

/** A struck fault, for tests that ask whether anything went wrong at all. */
export type FaultEntry = { readonly kind: FaultKind; readonly request: number; readonly path: string };

/** The simulator's fault menu. */
export type Faults = {
  add(...faults: readonly Fault[]): void;
  clear(): void;
  /** Makes an expired key good again. */
  restoreKey(): void;
  /** The next so many contact exports end with `failure`. */
  failExports(count: number): void;
  struck(): readonly FaultEntry[];
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
      const random = createRandom('sendgrid faults', fault.seed ?? 1);
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

/** Damages an answer's records as a fault asks: the elements of its array (bare, or its first), or the answer itself. */
export function damage(fault: Fault | undefined, body: unknown): unknown {
  if (fault?.kind !== 'unknown_field' && fault?.kind !== 'wrong_type') return body;
  if (Array.isArray(body)) return body.map((row, index) => damageRow(fault, row, index));
  if (typeof body !== 'object' || body === null) return body;
  const [key, rows] = Object.entries(body).find(([, value]) => Array.isArray(value)) ?? [];
  if (key === undefined || !Array.isArray(rows)) return damageRow(fault, body, 0);
  return { ...body, [key]: rows.map((row, index) => damageRow(fault, row, index)) };
}

function damageRow(fault: Fault, row: unknown, index: number): unknown {
  if (typeof row !== 'object' || row === null) return row;
  if (fault.kind === 'unknown_field') return { ...row, brand_new_field: { nested: [1, 'two'] } };
  if (index > 0) return row;
  const path = (fault.field ?? Object.keys(row)[0] ?? 'id').split('.');
  return setPath(row as Body, path, { unexpected: true });
}

function setPath(record: Body, [name, ...below]: readonly string[], value: unknown): Body {
  if (name === undefined) return record;
  const inner = below.length === 0 ? value : setPath((record[name] ?? {}) as Body, below, value);
  return { ...record, [name]: inner };
}
