import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Impersonated, JWT, PassThroughClient } from 'google-auth-library';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { googleAuth } from './auth.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailmart-google-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const file = (content: string): string => {
  const path = join(folder, 'key.json');
  writeFileSync(path, content);
  return path;
};
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const account = { type: 'service_account', client_email: 'sync@acme.iam.gserviceaccount.com', private_key: privateKey };

test('an emulator is asked without credentials, whatever else is set', async () => {
  expect(await googleAuth({ apiEndpoint: 'http://127.0.0.1:1', keyFile: '/nowhere' })).toBeInstanceOf(
    PassThroughClient,
  );
});

test('a key file gives its account, or another one’s that it may act as; without one, the machine’s own', async () => {
  const keyFile = file(JSON.stringify(account));
  const own = await googleAuth({ keyFile });
  expect(own).toBeInstanceOf(JWT);
  expect((own as JWT).email).toBe(account.client_email);
  const other = await googleAuth({ keyFile, impersonate: 'load@acme.iam.gserviceaccount.com' });
  expect(other).toBeInstanceOf(Impersonated);
  expect((other as Impersonated).getTargetPrincipal()).toBe('load@acme.iam.gserviceaccount.com');
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', keyFile);
  expect(await googleAuth({ projectId: 'acme' })).toMatchObject({ email: account.client_email });
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '/nowhere');
  await expect(googleAuth({})).rejects.toThrow('no credentials');
});

test.each([
  ['no JSON', 'private_key: s3cret-of-the-file'],
  ['another kind', JSON.stringify({ ...account, type: 'external_account' })],
  ['half of it', JSON.stringify({ ...account, private_key: undefined })],
])('a key file that holds %s is refused, and nothing of it is told', async (_what, content) => {
  const error: unknown = await googleAuth({ keyFile: file(content) }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: 'GoogleCredentialsError' });
  expect((error as Error).cause).toBeUndefined();
  expect(String(error)).not.toMatch(/s3cret|mailmart-google|acme/);
});
