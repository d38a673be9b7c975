import { setImmediate as immediate } from 'node:timers/promises';
import { accountBudget } from '../connectors/_kit/account-budget.ts';
import { createBudget, type Budget } from '../connectors/_kit/budget.ts';
import type { Http, Memo } from '../connectors/_kit/contract.ts';
import type { LineSink } from '../connectors/_kit/drain.ts';
import { expectedPages, readSlice } from '../connectors/_kit/engine.ts';
import type { Inbox } from '../connectors/_kit/hook.ts';
import type { ReadAhead } from '../connectors/_kit/read-ahead.ts';
import type { SliceResume } from '../connectors/_kit/slice-events.ts';
import type { Instant, Json } from '../src/contracts/json.ts';
import type { LandedRow, Slice, SliceResult, StreamKey } from '../src/contracts/sync.ts';
import type { Landing } from '../src/landing/port.ts';
import type { AnyConnector, Deps, Logger, SliceReader } from './deps.ts';
import { inboxOf } from './inbox.ts';
import { OpenPages } from './open-pages.ts';

/** One slice to read: plain data, so that it can cross to another thread. */
export type SliceJob = {
  readonly key: StreamKey;
  readonly runId: string;
  readonly slice: Slice;
  readonly now: Instant;
  /** Whose requests go first when lanes are short: the lowest, which is the slice's place in the run's plan. */
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
  readonly inbox: Inbox;
  /** How far to read ahead; default: not at all. */
  readonly ahead?: ReadAhead;
  readonly logger: Pick<Logger, 'info'>;
  readonly signal: AbortSignal;
  /** Told after each page that is in landing. */
  readonly onPage: (page: PageTally) => void;
};

export type PageTally = { readonly rows: number; readonly bytes: number };

/** Where the source keeps a stable order, a slice's pages become durable so many at a time, or fewer: see `OpenPages`. */
const pagesPerCheckpoint = 3;

/** Beside the place to go on from, what the attempts before it had cost. */
type Progress = { readonly at: SliceResume; readonly requests: number; readonly bytes: number };

/** Reads one slice to its end, page by page into landing; from an earlier attempt's last checkpoint where there is one. */
export async function readSliceToLanding(job: SliceJob, tools: SliceTools): Promise<SliceResult> {
  const { key, runId, slice, now } = job;
  const { connector, config, http, salt, signal } = tools;
  const open = tools.ahead === undefined ? undefined : new OpenPages(tools.ahead);
  const writer = await tools.landing.openSlice(key, runId, slice);
  const earlier = writer.resumed as Progress | null;
  const resume = earlier === null ? {} : { resume: { at: earlier.at, keys: writer.earlierKeys() } };
  const requests = (): number => (earlier?.requests ?? 0) + http.requests;
  let bytes = earlier?.bytes ?? 0;
  let unsaved = 0;
  /** Makes what was read up to `at` durable: no later attempt asks for it again. */
  const checkpoint = async (at: SliceResume): Promise<void> => {
    const progress: Progress = { at, requests: requests(), bytes };
    await writer.checkpoint(progress as unknown as Json);
    unsaved = 0;
    open?.settled();
  };
  try {
    if (earlier === null) await open?.reserve(expectedPages(connector, key.stream, slice), signal);
    const sink = (row: LandedRow): void => writer.add(row);
    const lines: LineSink = {
      nextRow: () => writer.nextRow,
      batchUnits: writer.batchUnits,
      add: (some) => writer.addLines(some, now),
    };
    const options = {
      config,
      http,
      slice,
      now,
      salt,
      signal,
      inbox: tools.inbox,
      sink,
      lines,
      memo: memoOf(tools.landing, job),
      ...resume,
      ...(open === undefined ? {} : { ahead: open.ahead }),
    };
    for await (const event of readSlice(connector, key.stream, options)) {
      if (event.kind === 'page') {
        await writer.append([], event.rejected);
        bytes += event.bytes;
        unsaved += 1;
        const isShort = open?.isShort === true;
        if (event.resume !== undefined && (unsaved >= pagesPerCheckpoint || isShort)) {
          await checkpoint(event.resume);
        } else if (event.resume !== undefined) {
          open?.wrote();
        } else if (isShort) {
          open?.settled();
        }
        tools.onPage({ rows: event.count, bytes: event.bytes });
      } else if (event.kind === 'tail') {
        // Pages that are written hold no place while the tail's are asked for: so a kill must not cost them.
        if (event.resume !== undefined) await checkpoint(event.resume);
        open?.settled();
      } else if (event.kind === 'restart') {
        tools.logger.info({ stream: key.stream, reason: event.reason }, 'slice starts again');
        await writer.restart();
        unsaved = 0;
        open?.settled();
      } else {
        return await writer.finish({
          slice,
          state: event.state,
          pages: event.pages,
          requests: requests(),
          units: event.units,
          total: event.total,
          bytesRead: bytes,
          ...(event.incomplete === undefined ? {} : { incomplete: event.incomplete }),
          ...(event.skipped === undefined ? {} : { skipped: event.skipped }),
        });
      }
    }
    throw new Error(`The reader of ${key.stream} ended without saying how slice ${slice.id} ended`);
  } catch (error) {
    await writer.discard();
    throw error;
  } finally {
    open?.settled();
  }
}

/** A slice's note, as a document of the run: so durable, and as long-lived, as the run's plan. */
function memoOf(landing: Landing, { key, runId, slice }: SliceJob): Memo {
  const name = `memo ${slice.id}`;
  return {
    read: () => landing.readDocument(key, runId, name),
    write: (note) => landing.writeDocument(key, runId, name, note),
  };
}

/**
 * Places for pages that are asked for and not yet durable, over all slices of an account: every lane busy, and as many that
 * are written or wait for an earlier one. Bounds memory when the source is faster than we are, and what is asked for again
 * when the worker is killed.
 */
export function openPagesBudget(connector: AnyConnector, config: unknown): Budget {
  const { concurrency } = connector.limits.default;
  return accountBudget(connector, config, '(open pages)', undefined, { concurrency: 2 * concurrency });
}

/** Pages of all accounts that a thread has unpacked at a time: while one is packed into its part, the next is worked. */
const unpacking = createBudget({ concurrency: 2 }, () => Promise.resolve());

/** Reads ahead as far as the account's lanes go. */
export function aheadOf(connector: AnyConnector, pages: Budget, priority: number): ReadAhead {
  return {
    // All lanes may work for one slice.
    depth: connector.limits.default.concurrency,
    open: (signal, places) => pages.take(signal, priority, places),
    unpack: async (signal) => {
      const done = await unpacking.take(signal, priority);
      // Answers that have come meanwhile are taken in first: their lanes are wanted.
      await immediate();
      return done;
    },
  };
}

/** Reads slices in the thread that asks. */
export function readInThisThread(deps: Pick<Deps, 'landing' | 'http' | 'logger' | 'inbox'>): SliceReader {
  return ({ connector, config, salt }, job, watch) => {
    const { landing, logger } = deps;
    const { priority } = job;
    const pages = openPagesBudget(connector, config);
    return readSliceToLanding(job, {
      connector,
      config,
      salt,
      landing,
      inbox: inboxOf(deps, job.key.accountId),
      logger,
      ...watch,
      http: deps.http(connector, config, { priority }),
      ahead: aheadOf(connector, pages, priority),
    });
  };
}
