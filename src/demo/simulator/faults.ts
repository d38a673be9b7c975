import { createRandom } from '../random.ts';

/** What can go wrong with a request of any vendor; the scaffold does it. */
export type CommonKind =
  /** 502 with an HTML body: the CDN gave up. */
  | 'bad_gateway'
  /** 200 with an HTML page. */
  | 'html_200'
  /** 200 with an empty body. */
  | 'empty_body'
  /** The connection is cut before an answer. */
  | 'reset'
  /** The connection is cut in the middle of the body. */
  | 'reset_in_body'
  /** No answer for `ms` (default `Vendor.stallMs`), then the right one, if anyone still listens. */
  | 'stall'
  /** 200, complete to HTTP, but the body stops half-way. */
  | 'truncated'
  /** The key is refused from this request on, until `restoreKey()`. */
  | 'key_expired'
  /** One field of the answer's first record has a wrong type: `field` (a dot path, default the first) becomes an object. */
  | 'wrong_type'
  /** Every record gets a field that nobody has heard of. */
  | 'unknown_field';

/** One thing that goes wrong. `Kind`: what only this vendor does, its own way. */
export type Fault<Kind extends string = never> = {
  readonly kind: CommonKind | Kind;
  /** Only requests whose path (as `Vendor.faultPath` gives it) matches; default all. */
  readonly path?: RegExp | string;
  /** Only from the n-th matching request on, counted from 1 since the fault was added; default 1. */
  readonly from?: number;
  /** How many times it strikes; default 1. `Infinity` for ever. */
  readonly times?: number;
  /** Strike only this share of the matching requests, drawn by `seed`. */
  readonly rate?: number;
  readonly seed?: number;
  readonly ms?: number;
  readonly field?: string;
};

/** A fault of whichever vendor. */
export type AnyFault = Fault<string>;

/** A struck fault, for tests that ask whether anything went wrong at all. */
export type FaultEntry<F extends AnyFault> = {
  readonly kind: F['kind'];
  readonly request: number;
  readonly path: string;
};

/** The fault menu of a simulator. */
export type Faults<F extends AnyFault> = {
  add(...faults: readonly F[]): void;
  clear(): void;
  /** Makes an expired key good again. */
  restoreKey(): void;
  struck(): readonly FaultEntry<F>[];
};

type Armed<F> = {
  readonly fault: F;
  readonly pattern: RegExp;
  readonly random: () => number;
  seen: number;
  left: number;
};

/** The faults that are armed, and those that struck. */
export class FaultBook<F extends AnyFault> {
  #armed: Armed<F>[] = [];
  readonly #struck: FaultEntry<F>[] = [];

  add(faults: readonly F[]): void {
    for (const fault of faults) {
      const pattern = fault.path === undefined ? /(?:)/ : new RegExp(fault.path);
      const random = createRandom('faults', fault.seed ?? 1);
      this.#armed.push({ fault, pattern, random: () => random.next(), seen: 0, left: fault.times ?? 1 });
    }
  }

  clear(): void {
    this.#armed = [];
  }

  struck(): readonly FaultEntry<F>[] {
    return [...this.#struck];
  }

  /** The fault that strikes this request, if any: the first armed one wins. */
  strike(request: number, path: string): F | undefined {
    let found: F | undefined;
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
