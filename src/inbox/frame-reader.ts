import type { FileHandle } from 'node:fs/promises';
import { decodeFrame, magic, preludeBytes, readPrelude, type StoredPost } from './frame.ts';

/** Bytes read at once; a longer frame is read alone. */
const blockBytes = 1024 * 1024;

/** A post and the offsets between which it stands. */
export type Frame = { readonly from: number; readonly to: number; readonly post: StoredPost };

/** Reads the frames between two offsets of a segment in order, holding one block or one frame. */
export class FrameReader {
  readonly #handle: FileHandle;
  readonly #segment: string;
  readonly #end: number;
  #block: Buffer = Buffer.alloc(0);
  #at: number;

  constructor(handle: FileHandle, segment: string, from: number, end: number) {
    this.#handle = handle;
    this.#segment = segment;
    this.#at = from;
    this.#end = end;
  }

  /** Offset of the next frame: where the last one ended, or where no whole one begins. */
  get at(): number {
    return this.#at;
  }

  /** The next frame; undefined at the end and where the bytes are no whole frame. */
  async next(): Promise<Frame | undefined> {
    const from = this.#at;
    if (!(await this.#has(preludeBytes))) return undefined;
    const prelude = readPrelude(this.#block);
    if (prelude === undefined || prelude.groupStart > from || !(await this.#has(prelude.bytes))) return undefined;
    const post = decodeFrame(this.#segment, this.#block.subarray(0, prelude.bytes));
    if (post === undefined) return undefined;
    this.#skip(prelude.bytes);
    return { from, to: this.#at, post };
  }

  /**
   * Whether a group of posts begins after a broken frame. A group is only begun when the one before it is durable: what is
   * broken before one was acknowledged.
   */
  async hasLaterGroup(): Promise<boolean> {
    this.#skip(1);
    while (await this.#has(preludeBytes)) {
      const found = this.#block.indexOf(magic);
      if (found === -1) {
        this.#skip(this.#block.length - magic.length + 1);
        continue;
      }
      this.#skip(found);
      if (!(await this.#has(preludeBytes))) return false;
      const prelude = readPrelude(this.#block);
      const beginsGroup = prelude !== undefined && prelude.groupStart === this.#at;
      if (beginsGroup && (await this.#has(prelude.bytes))) {
        if (decodeFrame(this.#segment, this.#block.subarray(0, prelude.bytes)) !== undefined) return true;
      }
      this.#skip(1);
    }
    return false;
  }

  #skip(bytes: number): void {
    this.#block = this.#block.subarray(bytes);
    this.#at += bytes;
  }

  /** Whether so many bytes are there from here on; reads them into a new block, since posts are views of the old one. */
  async #has(bytes: number): Promise<boolean> {
    if (this.#block.length >= bytes) return true;
    if (this.#at + bytes > this.#end) return false;
    const block = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(blockBytes, this.#end - this.#at)));
    let length = this.#block.copy(block);
    while (length < block.length) {
      const { bytesRead } = await this.#handle.read(block, length, block.length - length, this.#at + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    this.#block = block.subarray(0, length);
    return length >= bytes;
  }
}

/** What a look at a whole segment found. */
export type Scan = {
  /** End of the last whole post before anything else. */
  readonly bytes: number;
  /** Posts before that end. */
  readonly posts: number;
  /** `torn`: the rest was never acknowledged. `damaged`: something in the rest was. */
  readonly rest: 'none' | 'torn' | 'damaged';
};

/** Checks every frame of a segment. */
export async function scanSegment(handle: FileHandle, segment: string): Promise<Scan> {
  const { size } = await handle.stat();
  const reader = new FrameReader(handle, segment, 0, size);
  let posts = 0;
  while ((await reader.next()) !== undefined) posts += 1;
  const bytes = reader.at;
  if (bytes === size) return { bytes, posts, rest: 'none' };
  return { bytes, posts, rest: (await reader.hasLaterGroup()) ? 'damaged' : 'torn' };
}

/** Ends of the frames between two offsets, by their heads alone; ends where a head is none. */
export async function* frameEnds(handle: FileHandle, from: number, to: number): AsyncGenerator<number> {
  const head = Buffer.alloc(preludeBytes);
  for (let at = from; at < to;) {
    const { bytesRead } = await handle.read(head, 0, preludeBytes, at);
    const prelude = bytesRead === preludeBytes ? readPrelude(head) : undefined;
    if (prelude === undefined) return;
    at += prelude.bytes;
    yield at;
  }
}

/** Counts frames between two offsets. */
export async function countFrames(handle: FileHandle, from: number, to: number): Promise<number> {
  let frames = 0;
  for await (const _ of frameEnds(handle, from, to)) frames += 1;
  return frames;
}
