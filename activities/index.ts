import type { Attempt } from './attempts.ts';
import { Attempts } from './attempts.ts';
import type { Deps, Notified } from './deps.ts';
import { extractBatch } from './extract-batch.ts';
import { toFailure } from './failures.ts';
import { finishStream } from './finish-stream.ts';
import { loadBatch } from './load-batch.ts';
import { lookAhead } from './look-ahead.ts';
import { noteRun } from './note-run.ts';
import { planAccount } from './plan-account.ts';
import { planPipeline } from './plan-pipeline.ts';
import { planStream } from './plan-stream.ts';
import { notify, publish, report } from './publish.ts';
import { runAction, runActions } from './run-action.ts';
import type {
  AccountPlan,
  AccountPlanInput,
  ActionInput,
  ActionOutcome,
  ActionsInput,
  Ahead,
  BatchRef,
  ExtractProgress,
  FinishStreamInput,
  LoadCounts,
  LoadInput,
  LookAheadInput,
  PipelinePlan,
  PlanStreamInput,
  RunNote,
  StreamPlan,
  StreamRef,
  StreamSummary,
  TransformPlan,
  TransformPlanInput,
} from './types.ts';

export type { Deps, Logger, Notified } from './deps.ts';
export { lookAhead, type LookDeps } from './look-ahead.ts';
export { openReaderThreads } from './reader-threads.ts';
export { createTransformRunner } from './transform-runner.ts';
export type * from './types.ts';

/** The activities as workflows see them: names, counts and verdicts in and out. */
export type Activities = {
  planPipeline(input: { readonly runId: string; readonly accounts?: readonly string[] }): Promise<PipelinePlan>;
  planAccount(input: AccountPlanInput): Promise<AccountPlan>;
  planStream(input: PlanStreamInput): Promise<StreamPlan>;
  extractBatch(input: BatchRef): Promise<ExtractProgress>;
  loadBatch(input: LoadInput): Promise<LoadCounts>;
  finishStream(input: FinishStreamInput): Promise<StreamSummary>;
  planTransform(input: TransformPlanInput): Promise<TransformPlan>;
  runAction(input: ActionInput): Promise<ActionOutcome>;
  runActions(input: ActionsInput): Promise<readonly ActionOutcome[]>;
  publish(input: { readonly runId: string }): Promise<void>;
  report(input: { readonly runId: string }): Promise<{ readonly written: boolean }>;
  notify(input: { readonly runId: string }): Promise<Notified>;
  noteRun(input: RunNote): Promise<void>;
  lookAhead(input: LookAheadInput): Promise<Ahead>;
};

/** Binds the activities to their world: heartbeats, one attempt at a time, failures translated and redacted. */
export function createActivities(deps: Deps): Activities {
  const attempts = new Attempts();
  const guarded = async <T>(name: string, place: string | null, work: (attempt: Attempt) => Promise<T>): Promise<T> => {
    try {
      return await attempts.run(place, work);
    } catch (error) {
      const failure = toFailure(error);
      deps.logger.debug({ activity: name, failure: failure.message }, 'activity failed');
      throw failure;
    }
  };
  return {
    planPipeline: (input) => guarded('planPipeline', null, async () => planPipeline(deps, input)),
    planAccount: (input) => guarded('planAccount', null, async () => planAccount(deps, input)),
    planStream: (input) => guarded('planStream', placeOf('plan', input), () => planStream(deps, input)),
    extractBatch: (input) =>
      guarded('extractBatch', placeOfBatch('extract', input), (attempt) => extractBatch(deps, input, attempt)),
    loadBatch: (input) => guarded('loadBatch', placeOf('load', input), () => loadBatch(deps, input)),
    finishStream: (input) => guarded('finishStream', placeOf('finish', input), () => finishStream(deps, input)),
    planTransform: ({ runId, select }) =>
      guarded('planTransform', 'plan transform', () => deps.transform.plan(runId, select)),
    runAction: (input) => guarded('runAction', `action ${input.name}`, ({ signal }) => runAction(deps, input, signal)),
    runActions: (input) =>
      guarded('runActions', `action ${input.names[0]}`, ({ signal }) => runActions(deps, input, signal)),
    publish: (input) => guarded('publish', 'publish', () => publish(deps, input)),
    report: (input) => guarded('report', 'report', () => report(deps, input)),
    notify: () => guarded('notify', 'notify', ({ signal }) => notify(deps, signal)),
    noteRun: (input) => guarded('noteRun', null, () => noteRun(deps, input)),
    lookAhead: (input) => guarded('lookAhead', null, () => lookAhead(deps, input)),
  };
}

function placeOf(what: string, { key, runId }: StreamRef): string {
  return JSON.stringify([what, key.source, key.accountId, key.stream, runId]);
}

function placeOfBatch(what: string, batch: BatchRef): string {
  return `${placeOf(what, batch)} ${batch.from}`;
}
