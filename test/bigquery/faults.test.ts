import { appendFileSync, rmSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { keysOf, members, startWorld, stopWorlds, type World } from './fault-world.ts';
import { answers, apiError, failures, isCommit, isLoad, type Fault } from './proxy.ts';

// RELIABILITY.md, case B71, row by row: what BigQuery may answer, and that the rows are there once.

const rows = members(5);

afterAll(stopWorlds);

/** One load under faults that it has to get over by itself: its rows, ledger line and checkpoint are there once. */
async function loadsUnder(world: World, ...faults: readonly Fault[]): Promise<void> {
  for (const fault of faults) world.proxy.fault(fault);
  expect(await world.warehouse.load(await world.unit(rows))).toMatchObject({ inserted: 5 });
  await isWhole(world);
}

async function isWhole(world: World): Promise<void> {
  expect(await world.content()).toEqual({ keys: keysOf(rows), loads: ['1 batch-1 5 5'], checkpoints: ['batch-1'] });
  expect(commits(world, 'done')).toHaveLength(1);
}

const commits = ({ jobsOf }: World, state: 'done' | 'failed') =>
  jobsOf('query', state).filter(({ sql }) => isCommit({ kind: 'query', sql } as never));
const inserts = ({ proxy }: World, of: Fault['on']) => proxy.seen.filter(of).length;
const numbersOf = (jobs: readonly { readonly id: string }[]) => jobs.map(({ id }) => id.slice(id.lastIndexOf('_')));

test('nothing in the way: one load job, one commit', async () => {
  const world = await startWorld();
  await loadsUnder(world);
  expect([inserts(world, isLoad), inserts(world, isCommit)]).toEqual([1, 1]);
  expect(numbersOf(world.jobsOf('load'))).toEqual(['_0']);
});

test('a load job that is refused for a moment, does not arrive, and is lost after its insert: the same id until it is there', async () => {
  const world = await startWorld();
  const hits = [
    { kind: 'refuse', answer: answers.rateLimit },
    { kind: 'refuse', answer: answers.backendError },
    { kind: 'refuse', answer: 'cut' },
    { kind: 'forget' },
  ] as const;
  await loadsUnder(world, ...hits.map((hit) => ({ on: isLoad, hit })));
  expect(inserts(world, isLoad)).toBe(5);
  expect(numbersOf(world.jobsOf('load'))).toEqual(['_0']);
});

test.for([
  ['503', answers.backendError],
  ['a connection cut', 'cut'],
] as const)(
  'a load job that is done and answered by %s is looked up: nobody sends its bytes again',
  async ([, answer]) => {
    const world = await startWorld();
    await loadsUnder(world, { on: isLoad, hit: { kind: 'lose', answer } });
    expect(inserts(world, isLoad)).toBe(1);
    expect(numbersOf(world.jobsOf('load'))).toEqual(['_0']);
  },
);

test('a commit that does not arrive, and is lost after its insert: the same id until it is there', async () => {
  const world = await startWorld();
  const hits = [{ kind: 'refuse', answer: answers.backendError }, { kind: 'forget' }] as const;
  await loadsUnder(world, ...hits.map((hit) => ({ on: isCommit, hit })));
  expect(inserts(world, isCommit)).toBe(3);
  expect(numbersOf(commits(world, 'done'))).toEqual(['_0']);
});

test.for([
  ['503 after it was done', { kind: 'lose', answer: answers.backendError }, ['_0']],
  ['connection cut after it was done', { kind: 'lose', answer: 'cut' }, ['_0']],
  ['aborted by a concurrent update', failures.concurrentUpdate, ['_0', '_1']],
  ['one of too many statements outstanding', failures.tooManyStatements, ['_0', '_1']],
] as const)('commit %s: done once', async ([, hit, numbers]) => {
  const world = await startWorld();
  await loadsUnder(world, { on: isCommit, hit });
  expect(inserts(world, isCommit)).toBe(2);
  expect(inserts(world, isLoad)).toBe(1);
  expect(numbersOf([...commits(world, 'failed'), ...commits(world, 'done')])).toEqual(numbers);
});

test('a load job that failed for a passing reason is started under the next number', async () => {
  const world = await startWorld();
  await loadsUnder(world, { on: isLoad, hit: failures.backendError, times: 2 });
  expect(world.jobsOf('load').map(({ state }) => state)).toEqual(['failed', 'failed', 'done']);
  expect(numbersOf(world.jobsOf('load'))).toEqual(['_0', '_1', '_2']);
});

test('an answer that comes again and again ends the attempt, and the next attempt is not worse off', async () => {
  const world = await startWorld();
  const { proxy, warehouse } = world;
  const unit = await world.unit(rows);
  proxy.fault({ on: isLoad, hit: failures.backendError, times: 6 });
  proxy.fault({ on: isLoad, hit: failures.backendError, times: 3 });
  await expect(warehouse.load(unit)).rejects.toMatchObject({ kind: 'transient' });
  expect(world.jobsOf('load')).toHaveLength(6);
  // Six old failures are met again, then come three new ones.
  expect(await warehouse.load(unit)).toMatchObject({ inserted: 5 });
  expect(world.jobsOf('load')).toHaveLength(10);
  await isWhole(world);
});

test.for([
  ['the insert', { kind: 'refuse', answer: answers.loadQuota }],
  ['the job', failures.loadQuota],
] as const)(
  'the day’s load quota is spent, says %s: one request, kind quota, nothing loaded; later it goes on',
  async ([, hit]) => {
    const world = await startWorld();
    const { proxy, warehouse } = world;
    const unit = await world.unit(rows);
    proxy.fault({ on: isLoad, hit });
    const failure = await warehouse.load(unit).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      kind: 'quota',
      message: expect.stringMatching(/^Load mailchimp members_\d+: Quota exceeded: Your table exceeded quota/),
      fix: expect.stringContaining('midnight Pacific'),
    });
    expect(inserts(world, isLoad)).toBe(1);
    expect(await world.content()).toEqual({ keys: [], loads: [], checkpoints: [] });
    expect(await warehouse.load(unit)).toMatchObject({ inserted: 5, repeated: false });
    await isWhole(world);
  },
);

test('rows that BigQuery refuses stop the load by name, at once', async () => {
  const world = await startWorld();
  world.proxy.fault({ on: isLoad, hit: failures.invalid });
  await expect(world.warehouse.load(await world.unit(rows))).rejects.toMatchObject({ kind: 'rejected' });
  expect(inserts(world, isLoad)).toBe(1);
  expect(await world.content()).toEqual({ keys: [], loads: [], checkpoints: [] });
});

test('a staging table that vanished before the merge is loaded anew', async () => {
  const world = await startWorld();
  const drop = async () => await dropTables(world, 'loads');
  await loadsUnder(world, { on: isCommit, hit: { kind: 'meanwhile', before: drop } });
  expect(world.jobsOf('load', 'done')).toHaveLength(2);
});

test('a finished load job whose table is gone is loaded anew, as often as it is gone', async () => {
  const world = await startWorld();
  const drop = async () => await dropTables(world, 'loads');
  await loadsUnder(world, { on: isLoad, times: 2, hit: { kind: 'meanwhile', after: drop } });
  expect(world.jobsOf('load', 'done')).toHaveLength(3);
});

test('a raw table that vanished is drift: the ledger says that it holds rows', async () => {
  const world = await startWorld();
  const { warehouse } = world;
  await warehouse.load(await world.unit(rows));
  await dropTables(world, 'raw');
  const failure = await warehouse.load(await world.unit(members(6))).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    kind: 'drift',
    message: expect.stringContaining(world.table),
    fix: expect.stringContaining('Restore'),
  });
  expect((await world.content()).loads).toEqual(['1 batch-1 5 5']);
});

test('a raw table that vanishes during the load is drift too', async () => {
  const world = await startWorld();
  const drop = async () => await dropTables(world, 'raw');
  world.proxy.fault({ on: isCommit, hit: { kind: 'meanwhile', before: drop } });
  await expect(world.warehouse.load(await world.unit(rows))).rejects.toMatchObject({ kind: 'drift' });
  expect((await world.content()).loads).toEqual([]);
});

test('the same unit by two workers at once is one load job and one commit', async () => {
  const world = await startWorld();
  const other = await world.open();
  const both = await world.unit([...rows, ...members(2, 2)]);
  const results = await Promise.all([world.warehouse.load(both), other.load(both)]);
  expect(results.map(({ inserted }) => inserted)).toEqual([5, 5]);
  expect(world.jobsOf('load')).toHaveLength(1);
  await isWhole(world);
});

test('of two runs of one stream at once only the newer one writes; the older one stops by name', async () => {
  const world = await startWorld();
  const { warehouse } = world;
  const other = await world.open();
  const zombie = await world.unit(members(3));
  // The second run takes the stream while the first one’s load is on its way to the commit.
  let fence = 0;
  const take = async () => (fence = await other.takeFence(world.key, 'run-2'));
  world.proxy.fault({ on: isCommit, hit: { kind: 'meanwhile', before: take } });
  await expect(warehouse.load(zombie)).rejects.toMatchObject({ kind: 'fenced' });
  expect(fence).toBe(2);
  expect(commits(world, 'failed')).toHaveLength(1);
  expect(await world.content()).toEqual({ keys: [], loads: [], checkpoints: [] });
  const unit = await world.unit(rows, { runId: 'run-2', fence, batchId: 'batch-1' });
  expect(await other.load(unit)).toMatchObject({ inserted: 5 });
  await expect(warehouse.load(zombie)).rejects.toMatchObject({ kind: 'fenced' });
  await isWhole(world);
});

test('two runs that take the fence at once are one: the other is refused', async () => {
  const world = await startWorld();
  const other = await world.open();
  const fences = await Promise.all([
    world.warehouse.takeFence(world.key, 'run-a'),
    other.takeFence(world.key, 'run-b'),
  ]);
  const units = await Promise.all(
    ['run-a', 'run-b'].map(
      async (runId, index) => await world.unit(rows, { runId, batchId: 'batch-1', fence: fences[index] ?? 0 }),
    ),
  );
  const ends = await Promise.allSettled([world.warehouse.load(units[0]!), other.load(units[1]!)]);
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { kind: 'fenced' } });
  await isWhole(world);
});

test.for([
  ['is missing', (path: string) => rmSync(path)],
  ['is not what its manifest says', (path: string) => appendFileSync(path, 'x')],
] as const)('a landing part that %s is named before anything is sent', async ([what, spoil]) => {
  const world = await startWorld();
  const unit = await world.unit(rows);
  spoil(world.fixture.landing.locate(unit.parts[0]!.name));
  await expect(world.warehouse.load(unit)).rejects.toMatchObject({
    kind: 'drift',
    message: expect.stringContaining(`${unit.parts[0]!.name} ${what}`),
  });
  expect(inserts(world, isLoad)).toBe(0);
});

test('what is refused names no recipient', async () => {
  const world = await startWorld();
  const text = 'Could not cast literal "jane.doe+list@mail.example.org" to type INT64 at [1:8]';
  world.proxy.fault({ on: isCommit, hit: { kind: 'fail', reason: 'invalidQuery', message: text } });
  const failure = (await world.warehouse.load(await world.unit(rows)).catch((error: unknown) => error)) as Error;
  expect(failure).toMatchObject({ kind: 'rejected' });
  expect(failure.message).not.toContain('jane.doe');
  world.proxy.fault({
    on: ({ sql }) => sql === 'select 1',
    hit: { kind: 'refuse', answer: apiError(400, 'invalidQuery', text) },
  });
  await expect(world.warehouse.query('select 1')).rejects.toThrow('<address>');
});

/** Removes the stream's tables of a schema from outside. */
async function dropTables({ proxy, key }: World, schema: string) {
  const base = `${proxy.url}/bigquery/v2/projects/test/datasets/${schema}/tables`;
  const { tables = [] } = (await (await fetch(base)).json()) as {
    readonly tables?: readonly { readonly tableReference: { readonly tableId: string } }[];
  };
  for (const { tableReference } of tables) {
    const { tableId } = tableReference;
    if (`${tableId}__`.startsWith(`mailchimp__${key.stream}__`))
      await fetch(`${base}/${tableId}`, { method: 'DELETE' });
  }
}
