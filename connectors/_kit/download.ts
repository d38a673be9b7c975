import type { AxiosResponse } from 'axios';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Agents } from './address.ts';
import { failer, retryAfterMs, type Failer } from './answer.ts';
import type { GiveBack } from './budget.ts';
import type { Http } from './contract.ts';
import { ConnectorError } from './errors.ts';
import type { RequestInfo } from './http.ts';
import type { Retrying } from './retry.ts';
import { withRetries } from './retry.ts';
import { headersOf, networkFailure, TIMED_OUT, transport } from './transport.ts';
import { unpacked, type UnpackLimits } from './unpack.ts';

export type DownloadLimits = UnpackLimits & {
  /** Without a byte for so long it is given up. */
  readonly idleMs: number;
  /** For the whole file. */
  readonly wholeMs: number;
};

export const downloadLimits: DownloadLimits = {
  maxBytes: 16 * 1024 ** 3,
  maxRatio: 200,
  idleMs: 60_000,
  wholeMs: 3_600_000,
};

/** Of one file, each at another place: the whole of it comes again each time. */
const MOST_BREAKS = 5;

export type DownloadTools = {
  readonly connector: string;
  /** The source's own origin. */
  readonly origin: string;
  /** `Connector.downloadHosts`. */
  readonly hosts: readonly string[];
  readonly agents: { readonly own: Agents; readonly foreign: Agents };
  readonly limits: DownloadLimits;
  readonly retrying: Retrying;
  readonly now: () => number;
  readonly takeLane: (signal: AbortSignal) => Promise<GiveBack>;
  /** Before each try. */
  readonly onSend: () => void;
  readonly onRequest: (info: RequestInfo) => void;
};

/**
 * See `Http.download`. A download that breaks off is begun anew and what was handed out already is compared and left out, so
 * that whoever reads it notices nothing. The address is a secret (it is signed): no message, log or metric has more of it
 * than the host.
 */
export function createDownload(tools: DownloadTools): Http['download'] {
  return async function* (address, { stream }, signal) {
    const place = (host: string) => ({ method: 'GET', path: `(a file at ${host})`, stream }) as const;
    const url = allowedUrl(address, tools, failer(place('another host'), tools.connector));
    const request = place(url.host);
    const fail = failer(request, tools.connector);
    const seen = new Seen(fail);
    const giveBack = await tools.takeLane(signal);
    // Each try is a reading of its own from the first byte; the retry policy decides between them whether there is another.
    let open: AsyncIterator<Uint8Array> | undefined;
    let breaks = 0;
    const more = async (): Promise<IteratorResult<Uint8Array>> => {
      open ??= seen.rest(readOnce(url, tools, fail, request, signal))[Symbol.asyncIterator]();
      try {
        return await open.next();
      } catch (error) {
        open = undefined;
        breaks += 1;
        throw error;
      }
    };
    try {
      for (;;) {
        const next = await (breaks < MOST_BREAKS ? withRetries(more, signal, tools.retrying) : more());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      giveBack('unstated');
      await open?.return?.();
    }
  };
}

/** The hash of what was handed out, against what another try brings. */
class Seen {
  private bytes = 0;
  private hash = createHash('sha256');
  private readonly fail: Failer;

  constructor(fail: Failer) {
    this.fail = fail;
  }

  /** What of a reading from the start was not handed out yet. */
  async *rest(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let skip = this.bytes;
    const again = createHash('sha256');
    const before = this.hash.copy().digest('hex');
    const isSame = (): boolean => again.digest('hex') === before;
    for await (const chunk of chunks) {
      const known = chunk.subarray(0, skip);
      const fresh = chunk.subarray(skip);
      if (known.length > 0) {
        again.update(known);
        skip -= known.length;
        if (skip === 0 && !isSame()) throw this.fail('cursor_expired', 'has other content than a moment ago');
      }
      if (fresh.length === 0) continue;
      this.bytes += fresh.length;
      this.hash.update(fresh);
      yield fresh;
    }
    if (skip > 0) throw this.fail('transient', 'has become shorter while it was read');
  }
}

async function* readOnce(
  url: URL,
  tools: DownloadTools,
  fail: Failer,
  request: Parameters<typeof failer>[0],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { connector, limits, origin, agents, onRequest } = tools;
  const { httpAgent, httpsAgent } = url.origin === origin ? agents.own : agents.foreign;
  const started = performance.now();
  const stop = new AbortController();
  const clock = new Deadline(limits, () => stop.abort());
  const giveUp = (): void => stop.abort();
  signal.addEventListener('abort', giveUp, { once: true });
  let response: AxiosResponse<Readable> | undefined;
  let bytes = 0;
  try {
    signal.throwIfAborted();
    tools.onSend();
    response = await transport.request<Readable>({
      method: 'GET',
      url: url.href,
      responseType: 'stream',
      headers: { 'user-agent': 'mailmart', accept: '*/*', 'accept-encoding': 'gzip' },
      httpAgent,
      httpsAgent,
      signal: stop.signal,
    });
    refuse(response, tools, fail);
    const headers = headersOf(response);
    const { data } = response;
    const received = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of data) {
        clock.moved();
        bytes += (chunk as Uint8Array).length;
        yield chunk as Uint8Array;
      }
      const stated = Number(headers['content-length'] ?? bytes);
      if (stated !== bytes) throw fail('transient', `was cut: ${bytes} of ${stated} bytes came`);
    };
    yield* unpacked(received(), headers, limits, fail);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ConnectorError) throw error;
    throw networkFailure(clock.isLate ? TIMED_OUT : error, request, connector, limits.maxBytes);
  } finally {
    clock.end();
    response?.data.destroy();
    signal.removeEventListener('abort', giveUp);
    onRequest({
      method: 'GET',
      path: request.path,
      stream: request.stream,
      status: response?.status,
      bytes,
      durationMs: performance.now() - started,
    });
  }
}

/** Two limits of time: without a byte, and as a whole. */
class Deadline {
  isLate = false;
  private idle: NodeJS.Timeout;
  private readonly whole: NodeJS.Timeout;

  constructor({ idleMs, wholeMs }: DownloadLimits, stop: () => void) {
    const late = (): void => {
      this.isLate = true;
      stop();
    };
    this.idle = setTimeout(late, idleMs);
    this.whole = setTimeout(late, wholeMs);
  }

  moved(): void {
    this.idle = this.idle.refresh();
  }

  end(): void {
    clearTimeout(this.idle);
    clearTimeout(this.whole);
  }
}

/** Only 200 is the file. */
function refuse({ status, headers }: AxiosResponse, tools: DownloadTools, fail: Failer): void {
  if (status === 200) return;
  const answered = `answered ${status}`;
  if (status >= 300 && status < 400) {
    throw fail('contract', `${answered}: a redirect, which is not followed`, {
      status,
      fix: 'Report the answer to the vendor.',
    });
  }
  const wait = retryAfterMs(
    headers['retry-after'] === undefined ? undefined : String(headers['retry-after']),
    tools.now(),
  );
  const waiting = wait === undefined ? {} : { retryAfterMs: wait };
  if (status === 429) throw fail('rate_limited', answered, { status, ...waiting });
  if (status === 408 || status === 425 || status < 200 || status >= 500)
    throw fail('transient', answered, { status, ...waiting });
  throw fail('cursor_expired', `${answered}: its address has expired or was withdrawn`, { status });
}

/** The address, if files may come from there. */
function allowedUrl(address: string, { origin, hosts }: DownloadTools, fail: Failer): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isOwn = url?.origin === origin;
  const isDeclared =
    url?.protocol === 'https:' && url.port === '' && hosts.some((pattern) => isUnder(url.hostname, pattern));
  if (url !== undefined && (isOwn || isDeclared) && url.username === '' && url.password === '') return url;
  throw fail('contract', 'was not sent: files do not come from there', {
    fix: 'The source names an address that this connector does not declare: report it to the vendor, or to mailmart.',
  });
}

/** `*.example.com` is every host below example.com, anything else one host. */
function isUnder(host: string, pattern: string): boolean {
  return pattern.startsWith('*.')
    ? host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1
    : host === pattern;
}
