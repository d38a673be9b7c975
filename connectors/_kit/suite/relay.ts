import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Json } from '../../../src/contracts/json.ts';
import { startServer } from './test-server.ts';

/** What happens to one request on its way. */
export type RelayFault =
  | { readonly kind: 'pass' }
  | { readonly kind: 'reset' }
  /** The true answer, cut in the middle of its JSON. */
  | { readonly kind: 'truncate' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** An answer made from the request itself: what a careless server echoes. */
  | { readonly kind: 'echo'; readonly status: number };

export type RelayEntry = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly isFault: boolean;
};

/**
 * Stands between a connector and its simulator: passes requests on, and does to chosen ones what networks and vendors do.
 * So every simulator is tested with the same faults, and none has to provide them.
 */
export type Relay = {
  /** The simulator's base URL, through the relay. */
  readonly url: string;
  /** The next requests, in order, meet these; later ones pass. */
  next(...faults: readonly RelayFault[]): void;
  /** Changes the JSON of true answers until it is unset. */
  transform: ((body: Json) => Json) | undefined;
  /** Requests since the last call. */
  take(): readonly RelayEntry[];
  stop(): Promise<void>;
};

export async function startRelay(target: string): Promise<Relay> {
  const upstream = new URL(target);
  const log: RelayEntry[] = [];
  const faults: RelayFault[] = [];
  const server = await startServer((request, response) => void serve(request, response));
  const relay: Relay = {
    url: `${server.origin}${upstream.pathname.replace(/\/$/, '')}`,
    next: (...more) => void faults.splice(0, faults.length, ...more),
    transform: undefined,
    take: () => log.splice(0),
    stop: server.stop,
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const fault = faults.shift() ?? { kind: 'pass' };
    const note = (status: number): void => {
      const { pathname } = new URL(request.url ?? '/', upstream);
      log.push({ method: request.method ?? '', path: pathname, status, isFault: fault.kind !== 'pass' });
    };
    if (fault.kind === 'reset') {
      note(0);
      request.socket.destroy();
    } else if (fault.kind === 'answer') {
      note(fault.status);
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      response.end(fault.body ?? '');
    } else if (fault.kind === 'echo') {
      note(fault.status);
      const echo = JSON.stringify({ url: request.url, headers: request.headers });
      response.writeHead(fault.status, {
        'content-type': 'application/json',
        location: `${request.url}&echo=${encodeURIComponent(echo)}`,
      });
      response.end(JSON.stringify({ title: echo, type: echo, detail: echo, message: echo }));
    } else {
      const answer = await passOn(request, Buffer.concat(chunks));
      note(answer.status);
      response.writeHead(answer.status, answer.headers);
      response.end(
        fault.kind === 'truncate' ? answer.body.subarray(0, Math.floor(answer.body.length / 2)) : answer.body,
      );
    }
  }

  async function passOn(
    request: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    for (const [name, value] of Object.entries(request.headers)) {
      if (!['host', 'connection', 'accept-encoding', 'content-length', 'transfer-encoding'].includes(name))
        headers[name] = String(value);
    }
    const answer = await fetch(new URL(request.url ?? '/', upstream), {
      method: request.method ?? 'GET',
      headers,
      redirect: 'manual',
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    // Files pass as they are.
    const isJson = /\bjson\b/i.test(answer.headers.get('content-type') ?? '');
    const kept: Record<string, string> = {};
    for (const [name, value] of answer.headers) {
      if (!['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'content-encoding'].includes(name))
        kept[name] = value.replaceAll(upstream.origin, server.origin);
    }
    return { status: answer.status, headers: kept, body: isJson ? asRelayed(bytes, answer.ok) : bytes };
  }

  function asRelayed(bytes: Buffer, isOk: boolean): Buffer {
    // Absolute next links name the simulator: through the relay they name the relay.
    const text = bytes.toString('utf8').replaceAll(upstream.origin, server.origin);
    const { transform } = relay;
    return Buffer.from(
      transform === undefined || !isOk ? text : JSON.stringify(transform(JSON.parse(text) as Json)),
      'utf8',
    );
  }

  return relay;
}
