import type { DataConverter } from '@temporalio/common';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { redact } from '../../connectors/_kit/redact.ts';
import type { Env } from './server.ts';
import { TemporalUnavailable } from './unavailable.ts';

/** Which server, and where on it. */
export type Place = { readonly address: string; readonly namespace: string };

/** Task queue of a project: the configured one, else made from its folder, so that projects never share a worker. */
export function taskQueueOf(dir: string, configured?: string): string {
  if (configured !== undefined) return configured;
  return `mailmart-${createHash('sha256').update(realpathSync(dir)).digest('hex').slice(0, 16)}`;
}

/** A server that restarts in the middle of a run is waited for, about ten minutes: attempts come every five seconds. */
const outage = { maxAttempts: 130 };

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/**
 * A retry may come due after its connection was closed. Nobody waits for the answer any more, and the channel's refusal would be
 * thrown out of a timer, which ends the process.
 */
export function withoutLateRetries(): Interceptor {
  const asked = new WeakSet<object>();
  return (options, nextCall) => {
    try {
      return nextCall(options) as ReturnType<Interceptor>;
    } catch (error) {
      if (!asked.has(options)) throw error;
      return unanswered;
    } finally {
      asked.add(options);
    }
  };
}

const ignore = (): void => undefined;
const unanswered: ReturnType<Interceptor> = Object.freeze({
  start: ignore,
  sendMessageWithContext: ignore,
  sendMessage: ignore,
  startRead: ignore,
  halfClose: ignore,
  cancelWithStatus: ignore,
  getPeer: () => 'closed',
  getAuthContext: () => null,
}) as unknown as ReturnType<Interceptor>;

/** A client that waits for a server that is only just starting. */
export async function connectClient(
  place: Place,
  env: Env,
  dataConverter: DataConverter,
  patienceMs = 10_000,
): Promise<Client> {
  const connection = await patiently(place, patienceMs, async () => {
    const opened = await Connection.connect({
      address: place.address,
      connectTimeout: '5s',
      interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions(outage)), withoutLateRetries()],
      ...credentials(env),
    });
    try {
      // A development server accepts connections a moment before its namespace exists.
      const asking = Date.now() + 2_000;
      await opened.withDeadline(asking, () => opened.workflowService.describeNamespace({ namespace: place.namespace }));
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  });
  return new Client({ connection, namespace: place.namespace, dataConverter });
}

/** The worker's own connection. */
export async function connectWorker(place: Place, env: Env, patienceMs = 10_000): Promise<NativeConnection> {
  return patiently(place, patienceMs, () => NativeConnection.connect({ address: place.address, ...credentials(env) }));
}

/** Temporal Cloud and clusters with TLS: by environment, never in the configuration file. */
function credentials(env: Env): { readonly tls?: true; readonly apiKey?: string } {
  const apiKey = env['TEMPORAL_API_KEY'];
  if (apiKey !== undefined && apiKey !== '') return { tls: true, apiKey };
  return env['TEMPORAL_TLS'] === 'true' ? { tls: true } : {};
}

async function patiently<T>(place: Place, patienceMs: number, connect: () => Promise<T>): Promise<T> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      if (performance.now() >= until) {
        const why = redact(error instanceof Error ? error.message : String(error)).slice(0, 200);
        throw new TemporalUnavailable(
          `No Temporal server answered at ${place.address}, namespace ${place.namespace} (${why}). ` +
            'Start it, or correct temporal.address in mailmart.yaml or TEMPORAL_ADDRESS.',
        );
      }
      await delay(50);
    }
  }
}
