import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip, type Gzip } from 'node:zlib';
import { landingFailure, temporaryName } from './durable-file.ts';

/** A part that is written and synced under its temporary name, waiting for its rename. */
export type WrittenPart = {
  readonly temporary: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
};

/**
 * One gzip NDJSON part. Lines stream through gzip and hash into a temporary file with backpressure, so memory stays
 * flat whatever the part's size. Node writes no time into the gzip header: equal rows give equal bytes.
 */
export class PartWriter {
  readonly #temporary: string;
  readonly #handle: FileHandle;
  readonly #gzip: Gzip;
  readonly #done: Promise<void>;
  readonly #hash = createHash('sha256');
  #failure: unknown;
  #bytes = 0;
  #rows = 0;
  #plainBytes = 0;

  private constructor(temporary: string, handle: FileHandle) {
    this.#temporary = temporary;
    this.#handle = handle;
    this.#gzip = createGzip({ level: 4 });
    this.#done = pipeline(this.#gzip, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        this.#hash.update(chunk);
        this.#bytes += chunk.length;
        for (let offset = 0; offset < chunk.length;) {
          offset += (await this.#handle.write(chunk, offset)).bytesWritten;
        }
      }
    });
    // A failure surfaces at the next append or at close; without this it would be an unhandled rejection first.
    this.#done.catch((error: unknown) => {
      this.#failure = error;
      this.#gzip.emit('drain');
    });
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

  async append(lines: string, rows: number): Promise<void> {
    const data = Buffer.from(lines, 'utf8');
    if (this.#failure === undefined && !this.#gzip.write(data)) await once(this.#gzip, 'drain');
    if (this.#failure !== undefined) throw landingFailure(this.#failure, `Could not write ${this.#temporary}`);
    this.#plainBytes += data.length;
    this.#rows += rows;
  }

  /** Ends the part and makes its content durable. A part that cannot be synced is removed: its pages may be lost already. */
  async close(): Promise<WrittenPart> {
    try {
      this.#gzip.end();
      await this.#done;
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
    };
  }

  async discard(): Promise<void> {
    this.#gzip.destroy();
    await this.#done.catch(() => undefined);
    await this.#handle.close().catch(() => undefined);
    await rm(this.#temporary, { force: true });
  }
}
