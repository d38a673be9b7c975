import { BigQuery, type BigQueryOptions } from '@google-cloud/bigquery';
import type { Json, JsonObject } from '../../contracts/json.ts';
import { BigqueryFailure, refusalOf } from './errors.ts';

/** One call of the REST API: path below the project, query and body. */
export type Call = {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: object;
};

/** The official client, for credentials, transport and uploads; calls are ours, so that each retry is a decision of ours. */
export type Client = {
  readonly project: string;
  readonly location: string;
  readonly isEmulator: boolean;
  readonly bigquery: BigQuery;
  /** One answer, or a BigqueryFailure named `attempted`; transient ones are tried again up to `attempts` times. */
  call(attempted: string, call: Call, attempts?: number): Promise<JsonObject>;
  /** The same; null for 404. */
  find(attempted: string, call: Call): Promise<JsonObject | null>;
};

export type ClientOptions = {
  readonly project: string;
  readonly location: string;
  /** `http://host:port` of an emulator; no credentials are sent to it. */
  readonly emulator?: string;
  /** Credentials (src/google/auth.ts). Absent: application default credentials. */
  readonly authClient?: NonNullable<BigQueryOptions['authClient']>;
  /** For tests: how long to wait before another attempt, in milliseconds. */
  readonly backoff?: (attempt: number) => number;
};

const defaultBackoff = (attempt: number): number => Math.min(16_000, 500 * 2 ** attempt) * (0.5 + Math.random() / 2);

export function createClient(options: ClientOptions): Client {
  const { project, location, emulator, authClient, backoff = defaultBackoff } = options;
  const bigquery = new BigQuery({
    projectId: project,
    location,
    autoRetry: false,
    maxRetries: 0,
    ...(emulator === undefined ? {} : { apiEndpoint: emulator }),
    ...(authClient === undefined ? {} : { authClient }),
  });
  const once = (call: Call): Promise<JsonObject> =>
    new Promise((resolve, reject) => {
      bigquery.request(
        {
          method: call.method ?? 'GET',
          uri: call.path,
          qs: call.query ?? {},
          ...(call.body && { json: call.body }),
        },
        (error: Error | null, body?: unknown) => {
          if (error === null || error === undefined) resolve((body ?? {}) as JsonObject);
          else reject(error);
        },
      );
    });
  const call = async (attempted: string, one: Call, attempts = 5): Promise<JsonObject> =>
    await retrying(attempts, backoff, async () => {
      try {
        return await once(one);
      } catch (error) {
        throw new BigqueryFailure(attempted, refusalOf(error), error);
      }
    });
  return {
    project,
    location,
    isEmulator: emulator !== undefined,
    bigquery,
    call,
    find: async (attempted, one) => {
      try {
        return await call(attempted, one);
      } catch (error) {
        if (refusalOf(error).status === 404) return null;
        throw error;
      }
    },
  };
}

/** Runs it again after transient failures, with growing pauses. */
export async function retrying<T>(
  attempts: number,
  backoff: (attempt: number) => number,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!(error instanceof BigqueryFailure) || error.kind !== 'transient' || attempt + 1 >= attempts) throw error;
      await new Promise((resume) => setTimeout(resume, backoff(attempt)));
    }
  }
}

/** A member of an answer, as an object. */
export const objectAt = (answer: JsonObject, ...path: readonly string[]): JsonObject => {
  let value: Json | undefined = answer;
  for (const name of path) value = (value as JsonObject | undefined)?.[name];
  return (value ?? {}) as JsonObject;
};
