import { Context } from '@temporalio/activity';
import type { WorkflowFailedError } from '@temporalio/client';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClient } from '../../src/temporal/connection.ts';
import { dataConverterFor } from '../../src/temporal/data-converter.ts';
import { workerLost } from '../../src/contracts/worker-lost.ts';
import { readProgress, type RunProgress } from '../../src/temporal/progress.ts';
import { reconcileSchedule, scheduleId } from '../../src/temporal/schedule.ts';
import { AlreadyRunning, pipelineId, startPipeline, startSync, startTransform } from '../../src/temporal/start.ts';
import type { RunPipelineInput, RunPipelineResult, RunScheduledResult } from '../../workflows/index.ts';
import { fail, fakeWorld, fast, openBench, type Bench, type FakeWorld } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const options = (onRunning: 'attach' | 'refuse' = 'refuse') => ({
  client: bench.client,
  taskQueue: bench.taskQueue,
  onRunning,
});

let runs = 0;
async function run(world: FakeWorld, input: Partial<RunPipelineInput> = {}): Promise<RunPipelineResult> {
  runs += 1;
  return bench.withWorker(world.activities, async () => {
    const { handle } = await startPipeline(options(), { runId: `run-${runs}`, tuning: fast, ...input });
    return handle.result();
  });
}

const graph = [
  { name: 'staging.a' },
  { name: 'core.b', dependsOn: ['staging.a'] },
  { name: 'checks.b', dependsOn: ['core.b'] },
  { name: 'marts.c', dependsOn: ['core.b', 'checks.b'] },
  { name: 'marts.d', dependsOn: ['core.b'] },
];

describe('runPipeline', () => {
  it('syncs all accounts, runs the models in order, then publishes and reports', async () => {
    const world = fakeWorld({ lists: { slices: 2 } }, { accounts: ['one', 'two'], actions: graph });
    const result = await run(world);
    expect(result).toMatchObject({
      verdict: { kind: 'complete' },
      transform: { done: 5, failedCount: 0, skippedCount: 0, blocked: false },
      published: true,
      reported: true,
    });
    expect(result.accounts.map(({ accountId, streams, counts }) => [accountId, streams, counts.rowsRead])).toEqual([
      ['one', 1, 20],
      ['two', 1, 20],
    ]);
    const models = world.events.filter((event) => event.startsWith('run '));
    expect(models.slice(0, 3)).toEqual(['run staging.a', 'run core.b', expect.stringMatching(/checks\.b|marts\.d/)]);
    expect(models.indexOf('run marts.c')).toBeGreaterThan(models.indexOf('run checks.b'));
    // Alerts are told of what readers can look at by then.
    expect(world.events.slice(-3)).toEqual(['publish', 'notify', 'report']);
    expect(result.alerts).toEqual({ opened: 1, closed: 0, failed: [] });
    expect(world.runs.map(({ kind, status }) => [kind, status])).toEqual([
      ['pipeline', 'running'],
      ['pipeline', 'done'],
    ]);
  });

  it('ends well when alerts cannot be told: the numbers are published', async () => {
    const world = fakeWorld({ lists: { slices: 1 } }, { actions: graph });
    world.activities.notify = async () => {
      throw fail('rejected', 'no table of deliveries');
    };
    const result = await run(world);
    expect(result).toMatchObject({ published: true, reported: true, alerts: null });
    expect(world.runs.at(-1)?.status).toBe('done');
  });

  it('lets who watches it see what is tried again, and why: a report, a model, a load', async () => {
    const world = fakeWorld({ lists: { slices: 1 } }, { actions: [{ name: 'staging.a' }] });
    const { loadBatch, runAction, report } = world.activities;
    const mended = { loadBatch: false, runAction: false, report: false };
    world.activities.loadBatch = async (input) => {
      if (!mended.loadBatch) throw fail('transient', 'no room for rows', {}, true);
      return loadBatch(input);
    };
    world.activities.runAction = async (input) => {
      if (!mended.runAction) throw fail('transient', 'no room for tables', {}, true);
      return runAction(input);
    };
    world.activities.report = async (input) => {
      if (!mended.report) throw fail('transient', 'no room for the report', {}, true);
      return report(input);
    };
    await bench.withWorker(world.activities, async () => {
      const { handle } = await startPipeline(options(), {
        runId: 'watched',
        tuning: { ...fast, retryAttempts: 1_000 },
      });
      const troubled = async (message: string): Promise<RunProgress> => {
        for (let look = 0; look < 100; look += 1) {
          const progress = await readProgress(bench.client, handle);
          const met = [progress.trouble, ...progress.accounts.map(({ trouble }) => trouble)];
          if (met.some((trouble) => trouble?.lastFailure === message)) return progress;
          await delay(50);
        }
        throw new Error(`nobody said: ${message}`);
      };
      expect((await troubled('no room for rows')).accounts[0]?.trouble?.attempt).toBeGreaterThan(1);
      mended.loadBatch = true;
      expect((await troubled('no room for tables')).step).toBe('transform');
      mended.runAction = true;
      expect((await troubled('no room for the report')).step).toBe('report');
      mended.report = true;
      expect((await handle.result()).reported).toBe(true);
      expect((await readProgress(bench.client, handle)).trouble).toBeUndefined();
    });
  });

  it('publishes nothing when a blocking test fails, and skips what builds on it', async () => {
    const world = fakeWorld(
      { lists: { slices: 1 } },
      { actions: graph.map((action) => ({ ...action, fails: action.name === 'checks.b' })) },
    );
    const result = await run(world);
    expect(result.transform).toMatchObject({ done: 3, failedCount: 1, skippedCount: 1, blocked: true });
    expect(result.transform.failed).toEqual([{ name: 'checks.b', message: 'checks.b found 3 rows', blocking: true }]);
    expect([result.published, result.reported]).toEqual([false, false]);
    expect(world.events).not.toContain('publish');
    expect(world.events).not.toContain('run marts.c');
    expect(world.runs.at(-1)).toMatchObject({ status: 'failed', message: 'checks.b found 3 rows' });
  });

  describe('quick models', () => {
    const quick = graph.map((action) => ({ ...action, isQuick: true }));
    const only = (world: FakeWorld, what: string) => world.events.filter((event) => event.startsWith(`${what} `));

    it('share an activity, in an order that their inputs allow', async () => {
      const world = fakeWorld({}, { actions: quick });
      const result = await run(world);
      expect(result.transform).toMatchObject({ done: 5, failedCount: 0, skippedCount: 0, blocked: false });
      expect(only(world, 'batch')).toEqual(['batch staging.a core.b checks.b marts.c marts.d']);
      expect(only(world, 'run')).toEqual(['run staging.a', 'run core.b', 'run checks.b', 'run marts.c', 'run marts.d']);
    });

    it('leave some for the other lane, and none runs twice', async () => {
      const actions = Array.from({ length: 20 }, (_, index) => ({ name: `core.m${index}`, isQuick: true }));
      const world = fakeWorld({}, { actions });
      expect((await run(world)).transform).toMatchObject({ done: 20 });
      expect(only(world, 'batch').map((batch) => batch.split(' ').length - 1)).toEqual([6, 6, 6, 2]);
      expect(only(world, 'run').toSorted()).toEqual(actions.map(({ name }) => `run ${name}`).toSorted());
    });

    it('that may take long are given out alone', async () => {
      const world = fakeWorld(
        {},
        { actions: quick.map((action) => ({ ...action, isQuick: action.name !== 'core.b' })) },
      );
      expect((await run(world)).transform).toMatchObject({ done: 5 });
      expect(only(world, 'batch')).toEqual(['batch checks.b marts.c marts.d']);
    });

    it('behind a test that fails are skipped, the others run', async () => {
      const world = fakeWorld(
        {},
        { actions: quick.map((action) => ({ ...action, fails: action.name === 'checks.b' })) },
      );
      expect((await run(world)).transform).toMatchObject({
        done: 3,
        failedCount: 1,
        skippedCount: 1,
        blocked: true,
        failed: [{ name: 'checks.b', message: 'checks.b found 3 rows', blocking: true }],
      });
      expect(only(world, 'run')).toEqual(['run staging.a', 'run core.b', 'run checks.b', 'run marts.d']);
    });

    it('that break in the middle are begun again first, and named when they stay broken', async () => {
      const onRun = (): void => {
        throw fail('rejected', 'no such column');
      };
      const world = fakeWorld(
        {},
        { actions: quick.map((action) => (action.name === 'checks.b' ? { ...action, onRun } : action)) },
      );
      expect((await run(world)).transform).toMatchObject({
        done: 3,
        skippedCount: 1,
        failed: [{ name: 'checks.b', message: 'no such column', blocking: true }],
      });
      expect(only(world, 'run').filter((event) => event !== 'run checks.b')).toEqual([
        'run staging.a',
        'run core.b',
        'run marts.d',
      ]);
    });

    it('are begun again when what broke one has passed', async () => {
      let faults = 2;
      const onRun = (): void => {
        faults -= 1;
        if (faults >= 0) throw fail('transient', 'the file is locked', {}, true);
      };
      const world = fakeWorld(
        {},
        { actions: quick.map((action) => (action.name === 'checks.b' ? { ...action, onRun } : action)) },
      );
      expect((await run(world)).transform).toMatchObject({ done: 5, failedCount: 0, skippedCount: 0 });
      expect(only(world, 'run').filter((event) => event === 'run checks.b')).toHaveLength(3);
    });
  });

  it('publishes what it has when a stream could not be read, and says so', async () => {
    const world = fakeWorld(
      {
        lists: { slices: 1 },
        members: {
          slices: 1,
          onSlice: () => {
            throw fail('contract', 'members: the answer has another shape');
          },
        },
      },
      { actions: graph },
    );
    const result = await run(world);
    expect(result).toMatchObject({ verdict: { kind: 'incomplete' }, published: true });
    expect(result.verdict.missing[0]).toMatch(/shop: members: .*another shape/);
    expect(result.accounts[0]?.troubled).toEqual([
      { stream: 'members', kind: 'contract', message: 'members: the answer has another shape' },
    ]);
    expect(world.runs.at(-1)).toMatchObject({ status: 'done', verdict: { kind: 'incomplete' } });
  });

  it('names what to do whole, beside what is wrong', async () => {
    const what = `The environment variable ${'MC_KEY_'.repeat(20)} is not set.`;
    const fix = 'Set it for this shell without leaving it in the history: read -rs MC_KEY && export MC_KEY';
    const onSlice = () => {
      throw fail('config', `${what} ${fix}`, { fix, code: 'SECRET_UNSET' });
    };
    const result = await run(fakeWorld({ members: { slices: 1, onSlice } }, { actions: graph }));
    expect(result.accounts[0]?.troubled).toEqual([
      { stream: 'members', kind: 'config', message: what, fix, code: 'SECRET_UNSET' },
    ]);
  });

  it('goes on with the other accounts when one cannot even begin', async () => {
    const world = fakeWorld({ lists: { slices: 1 } }, { accounts: ['good', 'bad'], actions: graph });
    const { planAccount } = world.activities;
    const activities = {
      ...world.activities,
      planAccount: async (input: Parameters<typeof planAccount>[0]) => {
        if (input.accountId === 'bad') throw fail('config', 'the key of bad is not set');
        return planAccount(input);
      },
    };
    const result = await run({ ...world, activities });
    expect(result.accounts.map(({ accountId, failure }) => [accountId, failure?.kind])).toEqual([
      ['good', undefined],
      ['bad', 'config'],
    ]);
    expect(result).toMatchObject({ verdict: { kind: 'incomplete' }, published: true });
  });

  it('does what was asked for and no more: these accounts, these models, as patient as it is told', async () => {
    const refuse = () => {
      throw fail('quota_exhausted', 'the quota of today is used up', { retryAfterMs: 3_600_000 });
    };
    const world = fakeWorld({ lists: { slices: 1, onSlice: refuse } }, { actions: graph });
    const asked: unknown[] = [];
    const { planTransform } = world.activities;
    world.activities.planPipeline = async ({ accounts }) => {
      asked.push(accounts);
      return { accounts: [{ source: 'fake', accountId: 'two' }] };
    };
    world.activities.planTransform = async (input) => {
      asked.push(input.select);
      return planTransform(input);
    };
    const tuning = { ...fast, quotaWaitMs: 0 };
    const result = await run(world, { accounts: ['two'], select: ['core.b'], tuning });
    expect(asked).toEqual([['two'], ['core.b']]);
    expect(result.accounts[0]?.troubled).toMatchObject([{ stream: 'lists', kind: 'quota_exhausted' }]);
  }, 20_000);

  it('names a stream that did not fail and is not complete', async () => {
    const world = fakeWorld({ lists: { slices: 1 } }, { actions: graph });
    const { finishStream } = world.activities;
    world.activities.finishStream = async (input) => ({
      ...(await finishStream(input)),
      verdict: { kind: 'suspiciously_empty', missing: ['all: nothing, where 40 were'], gaps: [] },
    });
    const result = await run(world);
    expect(result.verdict.kind).toBe('suspiciously_empty');
    expect(result.accounts[0]?.troubled).toEqual([
      { stream: 'lists', kind: 'suspiciously_empty', message: 'all: nothing, where 40 were' },
    ]);
  });

  it('begins anew what a lost worker was at, at no cost of attempts, and gives nothing up for it', async () => {
    const world = fakeWorld({ lists: { slices: 1 } }, { actions: graph });
    const losing = <I, O>(activity: (input: I) => Promise<O>) => {
      let losses = 5;
      return async (input: I): Promise<O> => {
        losses -= 1;
        if (losses >= 0) throw fail(workerLost, 'the worker that ran this was lost');
        return activity(input);
      };
    };
    for (const name of Object.keys(world.activities) as (keyof typeof world.activities)[]) {
      const activity = world.activities[name] as (input: unknown) => Promise<never>;
      world.activities[name] = losing(activity);
    }
    expect(await run(world)).toMatchObject({
      verdict: { kind: 'complete' },
      transform: { done: 5, failedCount: 0 },
      published: true,
      reported: true,
      alerts: { opened: 1 },
    });
  });

  it('waits for a sync of the account that somebody else had started, then does its own and shows it', async () => {
    const world = fakeWorld({ lists: { slices: 1, sliceMs: 1_500 } });
    await bench.withWorker(world.activities, async () => {
      const first = await startSync(options(), { source: 'fake', accountId: 'shop', runId: 'by-hand', tuning: fast });
      const second = await startPipeline(options(), { runId: 'pipeline-2', tuning: fast });
      await first.handle.result();
      const states = new Set<string | undefined>();
      while ((await second.handle.describe()).status.name === 'RUNNING') {
        const { accounts } = await readProgress(bench.client, second.handle);
        states.add(accounts[0]?.streams[0]?.state);
        await delay(100);
      }
      expect(states).toContain('extracting');
      expect((await second.handle.result()).verdict.kind).toBe('complete');
      expect((await first.handle.result()).runId).toBe('by-hand');
    });
    const lists = world.events.filter((event) => event === 'start lists' || event === 'end lists');
    expect(lists).toEqual(['start lists', 'end lists', 'start lists', 'end lists']);
  });

  it('ends, too, when another run of the models goes on for longer than it waits', async () => {
    const world = fakeWorld({ lists: { slices: 1 } }, { actions: [{ name: 'core.long', onRun: () => delay(4_000) }] });
    await bench.withWorker(world.activities, async () => {
      const first = await startTransform(options(), { runId: 'by-hand', tuning: fast });
      const tuning = { ...fast, busyWaitMs: 0 };
      const second = await startPipeline(options(), { runId: 'impatient', tuning });
      const end = second.handle.result().catch((error: WorkflowFailedError) => error.cause);
      expect(await Promise.race([end, delay(3_000, 'goes on')])).toMatchObject({
        type: 'busy',
        message: expect.stringContaining('another run of transform') as string,
      });
      await first.handle.result();
    });
    expect(world.runs.find(({ status }) => status === 'failed')).toMatchObject({
      runId: 'impatient',
      message: expect.stringContaining('mailmart status') as string,
    });
  });

  it('refuses or attaches a second start', async () => {
    const world = fakeWorld({ lists: { slices: 1, sliceMs: 1_000 } });
    await bench.withWorker(world.activities, async () => {
      const first = await startPipeline(options(), { runId: 'first', tuning: fast });
      await expect(startPipeline(options(), { runId: 'second', tuning: fast })).rejects.toThrow(AlreadyRunning);
      expect(await startPipeline(options('attach'), { runId: 'third', tuning: fast })).toMatchObject({
        attached: true,
        runId: 'first',
      });
      // What it started says whose run it is, too.
      while (!world.events.includes('start lists')) await delay(20);
      const sync = { source: 'fake', accountId: 'shop', runId: 'fourth', tuning: fast };
      expect(await startSync(options('attach'), sync)).toMatchObject({ attached: true, runId: 'first' });
      await first.handle.result();
    });
  });

  it('does not attach to the run of another project, nor try to read what only that project can', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mailmart-key-'));
    const place = { address: bench.server.address, namespace: 'default' };
    const client = await connectClient(place, {}, dataConverterFor(join(folder, 'key')));
    const { handle } = await startPipeline({ client, taskQueue: 'theirs', onRunning: 'refuse' }, { runId: 'theirs' });
    const ours = startPipeline(options('attach'), { runId: 'ours' });
    await expect(ours).rejects.toMatchObject({
      name: 'RunningElsewhere',
      message: expect.stringContaining('task queue theirs') as string,
    });
    await handle.terminate();
    await client.connection.close();
    rmSync(folder, { recursive: true });
  });

  it('cancels everything under it, and is in the run log as cancelled', async () => {
    const world = fakeWorld({ lists: { slices: 5, sliceMs: 60_000 } }, { actions: graph });
    await bench.withWorker(world.activities, async () => {
      const { handle } = await startPipeline(options(), { runId: 'to-cancel', tuning: fast });
      while (!world.events.includes('start lists')) await delay(20);
      await delay(300);
      await handle.cancel();
      await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    });
    expect(world.cancelled).toEqual(['lists']);
    expect(world.events.filter((event) => event.startsWith('run '))).toEqual([]);
    expect(world.runs.at(-1)?.status).toBe('cancelled');
  });

  it('goes on without the one account whose sync somebody cancels', async () => {
    const world = fakeWorld({ lists: { slices: 1 } }, { accounts: ['one', 'two'], actions: graph });
    const { extractBatch } = world.activities;
    world.activities.extractBatch = async (batch) => {
      if (batch.key.accountId === 'one') await Context.current().cancelled;
      return extractBatch(batch);
    };
    await bench.withWorker(world.activities, async () => {
      const { handle } = await startPipeline(options(), { runId: 'without-one', tuning: fast });
      while (!world.events.includes('end lists')) await delay(20);
      await bench.client.workflow.getHandle('sync/fake/one').cancel();
      const { accounts, verdict, published } = await handle.result();
      expect(accounts.map(({ accountId, failure }) => [accountId, failure?.kind])).toEqual([
        ['one', 'stopped'],
        ['two', undefined],
      ]);
      expect([verdict.kind, published]).toEqual(['incomplete', true]);
    });
    expect(world.runs.at(-1)).toMatchObject({ runId: 'without-one', status: 'done' });
  });
});

describe('runTransform', () => {
  it('runs alone, and continues as new when there are very many models', async () => {
    const actions = Array.from({ length: 40 }, (_, index) => ({
      name: `core.m${index}`,
      dependsOn: index === 0 ? [] : [`core.m${index - 1}`],
    }));
    const world = fakeWorld({}, { actions });
    await bench.withWorker(world.activities, async () => {
      const { handle } = await startTransform(options(), { runId: 'models', tuning: { ...fast, maxEvents: 60 } });
      expect(await handle.result()).toMatchObject({ done: 40, blocked: false });
      const { firstExecutionRunId } = handle as unknown as { firstExecutionRunId: string };
      const first = await bench.client.workflow.getHandle('transform', firstExecutionRunId).describe();
      expect(first.status.name).toBe('CONTINUED_AS_NEW');
    });
    expect(world.events.filter((event) => event.startsWith('run '))).toEqual(actions.map(({ name }) => `run ${name}`));
    expect(world.events.at(-1)).toBe('publish');
  });
});

describe('the Schedule', () => {
  type Schedule = Parameters<typeof reconcileSchedule>[0]['schedule'];
  const project = { companyZone: 'Europe/Berlin', tuning: fast };
  const reconcile = (schedule: Schedule, taskQueue = bench.taskQueue) =>
    reconcileSchedule({ ...project, client: bench.client, taskQueue, schedule });

  it('is made, changed and removed as the configuration says, and otherwise left alone', async () => {
    expect(await reconcile(undefined)).toBe('absent');
    expect(await reconcile({ cron: '0 6 * * *' })).toBe('created');
    expect(await reconcile({ cron: '0 6 * * *' })).toBe('unchanged');
    const handle = bench.client.schedule.getHandle(scheduleId);
    await handle.pause('stock-taking');
    expect(await reconcile({ every: 'PT6H' })).toBe('updated');
    const described = await handle.describe();
    expect(described.state).toMatchObject({ paused: true, note: 'stock-taking' });
    expect(described.spec.intervals?.[0]?.every).toBe(21_600_000);
    expect(described.policies.overlap).toBe('SKIP');
    expect(await reconcile(undefined)).toBe('removed');
  });

  it('that was paused by hand stays so when whoever changes it dies on the way', async () => {
    await reconcile({ cron: '0 6 * * *' });
    const handle = bench.client.schedule.getHandle(scheduleId);
    await handle.pause('stock-taking');
    const place = { address: bench.server.address, namespace: 'default' };
    const client = await connectClient(place, {}, dataConverterFor(null));
    client.schedule.create = () => Promise.reject(new Error('killed'));
    const change = { ...project, client, taskQueue: bench.taskQueue, schedule: { every: 'PT6H' } };
    await reconcileSchedule(change).catch(() => undefined);
    expect(await reconcile({ every: 'PT6H' })).not.toBe('created');
    expect((await handle.describe()).state).toMatchObject({ paused: true, note: 'stock-taking' });
    expect(await reconcile({ every: 'PT6H' })).toBe('unchanged');
    await reconcile(undefined);
    await client.connection.close();
  });

  it('of an older version, which kept what it was made of elsewhere, is known', async () => {
    const args: [object] = [{ pipelineId, tuning: fast }];
    const action = { type: 'startWorkflow' as const, workflowType: 'runScheduled', taskQueue: bench.taskQueue, args };
    const spec = { cronExpressions: ['0 6 * * *'], timezone: 'Europe/Berlin' };
    const memo = { fingerprint: JSON.stringify([spec, bench.taskQueue, fast]) };
    await bench.client.schedule.create({ scheduleId, spec, action, memo });
    expect(await reconcile({ cron: '0 6 * * *' })).toBe('unchanged');
    expect(await reconcile({ cron: '0 7 * * *' })).toBe('updated');
    expect(await reconcile({ cron: '0 6 * * *' })).toBe('updated');
    await reconcile(undefined);
  });

  it('of another project, whose worker runs in the same namespace, is left alone; of a project that was moved it is made anew', async () => {
    // Its payloads are encrypted with a key that only that project has.
    const folder = mkdtempSync(join(tmpdir(), 'mailmart-key-'));
    const place = { address: bench.server.address, namespace: 'default' };
    const client = await connectClient(place, {}, dataConverterFor(join(folder, 'key')));
    const other = (schedule: Schedule) =>
      reconcileSchedule({ ...project, client, taskQueue: bench.taskQueue, schedule });
    await other({ cron: '0 6 * * *' });
    await bench.withWorker(fakeWorld({}).activities, async () => {
      // A worker is known once it has asked for work.
      await bench.client.workflow.execute('lookAhead', { workflowId: 'any', taskQueue: bench.taskQueue, args: [{}] });
      await expect(reconcile({ cron: '0 7 * * *' }, 'ours')).rejects.toThrow(/another project .* temporal\.namespace/);
      expect(await reconcile(undefined, 'ours')).toBe('absent');
    });
    expect(await other({ cron: '0 6 * * *' })).toBe('unchanged');
    // Nor when its worker rests: the key tells whose it is.
    await expect(reconcile({ cron: '0 7 * * *' }, 'never-asked')).rejects.toThrow(/another project .* schedule delete/);
    expect(await reconcile(undefined, 'never-asked')).toBe('absent');
    await other(undefined);
    await client.connection.close();
    rmSync(folder, { recursive: true });
    expect(await reconcile({ cron: '0 6 * * *' }, 'nobody-asks-here')).toBe('created');
    expect(await reconcile({ cron: '0 6 * * *' })).toBe('updated');
    expect(await reconcile(undefined)).toBe('removed');
  });

  it('says of what it started whether it was published, not only that all was read', async () => {
    const world = fakeWorld({}, { actions: [{ name: 'checks.b', fails: true }] });
    await bench.withWorker(world.activities, async () => {
      const scheduled = { workflowId: 'scheduled-and-blocked', taskQueue: bench.taskQueue, args: [{ pipelineId }] };
      expect(await bench.client.workflow.execute('runScheduled', scheduled)).toMatchObject({
        started: true,
        message: 'finished: complete, but nothing was published: checks.b found 3 rows',
      });
    });
  });

  it('fires and runs the pipeline; while that runs, a further start is refused', async () => {
    const world = fakeWorld({ lists: { slices: 1, sliceMs: 2_500 } }, { actions: graph });
    await bench.withWorker(world.activities, async () => {
      await reconcile({ every: 'PT1S' });
      while (!world.events.includes('start lists')) await delay(50);
      const refused = await bench.client.workflow.execute<(input: object) => Promise<RunScheduledResult>>(
        'runScheduled',
        { workflowId: 'scheduled-by-hand', taskQueue: bench.taskQueue, args: [{ pipelineId, tuning: fast }] },
      );
      expect(refused).toMatchObject({ started: false, message: 'not started: pipeline is already running' });
      // Who meets it, and who looks for runs that nobody knows any more, finds it by the id that is in the run log.
      const met = await startPipeline(options('attach'), { runId: 'by-hand', tuning: fast });
      expect(met).toMatchObject({ attached: true, runId: world.runs[0]?.runId });
      while (!world.events.includes('report')) await delay(50);
      await bench.client.schedule.getHandle(scheduleId).pause();
      const { info } = await bench.client.schedule.getHandle(scheduleId).describe();
      expect(info.recentActions.length).toBeGreaterThan(0);
      // Let a run that had begun before the pause come to its end.
      await bench.client.workflow.getHandle(pipelineId).result();
      await reconcile(undefined);
    });
    expect(world.runs.at(0)).toMatchObject({
      kind: 'pipeline',
      runId: expect.stringMatching(/^scheduled-\d/) as string,
    });
    expect(world.events).toContain('run marts.c');
  });
});
