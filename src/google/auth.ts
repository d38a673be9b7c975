import { GoogleAuth, Impersonated, PassThroughClient, type AuthClient } from 'google-auth-library';

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

const scopes = ['https://www.googleapis.com/auth/cloud-platform'];

/** What Google's client libraries take as `authClient`. Asks nobody yet, but for whom it impersonates with. */
export async function googleAuth(credentials: GoogleCredentials): Promise<AuthClient | GoogleAuth> {
  const { projectId, keyFile, impersonate, apiEndpoint } = credentials;
  if (apiEndpoint !== undefined) return new PassThroughClient();
  const own = new GoogleAuth({
    scopes,
    ...(projectId === undefined ? {} : { projectId }),
    ...(keyFile === undefined ? {} : { keyFilename: keyFile }),
  });
  if (impersonate === undefined) return own;
  return new Impersonated({ sourceClient: await own.getClient(), targetPrincipal: impersonate, targetScopes: scopes });
}
