import type { Project } from '../config/load.ts';
import type { Language } from '../report/index.ts';
import { openPublished } from '../warehouse/duckdb/index.ts';
import { WarehouseError } from '../warehouse/port.ts';
import { CliError } from './cli-error.ts';

/** Writes the report from the published copy and returns its path; loaded late, because charts are heavy. */
export function reportWriter(
  project: Project,
  out = project.paths.report,
  language: Language = project.config.report.language,
): () => Promise<string> {
  return async () => {
    const { writeReport } = await import('../report/index.ts');
    const published = await openPublished(project.paths.published);
    try {
      await writeReport({ published, out, project, language });
      return out;
    } catch (error) {
      throw outdated(error) ?? error;
    } finally {
      published.close();
    }
  };
}

/** After an update the tables lack what is new in it until they are built again. */
function outdated(error: unknown): CliError | undefined {
  if (!(error instanceof WarehouseError) || error.kind !== 'rejected') return undefined;
  const missing = /(?:Referenced column|Table with name) "?(\w+)"?/.exec(error.message)?.[1];
  if (missing === undefined) return undefined;
  return new CliError(
    {
      code: 'DATA_OUTDATED',
      exit: 'error',
      what: `The published tables are of another version of mailmart: they have no ${missing}.`,
      fix: 'mailmart transform',
    },
    { cause: error },
  );
}
