import { resolve } from 'node:path';
import type { Project } from '../config/load.ts';
import type { Clock } from '../contracts/clock.ts';
import { googleAuth, type GoogleCredentials } from '../google/auth.ts';
import { landingAt, type LandingConfig } from '../landing/open.ts';
import type { Landing } from '../landing/port.ts';
import { limitsOf } from './project-budget.ts';
import { publishTo } from '../warehouse/duckdb/index.ts';
import type { Warehouse } from '../warehouse/port.ts';

/** Whose credentials the project names; none: those of this machine. */
const credentialsOf = ({ dir, config }: Project): Pick<GoogleCredentials, 'projectId' | 'keyFile' | 'impersonate'> => {
  const { project, key_file: keyFile, impersonate } = config.warehouse;
  return {
    ...(project === undefined ? {} : { projectId: project }),
    ...(keyFile === undefined ? {} : { keyFile: resolve(dir, keyFile) }),
    ...(impersonate === undefined ? {} : { impersonate }),
  };
};

/** The project's landing store; a bucket is reached with the warehouse's credentials, or at STORAGE_EMULATOR_HOST. */
export function landingOf(project: Project): LandingConfig {
  const landing = landingAt(project.paths.landing);
  if (landing.kind === 'local') return landing;
  const emulator = process.env['STORAGE_EMULATOR_HOST'];
  return {
    ...landing,
    ...credentialsOf(project),
    ...(emulator === undefined || emulator === '' ? {} : { apiEndpoint: emulator, compression: 'none' as const }),
  };
}

/** Address of an emulator that stands for BigQuery, if one is named. */
export function emulatorOf({ config }: Project): string | undefined {
  const named = config.warehouse.emulator_host ?? process.env['BIGQUERY_EMULATOR_HOST'];
  if (named === undefined || named === '') return undefined;
  return /^https?:/.test(named) ? named : `http://${named}`;
}

/** Where the project's BigQuery is, and with which credentials. */
export async function connectionOf(project: Project) {
  const { warehouse } = project.config;
  const emulator = emulatorOf(project);
  return {
    project: warehouse.project ?? '',
    datasetPrefix: warehouse.dataset_prefix ?? '',
    location: warehouse.location ?? 'EU',
    ...(emulator === undefined ? {} : { emulator }),
    authClient: await googleAuth({
      ...credentialsOf(project),
      ...(emulator === undefined ? {} : { apiEndpoint: emulator }),
    }),
  };
}

/** Opens BigQuery as the project's warehouse. Google's client takes half a second to load: only who needs it does. */
export async function openProjectBigquery(
  project: Project,
  landing: Landing,
  clock: Clock,
  options: { readonly isOnlyLooking?: boolean } = {},
): Promise<Warehouse> {
  const { openBigquery } = await import('../warehouse/bigquery/index.ts');
  return await openBigquery({
    ...(await connectionOf(project)),
    landing,
    clock,
    publish: publishTo(project.paths.published),
    budget: limitsOf(project),
    ...options,
  });
}
