import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { expect, it } from 'vitest';
import type { RunRecord, Warehouse } from '../warehouse/port.ts';
import { closeForgottenRuns } from './forgotten-runs.ts';

const now = '2026-06-30T12:00:00.000Z';

type Known = { readonly status: string; readonly runId: string; readonly taskQueue?: string };

/** What Temporal knows, by workflow id; `undefined` there: the server does not answer. */
function clientOf(known: Readonly<Record<string, Known | undefined>>): Client {
  const describe = async (workflowId: string) => {
    if (!(workflowId in known)) throw new WorkflowNotFoundError('no such workflow', workflowId, undefined);
    const found = known[workflowId];
    if (found === undefined) throw new Error('no answer');
    if (found.taskQueue !== undefined) throw new Error('A payload was encrypted with another key');
    return { status: { name: found.status }, memo: { runId: found.runId } };
  };
  const workflowService = {
    describeWorkflowExecution: async ({ execution }: { execution: { workflowId: string } }) => {
      const { workflowId } = execution;
      if (!(workflowId in known))
        throw Object.assign(new Error('no such workflow'), { code: 5, details: '', metadata: {} });
      const { taskQueue = 'ours', status = 'RUNNING' } = known[workflowId] ?? {};
      const workflowExecutionInfo = { status: status === 'RUNNING' ? 1 : 5 };
      return { executionConfig: { taskQueue: { name: taskQueue } }, workflowExecutionInfo };
    },
  };
  const workflow = { getHandle: (workflowId: string) => ({ describe: () => describe(workflowId) }) };
  return { workflow, workflowService, options: { namespace: 'default' } } as unknown as Client;
}

const run = (runId: string, kind: RunRecord['kind'], more: Partial<RunRecord> = {}): RunRecord => ({
  runId,
  kind,
  accountId: null,
  startedAt: now,
  finishedAt: null,
  status: 'running',
  verdict: null,
  message: null,
  ...more,
});

async function close(runs: readonly RunRecord[], known: Readonly<Record<string, Known | undefined>>) {
  const recorded: RunRecord[] = [];
  const warehouse = {
    latestRuns: async (limit: number) => runs.slice(0, limit),
    runningRuns: async () => runs.filter(({ status }) => status === 'running'),
    recordRun: async (record: RunRecord) => void recorded.push(record),
  } as unknown as Warehouse;
  const closed = await closeForgottenRuns({
    client: clientOf(known),
    taskQueue: 'ours',
    warehouse,
    clock: { now: () => now },
    syncId: (accountId) => (accountId === 'gone' ? undefined : `sync/fake/${accountId}`),
  });
  return { closed, recorded };
}

it('closes what Temporal knows nothing of, or knows only as another run or an ended one', async () => {
  const { closed, recorded } = await close(
    [
      run('goes-on', 'pipeline'),
      run('another', 'transform'),
      run('ended', 'sync', { accountId: 'shop' }),
      run('unknown', 'sync', { accountId: 'news' }),
      run('removed', 'sync', { accountId: 'gone' }),
      run('was-done', 'sync', { accountId: 'news', status: 'done', finishedAt: now }),
    ],
    {
      pipeline: { status: 'RUNNING', runId: 'goes-on' },
      transform: { status: 'RUNNING', runId: 'newer' },
      'sync/fake/shop': { status: 'TERMINATED', runId: 'ended' },
    },
  );
  expect(closed).toEqual(['another', 'ended', 'unknown', 'removed']);
  expect(recorded.map(({ runId, status, finishedAt }) => [runId, status, finishedAt])).toEqual(
    closed.map((runId) => [runId, 'failed', now]),
  );
});

it('closes what was forgotten long ago, too', async () => {
  const later = Array.from({ length: 500 }, (_, index) => run(`run-${index}`, 'pipeline', { status: 'done' }));
  expect((await close([...later, run('old', 'pipeline')], {})).closed).toEqual(['old']);
});

it('closes nothing when the server does not answer', async () => {
  await expect(close([run('run-1', 'pipeline')], { pipeline: undefined })).rejects.toThrow('no answer');
});

it('closes its own where another project has the id, whose memo only that project can read', async () => {
  const theirs = { status: 'RUNNING', runId: 'theirs', taskQueue: 'another' };
  expect((await close([run('ours', 'pipeline')], { pipeline: theirs })).closed).toEqual(['ours']);
});
