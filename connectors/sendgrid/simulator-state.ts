import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Instant } from '../../src/contracts/json.ts';
import { secondsOf } from '../../src/demo/instant.ts';
import type { World } from '../../src/demo/types.ts';
import { type Answer, ApiError, type Call } from './simulator-answer.ts';
import { type ExportOptions, Exports } from './simulator-exports.ts';
import { damage, type Fault, FaultBook, type Faults } from './simulator-faults.ts';
import { Limits, type Rate, type RateKey, type RateState } from './simulator-limits.ts';
import { type Account, allScopes, matchRoute, type Route } from './simulator-routes.ts';
import { createView, type View } from './simulator-view.ts';
import type { Webhook } from './simulator-webhooks.ts';

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

type Draft = { -readonly [name in keyof RequestLogEntry]: RequestLogEntry[name] };

/** More than any request of a sync. */
const bodyLimit = 1_000_000;

/** What happens to one request after another: log, faults, key, limits, answer. */
export class SimulatorState {
  readonly log: Draft[] = [];
  readonly violations: Violation[] = [];
  readonly webhook: Webhook | undefined;
  maxInFlight = 0;
  readonly faults: Faults;

  readonly #options: SimulatorOptions;
  readonly #nowMs: () => number;
  readonly #views = new Map<number, View>();
  readonly #book = new FaultBook();
  readonly #limits: Limits;
  readonly #exports: Exports;
  readonly #started = performance.now();
  readonly #timers = new Set<NodeJS.Timeout>();
  #count = 0;
  #inFlight = 0;
  #keyExpired = false;

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.#nowMs = options.clock ?? Date.now;
    this.#limits = new Limits(this.#nowMs, options.factor ?? 1, options.rates ?? {});
    this.#exports = new Exports(options.exports ?? {}, this.#nowMs);
    this.webhook =
      options.publicKey === undefined
        ? undefined
        : { id: '8e2f7b1c-demo', url: '', enabled: true, isSigned: true, publicKey: options.publicKey };
    this.#book.add(options.faults ?? []);
    this.faults = {
      add: (...faults) => this.#book.add(faults),
      clear: () => this.#book.clear(),
      restoreKey: () => void (this.#keyExpired = false),
      failExports: (count) => this.#exports.failNext(count),
      struck: () => this.#book.struck(),
    };
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  resetRequests(): void {
    this.log.length = 0;
    this.maxInFlight = this.#inFlight;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://simulator');
    const method = request.method ?? 'GET';
    const match = matchRoute(method, url.pathname);
    this.#count += 1;
    this.#inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.#inFlight);
    const entry: Draft = {
      number: this.#count,
      method,
      path: url.pathname,
      route: match?.route.path ?? '',
      query: Object.fromEntries(url.searchParams),
      status: 0,
      at: Math.round(performance.now() - this.#started),
      inFlight: this.#inFlight,
    };
    this.log.push(entry);
    response.once('close', () => {
      this.#inFlight -= 1;
    });
    try {
      const text = await readBody(request);
      if ((this.#options.latencyMs ?? 0) > 0) await this.#wait(this.#options.latencyMs ?? 0);
      const fault = this.#book.strike(entry.number, `${method} ${entry.path}`);
      if (await this.#spoil(entry, response, fault)) return;
      if (url.pathname.startsWith('/exports/')) {
        this.#download(entry, request, response, url, fault);
        return;
      }
      const { status = 200, body } = this.#answer(entry, request, response, url, match, text);
      const damaged = damage(fault, body);
      const isText = typeof damaged === 'string';
      const bytes = Buffer.from(isText ? damaged : JSON.stringify(damaged), 'utf8');
      this.#send(entry, response, status, bytes, isText ? 'text/csv' : 'application/json', fault);
    } catch (error) {
      this.#fail(entry, response, error);
    }
  }

  #answer(
    entry: Draft,
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    match: ReturnType<typeof matchRoute>,
    text: string,
  ): Answer {
    this.#authorise(request);
    if (match === undefined) throw new ApiError(404, 'not found', null, true);
    const { route, path } = match;
    this.#permit(route, request);
    const rate = this.#limits.count(`${route.method} ${route.path}`, route.rate);
    stateRate(response, rate, this.#nowMs());
    if (rate.isOver) {
      const { requests, seconds } = { requests: rate.limit, seconds: (rate.resetMs - this.#nowMs()) / 1000 };
      this.#violate(entry, `more than ${requests} requests before the stated reset in ${seconds.toFixed(1)} s`);
      throw new ApiError(429, 'too many requests');
    }
    const unknown = [...url.searchParams.keys()].find((name) => !route.params.includes(name));
    if (unknown !== undefined) throw new ApiError(400, `${unknown} is no parameter here`, unknown);
    const call: Call = {
      view: this.#view(),
      path,
      query: url.searchParams,
      body: bodyOf(route, text),
      origin: `http://${request.headers.host ?? 'simulator'}`,
      target: `${url.pathname}${url.search}`,
    };
    const account: Account = {
      scopes: this.#options.scopes ?? allScopes,
      exports: this.#exports,
      webhook: this.webhook,
      hasSingleSendArgs: this.#options.hasSingleSendArgs ?? true,
    };
    return route.answer(call, account);
  }

  #authorise(request: IncomingMessage): void {
    const isRight = request.headers.authorization === `Bearer ${this.#options.apiKey}`;
    if (!isRight || this.#keyExpired) {
      throw new ApiError(401, 'The provided authorization grant is invalid, expired, or revoked');
    }
  }

  #permit(route: Route, request: IncomingMessage): void {
    const subuser = request.headers['on-behalf-of'];
    const isAllowed =
      (subuser === undefined || (this.#options.subusers ?? []).includes(String(subuser))) &&
      (route.scope === null || (this.#options.scopes ?? allScopes).includes(route.scope)) &&
      (route.needs !== 'marketing' || this.#options.marketing !== 'legacy') &&
      (route.needs !== 'activity' || (this.#options.hasActivity ?? true));
    if (!isAllowed) throw new ApiError(403, 'access forbidden');
  }

  /** A file of an export. The address is a store's, which refuses a second way of authorisation. */
  #download(
    entry: Draft,
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    fault: Fault | undefined,
  ): void {
    const isTold = request.headers.authorization !== undefined;
    if (isTold) this.#violate(entry, 'the API key was sent to a download address');
    const file = isTold ? undefined : this.#exports.download(url.pathname, url.searchParams.get('X-Token'));
    if (file === undefined) {
      const code = isTold ? 'InvalidArgument' : 'AccessDenied';
      const xml = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`);
      this.#send(entry, response, isTold ? 400 : 403, xml, 'application/xml');
      return;
    }
    this.#send(entry, response, 200, file.body, 'application/gzip', fault);
  }

  /** Answers in the place of the API where the fault says so; true when it did. */
  async #spoil(entry: Draft, response: ServerResponse, fault: Fault | undefined): Promise<boolean> {
    const page = (status: number, text: string): true => {
      this.#send(entry, response, status, Buffer.from(text), 'text/html; charset=utf-8');
      return true;
    };
    switch (fault?.kind) {
      case 'rate_limited': {
        const resetMs = this.#nowMs() + (fault.seconds ?? 2) * 1000;
        stateRate(response, { limit: 1, remaining: 0, resetMs, isOver: true }, this.#nowMs());
        throw new ApiError(429, 'too many requests');
      }
      case 'rate_limited_bare':
        throw new ApiError(429, 'too many requests');
      case 'server_error':
        throw new ApiError(500, 'internal server error');
      case 'timeout':
        throw new ApiError(408, 'request timeout');
      case 'bad_gateway':
        return page(502, '<html><body><h1>502 Bad Gateway</h1></body></html>');
      case 'html_200':
        return page(200, '<!doctype html><html><body>Maintenance</body></html>');
      case 'empty_body':
        return page(200, '');
      case 'reset':
        response.destroy();
        return true;
      case 'stall':
        await this.#wait(fault.ms ?? 60_000);
        return false;
      case 'key_expired':
        this.#keyExpired = true;
        return false;
      case 'reset_in_body':
      case 'truncated':
      case 'wrong_type':
      case 'unknown_field':
      case undefined:
        return false;
    }
  }

  #view(): View {
    const at = this.#options.at === undefined ? this.#options.world.now : secondsOf(this.#options.at());
    const known = this.#views.get(at);
    if (known !== undefined) return known;
    const made = createView(this.#options.world, at);
    // Two are enough: a clock that moves leaves at most one request behind.
    for (const old of [...this.#views.keys()].slice(0, -1)) this.#views.delete(old);
    this.#views.set(at, made);
    return made;
  }

  #violate(entry: Draft, reason: string): void {
    this.violations.push({ request: entry.number, method: entry.method, path: entry.path, reason });
  }

  #fail(entry: Draft, response: ServerResponse, error: unknown): void {
    // A mistake of the simulator's own must not pass for the vendor's.
    const known = error instanceof ApiError ? error : new ApiError(500, 'internal server error', null, true);
    if (known.isViolation) this.#violate(entry, error instanceof Error ? error.message : String(error));
    const body = { errors: [{ field: known.field, message: known.message }] };
    this.#send(entry, response, known.status, Buffer.from(JSON.stringify(body)), 'application/json');
  }

  #send(entry: Draft, response: ServerResponse, status: number, whole: Buffer, type: string, fault?: Fault): void {
    if (response.destroyed) return;
    entry.status = status;
    const half = whole.subarray(0, Math.floor(whole.length / 2));
    const sent = fault?.kind === 'truncated' ? half : whole;
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': sent.length });
    if (fault?.kind === 'reset_in_body') {
      response.write(half, () => response.destroy());
      return;
    }
    response.end(sent);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms);
      this.#timers.add(timer);
    });
  }
}

function stateRate(response: ServerResponse, rate: RateState, nowMs: number): void {
  response.setHeader('Date', new Date(nowMs).toUTCString());
  response.setHeader('X-RateLimit-Limit', String(rate.limit));
  response.setHeader('X-RateLimit-Remaining', String(rate.remaining));
  response.setHeader('X-RateLimit-Reset', String(Math.ceil(rate.resetMs / 1000)));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > bodyLimit) throw new ApiError(413, 'request entity too large', null, true);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The JSON object of a POST, without fields that the operation does not have. */
function bodyOf(route: Route, text: string): unknown {
  if (route.fields === null) return undefined;
  let body: unknown;
  try {
    body = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new ApiError(400, 'the body is no JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ApiError(400, 'the body is no object');
  const unknown = Object.keys(body).find((name) => route.fields?.includes(name) !== true);
  if (unknown !== undefined) throw new ApiError(400, `${unknown} is no field here`, unknown);
  return body;
}
