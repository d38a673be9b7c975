import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { freeBytes } from '../contracts/free-bytes.ts';

export type IntakeLimits = {
  /** Connections at once. One more, and the oldest that never brought a genuine post goes. */
  readonly connections: number;
  /** Memory of bodies that are not stored yet. More, and the connection that holds most of them goes. */
  readonly bodyBytes: number;
  /** Requests of one connection that are answered at once (pipelining). */
  readonly requestsOfConnection: number;
};

/** What a piece of a body takes beside its bytes: a million pieces of one byte are more than a megabyte. */
const chunkBytes = 256;

type Connection = { isProven: boolean; bytes: number; requests: number };

export type Body = {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
  /** What it counts for until `release`. */
  readonly held: number;
};

/** `aborted`: the sender went away, or was sent away. `busy`: senders that proved themselves hold all there is. */
export type BodyFailure = 'too-large' | 'aborted' | 'busy';

/**
 * Shares out what strangers may take of this process. A slow or lying sender costs itself its connection, not the honest
 * one its place: connections that brought a genuine post are the last to go.
 */
export class Intake {
  readonly #limits: IntakeLimits;
  readonly #connections = new Map<Socket, Connection>();
  #bytes = 0;
  #evicted = 0;

  constructor(limits: IntakeLimits) {
    this.#limits = limits;
  }

  /** Connections that were closed to make room. */
  get evicted(): number {
    return this.#evicted;
  }

  add(socket: Socket): void {
    this.#connections.set(socket, { isProven: false, bytes: 0, requests: 0 });
    socket.once('close', () => {
      this.#bytes -= this.#connections.get(socket)?.bytes ?? 0;
      this.#connections.delete(socket);
    });
    if (this.#connections.size > this.#limits.connections) this.#evict(this.#oldest(socket));
  }

  /** A request begins; false: the connection asked too many at once and is gone. */
  begin(socket: Socket): boolean {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return false;
    connection.requests += 1;
    if (connection.requests <= this.#limits.requestsOfConnection) return true;
    this.#evict(socket);
    return false;
  }

  end(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection !== undefined) connection.requests -= 1;
  }

  /** The connection brought a genuine post. */
  prove(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection !== undefined) connection.isProven = true;
  }

  /** Reads a body into memory, as it came in. It counts for `held` until `release`. */
  readBody(request: IncomingMessage, maxBytes: number, onChunk: (chunk: Buffer) => void): Promise<Body | BodyFailure> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      let held = 0;
      const settle = (result: Body | BodyFailure): void => {
        request.off('data', take).off('end', end).off('close', abort).off('error', abort);
        if (typeof result === 'string') this.release(request.socket, { chunks, bytes, held });
        resolve(result);
      };
      const take = (chunk: Buffer): void => {
        bytes += chunk.length;
        held += chunk.length + chunkBytes;
        const isHeld = this.#hold(request.socket, chunk.length + chunkBytes);
        if (bytes > maxBytes) settle('too-large');
        else if (!isHeld) settle('busy');
        else {
          chunks.push(chunk);
          onChunk(chunk);
        }
      };
      const end = (): void => settle(request.complete ? { chunks, bytes, held } : 'aborted');
      const abort = (): void => settle('aborted');
      request.on('data', take).on('end', end).on('close', abort).on('error', abort);
    });
  }

  /** Nobody looks at the body any more. */
  release(socket: Socket, body: Body): void {
    for (const chunk of body.chunks) freeBytes(chunk);
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    connection.bytes -= body.held;
    this.#bytes -= body.held;
  }

  /** False when there is no room and no stranger to take it from. */
  #hold(socket: Socket, bytes: number): boolean {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return true;
    connection.bytes += bytes;
    this.#bytes += bytes;
    if (this.#bytes <= this.#limits.bodyBytes) return true;
    const largest = this.#largestStranger();
    this.#evict(largest);
    return largest !== undefined;
  }

  #oldest(newcomer: Socket): Socket {
    let oldest: Socket | undefined;
    for (const [socket, { isProven }] of this.#connections) {
      if (!isProven && socket !== newcomer) return socket;
      oldest ??= socket;
    }
    return oldest ?? newcomer;
  }

  #largestStranger(): Socket | undefined {
    let largest: Socket | undefined;
    let most = 0;
    for (const [socket, { isProven, bytes }] of this.#connections) {
      if (isProven || bytes <= most) continue;
      largest = socket;
      most = bytes;
    }
    return largest;
  }

  #evict(socket: Socket | undefined): void {
    if (socket === undefined || socket.destroyed) return;
    this.#evicted += 1;
    const connection = this.#connections.get(socket);
    // At once, not when `close` is emitted: else the next chunk would send the next one away.
    if (connection !== undefined) {
      this.#bytes -= connection.bytes;
      this.#connections.delete(socket);
    }
    socket.destroy();
  }
}
