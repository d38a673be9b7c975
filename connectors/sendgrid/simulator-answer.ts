import { instantOf } from '../../src/demo/instant.ts';
import { Refusal } from '../../src/demo/simulator/vendor.ts';
import type { Seconds } from '../../src/demo/types.ts';
import type { View } from './simulator-view.ts';

/** A JSON record as it is being made. */
export type Body = Record<string, unknown>;

/** A request that passed the checks of its route. */
export type Call = {
  readonly view: View;
  /** Values of the path's `{placeholders}`, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed request body; undefined for requests without one. */
  readonly body: unknown;
  /** `http://host`, for absolute addresses. */
  readonly origin: string;
  /** Path with the query, as asked. */
  readonly target: string;
};

/** An answer other than 200 states its status. A body of undefined is an empty answer. */
export type Answer = { readonly status?: number; readonly body: unknown };

/** An error in the body that SendGrid documents: `{ errors: [{ message, field }] }`. */
export class ApiError extends Refusal {
  readonly field: string | null;

  constructor(status: number, message: string, field: string | null = null, isViolation = status === 400) {
    super(status, message, isViolation);
    this.field = field;
  }
}

export function notFound(what = 'resource not found'): ApiError {
  return new ApiError(404, what);
}

/** `2026-06-30T12:00:00Z`. */
export function timestamp(at: Seconds): string {
  return instantOf(at).replace('.000Z', 'Z');
}

/** A whole number of the query within bounds; the default where it is absent. */
export function wholeOf(query: URLSearchParams, name: string, low: number, high: number, absent: number): number {
  const text = query.get(name);
  if (text === null) return absent;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < low || value > high)
    throw new ApiError(400, `${name} must be a whole number from ${low} to ${high}`, name);
  return value;
}

/** A list in the query: repeated parameters, or one with commas. */
export function listOf(query: URLSearchParams, name: string): readonly string[] {
  return query.getAll(name).flatMap((text) => text.split(',').filter((part) => part !== ''));
}

/** One page and its `_metadata`: `next` and `prev` are absolute addresses, absent at the ends. */
export function paged<T>(
  call: Call,
  key: string,
  rows: readonly T[],
  size: { readonly high: number; readonly absent: number },
): Body {
  const count = wholeOf(call.query, 'page_size', 1, size.high, size.absent);
  const start = offsetOf(call.query.get('page_token'));
  const link = (offset: number): string => {
    const url = new URL(call.target, call.origin);
    url.searchParams.set('page_size', String(count));
    if (offset > 0) url.searchParams.set('page_token', tokenOf(offset));
    else url.searchParams.delete('page_token');
    return url.href;
  };
  return {
    [key]: rows.slice(start, start + count),
    _metadata: {
      ...(start > 0 ? { prev: link(Math.max(0, start - count)) } : {}),
      self: link(start),
      ...(start + count < rows.length ? { next: link(start + count) } : {}),
      count: rows.length,
    },
  };
}

/** Opaque to callers: only the addresses in `_metadata` lead on. */
function tokenOf(offset: number): string {
  return Buffer.from(`offset:${offset}`).toString('base64url');
}

function offsetOf(token: string | null): number {
  if (token === null || token === '') return 0;
  const match = /^offset:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (match === null) throw new ApiError(400, 'invalid page token', 'page_token');
  return Number(match[1]);
}
