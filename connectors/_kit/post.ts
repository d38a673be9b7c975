import { realSleep } from './account-budget.ts';
import { refusal, type RawAnswer } from './answer.ts';
import type { Sleep } from './budget.ts';
import type { HttpRequest } from './contract.ts';
import { withRetries } from './retry.ts';
import { agentsFor, headersOf, networkFailure, TIMED_OUT, transport } from './transport.ts';
import { namesPrivateHost, parseBase } from './url.ts';

/** Nobody answers a notification with more. */
const MAX_BYTES = 1_048_576;

export type PostOptions = {
  readonly timeoutMs?: number;
  readonly connectTimeoutMs?: number;
  readonly sleep?: Sleep;
  readonly random?: () => number;
};

/** Posts JSON to an address of somebody's own: any 2xx is a success, whatever it says. */
type Post = (body: object, headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<void>;

/**
 * The HTTP policy of sources for notifications: https (plain http to this machine and private hosts only), no redirects, no way to a
 * private address that the host's name does not show, time-outs, three tries, and failures that show neither address nor body.
 */
export function createPost(name: string, address: string, options: PostOptions = {}): Post {
  const { timeoutMs = 15_000, connectTimeoutMs = 5_000, sleep = realSleep, random = Math.random } = options;
  const url = new URL(address);
  parseBase(name, `${url.protocol}//${url.host}`, false);
  const agents = agentsFor({ allowPrivate: namesPrivateHost(url), connectTimeoutMs });
  // The path of such an address is often its secret.
  const request: HttpRequest = { method: 'POST', path: '/' };

  async function once(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const late = AbortSignal.timeout(timeoutMs);
    let answer: RawAnswer;
    try {
      const response = await transport.request<Buffer>({
        method: 'POST',
        url: url.href,
        data: body,
        headers: { 'user-agent': 'mailmart', 'content-type': 'application/json', ...headers },
        maxContentLength: MAX_BYTES,
        httpAgent: agents.httpAgent,
        httpsAgent: agents.httpsAgent,
        signal: AbortSignal.any([signal, late]),
      });
      answer = { status: response.status, headers: headersOf(response), body: response.data };
    } catch (error) {
      signal.throwIfAborted();
      throw networkFailure(late.aborted ? TIMED_OUT : error, request, name, MAX_BYTES);
    }
    if (answer.status >= 200 && answer.status < 300) return;
    throw await refusal(answer, request, { connector: name, rules: [], maxBytes: MAX_BYTES, now: Date.now });
  }

  return (body, headers, signal) =>
    withRetries(() => once(JSON.stringify(body), headers, signal), signal, { sleep, random, onWait: () => {} });
}
