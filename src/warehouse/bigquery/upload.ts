import type { Job } from '@google-cloud/bigquery';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdDecompress } from 'node:zlib';
import type { JsonObject } from '../../contracts/json.ts';
import type { PartFile } from '../../contracts/sync.ts';
import { hashOfFile } from '../../landing/durable-read.ts';
import { partNumber, toJsonLines } from '../../landing/json-lines.ts';
import { createHash } from 'node:crypto';
import { WarehouseError } from '../port.ts';
import type { Deps } from './deps.ts';
import { asText } from './insert.ts';
import type { Upload } from './jobs.ts';
import type { Param } from './values.ts';

/** Sends landing parts that lie in a local folder, as one stream of newline-delimited JSON; they are what their manifests say. */
export function upload(deps: Deps, parts: readonly PartFile[]): Upload {
  const sending = send(deps, async function* () {
    for (const part of parts) {
      const bytes = createReadStream(deps.landing.locate(part.name)).pipe(createZstdDecompress());
      yield* toJsonLines(bytes as AsyncIterable<Buffer>, {
        part: partNumber(part.name),
        item: part.item,
        extractedAt: part.extractedAt,
      });
    }
  });
  return async (jobId, configuration) => {
    for (const part of parts) await checkPart(part, deps.landing.locate(part.name));
    return await sending(jobId, configuration);
  };
}

async function checkPart(part: PartFile, path: string): Promise<void> {
  const found = await hashOfFile(path, part.bytes).catch((error: unknown) => {
    if ((error as { readonly code?: string }).code === 'ENOENT') return null;
    throw new WarehouseError(`Landing part ${part.name} cannot be read.`, { kind: 'transient' }, { cause: error });
  });
  if (found === part.sha256) return;
  const what = found === null ? 'is missing' : 'is not what its manifest says';
  throw new WarehouseError(`Landing part ${part.name} ${what}; expected ${part.rows} rows, sha256 ${part.sha256}.`, {
    kind: 'drift',
    fix: 'Run the sync again: the slice is read from the source anew. Nothing of this load was kept.',
  });
}

/** A load job whose bytes this process sends; memory stays flat. The emulator cannot unpack; Parquet is packed already. */
export function send(
  deps: Pick<Deps, 'client'>,
  content: () => AsyncIterable<Buffer>,
  packing: 'gzip' | 'none' = deps.client.isEmulator ? 'none' : 'gzip',
): Upload {
  return async (jobId, configuration) => {
    const load = (configuration['load'] ?? {}) as JsonObject;
    const { datasetId = '', tableId = '' } = load['destinationTable'] as Readonly<Record<string, string>>;
    const table = deps.client.bigquery.dataset(datasetId).table(tableId);
    const writing = table.createWriteStream({
      ...(load as object),
      labels: configuration['labels'],
      jobId,
      location: deps.client.location,
    } as never);
    const accepted = new Promise<JsonObject>((resolve, reject) => {
      writing.once('job', (job: Job) => {
        // The client would poll for the job's end, and lose the reason of a failure: we wait ourselves.
        job.removeAllListeners('complete');
        job.removeAllListeners('error').on('error', () => undefined);
        resolve((job.metadata ?? {}) as JsonObject);
      });
      writing.once('error', reject);
    });
    const source = Readable.from(content());
    const sent = packing === 'none' ? pipeline(source, writing) : pipeline(source, createGzip({ level: 1 }), writing);
    sent.catch(() => undefined);
    try {
      return await Promise.race([accepted, sent.then(() => accepted)]);
    } finally {
      writing.destroy();
    }
  };
}

/** Rows as JSON texts called `x`: in a parameter while they are few, else in a staging table. */
export type TextSource = {
  readonly rows: number;
  /** What follows `from`. */
  readonly source: string;
  readonly params: Readonly<Record<string, Param>>;
};

/** A request may have 10 MB. */
const mostParameterBytes = 1_000_000;

let sources = 0;

export async function stageTexts(
  deps: Deps,
  identity: readonly string[],
  rows: readonly object[],
): Promise<TextSource> {
  const texts = rows.map(asText);
  const bytes = texts.reduce((sum, text) => sum + text.length, 0);
  if (bytes <= mostParameterBytes) {
    sources += 1;
    const name = `entries_${sources}`;
    return { rows: rows.length, source: `unnest(@${name}) as x`, params: { [name]: texts } };
  }
  const hash = createHash('sha256')
    .update(JSON.stringify([identity, texts]))
    .digest('hex')
    .slice(0, 16);
  const name = `loads.texts__${hash}`;
  await deps.jobs.load(
    'Send rows of ops',
    ['texts', deps.names.dataset('loads'), hash],
    { destination: deps.names.reference(name), fields: [{ name: 'x', type: 'STRING' }], labels: deps.labels },
    send(deps, async function* () {
      for (const text of texts) yield Buffer.from(`${JSON.stringify({ x: text })}\n`);
    }),
  );
  return { rows: rows.length, source: deps.names.quote(name), params: {} };
}
