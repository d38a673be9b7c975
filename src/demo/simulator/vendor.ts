import type { IncomingHttpHeaders } from 'node:http';

import type { AnyFault } from './faults.ts';
import type { Match, RouteShape } from './routes.ts';

/** One request as it came in. */
export type RequestLogEntry = {
  /** From 1, never reset. */
  readonly number: number;
  readonly method: string;
  /** Below the vendor's base, without the query. */
  readonly path: string;
  /** Template of the endpoint, `/lists/{id}`; empty for a path that the API does not have. */
  readonly route: string;
  readonly query: Readonly<Record<string, string>>;
  /** 0 when the connection was cut before an answer. */
  readonly status: number;
  /** Milliseconds since the simulator's start. */
  readonly at: number;
  /** Requests under way when this one came in, itself included. */
  readonly inFlight: number;
};

/** A request that the API's documentation does not allow. */
export type Violation = {
  readonly request: number;
  readonly method: string;
  readonly path: string;
  readonly reason: string;
};

/** A request on its way through the simulator. */
export type Exchange<R extends RouteShape, F extends AnyFault> = {
  readonly entry: RequestLogEntry;
  /** The address as asked; `origin` is where it leads: `http://host` with the vendor's base. */
  readonly url: URL;
  readonly origin: string;
  readonly headers: IncomingHttpHeaders;
  /** The request's body. */
  readonly text: string;
  readonly match: Match<R> | undefined;
  /** What goes wrong with it; not known before `authorise`. */
  readonly fault: F | undefined;
  readonly isKeyExpired: boolean;
  setHeader(name: string, value: string): void;
  /** Notes that the documentation does not allow this request. */
  violate(reason: string): void;
};

/** An answer. A body that is text or bytes goes out as it is, any other as JSON. */
export type Reply = {
  /** Default 200. */
  readonly status?: number;
  /** Content type; default the vendor's JSON. */
  readonly type?: string;
  readonly body: unknown;
};

/** Thrown for an answer that is an error; `Vendor.refuse` words it. */
export class Refusal extends Error {
  readonly status: number;
  /** The documentation does not allow the request, for the reason that the message gives. */
  readonly isViolation: boolean;

  constructor(status: number, message: string, isViolation = false) {
    super(message);
    this.status = status;
    this.isViolation = isViolation;
  }
}

/** What a vendor does its own way; the scaffold does the rest. The steps are in the order in which a request takes them. */
export type Vendor<R extends RouteShape, F extends AnyFault> = {
  /** What every path begins with and no `path` here holds, `/3.0`; default nothing. */
  readonly base?: string;
  /** Content type of its JSON; default `application/json`. */
  readonly type?: string;
  /** How long a stalled request takes: past the connector's patience. */
  readonly stallMs: number;
  readonly routes: readonly R[];
  /** What the `path` of a fault is matched with; default the path. */
  faultPath?(entry: RequestLogEntry): string;
  /** Refuses before anything else, so that no fault is spent on the request. */
  admit?(exchange: Exchange<R, F>): void;
  /** Refuses a wrong or expired key, before faults show. */
  authorise?(exchange: Exchange<R, F>): void;
  /** Does the vendor's own faults; undefined where the answer is made after all. */
  fail?(fault: F, exchange: Exchange<R, F>): Reply | undefined;
  answer(exchange: Exchange<R, F>): Reply;
  /** The vendor's wording of an error. */
  refuse(refusal: Refusal, exchange: Exchange<R, F>): Reply;
};
