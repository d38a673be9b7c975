import type { Instant } from '../../src/contracts/json.ts';
import type { World } from '../../src/demo/types.ts';
import type { ExportOptions } from './simulator-exports.ts';
import type { Fault } from './simulator-faults.ts';
import type { Rate, RateKey } from './simulator-limits.ts';

export type SimulatorOptions = {
  readonly world: World;
  /** The world's clock; default the world's own `now`, which stands still. */
  readonly at?: () => Instant;
  readonly apiKey: string;
  /** Scopes of the key; default all that reading needs. */
  readonly scopes?: readonly string[];
  /** Subusers whom the key may speak for; default none. Each shows the same account. */
  readonly subusers?: readonly string[];
  /** `legacy`: the account has no new Marketing Campaigns, so that /v3/marketing/* answers 403. Default `current`. */
  readonly marketing?: 'current' | 'legacy';
  /** Whether the account pays for Email Activity; default true. */
  readonly hasActivity?: boolean;
  /** Whether a log's `custom_args` holds what Single Sends give along (the documents do not say); default true. */
  readonly hasSingleSendArgs?: boolean;
  /** UNIX time in ms of the server, by which limits are counted and addresses expire; default the machine's. */
  readonly clock?: () => number;
  /** How many times faster than that clock windows of limits pass; default 1. */
  readonly factor?: number;
  readonly rates?: Readonly<Partial<Record<RateKey, Rate>>>;
  readonly exports?: ExportOptions;
  /** Public key (base64 SPKI DER) of the Event Webhook; without it none is set up. */
  readonly publicKey?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Time each answer takes at least; default 0. */
  readonly latencyMs?: number;
  readonly faults?: readonly Fault[];
};

/** One request as it came in. */
export type RequestLogEntry = {
  /** From 1, never reset. */
  readonly number: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Template of the endpoint, `/v3/marketing/lists/{id}`; empty for a path that the API does not have. */
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
