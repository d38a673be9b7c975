import {
  CancellationScope,
  condition,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ActionOutcome, PlannedAction } from '../activities/index.ts';
import { failureInfo } from './failure-info.ts';
import { type Limits, limitsOf } from './limits.ts';
import { transformProgress } from './messages.ts';
import { type Proxies, proxies } from './proxies.ts';
import type { RunTransformInput, TransformResult } from './types.ts';

/** At most so many failed actions are named in history; all are in the warehouse. */
const maxNamed = 20;

/** Quick actions given to one activity: enough to make its price small, few enough to leave some for the others. */
const batchSize = 6;

type Batch = readonly [PlannedAction, ...PlannedAction[]];

/** Runs the models in dependency order, a few at a time. A failed one stops only those that build on it. */
export async function runTransform(input: RunTransformInput): Promise<TransformResult> {
  return new TransformRun(input).run();
}

class TransformRun {
  private readonly input: RunTransformInput;
  private readonly limits: Limits;
  private readonly act: Proxies;
  private readonly finished: Map<string, 'ok' | 'failed'>;
  /** Actions that activities have been given. */
  private readonly given = new Set<string>();
  /** The first of each batch: which of them it is at, only the activity knows. */
  private readonly running = new Set<string>();
  /** Grows whenever an activity ends: what it has left undone is ready again. */
  private ends = 0;
  private planned: number | null = null;
  private result: TransformResult;
  private stop: { readonly error: unknown } | undefined;

  constructor(input: RunTransformInput) {
    this.input = input;
    this.limits = limitsOf(input.tuning);
    this.act = proxies(this.limits);
    this.finished = new Map(Object.entries(input.resume?.finished ?? {}));
    this.result = input.resume?.result ?? nothing;
    setHandler(transformProgress, () => ({
      kind: 'transform',
      runId: input.runId,
      planned: this.planned,
      done: this.result.done,
      unchanged: this.result.unchanged,
      failed: this.result.failedCount,
      skipped: this.result.skippedCount,
      running: [...this.running],
    }));
  }

  async run(): Promise<TransformResult> {
    try {
      await this.note('running', null);
      await this.runAll();
      await this.note(this.result.blocked ? 'failed' : 'done', this.result.failed[0]?.message ?? null);
      if (this.input.partOfRun !== true && !this.result.blocked) {
        await this.act.store.publish({ runId: this.input.runId });
      }
      return this.result;
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error;
      await CancellationScope.nonCancellable(async () => {
        await condition(() => this.running.size === 0);
        await this.note(isCancellation(error) ? 'cancelled' : 'failed', failureInfo(error).message);
      });
      throw error;
    }
  }

  private async runAll(): Promise<void> {
    const { runId, select } = this.input;
    const plan = await this.act.store.planTransform({ runId, ...(select === undefined ? {} : { select }) });
    this.planned = plan.actions.length;
    if (this.input.resume === undefined) this.result = { ...this.result, unchanged: plan.unchanged };
    const names = new Set(plan.actions.map(({ name }) => name));
    const actions = plan.actions.map((action) => ({
      ...action,
      dependsOn: action.dependsOn.filter((name) => names.has(name)),
    }));
    for (;;) {
      const left = actions.filter(({ name }) => !this.finished.has(name) && !this.given.has(name));
      if (left.length === 0 && this.running.size === 0) return;
      const full = workflowInfo().historyLength >= this.limits.maxEvents;
      if (full && this.running.size === 0) await this.continueAnew();
      const [before, ends] = [this.finished.size, this.ends];
      if (!full) this.startReady(left);
      // An action may have been skipped in passing: only wait when nothing moved.
      if (this.finished.size === before) await condition(() => this.ends > ends || this.stop !== undefined);
      if (this.stop !== undefined) throw this.stop.error;
    }
  }

  private startReady(left: readonly PlannedAction[]): void {
    for (const [index, action] of left.entries()) {
      if (action.dependsOn.some((name) => this.finished.get(name) === 'failed')) {
        this.finished.set(action.name, 'failed');
        this.result = { ...this.result, skippedCount: this.result.skippedCount + 1 };
      } else if (
        !this.given.has(action.name) &&
        this.running.size < this.limits.parallelActions &&
        action.dependsOn.every((name) => this.finished.get(name) === 'ok')
      ) {
        void this.runBatch(this.batchFrom(action, left.slice(index + 1)));
      }
    }
  }

  /** An action that is ready and, where it is quick, quick ones after it that wait for nothing but finished ones and each other. */
  private batchFrom(first: PlannedAction, others: readonly PlannedAction[]): Batch {
    const batch: [PlannedAction, ...PlannedAction[]] = [first];
    const isIn = (name: string): boolean => batch.some((action) => action.name === name);
    for (const action of first.isQuick === true ? others : []) {
      if (batch.length === batchSize) break;
      const isReady = action.dependsOn.every((name) => this.finished.get(name) === 'ok' || isIn(name));
      if (action.isQuick === true && isReady) batch.push(action);
    }
    return batch;
  }

  private async runBatch(batch: Batch): Promise<void> {
    const [first] = batch;
    for (const { name } of batch) this.given.add(name);
    this.running.add(first.name);
    try {
      const outcomes = await this.outcomesOf(batch);
      for (const [index, outcome] of outcomes.entries()) this.ended(batch[index] ?? first, outcome);
    } catch (error) {
      if (isCancellation(error)) this.stop = { error };
      else this.failed(first, failureInfo(error).message);
    } finally {
      for (const { name } of batch) this.given.delete(name);
      this.running.delete(first.name);
      this.ends += 1;
    }
  }

  /** Of those that ran, in the order of the batch; histories from before there were batches have an activity for each. */
  private async outcomesOf([first, ...others]: Batch): Promise<readonly ActionOutcome[]> {
    const { runId } = this.input;
    const { runAction, runActions } = this.act.store;
    if (others.length === 0) return [await runAction({ runId, name: first.name })];
    return runActions({ runId, names: [first.name, ...others.map(({ name }) => name)] });
  }

  private ended(action: PlannedAction, { status, message }: ActionOutcome): void {
    if (status === 'failed') this.failed(action, message ?? 'failed without a message');
    else {
      this.finished.set(action.name, 'ok');
      this.result = { ...this.result, [status]: this.result[status] + 1 };
    }
  }

  /** A model that fails keeps its last good rows, and nothing is published; so does a blocking test. */
  private failed(action: PlannedAction, message: string): void {
    this.finished.set(action.name, action.blocking ? 'failed' : 'ok');
    const { failed } = this.result;
    this.result = {
      ...this.result,
      failed:
        failed.length < maxNamed
          ? [...failed, { name: action.name, message: message.slice(0, 500), blocking: action.blocking }]
          : failed,
      failedCount: this.result.failedCount + 1,
      blocked: this.result.blocked || action.blocking,
    };
  }

  private async continueAnew(): Promise<void> {
    await continueAsNew<typeof runTransform>({
      ...this.input,
      resume: { finished: Object.fromEntries(this.finished), result: this.result },
    });
  }

  private async note(status: 'running' | 'done' | 'failed' | 'cancelled', message: string | null): Promise<void> {
    if (this.input.partOfRun === true) return;
    await this.act.store.noteRun({
      runId: this.input.runId,
      kind: 'transform',
      accountId: null,
      status,
      verdict: null,
      message,
    });
  }
}

const nothing: TransformResult = {
  done: 0,
  unchanged: 0,
  failed: [],
  failedCount: 0,
  skippedCount: 0,
  blocked: false,
};
