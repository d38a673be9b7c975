import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Objects, type BucketOptions } from './objects.ts';

/** Files that pass through a bucket, in a folder of their own under its prefix. */
export type BucketFiles = {
  /** Puts a file there; returns its `gs://` address. */
  put(name: string, file: string): Promise<string>;
  remove(name: string): Promise<void>;
  /** Removes what an earlier attempt left in the folder. */
  clear(): Promise<void>;
};

export function bucketFiles(options: BucketOptions, folder: string): BucketFiles {
  const objects = new Objects({ ...options, prefix: `${options.prefix}/${folder}` });
  const placed = new Map<string, string>();
  return {
    async put(name, file) {
      // Of its own: an earlier attempt may still be writing.
      const object = `${randomUUID().slice(0, 8)}-${name}`;
      const upload = objects.upload(object, 'application/vnd.apache.parquet');
      try {
        for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }))
          await upload.write(chunk as Buffer);
        await upload.end();
      } catch (error) {
        await upload.abort().catch(() => undefined);
        throw error;
      }
      placed.set(name, object);
      return `${objects.place}/${object}`;
    },
    async remove(name) {
      const object = placed.get(name);
      placed.delete(name);
      if (object !== undefined) await objects.remove(object);
    },
    async clear() {
      for (const { name } of await objects.list('')) await objects.remove(name);
    },
  };
}
