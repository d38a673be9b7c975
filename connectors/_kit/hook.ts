import type { Instant } from '../../src/contracts/json.ts';

/** One post as a receiver took it: what arrived, byte for byte. */
export type Post = {
  /** Where it stands: segment and byte offset, for messages. */
  readonly position: string;
  readonly receivedAt: Instant;
  /** The request's `Content-Type` header, lower case; '' when there was none. */
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Whether a signature proved the sender. An unsigned post is a hint and never a fact. */
  readonly isSigned: boolean;
};

/** A file of posts. It only ever grows, so a range of it means the same posts for ever. */
export type Segment = {
  readonly name: string;
  /** Length of the whole posts in it now. */
  readonly bytes: number;
  /** Nothing is added to it any more. */
  readonly isClosed: boolean;
};

/** What the receiver has stored for one account. */
export type Inbox = {
  /** Segments of a hook, oldest first. */
  segments(hook: string): Promise<readonly Segment[]>;
  /** The posts between two offsets, both of which are the borders of posts. */
  posts(hook: string, segment: string, from: number, to: number, signal: AbortSignal): AsyncIterable<Post>;
  /** Where a range may be cut: the first border of posts behind every `step` bytes, and at last `to`. Reads no bodies. */
  borders(hook: string, segment: string, from: number, to: number, step: number): Promise<readonly number[]>;
};

/** An object that is to be read again: the stream and its item (`''`: the whole stream). */
export type Hint = { readonly stream: string; readonly item: string };

/**
 * How a sender proves itself, as data. `signed` is what the signature is of: `{timestamp}` stands for the time stamp's text,
 * `{body}` for the raw bytes.
 */
export type Signature =
  | {
      readonly kind: 'ecdsa-p256-sha256';
      /** Header with the base64 DER signature. */
      readonly header: string;
      readonly timestampHeader: string;
      readonly signed: '{timestamp}{body}';
    }
  | {
      readonly kind: 'hmac-sha256';
      readonly header: string;
      /** How the header is written: `t=<timestamp>,v1=<hex>` (several v1 may follow), or the bare signature. */
      readonly format: 't-v1-hex' | 'hex' | 'base64';
      /** Where the time stamp is when it is not in the signature's own header. */
      readonly timestampHeader?: string;
      readonly timestampUnit: 's' | 'ms';
      readonly signed: '{timestamp}.{body}' | '{timestamp}{body}' | '{body}' | '{method}{uri}{body}{timestamp}';
      /** Posts older than this are refused; absent where the sender documents no such rule. */
      readonly maxAgeSeconds?: number;
    };

/** An address at which a sender posts. */
export type Hook<C> = {
  /** One sentence for people: what is posted. */
  readonly description: string;
  /** Null: the sender signs nothing, so that all its posts are hints. */
  readonly signature: Signature | null;
  /** Keys that signatures are checked with, several while one is replaced by the next. None: posts are hints. */
  readonly keys: (config: C) => readonly string[];
  /** Last part of the address of unsigned posts; undefined: they are refused. */
  readonly pathSecret?: (config: C) => string | undefined;
  /** Whether the sender first asks with GET or HEAD whether the address is there. */
  readonly handshake?: boolean;
  /** What a post says is to be read again; for posts that are signed, too. Must not throw, whatever the body is. */
  readonly hints?: (post: Post) => readonly Hint[];
};

/** That of an account for which nothing was ever received. */
export const emptyInbox: Inbox = {
  segments: () => Promise.resolve([]),
  // oxlint-disable-next-line require-yield
  posts: async function* () {},
  borders: (_hook, _segment, _from, to) => Promise.resolve([to]),
};
