import type { Project } from '../config/load.ts';
import type { Language, ReportFile } from '../report/index.ts';
import { openPublished } from '../warehouse/duckdb/index.ts';
import { WarehouseError } from '../warehouse/port.ts';
import { CliError } from './cli-error.ts';

/** What is written at the end of a run: the report, and its short form where the configuration wants it. Returns the report's path. */
export function reportWriter(project: Project): () => Promise<string> {
  const { report, reportEmail } = project.paths;
  return async () => {
    await writeFiles(project, [
      { out: report },
      ...(reportEmail === null ? [] : [{ out: reportEmail, form: 'email' as const }]),
    ]);
    return report;
  };
}

/** Writes forms of the report from the published copy; loaded late, because charts are heavy. */
export async function writeFiles(
  project: Project,
  files: readonly ReportFile[],
  language: Language = project.config.report.language,
): Promise<void> {
  const { writeReport } = await import('../report/index.ts');
  const published = await openPublished(project.paths.published);
  try {
    await writeReport({ published, project, language }, ...files);
  } catch (error) {
    throw outdated(error) ?? error;
  } finally {
    published.close();
  }
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
