import { AxiosError, create, type AxiosResponse } from 'axios';
import { createAgents, type Agents, type Resolver } from './address.ts';
import { failer, tooLarge } from './answer.ts';
import type { HttpRequest } from './contract.ts';
import { redact } from './redact.ts';

/** What all requests share; it knows no account. */
export const transport = create({
  adapter: 'http',
  proxy: false,
  maxRedirects: 0,
  decompress: false,
  responseType: 'arraybuffer',
  validateStatus: () => true,
  transformRequest: [(data: unknown) => data],
  transformResponse: [(data: unknown) => data],
});

export const TIMED_OUT = Object.assign(new Error('the answer took too long'), { code: 'ETIMEDOUT' });

/** Headers of an answer, with lower-case names. */
export function headersOf(response: AxiosResponse): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) headers[name.toLowerCase()] = String(value);
  return headers;
}

/** Axios' own errors hold the request with its credentials: only the system's code leaves this function, as a cause of its own. */
export function networkFailure(error: unknown, request: HttpRequest, connector: string, maxBytes: number): Error {
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

const agents = new Map<string, Agents>();

/** One pair of keep-alive agents for all clients of the same settings: connections outlive an activity. */
export function agentsFor(options: {
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
