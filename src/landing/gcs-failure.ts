import { GoogleCredentialsError } from '../google/auth.ts';
import { LandingError } from './port.ts';

const documented = 'see docs/how-to/landing-in-google-cloud-storage.md';

/** What the client of Cloud Storage, or what lies under it, says of a failure. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, status, response } = error as { code?: unknown; status?: unknown; response?: { status?: unknown } };
  for (const value of [code, status, response?.status]) {
    const number = typeof value === 'string' ? Number(value) : value;
    if (typeof number === 'number' && number >= 400 && number < 600) return number;
  }
  return undefined;
}

export const isGone = (error: unknown): boolean => statusOf(error) === 404;
/** 404 is the answer for an object and for its bucket; only the words differ. */
export const isBucketGone = (error: unknown): boolean =>
  isGone(error) && /bucket (does not exist|not found)/i.test(messageOf(error));
/** A precondition did not hold: another attempt was first. */
export const isConflict = (error: unknown): boolean => statusOf(error) === 412;

/** Whether the same request may do better later. Nothing but an answer of the service that blames us says that it will not. */
export function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  // The client asks about its 308 too, which is how a resumable upload says that it goes on.
  if (status === undefined) return !isAboutCredentials(error) && !isAnswer(error);
  return (
    status === 408 ||
    status === 429 ||
    status >= 500 ||
    (status === 403 && /rateLimitExceeded|quotaExceeded/i.test(messageOf(error)))
  );
}

/** Names what to do about a failure of the bucket; never an address, a token or what the service said word for word. */
export function bucketFailure(error: unknown, attempted: string, bucket: string): Error {
  if (error instanceof LandingError || isMistake(error)) return error;
  const status = statusOf(error);
  const failed = (what: string, kind: 'transient' | 'rejected', fix: string): LandingError =>
    new LandingError(`${attempted}: ${what}.`, { kind, fix }, { cause: error });
  if (isPassing(error)) {
    const what = status === undefined ? codeOf(error) : `Google Cloud Storage answered ${status}`;
    return failed(
      what,
      'transient',
      'The run tries again by itself; if it lasts, look at https://status.cloud.google.com.',
    );
  }
  if (status === undefined || status === 401) {
    return failed(
      'Google does not accept the credentials of this machine, or there are none',
      'rejected',
      'Run `gcloud auth application-default login`, or name the key file of a service account.',
    );
  }
  if (status === 403) {
    const { permission, principal } = refusalOf(error);
    return failed(
      `${principal} lacks ${permission ?? 'a permission'} on bucket ${bucket}`,
      'rejected',
      `Grant it a role on the bucket that holds ${permission ?? 'the permission'}; the roles that mailmart needs: ${documented}.`,
    );
  }
  if (status === 404 && /no such object/i.test(messageOf(error))) {
    return failed('it is no longer there', 'transient', 'Check that nothing else removes objects under the prefix.');
  }
  if (status === 404) {
    return failed(
      `there is no bucket ${bucket}`,
      'rejected',
      `Correct landing.path, or make the bucket: gcloud storage buckets create gs://${bucket}`,
    );
  }
  return failed(
    `Google Cloud Storage refused it (${status})`,
    'rejected',
    `Check the bucket and the prefix of landing.path: ${documented}.`,
  );
}

/** From `mail@project.iam.gserviceaccount.com does not have storage.objects.create access to ...`. */
function refusalOf(error: unknown): { readonly permission: string | undefined; readonly principal: string } {
  const text = messageOf(error);
  const account = /([a-z0-9-]+)@([a-z0-9.:-]+)\.iam\.gserviceaccount\.com/i.exec(text);
  return {
    permission: /\bstorage\.[a-z]+\.[a-zA-Z]+/.exec(text)?.[0],
    // Not as an address, which no message may hold; of a person's account not even the name.
    principal:
      account === null ? 'the account of these credentials' : `service account ${account[1]} of project ${account[2]}`,
  };
}

/** A mistake of this program is not the bucket's failure: trying again would hide it. */
function isMistake(error: unknown): error is Error {
  return error instanceof TypeError && error.cause === undefined && !('code' in error);
}

function isAnswer(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'number' && code >= 100 && code < 400;
}

function isAboutCredentials(error: unknown): boolean {
  return (
    error instanceof GoogleCredentialsError ||
    /Could not load the default credentials|invalid_grant|invalid_client|Unable to impersonate|PEM routines|DECODER routines/i.test(
      messageOf(error),
    )
  );
}

/** What the service said, wherever the client at hand keeps it; for looking into, never for showing. */
function messageOf(error: unknown): string {
  const { message, errors, response } = (error ?? {}) as {
    message?: unknown;
    errors?: unknown;
    response?: { data?: unknown };
  };
  return [message, errors, response?.data]
    .map((said) => (typeof said === 'string' ? said : (JSON.stringify(said) ?? '')))
    .join(' ');
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  return 'no answer from Google Cloud Storage';
}
