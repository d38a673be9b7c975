import { readFile } from 'node:fs/promises';
import type { AuthClient, JWT } from 'google-auth-library';

/** Who asks Google. Nothing set: the application default credentials of this machine. */
export type GoogleCredentials = {
  readonly projectId?: string;
  /** Key file of a service account. */
  readonly keyFile?: string;
  /** Service account to act as, with the right of the credentials above (`roles/iam.serviceAccountTokenCreator`). */
  readonly impersonate?: string;
  /** An emulator's address: nothing is signed, nobody is asked for credentials. */
  readonly apiEndpoint?: string;
};

/** Credentials that cannot be had: for a person to mend. Names no path and holds nothing of a key. */
export class GoogleCredentialsError extends Error {
  override readonly name = 'GoogleCredentialsError';
}

const scopes = ['https://www.googleapis.com/auth/cloud-platform'];

/** What Google's client libraries take as `authClient`. Finds out which credentials there are, and asks for no token yet. */
export async function googleAuth(credentials: GoogleCredentials): Promise<AuthClient> {
  const { projectId, keyFile, impersonate, apiEndpoint } = credentials;
  const { Impersonated, PassThroughClient } = await library();
  if (apiEndpoint !== undefined) return new PassThroughClient();
  const own = keyFile === undefined ? await ambientClient(projectId) : await keyClient(keyFile);
  if (impersonate === undefined) return own;
  return new Impersonated({ sourceClient: own, targetPrincipal: impersonate, targetScopes: scopes });
}

/** Only who asks Google loads it. */
const library = () => import('google-auth-library');

/** Of this machine: GOOGLE_APPLICATION_CREDENTIALS, gcloud's, or those of the server it runs on. */
async function ambientClient(projectId: string | undefined): Promise<AuthClient> {
  const { GoogleAuth } = await library();
  try {
    return await new GoogleAuth({ scopes, ...(projectId === undefined ? {} : { projectId }) }).getClient();
  } catch {
    throw new GoogleCredentialsError('This machine has no credentials for Google, or they are not usable.');
  }
}

/** Of service accounts alone: other kinds of files name addresses that the library would ask for credentials. */
async function keyClient(keyFile: string): Promise<JWT> {
  let key: { readonly type?: unknown; readonly client_email?: unknown; readonly private_key?: unknown };
  try {
    key = JSON.parse(await readFile(keyFile, 'utf8')) as typeof key;
  } catch {
    // Not as the cause: a parser quotes what it does not understand, which may be the key.
    throw new GoogleCredentialsError('The key file of the service account is not there, or is not JSON.');
  }
  const { type, client_email: email, private_key: secret } = key;
  if (type !== 'service_account' || typeof email !== 'string' || typeof secret !== 'string') {
    throw new GoogleCredentialsError('The key file is not one of a service account.');
  }
  const { JWT: ServiceAccount } = await library();
  return new ServiceAccount({ email, key: secret, scopes });
}
