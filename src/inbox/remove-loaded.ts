import { rm, stat } from 'node:fs/promises';
import { isMissing } from '../landing/durable-read.ts';
import { landingFailure } from '../landing/durable-file.ts';
import { hookFolder, inboxFolder, listSegments, segmentBegin } from './place.ts';

/**
 * Removes segments of a hook that are closed, loaded to their end and begun more than `keepMs` ago.
 * `loadedTo`: offset up to which a segment's rows are durable in raw; undefined when nothing of it is.
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
  try {
    for (const { name, isClosed, path } of await listSegments(folder)) {
      const loaded = options.loadedTo(name);
      if (!isClosed || loaded === undefined) continue;
      const { size } = await stat(path);
      if (loaded < size || Date.parse(options.now) - segmentBegin(name) < options.keepMs) continue;
      await rm(path);
      segments += 1;
      bytes += size;
    }
  } catch (error) {
    if (!isMissing(error)) throw landingFailure(error, `Could not remove loaded posts from ${folder}`);
  }
  return { segments, bytes };
}
