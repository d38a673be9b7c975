import { ensureFolder } from '../landing/durable-file.ts';
import type { Clock } from '../contracts/clock.ts';
import { frameBytes, type NewPost } from './frame.ts';
import { listSegments, nextSegmentName } from './place.ts';
import { InboxRefusal } from './refusal.ts';
import { SegmentWriter, type OpenFile } from './segment-writer.ts';

/** Most bytes that are written and made durable at once; a longer post is alone. */
const groupBytes = 4 * 1024 * 1024;

export type HookWriterOptions = {
  readonly folder: string;
  readonly clock: Clock;
  readonly openFile: OpenFile;
  /** A segment is closed when it is so long, bytes, or so old, ms. */
  readonly segmentBytes: number;
  readonly segmentAgeMs: number;
  /** Called with the bytes that each group added to the disk. */
  readonly onWritten: (bytes: number) => void;
};

type Waiting = { readonly post: NewPost; readonly stored: () => void; readonly refused: (error: Error) => void };

/** Writes the posts of one hook: whatever has come while a group was made durable is the next group. */
export class HookWriter {
  readonly #options: HookWriterOptions;
  #waiting: Waiting[] = [];
  #segment: SegmentWriter | undefined;
  #ageTimer: NodeJS.Timeout | undefined;
  #isDue = false;
  #work: Promise<void> | undefined;

  constructor(options: HookWriterOptions) {
    this.#options = options;
  }

  /** Resolves when the post is durable; rejects when it is not. */
  append(post: NewPost): Promise<void> {
    return new Promise((stored, refused) => {
      this.#waiting.push({ post, stored, refused });
      this.#start();
    });
  }

  /** Writes what waits, then closes the segment. */
  async close(): Promise<void> {
    this.#isDue = true;
    this.#start();
    await this.#work;
  }

  #start(): void {
    this.#work ??= this.#run();
  }

  async #run(): Promise<void> {
    // Posts of one turn of the event loop go together.
    await new Promise((done) => setImmediate(done));
    while (this.#waiting.length > 0 || this.#isDue) {
      await this.#writeGroup(this.#takeGroup());
      const isFull = (this.#segment?.bytes ?? 0) >= this.#options.segmentBytes;
      if (isFull || (this.#isDue && this.#waiting.length === 0)) await this.#closeSegment();
    }
    // In the same turn as the look at what waits: what comes after it starts the next run.
    this.#work = undefined;
  }

  #takeGroup(): readonly Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex(({ post }, index) => {
      bytes += frameBytes(post);
      return index > 0 && bytes > groupBytes;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    if (group.length === 0) return;
    try {
      this.#segment ??= await this.#newSegment();
      const before = this.#segment.bytes;
      await this.#segment.append(group.map(({ post }) => post));
      this.#options.onWritten(this.#segment.bytes - before);
    } catch (error) {
      clearTimeout(this.#ageTimer);
      await this.#segment?.abandon();
      this.#segment = undefined;
      const refusal = new InboxRefusal('failed', error);
      for (const { refused } of group) refused(refusal);
      return;
    }
    for (const { stored } of group) stored();
  }

  async #newSegment(): Promise<SegmentWriter> {
    const { folder, clock, openFile, segmentAgeMs } = this.#options;
    await ensureFolder(folder);
    const last = (await listSegments(folder)).at(-1)?.name;
    const segment = await SegmentWriter.create(folder, nextSegmentName(clock.now(), last), openFile);
    this.#isDue = false;
    this.#ageTimer = setTimeout(() => {
      this.#isDue = true;
      this.#start();
    }, segmentAgeMs);
    this.#ageTimer.unref();
    return segment;
  }

  async #closeSegment(): Promise<void> {
    clearTimeout(this.#ageTimer);
    this.#isDue = false;
    const segment = this.#segment;
    this.#segment = undefined;
    // All in it is durable already: one that stays open is closed by the next start.
    await segment?.close().catch(() => undefined);
  }
}
