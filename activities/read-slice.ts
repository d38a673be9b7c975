import { setImmediate as immediate } from 'node:timers/promises';
import { createBudget, type Budget } from '../connectors/_kit/budget.ts';
import type { Http } from '../connectors/_kit/contract.ts';
import type { LineSink } from '../connectors/_kit/drain.ts';
import { expectedPages, readSlice } from '../connectors/_kit/engine.ts';
import { accountBudget } from '../connectors/_kit/http.ts';
import type { ReadAhead } from '../connectors/_kit/read-ahead.ts';
import type { SliceResume } from '../connectors/_kit/slice-events.ts';
import type { Instant, Json } from '../src/contracts/json.ts';
import type { LandedRow, Slice, SliceResult, StreamKey } from '../src/contracts/sync.ts';
import type { Landing } from '../src/landing/port.ts';
import type { AnyConnector, Deps, Logger, SliceReader } from './deps.ts';

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

/**
 * The open pages of one slice: a page stays open until it is safe in landing, so that a kill costs no more pages than an account
 * has places. A slice whose pages are known beforehand takes all its places at once. So that slices do not wait for each
 * other's places for ever, one whose next page has none gives back those of its written pages: behind a checkpoint where
 * it can make one.
 */
class OpenPages {
  /** Asked for; of these, those that have their place. */
  private wanted = 0;
  private open = 0;
  /** Places taken at once, and how many of them are not used yet. */
  private reserved: (() => void) | undefined;
  private unused = 0;
  private isDurable = true;
  /** Places of pages that are written, not yet durable; and of those that are not even written. */
  private written: (() => void)[] = [];
  private readonly unwritten = new Set<() => void>();
  private readonly places: ReadAhead;
  readonly ahead: ReadAhead;

  constructor(places: ReadAhead) {
    this.places = places;
    this.ahead = { ...places, open: (signal) => this.take(signal), rest: () => this.rest() };
  }

  /** Takes the places of so many pages, unless one is enough or they are more than may be asked for ahead. */
  async reserve(pages: number, signal: AbortSignal): Promise<void> {
    if (pages <= 1 || pages > this.places.depth) return;
    this.reserved = await this.places.open(signal, pages);
    this.unused = pages;
  }

  private async take(signal: AbortSignal): Promise<() => void> {
    this.wanted += 1;
    let giveBack: (() => void) | undefined;
    try {
      if (this.unused > 0) this.unused -= 1;
      else giveBack = await this.places.open(signal);
    } catch (error) {
      this.wanted -= 1;
      throw error;
    }
    this.open += 1;
    if (giveBack !== undefined) this.unwritten.add(giveBack);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.wanted -= 1;
      this.open -= 1;
      if (giveBack === undefined || !this.unwritten.delete(giveBack)) return;
      if (this.isDurable) giveBack();
      else this.written.push(giveBack);
    };
  }

  /** A request pauses before it is repeated, for as long as a second: others read meanwhile, and none of them waits for its places. */
  private rest(): void {
    for (const giveBack of this.unwritten) giveBack();
    this.unwritten.clear();
    this.settled();
  }

  /** Whether nothing is under way after the page at hand, though something is wanted. */
  get isShort(): boolean {
    return this.open <= 1 && this.wanted > this.open;
  }

  /** The page at hand is in landing, and not safe there. */
  wrote(): void {
    this.isDurable = false;
  }

  /** Nothing up to the page at hand is waited for any more. */
  settled(): void {
    this.isDurable = true;
    for (const giveBack of this.written) giveBack();
    this.written = [];
    this.unused = 0;
    this.reserved?.();
    this.reserved = undefined;
  }
}

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
      sink,
      lines,
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
          const progress: Progress = { at: event.resume, requests: requests(), bytes };
          await writer.checkpoint(progress as unknown as Json);
          unsaved = 0;
          open?.settled();
        } else if (event.resume !== undefined) {
          open?.wrote();
        } else if (isShort) {
          open?.settled();
        }
        tools.onPage({ rows: event.count, bytes: event.bytes });
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
export function readInThisThread(deps: Pick<Deps, 'landing' | 'http' | 'logger'>): SliceReader {
  return ({ connector, config, salt }, job, watch) => {
    const { landing, logger } = deps;
    const { priority } = job;
    const pages = openPagesBudget(connector, config);
    return readSliceToLanding(job, {
      connector,
      config,
      salt,
      landing,
      logger,
      ...watch,
      http: deps.http(connector, config, { priority }),
      ahead: aheadOf(connector, pages, priority),
    });
  };
}
