import { createHash, randomUUID } from 'node:crypto';
import type { JsonObject } from '../../contracts/json.ts';
import type { Row } from '../../contracts/sync.ts';
import { WarehouseError } from '../port.ts';
import { objectAt, type Client } from './client.ts';
import { BigqueryFailure, refusalIn, refusalOf, type Refusal } from './errors.ts';
import { fieldsOf, queryParameters, toRow, type ApiRow, type Field, type Param } from './values.ts';

export type Labels = Readonly<Record<string, string>>;

export type QueryOptions = {
  readonly params?: Readonly<Record<string, Param>>;
  readonly labels?: Labels;
  /** Of a statement that changes something: makes the job's id, so that the same work, asked for again, meets its own finished job. */
  readonly identity?: readonly string[];
  /** BigQuery refuses a query that would bill more. */
  readonly maximumBytesBilled?: number;
};

export type QueryResult = { readonly rows: readonly Row[]; readonly bytesBilled: number };

/** Jobs that fail for a passing reason are started anew so often, each time under the next number. */
const mostAttempts = 6;
/** A job is asked for so often under one id. */
const mostTries = 5;
/** Ends the way past jobs that failed before, each of which somebody has waited for. */
const mostNumbers = 1000;

const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms));

export type Jobs = {
  query(attempted: string, sql: string, options?: QueryOptions): Promise<QueryResult>;
  /** The rows of a query, a page at a time. */
  stream(attempted: string, sql: string, options?: QueryOptions): AsyncGenerator<Row>;
  /** Bytes that a statement would read, by BigQuery's own dry run; nothing runs. */
  dryRun(attempted: string, sql: string, params?: Readonly<Record<string, Param>>): Promise<number>;
  /** Runs a load job from `gs://` or, with `upload`, from bytes that the caller sends. */
  load(attempted: string, identity: readonly string[], load: LoadConfiguration, upload?: Upload): Promise<void>;
};

export type LoadConfiguration = {
  readonly sourceUris?: readonly string[];
  readonly destination: { readonly projectId: string; readonly datasetId: string; readonly tableId: string };
  readonly fields: readonly Field[];
  readonly labels: Labels;
  readonly format?: 'NEWLINE_DELIMITED_JSON' | 'PARQUET';
};

/** Sends the bytes under a job id, and returns the job as it is then. Rejects with what the API answered. */
export type Upload = (jobId: string, configuration: JsonObject) => Promise<JsonObject>;

type Page = { readonly rows: readonly Row[]; readonly bytesBilled: number };

const rowsAPage = 10_000;

type Start = {
  /** Asks for a job; the answer may say already how it ended. */
  insert(jobId: string): Promise<JsonObject>;
  readonly isUpload: boolean;
};

const isDone = (job: JsonObject): boolean => objectAt(job, 'status')['state'] === 'DONE';

const defaultBackoff = (attempt: number): number => Math.min(30_000, 1_000 * 2 ** attempt) * (0.5 + Math.random() / 2);

/** `backoff`: how long to wait before another attempt, in milliseconds. */
export function createJobs(client: Client, backoff = defaultBackoff): Jobs {
  const { project, location } = client;
  const reference = (jobId: string) => ({ projectId: project, jobId, location });
  const byId = (jobId: string) => ({ path: `/jobs/${jobId}`, query: { location } });

  /**
   * Starts a job under an id that says what it is and how often it failed before, and returns it when it has ended well. Its number grows only
   * when BigQuery itself says that the job failed: an answer that was lost, a killed worker, a second worker all meet the same job.
   */
  async function run(attempted: string, identity: readonly string[], start: Start): Promise<JsonObject> {
    const base = jobIdOf(identity);
    let failures = 0;
    for (let number = 0; ; number += 1) {
      const jobId = `${base}_${number}`;
      const ended = await startOnce(attempted, jobId, start);
      if ('job' in ended) return ended.job;
      const failure = new BigqueryFailure(attempted, ended.refusal);
      if (number >= mostNumbers) throw failure;
      // What failed before, for good or not, may end well now; it does not count against this call.
      if (ended.isOld) continue;
      failures += 1;
      if (failure.kind !== 'transient' || failures >= mostAttempts) throw failure;
      await pause(backoff(failures - 1));
    }
  }

  async function startOnce(
    attempted: string,
    jobId: string,
    start: Start,
  ): Promise<{ readonly job: JsonObject } | { readonly refusal: Refusal; readonly isOld: boolean }> {
    let isOld = false;
    for (let tries = 1; ; tries += 1) {
      // A job that is there already is not sent its bytes again.
      let started = start.isUpload ? await client.find(attempted, byId(jobId)) : null;
      if (started !== null) isOld = true;
      else {
        try {
          started = await start.insert(jobId);
        } catch (error) {
          if (error instanceof WarehouseError && !(error instanceof BigqueryFailure)) throw error;
          const refusal = refusalOf(error);
          if (refusal.status !== 409 && !isAlreadyCreated(refusal)) {
            const failure = error instanceof BigqueryFailure ? error : new BigqueryFailure(attempted, refusal, error);
            if (failure.kind !== 'transient' || tries >= mostTries) throw failure;
            await pause(backoff(tries - 1));
            continue;
          }
          isOld = true;
          started = {};
        }
      }
      const job = isDone(started) ? started : await awaitEnd(attempted, jobId);
      if (job === null) {
        // Accepted and then lost: the same id is free again.
        if (tries >= mostTries) {
          throw new BigqueryFailure(attempted, { status: 0, reason: '', message: `BigQuery lost job ${jobId}.` });
        }
        await pause(backoff(tries - 1));
        continue;
      }
      const refusal = refusalIn(job);
      return refusal === null ? { job } : { refusal, isOld };
    }
  }

  async function awaitEnd(attempted: string, jobId: string): Promise<JsonObject | null> {
    for (let pauseMs = client.isEmulator ? 10 : 200; ; pauseMs = Math.min(5_000, pauseMs * 1.5)) {
      const job = await client.find(attempted, byId(jobId));
      if (job === null || isDone(job)) return job;
      await pause(pauseMs);
    }
  }

  const insert = (attempted: string, configuration: object): Start => ({
    isUpload: false,
    insert: (jobId) =>
      client.call(
        attempted,
        { method: 'POST', path: '/jobs', body: { jobReference: reference(jobId), configuration } },
        1,
      ),
  });

  const settings = (sql: string, options: QueryOptions) => ({
    query: sql,
    useLegacySql: false,
    ...(options.maximumBytesBilled === undefined ? {} : { maximumBytesBilled: String(options.maximumBytesBilled) }),
    ...(options.params === undefined
      ? {}
      : { parameterMode: 'NAMED', queryParameters: queryParameters(options.params) }),
  });

  /** A statement that only reads, in one request where its answer is small and quick. */
  async function* read(attempted: string, sql: string, options: QueryOptions): AsyncGenerator<Page> {
    let answer = await client.call(attempted, {
      method: 'POST',
      path: '/queries',
      body: {
        ...settings(sql, options),
        location,
        labels: options.labels ?? {},
        requestId: randomUUID(),
        timeoutMs: 10_000,
        maxResults: rowsAPage,
        formatOptions: { useInt64Timestamp: true },
      },
    });
    const jobId = String(objectAt(answer, 'jobReference')['jobId']);
    for (;;) {
      if (answer['jobComplete'] !== false) {
        const fields = fieldsOf(answer);
        const rows = ((answer['rows'] ?? []) as unknown as readonly ApiRow[]).map((row) => toRow(fields, row));
        yield { rows, bytesBilled: Number(answer['totalBytesBilled'] ?? answer['totalBytesProcessed'] ?? 0) };
        if (typeof answer['pageToken'] !== 'string' || answer['pageToken'] === '') return;
      }
      answer = await client.call(attempted, {
        path: `/queries/${jobId}`,
        query: {
          location,
          maxResults: rowsAPage,
          timeoutMs: 10_000,
          'formatOptions.useInt64Timestamp': true,
          ...(typeof answer['pageToken'] === 'string' ? { pageToken: answer['pageToken'] } : {}),
        },
      });
    }
  }

  const queryConfiguration = (sql: string, options: QueryOptions): object => ({
    labels: options.labels ?? {},
    query: settings(sql, options),
  });

  return {
    async query(attempted, sql, options = {}) {
      if (/^\s*(select|with)\b/i.test(sql)) {
        const rows: Row[] = [];
        let bytesBilled = 0;
        for await (const page of read(attempted, sql, options)) {
          rows.push(...page.rows);
          ({ bytesBilled } = page);
        }
        return { rows, bytesBilled };
      }
      const identity = options.identity ?? ['once', randomUUID()];
      const job = await run(attempted, identity, insert(attempted, queryConfiguration(sql, options)));
      return { rows: [], bytesBilled: Number(objectAt(job, 'statistics', 'query')['totalBytesBilled'] ?? 0) };
    },

    async *stream(attempted, sql, options = {}) {
      for await (const page of read(attempted, sql, options)) yield* page.rows;
    },

    async dryRun(attempted, sql, params) {
      const configuration = { dryRun: true, ...queryConfiguration(sql, params === undefined ? {} : { params }) };
      const job = await client.call(attempted, {
        method: 'POST',
        path: '/jobs',
        body: { jobReference: { projectId: project, location }, configuration },
      });
      const refusal = refusalIn(job);
      if (refusal !== null) throw new BigqueryFailure(attempted, refusal);
      return Number(objectAt(job, 'statistics')['totalBytesProcessed'] ?? 0);
    },

    async load(attempted, identity, load, upload) {
      const configuration = {
        labels: load.labels,
        load: {
          destinationTable: load.destination,
          schema: { fields: load.fields },
          sourceFormat: load.format ?? 'NEWLINE_DELIMITED_JSON',
          createDisposition: 'CREATE_IF_NEEDED',
          writeDisposition: 'WRITE_TRUNCATE',
          ...(load.sourceUris === undefined ? {} : { sourceUris: load.sourceUris }),
        },
      };
      const start: Start =
        upload === undefined
          ? insert(attempted, configuration)
          : { isUpload: true, insert: (jobId) => upload(jobId, configuration) };
      await run(attempted, identity, start);
    },
  };
}

/** Job ids hold letters, digits, _ and -. */
export const jobIdOf = (identity: readonly string[]): string =>
  `mailmart_${createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 40)}`;

/** The emulator says so with another status than BigQuery's 409. */
const isAlreadyCreated = ({ message }: Refusal): boolean => /\bjob \S+ is already created/.test(message);
