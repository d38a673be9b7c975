import http from 'node:http';
import https from 'node:https';
import dns from 'node:dns';
import net from 'node:net';
import type { Duplex } from 'node:stream';

const CONNECT_TIMEOUT_MS = 10_000;

const blocked = new net.BlockList();
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  blocked.addSubnet(address, prefix, 'ipv4');
}
// ::/96 are IPv4-compatible addresses, 64:ff9b::/96 and 2002::/16 carry an IPv4 address that may be private.
for (const [address, prefix] of [
  ['::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
  ['64:ff9b::', 96],
  ['2002::', 16],
] as const) {
  blocked.addSubnet(address, prefix, 'ipv6');
}

/** Whether an IP address is this machine's, a private network's, link-local (cloud metadata) or otherwise not on the public internet. */
export function isPrivateAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return blocked.check(mapped, 'ipv4');
  if (net.isIPv4(plain)) return blocked.check(plain, 'ipv4');
  // BlockList compares IPv4-mapped addresses in hexadecimal form (::ffff:7f00:1) with the IPv4 rules by itself.
  return net.isIPv6(plain) && blocked.check(plain, 'ipv6');
}

/** Connecting was refused by our own rule: not a network problem, and trying again is no use. */
export class PrivateAddressError extends Error {
  readonly code = 'EPRIVATEADDRESS';
  constructor() {
    super('the host name leads to a private address');
    this.name = 'PrivateAddressError';
  }
}

type Lookup = NonNullable<net.TcpNetConnectOpts['lookup']>;
export type Resolver = (
  hostname: string,
  options: dns.LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void,
) => void;

const guardedLookup =
  (resolve: Resolver): Lookup =>
  (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const refused =
        error ?? (addresses.some(({ address }) => isPrivateAddress(address)) ? new PrivateAddressError() : null);
      if (refused !== null) return done(refused, '', 0);
      const first = addresses[0]!;
      return options.all === true ? done(null, addresses) : done(null, first.address, first.family);
    });
  };

/** Watches a new socket: a time limit for connecting, and the address it really reached (names can be re-bound after a look-up). */
function watch<S extends Duplex | null | undefined>(socket: S, allowPrivate: boolean, timeoutMs: number): S {
  if (!(socket instanceof net.Socket)) return socket;
  const timer = setTimeout(
    () => socket.destroy(Object.assign(new Error(`no connection after ${timeoutMs} ms`), { code: 'ECONNTIMEOUT' })),
    timeoutMs,
  );
  socket.once('close', () => clearTimeout(timer));
  socket.once('connect', () => {
    clearTimeout(timer);
    if (!allowPrivate && socket.remoteAddress !== undefined && isPrivateAddress(socket.remoteAddress))
      socket.destroy(new PrivateAddressError());
  });
  return socket;
}

export type Agents = { readonly httpAgent: http.Agent; readonly httpsAgent: https.Agent };

/** Keep-alive agents that refuse private addresses (unless allowed) and connections that take too long. */
export function createAgents(options: {
  readonly allowPrivate: boolean;
  readonly connectTimeoutMs?: number;
  readonly resolve?: Resolver;
}): Agents {
  const { allowPrivate, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const resolve: Resolver = options.resolve ?? ((hostname, lookup, done) => dns.lookup(hostname, lookup, done));
  const connection = allowPrivate ? {} : { lookup: guardedLookup(resolve) };
  const settings = { keepAlive: true, maxFreeSockets: 32, ...connection };
  class PlainAgent extends http.Agent {
    override createConnection(
      ...parameters: Parameters<http.Agent['createConnection']>
    ): ReturnType<http.Agent['createConnection']> {
      return watch(super.createConnection(...parameters), allowPrivate, connectTimeoutMs);
    }
  }
  class TlsAgent extends https.Agent {
    override createConnection(
      ...parameters: Parameters<https.Agent['createConnection']>
    ): ReturnType<https.Agent['createConnection']> {
      return watch(super.createConnection(...parameters), allowPrivate, connectTimeoutMs);
    }
  }
  return { httpAgent: new PlainAgent(settings), httpsAgent: new TlsAgent(settings) };
}
