import { createHash, randomUUID } from 'node:crypto';
import type { JsonObject } from '../../contracts/json.ts';
import type { Row } from '../../contracts/sync.ts';
import { WarehouseError } from '../port.ts';
import { objectAt, type Client } from './client.ts';
import { BigqueryFailure, refusalOf, type Refusal } from './errors.ts';
import { queryParameters, toRow, type ApiRow, type Field, type Param } from './values.ts';

export type Labels = Readonly<Record<string, string>>;

export type QueryOptions = {
  readonly params?: Readonly<Record<string, Param>>;
  readonly labels?: Labels;
  /** Makes the job's id: the same work of the same run, asked for again, meets its own finished job. */
  readonly identity?: readonly string[];
  /** BigQuery refuses a query that would bill more. */
  readonly maximumBytesBilled?: number;
};

export type QueryResult = { readonly rows: readonly Row[]; readonly bytesBilled: number };

/** A job that ended well; `job` is the API's resource. */
type Done = { readonly jobId: string; readonly job: JsonObject };

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

type Start = {
  /** Asks for a job; the answer may say already how it ended. */
  insert(jobId: string): Promise<JsonObject>;
  readonly isUpload: boolean;
};

const isDone = (job: JsonObject): boolean => objectAt(job, 'status')['state'] === 'DONE';

export function createJobs(client: Client, backoff: (attempt: number) => number): Jobs {
  const { project, location } = client;
  const reference = (jobId: string) => ({ projectId: project, jobId, location });
  const byId = (jobId: string) => ({ path: `/jobs/${jobId}`, query: { location } });

  /**
   * Starts a job under an id that says what it is and how often it failed before, and waits for its end. Its number grows only
   * when BigQuery itself says that the job failed: an answer that was lost, a killed worker, a second worker all meet the same job.
   */
  async function run(attempted: string, identity: readonly string[], start: Start): Promise<Done> {
    const base = jobIdOf(identity);
    let failures = 0;
    for (let number = 0; ; number += 1) {
      const jobId = `${base}_${number}`;
      const ended = await startOnce(attempted, jobId, start);
      if ('job' in ended) return { jobId, job: ended.job };
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
      const error = objectAt(job, 'status', 'errorResult');
      if (Object.keys(error).length === 0) return { job };
      return {
        refusal: { status: 200, reason: String(error['reason'] ?? ''), message: String(error['message'] ?? '') },
        isOld,
      };
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

  async function* pagesOf(attempted: string, jobId: string): AsyncGenerator<readonly Row[]> {
    let pageToken: string | undefined;
    do {
      const answer = await client.call(attempted, {
        path: `/queries/${jobId}`,
        query: {
          location,
          maxResults: 10_000,
          timeoutMs: 10_000,
          'formatOptions.useInt64Timestamp': true,
          ...(pageToken === undefined ? {} : { pageToken }),
        },
      });
      const fields = (objectAt(answer, 'schema')['fields'] ?? []) as unknown as readonly Field[];
      yield ((answer['rows'] ?? []) as unknown as readonly ApiRow[]).map((row) => toRow(fields, row));
      pageToken = answer['pageToken'] as string | undefined;
    } while (pageToken !== undefined && pageToken !== '');
  }

  const queryConfiguration = (sql: string, options: QueryOptions): object => ({
    labels: options.labels ?? {},
    query: {
      query: sql,
      useLegacySql: false,
      ...(options.maximumBytesBilled === undefined ? {} : { maximumBytesBilled: String(options.maximumBytesBilled) }),
      ...(options.params === undefined
        ? {}
        : { parameterMode: 'NAMED', queryParameters: queryParameters(options.params) }),
    },
  });

  return {
    async query(attempted, sql, options = {}) {
      const identity = options.identity ?? ['once', randomUUID()];
      const { jobId, job } = await run(attempted, identity, insert(attempted, queryConfiguration(sql, options)));
      const rows: Row[] = [];
      if (/^\s*(select|with)\b/i.test(sql)) for await (const page of pagesOf(attempted, jobId)) rows.push(...page);
      return {
        rows,
        bytesBilled: Number(objectAt(job, 'statistics', 'query')['totalBytesBilled'] ?? 0),
      };
    },

    async *stream(attempted, sql, options = {}) {
      const start = insert(attempted, queryConfiguration(sql, options));
      const { jobId } = await run(attempted, ['once', randomUUID()], start);
      for await (const page of pagesOf(attempted, jobId)) yield* page;
    },

    async dryRun(attempted, sql, params) {
      const configuration = { dryRun: true, ...queryConfiguration(sql, params === undefined ? {} : { params }) };
      const job = await client.call(attempted, {
        method: 'POST',
        path: '/jobs',
        body: { jobReference: { projectId: project, location }, configuration },
      });
      // BigQuery refuses a wrong statement at once; the emulator says it in the job.
      const { reason, message } = objectAt(job, 'status', 'errorResult');
      if (message !== undefined) {
        throw new BigqueryFailure(attempted, { status: 400, reason: String(reason), message: String(message) });
      }
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
          maxBadRecords: 0,
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
