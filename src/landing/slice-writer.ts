import type { Instant, Json } from '../contracts/json.ts';
import type { LandedRow, PartFile, RejectedRow, SliceResult } from '../contracts/sync.ts';
import { landingFailure } from './durable-file.ts';
import { formatLine } from './line.ts';
import type { Lines, SliceWriter } from './port.ts';
import type { Checkpoint, Manifest, OpenPart, SliceStore, SliceTarget, WrittenPart } from './slice-store.ts';

/** Lines gathered before they go to be packed: few calls, little memory. */
const mostBatchCharacters = 256 * 1024;

/** Opens a slice for writing behind the checkpoint of an earlier attempt, and removes what else that left. */
export async function openSliceWriter(target: SliceTarget, store: SliceStore): Promise<SliceWriter> {
  const writer = new StoredSliceWriter(target, store);
  await writer.prepare();
  return writer;
}

class StoredSliceWriter implements SliceWriter {
  resumed: Json | null = null;
  readonly #target: SliceTarget;
  readonly #store: SliceStore;
  /** Durable under their own names. */
  #parts: PartFile[] = [];
  /** Durable, not yet under their own names. */
  #written: WrittenPart[] = [];
  #rejected: RejectedRow[] = [];
  #part: OpenPart | undefined;
  #rows = 0;
  /** Lines that wait for company, and batches of them that wait for the disk. */
  #lines = '';
  #count = 0;
  #longest = 0;
  #batches: Lines[] = [];
  readonly batchUnits: number;
  #extractedAt: Instant | undefined;
  /** Rows and refusals that a checkpoint holds. */
  #kept: { readonly rows: number; readonly rejected: readonly RejectedRow[] } = { rows: 0, rejected: [] };

  constructor(target: SliceTarget, store: SliceStore) {
    this.#target = target;
    this.#store = store;
    this.batchUnits = Math.min(mostBatchCharacters, target.partBytes);
  }

  async prepare(): Promise<void> {
    const { runId, slice } = this.#target;
    const found = await this.#store.prepare();
    const isOurs = found?.version === 1 && found.runId === runId && found.sliceId === slice.id;
    if (isOurs && (await this.#store.areIntact(found.parts))) this.#goOnFrom(found);
    await this.#clean();
  }

  async *earlierKeys(): AsyncGenerator<string> {
    for (const part of this.#parts) yield* this.#store.keysOf(part);
  }

  add(row: LandedRow): void {
    this.#note(row);
    const line = formatLine(row, this.#rows);
    if (line.kind === 'refused') {
      this.#rejected.push({
        slice: this.#target.slice.id,
        position: `row ${this.#rows + 1} of the slice`,
        path: line.path,
        reason: line.reason,
        record: row.text,
      });
      return;
    }
    this.#lines += line.text;
    this.#longest = Math.max(this.#longest, line.text.length);
    this.#count += 1;
    this.#rows += 1;
    if (this.#lines.length >= this.batchUnits) this.#endBatch();
  }

  get nextRow(): number {
    return this.#rows;
  }

  addLines(lines: Lines, extractedAt: Instant): void {
    this.#noteTime(extractedAt);
    // Rows that were added before stand before them.
    this.#endBatch();
    this.#batches.push(lines);
    this.#rows += lines.rows;
  }

  async append(rows: readonly LandedRow[], rejected: readonly RejectedRow[]): Promise<void> {
    this.#rejected.push(...rejected);
    for (const row of rows) {
      this.add(row);
      if (this.#batches.length > 0) await this.#writeBatches();
    }
    this.#endBatch();
    await this.#writeBatches();
  }

  async checkpoint(progress: Json): Promise<void> {
    await this.append([], []);
    const { runId, slice } = this.#target;
    await this.#settleParts();
    const checkpoint: Checkpoint = {
      version: 1,
      runId,
      sliceId: slice.id,
      parts: this.#parts,
      rejected: this.#rejected,
      rows: this.#rows,
      progress,
    };
    await this.#store.writeCheckpoint(checkpoint);
    this.#kept = { rows: this.#rows, rejected: [...this.#rejected] };
  }

  async restart(): Promise<void> {
    await this.#store.removeCheckpoint();
    this.#parts = [];
    this.#kept = { rows: 0, rejected: [] };
    this.resumed = null;
    await this.discard();
  }

  async finish(result: Omit<SliceResult, 'parts' | 'rejected' | 'rows'>): Promise<SliceResult> {
    const { key, runId } = this.#target;
    await this.append([], []);
    await this.#settleParts();
    const finished: SliceResult = { ...result, parts: this.#parts, rejected: this.#rejected, rows: this.#rows };
    const manifest: Manifest = { version: 1, key, runId, result: finished };
    const counted = await this.#store.writeManifest(manifest);
    await this.#store.removeCheckpoint();
    return counted.result;
  }

  async discard(): Promise<void> {
    const part = this.#part;
    this.#part = undefined;
    await part?.discard();
    for (const written of this.#written) await written.discard();
    this.#written = [];
    this.#takeLines();
    this.#batches = [];
    this.#rows = this.#kept.rows;
    this.#rejected = [...this.#kept.rejected];
    this.#extractedAt = undefined;
    await this.#clean();
  }

  /** Item and time of extraction stand once in the part's entry, not in every line. */
  #note(row: LandedRow): void {
    this.#noteTime(row._extracted_at);
    if (row._item !== this.#target.slice.item) this.#refuseStranger();
  }

  #noteTime(extractedAt: Instant): void {
    this.#extractedAt ??= extractedAt;
    if (extractedAt !== this.#extractedAt) this.#refuseStranger();
  }

  #refuseStranger(): never {
    throw new Error(`A row of slice ${this.#target.slice.id} belongs to another item or another read`);
  }

  #takeLines(): Lines {
    const batch = { data: Buffer.from(this.#lines, 'utf8'), rows: this.#count, longest: this.#longest };
    this.#lines = '';
    this.#count = 0;
    this.#longest = 0;
    return batch;
  }

  /** As bytes, which are outside the heap and no longer hold the rows. */
  #endBatch(): void {
    if (this.#count > 0) this.#batches.push(this.#takeLines());
  }

  async #writeBatches(): Promise<void> {
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      if (this.#part === undefined) {
        const number = this.#parts.length + this.#written.length + 1;
        this.#part = await this.#store.openPart(number, this.#extractedAt ?? '');
      }
      await this.#part.append(batch.data, batch.rows, batch.longest);
      if (this.#part.plainBytes >= this.#target.partBytes) await this.#closePart();
    }
  }

  async #closePart(): Promise<void> {
    if (this.#part === undefined) return;
    const part = this.#part;
    this.#part = undefined;
    this.#written.push(await part.close());
  }

  /** Gives the written parts their own names; they are durable with the document that names them. */
  async #settleParts(): Promise<void> {
    const { slice } = this.#target;
    await this.#closePart();
    try {
      for (let part = this.#written[0]; part !== undefined; part = this.#written[0]) {
        const name = await part.settle();
        this.#written.shift();
        this.#parts.push({ name, ...part.facts, item: slice.item, extractedAt: this.#extractedAt ?? '' });
      }
    } catch (error) {
      throw landingFailure(error, `Could not finish slice ${slice.id}`);
    }
  }

  #goOnFrom(found: Checkpoint): void {
    this.#parts = [...found.parts];
    this.#kept = { rows: found.rows, rejected: found.rejected };
    this.#rows = found.rows;
    this.#rejected = [...found.rejected];
    this.resumed = found.progress;
  }

  /** What the checkpoint holds stays. */
  #clean(): Promise<void> {
    return this.#store.clean(this.#parts, this.resumed !== null || this.#parts.length > 0);
  }
}
