import type { Project } from '../config/load.ts';
import type { Language } from '../report/index.ts';
import { openPublished } from '../warehouse/duckdb/index.ts';

/** Writes the report from the published copy and returns its path; loaded late, because charts are heavy. */
export function reportWriter(
  project: Project,
  out = project.paths.report,
  language: Language = 'en',
): () => Promise<string> {
  return async () => {
    const { writeReport } = await import('../report/index.ts');
    const published = await openPublished(project.paths.published);
    try {
      await writeReport({ published, out, project, language });
      return out;
    } finally {
      published.close();
    }
  };
}
