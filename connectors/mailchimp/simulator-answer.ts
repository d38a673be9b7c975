import { Refusal } from '../../src/demo/simulator/vendor.ts';
import type { Seconds } from '../../src/demo/types.ts';
import type { Snapshot } from './simulator-snapshot.ts';

/** A JSON record as it is being made. */
export type Body = Record<string, unknown>;

/** A request that passed the checks of its route. */
export type Call = {
  readonly snapshot: Snapshot;
  /** Values of the path's `{placeholders}`. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly options: { readonly archivedByDefault: boolean };
};

/**
 * An answer before paging and field selection. A collection gives its rows unmade: only those of the page are built.
 * `links` are relations besides `self`.
 */
export type Answer =
  | {
      readonly kind: 'one';
      readonly body: Body;
      /** The description gives this answer no `_links`. */
      readonly hasNoLinks?: boolean;
    }
  | {
      readonly kind: 'many';
      /** Name of the array. */
      readonly key: string;
      readonly count: number;
      readonly row: (index: number) => Body;
      /** Path of a row below `/3.0`, for its `_links`; null where the description gives rows none. */
      readonly self: ((row: Body) => string) | null;
      /** Fields beside the array and `total_items`. */
      readonly beside?: Body;
    };

/** An error as `application/problem+json`. */
export class Problem extends Refusal {
  readonly title: string;
  readonly errors: readonly { readonly field: string; readonly message: string }[] | undefined;

  constructor(status: number, title: string, detail: string, errors?: Problem['errors']) {
    super(status, detail);
    this.title = title;
    this.errors = errors;
  }
}

export function notFound(): Problem {
  return new Problem(404, 'Resource Not Found', 'The requested resource could not be found.');
}

/** A collection over an array. */
export function many<T>(
  key: string,
  items: readonly T[],
  build: (item: T) => Body,
  self: ((row: Body) => string) | null,
  beside?: Body,
): Answer {
  const row = (index: number): Body => {
    const item = items[index];
    if (item === undefined) throw new Error(`${key}: no row ${index}`);
    return build(item);
  };
  return { kind: 'many', key, count: items.length, row, self, ...(beside === undefined ? {} : { beside }) };
}

/** `2026-06-30T12:00:00+00:00`; Mailchimp gives an empty string where there is no instant. */
export function timestamp(at: Seconds | null | undefined): string {
  return at === null || at === undefined ? '' : `${new Date(at * 1000).toISOString().slice(0, 19)}+00:00`;
}

/** Seconds of a query's instant; a text that is none is the caller's mistake. */
export function instantOf(query: Readonly<Record<string, string>>, name: string): Seconds | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) {
    throw new Problem(400, 'Invalid Resource', `${name} is not an ISO 8601 date`, [
      { field: name, message: 'not a date' },
    ]);
  }
  return ms / 1000;
}

/**
 * `since…` and `before…` together; both are exclusive ("after the set timeframe", "before the set time"). A missing instant
 * passes neither.
 */
export function between(call: Call, since: string, before: string): (at: Seconds | null) => boolean {
  const low = instantOf(call.query, since);
  const high = instantOf(call.query, before);
  if (low === undefined && high === undefined) return () => true;
  return (at) => at !== null && (low === undefined || at > low) && (high === undefined || at < high);
}

/** A rate with four places; 0 where nothing could happen. */
export function rate(part: number, whole: number, scale = 1): number {
  return whole === 0 ? 0 : Math.round((scale * 10_000 * part) / whole) / 10_000;
}
