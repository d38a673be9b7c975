import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant, Json } from '../contracts/json.ts';
import type { LandedRow, PartFile, RejectedRow, Slice, SliceResult, StreamKey } from '../contracts/sync.ts';
import { isIntact, readJson } from './durable-read.ts';
import { ensureFolder, landingFailure, temporaryMark, writeDurably } from './durable-file.ts';
import { formatLine, keyOfLine } from './line.ts';
import { encodeName } from './names.ts';
import { readLines } from './part-reader.ts';
import { partExtension, PartWriter, type WrittenPart } from './part-writer.ts';
import type { Lines, SliceWriter } from './port.ts';

/** What a manifest file holds: whose slice it is and how it ended. */
export type Manifest = {
  readonly version: 1;
  readonly key: StreamKey;
  readonly runId: string;
  readonly result: SliceResult;
};

/** What a checkpoint file holds: the durable beginning of a slice that is not finished. */
type Checkpoint = {
  readonly version: 1;
  readonly runId: string;
  readonly sliceId: string;
  readonly parts: readonly PartFile[];
  readonly rejected: readonly RejectedRow[];
  readonly rows: number;
  readonly progress: Json;
};

export type SliceTarget = {
  readonly root: string;
  /** Folder of the run, relative to the root, with `/`. */
  readonly folder: string;
  readonly key: StreamKey;
  readonly runId: string;
  readonly slice: Slice;
  /** Bytes before compression at which a part is closed and the next begun. */
  readonly partBytes: number;
};

export function manifestName(folder: string, sliceId: string): string {
  return `${folder}/${encodeName(sliceId)}.manifest.json`;
}

/** Lines gathered before they go to be packed: few calls, little memory. */
const mostBatchCharacters = 256 * 1024;

/** Opens a slice for writing behind the checkpoint of an earlier attempt, and removes what else that left. */
export async function openSliceWriter(target: SliceTarget): Promise<SliceWriter> {
  const writer = new LocalSliceWriter(target);
  await writer.prepare();
  return writer;
}

class LocalSliceWriter implements SliceWriter {
  resumed: Json | null = null;
  readonly #target: SliceTarget;
  readonly #stem: string;
  /** Durable under their own names. */
  #parts: PartFile[] = [];
  /** Synced under temporary names. */
  #written: WrittenPart[] = [];
  #rejected: RejectedRow[] = [];
  #part: PartWriter | undefined;
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

  constructor(target: SliceTarget) {
    this.#target = target;
    this.#stem = encodeName(target.slice.id);
    this.batchUnits = Math.min(mostBatchCharacters, target.partBytes);
  }

  async prepare(): Promise<void> {
    try {
      const folder = join(this.#target.root, this.#target.folder);
      await ensureFolder(folder);
      const names = await readdir(folder);
      if (names.includes(`${this.#stem}.checkpoint.json`)) await this.#takeCheckpoint();
      await this.#removeFiles(names);
    } catch (error) {
      throw landingFailure(error, `Could not prepare the landing folder ${this.#target.folder}`);
    }
  }

  async *earlierKeys(): AsyncGenerator<string> {
    for (const part of this.#parts) {
      for await (const line of readLines(join(this.#target.root, part.name))) yield keyOfLine(line);
    }
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
    await writeDurably(this.#checkpointPath, `${JSON.stringify(checkpoint)}\n`);
    this.#kept = { rows: this.#rows, rejected: [...this.#rejected] };
  }

  async restart(): Promise<void> {
    await rm(this.#checkpointPath, { force: true });
    this.#parts = [];
    this.#kept = { rows: 0, rejected: [] };
    this.resumed = null;
    await this.discard();
  }

  async finish(result: Omit<SliceResult, 'parts' | 'rejected' | 'rows'>): Promise<SliceResult> {
    const { root, folder, key, runId } = this.#target;
    await this.append([], []);
    await this.#settleParts();
    const finished: SliceResult = { ...result, parts: this.#parts, rejected: this.#rejected, rows: this.#rows };
    const manifest: Manifest = { version: 1, key, runId, result: finished };
    await writeDurably(join(root, manifestName(folder, this.#target.slice.id)), `${JSON.stringify(manifest)}\n`);
    await rm(this.#checkpointPath, { force: true });
    return finished;
  }

  async discard(): Promise<void> {
    const part = this.#part;
    this.#part = undefined;
    await part?.discard();
    for (const written of this.#written) await rm(written.temporary, { force: true });
    this.#written = [];
    this.#takeLines();
    this.#batches = [];
    this.#rows = this.#kept.rows;
    this.#rejected = [...this.#kept.rejected];
    this.#extractedAt = undefined;
    await this.#removeFiles(await readdir(join(this.#target.root, this.#target.folder)));
  }

  get #checkpointPath(): string {
    return join(this.#target.root, this.#target.folder, `${this.#stem}.checkpoint.json`);
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
        this.#part = await PartWriter.create(join(this.#target.root, this.#partName(number)));
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

  #partName(number: number): string {
    return `${this.#target.folder}/${this.#stem}.part-${String(number).padStart(5, '0')}.${partExtension}`;
  }

  /** Gives the written parts their own names; they are durable with the file that names them, which goes to the same folder. */
  async #settleParts(): Promise<void> {
    const { root, slice } = this.#target;
    await this.#closePart();
    try {
      for (let part = this.#written[0]; part !== undefined; part = this.#written[0]) {
        const { temporary, ...facts } = part;
        const name = this.#partName(this.#parts.length + 1);
        await rename(temporary, join(root, name));
        this.#written.shift();
        this.#parts.push({ name, ...facts, item: slice.item, extractedAt: this.#extractedAt ?? '' });
      }
    } catch (error) {
      throw landingFailure(error, `Could not finish slice ${slice.id}`);
    }
  }

  async #takeCheckpoint(): Promise<void> {
    const { root, runId, slice } = this.#target;
    const found = await readJson<Checkpoint>(this.#checkpointPath);
    if (found?.version !== 1 || found.runId !== runId || found.sliceId !== slice.id) return;
    for (const part of found.parts) if (!(await isIntact(join(root, part.name), part))) return;
    this.#parts = [...found.parts];
    this.#kept = { rows: found.rows, rejected: found.rejected };
    this.#rows = found.rows;
    this.#rejected = [...found.rejected];
    this.resumed = found.progress;
  }

  /** The manifest goes first: parts without one never count. What the checkpoint holds stays. */
  async #removeFiles(names: readonly string[]): Promise<void> {
    const folder = join(this.#target.root, this.#target.folder);
    const manifest = `${this.#stem}.manifest.json`;
    if (names.includes(manifest)) await rm(join(folder, manifest), { force: true });
    const kept = new Set(this.#parts.map(({ name }) => name.slice(this.#target.folder.length + 1)));
    const own = names.filter(
      (name) =>
        (name.startsWith(`${this.#stem}.part-`) && !kept.has(name)) ||
        name.startsWith(`${this.#stem}.manifest.json${temporaryMark}`) ||
        name.startsWith(`${this.#stem}.checkpoint.json${temporaryMark}`) ||
        (this.resumed === null && this.#parts.length === 0 && name === `${this.#stem}.checkpoint.json`),
    );
    for (const name of own) await rm(join(folder, name), { force: true });
  }
}
