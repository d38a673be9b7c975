import {
  CancellationScope,
  condition,
  ContinueAsNew,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { BatchRef, FailureInfo, LoadCounts, StreamCounts, StreamSummary } from '../activities/index.ts';
import { failureInfo } from './failure-info.ts';
import { LaneHolder } from './lane-pool.ts';
import { type Limits, limitsOf } from './limits.ts';
import { laneGrant, laneRequest, syncProgress } from './messages.ts';
import { type Proxies, proxies } from './proxies.ts';
import { addCounts, addLoad, noCounts, unread } from './summaries.ts';
import type { StreamState, SyncStreamInput, SyncStreamResume } from './types.ts';

/**
 * One stream of one account: plan, then batches of slices (extract, load one behind), then a verdict. Ends with a
 * report also when it fails; it throws only when cancelled, or when not even the report could be stored.
 */
export async function syncStream(input: SyncStreamInput): Promise<StreamSummary> {
  return new StreamSync(input).run();
}

class StreamSync {
  private readonly input: SyncStreamInput;
  private readonly limits: Limits;
  private readonly act: Proxies;
  private readonly holder: LaneHolder;
  private readonly startedMs: number;
  private readonly parentId: string | undefined = workflowInfo().parent?.workflowId;
  private state: StreamState = 'planning';
  private waitingUntil: number | undefined;
  private fence = 0;
  private slices: number | null = null;
  private round = 0;
  private again = false;
  private next = 0;
  private counts: StreamCounts = noCounts;
  private batchSize = 0;
  private partials = 0;
  private quotaWaitedMs = 0;
  private load: Promise<void> = Promise.resolve();
  private loadError: { readonly error: unknown } | undefined;
  private result: StreamSummary | undefined;

  constructor(input: SyncStreamInput) {
    this.input = input;
    this.limits = limitsOf(input.tuning);
    this.act = proxies(this.limits);
    this.holder = new LaneHolder(input.resume?.lanes ?? input.lanes);
    this.startedMs = input.resume?.startedMs ?? Date.now();
    if (input.resume !== undefined) this.restore(input.resume);
    setHandler(laneGrant, (grant) => this.holder.grant(grant));
    setHandler(syncProgress, () => ({
      kind: 'sync',
      runId: input.runId,
      source: input.key.source,
      accountId: input.key.accountId,
      lanes: input.pool,
      streams: [
        {
          stream: input.key.stream,
          state: this.state,
          slicesDone: this.next,
          slices: this.slices,
          pages: this.counts.pages,
          rows: this.counts.rowsRead,
          requests: this.counts.requests,
          lanes: this.state === 'extracting' ? this.holder.lanes : 0,
          ...(this.waitingUntil === undefined ? {} : { waitingUntil: new Date(this.waitingUntil).toISOString() }),
          ...(this.result === undefined ? {} : { verdict: this.result.verdict }),
          ...(this.result?.failure === undefined ? {} : { failure: this.result.failure }),
        },
      ],
    }));
  }

  async run(): Promise<StreamSummary> {
    try {
      let slices = this.slices ?? (await this.plan());
      for (;;) {
        await this.extractAll(slices);
        await this.settleLoad();
        if (!this.again) return await this.finish();
        this.round += 1;
        slices = await this.plan();
      }
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error;
      return await CancellationScope.nonCancellable(() => this.end(error));
    }
  }

  private async plan(): Promise<number> {
    this.state = 'planning';
    const { key, runId } = this.input;
    const plan = await this.act.store.planStream({ key, runId, round: this.round });
    this.fence = plan.fence;
    this.slices = plan.slices;
    this.again = plan.again;
    return plan.slices;
  }

  private async extractAll(slices: number): Promise<void> {
    while (this.next < slices) {
      const lanes = await this.lanes(slices - this.next);
      if (this.batchSize === 0) this.batchSize = lanes * 2;
      const batch = this.batch(Math.min(slices, this.next + Math.max(this.batchSize, lanes)));
      this.state = 'extracting';
      if (!(await this.extract(batch, lanes))) continue;
      // One load behind: the batch before has had the whole time of this extraction.
      await this.settleLoad();
      this.startLoad(batch);
      this.next = batch.to;
      if (this.next < slices) await this.continueIfLong();
    }
    // A single lane goes back with the report, which is a moment away; a message of its own would cost as much.
    if (this.holder.lanes > 1) await this.say(0);
  }

  /** True when the batch is durable in landing; false when the quota was waited for and the batch is to be tried again. */
  private async extract(batch: BatchRef, lanes: number): Promise<boolean> {
    const startedMs = Date.now();
    try {
      const done = await this.act.source.extractBatch({ ...batch, lanes: Math.min(lanes, batch.to - batch.from) });
      this.counts = addCounts(this.counts, {
        ...noCounts,
        slices: done.slicesDone,
        pages: done.pages,
        requests: done.requests,
        rowsRead: done.rows,
        bytesRead: done.bytes,
      });
      this.adapt(batch.to - batch.from, Date.now() - startedMs);
      return true;
    } catch (error) {
      const failure = failureInfo(error);
      if (isCancellation(error)) throw error;
      await this.settleLoad();
      await this.loadDurablePart(batch);
      if (!this.mayWaitFor(failure)) throw error;
      await this.waitForQuota(failure.retryAfterMs ?? hour);
      return false;
    }
  }

  /** Batches grow and shrink, at most fourfold, so that an activity lasts seconds. */
  private adapt(slices: number, elapsedMs: number): void {
    const factor = Math.min(4, Math.max(0.25, this.limits.batchMs / Math.max(1, elapsedMs)));
    this.batchSize = Math.max(1, Math.min(2_000, Math.round(slices * factor)));
  }

  private mayWaitFor(failure: FailureInfo): boolean {
    const wait = failure.retryAfterMs ?? hour;
    return failure.kind === 'quota_exhausted' && this.quotaWaitedMs + wait <= this.limits.quotaWaitMs;
  }

  private async waitForQuota(waitMs: number): Promise<void> {
    await this.say(0);
    this.state = 'quota';
    this.quotaWaitedMs += waitMs;
    this.waitingUntil = Date.now() + waitMs;
    await sleep(waitMs);
    this.waitingUntil = undefined;
  }

  private startLoad(batch: BatchRef): void {
    this.load = this.loadInBackground(batch);
  }

  private async loadInBackground(batch: BatchRef): Promise<void> {
    try {
      const loaded = await this.loadWithHealing(batch);
      this.counts = addLoad(this.counts, loaded);
    } catch (error) {
      this.loadError = { error };
    }
  }

  private async settleLoad(): Promise<void> {
    await this.load;
    if (this.loadError !== undefined) throw this.loadError.error;
  }

  /** A landing file that is gone or altered is read again from the source, once; a second time it is a failure. */
  private async loadWithHealing(batch: BatchRef): Promise<LoadCounts> {
    const load = (): Promise<LoadCounts> => this.act.store.loadBatch({ ...batch, fence: this.fence });
    try {
      return await load();
    } catch (error) {
      if (failureInfo(error).kind !== 'drift') throw error;
      await this.act.source.extractBatch({ ...batch, lanes: 1 });
      return await load();
    }
  }

  /** What was read before a failure is not read again: it is loaded under a batch id of its own. */
  private async loadDurablePart(batch: BatchRef): Promise<void> {
    this.partials += 1;
    const loaded = await this.act.store.loadBatch({ ...batch, fence: this.fence, partial: this.partials });
    this.counts = addLoad(this.counts, loaded);
  }

  private batch(to: number): BatchRef {
    return { key: this.input.key, runId: this.input.runId, from: this.next, to };
  }

  /** Connections for the next batch: what the account's pool grants, at least one. */
  private async lanes(left: number): Promise<number> {
    const want = Math.min(left, this.input.pool);
    if (this.parentId === undefined) {
      this.holder.request(want);
      this.holder.grant({ seq: this.holder.save().seq, lanes: want });
      return want;
    }
    await this.say(want);
    if (this.holder.lanes === 0) this.state = 'queued';
    await condition(() => this.holder.lanes > 0);
    // A grant may have come in between that we do not want in full any more.
    return Math.min(this.holder.lanes, want);
  }

  private async say(want: number): Promise<void> {
    const message = this.holder.request(want);
    if (message === undefined || this.parentId === undefined) return;
    await getExternalWorkflowHandle(this.parentId).signal(laneRequest, { ...message, stream: this.input.key.stream });
  }

  private async continueIfLong(): Promise<void> {
    if (workflowInfo().historyLength < this.limits.maxEvents || this.slices === null) return;
    await this.settleLoad();
    await continueAsNew<typeof syncStream>({
      ...this.input,
      resume: {
        fence: this.fence,
        slices: this.slices,
        round: this.round,
        again: this.again,
        next: this.next,
        counts: this.counts,
        batchSize: this.batchSize,
        partials: this.partials,
        quotaWaitedMs: this.quotaWaitedMs,
        startedMs: this.startedMs,
        lanes: this.holder.save(),
      },
    });
  }

  private restore(resume: SyncStreamResume): void {
    this.fence = resume.fence;
    this.slices = resume.slices;
    this.round = resume.round;
    this.again = resume.again;
    this.next = resume.next;
    this.counts = resume.counts;
    this.batchSize = resume.batchSize;
    this.partials = resume.partials;
    this.quotaWaitedMs = resume.quotaWaitedMs;
  }

  private async finish(failure?: FailureInfo): Promise<StreamSummary> {
    this.state = 'finishing';
    this.result = await this.act.store.finishStream({
      key: this.input.key,
      runId: this.input.runId,
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
    await this.load;
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

const hour = 3_600_000;
