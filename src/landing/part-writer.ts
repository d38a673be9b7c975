import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, zstdCompressSync, type ZstdCompress } from 'node:zlib';
import { freeBytes } from '../contracts/free-bytes.ts';
import { landingFailure, temporaryName } from './durable-file.ts';

/** A part that is written and synced under its temporary name, waiting for its rename. */
export type WrittenPart = {
  readonly temporary: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly longest: number;
};

const packing = {
  chunkSize: 256 * 1024,
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
};

/**
 * Parts up to here are packed in one go. A packer that streams takes a megabyte, most of which the garbage collector knows
 * nothing about but hurries for: dear for the few rows of a small campaign.
 */
const smallPart = 256 * 1024;

/** What every part's name ends with. */
export const partExtension = 'tsv.zst';

/**
 * One part: lines (see `formatLine`) through zstd at its first level, which is four times as fast as gzip and smaller, and
 * through a hash into a temporary file, with backpressure: memory stays flat whatever the part's size, and equal rows
 * give equal bytes.
 */
export class PartWriter {
  readonly #temporary: string;
  readonly #handle: FileHandle;
  /** What has come so far, while it is little. */
  #small: Buffer[] = [];
  #packer: ZstdCompress | undefined;
  #done: Promise<void> = Promise.resolve();
  readonly #hash = createHash('sha256');
  #failure: unknown;
  #bytes = 0;
  #rows = 0;
  #plainBytes = 0;
  #longest = 0;

  private constructor(temporary: string, handle: FileHandle) {
    this.#temporary = temporary;
    this.#handle = handle;
  }

  static async create(path: string): Promise<PartWriter> {
    const temporary = temporaryName(path);
    try {
      return new PartWriter(temporary, await open(temporary, 'wx', 0o600));
    } catch (error) {
      throw landingFailure(error, `Could not create ${temporary}`);
    }
  }

  /** Bytes before compression, for rolling to the next part. */
  get plainBytes(): number {
    return this.#plainBytes;
  }

  /** `longest`: of these lines, in UTF-16 units. */
  async append(data: Buffer, rows: number, longest: number): Promise<void> {
    this.#plainBytes += data.length;
    if (this.#packer === undefined && this.#plainBytes <= smallPart) this.#small.push(data);
    else await this.#pack(data);
    if (this.#failure !== undefined) throw landingFailure(this.#failure, `Could not write ${this.#temporary}`);
    this.#rows += rows;
    this.#longest = Math.max(this.#longest, longest);
  }

  async #pack(data: Buffer): Promise<void> {
    const packer = (this.#packer ??= this.#startPacker());
    const waiting = [...this.#small, data];
    this.#small = [];
    for (const piece of waiting) {
      // A packer that was stopped may still be reading the piece.
      const packed = (error?: Error | null): void => void (error == null && freeBytes(piece));
      if (this.#failure === undefined && !packer.write(piece, packed)) await once(packer, 'drain');
    }
  }

  #startPacker(): ZstdCompress {
    const packer = createZstdCompress(packing);
    this.#done = pipeline(packer, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) await this.#write(chunk);
    });
    // A failure surfaces at the next append or at close; without this it would be an unhandled rejection first.
    this.#done.catch((error: unknown) => {
      this.#failure = error;
      packer.emit('drain');
    });
    return packer;
  }

  async #write(chunk: Buffer): Promise<void> {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    for (let offset = 0; offset < chunk.length;) {
      offset += (await this.#handle.write(chunk, offset)).bytesWritten;
    }
  }

  /** Ends the part and makes its content durable. A part that cannot be synced is removed: its pages may be lost already. */
  async close(): Promise<WrittenPart> {
    try {
      this.#packer?.end();
      await this.#done;
      if (this.#packer === undefined) await this.#write(zstdCompressSync(Buffer.concat(this.#small), packing));
      for (const piece of this.#small) freeBytes(piece);
      this.#small = [];
      await this.#handle.datasync();
      await this.#handle.close();
    } catch (error) {
      await this.discard();
      throw landingFailure(error, `Could not write ${this.#temporary}`);
    }
    return {
      temporary: this.#temporary,
      rows: this.#rows,
      bytes: this.#bytes,
      sha256: this.#hash.digest('hex'),
      longest: this.#longest,
    };
  }

  async discard(): Promise<void> {
    this.#packer?.destroy();
    await this.#done.catch(() => undefined);
    await this.#handle.close().catch(() => undefined);
    await rm(this.#temporary, { force: true });
  }
}
