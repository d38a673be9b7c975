import { freeBytes } from '../../src/contracts/free-bytes.ts';
import { accountBudget, limitOf, realSleep } from './account-budget.ts';
import type { Resolver } from './address.ts';
import { failer, judge, type Judge, type RawAnswer } from './answer.ts';
import { authHeaders } from './auth.ts';
import type { Budget, GiveBack, Limit, Sleep } from './budget.ts';
import type { Connector, Http, HttpRequest, HttpResponse } from './contract.ts';
import { createDownload, downloadLimits, type DownloadLimits } from './download.ts';
import { allowanceOf } from './rate-headers.ts';
import { safePath } from './redact.ts';
import { withRetries } from './retry.ts';
import { agentsFor, headersOf, networkFailure, TIMED_OUT, transport } from './transport.ts';
import { namesPrivateHost, parseBase, requestUrl } from './url.ts';

/** What is left to choose; everything has a default that production uses. */
export type HttpOptions = {
  /** Reach private and loopback addresses though the base URL does not name one itself. */
  readonly allowPrivate?: boolean;
  /** Largest answer, compressed or not. Default 128 MiB. */
  readonly maxBytes?: number;
  /** Limit for one answer. Default 130 s: Mailchimp's own is 120 s, and a call given up earlier still occupies a connection there. */
  readonly timeoutMs?: number;
  readonly connectTimeoutMs?: number;
  readonly sleep?: Sleep;
  readonly random?: () => number;
  readonly now?: () => number;
  readonly resolve?: Resolver;
  /** Among requests that wait for a lane of the same account, the lowest goes first. Default 0. */
  readonly priority?: number;
  /** Where lanes and rate come from, by rate key of `Connector.limits`. Default: `accountBudget`, that of this process. */
  readonly budget?: (key: string, limit: Limit) => Budget;
  /** After each attempt; `path` holds no query. */
  readonly onRequest?: (info: RequestInfo) => void;
  /** Before each wait for a rate limit or a retry. */
  readonly onWait?: (ms: number) => void;
  /** Limits of downloads; see `downloadLimits`. */
  readonly downloads?: Partial<DownloadLimits>;
};

export type RequestInfo = {
  readonly method: string;
  readonly path: string;
  readonly stream: string | undefined;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  readonly bytes: number;
  readonly durationMs: number;
};

/** The one HTTP policy: see `Http`. A connector's `client` wrapper, where it has one, is already around it. */
export function createHttp<C>(connector: Connector<C>, config: C, options: HttpOptions = {}): Http {
  const {
    random = Math.random,
    now = Date.now,
    sleep = realSleep,
    maxBytes = 128 * 1_048_576,
    timeoutMs = 130_000,
  } = options;
  const baseText = connector.baseUrl(config);
  if (baseText.startsWith('file:')) return withoutHttp(connector.name);
  const base = parseBase(connector.name, baseText, options.allowPrivate ?? false);
  const credentials = authHeaders(connector, config);
  const agents = agentsFor({ ...options, allowPrivate: options.allowPrivate ?? namesPrivateHost(base) });
  const { rateHeaders } = connector;
  const rules: Judge = {
    connector: connector.name,
    rules: connector.responses ?? [],
    maxBytes,
    now,
    ...(rateHeaders === undefined ? {} : { rateHeaders }),
  };
  const retrying = { sleep, random, onWait: (ms: number) => options.onWait?.(ms) };
  const { priority = 0, budget = (key: string) => accountBudget(connector, config, key, sleep) } = options;
  const budgets = new Map<string, Budget>();
  const budgetOf = (key: string): Budget => {
    const known = budgets.get(key) ?? budget(key, limitOf(connector, key));
    budgets.set(key, known);
    return known;
  };
  const settings = {
    maxContentLength: maxBytes,
    httpAgent: agents.httpAgent,
    httpsAgent: agents.httpsAgent,
  };
  const headers = {
    'user-agent': 'mailmart',
    accept: 'application/json',
    'accept-encoding': 'gzip, deflate, br',
    ...(typeof connector.headers === 'function' ? connector.headers(config) : connector.headers),
    ...credentials,
  };
  let requests = 0;

  async function send(request: HttpRequest, url: URL, signal: AbortSignal): Promise<RawAnswer> {
    const body =
      request.body === undefined
        ? { headers }
        : { data: JSON.stringify(request.body), headers: { ...headers, 'content-type': 'application/json' } };
    const started = performance.now();
    let answer: RawAnswer | undefined;
    // For the whole answer: axios' own time-out is one of idleness, and a server that drips would never meet it. Not
    // AbortSignal.timeout: that lives to its end, and with it everything the request has held.
    const stop = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      stop.abort();
    }, timeoutMs);
    const giveUp = (): void => stop.abort();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      signal.throwIfAborted();
      requests += 1;
      const wanted = { ...settings, ...body, method: request.method, url: url.href, signal: stop.signal };
      const response = await transport.request<Buffer>(wanted);
      answer = { status: response.status, headers: headersOf(response), body: response.data };
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      throw networkFailure(isLate ? TIMED_OUT : error, request, connector.name, maxBytes);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      options.onRequest?.({
        method: request.method,
        path: safePath(url.pathname),
        stream: request.stream,
        status: answer?.status,
        bytes: answer?.body.length ?? 0,
        durationMs: performance.now() - started,
      });
    }
  }

  async function attempt(request: HttpRequest, url: URL, signal: AbortSignal): Promise<HttpResponse> {
    const answer = await withLane(request, url, signal);
    const leave = await request.turn?.(signal);
    try {
      const page = await judge(answer, request, rules);
      freeBytes(answer.body);
      return page;
    } catch (error) {
      leave?.();
      throw error;
    }
  }

  async function withLane(request: HttpRequest, url: URL, signal: AbortSignal): Promise<RawAnswer> {
    let answer: RawAnswer | undefined;
    // A narrow limit first, then the account's lanes: a lane is not held while waiting for the narrow one.
    const narrow = request.limit !== undefined && request.limit !== 'default' ? request.limit : undefined;
    const lanes: GiveBack[] = [];
    try {
      if (narrow !== undefined) lanes.push(await budgetOf(narrow).take(signal, priority));
      lanes.push(await budgetOf('default').take(signal, priority));
      answer = await send(request, url, signal);
      return answer;
    } finally {
      const said = answer === undefined ? undefined : allowanceOf(connector, answer.headers, now());
      for (const giveBack of lanes) giveBack(said);
    }
  }

  async function request(wanted: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const url = requestUrl(connector.name, base, wanted);
    return withRetries(() => attempt(wanted, url, signal), signal, {
      ...retrying,
      onWait: (ms) => {
        retrying.onWait(ms);
        wanted.rest?.();
      },
    });
  }

  const download = createDownload({
    connector: connector.name,
    origin: base.origin,
    hosts: connector.downloadHosts ?? [],
    agents: { own: agents, foreign: agentsFor({ ...options, allowPrivate: options.allowPrivate ?? false }) },
    limits: { ...downloadLimits, ...options.downloads },
    retrying,
    now,
    takeLane: (signal) => budgetOf('default').take(signal, priority),
    onSend: () => void (requests += 1),
    onRequest: (info) => options.onRequest?.(info),
  });

  const http: Http = {
    request,
    download,
    get requests() {
      return requests;
    },
  };
  return connector.client === undefined ? http : connector.client(http, config);
}

/** A source that is no API (files) gets a client all the same, so that callers need not know; it refuses to send. */
function withoutHttp(connector: string): Http {
  const request = async (wanted: HttpRequest): Promise<HttpResponse> => {
    throw failer(wanted, connector)('rejected', 'was not sent: this source is no API', {
      fix: 'This is a fault of mailmart: please report it.',
    });
  };
  return {
    request,
    download: (_url, { stream }) => {
      throw failer({ method: 'GET', path: '', stream }, connector)('rejected', 'was not sent: this source is no API', {
        fix: 'This is a fault of mailmart: please report it.',
      });
    },
    requests: 0,
  };
}
