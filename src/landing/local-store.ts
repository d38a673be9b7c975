import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartFile } from '../contracts/sync.ts';
import { isIntact, readJson } from './durable-read.ts';
import { ensureFolder, landingFailure, temporaryMark, writeDurably } from './durable-file.ts';
import { keyOfLine } from './line.ts';
import { readLines } from './part-reader.ts';
import { partExtension, PartWriter } from './part-writer.ts';
import {
  checkpointName,
  manifestName,
  partName,
  sliceStem,
  type Checkpoint,
  type Manifest,
  type OpenPart,
  type SliceStore,
  type SliceTarget,
} from './slice-store.ts';

/** A slice in a local folder: parts are written under temporary names and get their own by rename. */
export class LocalSliceStore implements SliceStore {
  readonly #root: string;
  readonly #target: SliceTarget;
  /** Relative to the root. */
  readonly #stem: string;
  /** What the folder held when the slice was opened, until that is cleaned. */
  #names: readonly string[] | undefined;

  constructor(root: string, target: SliceTarget) {
    this.#root = root;
    this.#target = target;
    this.#stem = sliceStem(target.folder, target.slice.id);
  }

  get #folder(): string {
    return join(this.#root, this.#target.folder);
  }

  get #checkpoint(): string {
    return join(this.#root, checkpointName(this.#stem));
  }

  async prepare(): Promise<Checkpoint | null> {
    try {
      await ensureFolder(this.#folder);
      this.#names = await readdir(this.#folder);
    } catch (error) {
      throw landingFailure(error, `Could not prepare the landing folder ${this.#target.folder}`);
    }
    const isThere = this.#names.includes(this.#inFolder(checkpointName(this.#stem)));
    return isThere ? await readJson<Checkpoint>(this.#checkpoint) : null;
  }

  async areIntact(parts: readonly PartFile[]): Promise<boolean> {
    for (const part of parts) if (!(await isIntact(join(this.#root, part.name), part))) return false;
    return true;
  }

  async *keysOf(part: PartFile): AsyncGenerator<string> {
    for await (const line of readLines(join(this.#root, part.name))) yield keyOfLine(line);
  }

  async openPart(number: number): Promise<OpenPart> {
    const name = partName(this.#stem, number, `.${partExtension}`);
    const path = join(this.#root, name);
    const writer = await PartWriter.create(path);
    return {
      get plainBytes() {
        return writer.plainBytes;
      },
      append: (data, rows, longest) => writer.append(data, rows, longest),
      close: async () => {
        const { temporary, ...facts } = await writer.close();
        return {
          facts,
          settle: async () => {
            await rename(temporary, path);
            return name;
          },
          discard: () => rm(temporary, { force: true }),
        };
      },
      discard: () => writer.discard(),
    };
  }

  writeCheckpoint(checkpoint: Checkpoint): Promise<void> {
    return writeDurably(this.#checkpoint, `${JSON.stringify(checkpoint)}\n`);
  }

  removeCheckpoint(): Promise<void> {
    return rm(this.#checkpoint, { force: true });
  }

  /** One folder, one machine: the last attempt to finish is the one that counts, and `prepare` removed what others wrote. */
  async writeManifest(manifest: Manifest): Promise<Manifest> {
    await writeDurably(join(this.#root, manifestName(this.#stem)), `${JSON.stringify(manifest)}\n`);
    return manifest;
  }

  /** The manifest goes first: parts without one never count. */
  async clean(parts: readonly PartFile[], keepsCheckpoint: boolean): Promise<void> {
    try {
      const names = this.#names ?? (await readdir(this.#folder));
      this.#names = undefined;
      const manifest = this.#inFolder(manifestName(this.#stem));
      const checkpoint = this.#inFolder(checkpointName(this.#stem));
      const partStart = this.#inFolder(`${this.#stem}.part-`);
      if (names.includes(manifest)) await rm(join(this.#folder, manifest), { force: true });
      const kept = new Set(parts.map(({ name }) => this.#inFolder(name)));
      const own = names.filter(
        (name) =>
          (name.startsWith(partStart) && !kept.has(name)) ||
          name.startsWith(`${manifest}${temporaryMark}`) ||
          name.startsWith(`${checkpoint}${temporaryMark}`) ||
          (!keepsCheckpoint && name === checkpoint),
      );
      for (const name of own) await rm(join(this.#folder, name), { force: true });
    } catch (error) {
      throw landingFailure(error, `Could not clear the landing folder ${this.#target.folder}`);
    }
  }

  #inFolder(name: string): string {
    return name.slice(this.#target.folder.length + 1);
  }
}
