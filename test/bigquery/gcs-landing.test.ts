import { BigQuery } from '@google-cloud/bigquery';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { googleAuth } from '../../src/google/auth.ts';
import { createGcsLanding } from '../../src/landing/gcs.ts';
import { partNumber } from '../../src/landing/json-lines.ts';
import {
  describeLanding,
  end,
  key,
  row,
  slice,
  type LandingUnderTest,
} from '../../src/landing/landing-suite.fixture.ts';
import { startGoogle, startGoogleForTest, type Google } from './emulator.ts';

let google: Google;
let buckets = 0;
beforeAll(async () => {
  google = await startGoogle();
});
afterAll(() => google.stop());

/** A bucket of its own for each test. */
async function open(
  compression: 'gzip' | 'none' = 'gzip',
  { storage, project } = google,
): Promise<LandingUnderTest & { readonly bucket: string }> {
  buckets += 1;
  const bucket = `acme-${buckets}`;
  const made = await fetch(`${storage}/storage/v1/b?project=${project}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: bucket }),
  });
  expect(made.ok).toBe(true);
  const options = { bucket, prefix: 'landing', apiEndpoint: storage, partBytes: 6_000, retries: 1, compression };
  return {
    bucket,
    landing: createGcsLanding(options),
    elsewhere: createGcsLanding(options),
    bytesOf: async ({ name }) => {
      const url = `${storage}/storage/v1/b/${bucket}/o/${encodeURIComponent(`landing/${name}`)}?alt=media`;
      return Buffer.from(await (await fetch(url)).arrayBuffer());
    },
  };
}

describeLanding('fake-gcs-server', () => open());

test('of two attempts that finish, the first counts', async () => {
  const { landing, elsewhere } = await open();
  const [one, two] = [await landing.openSlice(key, 'run-1', slice), await elsewhere.openSlice(key, 'run-1', slice)];
  await one.append([row(1)], []);
  await two.append([row(1), row(2)], []);
  const first = await one.finish({ ...end, units: 1 });
  expect(await two.finish({ ...end, units: 2 })).toEqual(first);
  expect(await landing.readSlice(key, 'run-1', slice.id)).toEqual(first);
});

test('a part of many megabytes arrives whole', async () => {
  const { landing, bucket, bytesOf } = await open('none');
  const wide = createGcsLanding({ bucket, prefix: 'landing', apiEndpoint: google.storage, compression: 'none' });
  const writer = await wide.openSlice(key, 'run-1', slice);
  for (let page = 0; page < 20; page += 1) {
    await writer.append(
      Array.from({ length: 50 }, (_, index) => row(page * 50 + index, { text: 'ü'.repeat(5_000) })),
      [],
    );
  }
  const result = await writer.finish(end);
  expect(result.parts).toHaveLength(1);
  expect(result.parts[0]?.bytes).toBeGreaterThan(10_000_000);
  expect(await landing.readSlice(key, 'run-1', slice.id)).toEqual(result);
  const lines = (await bytesOf(result.parts[0]!)).toString('utf8').trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { _n: number })._n)).toEqual(
    Array.from({ length: 1000 }, (_, n) => n),
  );
});

test('BigQuery loads a part from where the landing store says it is', async () => {
  // Of its own: the emulator's answers are not to depend on what others left in it.
  const google = await startGoogleForTest();
  const { landing } = await open('none', google);
  const writer = await landing.openSlice(key, 'run-1', slice);
  const dated = {
    ...row(2, { text: '"ü"\n', list: [1, null] }),
    _partition_date: '2026-06-01',
    _cursor_at: '2026-06-01T10:00:00.000Z',
  };
  await writer.append([row(1), dated], []);
  const [part] = (await writer.finish(end)).parts;
  const authClient = await googleAuth({ apiEndpoint: google.bigquery });
  const client = new BigQuery({ projectId: google.project, apiEndpoint: google.bigquery, authClient });
  await client.createDataset('landed');
  const types = {
    _part: 'INT64',
    _n: 'INT64',
    _primary_key: 'STRING',
    _person_key: 'STRING',
    _cursor_at: 'TIMESTAMP',
    _partition_date: 'DATE',
    _item: 'STRING',
    _extracted_at: 'TIMESTAMP',
    _record_hash: 'STRING',
    record: 'JSON',
  };
  const fields = Object.entries(types).map(([name, type]) => ({ name, type }));
  await client.dataset('landed').createTable('rows', { schema: { fields } });
  const [job] = await client.createJob({
    configuration: {
      load: {
        sourceUris: [landing.locate(part?.name ?? '')],
        sourceFormat: 'NEWLINE_DELIMITED_JSON',
        schema: { fields },
        destinationTable: { projectId: google.project, datasetId: 'landed', tableId: 'rows' },
        writeDisposition: 'WRITE_APPEND',
      },
    },
  });
  await job.promise();
  const [found] = await client.query(
    'select _part, _n, _primary_key, _person_key, format_date("%F", _partition_date) as day, string(record.text) as text from landed.rows order by _n',
  );
  const number = partNumber(part?.name ?? '');
  expect(found).toEqual([
    { _part: number, _n: 0, _primary_key: '["1"]', _person_key: null, day: null, text: null },
    { _part: number, _n: 1, _primary_key: '["2"]', _person_key: null, day: '2026-06-01', text: '"ü"\n' },
  ]);
});
