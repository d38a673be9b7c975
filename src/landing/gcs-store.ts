import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Instant } from '../contracts/json.ts';
import type { PartFile } from '../contracts/sync.ts';
import { bucketFailure } from './gcs-failure.ts';
import { keyOfJsonLine, partNumber } from './json-lines.ts';
import { ObjectPart } from './object-part.ts';
import type { ObjectFacts, Objects } from './objects.ts';
import { linesOf } from './part-reader.ts';
import { LandingError, type PartFormat } from './port.ts';
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

const json = 'application/json';

/**
 * A slice in a bucket, where any machine may be at work on it, a zombie among them. Nothing is ever written over: parts have
 * names that only this attempt uses, and documents are written under the condition that nobody else has.
 *
 * No attempt removes parts that a document names, or may name, of its own or of another attempt: whoever goes on from a
 * checkpoint, or was first with a manifest, relies on them. What is left over goes with the run (`sweep`) or by age (the bucket's
 * lifecycle rule).
 */
export class GcsSliceStore implements SliceStore {
  readonly #objects: Objects;
  readonly #target: SliceTarget;
  readonly #compression: 'gzip' | 'none';
  readonly #stem: string;
  #token = randomToken();
  /** Number of the part that was opened last. */
  #opened = 0;
  #found: readonly ObjectFacts[] = [];
  /** Generation of the checkpoint that this attempt read or wrote last. */
  #checkpoint: string | undefined;
  /** Parts of this attempt that may be in the bucket. */
  readonly #stored = new Set<string>();
  /** Those that a document names which may be in the bucket. */
  readonly #promised = new Set<string>();

  constructor(objects: Objects, target: SliceTarget, compression: 'gzip' | 'none') {
    this.#objects = objects;
    this.#target = target;
    this.#compression = compression;
    this.#stem = sliceStem(target.folder, target.slice.id);
  }

  async prepare(): Promise<Checkpoint | null> {
    this.#found = await this.#objects.list(`${this.#stem}.`);
    // A slice that is opened again is read anew.
    const manifest = this.#found.find(({ name }) => name === manifestName(this.#stem));
    if (manifest !== undefined && (await this.#objects.remove(manifest.name, manifest)) === 'conflict') {
      throw this.#overtaken();
    }
    const checkpoint = this.#found.find(({ name }) => name === checkpointName(this.#stem));
    this.#checkpoint = checkpoint?.generation;
    return checkpoint === undefined ? null : parsed<Checkpoint>(await this.#objects.read(checkpoint.name));
  }

  areIntact(parts: readonly PartFile[]): Promise<boolean> {
    return Promise.resolve(areAmong(this.#found, parts));
  }

  async *keysOf(part: PartFile): AsyncGenerator<string> {
    try {
      for await (const line of linesOf(this.#plain(part))) yield keyOfJsonLine(line);
    } catch (error) {
      if (error instanceof LandingError) throw error;
      throw bucketFailure(error, `Could not unpack a part in ${this.#objects.place}`, '');
    }
  }

  openPart(number: number, extractedAt: Instant): Promise<OpenPart> {
    // A slice that starts again counts from 1 again, and the parts that a checkpoint named are still there.
    if (number <= this.#opened) this.#token = randomToken();
    this.#opened = number;
    const name = partName(this.#stem, number, `-${this.#token}.${formatOf(this.#compression)}`);
    const part = new ObjectPart(this.#objects, {
      name,
      head: { part: partNumber(name), item: this.#target.slice.item, extractedAt },
      compression: this.#compression,
      onStored: (stored, isThere) => void (isThere ? this.#stored.add(stored) : this.#stored.delete(stored)),
    });
    return Promise.resolve(part);
  }

  async writeCheckpoint(checkpoint: Checkpoint): Promise<void> {
    const name = checkpointName(this.#stem);
    const text = `${JSON.stringify(checkpoint)}\n`;
    this.#promise(checkpoint.parts);
    const expected = this.#checkpoint === undefined ? 'absent' : { generation: this.#checkpoint };
    const written = await this.#objects.write(name, Buffer.from(text), json, expected);
    if (written !== 'conflict') {
      this.#checkpoint = written.generation;
      return;
    }
    // Ours, if an earlier try of the request was done and its answer lost.
    const found = await this.#objects.find(name);
    if (found === null || (await this.#objects.read(name)) !== text) throw this.#overtaken();
    this.#checkpoint = found.generation;
  }

  /** Of another attempt's checkpoint, which came after ours, this one has no say. */
  async removeCheckpoint(): Promise<void> {
    const generation = this.#checkpoint;
    this.#checkpoint = undefined;
    if (generation !== undefined) await this.#objects.remove(checkpointName(this.#stem), { generation });
  }

  async writeManifest(manifest: Manifest): Promise<Manifest> {
    const name = manifestName(this.#stem);
    const text = `${JSON.stringify(manifest)}\n`;
    const before = new Set(this.#promised);
    this.#promise(manifest.result.parts);
    if ((await this.#objects.write(name, Buffer.from(text), json, 'absent')) !== 'conflict') return manifest;
    const first = await this.#objects.read(name);
    if (first === text) return manifest;
    const counted = parsed<Manifest>(first);
    if (counted === null) throw this.#overtaken();
    if (!isManifestOf(counted, this.#target)) {
      throw new LandingError(`A manifest in ${this.#objects.place} stands under the name of another slice.`, {
        kind: 'rejected',
        fix: 'Something else wrote it: give mailmart a prefix of its own (landing.path).',
      });
    }
    // Ours never counted; what an earlier checkpoint named may be the other's too.
    this.#promised.clear();
    for (const part of before) this.#promised.add(part);
    await this.clean(counted.result.parts, true);
    return counted;
  }

  /**
   * Of this attempt alone: a part that no document names never counts. One that cannot be removed is left: it costs storage for
   * a while, and why the slice failed must not be hidden by it.
   */
  async clean(parts: readonly PartFile[], keepsCheckpoint: boolean): Promise<void> {
    if (!keepsCheckpoint) await this.removeCheckpoint();
    const kept = new Set(parts.map(({ name }) => name));
    for (const name of this.#stored) {
      if (kept.has(name) || this.#promised.has(name)) continue;
      try {
        await this.#objects.remove(name);
      } catch {
        return;
      }
      this.#stored.delete(name);
    }
  }

  #promise(parts: readonly PartFile[]): void {
    for (const { name } of parts) this.#promised.add(name);
  }

  #plain({ name, bytes: size }: PartFile): AsyncIterable<string> {
    const bytes = Readable.from(this.#objects.stream(name, size));
    if (!name.endsWith('.gz')) return bytes.setEncoding('utf8');
    const plain = createGunzip();
    bytes.on('error', (error) => plain.destroy(error));
    plain.on('close', () => bytes.destroy());
    return bytes.pipe(plain).setEncoding('utf8');
  }

  #overtaken(): LandingError {
    return new LandingError(`Another attempt at slice ${this.#target.slice.id} is writing at the same time.`, {
      kind: 'transient',
      fix: 'The run tries again by itself, from where that one has come to.',
    });
  }
}

export function formatOf(compression: 'gzip' | 'none'): PartFormat {
  return compression === 'gzip' ? 'ndjson.gz' : 'ndjson';
}

/** Whether parts are there, whole and unaltered, as far as what the bucket tells of its objects. */
export function areAmong(found: readonly ObjectFacts[], parts: readonly PartFile[]): boolean {
  const byName = new Map(found.map((facts) => [facts.name, facts]));
  return parts.every(({ name, bytes, md5 }) => {
    const facts = byName.get(name);
    return facts !== undefined && facts.bytes === bytes && (md5 === undefined || facts.md5 === md5);
  });
}

const randomToken = (): string => randomBytes(6).toString('hex');

export function isManifestOf(
  manifest: Manifest,
  {
    key,
    runId,
    slice,
  }: { readonly key: Manifest['key']; readonly runId: string; readonly slice: { readonly id: string } },
): boolean {
  return (
    manifest.version === 1 &&
    manifest.runId === runId &&
    manifest.result?.slice?.id === slice.id &&
    manifest.key?.source === key.source &&
    manifest.key.accountId === key.accountId &&
    manifest.key.stream === key.stream
  );
}

/** A document that is not one counts as absent. */
export function parsed<T>(text: string | null): T | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
