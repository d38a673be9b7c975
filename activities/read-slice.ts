import type { Http } from '../connectors/_kit/contract.ts';
import { readSlice } from '../connectors/_kit/engine.ts';
import type { Instant } from '../src/contracts/json.ts';
import type { Slice, SliceResult, StreamKey } from '../src/contracts/sync.ts';
import type { Landing } from '../src/landing/port.ts';
import type { AnyConnector, Deps, Logger, SliceReader } from './deps.ts';

/** One slice to read: plain data, so that it can cross to another thread. */
export type SliceJob = {
  readonly key: StreamKey;
  readonly runId: string;
  readonly slice: Slice;
  readonly now: Instant;
  /** The slice's place in the run's plan: the earlier one gets the account's next free connection. */
  readonly priority: number;
};

/** What reading a slice needs beside the job. */
export type SliceTools = {
  readonly connector: AnyConnector;
  readonly config: unknown;
  readonly salt: string;
  /** Of its own for each slice: it counts the slice's requests. The budget behind it is the account's. */
  readonly http: Http;
  readonly landing: Landing;
  readonly logger: Pick<Logger, 'info'>;
  readonly signal: AbortSignal;
  /** Told after each page that is in landing. */
  readonly onPage: (page: PageTally) => void;
};

export type PageTally = { readonly rows: number; readonly bytes: number };

/** Reads one slice to its end, page by page into landing. */
export async function readSliceToLanding(job: SliceJob, tools: SliceTools): Promise<SliceResult> {
  const { key, runId, slice, now } = job;
  const { connector, config, http, salt, signal } = tools;
  const writer = await tools.landing.openSlice(key, runId, slice);
  let bytesRead = 0;
  try {
    for await (const event of readSlice(connector, key.stream, { config, http, slice, now, salt, signal })) {
      if (event.kind === 'page') {
        await writer.append(event.rows, event.rejected);
        bytesRead += event.bytes;
        tools.onPage({ rows: event.rows.length, bytes: event.bytes });
      } else if (event.kind === 'restart') {
        tools.logger.info({ stream: key.stream, reason: event.reason }, 'slice starts again');
        await writer.restart();
      } else {
        return await writer.finish({
          slice,
          state: event.state,
          pages: event.pages,
          requests: http.requests,
          units: event.units,
          total: event.total,
          bytesRead,
          ...(event.incomplete === undefined ? {} : { incomplete: event.incomplete }),
          ...(event.skipped === undefined ? {} : { skipped: event.skipped }),
        });
      }
    }
    throw new Error(`The reader of ${key.stream} ended without saying how slice ${slice.id} ended`);
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Reads slices in the thread that asks. */
export function readInThisThread(deps: Pick<Deps, 'landing' | 'http' | 'logger'>): SliceReader {
  return ({ connector, config, salt }, job, watch) => {
    const { landing, logger } = deps;
    return readSliceToLanding(job, {
      connector,
      config,
      salt,
      landing,
      logger,
      ...watch,
      http: deps.http(connector, config, { priority: job.priority }),
    });
  };
}
