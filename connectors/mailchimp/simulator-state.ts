import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Instant } from '../../src/contracts/json.ts';
import { secondsOf } from '../../src/demo/instant.ts';
import type { World } from '../../src/demo/types.ts';
import { type Body, Problem } from './simulator-answer.ts';
import { type Fault, FaultBook, type Faults } from './simulator-faults.ts';
import { renderAnswer } from './simulator-page.ts';
import { checkQuery, matchRoute } from './simulator-routes.ts';
import { createSnapshot, type Snapshot } from './simulator-snapshot.ts';

export type SimulatorOptions = {
  readonly world: World;
  /** The clock; default the world's own `now`, which stands still. */
  readonly at?: () => Instant;
  readonly apiKey: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Time each answer takes at least; default 0. */
  readonly latencyMs?: number;
  readonly faults?: readonly Fault[];
  /** Whether the members list without `status` shows archived contacts; default false (the facts call it unverified). */
  readonly archivedByDefault?: boolean;
  /** Simultaneous requests of the one user; the next gets 429. Default 10, as documented. */
  readonly connections?: number;
};

/** One request as it came in. */
export type RequestLogEntry = {
  /** From 1, never reset. */
  readonly number: number;
  readonly method: string;
  /** Below `/3.0`, without the query. */
  readonly path: string;
  /** Template of the endpoint, `/reports/{campaign_id}/sent-to`; empty for a path that the API does not have. */
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
type Shrink = { readonly path: string; left: number };

/** What happens to one request after another: log, limits, faults, key, answer. */
export class SimulatorState {
  readonly log: Draft[] = [];
  readonly violations: Violation[] = [];
  maxInFlight = 0;
  readonly faults: Faults;

  #options: SimulatorOptions;
  #world: World;
  #snapshots = new Map<number, Snapshot>();
  #book = new FaultBook();
  #started = performance.now();
  #count = 0;
  #inFlight = 0;
  #keyExpired = false;
  #shrinks: Shrink[] = [];
  #deleted: { readonly listId: string; readonly emailId: string }[] = [];
  #timers = new Set<NodeJS.Timeout>();

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.#world = options.world;
    this.#book.add(options.faults ?? []);
    this.faults = {
      add: (...faults) => this.#book.add(faults),
      clear: () => {
        this.#book.clear();
        this.#shrinks = [];
      },
      restoreKey: () => void (this.#keyExpired = false),
      struck: () => this.#book.struck(),
      deleted: () => [...this.#deleted],
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
    const path = url.pathname.replace(/^\/3\.0(?=\/|$)/, '').replace(/\/$/, '') || '/';
    this.#count += 1;
    this.#inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.#inFlight);
    const entry: Draft = {
      number: this.#count,
      method: request.method ?? 'GET',
      path,
      route: matchRoute(path)?.route.path ?? '',
      query: Object.fromEntries(url.searchParams),
      status: 0,
      at: Math.round(performance.now() - this.#started),
      inFlight: this.#inFlight,
    };
    this.log.push(entry);
    response.once('close', () => {
      this.#inFlight -= 1;
    });
    request.resume();
    const tooMany = entry.inFlight > (this.#options.connections ?? 10);
    if ((this.#options.latencyMs ?? 0) > 0) await this.#wait(this.#options.latencyMs ?? 0);
    try {
      if (!url.pathname.startsWith('/3.0')) throw this.#violation(entry, 404, 'the API lives under /3.0');
      if (tooMany) {
        throw new Problem(429, 'Too Many Requests', 'You have exceeded the limit of 10 simultaneous connections.');
      }
      await this.#answer(entry, request, response);
    } catch (error) {
      this.#problem(entry, response, error);
    }
  }

  async #answer(entry: Draft, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.#book.strike(entry.number, entry.path);
    if (fault?.kind === 'key_expired') this.#keyExpired = true;
    this.#authorise(request);
    if (await this.#spoil(entry, response, fault)) return;
    const faked = request.headers['x-trigger-error'];
    if (faked !== undefined) throw triggered(String(faked));
    if (entry.method !== 'GET') throw this.#violation(entry, 405, `${entry.method} is not simulated`);
    const match = matchRoute(entry.path);
    if (match === undefined) throw this.#violation(entry, 404, 'the API has no such path');
    const refused = checkQuery(match.route, entry.query);
    if (refused !== undefined) {
      this.#violation(entry, 400, refused.message);
      throw refused;
    }
    const shrink = this.#shrinkOf(entry.path, fault);
    const { body, firstRow } = renderAnswer({
      call: {
        snapshot: this.#snapshot(),
        path: match.path,
        query: entry.query,
        options: { archivedByDefault: this.#options.archivedByDefault ?? false },
      },
      route: match.route,
      path: entry.path,
      origin: `http://${request.headers.host ?? 'simulator'}/3.0`,
      fault,
      hidesFirst: shrink,
    });
    if (fault?.kind === 'delete_member') this.#deleteMember(fault.emailId ?? emailIdOf(firstRow));
    this.#send(entry, response, 200, body, 'application/json; charset=utf-8', fault);
  }

  #authorise(request: IncomingMessage): void {
    const header = request.headers.authorization ?? '';
    const [scheme = '', value = ''] = header.split(' ');
    const key =
      scheme.toLowerCase() === 'basic'
        ? Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':')
        : value;
    if (this.#keyExpired || !/^(?:basic|bearer)$/i.test(scheme) || key !== this.#options.apiKey) {
      const detail = "Your API key may be invalid, or you've attempted to access the wrong datacenter.";
      throw new Problem(401, 'API Key Invalid', detail);
    }
  }

  /** Answers in the place of the API where the fault says so; true when it did. */
  async #spoil(entry: Draft, response: ServerResponse, fault: Fault | undefined): Promise<boolean> {
    switch (fault?.kind) {
      case 'rate_limited': {
        if (fault.retryAfter !== undefined) response.setHeader('Retry-After', fault.retryAfter);
        throw new Problem(429, 'Too Many Requests', 'You have exceeded the limit of 10 simultaneous connections.');
      }
      case 'server_error':
        throw new Problem(500, 'Internal Server Error', 'An unexpected internal error has occurred.');
      case 'blocked':
        this.#send(entry, response, fault.status ?? 429, 'Request blocked', 'text/plain');
        return true;
      case 'bad_gateway':
        this.#send(entry, response, 502, '<html><body><h1>502 Bad Gateway</h1></body></html>', 'text/html');
        return true;
      case 'html_200':
        this.#send(
          entry,
          response,
          200,
          '<!doctype html><html><body>Maintenance</body></html>',
          'text/html; charset=utf-8',
        );
        return true;
      case 'empty_body':
        this.#send(entry, response, 200, '', 'application/json; charset=utf-8');
        return true;
      case 'reset':
        response.destroy();
        return true;
      case 'stall':
        await this.#wait(fault.ms ?? 130_000);
        return false;
      case 'reset_in_body':
      case 'truncated_json':
      case 'empty_page':
      case 'key_expired':
      case 'shrink':
      case 'delete_member':
      case 'wrong_type':
      case 'unknown_field':
      case undefined:
        return false;
    }
  }

  /** Whether the first row of this collection is hidden from this request. */
  #shrinkOf(path: string, fault: Fault | undefined): boolean {
    const running = this.#shrinks.find((shrink) => shrink.path === path && shrink.left > 0);
    if (running !== undefined) {
      running.left -= 1;
      return true;
    }
    if (fault?.kind === 'shrink') this.#shrinks.push({ path, left: fault.requests ?? 1 });
    return false;
  }

  #deleteMember(emailId: string): void {
    const at = this.#snapshot().at;
    this.#world = {
      ...this.#world,
      memberships: this.#world.memberships.map((membership) => {
        if (membership.emailId !== emailId || (membership.deletedAt !== null && membership.deletedAt <= at))
          return membership;
        this.#deleted.push({ listId: membership.listId, emailId });
        return { ...membership, deletedAt: at };
      }),
    };
    this.#snapshots.clear();
  }

  #snapshot(): Snapshot {
    const at = this.#options.at === undefined ? this.#world.now : secondsOf(this.#options.at());
    const known = this.#snapshots.get(at);
    if (known !== undefined) return known;
    const made = createSnapshot(this.#world, at);
    // Two are enough: a clock that moves leaves at most one request behind.
    for (const old of [...this.#snapshots.keys()].slice(0, -1)) this.#snapshots.delete(old);
    this.#snapshots.set(at, made);
    return made;
  }

  #violation(entry: Draft, status: number, reason: string): Problem {
    this.violations.push({ request: entry.number, method: entry.method, path: entry.path, reason });
    return status === 405
      ? new Problem(405, 'Method Not Allowed', 'The requested method and resource are not compatible.')
      : new Problem(status, 'Resource Not Found', 'The requested resource could not be found.');
  }

  #problem(entry: Draft, response: ServerResponse, error: unknown): void {
    const problem =
      error instanceof Problem
        ? error
        : new Problem(500, 'Internal Server Error', error instanceof Error ? error.message : String(error));
    // A mistake of the simulator's own must not pass for the vendor's.
    if (!(error instanceof Problem)) this.#violation(entry, 500, `the simulator failed: ${problem.message}`);
    const document = {
      type: 'https://mailchimp.com/developer/marketing/docs/errors/',
      title: problem.title,
      status: problem.status,
      detail: problem.message,
      instance: `00000000-0000-4000-8000-${String(entry.number).padStart(12, '0')}`,
      ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    };
    this.#send(entry, response, problem.status, JSON.stringify(document), 'application/problem+json; charset=utf-8');
  }

  #send(entry: Draft, response: ServerResponse, status: number, body: string, type: string, fault?: Fault): void {
    if (response.destroyed) return;
    entry.status = status;
    const whole = Buffer.from(body, 'utf8');
    const sent = fault?.kind === 'truncated_json' ? whole.subarray(0, Math.floor(whole.length / 2)) : whole;
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': sent.length });
    if (fault?.kind === 'reset_in_body') {
      response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => response.destroy());
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

/** The member a row speaks of; members call it `id`. */
function emailIdOf(row: Body | undefined): string {
  const id = row?.['email_id'] ?? row?.['id'];
  return typeof id === 'string' ? id : '';
}

/** `X-Trigger-Error: <name>`: the vendor's own way to fake an error. */
function triggered(name: string): Problem {
  const known: Readonly<Record<string, readonly [number, string]>> = {
    BadRequest: [400, 'Bad Request'],
    InvalidResource: [400, 'Invalid Resource'],
    APIKeyInvalid: [401, 'API Key Invalid'],
    Forbidden: [403, 'Forbidden'],
    ResourceNotFound: [404, 'Resource Not Found'],
    TooManyRequests: [429, 'Too Many Requests'],
    InternalServerError: [500, 'Internal Server Error'],
  };
  const [status, title] = known[name] ?? [500, 'Internal Server Error'];
  return new Problem(status, title, `Error ${name} triggered by X-Trigger-Error at the caller's wish.`);
}
