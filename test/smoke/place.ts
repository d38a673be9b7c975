import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { BigQuery } from '@google-cloud/bigquery';
import { Storage } from '@google-cloud/storage';
import { googleAuth } from '../../src/google/auth.ts';
import { createGcsLanding } from '../../src/landing/gcs.ts';
import { createLocalLanding } from '../../src/landing/local.ts';
import { openBigquery } from '../../src/warehouse/bigquery/index.ts';
import { publishTo } from '../../src/warehouse/duckdb/index.ts';
import { startGoogle, type Google } from '../bigquery/emulator.ts';
import type { OpenPlace } from '../truth/in-process.ts';

/** Where the suite runs: a real project, or the emulators (EMULATOR=1). */
export type Place = {
  readonly project: string;
  readonly location: string;
  /** Of everything that the suite makes. */
  readonly prefix: string;
  /** Folder in the bucket; null: landing is a local folder. */
  readonly landing: string | null;
  readonly isEmulator: boolean;
  /** Environment of commands. */
  readonly env: Readonly<Record<string, string>>;
  readonly open: OpenPlace;
  /** Makes a dataset with a table in it, and an object where landing is a bucket: to be removed. */
  litter(): Promise<void>;
  /** What is there now of what the suite made. */
  leftovers(): Promise<readonly string[]>;
  /** Removes all of it; to be called whatever happened. */
  remove(): Promise<void>;
  /** Ends the emulators. */
  stop(): Promise<void>;
};

const passedOn = ['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_PROJECT', 'HTTPS_PROXY', 'CLOUDSDK_CONFIG'];

/** The place that the environment names (see the Makefile); a clear message when it names none. */
export async function openTheWorld(): Promise<Place> {
  const { PROJECT = '', LOCATION = 'EU', BUCKET = '', EMULATOR = '' } = process.env;
  if (EMULATOR === '' && PROJECT === '') {
    throw new Error(
      'Name a Google Cloud project: make test-bigquery PROJECT=my-project (or EMULATOR=1 for the emulators).',
    );
  }
  const google = EMULATOR === '' ? undefined : await startGoogle();
  const mark = randomBytes(4).toString('hex');
  const project = google?.project ?? PROJECT;
  const bucket = google === undefined ? BUCKET : 'smoke';
  if (google !== undefined) await makeBucket(google, bucket);
  const prefix = `mailmart_smoke_${mark}_`;
  const folderInBucket = `mailmart-smoke-${mark}`;
  const auth = await googleAuth(google === undefined ? { projectId: project } : { apiEndpoint: google.bigquery });
  const bigquery = new BigQuery({
    projectId: project,
    location: LOCATION,
    authClient: auth,
    ...(google === undefined ? {} : { apiEndpoint: google.bigquery }),
  });
  const storage = new Storage({
    projectId: project,
    authClient: auth,
    ...(google === undefined ? {} : { apiEndpoint: google.storage }),
  });
  const datasets = async () => (await bigquery.getDatasets())[0].filter(({ id }) => id?.startsWith(prefix));
  const objects = async () =>
    bucket === '' ? [] : (await storage.bucket(bucket).getFiles({ prefix: `${folderInBucket}/` }))[0];
  return {
    project,
    location: LOCATION,
    prefix,
    landing: bucket === '' ? null : `gs://${bucket}/${folderInBucket}`,
    isEmulator: google !== undefined,
    env:
      google === undefined
        ? Object.fromEntries(
            passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
          )
        : { BIGQUERY_EMULATOR_HOST: google.bigquery, STORAGE_EMULATOR_HOST: google.storage },
    open: async ({ folder, clock }) => {
      const landing =
        bucket === ''
          ? createLocalLanding(join(folder, 'landing'))
          : createGcsLanding({
              bucket,
              prefix: folderInBucket,
              projectId: project,
              ...(google === undefined ? {} : { apiEndpoint: google.storage, compression: 'none' as const }),
            });
      const warehouse = await openBigquery({
        project,
        location: LOCATION,
        datasetPrefix: prefix,
        authClient: auth,
        landing,
        clock,
        publish: publishTo(join(folder, 'published.duckdb')),
        ...(google === undefined ? {} : { emulator: google.bigquery, backoff: () => 20 }),
      });
      return { landing, warehouse };
    },
    litter: async () => {
      const [dataset] = await bigquery.createDataset(`${prefix}litter`, { location: LOCATION });
      await dataset.createTable('one', { schema: [{ name: 'a', type: 'INTEGER' }] });
      if (bucket !== '') await storage.bucket(bucket).file(`${folderInBucket}/litter`).save('litter');
    },
    leftovers: async () => [
      ...(await datasets()).map(({ id }) => `dataset ${id}`),
      ...(await objects()).map(({ name }) => `object ${name}`),
    ],
    remove: async () => {
      for (const dataset of await datasets()) await dataset.delete({ force: true });
      for (const object of await objects()) await object.delete();
    },
    stop: async () => await google?.stop(),
  };
}

async function makeBucket({ storage, project }: Google, name: string): Promise<void> {
  await fetch(`${storage}/storage/v1/b?project=${project}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
}
