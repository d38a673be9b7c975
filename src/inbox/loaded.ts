import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../landing/durable-read.ts';
import { temporaryName } from '../landing/durable-file.ts';

/** Offset up to which each segment of a hook is loaded, by its name. */
export type LoadedOffsets = Readonly<Record<string, number>>;

const fileName = 'loaded.json';

/** A copy of what the warehouse knows, for `status`; nothing is decided by it. */
export async function readLoaded(folder: string): Promise<LoadedOffsets> {
  try {
    return JSON.parse(await readFile(join(folder, fileName), 'utf8')) as LoadedOffsets;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return {};
    throw error;
  }
}

export async function writeLoaded(folder: string, offsets: LoadedOffsets): Promise<void> {
  const path = join(folder, fileName);
  const temporary = temporaryName(path);
  await writeFile(temporary, `${JSON.stringify(offsets)}\n`, { mode: 0o600 });
  await rename(temporary, path);
}
