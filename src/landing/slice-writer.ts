import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../contracts/json.ts';
import type { LandedRow, PartFile, RejectedRow, Slice, SliceResult, StreamKey } from '../contracts/sync.ts';
import { ensureFolder, landingFailure, syncFolder, temporaryMark, writeDurably } from './durable-file.ts';
import { formatLine } from './line.ts';
import { encodeName } from './names.ts';
import { partExtension, PartWriter, type WrittenPart } from './part-writer.ts';
import type { SliceWriter } from './port.ts';

/** What a manifest file holds: whose slice it is and how it ended. */
export type Manifest = {
  readonly version: 1;
  readonly key: StreamKey;
  readonly runId: string;
  readonly result: SliceResult;
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

/** Lines gathered before they go to gzip: few calls, little memory. */
const mostBatchCharacters = 256 * 1024;

/** Opens a slice for writing and removes what an earlier attempt of the same slice left. */
export async function openSliceWriter(target: SliceTarget): Promise<SliceWriter> {
  const writer = new LocalSliceWriter(target);
  await writer.prepare();
  return writer;
}

class LocalSliceWriter implements SliceWriter {
  readonly #target: SliceTarget;
  readonly #stem: string;
  #written: WrittenPart[] = [];
  #rejected: RejectedRow[] = [];
  #part: PartWriter | undefined;
  #rows = 0;
  #extractedAt: Instant | undefined;

  constructor(target: SliceTarget) {
    this.#target = target;
    this.#stem = encodeName(target.slice.id);
  }

  async prepare(): Promise<void> {
    try {
      await ensureFolder(join(this.#target.root, this.#target.folder));
      await this.#removeFiles();
    } catch (error) {
      throw landingFailure(error, `Could not prepare the landing folder ${this.#target.folder}`);
    }
  }

  async append(rows: readonly LandedRow[], rejected: readonly RejectedRow[]): Promise<void> {
    this.#rejected.push(...rejected);
    const batchCharacters = Math.min(mostBatchCharacters, this.#target.partBytes);
    let lines = '';
    let count = 0;
    let longest = 0;
    for (const row of rows) {
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
        continue;
      }
      lines += line.text;
      if (line.text.length > longest) longest = line.text.length;
      count += 1;
      this.#rows += 1;
      if (lines.length >= batchCharacters) {
        await this.#write(lines, count, longest);
        lines = '';
        count = 0;
      }
    }
    if (count > 0) await this.#write(lines, count, longest);
  }

  /** Item and time of extraction stand once in the part's entry, not in every line. */
  #note(row: LandedRow): void {
    this.#extractedAt ??= row._extracted_at;
    if (row._item !== this.#target.slice.item || row._extracted_at !== this.#extractedAt)
      throw new Error(`A row of slice ${this.#target.slice.id} belongs to another item or another read`);
  }

  async restart(): Promise<void> {
    await this.#dropTemporaries();
    this.#rejected = [];
    this.#rows = 0;
    this.#extractedAt = undefined;
  }

  async finish(result: Omit<SliceResult, 'parts' | 'rejected' | 'rows'>): Promise<SliceResult> {
    const { root, folder, key, runId } = this.#target;
    await this.#closePart();
    const parts: PartFile[] = [];
    try {
      for (const [index, part] of this.#written.entries()) {
        const name = `${folder}/${this.#stem}.part-${String(index + 1).padStart(5, '0')}.${partExtension}`;
        await rename(part.temporary, join(root, name));
        const { temporary: _, ...facts } = part;
        parts.push({ name, ...facts, item: this.#target.slice.item, extractedAt: this.#extractedAt ?? '' });
      }
      this.#written = [];
      await syncFolder(join(root, folder));
    } catch (error) {
      throw landingFailure(error, `Could not finish slice ${this.#target.slice.id}`);
    }
    const finished: SliceResult = { ...result, parts, rejected: this.#rejected, rows: this.#rows };
    const manifest: Manifest = { version: 1, key, runId, result: finished };
    await writeDurably(join(root, manifestName(folder, this.#target.slice.id)), `${JSON.stringify(manifest)}\n`);
    return finished;
  }

  async discard(): Promise<void> {
    await this.restart();
    await this.#removeFiles();
  }

  async #write(lines: string, rows: number, longest: number): Promise<void> {
    if (this.#part === undefined) {
      const name = `${this.#stem}.part-${String(this.#written.length + 1).padStart(5, '0')}.${partExtension}`;
      this.#part = await PartWriter.create(join(this.#target.root, this.#target.folder, name));
    }
    await this.#part.append(lines, rows, longest);
    if (this.#part.plainBytes >= this.#target.partBytes) await this.#closePart();
  }

  async #closePart(): Promise<void> {
    if (this.#part === undefined) return;
    const part = this.#part;
    this.#part = undefined;
    this.#written.push(await part.close());
  }

  async #dropTemporaries(): Promise<void> {
    const part = this.#part;
    this.#part = undefined;
    await part?.discard();
    for (const written of this.#written) await rm(written.temporary, { force: true });
    this.#written = [];
  }

  /** The manifest goes first: parts without one never count. */
  async #removeFiles(): Promise<void> {
    const folder = join(this.#target.root, this.#target.folder);
    await rm(join(this.#target.root, manifestName(this.#target.folder, this.#target.slice.id)), { force: true });
    const own = (await readdir(folder)).filter(
      (name) =>
        name.startsWith(`${this.#stem}.part-`) || name.startsWith(`${this.#stem}.manifest.json${temporaryMark}`),
    );
    for (const name of own) await rm(join(folder, name), { force: true });
  }
}
