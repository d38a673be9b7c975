import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../landing/durable-file.ts';
import { encodeFrame, type NewPost } from './frame.ts';
import { closedExtension, openExtension } from './place.ts';

/** The calls to the file system by which posts become durable: a test puts failing ones in their place. */
export type SegmentHandle = {
  writev(pieces: readonly Uint8Array[], position: number): Promise<{ readonly bytesWritten: number }>;
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
};
export type OpenFile = (path: string) => Promise<SegmentHandle>;

/** Never opens a file that is there: what another process or an earlier failure left in it is not known. */
export const createFile: OpenFile = (path) => open(path, 'wx', 0o600);

/** Most pieces that one call takes (IOV_MAX of Linux is 1024). */
const mostPieces = 1000;

/** What is left of pieces when so many bytes of them are written. Empty ones go. */
function behind(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes;
  const first = pieces.findIndex(({ length }) => {
    if (length > left) return true;
    left -= length;
    return false;
  });
  if (first === -1) return [];
  const [cut = new Uint8Array(), ...rest] = pieces.slice(first);
  return [cut.subarray(left), ...rest];
}

/** A segment that this process writes, one group of posts at a time. */
export class SegmentWriter {
  readonly name: string;
  readonly #folder: string;
  readonly #handle: SegmentHandle;
  #durable = 0;

  private constructor(folder: string, name: string, handle: SegmentHandle) {
    this.#folder = folder;
    this.name = name;
    this.#handle = handle;
  }

  static async create(folder: string, name: string, openFile: OpenFile): Promise<SegmentWriter> {
    const handle = await openFile(join(folder, `${name}${openExtension}`));
    const segment = new SegmentWriter(folder, name, handle);
    try {
      await syncFolder(folder);
    } catch (error) {
      await segment.abandon();
      throw error;
    }
    return segment;
  }

  /** Bytes that a crash cannot take. */
  get bytes(): number {
    return this.#durable;
  }

  /** Makes all these posts durable, or throws; then the segment must be abandoned. */
  async append(posts: readonly NewPost[]): Promise<void> {
    const start = this.#durable;
    let at = start;
    let pieces = posts.flatMap((post) => encodeFrame(this.name, start, post));
    while (pieces.length > 0) {
      const { bytesWritten } = await this.#handle.writev(pieces.slice(0, mostPieces), at);
      if (bytesWritten === 0) throw new Error('The disk takes no more bytes.');
      at += bytesWritten;
      pieces = behind(pieces, bytesWritten);
    }
    await this.#handle.datasync();
    this.#durable = at;
  }

  /** Nothing is added any more. */
  async close(): Promise<void> {
    await this.#handle.close();
    await this.#rename();
  }

  /**
   * After a failure: cuts off what nobody was told is stored, as far as the disk lets us, and never writes to the file again,
   * because what a failed fdatasync left of it is unknown.
   */
  async abandon(): Promise<void> {
    await this.#handle.truncate(this.#durable).catch(() => undefined);
    await this.#handle.close().catch(() => undefined);
    if (this.#durable > 0) await this.#rename().catch(() => undefined);
    else await rm(this.#path(openExtension), { force: true }).catch(() => undefined);
  }

  async #rename(): Promise<void> {
    await rename(this.#path(openExtension), this.#path(closedExtension));
    await syncFolder(this.#folder);
  }

  #path(extension: string): string {
    return join(this.#folder, `${this.name}${extension}`);
  }
}
