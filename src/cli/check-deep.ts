import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Project } from '../config/load.ts';
import type { Clock } from '../contracts/clock.ts';
import { openToLook } from '../temporal/project-deps.ts';
import { landingOf } from '../temporal/project-google.ts';
import { findWorker } from '../temporal/with-worker.ts';
import { WarehouseError } from '../warehouse/port.ts';
import { failure, probeOptions } from './check-bigquery.ts';
import type { Finding } from './check-finding.ts';
import type { ScratchObject } from '../landing/bucket-look.ts';
import type { LandingConfig } from '../landing/open.ts';

const group = 'warehouse, deep';

/** What only trying shows of the warehouse. Whatever it makes it removes. */
export async function checkDeeply(project: Project, clock: Clock): Promise<readonly Finding[]> {
  return project.config.warehouse.engine === 'bigquery'
    ? await deepBigquery(project)
    : [await deepDuckdb(project, clock)];
}

/** Opening compares tables and ledger, and the file with the last commit. */
async function deepDuckdb(project: Project, clock: Clock): Promise<Finding> {
  const base = { group, item: 'ledger' } as const;
  if (!existsSync(project.paths.warehouse)) {
    return { ...base, status: 'skipped', message: 'Not tested: there is no warehouse file yet.', fix: 'mailmart run' };
  }
  const worker = findWorker(project);
  if (worker !== undefined) {
    return {
      ...base,
      status: 'skipped',
      message: `Not tested: the worker (process ${worker.pid}) owns the file; it compared tables and ledger when it opened it.`,
      fix: 'Stop the worker to test it now.',
    };
  }
  try {
    const { deps, close } = await openToLook({ project, clock });
    try {
      const loads = [...(await deps.warehouse.tableFingerprints()).keys()].filter((name) => name.startsWith('raw.'));
      return {
        ...base,
        status: 'ok',
        message: `The ledger and the rows of ${loads.length} raw tables say the same, and the file holds its last commit.`,
      };
    } finally {
      await close();
    }
  } catch (error) {
    if (!(error instanceof WarehouseError)) throw error;
    return { ...failure('ledger', error), group };
  }
}

async function deepBigquery(project: Project): Promise<readonly Finding[]> {
  const { probeDeeply, probeRows } = await import('../warehouse/bigquery/probe.ts');
  const landing = landingOf(project);
  const findings: Finding[] = [];
  let object: ScratchObject | undefined;
  try {
    const options = await probeOptions(project);
    if (landing.kind === 'gcs') {
      const isPlain = landing.apiEndpoint !== undefined;
      const lines = Buffer.from(`${probeRows.join('\n')}\n`);
      object = await landed(findings, landing, isPlain ? lines : gzipSync(lines), isPlain ? 'ndjson' : 'ndjson.gz');
    }
    const probes = await probeDeeply({ ...options, ...(object === undefined ? {} : { landed: { uri: object.uri } }) });
    findings.push(...probes.map((probe) => ({ group, ...probe })));
    const loaded = probes.some(({ item, status }) => item === 'load' && status === 'ok');
    if (loaded && options.emulator !== undefined) {
      findings.push({
        group,
        item: 'gzip',
        status: 'skipped',
        message: 'Not tested: the emulator does not unpack files, so it was loaded from an unpacked one.',
      });
    }
    if (landing.kind === 'gcs') findings.push(await lifecycle(landing));
  } catch (error) {
    findings.push({ ...failure('bigquery', error), group });
  } finally {
    if (object !== undefined) findings.push(await removed(object));
  }
  return findings;
}

async function landed(
  findings: Finding[],
  landing: LandingConfig & { kind: 'gcs' },
  content: Buffer,
  ending: string,
): Promise<ScratchObject | undefined> {
  const { writeScratchObject } = await import('../landing/bucket-look.ts');
  try {
    const object = await writeScratchObject(landing, `${randomBytes(5).toString('hex')}.${ending}`, content);
    const message = 'Objects can be written once, listed and (see below) removed under the landing prefix.';
    findings.push({ group, item: 'permission:objects', status: 'ok', message });
    return object;
  } catch (error) {
    findings.push({ ...failure('permission:objects', error), group });
    return undefined;
  }
}

async function removed(object: ScratchObject): Promise<Finding> {
  try {
    await object.remove();
    return { group, item: 'clean_up:bucket', status: 'ok', message: 'The object that the check wrote is removed.' };
  } catch (error) {
    return {
      ...failure('clean_up:bucket', error),
      group,
      status: 'warning',
      fix: `gcloud storage rm ${object.uri}`,
    };
  }
}

/** Sets the bucket's rule for what is left over, where the account may: the one thing that a deep check leaves. */
async function lifecycle(landing: LandingConfig & { kind: 'gcs' }): Promise<Finding> {
  const item = 'lifecycle';
  if (landing.apiEndpoint !== undefined) {
    return { group, item, status: 'skipped', message: 'Not tested: the emulator does not remove objects by age.' };
  }
  const { createGcsLanding } = await import('../landing/gcs.ts');
  try {
    const outcome = await createGcsLanding(landing).ensureLifecycle();
    return outcome.kind === 'refused'
      ? { group, item, status: 'warning', message: outcome.message, fix: outcome.fix }
      : {
          group,
          item,
          status: 'ok',
          message: `The bucket removes what lies under the prefix for ${outcome.days} days (${outcome.kind === 'set' ? 'set now' : 'was set'}).`,
        };
  } catch (error) {
    return { ...failure(item, error), group };
  }
}
