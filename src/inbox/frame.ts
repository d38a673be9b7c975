import { crc32 } from 'node:zlib';
import type { Instant } from '../contracts/json.ts';

/** What is kept of a post. */
export type StoredPost = {
  readonly receivedAt: Instant;
  /** Lower case; '' when there was none. */
  readonly contentType: string;
  readonly isSigned: boolean;
  readonly body: Uint8Array;
};

/** A post to be kept; its body may be in several pieces, as it came in. */
export type NewPost = Omit<StoredPost, 'body'> & { readonly body: Uint8Array | readonly Uint8Array[] };

/** Longest post that a frame takes, bytes: whatever says more is not a frame. */
export const longestPost = 64 * 1024 * 1024;

/**
 * Bytes before a frame's payload: magic (4), length of the payload (4), length of the JSON header with which it begins (4),
 * offset at which the group of posts begins that were made durable together (6), zero (2), CRC-32 (4). Big-endian.
 */
export const preludeBytes = 24;
const crcAt = 20;
export const magic = Buffer.from('MMP1', 'latin1');
const longestHeader = 4096;

/**
 * The bytes of a post in a segment, to be written one after the other. The checksum is also of the segment's name, which no
 * sender knows: bytes in a body never pass for a frame.
 */
export function encodeFrame(segment: string, groupStart: number, post: NewPost): readonly Uint8Array[] {
  const { receivedAt, contentType, isSigned } = post;
  const body = piecesOf(post);
  // A longer one means nothing to anybody.
  const header = Buffer.from(JSON.stringify({ receivedAt, contentType: contentType.slice(0, 256), isSigned }));
  const head = Buffer.alloc(preludeBytes + header.length);
  magic.copy(head);
  head.writeUInt32BE(header.length + lengthOf(body), 4);
  head.writeUInt32BE(header.length, 8);
  head.writeUIntBE(groupStart, 12, 6);
  header.copy(head, preludeBytes);
  head.writeUInt32BE(checksum(segment, head, [header, ...body]), crcAt);
  return [head, ...body];
}

/** Length of a post's frame, about: for limits. */
export function frameBytes(post: NewPost): number {
  return preludeBytes + 80 + post.contentType.length + lengthOf(piecesOf(post));
}

function piecesOf({ body }: NewPost): readonly Uint8Array[] {
  return body instanceof Uint8Array ? [body] : body;
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** A frame as its prelude states it; nothing is checked yet. */
export type Prelude = { readonly bytes: number; readonly groupStart: number };

/** Undefined when the bytes are not the beginning of a frame. */
export function readPrelude(bytes: Buffer): Prelude | undefined {
  if (bytes.length < preludeBytes || bytes.compare(magic, 0, 4, 0, 4) !== 0) return undefined;
  const payload = bytes.readUInt32BE(4);
  const header = bytes.readUInt32BE(8);
  if (header > longestHeader || header > payload || payload - header > longestPost) return undefined;
  return { bytes: preludeBytes + payload, groupStart: bytes.readUIntBE(12, 6) };
}

/** The post of a whole frame, its body a view of the bytes; undefined when the checksum does not hold. */
export function decodeFrame(segment: string, bytes: Buffer): StoredPost | undefined {
  const payload = bytes.subarray(preludeBytes);
  if (checksum(segment, bytes, [payload]) !== bytes.readUInt32BE(crcAt)) return undefined;
  const header = bytes.readUInt32BE(8);
  const facts = JSON.parse(payload.toString('utf8', 0, header)) as Omit<StoredPost, 'body'>;
  return { ...facts, body: payload.subarray(header) };
}

function checksum(segment: string, prelude: Buffer, payload: readonly Uint8Array[]): number {
  return [prelude.subarray(0, crcAt), ...payload].reduce((sum, part) => crc32(part, sum), crc32(segment));
}
