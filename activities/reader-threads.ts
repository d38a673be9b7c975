import { extname } from 'node:path';
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Budget, GiveBack } from '../connectors/_kit/budget.ts';
import { ConnectorError } from '../connectors/_kit/errors.ts';
import { accountBudget } from '../connectors/_kit/account-budget.ts';
import type { SliceResult } from '../src/contracts/sync.ts';
import type { OpenAccount } from './account.ts';
import type { Logger, SliceReader } from './deps.ts';
import { openPagesBudget, type PageTally } from './read-slice.ts';
import {
  failureOf,
  openPages,
  type FromThread,
  type ThreadJob,
  type ThreadPlaces,
  type ToThread,
} from './reader-messages.ts';

export type ReaderThreadsOptions = {
  readonly places: ThreadPlaces;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Default: one for each core but one, which the warehouse needs, at least one and at most four. */
  readonly count?: number;
};

export type ReaderThreads = {
  readonly read: SliceReader;
  close(): Promise<void>;
};

const mostThreads = 4;

/**
 * Heap of a thread. Young: little, because pages are bytes outside the heap (seen: from 12 to 96 MB no faster, 40 MB more). Old: far
 * more than the 25 MB that live in it, because V8 collects the more often the nearer the limit is (seen: at 160 MB a quarter
 * of all processor time).
 */
const resourceLimits = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 1024 };

/**
 * How far a heap may grow before it is collected, against what is left of it after. By default a quarter or less, the bytes of
 * answers counted with it, so that V8 would look through a heap of 20 MB every twenty pages: a tenth of all processor time.
 */
const heapGrowth = '--heap-growing-percent=100';

/** Threads that read slices, so that the worker's own thread keeps the workflows and the loads going. */
export function openReaderThreads(options: ReaderThreadsOptions): ReaderThreads {
  const { count = Math.min(mostThreads, Math.max(1, availableParallelism() - 1)) } = options;
  setFlagsFromString(heapGrowth);
  const threads = Array.from({ length: count }, () => new ReaderThread(options));
  for (const thread of threads) thread.warm();
  return {
    read: (account, job, watch) => {
      const idlest = threads.reduce((best, thread) => (thread.load < best.load ? thread : best));
      const { connector, config, salt } = account;
      return idlest.read(account, { job, connector: connector.name, config, salt }, watch);
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

type Job = {
  readonly account: OpenAccount;
  readonly onPage: (page: PageTally) => void;
  readonly settle: (outcome: { readonly result: SliceResult } | { readonly error: Error }) => void;
};

class ReaderThread {
  private readonly options: ReaderThreadsOptions;
  private worker: Worker | undefined;
  private readonly jobs = new Map<number, Job>();
  /** Lanes that the thread holds or waits for. */
  private readonly lanes = new Map<number, GiveBack>();
  private lastId = 0;

  constructor(options: ReaderThreadsOptions) {
    this.options = options;
  }

  get load(): number {
    return this.jobs.size;
  }

  async read(account: OpenAccount, job: ThreadJob, watch: Parameters<SliceReader>[2]): Promise<SliceResult> {
    const { signal, onPage } = watch;
    signal.throwIfAborted();
    this.lastId += 1;
    const id = this.lastId;
    const abort = (): void => this.say({ kind: 'abort', id });
    try {
      return await new Promise<SliceResult>((resolve, reject) => {
        this.jobs.set(id, {
          account,
          onPage,
          settle: (outcome) => ('result' in outcome ? resolve(outcome.result) : reject(outcome.error)),
        });
        signal.addEventListener('abort', abort, { once: true });
        this.say({ kind: 'read', id, job });
      });
    } catch (error) {
      // What the interrupted thread threw says less than why it was interrupted.
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      this.jobs.delete(id);
    }
  }

  /** Starts before there is work: loading its modules takes half a second. */
  warm(): void {
    this.worker ??= this.start();
  }

  async close(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private say(message: ToThread): void {
    this.worker ??= this.start();
    this.worker.postMessage(message);
  }

  private start(): Worker {
    // The sources' .ts in a checkout, the built .js in a package: whichever this file is.
    const worker = new Worker(new URL(`./reader-thread${extname(import.meta.url)}`, import.meta.url), {
      workerData: this.options.places,
      name: 'mailmart-reader',
      // Not the process's own options: of one that was started with --eval they would be the thread's program too.
      execArgv: [],
      resourceLimits,
    });
    // A command that is done does not wait for its threads.
    worker.unref();
    worker.on('message', (message: FromThread) => this.hear(message));
    worker.on('error', (error) => this.options.logger.warn({ error: error.message }, 'a reader thread failed'));
    worker.on('exit', () => {
      if (this.worker === worker) this.worker = undefined;
      this.lost();
    });
    return worker;
  }

  private hear(message: FromThread): void {
    switch (message.kind) {
      case 'take':
        this.take(message);
        break;
      case 'give':
        this.lanes.get(message.lane)?.(message.said);
        this.lanes.delete(message.lane);
        break;
      case 'page':
        this.jobs.get(message.id)?.onPage(message.page);
        break;
      case 'log':
        this.options.logger.info(message.fields, message.message);
        break;
      case 'done':
        this.jobs.get(message.id)?.settle({ result: message.result });
        break;
      case 'failed':
        this.jobs.get(message.id)?.settle({ error: failureOf(message.failure) });
        break;
    }
  }

  private take({ id, lane, key, priority, lanes }: FromThread & { readonly kind: 'take' }): void {
    const account = this.jobs.get(id)?.account;
    if (account === undefined) return;
    const stop = new AbortController();
    this.lanes.set(lane, () => stop.abort());
    void this.grant(lane, stop.signal, budgetOf(account, key).take(stop.signal, priority, lanes));
  }

  private async grant(lane: number, signal: AbortSignal, taking: Promise<GiveBack>): Promise<void> {
    // Aborted: nobody waits for it any more.
    const giveBack = await taking.catch(() => undefined);
    if (giveBack === undefined) return;
    if (signal.aborted) {
      // Given back while it was on its way here.
      giveBack();
      return;
    }
    this.lanes.set(lane, giveBack);
    this.worker?.postMessage({ kind: 'granted', lane } satisfies ToThread);
  }

  /** The thread is gone: its lanes are free, and what it was reading is read again by a new one. */
  private lost(): void {
    for (const giveBack of this.lanes.values()) giveBack();
    this.lanes.clear();
    for (const { account, settle } of this.jobs.values()) {
      const error = new ConnectorError('A reader thread of mailmart ended while it read.', {
        kind: 'transient',
        connector: account.connector.name,
        fix: 'It is tried again; if it happens often, give the machine more memory.',
      });
      settle({ error });
    }
  }
}

function budgetOf({ connector, config }: OpenAccount, key: string): Budget {
  return key === openPages ? openPagesBudget(connector, config) : accountBudget(connector, config, key);
}
