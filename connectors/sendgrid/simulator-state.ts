import type { IncomingMessage, ServerResponse } from 'node:http';

import { secondsOf } from '../../src/demo/instant.ts';
import { type Answer, ApiError, type Call } from './simulator-answer.ts';
import { Exports } from './simulator-exports.ts';
import { damage, type Fault, FaultBook, type Faults } from './simulator-faults.ts';
import { bodyOf, readBody, send, stateRate } from './simulator-http.ts';
import { Limits } from './simulator-limits.ts';
import type { RequestLogEntry, SimulatorOptions, Violation } from './simulator-options.ts';
import { type Account, allScopes, matchRoute, type Route } from './simulator-routes.ts';
import { createView, type View } from './simulator-view.ts';
import type { Webhook } from './simulator-webhooks.ts';

type Draft = { -readonly [name in keyof RequestLogEntry]: RequestLogEntry[name] };

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
      const seconds = ((rate.resetMs - this.#nowMs()) / 1000).toFixed(1);
      this.#violate(entry, `more than ${rate.limit} requests before the stated reset in ${seconds} s`);
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

  #send(entry: Draft, response: ServerResponse, status: number, body: Buffer, type: string, fault?: Fault): void {
    if (response.destroyed) return;
    entry.status = status;
    send(response, status, body, type, fault);
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
