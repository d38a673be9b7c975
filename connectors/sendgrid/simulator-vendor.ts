import {
  type Exchange as AnyExchange,
  Refusal,
  type Reply,
  type RequestLogEntry,
  type Vendor,
} from '../../src/demo/simulator/vendor.ts';
import { type Rate, type RateState, Windows } from '../../src/demo/simulator/windows.ts';
import { type WorldOptions, WorldViews } from '../../src/demo/simulator/world-views.ts';
import { ApiError, type Call } from './simulator-answer.ts';
import { type ExportOptions, Exports } from './simulator-exports.ts';
import type { Fault } from './simulator-faults.ts';
import { type RateKey, rates } from './simulator-limits.ts';
import { type Account, allScopes, type Route, routes } from './simulator-routes.ts';
import { createView, type View } from './simulator-view.ts';
import type { Webhook } from './simulator-webhooks.ts';

/** What this vendor's account can be told to be. */
export type SendgridOptions = WorldOptions & {
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
};

type Exchange = AnyExchange<Route, Fault>;

/** SendGrid's own ways: rate headers, scopes, subusers, exports and the store that their files lie in. */
export class Sendgrid implements Vendor<Route, Fault> {
  readonly stallMs = 60_000;
  readonly routes = routes;
  readonly exports: Exports;

  readonly #options: SendgridOptions;
  readonly #nowMs: () => number;
  readonly #views: WorldViews<View>;
  readonly #windows: Windows;
  readonly #rates: Readonly<Record<RateKey, Rate>>;
  readonly #account: Account;

  constructor(options: SendgridOptions) {
    this.#options = options;
    this.#nowMs = options.clock ?? Date.now;
    this.#views = new WorldViews(options, createView);
    this.#windows = new Windows(this.#nowMs, options.factor ?? 1);
    this.#rates = { ...rates, ...options.rates };
    this.exports = new Exports(options.exports ?? {}, this.#nowMs);
    this.#account = {
      scopes: options.scopes ?? allScopes,
      exports: this.exports,
      webhook: webhookOf(options.publicKey),
      hasSingleSendArgs: options.hasSingleSendArgs ?? true,
    };
  }

  faultPath({ method, path }: RequestLogEntry): string {
    return `${method} ${path}`;
  }

  fail(fault: Fault, exchange: Exchange): undefined {
    switch (fault.kind) {
      case 'rate_limited': {
        const resetMs = this.#nowMs() + (fault.seconds ?? 2) * 1000;
        this.#stateRate(exchange, { limit: 1, remaining: 0, resetMs, isOver: true });
        throw new ApiError(429, 'too many requests');
      }
      case 'rate_limited_bare':
        throw new ApiError(429, 'too many requests');
      case 'server_error':
        throw new ApiError(500, 'internal server error');
      case 'timeout':
        throw new ApiError(408, 'request timeout');
      default:
    }
  }

  answer(exchange: Exchange): Reply {
    const { url, match } = exchange;
    if (url.pathname.startsWith('/exports/')) return this.#download(exchange);
    this.#authorise(exchange);
    if (match === undefined) throw new ApiError(404, 'not found', null, true);
    const { route, path } = match;
    this.#permit(route, exchange);
    this.#count(route, exchange);
    const unknown = [...url.searchParams.keys()].find((name) => !route.params.includes(name));
    if (unknown !== undefined) throw new ApiError(400, `${unknown} is no parameter here`, unknown);
    const call: Call = {
      view: this.#views.now(),
      path,
      query: url.searchParams,
      body: bodyOf(route, exchange.text),
      origin: exchange.origin,
      target: `${url.pathname}${url.search}`,
    };
    const answer = route.answer(call, this.#account);
    return typeof answer.body === 'string' ? { ...answer, type: 'text/csv' } : answer;
  }

  refuse(refusal: Refusal): Reply {
    if (refusal instanceof StoreRefusal) {
      const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${refusal.message}</Code></Error>`;
      return { status: refusal.status, type: 'application/xml', body };
    }
    const field = refusal instanceof ApiError ? refusal.field : null;
    return { status: refusal.status, body: { errors: [{ field, message: refusal.message }] } };
  }

  #authorise({ headers, isKeyExpired }: Exchange): void {
    if (headers.authorization !== `Bearer ${this.#options.apiKey}` || isKeyExpired) {
      throw new ApiError(401, 'The provided authorization grant is invalid, expired, or revoked');
    }
  }

  #permit(route: Route, { headers }: Exchange): void {
    const subuser = headers['on-behalf-of'];
    const isAllowed =
      (subuser === undefined || (this.#options.subusers ?? []).includes(String(subuser))) &&
      (route.scope === null || this.#account.scopes.includes(route.scope)) &&
      (route.needs !== 'marketing' || this.#options.marketing !== 'legacy') &&
      (route.needs !== 'activity' || (this.#options.hasActivity ?? true));
    if (!isAllowed) throw new ApiError(403, 'access forbidden');
  }

  #count(route: Route, exchange: Exchange): void {
    const rate = this.#windows.count(`${route.method} ${route.path}`, this.#rates[route.rate]);
    this.#stateRate(exchange, rate);
    if (!rate.isOver) return;
    const seconds = ((rate.resetMs - this.#nowMs()) / 1000).toFixed(1);
    exchange.violate(`more than ${rate.limit} requests before the stated reset in ${seconds} s`);
    throw new ApiError(429, 'too many requests');
  }

  /** The headers that each answer of the API has, on the server's own clock. */
  #stateRate(exchange: Exchange, rate: RateState): void {
    exchange.setHeader('Date', new Date(this.#nowMs()).toUTCString());
    exchange.setHeader('X-RateLimit-Limit', String(rate.limit));
    exchange.setHeader('X-RateLimit-Remaining', String(rate.remaining));
    exchange.setHeader('X-RateLimit-Reset', String(Math.ceil(rate.resetMs / 1000)));
  }

  /** A file of an export. The address is a store's, which refuses a second way of authorisation. */
  #download({ headers, url, violate }: Exchange): Reply {
    if (headers.authorization !== undefined) {
      violate('the API key was sent to a download address');
      throw new StoreRefusal(400, 'InvalidArgument');
    }
    const file = this.exports.download(url.pathname, url.searchParams.get('X-Token'));
    if (file === undefined) throw new StoreRefusal(403, 'AccessDenied');
    return { type: 'application/gzip', body: file.body };
  }
}

/** An error of the store that exports lie in: XML, with a code. */
class StoreRefusal extends Refusal {}

function webhookOf(publicKey: string | undefined): Webhook | undefined {
  if (publicKey === undefined) return undefined;
  return { id: '8e2f7b1c-demo', url: '', enabled: true, isSigned: true, publicKey };
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
