import type { Instant, Json } from '../contracts/json.ts';
import type { PartFile, RejectedRow, Slice, SliceResult, StreamKey } from '../contracts/sync.ts';
import { encodeName } from './names.ts';

/** What a manifest holds: whose slice it is and how it ended. */
export type Manifest = {
  readonly version: 1;
  readonly key: StreamKey;
  readonly runId: string;
  readonly result: SliceResult;
};

/** What a checkpoint holds: the durable beginning of a slice that is not finished. */
export type Checkpoint = {
  readonly version: 1;
  readonly runId: string;
  readonly sliceId: string;
  readonly parts: readonly PartFile[];
  readonly rejected: readonly RejectedRow[];
  readonly rows: number;
  readonly progress: Json;
};

export type SliceTarget = {
  /** Folder of the run, relative to the root, with `/`. */
  readonly folder: string;
  readonly key: StreamKey;
  readonly runId: string;
  readonly slice: Slice;
  /** Bytes before compression at which a part is closed and the next begun. */
  readonly partBytes: number;
};

/** What a store knows of a part: the rest of its entry is the slice's. */
export type PartFacts = Omit<PartFile, 'name' | 'item' | 'extractedAt'>;

/** A part that takes lines of `formatLine`. */
export type OpenPart = {
  /** Bytes before compression, for rolling to the next part. */
  readonly plainBytes: number;
  /** `longest`: of these lines, in UTF-16 units. The bytes are the part's own from now on. */
  append(data: Buffer, rows: number, longest: number): Promise<void>;
  /** Ends the part and makes its content durable; one that cannot be is removed. */
  close(): Promise<WrittenPart>;
  discard(): Promise<void>;
};

/** A part whose content is durable, under a name that may not be its own yet. */
export type WrittenPart = {
  readonly facts: PartFacts;
  /** Gives it its own name, which it tells. The name is durable with the next document. */
  settle(): Promise<string>;
  discard(): Promise<void>;
};

/** Where one attempt at a slice keeps its parts and documents. */
export type SliceStore = {
  /** Makes the place ready and tells the checkpoint of an earlier attempt, unchecked. The next call is `clean`. */
  prepare(): Promise<Checkpoint | null>;
  areIntact(parts: readonly PartFile[]): Promise<boolean>;
  keysOf(part: PartFile): AsyncIterable<string>;
  /** `number`: of the part within the slice, from 1. */
  openPart(number: number, extractedAt: Instant): Promise<OpenPart>;
  writeCheckpoint(checkpoint: Checkpoint): Promise<void>;
  removeCheckpoint(): Promise<void>;
  /** Makes the slice count. Returns the manifest that does: another attempt's, where that was first. */
  writeManifest(manifest: Manifest): Promise<Manifest>;
  /** Removes what no longer counts: the slice is being written. These parts stay, and the checkpoint if it is kept. */
  clean(parts: readonly PartFile[], keepsCheckpoint: boolean): Promise<void>;
};

/** Folder of a stream under the root of the landing store: the same in every store. */
export function streamFolder(key: StreamKey): string {
  return [key.source, key.accountId, key.stream].map(encodeName).join('/');
}

export function runFolder(key: StreamKey, runId: string): string {
  return `${streamFolder(key)}/${encodeName(runId)}`;
}

/** What the names of all that a slice leaves begin with; a dot follows, which no encoded name holds. */
export function sliceStem(folder: string, sliceId: string): string {
  return `${folder}/${encodeName(sliceId)}`;
}

export const manifestName = (stem: string): string => `${stem}.manifest.json`;
export const checkpointName = (stem: string): string => `${stem}.checkpoint.json`;

export function documentName(folder: string, name: string): string {
  return `${folder}/${encodeName(name)}.document.json`;
}

export function partName(stem: string, number: number, ending: string): string {
  return `${stem}.part-${String(number).padStart(5, '0')}${ending}`;
}
