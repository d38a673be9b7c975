import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { freeBytes } from '../contracts/free-bytes.ts';

/**
 * Parts up to here are packed in one go. A packer that streams takes a megabyte, most of which the garbage collector knows
 * nothing about but hurries for: dear for the few rows of a small campaign.
 */
const smallPart = 256 * 1024;

export type Packing = {
  /** A packer that streams, for a part that turns out not to be small. */
  stream(): Transform;
  /** A small part in one go. */
  whole(content: Buffer): Buffer;
  /** Takes packed bytes, one call after the other. */
  write(chunk: Buffer): Promise<void>;
  /** What becomes of a part without a byte: packed like any other, or nothing at all. */
  readonly packsNothing: boolean;
};

/** Packs what is appended, with backpressure, into `write`; gathers it first while it is little. */
export class Packer {
  readonly #packing: Packing;
  #bytes = 0;
  #small: Buffer[] = [];
  #stream: Transform | undefined;
  #done: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(packing: Packing) {
    this.#packing = packing;
  }

  /** Takes over the bytes. Throws what `write` threw. */
  async append(data: Buffer): Promise<void> {
    this.#bytes += data.length;
    if (this.#stream === undefined && this.#bytes <= smallPart) this.#small.push(data);
    else await this.#pack(data);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Everything is with `write` after this. */
  async end(): Promise<void> {
    this.#stream?.end();
    await this.#done;
    if (this.#stream === undefined && (this.#small.length > 0 || this.#packing.packsNothing))
      await this.#packing.write(this.#packing.whole(Buffer.concat(this.#small)));
    for (const piece of this.#small) freeBytes(piece);
    this.#small = [];
  }

  async discard(): Promise<void> {
    this.#small = [];
    this.#stream?.destroy();
    await this.#done.catch(() => undefined);
  }

  async #pack(data: Buffer): Promise<void> {
    const packer = (this.#stream ??= this.#start());
    const waiting = [...this.#small, data];
    this.#small = [];
    for (const piece of waiting) {
      // A packer that was stopped may still be reading the piece.
      const packed = (error?: Error | null): void => void (error == null && freeBytes(piece));
      if (this.#failure === undefined && !packer.write(piece, packed)) await once(packer, 'drain');
    }
  }

  #start(): Transform {
    const packer = this.#packing.stream();
    this.#done = pipeline(packer, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) await this.#packing.write(chunk);
    });
    // A failure surfaces at the next append or at the end; without this it would be an unhandled rejection first.
    this.#done.catch((error: unknown) => {
      this.#failure = error;
      packer.emit('drain');
    });
    return packer;
  }
}
