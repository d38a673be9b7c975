import { ConnectorError } from './errors.ts';
import type { HttpRequest, Params } from './contract.ts';
import { isPrivateAddress } from './address.ts';

/** A connector's base URL, checked once: http(s), no credentials, no query; plain http for private hosts only. */
export function parseBase(connector: string, text: string, allowPrivate: boolean): URL {
  const refuse = (what: string, fix: string): never => {
    throw new ConnectorError(`The base URL of ${connector} ${what}`, { kind: 'config', connector, fix });
  };
  if (!URL.canParse(text)) refuse('is not a URL', 'Write base_url like https://api.example.com/3.0.');
  const base = new URL(text);
  if (base.protocol !== 'https:' && base.protocol !== 'http:') refuse(`begins with ${base.protocol}`, 'Use https.');
  if (base.username !== '' || base.password !== '')
    refuse('holds a user name or password', 'Put the key under credentials, by reference.');
  if (base.search !== '' || base.hash !== '') refuse('holds a query or fragment', 'Remove what follows ? or #.');
  if (base.protocol === 'http:' && !allowPrivate && !namesPrivateHost(base))
    refuse('is plain http', 'Use https: over http the key travels readable.');
  return base;
}

/** Whether a URL names this machine or a private network itself: the only way to reach such addresses without `allowPrivate`. */
export function namesPrivateHost(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  // One word is a container's or an intranet's name: no public host has one.
  const isLocalName = /^[^.:]+$/.test(host) || /\.(?:localhost|local|internal)$/.test(host);
  return isLocalName || isPrivateAddress(host);
}

/** The URL of a request: a path under the base, or an absolute URL of the base's own origin. Anything else is a named failure, and nothing is sent. */
export function requestUrl(connector: string, base: URL, request: HttpRequest): URL {
  const where = request.stream === undefined ? connector : `${connector} stream ${request.stream}`;
  const isAbsolute = /^[a-z][a-z0-9+.-]*:|^[/\\]{2}/i.test(request.path);
  const text = isAbsolute
    ? request.path
    : `${base.origin}${base.pathname.replace(/\/$/, '')}/${request.path.replace(/^\//, '')}`;
  const url = URL.canParse(text, base.href) ? new URL(text, base) : null;
  if (url === null || url.origin !== base.origin || url.username !== '' || url.password !== '') {
    throw new ConnectorError(`The next page of ${where} leaves the origin ${base.origin}: nothing was sent there`, {
      kind: 'contract',
      connector,
      ...(request.stream === undefined ? {} : { stream: request.stream }),
      fix: 'If the service moved, set base_url to its new address; otherwise report this answer to the vendor.',
    });
  }
  if (!isAbsolute && /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(request.path))
    throw new Error(`The path of a request of ${where} holds "." or ".." as a segment`);
  appendParams(url, request.params);
  return url;
}

function appendParams(url: URL, params: Params | undefined): void {
  for (const [name, value] of Object.entries(params ?? {}))
    if (value !== undefined) url.searchParams.set(name, String(value));
}
