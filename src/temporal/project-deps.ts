import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  createTransformRunner,
  openReaderThreads,
  type Deps,
  type LookDeps,
  type Logger,
} from '../../activities/index.ts';
import { durationMs } from '../../connectors/_kit/duration.ts';
import { createHttp } from '../../connectors/_kit/http.ts';
import { connectors as allConnectors } from '../../connectors/index.ts';
import { notify } from '../alerts/notify.ts';
import { openChannels } from '../alerts/project-channels.ts';
import { shownPath, type Project } from '../config/load.ts';
import { ConfigError } from '../config/problems.ts';
import { saltIsGone } from '../config/salt.ts';
import type { Clock } from '../contracts/clock.ts';
import { openInbox } from '../inbox/reader.ts';
import { removeLoaded } from '../inbox/remove-loaded.ts';
import { openLanding } from '../landing/open.ts';
import { openDuckdb } from '../warehouse/duckdb/index.ts';
import { nothingYet } from '../warehouse/nothing-yet.ts';
import type { Warehouse } from '../warehouse/port.ts';
import { landingOf, openProjectBigquery } from './project-google.ts';

export type DepsOptions = {
  readonly project: Project;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: every connector of this installation. */
  readonly connectors?: Deps['connectors'];
  readonly report?: Deps['report'];
  readonly runEnded?: Deps['runEnded'];
  /** Threads that read slices; 0: the worker's own. Default: see `openReaderThreads`. */
  readonly readerThreads?: number;
  /** How long to wait while another process holds the warehouse: one that was killed a moment ago, say. */
  readonly lockWaitMs?: number;
};

/** What the activities work with, and how to let go of it. */
export type OpenDeps = { readonly deps: Deps; close(): Promise<void> };

/** Opens what the activities work with. This process owns the warehouse file from now on; close it when done. */
export async function openDeps(options: DepsOptions): Promise<OpenDeps> {
  const { project, clock, logger } = options;
  const { paths, config } = project;
  const landingConfig = landingOf(project);
  const landing = await openLanding(landingConfig);
  const warehouse =
    config.warehouse.engine === 'bigquery'
      ? await openProjectBigquery(project, landing, clock)
      : await openDuckdb({
          path: paths.warehouse,
          landing,
          publishedPath: paths.published,
          clock,
          lock: { waitMs: options.lockWaitMs ?? 5_000 },
          ...(config.warehouse.memory_limit === undefined ? {} : { memoryLimit: config.warehouse.memory_limit }),
        });
  try {
    await requireSalt(project, warehouse);
  } catch (error) {
    await warehouse.close();
    throw error;
  }
  // A thread finds connectors in the registry: others (of tests) are read in this thread.
  const { readerThreads } = options;
  const threads =
    options.connectors !== undefined || readerThreads === 0
      ? undefined
      : openReaderThreads({
          places: { landing: landingConfig, projectDir: project.dir },
          logger,
          ...(readerThreads === undefined ? {} : { count: readerThreads }),
        });
  const deps: Deps = {
    project,
    connectors: options.connectors ?? allConnectors,
    warehouse,
    landing,
    clock,
    logger,
    inbox: inboxes(project, clock),
    ...(threads === undefined ? {} : { readSlice: threads.read }),
    http: (connector, accountConfig, { priority }) =>
      createHttp(connector, accountConfig, {
        priority,
        onWait: (ms) =>
          logger.info({ connector: connector.name, waitMs: Math.round(ms) }, 'waits before it asks again'),
      }),
    transform: createTransformRunner({ warehouse, landing, clock, config }),
    ...(options.report === undefined ? {} : { report: options.report }),
    ...(options.runEnded === undefined ? {} : { runEnded: options.runEnded }),
    ...(config.alerts.channels.length === 0 ? {} : { notify: notifier(project, warehouse, clock, logger) }),
  };
  return {
    deps,
    close: async () => {
      await threads?.close();
      await warehouse.close();
    },
  };
}

/** The salt is made on first use: where something was read already, it is gone, and each person would become two. */
async function requireSalt(project: Project, warehouse: Warehouse): Promise<void> {
  const { paths } = project;
  if (paths.salt === null || existsSync(paths.salt)) return;
  const streams = await warehouse.latestStreams();
  if (!streams.some(({ verdict }) => verdict.kind === 'complete')) return;
  throw new ConfigError([saltIsGone(shownPath(project.file), paths.salt)]);
}

/** Secrets are looked up for each run; what is wrong with a channel's is that channel's failure. */
const notifier =
  (project: Project, warehouse: Warehouse, clock: Clock, logger: Logger): NonNullable<Deps['notify']> =>
  (signal) => {
    const { alerts, company } = project.config;
    const channels = openChannels(project, (fields, message) => logger.info(fields, message));
    return notify({ warehouse, clock, company: company.name, channels, since: alerts.since, signal });
  };

/** What `mailmart receive` stored in the project's folder. */
const inboxes =
  ({ dir, config }: Project, clock: Clock): NonNullable<Deps['inbox']> =>
  (accountId) => ({
    ...openInbox(dir, accountId),
    removeLoaded: async (hook, loadedTo) => {
      await removeLoaded(dir, accountId, hook, { loadedTo, keepMs: durationMs(config.receive.keep), now: clock.now() });
    },
  });

/** What looking ahead works with, and how to let go of it. */
export type OpenLook = { readonly deps: LookDeps; close(): Promise<void> };

/**
 * Opens the warehouse for looking: nothing is made or changed. The embedded file has one owner for that long too; a warehouse that
 * is not there yet is empty.
 */
export async function openToLook(options: { readonly project: Project; readonly clock: Clock }): Promise<OpenLook> {
  const { project, clock } = options;
  const { paths, config } = project;
  const landing = await openLanding(landingOf(project));
  const open = async (): Promise<Warehouse> => {
    if (config.warehouse.engine === 'bigquery') {
      return await openProjectBigquery(project, landing, clock, { isOnlyLooking: true });
    }
    if (!existsSync(paths.warehouse)) return nothingYet('duckdb');
    return await openDuckdb({
      path: paths.warehouse,
      landing,
      publishedPath: paths.published,
      clock,
      lock: { waitMs: 5_000 },
      ...(config.warehouse.memory_limit === undefined ? {} : { memoryLimit: config.warehouse.memory_limit }),
    });
  };
  const warehouse = await open();
  const transform = createTransformRunner({ warehouse, landing, clock, config });
  return {
    deps: { project, connectors: allConnectors, warehouse, clock, transform, inbox: inboxes(project, clock) },
    close: () => warehouse.close(),
  };
}

/** Files of a running worker in the project's state folder. */
export function stateFiles(project: Project): {
  readonly worker: string;
  readonly lock: string;
  readonly server: string;
  readonly serverLog: string;
  readonly codecKey: string;
} {
  const { state, logs } = project.paths;
  return {
    worker: join(state, 'worker.json'),
    lock: join(state, 'worker.lock'),
    server: join(state, 'temporal.json'),
    serverLog: join(logs, 'temporal.log'),
    codecKey: join(state, 'temporal-key'),
  };
}
