import { statusOf } from './gcs-failure.ts';
import { Objects, type BucketOptions } from './objects.ts';
import { LandingError } from './port.ts';

/** What a bucket says of itself; null: it is reachable, but the account may not ask (`storage.buckets.get`). */
export type BucketLook = { readonly location: string | null };

/** One or two requests, each asked once; a bucket that cannot be used throws a LandingError. */
export async function lookAtBucket(options: BucketOptions): Promise<BucketLook> {
  const objects = new Objects({ ...options, retries: 0 });
  try {
    return await objects.withBucket(`Could not look at ${objects.place}`, async (bucket) => {
      const [{ location }] = await bucket.getMetadata();
      return { location: location ?? null };
    });
  } catch (error) {
    if (!(error instanceof LandingError) || statusOf(error.cause) !== 403) throw error;
    // What a sync needs is less: to list objects.
    await objects.list('_check/');
    return { location: null };
  }
}

/** How a small object under the prefix is used up by a check. */
export type ScratchObject = { readonly uri: string; remove(): Promise<void> };

/** Writes a small object, reads it back and finds it in a list: all that landing does with one but to remove it. */
export async function writeScratchObject(
  options: BucketOptions,
  name: string,
  content: Buffer,
): Promise<ScratchObject> {
  const objects = new Objects({ ...options, retries: 1 });
  const path = `_check/${name}`;
  const written = await objects.write(path, content, 'application/octet-stream', 'absent');
  const remove = async (): Promise<void> => void (await objects.remove(path));
  try {
    const again = await objects.write(path, content, 'application/octet-stream', 'absent');
    const listed = await objects.list('_check/');
    if (written === 'conflict' || again !== 'conflict' || !listed.some((one) => one.name === path)) {
      throw new LandingError(`${objects.place} does not keep to preconditions, or does not list what was written.`, {
        kind: 'rejected',
        fix: 'Report this message: mailmart relies on it.',
      });
    }
  } catch (error) {
    await remove().catch(() => undefined);
    throw error;
  }
  return { uri: `${objects.place}/${path}`, remove };
}
