import { AxiosError, create, type AxiosResponse } from 'axios';
import { hash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { createAgents, type Agents, type Resolver } from './address.ts';
import { failer, judge, tooLarge, type Judge, type RawAnswer } from './answer.ts';
import { authHeaders } from './auth.ts';
import { createBudget, type Budget, type Limit, type Sleep } from './budget.ts';
import { freeBytes } from '../../src/contracts/free-bytes.ts';
import type { Connector, Http, HttpRequest, HttpResponse } from './contract.ts';
import { ConnectorError } from './errors.ts';
import { redact, safePath } from './redact.ts';
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

const TRIES = 3;
/** Waiting in place, all of one request's retries together: longer waits give the worker's slot back. */
const PATIENCE_MS = 30_000;
/** 429 without Retry-After, after the tries in place. */
const UNSTATED_WAIT_MS = 60_000;

const TIMED_OUT = Object.assign(new Error('the answer took too long'), { code: 'ETIMEDOUT' });

const realSleep: Sleep = (ms, signal) => delay(ms, undefined, { signal });

/** What all requests share; it knows no account. */
const transport = create({
  adapter: 'http',
  proxy: false,
  maxRedirects: 0,
  decompress: false,
  responseType: 'arraybuffer',
  validateStatus: () => true,
  transformRequest: [(data: unknown) => data],
  transformResponse: [(data: unknown) => data],
});

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
  const rules: Judge = { connector: connector.name, rules: connector.responses ?? [], maxBytes, now };
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
    ...connector.headers,
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
      answer = rawAnswer(await transport.request<Buffer>(wanted));
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
    const giveBack: (() => void)[] = [];
    try {
      // A narrow limit first, then the account's lanes: a lane is not held while waiting for the narrow one.
      if (request.limit !== undefined && request.limit !== 'default')
        giveBack.push(await budgetOf(request.limit).take(signal, priority));
      giveBack.push(await budgetOf('default').take(signal, priority));
      return await send(request, url, signal);
    } finally {
      for (const lane of giveBack) lane();
    }
  }

  async function request(wanted: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const url = requestUrl(connector.name, base, wanted);
    let waited = 0;
    return pRetry(() => attempt(wanted, url, signal), {
      retries: TRIES - 1,
      // Waits are our own (they depend on the failure), so p-retry's are off.
      minTimeout: 0,
      maxTimeout: 0,
      factor: 1,
      randomize: false,
      // Ours too: time in which a request waits for a lane or its turn is no part of the patience with the source.
      maxRetryTime: Infinity,
      signal,
      unref: false,
      shouldConsumeRetry: () => true,
      shouldRetry: ({ error }) => isRetryable(error),
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        if (!isRetryable(error)) return;
        const wait = pause(error, attemptNumber, random);
        if (retriesLeft === 0 || waited + wait > PATIENCE_MS) throw givenUp(error, attemptNumber);
        waited += wait;
        options.onWait?.(wait);
        wanted.rest?.();
        await sleep(wait, signal).catch((reason: unknown) => {
          signal.throwIfAborted();
          throw reason;
        });
      },
    });
  }

  const http: Http = {
    request,
    download: () => {
      throw new ConnectorError(`${connector.name} has no hosts to download from.`, {
        kind: 'config',
        connector: connector.name,
      });
    },
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

const isRetryable = (error: unknown): error is ConnectorError =>
  error instanceof ConnectorError && (error.kind === 'transient' || error.kind === 'rate_limited');

function pause(error: ConnectorError, attemptNumber: number, random: () => number): number {
  if (error.retryAfterMs !== undefined) return error.retryAfterMs + Math.round(random() * 250);
  const first = error.kind === 'rate_limited' ? 2000 : 500;
  return Math.round(first * 2 ** (attemptNumber - 1) * (0.5 + random()));
}

function givenUp(error: ConnectorError, attempts: number): ConnectorError {
  const tries = attempts === 1 ? '' : ` Tried ${attempts} times.`;
  const wait = error.retryAfterMs ?? (error.kind === 'rate_limited' ? UNSTATED_WAIT_MS : undefined);
  return new ConnectorError(`${error.message}${tries}`, {
    kind: error.kind,
    connector: error.connector,
    ...(error.stream === undefined ? {} : { stream: error.stream }),
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

function rawAnswer(response: AxiosResponse<Buffer>): RawAnswer {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) headers[name.toLowerCase()] = String(value);
  return { status: response.status, headers, body: response.data };
}

/** Axios' own errors hold the request with its credentials: only the system's code leaves this function, as a cause of its own. */
function networkFailure(error: unknown, request: HttpRequest, connector: string, maxBytes: number): Error {
  const fail = failer(request, connector);
  const code = String(codeOf(error) ?? '')
    .replace(/[^\w]/g, '')
    .slice(0, 60);
  const cause = Object.assign(new Error(code === '' ? 'connection lost' : code), { code });
  if (code === 'EPRIVATEADDRESS') {
    const fix = 'If that is meant, write the address itself into base_url.';
    return fail('config', 'was not sent: the host name leads to a private address', { fix }, cause);
  }
  if (error instanceof AxiosError && /maxContentLength/.test(error.message)) return tooLarge(fail, maxBytes);
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    const fix = "Check base_url, this machine's clock and its certificate authorities (NODE_EXTRA_CA_CERTS).";
    return fail('config', `found a certificate that cannot be trusted (${code})`, { fix }, cause);
  }
  if (error instanceof AxiosError || code !== '') {
    const fix = 'Check the network and base_url; it is tried again later.';
    return fail('transient', `got no answer (${cause.message})`, { fix }, cause);
  }
  return new Error(redact(String(error)));
}

/** The system's code, below what axios wraps around it (several addresses tried: that of the last). */
function codeOf(error: unknown): unknown {
  const { cause, code, errors } = error as {
    readonly cause?: unknown;
    readonly code?: unknown;
    readonly errors?: readonly unknown[];
  };
  if (cause instanceof Error) return codeOf(cause) ?? code;
  return code ?? (errors === undefined ? undefined : codeOf(errors.at(-1)));
}

function limitOf<C>(connector: Connector<C>, key: string): Limit {
  return connector.limits[key] ?? connector.limits.default;
}

const accountBudgets = new Map<string, Budget>();

/**
 * The budget that everything of one account in this process shares, for one rate key. An account is what the API takes
 * for one: connector, origin and credentials.
 */
export function accountBudget<C>(
  connector: Connector<C>,
  config: C,
  key: string,
  sleep: Sleep = realSleep,
  limit: Limit = limitOf(connector, key),
): Budget {
  const base = connector.baseUrl(config);
  const origin = base.startsWith('file:') ? base : parseBase(connector.name, base, true).origin;
  const account = [connector.name, origin, JSON.stringify(authHeaders(connector, config)), key];
  const id = hash('sha256', JSON.stringify(account), 'hex');
  const budget = accountBudgets.get(id) ?? createBudget(limit, sleep);
  accountBudgets.set(id, budget);
  return budget;
}

const agents = new Map<string, Agents>();

/** One pair of keep-alive agents for all clients of the same settings: connections outlive an activity. */
function agentsFor(options: {
  readonly allowPrivate: boolean;
  readonly connectTimeoutMs?: number;
  readonly resolve?: Resolver;
}): Agents {
  if (options.resolve !== undefined) return createAgents(options);
  const key = `${options.allowPrivate} ${options.connectTimeoutMs}`;
  const pair = agents.get(key) ?? createAgents(options);
  agents.set(key, pair);
  return pair;
}
