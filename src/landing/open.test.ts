import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { landingAt, openLanding } from './open.ts';

test('a place is a folder, or a bucket and a folder in it, and opens as what it is', async () => {
  const folder = join(tmpdir(), 'mailmart', 'landing');
  expect(landingAt(folder)).toEqual({ kind: 'local', root: folder });
  expect(landingAt('gs://acme-data/mail/mart')).toEqual({ kind: 'gcs', bucket: 'acme-data', prefix: 'mail/mart' });
  expect(await openLanding(landingAt(folder))).toMatchObject({ kind: 'local', format: 'tsv.zst', root: folder });
  const bucket = await openLanding(landingAt('gs://acme-data/mailmart/'));
  expect(bucket).toMatchObject({ kind: 'gcs', format: 'ndjson.gz' });
  expect([bucket.root, bucket.locate('a/b.part-00001')]).toEqual([undefined, 'gs://acme-data/mailmart/a/b.part-00001']);
  await expect(openLanding(landingAt('gs://acme-data'))).rejects.toMatchObject({ kind: 'rejected' });
});
