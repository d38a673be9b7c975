import { existsSync } from 'node:fs';
import type { Project } from '../config/load.ts';
import { openPublished } from '../warehouse/duckdb/index.ts';
import { readStatus } from './published-status.ts';
import type { StreamStatus } from './published-status.ts';

/** How each stream ended last, from the published copy; none when nothing is published. */
export async function readStreams(project: Project): Promise<readonly StreamStatus[]> {
  if (!existsSync(project.paths.published)) return [];
  const published = await openPublished(project.paths.published);
  try {
    return (await readStatus(published, new Date().toISOString())).streams;
  } finally {
    published.close();
  }
}
