import { CancellationScope, condition, isCancellation, patched, workflowInfo } from '@temporalio/workflow';
import type {
  BatchRef,
  ExtractProgress,
  FailureInfo,
  LoadCounts,
  StreamCounts,
  StreamKey,
  StreamSummary,
} from '../activities/index.ts';
import { BatchSizer } from './batch-sizer.ts';
import { failureInfo } from './failure-info.ts';
import type { Limits } from './limits.ts';
import type { Proxies } from './proxies.ts';
import { addCounts, noCounts } from '../src/contracts/counts.ts';
import { addLoad, unread } from './summaries.ts';
import type { StreamProgress, StreamResume, StreamState, Waited } from './types.ts';

export type StreamSyncInput = {
  readonly key: StreamKey;
  readonly runId: string;
  readonly limits: Limits;
  readonly act: Proxies;
  /** Called when all rows are loaded: streams that are planned from them can begin, before the verdict is written. */
  readonly onLoaded: () => void;
  readonly resume?: StreamResume;
};

/** Extractions at the same time: the younger one uses the connections that the older one leaves free. */
const flightsAtOnce = 2;
/** Batches that are read or loaded at a time, those that wait for their turn among them; when there are more, reading waits. */
const mostAhead = 10;
/** Worth a load of their own while more is read: a load of few rows costs what one of these does. */
const worthwhileRows = 20_000;
/** Batches that wait for more at most: reading goes on beside the load. */
const mostWaiting = 5;

/**
 * One stream of one account, inside the account's workflow: plan, batches of slices (two extractions overlap; loads follow
 * in order beside them, each of all that has been read by then), verdict.
 */
export class StreamSync {
  private readonly input: StreamSyncInput;
  private readonly startedMs: number;
  private readonly sizer: BatchSizer;
  private state: StreamState = 'planning';
  private waitingUntil: number | undefined;
  private fence = 0;
  private slices: number | null = null;
  private round = 0;
  private again = false;
  /** Where the next batch begins. */
  private next = 0;
  private counts: StreamCounts = noCounts;
  private partials = 0;
  /** What the waits so far took in sum. */
  private waitedMs: Record<Waited, number> = { quota: 0, pending: 0 };
  private waitingFor: Waited = 'quota';
  /** Batches that are read now, or that are and have to wait for an older one; in order. */
  private flights: readonly Flight[] = [];
  /** Batches that are read and wait for the load under way to end; adjacent, in order. */
  private waiting: readonly BatchRef[] = [];
  private waitingRows = 0;
  /** Batches in the load under way. */
  private loading = 0;
  private loadError: { readonly error: unknown } | undefined;
  /** Grows whenever a flight or a load ends. */
  private changes = 0;
  private result: StreamSummary | undefined;

  constructor(input: StreamSyncInput) {
    this.input = input;
    const { resume, limits } = input;
    this.startedMs = resume?.startedMs ?? Date.now();
    this.sizer = new BatchSizer(limits.batchMs, resume?.sizer);
    if (resume !== undefined) this.restore(resume);
  }

  /**
   * Ends with a report also when it fails, and with none when the history is full: `save` then says where to go on. It
   * throws only when cancelled, or when not even the report could be stored.
   */
  async run(): Promise<StreamSummary | undefined> {
    try {
      if (this.slices === null) await this.plan();
      if (this.waitingUntil !== undefined) await this.waitUntil(this.waitingUntil, this.waitingFor);
      for (;;) {
        await this.readAndLoad();
        if (this.isUnfinished()) return undefined;
        if (!this.again) break;
        this.round += 1;
        await this.plan();
      }
      this.input.onLoaded();
      return await this.finish();
    } catch (error) {
      return await CancellationScope.nonCancellable(() => this.end(error));
    }
  }

  progress(): StreamProgress {
    const ahead = this.flights.flatMap(({ outcome }) =>
      outcome !== undefined && 'done' in outcome ? outcome.done : [],
    );
    const counts = ahead.reduce(addRead, this.counts);
    return {
      stream: this.input.key.stream,
      state: this.state,
      slicesDone: counts.slices,
      slices: this.slices,
      pages: counts.pages,
      rows: counts.rowsRead,
      requests: counts.requests,
      ...(this.waitingUntil === undefined ? {} : { waitingUntil: new Date(this.waitingUntil).toISOString() }),
      ...(this.result === undefined ? {} : { verdict: this.result.verdict }),
      ...(this.result?.failure === undefined ? {} : { failure: this.result.failure }),
    };
  }

  /** For continue-as-new, after `run` has ended without a report. */
  save(): StreamResume {
    return {
      fence: this.fence,
      slices: this.slices ?? 0,
      round: this.round,
      again: this.again,
      next: this.next,
      counts: this.counts,
      sizer: this.sizer.save(),
      partials: this.partials,
      quotaWaitedMs: this.waitedMs.quota,
      pendingWaitedMs: this.waitedMs.pending,
      startedMs: this.startedMs,
      ...(this.waitingUntil === undefined ? {} : { waitingUntil: this.waitingUntil, waitingFor: this.waitingFor }),
    };
  }

  private restore(resume: StreamResume): void {
    this.fence = resume.fence;
    this.slices = resume.slices;
    this.round = resume.round;
    this.again = resume.again;
    this.next = resume.next;
    this.counts = resume.counts;
    this.partials = resume.partials;
    this.waitedMs = { quota: resume.quotaWaitedMs, pending: resume.pendingWaitedMs ?? 0 };
    this.waitingUntil = resume.waitingUntil;
    this.waitingFor = resume.waitingFor ?? 'quota';
  }

  private async plan(): Promise<void> {
    this.state = 'planning';
    const { key, runId } = this.input;
    const plan = await this.input.act.store.planStream({ key, runId, round: this.round });
    this.fence = plan.fence;
    this.slices = plan.slices;
    this.again = plan.again;
  }

  /** Returns when every slice so far is loaded, or when what was begun is and the history is full. */
  private async readAndLoad(): Promise<void> {
    for (;;) {
      this.takeInOrder();
      if (this.loadError !== undefined) throw this.loadError.error;
      const [oldest] = this.flights;
      if (oldest === undefined && this.isLoaded() && (this.left() === 0 || this.isFull())) return;
      if (this.mayRead()) {
        this.read();
      } else if (oldest?.outcome !== undefined && this.flights.every(({ outcome }) => outcome !== undefined)) {
        await this.recover();
      } else {
        this.state = oldest === undefined ? 'finishing' : 'extracting';
        await this.change();
      }
    }
  }

  private left(): number {
    return (this.slices ?? 0) - this.next;
  }

  private isFull(): boolean {
    return workflowInfo().historyLength >= this.input.limits.maxEvents;
  }

  private isUnfinished(): boolean {
    return this.isFull() && (this.left() > 0 || this.again);
  }

  private async change(): Promise<void> {
    const seen = this.changes;
    await condition(() => this.changes !== seen);
  }

  private mayRead(): boolean {
    if (this.left() === 0 || this.isFull()) return false;
    if (this.flights.some(({ outcome }) => outcome !== undefined && 'error' in outcome)) return false;
    const running = this.flights.filter(({ outcome }) => outcome === undefined).length;
    // One that younger ones have overtaken is down to its last, long slices: it leaves connections free.
    const overtaken = this.flights.some(({ outcome }) => outcome !== undefined) ? 1 : 0;
    const ahead = this.flights.length + this.waiting.length + this.loading;
    return running < flightsAtOnce + overtaken && ahead < mostAhead;
  }

  private read(): void {
    if (this.flights.length === 0) this.sizer.begin(Date.now());
    const { key, runId } = this.input;
    const from = this.next;
    const flight: Flight = {
      batch: { key, runId, from, to: from + this.sizer.next(this.left()) },
      outcome: undefined,
    };
    this.flights = [...this.flights, flight];
    this.next = flight.batch.to;
    void this.fly(flight);
  }

  private async fly(flight: Flight): Promise<void> {
    const { batch } = flight;
    try {
      const done = await this.input.act.source.extractBatch(batch);
      this.sizer.ended(batch.to - batch.from, Date.now());
      flight.outcome = { done };
    } catch (error) {
      flight.outcome = { error };
    }
    this.changes += 1;
  }

  /** Loads keep the order of the plan: an item's checkpoint moves with the last of its slices. */
  private takeInOrder(): void {
    for (;;) {
      const [oldest, ...younger] = this.flights;
      if (oldest?.outcome === undefined || 'error' in oldest.outcome) break;
      this.flights = younger;
      this.counts = addRead(this.counts, oldest.outcome.done);
      this.waiting = [...this.waiting, oldest.batch];
      this.waitingRows += oldest.outcome.done.rows;
    }
    if (this.mayLoad()) void this.load();
  }

  private mayLoad(): boolean {
    if (this.loading > 0 || this.waiting.length === 0 || this.loadError !== undefined) return false;
    const isMoreToCome = this.mayRead() || this.flights.some(({ outcome }) => outcome === undefined);
    if (!isMoreToCome || this.waitingRows >= worthwhileRows || this.waiting.length >= mostWaiting) return true;
    // Syncs that began before this rule loaded each batch at once.
    return !patched('few rows gather');
  }

  /** One load for all that waits: a load costs something beside its rows, and where it is what the sync waits for, its size grows. */
  private async load(): Promise<void> {
    const [first, last] = [this.waiting[0]!, this.waiting.at(-1)!];
    this.loading = this.waiting.length;
    this.waiting = [];
    this.waitingRows = 0;
    try {
      this.loaded(await this.loadWithHealing({ ...first, to: last.to }));
    } catch (error) {
      this.loadError = { error };
    }
    this.loading = 0;
    this.changes += 1;
  }

  private isLoaded(): boolean {
    return this.loading === 0 && (this.waiting.length === 0 || this.loadError !== undefined);
  }

  private loaded(load: LoadCounts): void {
    this.counts = addLoad(this.counts, load);
  }

  /** A landing file that is gone or altered is read again from the source, once; a second time it is a failure. */
  private async loadWithHealing(batch: BatchRef): Promise<LoadCounts> {
    const { act } = this.input;
    const load = (): Promise<LoadCounts> => act.store.loadBatch({ ...batch, fence: this.fence });
    try {
      return await load();
    } catch (error) {
      if (failureInfo(error).kind !== 'drift') throw error;
      await act.source.extractBatch(batch);
      return await load();
    }
  }

  /**
   * The oldest flight has failed and no other is under way: what they made durable is loaded. Then the stream goes on
   * from there when the quota is there again or what was ordered is ready, or fails.
   */
  private async recover(): Promise<void> {
    const failed = this.flights;
    const errors = failed.flatMap(({ outcome }) =>
      outcome !== undefined && 'error' in outcome ? [outcome.error] : [],
    );
    const cancelled = errors.find(isCancellation);
    if (cancelled !== undefined) throw cancelled;
    while (!this.isLoaded()) {
      await this.change();
      this.takeInOrder();
    }
    if (this.loadError !== undefined) throw this.loadError.error;
    const read: ExtractProgress[] = [];
    for (const { batch } of failed) read.push(...(await this.loadDurablePart(batch)));
    this.flights = [];
    this.next = failed[0]?.batch.from ?? this.next;
    const failure = failureInfo(errors[0]);
    const waited = waitedFor(failure);
    const waitMs = failure.retryAfterMs ?? hour;
    const { quotaWaitMs, pendingWaitMs } = this.input.limits;
    if (waited === undefined || this.waitedMs[waited] + waitMs > (waited === 'quota' ? quotaWaitMs : pendingWaitMs)) {
      // Else it counts when these batches are read once more.
      this.counts = read.reduce(addRead, this.counts);
      throw errors[0];
    }
    this.waitedMs[waited] += waitMs;
    await this.waitUntil(Date.now() + waitMs, waited);
  }

  /** What was read before a failure is loaded under a batch id of its own; it is not read again. */
  private async loadDurablePart(batch: BatchRef): Promise<readonly ExtractProgress[]> {
    this.partials += 1;
    const load = await this.input.act.store.loadBatch({ ...batch, fence: this.fence, partial: this.partials });
    this.loaded(load);
    return load.read === undefined ? [] : [load.read];
  }

  private async waitUntil(atMs: number, waited: Waited): Promise<void> {
    this.state = waited;
    this.waitingFor = waited;
    this.waitingUntil = atMs;
    const isCut = await condition(() => this.isFull(), Math.max(1, atMs - Date.now()));
    if (!isCut) this.waitingUntil = undefined;
  }

  private async finish(failure?: FailureInfo): Promise<StreamSummary> {
    this.state = 'finishing';
    const { key, runId, act } = this.input;
    this.result = await act.store.finishStream({
      key,
      runId,
      counts: this.counts,
      planned: this.slices ?? 0,
      durationMs: Date.now() - this.startedMs,
      ...(failure === undefined ? {} : { failure }),
    });
    this.state = failure === undefined ? 'done' : failure.kind === 'cancelled' ? 'cancelled' : 'failed';
    return this.result;
  }

  /** The other streams go on: a failure is a report, a cancellation stays one. */
  private async end(error: unknown): Promise<StreamSummary> {
    await condition(() => this.loading === 0 && this.flights.every(({ outcome }) => outcome !== undefined));
    const failure = failureInfo(error);
    if (failure.kind === 'fenced') {
      // A newer run has this stream: its report is the one that counts.
      this.state = 'failed';
      return unread(this.input.key, failure, Date.now() - this.startedMs);
    }
    const report = await this.finish(failure);
    if (isCancellation(error)) throw error;
    return report;
  }
}

type Flight = {
  readonly batch: BatchRef;
  outcome: { readonly done: ExtractProgress } | { readonly error: unknown } | undefined;
};

/** Undefined: the failure is none that waiting on a timer heals. */
function waitedFor({ kind }: FailureInfo): Waited | undefined {
  return kind === 'quota_exhausted' ? 'quota' : kind === 'pending' ? 'pending' : undefined;
}

function addRead(counts: StreamCounts, done: ExtractProgress): StreamCounts {
  return addCounts(counts, {
    ...noCounts,
    slices: done.slicesDone,
    pages: done.pages,
    requests: done.requests,
    rowsRead: done.rows,
    bytesRead: done.bytes,
  });
}

const hour = 3_600_000;
