import { rm, stat } from 'node:fs/promises';
import { isMissing } from '../landing/durable-read.ts';
import { landingFailure } from '../landing/durable-file.ts';
import { writeLoaded } from './loaded.ts';
import { hookFolder, inboxFolder, listSegments, segmentBegin } from './place.ts';

/**
 * For after a load: removes segments of a hook that are closed, loaded to their end and begun more than `keepMs` ago, and
 * notes for `status` what is loaded of the others. `loadedTo`: offset up to which a segment's rows are durable in raw;
 * undefined when nothing of it is.
 */
export async function removeLoaded(
  projectDir: string,
  accountId: string,
  hook: string,
  options: {
    readonly loadedTo: (segment: string) => number | undefined;
    readonly keepMs: number;
    readonly now: string;
  },
): Promise<{ readonly segments: number; readonly bytes: number }> {
  const folder = hookFolder(inboxFolder(projectDir), accountId, hook);
  let segments = 0;
  let bytes = 0;
  const left: Record<string, number> = {};
  try {
    for (const { name, isClosed, path } of await listSegments(folder)) {
      const loaded = options.loadedTo(name);
      if (loaded === undefined) continue;
      left[name] = loaded;
      if (!isClosed) continue;
      const { size } = await stat(path);
      if (loaded < size || Date.parse(options.now) - segmentBegin(name) < options.keepMs) continue;
      await rm(path);
      delete left[name];
      segments += 1;
      bytes += size;
    }
    await writeLoaded(folder, left);
  } catch (error) {
    // Nothing was ever posted.
    if (!isMissing(error)) throw landingFailure(error, `Could not remove loaded posts from ${folder}`);
  }
  return { segments, bytes };
}
