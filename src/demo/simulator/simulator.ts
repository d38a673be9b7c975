import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { readBody } from './body.ts';
import { damage } from './damage.ts';
import { type AnyFault, FaultBook, type Faults } from './faults.ts';
import { createMatcher, type Match, type RouteShape } from './routes.ts';
import { type Exchange, Refusal, type Reply, type RequestLogEntry, type Vendor, type Violation } from './vendor.ts';

/** What any simulator can be told at its start. */
export type ServerOptions<F extends AnyFault> = {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Time each answer takes at least; default 0. */
  readonly latencyMs?: number;
  readonly faults?: readonly F[];
};

/** A vendor's API on this machine. */
export type Simulator<F extends AnyFault> = {
  /** `http://127.0.0.1:<port>` with the vendor's base. */
  readonly url: string;
  readonly stop: () => Promise<void>;
  readonly requests: () => readonly RequestLogEntry[];
  readonly resetRequests: () => void;
  /** Most requests that were under way at once since the last reset. */
  readonly maxInFlight: () => number;
  readonly violations: () => readonly Violation[];
  readonly faults: Faults<F>;
};

/** Starts a vendor's API: the scaffold serves, logs, counts, and does what goes wrong with anybody's API. */
export async function startSimulator<R extends RouteShape, F extends AnyFault>(
  vendor: Vendor<R, F>,
  options: ServerOptions<F>,
): Promise<Simulator<F>> {
  const desk = new Desk(vendor, options);
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => void desk.serve(request, response));
  server.keepAliveTimeout = 30_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${vendor.base ?? ''}`,
    stop: async () => {
      desk.stop();
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    requests: () => [...desk.log],
    resetRequests: () => desk.resetRequests(),
    maxInFlight: () => desk.maxInFlight,
    violations: () => [...desk.violations],
    faults: desk.faults,
  };
}

type Draft = { -readonly [name in keyof RequestLogEntry]: RequestLogEntry[name] };

/** What happens to one request after another. */
class Desk<R extends RouteShape, F extends AnyFault> {
  readonly log: Draft[] = [];
  readonly violations: Violation[] = [];
  maxInFlight = 0;
  readonly faults: Faults<F>;

  readonly #vendor: Vendor<R, F>;
  readonly #latencyMs: number;
  readonly #match: (method: string, path: string) => Match<R> | undefined;
  readonly #book = new FaultBook<F>();
  readonly #started = performance.now();
  readonly #stopped = new AbortController();
  #count = 0;
  #inFlight = 0;
  #isKeyExpired = false;

  constructor(vendor: Vendor<R, F>, options: ServerOptions<F>) {
    this.#vendor = vendor;
    this.#latencyMs = options.latencyMs ?? 0;
    this.#match = createMatcher(vendor.routes);
    this.#book.add(options.faults ?? []);
    this.faults = {
      add: (...faults) => this.#book.add(faults),
      clear: () => this.#book.clear(),
      restoreKey: () => void (this.#isKeyExpired = false),
      struck: () => this.#book.struck(),
    };
  }

  stop(): void {
    this.#stopped.abort();
  }

  resetRequests(): void {
    this.log.length = 0;
    this.maxInFlight = this.#inFlight;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://simulator');
    const method = request.method ?? 'GET';
    const path = this.#below(url.pathname);
    const match = this.#match(method, path);
    const entry = this.#enter({ method, path, route: match?.route.path ?? '' }, url);
    response.once('close', () => {
      this.#inFlight -= 1;
    });
    const exchange = {
      entry,
      url,
      origin: `http://${request.headers.host ?? 'simulator'}${this.#vendor.base ?? ''}`,
      headers: request.headers,
      text: '',
      match,
      fault: undefined as F | undefined,
      isKeyExpired: false,
      setHeader: (name: string, value: string) => void response.setHeader(name, value),
      violate: (reason: string) => void this.violations.push({ request: entry.number, method, path, reason }),
    };
    try {
      exchange.text = await readBody(request);
      if (this.#latencyMs > 0) await this.#wait(this.#latencyMs);
      this.#vendor.admit?.(exchange);
      exchange.fault = this.#book.strike(entry.number, this.#vendor.faultPath?.(entry) ?? path);
      if (exchange.fault?.kind === 'key_expired') this.#isKeyExpired = true;
      exchange.isKeyExpired = this.#isKeyExpired;
      this.#vendor.authorise?.(exchange);
      await this.#work(exchange, entry, response);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#refuse(exchange, entry, response, error);
    }
  }

  #enter(asked: Pick<Draft, 'method' | 'path' | 'route'>, url: URL): Draft {
    this.#count += 1;
    this.#inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.#inFlight);
    const entry: Draft = {
      number: this.#count,
      ...asked,
      query: Object.fromEntries(url.searchParams),
      status: 0,
      at: Math.round(performance.now() - this.#started),
      inFlight: this.#inFlight,
    };
    this.log.push(entry);
    return entry;
  }

  /** Makes the answer, or puts what the fault says in its place. */
  async #work(exchange: Exchange<R, F>, entry: Draft, response: ServerResponse): Promise<void> {
    const { fault } = exchange;
    switch (fault?.kind) {
      case 'reset':
        response.destroy();
        return;
      case 'bad_gateway':
        return this.#send(entry, response, page(502, '<html><body><h1>502 Bad Gateway</h1></body></html>'));
      case 'html_200':
        return this.#send(entry, response, page(200, '<!doctype html><html><body>Maintenance</body></html>'));
      case 'empty_body':
        return this.#send(entry, response, { body: '' });
      case 'stall':
        await this.#wait(fault?.ms ?? this.#vendor.stallMs);
        break;
      default:
    }
    const failed = fault === undefined ? undefined : this.#vendor.fail?.(fault, exchange);
    if (failed !== undefined) return this.#send(entry, response, failed);
    this.#send(entry, response, this.#vendor.answer(exchange), fault);
  }

  #refuse(exchange: Exchange<R, F>, entry: Draft, response: ServerResponse, error: unknown): void {
    // A mistake of the simulator's own must not pass for the vendor's.
    const refusal = error instanceof Refusal ? error : new Refusal(500, `the simulator failed: ${String(error)}`, true);
    if (refusal.isViolation) exchange.violate(refusal.message);
    this.#send(entry, response, this.#vendor.refuse(refusal, exchange));
  }

  /** Writes an answer, whole or as a fault cuts it. */
  #send(entry: Draft, response: ServerResponse, reply: Reply, fault?: F): void {
    if (response.destroyed) return;
    const { status = 200, type = this.#vendor.type ?? 'application/json' } = reply;
    entry.status = status;
    const whole = bytesOf(reply.body, fault);
    const half = whole.subarray(0, Math.floor(whole.length / 2));
    const sent = fault?.kind === 'truncated' ? half : whole;
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': sent.length });
    if (fault?.kind === 'reset_in_body') {
      response.write(half, () => response.destroy());
      return;
    }
    response.end(sent);
  }

  #below(pathname: string): string {
    const base = this.#vendor.base ?? '';
    const isBelow = pathname === base || pathname.startsWith(`${base}/`);
    return (isBelow ? pathname.slice(base.length) : pathname) || '/';
  }

  #wait(ms: number): Promise<void> {
    return wait(ms, undefined, { signal: this.#stopped.signal });
  }
}

function page(status: number, body: string): Reply {
  return { status, type: 'text/html; charset=utf-8', body };
}

function bytesOf(body: unknown, fault: AnyFault | undefined): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(damage(fault, body)), 'utf8');
}
