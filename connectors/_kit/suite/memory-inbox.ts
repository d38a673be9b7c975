import type { Instant } from '../../../src/contracts/json.ts';
import type { Inbox, Post, Segment } from '../hook.ts';

/** What is posted, for tests: JSON unless it is text or bytes, signed unless it says otherwise. */
export type Posted = {
  readonly body: unknown;
  readonly contentType?: string;
  readonly isSigned?: boolean;
  readonly receivedAt?: Instant;
};

type Stored = {
  readonly name: string;
  isClosed: boolean;
  bytes: number;
  readonly posts: { from: number; post: Post }[];
};

/** Bytes of a post beside its body. */
const FRAME_BYTES = 32;

/** An inbox in memory: what the receiver's files are to a stream. */
export class MemoryInbox implements Inbox {
  /** Ranges that were read, `segment from-to`. */
  readonly reads: string[] = [];
  private readonly hooks = new Map<string, Stored[]>();

  post(hook: string, ...posts: readonly Posted[]): this {
    for (const {
      body,
      contentType = 'application/json',
      isSigned = true,
      receivedAt = '2026-06-30T11:00:00.000Z',
    } of posts) {
      const segment = this.open(hook);
      const bytes = bytesOf(body);
      const from = segment.bytes;
      const position = `${segment.name}@${from}`;
      segment.posts.push({ from, post: { position, receivedAt, contentType, isSigned, body: bytes } });
      segment.bytes += FRAME_BYTES + bytes.length;
    }
    return this;
  }

  /** The next post begins another segment. */
  close(hook: string): this {
    this.open(hook).isClosed = true;
    return this;
  }

  segments(hook: string): Promise<readonly Segment[]> {
    return Promise.resolve(this.stored(hook).map(({ name, bytes, isClosed }) => ({ name, bytes, isClosed })));
  }

  async *posts(hook: string, segment: string, from: number, to: number, signal: AbortSignal): AsyncGenerator<Post> {
    this.reads.push(`${segment} ${from}-${to}`);
    const stored = this.stored(hook).find(({ name }) => name === segment);
    const borders = [...(stored?.posts.map((post) => post.from) ?? []), stored?.bytes];
    if (stored === undefined || !borders.includes(from) || !borders.includes(to))
      throw new Error(`${segment} has no posts from ${from} to ${to}`);
    for (const { from: at, post } of stored.posts) {
      signal.throwIfAborted();
      if (at >= from && at < to) yield post;
    }
  }

  borders(hook: string, segment: string, from: number, to: number, step: number): Promise<readonly number[]> {
    const stored = this.stored(hook).find(({ name }) => name === segment);
    const found: number[] = [];
    let last = from;
    for (const { from: at } of stored?.posts ?? []) {
      if (at < last + step || at >= to) continue;
      found.push(at);
      last = at;
    }
    return Promise.resolve([...found, to]);
  }

  private stored(hook: string): Stored[] {
    return this.hooks.get(hook) ?? [];
  }

  private open(hook: string): Stored {
    const stored = this.stored(hook);
    this.hooks.set(hook, stored);
    const last = stored.at(-1);
    if (last !== undefined && !last.isClosed) return last;
    const segment: Stored = { name: `${hook}-${stored.length + 1}`, isClosed: false, bytes: 0, posts: [] };
    stored.push(segment);
    return segment;
  }
}

function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
