import { existsSync } from 'node:fs';
import type { Project } from '../config/load.ts';
import { openPublished } from '../warehouse/duckdb/index.ts';
import { readStatus } from './published-status.ts';
import type { PublishedStatus } from './published-status.ts';

/** What the end of a run tells of the tables as they are. */
export type LastStatus = Pick<PublishedStatus, 'streams' | 'quarantine' | 'fx_gaps'>;

export const nothingYet: LastStatus = { streams: [], quarantine: [], fx_gaps: [] };

/** How each stream ended last, and what is missing from the tables, from the published copy; nothing when nothing is published. */
export async function readLast(project: Project): Promise<LastStatus> {
  if (!existsSync(project.paths.published)) return nothingYet;
  const published = await openPublished(project.paths.published);
  try {
    return await readStatus(published, new Date().toISOString());
  } finally {
    published.close();
  }
}
