import { connect, type Socket } from 'node:net';

/** A whole request as bytes, so that sending it again costs nothing. */
export function requestBytes(
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): Buffer {
  const bytes = Buffer.from(body);
  const lines = Object.entries({ host: 'receiver', 'content-length': String(bytes.length), ...headers });
  const head = [`POST ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** The body of a post of so many events, about 400 bytes each, in SendGrid's shape; `id` makes their ids. */
export function eventsBody(id: string, events: number): string {
  const list = Array.from({ length: events }, (_, index) => ({
    email: `person-${id}-${index}@example.com`,
    timestamp: 1_782_820_800 + index,
    event: index % 3 === 0 ? 'open' : 'delivered',
    sg_event_id: `${id}-${index}`,
    sg_message_id: `message-${id}-${index}.recvd-5d4c6b7f9-abcde-1-6862-ab.0`,
    'smtp-id': `<${id}.${index}@ismtpd.example.com>`,
    useragent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15',
    ip: '192.0.2.1',
    category: ['newsletter'],
    singlesend_id: '0f3c7a1e-5d0b-11f0-9a8e-0242ac120002',
    response: '250 2.0.0 OK',
  }));
  return JSON.stringify(list);
}

/** One kept connection that posts, one after the other; as cheap as it can be, so that the receiver is the limit. */
export class Poster {
  readonly #port: number;
  readonly #host: string;
  #socket: Socket | undefined;
  #answer: ((status: number) => void) | undefined;

  constructor(address: string) {
    const { hostname, port } = new URL(address);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /** Status of the answer; 0 when the connection ended without one. */
  send(request: Buffer): Promise<number> {
    return new Promise((answer) => {
      this.#answer = answer;
      this.#socket ??= this.#connect();
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #connect(): Socket {
    const socket = connect(this.#port, this.#host);
    socket.setNoDelay(true);
    const settle = (status: number): void => {
      const answer = this.#answer;
      this.#answer = undefined;
      answer?.(status);
    };
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      // Answers have no body.
      const end = text.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      if (/\r\nconnection: close/i.test(head)) this.#drop(socket);
      settle(Number(head.slice(9, 12)));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#drop(socket);
      settle(0);
    });
    return socket;
  }

  /** The next request needs a new connection. */
  #drop(socket: Socket): void {
    if (this.#socket === socket) this.#socket = undefined;
    socket.destroy();
  }
}

/** The value below which so much of a list is, 0.99 say. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
