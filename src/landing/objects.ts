import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { IdempotencyStrategy, Storage, type Bucket, type File, type FileMetadata } from '@google-cloud/storage';
import { googleAuth, type GoogleCredentials } from '../google/auth.ts';
import { bucketFailure, isBucketGone, isConflict, isGone, isPassing } from './gcs-failure.ts';
import { LandingError } from './port.ts';

export type BucketOptions = GoogleCredentials & {
  readonly bucket: string;
  /** Folder within the bucket, without slashes at its ends. */
  readonly prefix: string;
  /** How often a request is sent again that failed in passing; default 3. */
  readonly retries?: number;
};

/** An object as the bucket tells it. Names are relative to the prefix. */
export type ObjectFacts = {
  readonly name: string;
  readonly bytes: number;
  readonly generation: string;
  /** Base64; not told of objects that were composed of others. */
  readonly md5: string | undefined;
};

/** The generation that an object must have for a request to be done; `absent`: none. */
export type Expected = 'absent' | { readonly generation: string };

/** Of one request. */
const timeoutMs = 60_000;

type OpenUpload = { readonly file: File; readonly stream: Writable };

/** Up to here an object is kept in memory and sent in one request, which can be sent again; above, in pieces of this size. */
const pieceBytes = 4 * 1024 * 1024;

/** What the landing store needs of a bucket: objects under one prefix, written whole, with preconditions. Failures are `LandingError`s. */
export class Objects {
  readonly #options: BucketOptions;
  #opening: Promise<Bucket> | undefined;

  constructor(options: BucketOptions) {
    this.#options = options;
  }

  get place(): string {
    return `gs://${this.#options.bucket}/${this.#options.prefix}`;
  }

  /** Everything whose name starts so, in the order of names. */
  list(start: string): Promise<readonly ObjectFacts[]> {
    return this.#try(`Could not list ${this.place}`, async (bucket) => {
      const [files] = await bucket.getFiles({
        prefix: this.#full(start),
        fields: 'items(name,size,generation,md5Hash),nextPageToken',
      });
      // With `fields` the client hands out what the service said, not its own File objects.
      return (files as unknown as readonly FileMetadata[]).map((metadata) => this.#factsOf(metadata));
    });
  }

  /** Names of the folders directly in a folder. */
  folders(folder: string): Promise<readonly string[]> {
    return this.#try(`Could not list ${this.place}`, async (bucket) => {
      const found: string[] = [];
      const prefix = this.#full(`${folder}/`);
      for (let pageToken: string | undefined, isFirst = true; isFirst || pageToken !== undefined; isFirst = false) {
        const [, next, answer] = await bucket.getFiles({
          prefix,
          delimiter: '/',
          autoPaginate: false,
          ...(pageToken === undefined ? {} : { pageToken }),
        });
        const { prefixes = [] } = (answer ?? {}) as { readonly prefixes?: readonly string[] };
        found.push(...prefixes.map((name) => name.slice(prefix.length, -1)));
        pageToken = (next as { readonly pageToken?: string } | null)?.pageToken;
      }
      return found;
    });
  }

  /** The content of a small object, or null where there is none. */
  read(name: string): Promise<string | null> {
    return this.#try(`Could not read a document in ${this.place}`, async (bucket) => {
      try {
        return (await this.#download(bucket, name)).toString('utf8');
      } catch (error) {
        if (isGone(error) && !isBucketGone(error)) return null;
        throw error;
      }
    });
  }

  /** The content of a big object of so many bytes, piece by piece: no connection stays open while the reader is busy. */
  async *stream(name: string, bytes: number): AsyncGenerator<Buffer> {
    for (let start = 0; start < bytes; start += pieceBytes) {
      const end = Math.min(start + pieceBytes, bytes) - 1;
      yield await this.#try(`Could not read a part in ${this.place}`, (bucket) =>
        this.#download(bucket, name, { Range: `bytes=${start}-${end}` }),
      );
    }
  }

  /** Writes a small object, durably. `conflict`: there is another generation than expected. */
  write(name: string, content: Buffer, contentType: string, expected?: Expected): Promise<ObjectFacts | 'conflict'> {
    return this.#try(`Could not write to ${this.place}`, async (bucket) => {
      const file = bucket.file(this.#full(name));
      try {
        await file.save(content, { ...plainUpload(contentType), resumable: false, ...preconditions(expected) });
        return this.#factsOf(file.metadata);
      } catch (error) {
        if (isConflict(error)) return 'conflict';
        throw error;
      }
    });
  }

  /** Begins an object that is written piece by piece, under a name that nobody else uses. */
  upload(name: string, contentType: string): Upload {
    return new Upload(this, name, contentType);
  }

  /** The same in requests of bounded size, each sent again by itself. */
  openUpload(name: string, contentType: string): Promise<OpenUpload> {
    return this.#try(`Could not write to ${this.place}`, (bucket) => {
      const file = bucket.file(this.#full(name));
      const stream = file.createWriteStream({
        ...plainUpload(contentType),
        resumable: true,
        chunkSize: pieceBytes,
        ...preconditions('absent'),
      });
      return Promise.resolve({ file, stream });
    });
  }

  find(name: string): Promise<ObjectFacts | null> {
    return this.#try(`Could not look into ${this.place}`, async (bucket) => {
      try {
        const file = bucket.file(this.#full(name));
        await file.getMetadata();
        return this.#factsOf(file.metadata);
      } catch (error) {
        if (isGone(error) && !isBucketGone(error)) return null;
        throw error;
      }
    });
  }

  /** `conflict`: there is another generation than expected. An object that is not there is removed. */
  remove(name: string, expected?: Expected): Promise<'removed' | 'conflict'> {
    return this.#try(`Could not remove something from ${this.place}`, async (bucket) => {
      try {
        await bucket.file(this.#full(name)).delete(preconditions(expected).preconditionOpts ?? {});
      } catch (error) {
        if (isConflict(error)) return 'conflict';
        if (!isGone(error) || isBucketGone(error)) throw error;
      }
      return 'removed';
    });
  }

  /** What `attempt` does with the bucket itself: its settings. */
  withBucket<T>(attempted: string, attempt: (bucket: Bucket) => Promise<T>): Promise<T> {
    return this.#try(attempted, attempt);
  }

  factsOf(file: File): ObjectFacts {
    return this.#factsOf(file.metadata);
  }

  failure(error: unknown): Error {
    return bucketFailure(error, `Could not write to ${this.place}`, this.#options.bucket);
  }

  async #try<T>(attempted: string, attempt: (bucket: Bucket) => Promise<T>): Promise<T> {
    try {
      return await attempt(await this.#bucket());
    } catch (error) {
      throw bucketFailure(error, attempted, this.#options.bucket);
    }
  }

  /** Opened with the first request: credentials may be asked for. One that could not be had is asked for again. */
  async #bucket(): Promise<Bucket> {
    this.#opening ??= openBucket(this.#options);
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw bucketFailure(error, `Could not sign in for ${this.place}`, this.#options.bucket);
    }
  }

  /** Not by the client's own download, which hangs eleven listeners on one stream and so has Node warn of a leak (8.4.0). */
  async #download(
    { storage, name: bucket }: Bucket,
    name: string,
    headers: Record<string, string> = {},
  ): Promise<Buffer> {
    const { data } = await storage.authClient.request<ArrayBuffer>({
      url: `${storage.apiEndpoint}/storage/v1/b/${bucket}/o/${encodeURIComponent(this.#full(name))}?alt=media`,
      headers,
      responseType: 'arraybuffer',
      timeout: timeoutMs,
      retry: true,
      retryConfig: {
        retry: this.#options.retries ?? 3,
        noResponseRetries: 3,
        statusCodesToRetry: [
          [408, 408],
          [429, 429],
          [500, 599],
        ],
      },
    });
    return Buffer.from(data);
  }

  #full(name: string): string {
    return `${this.#options.prefix}/${name}`;
  }

  #factsOf({ name = '', size, generation, md5Hash }: FileMetadata): ObjectFacts {
    return {
      name: name.slice(this.#options.prefix.length + 1),
      bytes: Number(size),
      generation: String(generation),
      md5: md5Hash,
    };
  }
}

/** An object on its way into the bucket: small ones wait for their end in memory, big ones go ahead in pieces, with backpressure. */
export class Upload {
  readonly #objects: Objects;
  readonly #name: string;
  readonly #contentType: string;
  #waiting: Buffer[] = [];
  #bytes = 0;
  readonly #md5 = createHash('md5');
  readonly #sha256 = createHash('sha256');
  #open: OpenUpload | undefined;
  #failure: unknown;

  constructor(objects: Objects, name: string, contentType: string) {
    this.#objects = objects;
    this.#name = name;
    this.#contentType = contentType;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#bytes += chunk.length;
    this.#md5.update(chunk);
    this.#sha256.update(chunk);
    if (this.#open === undefined) {
      this.#waiting.push(chunk);
      if (this.#bytes > pieceBytes) await this.#goAhead();
    } else await this.#send(chunk);
  }

  /** Ends it. The object is durable with the bucket's answer, and is what was sent. */
  async end(): Promise<{ readonly bytes: number; readonly sha256: string; readonly md5?: string }> {
    const stored = this.#open === undefined ? await this.#sendAtOnce() : await this.#endStream(this.#open);
    const [md5, sha256] = [this.#md5.digest('base64'), this.#sha256.digest('hex')];
    if (stored.bytes !== this.#bytes || (stored.md5 !== undefined && stored.md5 !== md5)) {
      await this.#objects.remove(this.#name, stored);
      throw new LandingError(`A part arrived in ${this.#objects.place} other than it was sent.`, {
        kind: 'transient',
        fix: 'The run tries again by itself.',
      });
    }
    return { bytes: this.#bytes, sha256, ...(stored.md5 === undefined ? {} : { md5 }) };
  }

  /** Stops it. What may have come to be is removed. */
  async abort(): Promise<void> {
    this.#waiting = [];
    this.#open?.stream.destroy();
    if (this.#open !== undefined) await this.#objects.remove(this.#name);
  }

  async #sendAtOnce(): Promise<ObjectFacts> {
    const content = Buffer.concat(this.#waiting);
    this.#waiting = [];
    const stored = await this.#objects.write(this.#name, content, this.#contentType, 'absent');
    // Nobody else uses the name: an earlier try of this request was done, and its answer lost.
    const found = stored === 'conflict' ? await this.#objects.find(this.#name) : stored;
    if (found === null) throw lost(this.#objects);
    return found;
  }

  async #goAhead(): Promise<void> {
    this.#open = await this.#objects.openUpload(this.#name, this.#contentType);
    this.#open.stream.on('error', (error) => {
      this.#failure ??= error;
    });
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const chunk of waiting) await this.#send(chunk);
  }

  async #send(chunk: Buffer): Promise<void> {
    if (this.#failure !== undefined) throw this.#objects.failure(this.#failure);
    const { stream } = this.#open!;
    if (stream.write(chunk)) return;
    try {
      await once(stream, 'drain');
    } catch (error) {
      throw this.#objects.failure(error);
    }
  }

  async #endStream({ file, stream }: OpenUpload): Promise<ObjectFacts> {
    if (this.#failure !== undefined) throw this.#objects.failure(this.#failure);
    try {
      const finished = once(stream, 'finish');
      stream.end();
      await finished;
    } catch (error) {
      if (!isConflict(error)) throw this.#objects.failure(error);
      const found = await this.#objects.find(this.#name);
      if (found === null) throw lost(this.#objects);
      return found;
    }
    return this.#objects.factsOf(file);
  }
}

function lost(objects: Objects): LandingError {
  return new LandingError(`A part that was written to ${objects.place} is gone.`, {
    kind: 'transient',
    fix: 'The run tries again by itself; check that nothing else removes objects under the prefix.',
  });
}

const plainUpload = (contentType: string) =>
  // Our own comparison of the whole with the answer stands for the client's.
  ({ contentType, validation: false, metadata: { contentType } }) as const;

function preconditions(expected: Expected | undefined): {
  readonly preconditionOpts?: { readonly ifGenerationMatch: number | string };
} {
  if (expected === undefined) return {};
  return { preconditionOpts: { ifGenerationMatch: expected === 'absent' ? 0 : expected.generation } };
}

async function openBucket(options: BucketOptions): Promise<Bucket> {
  const { bucket, projectId, apiEndpoint, retries = 3 } = options;
  const storage = new Storage({
    authClient: await googleAuth(options),
    ...(projectId === undefined ? {} : { projectId }),
    ...(apiEndpoint === undefined ? {} : { apiEndpoint }),
    timeout: timeoutMs,
    retryOptions: {
      autoRetry: true,
      maxRetries: retries,
      maxRetryDelay: 10,
      totalTimeout: 120,
      retryableErrorFn: isPassing,
      // Every request here may be done twice: preconditions tell the second from another attempt's.
      idempotencyStrategy: IdempotencyStrategy.RetryAlways,
    },
  });
  // Where STORAGE_EMULATOR_HOST is set, the client leaves the API's path out (8.4.0).
  if (apiEndpoint !== undefined) storage.baseUrl = `${apiEndpoint}/storage/v1`;
  return storage.bucket(bucket);
}
