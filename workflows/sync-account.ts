import {
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  ContinueAsNew,
  continueAsNew,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  ParentClosePolicy,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { FailureInfo, PlannedStream, StreamKey, StreamSummary, Verdict } from '../activities/index.ts';
import { failureInfo } from './failure-info.ts';
import { syncStreamId } from './ids.ts';
import { LanePool } from './lane-pool.ts';
import { type Limits, limitsOf } from './limits.ts';
import { laneGrant, laneRequest, syncProgress } from './messages.ts';
import { type Proxies, proxies } from './proxies.ts';
import { capSummary, capVerdict, combine, unread } from './summaries.ts';
import { syncStream } from './sync-stream.ts';
import type { StreamProgress, StreamState, SyncAccountInput, SyncAccountResult } from './types.ts';

/**
 * All streams of one account: each starts when the streams it is planned from are done, and all share the account's
 * connections. A stream that fails stops only those that depend on it.
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
  private pool: LanePool | undefined;
  private readonly reports = new Map<string, StreamSummary>();
  private readonly running = new Set<string>();
  private readonly sending = new Set<Promise<void>>();
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
      this.pool = new LanePool(resume.lanes);
      for (const report of resume.reports) this.reports.set(report.key.stream, report);
    }
    setHandler(laneRequest, ({ stream, ...request }) => {
      // A message that was still on its way when its stream ended must not bring the stream back.
      if (!this.running.has(stream)) return;
      this.pool?.request(stream, request);
      this.grantLanes();
    });
    setHandler(syncProgress, () => ({
      kind: 'sync',
      runId: input.runId,
      source: input.source,
      accountId: input.accountId,
      lanes: this.pool?.size ?? 0,
      streams: (this.plan ?? []).map((planned) => this.progressOf(planned)),
    }));
  }

  async run(): Promise<SyncAccountResult> {
    try {
      if (this.plan === undefined) await this.begin();
      await this.syncAll(this.plan ?? []);
      return await this.finish();
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
      await this.note(isCancellation(error) ? 'cancelled' : 'failed', this.verdict(), failure.message);
    } catch (noteError) {
      log.error('the run log could not be written', { error: failureInfo(noteError).message });
    }
  }

  private async begin(): Promise<void> {
    await this.note('running', null, null);
    const { accountId, streams } = this.input;
    const plan = await this.act.store.planAccount({ accountId, ...(streams === undefined ? {} : { streams }) });
    this.pool = new LanePool(plan.lanes);
    this.plan = plan.streams;
  }

  private async syncAll(plan: readonly PlannedStream[]): Promise<void> {
    for (;;) {
      const left = plan.filter(({ stream }) => !this.reports.has(stream) && !this.running.has(stream));
      if (left.length === 0 && this.running.size === 0) break;
      // Near the end of the history nothing new is started; when all children are in, the rest goes to a new run.
      const full = workflowInfo().historyLength >= this.limits.maxEvents;
      if (full && this.running.size === 0) await this.continueWith(plan);
      const before = this.reports.size;
      if (!full) await this.startReady(left);
      if (this.reports.size === before) await condition(() => this.reports.size > before);
    }
    await Promise.all(this.sending);
  }

  private async startReady(left: readonly PlannedStream[]): Promise<void> {
    for (const planned of left) {
      const failed = planned.dependsOn.find((name) => this.failed(name));
      if (this.signIn !== undefined) {
        const { stream, failure } = this.signIn;
        await this.skip(planned.stream, `not read, because signing in failed in ${stream}: ${failure.message}`);
      } else if (failed !== undefined) {
        await this.skip(planned.stream, `not read, because it is planned from ${failed}, which was not read`);
      } else if (planned.dependsOn.every((name) => this.reports.has(name))) {
        this.start(planned.stream);
      }
    }
  }

  private failed(stream: string): boolean {
    return this.reports.get(stream)?.failure !== undefined;
  }

  private start(stream: string): void {
    this.running.add(stream);
    const key = this.key(stream);
    const lanes = this.pool?.admit(stream);
    const child = executeChild(syncStream, {
      workflowId: syncStreamId(key),
      args: [
        {
          key,
          runId: this.input.runId,
          pool: this.pool?.size ?? 1,
          ...(lanes === undefined ? {} : { lanes }),
          ...(this.input.tuning === undefined ? {} : { tuning: this.input.tuning }),
        },
      ],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    });
    void child.then(
      (report) => this.ended(stream, report),
      (error: unknown) => this.ended(stream, unread(key, failureInfo(error))),
    );
  }

  private ended(stream: string, report: StreamSummary): void {
    if (report.failure?.kind === 'auth' && report.failure.status === 401) {
      this.signIn ??= { stream, failure: report.failure };
    }
    this.reports.set(stream, capSummary(report));
    this.running.delete(stream);
    this.pool?.release(stream);
    this.grantLanes();
  }

  private async skip(stream: string, message: string): Promise<void> {
    const { runId } = this.input;
    const failure: FailureInfo = { kind: 'skipped', message };
    const key = this.key(stream);
    const report = unread(key, failure);
    this.reports.set(stream, capSummary(report));
    await this.act.store.finishStream({ key, runId, counts: report.counts, planned: 0, durationMs: 0, failure });
  }

  private grantLanes(): void {
    for (const [stream, grant] of this.pool?.distribute() ?? []) {
      const sent = getExternalWorkflowHandle(syncStreamId(this.key(stream)))
        .signal(laneGrant, grant)
        .catch((error: unknown) => {
          // The stream has ended meanwhile: its lanes come back with its report.
          log.debug('a grant of lanes found no reader', { stream, error: failureInfo(error).message });
        })
        .finally(() => this.sending.delete(sent));
      this.sending.add(sent);
    }
  }

  private async continueWith(plan: readonly PlannedStream[]): Promise<void> {
    await Promise.all(this.sending);
    await continueAsNew<typeof syncAccount>({
      ...this.input,
      resume: {
        lanes: this.pool?.size ?? 1,
        plan,
        reports: [...this.reports.values()],
        startedMs: this.startedMs,
      },
    });
  }

  private async finish(): Promise<SyncAccountResult> {
    const { accountId, source, runId } = this.input;
    const verdict = this.verdict();
    await this.note('done', verdict, null);
    if (this.input.partOfRun !== true) await this.act.store.publish({ runId });
    return {
      source,
      accountId,
      runId,
      verdict: capVerdict(verdict),
      streams: [...this.reports.values()],
      durationMs: Date.now() - this.startedMs,
    };
  }

  private verdict(): Verdict {
    return combine([...this.reports.values()].map(({ key, verdict }) => ({ name: key.stream, verdict })));
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
    const waitingFor = dependsOn.filter((name) => !this.reports.has(name));
    const running = this.running.has(stream);
    return {
      stream,
      state: report === undefined ? (running ? 'extracting' : 'waiting') : stateOf(report),
      slicesDone: report?.counts.slices ?? 0,
      slices: report?.counts.slices ?? null,
      pages: report?.counts.pages ?? 0,
      rows: report?.counts.rowsRead ?? 0,
      requests: report?.counts.requests ?? 0,
      lanes: this.pool?.held(stream) ?? 0,
      ...(running || waitingFor.length === 0 ? {} : { waitingFor: waitingFor.join(', ') }),
      ...(report === undefined ? {} : { verdict: report.verdict }),
      ...(report?.failure === undefined ? {} : { failure: report.failure }),
    };
  }
}

function stateOf(report: StreamSummary): StreamState {
  if (report.failure === undefined) return 'done';
  return report.failure.kind === 'skipped' ? 'skipped' : report.failure.kind === 'cancelled' ? 'cancelled' : 'failed';
}
