import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync, statfsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import { faultText, fileFault } from '../contracts/file-fault.ts';
import { clockFromEnv } from '../contracts/clock.ts';
import { shownPath, type Project } from '../config/load.ts';
import { ConfigError } from '../config/problems.ts';
import { saltIsGone } from '../config/salt.ts';
import type { Env } from '../config/secrets.ts';
import type { Finding } from './check-finding.ts';
import { findServer } from '../temporal/server.ts';
import { packageVersion } from './version.ts';

const lowDiskBytes = 1024 ** 3;

/** Program, Node and clock: what holds without a project. */
export function checkEnvironment(env: Env): readonly Finding[] {
  const group = 'mailmart';
  const findings: Finding[] = [
    {
      group,
      item: 'version',
      status: 'ok',
      message: `mailmart ${packageVersion()} on Node.js ${process.versions.node}.`,
    },
  ];
  try {
    const clock = clockFromEnv(env);
    const frozen = env['MAILMART_CLOCK'] ?? '';
    if (frozen !== '') {
      findings.push({
        group,
        item: 'clock',
        status: 'warning',
        message: `The clock stands still at ${clock.now()} (MAILMART_CLOCK).`,
        fix: 'unset MAILMART_CLOCK, unless this is a demo or a test',
      });
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    findings.push({
      group,
      item: 'clock',
      status: 'failed',
      message,
      fix: 'unset MAILMART_CLOCK',
      code: 'CONFIG_VALUE',
    });
  }
  return findings;
}

/** Salt and folder permissions. The salt is not made here: check writes nothing. */
export async function checkProjectFiles(project: Project): Promise<readonly Finding[]> {
  const group = 'mailmart';
  const { salt } = project.paths;
  if (salt !== null && !existsSync(salt)) {
    // As a run does; a copy that cannot be read is another finding's subject.
    const { nothingYet, readLast } = await import('./read-last.ts');
    const { streams } = await readLast(project).catch(() => nothingYet);
    if (streams.some(({ verdict }) => verdict === 'complete')) {
      const { what, fix, code } = saltIsGone(shownPath(project.file), salt);
      return [{ group, item: 'salt', status: 'failed', message: what, ...(fix !== undefined && { fix }), code }];
    }
    return [
      { group, item: 'salt', status: 'ok', message: 'The salt of the person keys will be made on the first run.' },
    ];
  }
  try {
    project.salt();
  } catch (error) {
    if (!(error instanceof ConfigError)) return [{ group, item: 'salt', ...unreadable(salt, error) }];
    return error.problems.map((problem) => ({
      group,
      item: 'salt',
      status: 'failed',
      message: problem.what,
      ...(problem.fix !== undefined && { fix: problem.fix }),
      code: problem.code,
    }));
  }
  if (salt !== null && (statSync(salt).mode & 0o077) !== 0) {
    return [
      {
        group,
        item: 'salt',
        status: 'warning',
        message: 'Other users of this machine can read the salt of the person keys.',
        fix: `chmod 600 ${salt}`,
      },
    ];
  }
  return [
    {
      group,
      item: 'salt',
      status: 'ok',
      message: 'The salt of the person keys is readable. Back it up with the warehouse.',
    },
  ];
}

/** Folder, disk, file and copy of the warehouse. `isOpened`: somebody else in this process opens the file, and says what is wrong with it. */
export async function checkWarehouse(project: Project, isOpened: boolean): Promise<readonly Finding[]> {
  const group = 'warehouse';
  if (project.config.warehouse.engine === 'bigquery') {
    // Google's clients take half a second to load.
    const { checkBigquery } = await import('./check-bigquery.ts');
    return [...(await checkBigquery(project)), publishedFinding(project)];
  }
  const { warehouse } = project.paths;
  const folder = nearestFolder(dirname(warehouse));
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (existsSync(warehouse)) accessSync(warehouse, constants.R_OK | constants.W_OK);
  } catch {
    return [
      {
        group,
        item: 'file',
        status: 'failed',
        message: `${existsSync(warehouse) ? warehouse : folder} is not writable by this user.`,
        fix: `Give this user write access, or set warehouse.path in ${project.file}.`,
      },
    ];
  }
  const findings: Finding[] = [];
  const size = existsSync(warehouse) ? statSync(warehouse).size : undefined;
  if (size !== undefined && !isDuckdbFile(warehouse)) {
    const { restore } = await import('../warehouse/duckdb/index.ts');
    findings.push({ group, item: 'file', ...damaged(warehouse), fix: restore });
  } else {
    const fault = size === undefined || isOpened ? undefined : await openingFault(warehouse);
    const message =
      size === undefined ? `${warehouse} will be made on the first run.` : `${warehouse}, ${megabytes(size)}.`;
    findings.push({ group, item: 'file', status: 'ok', message, ...fault });
  }
  const disk = statfsSync(folder);
  const free = disk.bavail * disk.bsize;
  findings.push(
    free < lowDiskBytes
      ? {
          group,
          item: 'disk',
          status: 'warning',
          message: `Only ${megabytes(free)} are free.`,
          fix: 'Free some space before a first sync.',
        }
      : { group, item: 'disk', status: 'ok', message: `${megabytes(free)} are free.` },
  );
  findings.push(publishedFinding(project));
  return findings;
}

/** What opening the file would say. */
async function openingFault(warehouse: string): Promise<Omit<Finding, 'group' | 'item'> | undefined> {
  const { unusable } = await import('../warehouse/duckdb/index.ts');
  const fault = await unusable(warehouse);
  if (fault === undefined) return undefined;
  const { message, fix, code } = fault;
  return { status: 'failed', message, ...(fix !== undefined && { fix }), code };
}

function publishedFinding({ paths: { published } }: Project): Finding {
  const base = { group: 'warehouse', item: 'published' } as const;
  if (!existsSync(published))
    return { ...base, status: 'skipped', message: 'Nothing is published yet.', fix: 'mailmart run' };
  try {
    return isDuckdbFile(published)
      ? { ...base, status: 'ok', message: `Published ${statSync(published).mtime.toISOString()}.` }
      : { ...base, ...damaged(published), fix: 'mailmart run' };
  } catch (error) {
    return { ...base, ...unreadable(published, error) };
  }
}

/** A file that this user may not read is one finding among the others. */
function unreadable(file: string | null, error: unknown): Pick<Finding, 'status' | 'message' | 'fix' | 'code'> {
  const fault = fileFault(error);
  if (fault === undefined) throw error;
  const { code, fix } = fault;
  return { status: 'failed', message: `${faultText(fault, file ?? '')}.`, fix, code };
}

/** Whether it begins as DuckDB's files do: no more of it is read while its owner may be at work. */
function isDuckdbFile(file: string): boolean {
  const head = Buffer.alloc(12);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, head, 0, 12, 0);
  } finally {
    closeSync(handle);
  }
  return head.toString('latin1', 8) === 'DUCK';
}

const damaged = (file: string) =>
  ({ status: 'failed', message: `${file} is damaged: it is no DuckDB file.`, code: 'WAREHOUSE_DRIFT' }) as const;

/** The configured server answers, or a development server can be started. */
export async function checkTemporal(project: Project | undefined, env: Env): Promise<readonly Finding[]> {
  const group = 'temporal';
  const configured = project?.config.temporal.address;
  const server = findServer(configured, env);
  if (server === undefined) {
    return [
      {
        group,
        item: 'server',
        status: 'failed',
        message: 'No address is configured, and no `temporal` program was found to start a server with.',
        fix: 'In a checkout: make setup. Else install the Temporal CLI, or set TEMPORAL_ADDRESS.',
        code: 'TEMPORAL_MISSING',
      },
    ];
  }
  if (server.kind === 'program') {
    return [
      { group, item: 'server', status: 'ok', message: `A development server is started when needed (${server.path}).` },
    ];
  }
  const { address } = server;
  const fault = await connectFault(address);
  const origin = configured === undefined ? 'TEMPORAL_ADDRESS' : 'temporal.address';
  return [
    fault === undefined
      ? { group, item: 'server', status: 'ok', message: `${address} answers.` }
      : {
          group,
          item: 'server',
          status: 'failed',
          message: `${address} (${origin}) does not answer: ${fault}.`,
          fix: `Start that server, or remove ${origin} to have a development server started for you.`,
          code: 'TEMPORAL_UNREACHABLE',
        },
  ];
}

function connectFault(address: string): Promise<string | undefined> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replaceAll(/^\[|\]$/g, '');
  const port = Number(address.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) return Promise.resolve('it is not host:port');
  return new Promise((done) => {
    const socket = createConnection({ host, port, timeout: 3000 });
    const end = (fault: string | undefined): void => {
      socket.destroy();
      done(fault);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end('no answer within 3 seconds'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'connection failed'));
  });
}

function nearestFolder(folder: string): string {
  let current = folder;
  while (!existsSync(current) && dirname(current) !== current) current = dirname(current);
  return current;
}

function megabytes(bytes: number): string {
  return bytes >= 1024 ** 3 ? `${(bytes / 1024 ** 3).toFixed(1)} GB` : `${Math.ceil(bytes / 1024 ** 2)} MB`;
}
