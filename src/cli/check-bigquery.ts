import type { Project } from '../config/load.ts';
import { lookAtBucket } from '../landing/bucket-look.ts';
import type { LandingConfig } from '../landing/open.ts';
import { LandingError } from '../landing/port.ts';
import { connectionOf, emulatorOf, landingOf } from '../temporal/project-google.ts';
import { probeQuickly, type ProbeOptions } from '../warehouse/bigquery/probe.ts';
import type { Finding } from './check-finding.ts';
import { describeError } from './describe-error.ts';

const group = 'warehouse';
/** As for a source. */
const patienceMs = 4500;

/** Credentials, project, datasets and bucket of a project on BigQuery: at most three requests to Google, writes nothing. */
export async function checkBigquery(project: Project): Promise<readonly Finding[]> {
  const landing = landingOf(project);
  const [warehouse, bucket] = await Promise.all([
    inTime('reachability', async () =>
      (await probeQuickly(await probeOptions(project))).map((one) => ({ group, ...one })),
    ),
    landing.kind === 'gcs' ? inTime('bucket', async () => [await bucketFinding(project, landing)]) : [localLanding()],
  ]);
  const emulator = emulatorOf(project);
  const stands: Finding[] =
    emulator === undefined
      ? []
      : [
          {
            group,
            item: 'emulator',
            status: 'warning',
            message: `An emulator stands for BigQuery (${emulator}): it has no permissions, quotas or bills.`,
            fix: 'Unset warehouse.emulator_host and BIGQUERY_EMULATOR_HOST, unless this is a test.',
          },
        ];
  return [...stands, ...warehouse, ...bucket];
}

/** The project's BigQuery; asked once, because a check shows the first answer. */
export const probeOptions = async (project: Project): Promise<ProbeOptions> => ({
  ...(await connectionOf(project)),
  backoff: () => 500,
});

const localLanding = (): Finding => ({
  group,
  item: 'bucket',
  status: 'ok',
  message: 'Landing is a folder of this machine: workers on other machines could not share it (landing.path).',
});

async function bucketFinding(project: Project, landing: LandingConfig & { kind: 'gcs' }): Promise<Finding> {
  const { location } = await lookAtBucket(landing);
  const place = `gs://${landing.bucket}/${landing.prefix}`;
  const base = { group, item: 'bucket' } as const;
  const wanted = project.config.warehouse.location ?? 'EU';
  if (landing.apiEndpoint !== undefined) {
    return { ...base, status: 'skipped', message: `${place} answers; the emulator does not have locations.` };
  }
  if (location === null) {
    return {
      ...base,
      status: 'ok',
      message: `${place} is reachable. Where it is could not be asked (storage.buckets.get); mailmart check --deep loads from it.`,
    };
  }
  return locationFinding(place, location, wanted);
}

/** Loads want bucket and datasets in one place; a region within a multi-region may do, which only a load shows. */
export function locationFinding(place: string, location: string, wanted: string): Finding {
  const base = { group, item: 'bucket' } as const;
  const [bucket, datasets] = [location.toUpperCase(), wanted.toUpperCase()];
  if (bucket === datasets) return { ...base, status: 'ok', message: `${place} is reachable, in ${bucket}.` };
  const isWithin =
    (datasets === 'EU' && bucket.startsWith('EUROPE-')) || (datasets === 'US' && bucket.startsWith('US-'));
  return isWithin
    ? {
        ...base,
        status: 'warning',
        message: `${place} is in ${bucket}, the datasets in ${datasets}: whether BigQuery loads from there shows a load.`,
        fix: 'mailmart check --deep',
      }
    : {
        ...base,
        status: 'failed',
        message: `${place} is in ${bucket}, the datasets in ${datasets}: BigQuery loads only from a bucket in their place.`,
        fix: `Make a bucket there (gcloud storage buckets create --location=${datasets}) and write it to landing.path.`,
      };
}

/** Findings, or the failure as one: of Google, of the bucket, or that nobody answered. */
async function inTime(item: string, work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((done) => {
    timer = setTimeout(
      () =>
        done([
          {
            group,
            item,
            status: 'failed',
            message: `Google did not answer within ${patienceMs / 1000} seconds.`,
            fix: 'Check network and proxy; see https://status.cloud.google.com.',
          },
        ]),
      patienceMs,
    );
  });
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    return [failure(item, error)];
  } finally {
    clearTimeout(timer);
  }
}

/** A failure of Google's as a finding. */
export function failure(item: string, error: unknown): Finding {
  if (error instanceof LandingError) {
    return {
      group,
      item,
      status: 'failed',
      message: error.message,
      ...(error.fix !== undefined && { fix: error.fix }),
    };
  }
  const { what, fix, code } = describeError(error);
  const isSignIn = code === 'WAREHOUSE_DENIED';
  return {
    group,
    item: isSignIn ? 'credentials' : item,
    status: 'failed',
    message: what,
    ...(fix !== undefined && { fix }),
    code,
  };
}
