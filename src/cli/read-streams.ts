import { existsSync } from 'node:fs';
import type { Project } from '../config/load.ts';
import { openPublished } from '../warehouse/duckdb/index.ts';
import { readStatus } from './published-status.ts';
import type { PublishedStatus } from './published-status.ts';

/** How each stream ended last, and what is in quarantine, from the published copy; nothing when nothing is published. */
export async function readStreams(project: Project): Promise<Pick<PublishedStatus, 'streams' | 'quarantine'>> {
  if (!existsSync(project.paths.published)) return { streams: [], quarantine: [] };
  const published = await openPublished(project.paths.published);
  try {
    return await readStatus(published, new Date().toISOString());
  } finally {
    published.close();
  }
}
