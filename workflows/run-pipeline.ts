import { CancellationScope, ContinueAsNew, isCancellation, log, patched, setHandler } from '@temporalio/workflow';
import type { AccountRef, FailureInfo, Notified, RunNote, Verdict } from '../activities/index.ts';
import { runChildWhenFree } from './busy.ts';
import { failureInfo, whatOf } from './failure-info.ts';
import { syncAccountId, transformId } from './ids.ts';
import { type Limits, limitsOf } from './limits.ts';
import { pipelineProgress } from './messages.ts';
import { type Proxies, proxies } from './proxies.ts';
import { runTransform } from './run-transform.ts';
import { addCounts, combine, noCounts } from '../src/contracts/counts.ts';
import { capVerdict } from './summaries.ts';
import { syncAccount } from './sync-account.ts';
import type {
  AccountOutcome,
  PipelineProgress,
  RunPipelineInput,
  RunPipelineResult,
  SyncAccountResult,
  TransformResult,
} from './types.ts';

/**
 * Sync of every account, then models and tests, then the readers' copy and the report. What could not be read keeps
 * its last good rows and is named in the verdict; a failed model or blocking test publishes nothing.
 */
export async function runPipeline(input: RunPipelineInput): Promise<RunPipelineResult> {
  return new PipelineRun(input).run();
}

class PipelineRun {
  private readonly input: RunPipelineInput;
  private readonly limits: Limits;
  private readonly act: Proxies;
  private readonly startedMs = Date.now();
  private step: PipelineProgress['step'] = 'planning';
  private accounts: readonly AccountRef[] = [];

  constructor(input: RunPipelineInput) {
    this.input = input;
    this.limits = limitsOf(input.tuning);
    this.act = proxies(this.limits);
    setHandler(pipelineProgress, () => ({
      kind: 'pipeline',
      runId: input.runId,
      step: this.step,
      // Those that have ended too: who looks now and then is to hear how their last streams ended. One that still waits for
      // somebody else's sync shows nothing of it: that speaks for another run.
      children: [
        ...(this.step === 'sync' || this.step === 'transform'
          ? this.accounts.map(({ source, accountId }) => syncAccountId(source, accountId))
          : []),
        ...(this.step === 'transform' ? [transformId] : []),
      ],
    }));
  }

  async run(): Promise<RunPipelineResult> {
    try {
      await this.note('running', null, null);
      const outcomes = await this.sync();
      this.step = 'transform';
      const transform = await this.transform();
      return await this.finish(outcomes, transform);
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error;
      await CancellationScope.nonCancellable(() => this.leave(error));
      throw error;
    }
  }

  private async sync(): Promise<readonly AccountOutcome[]> {
    const { accounts, runId } = this.input;
    const plan = await this.act.store.planPipeline({ runId, ...(accounts === undefined ? {} : { accounts }) });
    this.step = 'sync';
    this.accounts = plan.accounts;
    return Promise.all(plan.accounts.map((account) => this.syncOne(account)));
  }

  private async syncOne(account: AccountRef): Promise<AccountOutcome> {
    try {
      const result = await runChildWhenFree(syncAccount, {
        workflowId: syncAccountId(account.source, account.accountId),
        runId: this.input.runId,
        args: [{ ...account, runId: this.input.runId, partOfRun: true, ...this.tuning() }],
        busyWaitMs: this.limits.busyWaitMs,
      });
      return outcomeOf(account, result);
    } catch (error) {
      if (!isCancellation(error)) return unsynced(account, failureInfo(error));
      // Runs that began before this rule end with the one account that somebody cancelled.
      if (CancellationScope.current().consideredCancelled || !patched('one account cancelled')) throw error;
      return unsynced(account, cancelledAlone);
    }
  }

  private async transform(): Promise<TransformResult> {
    const { runId, select } = this.input;
    return runChildWhenFree(runTransform, {
      workflowId: transformId,
      runId,
      args: [{ runId, partOfRun: true, ...(select === undefined ? {} : { select }), ...this.tuning() }],
      busyWaitMs: this.limits.busyWaitMs,
    });
  }

  private async finish(outcomes: readonly AccountOutcome[], transform: TransformResult): Promise<RunPipelineResult> {
    const { runId } = this.input;
    const verdict = combine(outcomes.map((outcome) => ({ name: outcome.accountId, verdict: outcome.verdict })));
    const message = transform.blocked ? (transform.failed[0]?.message ?? 'a model failed') : null;
    // Before publishing, so that the readers' copy says how this run ended.
    await this.note(transform.blocked ? 'failed' : 'done', verdict, message);
    let reported = false;
    let alerts: Notified | null = null;
    if (!transform.blocked) {
      this.step = 'publish';
      await this.act.store.publish({ runId });
      // Runs that began before there were alerts end without them.
      if (patched('alerts')) alerts = await this.tellAlerts();
      this.step = 'report';
      ({ written: reported } = await this.act.store.report({ runId }));
    }
    this.step = 'done';
    return {
      runId,
      verdict: capVerdict(verdict),
      accounts: outcomes,
      transform,
      published: !transform.blocked,
      reported,
      alerts,
      durationMs: Date.now() - this.startedMs,
    };
  }

  /** The numbers are published by now: alerts that cannot be told do not undo them. */
  private async tellAlerts(): Promise<Notified | null> {
    try {
      return await this.act.store.notify({ runId: this.input.runId });
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.error('the alerts could not be told', { error: failureInfo(error).message });
      return null;
    }
  }

  private async leave(error: unknown): Promise<void> {
    try {
      await this.note(isCancellation(error) ? 'cancelled' : 'failed', null, failureInfo(error).message);
    } catch (noteError) {
      log.error('the run log could not be written', { error: failureInfo(noteError).message });
    }
  }

  private async note(status: RunNote['status'], verdict: Verdict | null, message: string | null): Promise<void> {
    await this.act.store.noteRun({
      runId: this.input.runId,
      kind: 'pipeline',
      accountId: null,
      status,
      verdict: verdict === null ? null : capVerdict(verdict, 20),
      message,
    });
  }

  private tuning(): Pick<RunPipelineInput, 'tuning'> {
    return this.input.tuning === undefined ? {} : { tuning: this.input.tuning };
  }
}

function outcomeOf(account: AccountRef, result: SyncAccountResult): AccountOutcome {
  return {
    source: account.source,
    accountId: account.accountId,
    verdict: capVerdict(result.verdict, 5, 150),
    counts: result.streams.reduce((sum, { counts }) => addCounts(sum, counts), noCounts),
    streams: result.streams.length,
    troubled: result.streams
      .filter(({ verdict, failure }) => failure !== undefined || verdict.kind !== 'complete')
      .slice(0, 10)
      .map(({ key, verdict, failure }) => ({
        stream: key.stream,
        kind: failure?.kind ?? verdict.kind,
        ...(failure === undefined ? { message: (verdict.missing[0] ?? '').slice(0, 200) } : wordsOf(failure)),
      })),
  };
}

/** What happened and what to do, each cut by itself: the one must not cost the other its end. */
function wordsOf(failure: FailureInfo): Pick<FailureInfo, 'message' | 'fix' | 'code'> {
  const { fix, code } = failure;
  return {
    message: whatOf(failure, 200),
    ...(fix === undefined ? {} : { fix: fix.slice(0, 400) }),
    ...(code === undefined ? {} : { code }),
  };
}

/** Somebody cancelled the one sync, not the run: the other accounts and the models go on, as after any failure of one. */
const cancelledAlone: FailureInfo = {
  kind: 'stopped',
  message: 'the sync of this account was cancelled: what it had loaded is there, and the next run goes on from it',
};

function unsynced(account: AccountRef, failure: FailureInfo): AccountOutcome {
  return {
    source: account.source,
    accountId: account.accountId,
    verdict: { kind: 'incomplete', missing: [failure.message], gaps: [] },
    counts: noCounts,
    streams: 0,
    troubled: [],
    failure,
  };
}
