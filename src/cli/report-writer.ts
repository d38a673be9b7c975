import type { Project } from '../config/load.ts';
import { openPublished } from '../warehouse/duckdb/index.ts';

/** Writes the report from the published copy and returns its path; loaded late, because charts are heavy. */
export function reportWriter(project: Project, out = project.paths.report): () => Promise<string> {
  return async () => {
    const { writeReport } = await import('../report/index.ts');
    const published = await openPublished(project.paths.published);
    try {
      await writeReport({ published, out, project });
      return out;
    } finally {
      published.close();
    }
  };
}
