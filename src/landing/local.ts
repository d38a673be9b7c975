import { readdir, rm } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { Json } from '../contracts/json.ts';
import type { SliceResult } from '../contracts/sync.ts';
import { ensureFolder, landingFailure, writeDurably } from './durable-file.ts';
import { isIntact, isMissing, readJson } from './durable-read.ts';
import { LocalSliceStore } from './local-store.ts';
import { encodeName } from './names.ts';
import { LandingError, type Landing } from './port.ts';
import { documentName, manifestName, runFolder, sliceStem, streamFolder, type Manifest } from './slice-store.ts';
import { openSliceWriter } from './slice-writer.ts';

export type LocalLandingOptions = {
  /** Bytes before compression at which a part is closed and the next begun; default 64 MiB. */
  readonly partBytes?: number;
};

/** The landing store in a local folder: `<source>/<account>/<stream>/<run>/<slice>.part-00001.tsv.zst`, each name encoded. */
export function createLocalLanding(root: string, options: LocalLandingOptions = {}): Landing {
  const base = resolve(root);
  const partBytes = options.partBytes ?? 64 * 1024 * 1024;

  const locate = (partName: string): string => {
    const path = resolve(base, partName);
    if (!path.startsWith(base + sep)) {
      throw new LandingError('A part name points outside the landing folder.', {
        kind: 'rejected',
        fix: 'Run the sync again: part names come from finished slices only.',
      });
    }
    return path;
  };

  return {
    kind: 'local',
    format: 'tsv.zst',
    root: base,
    locate,
    openSlice: (key, runId, slice) => {
      const target = { folder: runFolder(key, runId), key, runId, slice, partBytes };
      return openSliceWriter(target, new LocalSliceStore(base, target));
    },

    async readSlice(key, runId, sliceId, parts = 'checked') {
      const stem = sliceStem(runFolder(key, runId), sliceId);
      const manifest = await readJson<Manifest>(join(base, manifestName(stem)));
      const result = manifest?.result;
      if (result === undefined || result.slice?.id !== sliceId || manifest?.runId !== runId) return null;
      for (const part of parts === 'checked' ? result.parts : []) {
        if (!(await isIntact(locate(part.name), part))) return null;
      }
      return result satisfies SliceResult;
    },

    async writeDocument(key, runId, name, value) {
      const folder = runFolder(key, runId);
      await ensureFolder(join(base, folder));
      await writeDurably(join(base, documentName(folder, name)), `${JSON.stringify(value)}\n`);
    },

    readDocument: (key, runId, name) => readJson<Json>(join(base, documentName(runFolder(key, runId), name))),

    async sweep(key, keepRunIds) {
      const folder = join(base, streamFolder(key));
      const kept = new Set(keepRunIds.map(encodeName));
      const runs = await readdir(folder).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw landingFailure(error, `Could not list ${folder}`);
      });
      for (const run of runs) if (!kept.has(run)) await rm(join(folder, run), { recursive: true, force: true });
    },
  };
}
