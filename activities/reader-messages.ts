import type { Said } from '../connectors/_kit/allowance.ts';
import { ConnectorError, type FailureDetails } from '../connectors/_kit/errors.ts';
import type { SliceResult } from '../src/contracts/sync.ts';
import type { LandingConfig } from '../src/landing/open.ts';
import { LandingError, type LandingFailureKind } from '../src/landing/port.ts';
import type { PageTally, SliceJob } from './read-slice.ts';

// What the worker's thread and its reader threads say to each other. Plain data, in this process's memory only.

/** Where a thread finds what it opens for itself. */
export type ThreadPlaces = {
  readonly landing: LandingConfig;
  /** Folder of mailmart.yaml, below which posts are kept. */
  readonly projectDir: string;
};

/** A slice for a thread to read. Secrets go along, as they would to a function. */
export type ThreadJob = {
  readonly job: SliceJob;
  /** Name in the connector registry. */
  readonly connector: string;
  readonly config: unknown;
  readonly salt: string;
};

export type ToThread =
  | { readonly kind: 'read'; readonly id: number; readonly job: ThreadJob }
  | { readonly kind: 'abort'; readonly id: number }
  /** The lane that was asked for under this number is free. */
  | { readonly kind: 'granted'; readonly lane: number };

export type FromThread =
  /** Asks for a lane of the account of job `id`: a rate key of its connector, or `openPages`. */
  | {
      readonly kind: 'take';
      readonly id: number;
      readonly lane: number;
      readonly key: string;
      readonly priority: number;
      readonly lanes: number;
    }
  /** Gives a lane back, with what the answer said of the rate, or no longer waits for it. */
  | { readonly kind: 'give'; readonly lane: number; readonly said?: Said }
  | { readonly kind: 'page'; readonly id: number; readonly page: PageTally }
  | { readonly kind: 'log'; readonly fields: object; readonly message: string }
  | { readonly kind: 'done'; readonly id: number; readonly result: SliceResult }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: PlainFailure };

/** The rate key under which pages that are asked for and not yet written are counted. */
export const openPages = '(open pages)';

/** An error as data: structured cloning keeps neither the class nor what we added. */
export type PlainFailure =
  | { readonly of: 'connector'; readonly message: string; readonly details: FailureDetails }
  | { readonly of: 'landing'; readonly message: string; readonly kind: LandingFailureKind; readonly fix?: string }
  | {
      readonly of: 'other';
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      readonly code?: string;
      readonly syscall?: string;
    };

export function plainFailure(error: unknown): PlainFailure {
  if (error instanceof ConnectorError) {
    const { message, kind, connector, stream, status, retryAfterMs, fix } = error;
    const details: FailureDetails = {
      kind,
      connector,
      ...(stream === undefined ? {} : { stream }),
      ...(status === undefined ? {} : { status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(fix === undefined ? {} : { fix }),
    };
    return { of: 'connector', message, details };
  }
  if (error instanceof LandingError) {
    const { message, kind, fix } = error;
    return { of: 'landing', message, kind, ...(fix === undefined ? {} : { fix }) };
  }
  const { name, message, stack, code, syscall } = (
    error instanceof Error ? error : new Error(String(error))
  ) as NodeJS.ErrnoException;
  return {
    of: 'other',
    name,
    message,
    stack,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof syscall === 'string' ? { syscall } : {}),
  };
}

export function failureOf(plain: PlainFailure): Error {
  if (plain.of === 'connector') return new ConnectorError(plain.message, plain.details);
  if (plain.of === 'landing') {
    return new LandingError(plain.message, {
      kind: plain.kind,
      ...(plain.fix === undefined ? {} : { fix: plain.fix }),
    });
  }
  const { of: _, ...own } = plain;
  return Object.assign(new Error(plain.message), own);
}
