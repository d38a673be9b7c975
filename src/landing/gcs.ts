import type { Json } from '../contracts/json.ts';
import { isConflict, statusOf } from './gcs-failure.ts';
import { areAmong, formatOf, GcsSliceStore, isManifestOf, parsed } from './gcs-store.ts';
import { encodeName } from './names.ts';
import { Objects, type BucketOptions } from './objects.ts';
import { LandingError, type Landing } from './port.ts';
import { documentName, manifestName, runFolder, sliceStem, streamFolder, type Manifest } from './slice-store.ts';
import { openSliceWriter } from './slice-writer.ts';

export type GcsLandingOptions = BucketOptions & {
  /** Default gzip. `none` for an emulator whose loader cannot unpack. */
  readonly compression?: 'gzip' | 'none';
  /** Bytes before compression at which a part is closed and the next begun; default 64 MiB. */
  readonly partBytes?: number;
};

/** How it went with the bucket's rule that removes what is left over. `refused`: the account may not change the bucket. */
export type LifecycleOutcome =
  | { readonly kind: 'set' | 'there'; readonly days: number }
  | { readonly kind: 'refused'; readonly message: string; readonly fix: string };

export type GcsLanding = Landing & {
  /**
   * Sees to it that the bucket itself removes what lies under the prefix for so many days (default 30); other rules stay as they
   * are. Needs `storage.buckets.get` and `storage.buckets.update`, which a sync does not: being refused is an outcome.
   */
  ensureLifecycle(days?: number): Promise<LifecycleOutcome>;
};

/** Removals at a time. */
const lanes = 16;

/**
 * The landing store in a bucket of Google Cloud Storage: `<prefix>/<source>/<account>/<stream>/<run>/<slice>.part-00001-<attempt>.ndjson.gz`,
 * each name encoded as in a local folder. Workers on many machines may share one.
 */
export function createGcsLanding(options: GcsLandingOptions): GcsLanding {
  const { compression = 'gzip', partBytes = 64 * 1024 * 1024, bucket } = options;
  const prefix = checkedPrefix(options.prefix);
  const objects = new Objects({ ...options, prefix });

  return {
    kind: 'gcs',
    format: formatOf(compression),

    openSlice: (key, runId, slice) => {
      const target = { folder: runFolder(key, runId), key, runId, slice, partBytes };
      return openSliceWriter(target, new GcsSliceStore(objects, target, compression));
    },

    async readSlice(key, runId, sliceId, parts = 'checked') {
      const stem = sliceStem(runFolder(key, runId), sliceId);
      const manifest = parsed<Manifest>(await objects.read(manifestName(stem)));
      if (manifest === null || !isManifestOf(manifest, { key, runId, slice: { id: sliceId } })) return null;
      const { result } = manifest;
      if (parts === 'as stated' || result.parts.length === 0) return result;
      return areAmong(await objects.list(`${stem}.part-`), result.parts) ? result : null;
    },

    async writeDocument(key, runId, name, value) {
      const text = `${JSON.stringify(value)}\n`;
      await objects.write(documentName(runFolder(key, runId), name), Buffer.from(text), 'application/json');
    },

    readDocument: async (key, runId, name) =>
      parsed<Json>(await objects.read(documentName(runFolder(key, runId), name))),

    locate(partName) {
      const isInside =
        /^[a-z0-9~_=-]+(\/[a-z0-9~_=.-]+)*$/.test(partName) && !partName.split('/').some((name) => /^\.+$/.test(name));
      if (!isInside) {
        throw new LandingError('A part name points outside the landing folder.', {
          kind: 'rejected',
          fix: 'Run the sync again: part names come from finished slices only.',
        });
      }
      return `${objects.place}/${partName}`;
    },

    async sweep(key, keepRunIds) {
      const folder = streamFolder(key);
      const kept = new Set(keepRunIds.map(encodeName));
      for (const run of await objects.folders(folder)) {
        if (kept.has(run)) continue;
        const found = await objects.list(`${folder}/${run}/`);
        const names = found.map(({ name }) => name).values();
        const work = async (): Promise<void> => {
          for (const name of names) await objects.remove(name);
        };
        await Promise.all(Array.from({ length: lanes }, work));
      }
    },

    ensureLifecycle: (days = 30) => ensureLifecycle(objects, { bucket, prefix, days }),
  };
}

type LifecycleRule = {
  readonly action: { readonly type: string };
  readonly condition: { readonly age?: number; readonly matchesPrefix?: readonly string[] };
};

async function ensureLifecycle(
  objects: Objects,
  { bucket: name, prefix, days }: { readonly bucket: string; readonly prefix: string; readonly days: number },
): Promise<LifecycleOutcome> {
  const rule: LifecycleRule = { action: { type: 'Delete' }, condition: { age: days, matchesPrefix: [`${prefix}/`] } };
  try {
    return await objects.withBucket(`Could not set the lifecycle rule of ${objects.place}`, async (bucket) => {
      for (let tries = 0; ; tries += 1) {
        const [{ lifecycle, metageneration }] = await bucket.getMetadata();
        const rules = (lifecycle?.rule ?? []) as readonly LifecycleRule[];
        const ours = rules.filter((one) => isSamePlace(one, rule));
        if (ours.length === 1 && ours[0]?.condition.age === days) return { kind: 'there', days };
        const others = rules.filter((one) => !isSamePlace(one, rule));
        try {
          await bucket.setMetadata(
            { lifecycle: { rule: [...others, rule] as never } },
            { ifMetagenerationMatch: Number(metageneration) },
          );
          return { kind: 'set', days };
        } catch (error) {
          // Somebody else changed the bucket meanwhile: their change must not be lost.
          if (!isConflict(error) || tries >= 3) throw error;
        }
      }
    });
  } catch (error) {
    if (!(error instanceof LandingError) || statusOf(error.cause) !== 403) throw error;
    return {
      kind: 'refused',
      message: error.message,
      fix: `Have somebody who may change the bucket ${name} add a rule that deletes objects under ${prefix}/ after ${days} days, or clear them yourself: a sync works without.`,
    };
  }
}

/** A rule of ours deletes by age alone, under this prefix alone. */
function isSamePlace(one: LifecycleRule, rule: LifecycleRule): boolean {
  return (
    one.action.type === rule.action.type &&
    Object.keys(one.condition).every((key) => key === 'age' || key === 'matchesPrefix') &&
    JSON.stringify(one.condition.matchesPrefix) === JSON.stringify(rule.condition.matchesPrefix)
  );
}

/** Without a prefix, sweeping and the lifecycle rule would be about everything in the bucket. */
function checkedPrefix(prefix: string): string {
  const bare = prefix.replaceAll(/^\/+|\/+$/g, '');
  if (bare !== '' && !/\/\/|[*?[\]#\r\n]/.test(bare)) return bare;
  throw new LandingError('The landing place in the bucket needs a folder of its own, without wildcards.', {
    kind: 'rejected',
    fix: 'Write landing.path as gs://<bucket>/<folder>, such as gs://acme-data/mailmart.',
  });
}
