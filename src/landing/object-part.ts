import { constants, createGzip, gzipSync } from 'node:zlib';
import { freeBytes } from '../contracts/free-bytes.ts';
import { jsonLines, type JsonLines, type PartHead } from './json-lines.ts';
import type { Objects, Upload } from './objects.ts';
import { Packer } from './packer.ts';
import type { OpenPart, WrittenPart } from './slice-store.ts';

/** First level: BigQuery unpacks all the same, and the network is faster than the levels above. */
const packing = { level: constants.Z_BEST_SPEED, chunkSize: 256 * 1024 };

export type PartTarget = {
  readonly name: string;
  readonly head: PartHead;
  readonly compression: 'gzip' | 'none';
  /** Told when there may be an object of that name from now on, and when there is none any more. */
  readonly onStored: (name: string, isThere: boolean) => void;
};

/**
 * One part as an object: lines of newline-delimited JSON through gzip into an upload, with backpressure. Its type is gzip and
 * not a content encoding: a store that unpacks what it serves would hand out other bytes than the sums are of.
 */
export class ObjectPart implements OpenPart {
  readonly #objects: Objects;
  readonly #target: PartTarget;
  readonly #convert: (lines: Buffer) => JsonLines;
  readonly #upload: Upload;
  readonly #packer: Packer;
  #rows = 0;
  #longest = 0;
  plainBytes = 0;

  constructor(objects: Objects, target: PartTarget) {
    const { name, compression, head } = target;
    this.#objects = objects;
    this.#target = target;
    this.#convert = jsonLines(head);
    this.#upload = objects.upload(name, compression === 'gzip' ? 'application/gzip' : 'application/x-ndjson');
    this.#packer = new Packer({
      stream: () => createGzip(packing),
      whole: (content) => gzipSync(content, packing),
      write: (chunk) => this.#upload.write(chunk),
      packsNothing: false,
    });
  }

  async append(data: Buffer, rows: number): Promise<void> {
    const lines = this.#convert(data);
    freeBytes(data);
    this.plainBytes += lines.data.length;
    this.#rows += rows;
    this.#longest = Math.max(this.#longest, lines.longest);
    if (this.#target.compression === 'none') await this.#upload.write(lines.data);
    else await this.#packer.append(lines.data);
  }

  async close(): Promise<WrittenPart> {
    const { name, onStored } = this.#target;
    try {
      await this.#packer.end();
      onStored(name, true);
      const { bytes, sha256, md5 } = await this.#upload.end();
      const facts = {
        rows: this.#rows,
        bytes,
        sha256,
        longest: this.#longest,
        ...(md5 === undefined ? {} : { md5 }),
      };
      return { facts, settle: () => Promise.resolve(name), discard: () => this.#remove() };
    } catch (error) {
      await this.discard().catch(() => undefined);
      throw error;
    }
  }

  async discard(): Promise<void> {
    await this.#packer.discard();
    await this.#upload.abort();
  }

  async #remove(): Promise<void> {
    const { name, onStored } = this.#target;
    await this.#objects.remove(name);
    onStored(name, false);
  }
}
