import {
  CancellationScope,
  condition,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  AccountPlan,
  FailureInfo,
  PlannedStream,
  StreamKey,
  StreamSummary,
  Verdict,
} from '../activities/index.ts';
import { failureInfo } from './failure-info.ts';
import { type Limits, limitsOf } from './limits.ts';
import { syncProgress } from './messages.ts';
import { type Proxies, proxies } from './proxies.ts';
import { StreamSync } from './stream-sync.ts';
import { combine } from '../src/contracts/counts.ts';
import { capSummary, capVerdict, unread } from './summaries.ts';
import type { StreamProgress, StreamResume, StreamState, SyncAccountInput, SyncAccountResult } from './types.ts';

/**
 * All streams of one account: each starts when the rows of the streams it is planned from are loaded, and all draw on
 * the account's budget of connections, which lives in the worker. A stream that fails stops only those that depend on it.
 */
export async function syncAccount(input: SyncAccountInput): Promise<SyncAccountResult> {
  return new AccountSync(input).run();
}

class AccountSync {
  private readonly input: SyncAccountInput;
  private readonly limits: Limits;
  private readonly act: Proxies;
  private readonly startedMs: number;
  private plan: readonly PlannedStream[] | undefined;
  private readonly reports = new Map<string, StreamSummary>();
  private readonly running = new Map<string, StreamSync>();
  /** Streams whose rows are loaded; the verdict may still be on its way. */
  private readonly loaded = new Set<string>();
  /** Streams that stopped because the history is full, and where they go on. */
  private readonly begun = new Map<string, StreamResume>();
  /** Grows whenever a stream is loaded or has ended. */
  private changes = 0;
  /** Set when the account cannot sign in at all: asking again for every stream would only repeat it. */
  private signIn: { readonly stream: string; readonly failure: FailureInfo } | undefined;

  constructor(input: SyncAccountInput) {
    this.input = input;
    this.limits = limitsOf(input.tuning);
    this.act = proxies(this.limits);
    const { resume } = input;
    this.startedMs = resume?.startedMs ?? Date.now();
    if (resume !== undefined) {
      this.plan = resume.plan;
      for (const report of resume.reports) this.take(report.key.stream, report);
      for (const [stream, at] of Object.entries(resume.begun)) this.begun.set(stream, at);
    }
    setHandler(syncProgress, () => ({
      kind: 'sync',
      runId: input.runId,
      source: input.source,
      accountId: input.accountId,
      streams: (this.plan ?? []).map((planned) => this.progressOf(planned)),
    }));
  }

  async run(): Promise<SyncAccountResult> {
    try {
      const plan = this.plan ?? (await this.begin());
      await this.syncAll(plan);
      return await this.finish(plan);
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error;
      await CancellationScope.nonCancellable(() => this.leave(error));
      throw error;
    }
  }

  /** After a cancellation the streams come to their own clean end first. */
  private async leave(error: unknown): Promise<void> {
    await condition(() => this.running.size === 0);
    const failure = failureInfo(error);
    try {
      const verdict = this.plan === undefined ? null : this.verdict(this.plan);
      await this.note(isCancellation(error) ? 'cancelled' : 'failed', verdict, failure.message);
    } catch (noteError) {
      log.error('the run log could not be written', { error: failureInfo(noteError).message });
    }
  }

  private async begin(): Promise<readonly PlannedStream[]> {
    const { accountId, streams } = this.input;
    const [noted, planned] = await Promise.allSettled([
      this.note('running', null, null),
      this.act.store.planAccount({ accountId, ...(streams === undefined ? {} : { streams }) }),
    ] satisfies [Promise<void>, Promise<AccountPlan>]);
    if (noted.status === 'rejected') throw noted.reason;
    if (planned.status === 'rejected') throw planned.reason;
    this.plan = planned.value.streams;
    return this.plan;
  }

  private async syncAll(plan: readonly PlannedStream[]): Promise<void> {
    for (;;) {
      const seen = this.changes;
      const left = plan.filter(({ stream }) => !this.reports.has(stream) && !this.running.has(stream));
      if (left.length === 0 && this.running.size === 0) return;
      // Near the end of the history nothing new is begun; when all streams have stopped, a new run goes on.
      const isFull = workflowInfo().historyLength >= this.limits.maxEvents;
      if (isFull && this.running.size === 0) await this.continueWith(plan);
      if (!isFull) await this.startReady(left);
      await condition(() => this.changes !== seen);
    }
  }

  private async startReady(left: readonly PlannedStream[]): Promise<void> {
    for (const planned of left) {
      const failed = planned.dependsOn.find((name) => this.reports.get(name)?.failure !== undefined);
      const resume = this.begun.get(planned.stream);
      if (resume !== undefined) {
        this.start(planned.stream, resume);
      } else if (this.signIn !== undefined) {
        const { stream, failure } = this.signIn;
        await this.skip(planned.stream, `not read, because signing in failed in ${stream}: ${failure.message}`);
      } else if (failed !== undefined) {
        await this.skip(planned.stream, `not read, because it is planned from ${failed}, which was not read`);
      } else if (planned.dependsOn.every((name) => this.loaded.has(name))) {
        this.start(planned.stream);
      }
    }
  }

  private start(stream: string, resume?: StreamResume): void {
    const key = this.key(stream);
    const { limits, act } = this;
    const sync = new StreamSync({
      key,
      runId: this.input.runId,
      limits,
      act,
      onLoaded: () => {
        this.loaded.add(stream);
        this.changes += 1;
      },
      ...(resume === undefined ? {} : { resume }),
    });
    this.running.set(stream, sync);
    this.begun.delete(stream);
    void sync.run().then(
      (report) => this.ended(stream, report),
      (error: unknown) => this.ended(stream, unread(key, failureInfo(error))),
    );
  }

  private ended(stream: string, report: StreamSummary | undefined): void {
    const sync = this.running.get(stream);
    this.running.delete(stream);
    if (report !== undefined) this.take(stream, capSummary(report));
    else if (sync !== undefined) this.begun.set(stream, sync.save());
    this.changes += 1;
  }

  private take(stream: string, report: StreamSummary): void {
    this.reports.set(stream, report);
    const { failure } = report;
    if (failure === undefined) this.loaded.add(stream);
    else if (failure.kind === 'auth' && failure.status === 401) this.signIn ??= { stream, failure };
  }

  private async skip(stream: string, message: string): Promise<void> {
    const { runId } = this.input;
    const failure: FailureInfo = { kind: 'skipped', message };
    const key = this.key(stream);
    const report = unread(key, failure);
    this.take(stream, capSummary(report));
    this.changes += 1;
    await this.act.store.finishStream({ key, runId, counts: report.counts, planned: 0, durationMs: 0, failure });
  }

  private async continueWith(plan: readonly PlannedStream[]): Promise<void> {
    await continueAsNew<typeof syncAccount>({
      ...this.input,
      resume: {
        plan,
        reports: [...this.reports.values()],
        begun: Object.fromEntries(this.begun),
        startedMs: this.startedMs,
      },
    });
  }

  private async finish(plan: readonly PlannedStream[]): Promise<SyncAccountResult> {
    const { accountId, source, runId } = this.input;
    const verdict = this.verdict(plan);
    await this.note('done', verdict, null);
    if (this.input.partOfRun !== true) await this.act.store.publish({ runId });
    return {
      source,
      accountId,
      runId,
      verdict: capVerdict(verdict),
      streams: plan.flatMap(({ stream }) => this.reports.get(stream) ?? []),
      durationMs: Date.now() - this.startedMs,
    };
  }

  private verdict(plan: readonly PlannedStream[]): Verdict {
    return combine(
      plan.map(({ stream }) => ({ name: stream, verdict: this.reports.get(stream)?.verdict ?? notReached })),
    );
  }

  private async note(
    status: 'running' | 'done' | 'failed' | 'cancelled',
    verdict: Verdict | null,
    message: string | null,
  ): Promise<void> {
    if (this.input.partOfRun === true) return;
    const { runId, accountId } = this.input;
    await this.act.store.noteRun({
      runId,
      kind: 'sync',
      accountId,
      status,
      verdict: verdict === null ? null : capVerdict(verdict, 20),
      message,
    });
  }

  private key(stream: string): StreamKey {
    return { source: this.input.source, accountId: this.input.accountId, stream };
  }

  private progressOf({ stream, dependsOn }: PlannedStream): StreamProgress {
    const report = this.reports.get(stream);
    const running = this.running.get(stream);
    if (report === undefined && running !== undefined) return running.progress();
    const waitingFor = dependsOn.filter((name) => !this.loaded.has(name));
    return {
      stream,
      state: report === undefined ? 'waiting' : stateOf(report),
      slicesDone: report?.counts.slices ?? 0,
      slices: report?.counts.slices ?? null,
      pages: report?.counts.pages ?? 0,
      rows: report?.counts.rowsRead ?? 0,
      requests: report?.counts.requests ?? 0,
      ...(report !== undefined || waitingFor.length === 0 ? {} : { waitingFor: waitingFor.join(', ') }),
      ...(report === undefined ? {} : { verdict: report.verdict }),
      ...(report?.failure === undefined ? {} : { failure: report.failure }),
    };
  }
}

/** Of a stream that was not begun before the sync ended. */
const notReached: Verdict = { kind: 'incomplete', missing: ['not read'], gaps: [] };

function stateOf(report: StreamSummary): StreamState {
  if (report.failure === undefined) return 'done';
  return report.failure.kind === 'skipped' ? 'skipped' : report.failure.kind === 'cancelled' ? 'cancelled' : 'failed';
}
