import { beforeEach, describe, expect, it } from 'vitest';
import type { Row } from '../contracts/sync.ts';
import type { ModelPlan, ModelRun, TableKind, TablePair, Warehouse } from '../warehouse/port.ts';
import type { PlannedAction } from './plan.ts';
import { runAction } from './run.ts';
import { smallGraph, type SmallProject } from './small-graph.fixture.ts';
import type { Step } from './step.ts';

type Asked =
  | { readonly model: ModelPlan; readonly statements: readonly string[]; readonly signal: AbortSignal | undefined }
  | { readonly swap: ModelPlan; readonly pairs: readonly TablePair[]; readonly signal: AbortSignal | undefined }
  | { readonly replaced: string; readonly rows: readonly Row[] }
  | { readonly recorded: ModelRun }
  | { readonly query: string }
  | { readonly kindOf: string };

let asked: Asked[];
let answers: readonly Row[];
let isViolated: boolean;
let standing: TableKind | null;
beforeEach(() => {
  [asked, answers, isViolated, standing] = [[], [], false, null];
});

const done = ({ name, kind, fingerprint }: ModelPlan): ModelRun => ({
  name,
  kind,
  fingerprint,
  rows: 1,
  durationMs: 1,
  status: isViolated ? 'failed' : 'done',
  message: isViolated ? '1 rows violate it.' : null,
});
const note = <T>(one: Asked, answer: T): Promise<T> => {
  asked.push(one);
  return Promise.resolve(answer);
};
const warehouse = {
  quote: (name: string) => `<${name}>`,
  runModel: (_, model, statements, signal) => note({ model, statements, signal }, done(model)),
  swapTables: (_, swap, pairs, signal) => note({ swap, pairs, signal }, done(swap)),
  replaceTable: (replaced, _columns, rows) => note({ replaced, rows }, { changed: true }),
  recordModel: (_, recorded) => note({ recorded }, undefined),
  query: (query) => note({ query }, answers),
  tableKind: (kindOf) => note({ kindOf }, standing),
} as Partial<Warehouse> as Warehouse;

const { signal } = new AbortController();

async function run(action: Partial<PlannedAction> & Pick<PlannedAction, 'name'>, project: SmallProject) {
  const full: PlannedAction = {
    kind: 'table',
    fingerprint: 'now',
    reason: 'inputs',
    incremental: false,
    waitsFor: [],
    ...action,
  };
  return await runAction({ warehouse, graph: smallGraph(project), runId: 'r', action: full, signal });
}

const statements = () => asked.flatMap((one) => ('statements' in one ? [one.statements] : []))[0];

describe('an action', () => {
  it('swaps the planned marts and no other', async () => {
    const models = { 'marts.a': {}, 'marts.b': {}, 'marts.c': {} };
    const action = { name: 'marts.swap', kind: 'operations', marts: ['marts.c', 'marts.a'] } as const;
    await run(action, { models });
    expect(asked).toMatchObject([
      {
        swap: { name: 'marts_build.swap', fingerprint: 'now' },
        pairs: [
          { from: 'marts_build.a', to: 'marts.a' },
          { from: 'marts_build.c', to: 'marts.c' },
        ],
      },
    ]);
  });

  it('can be aborted, a model and the swap alike', async () => {
    await run({ name: 'marts.a' }, { models: { 'marts.a': {} } });
    await run({ name: 'marts.swap', kind: 'operations', marts: ['marts.a'] }, { models: { 'marts.a': {} } });
    expect(asked.map((one) => 'signal' in one && one.signal === signal)).toEqual([true, true]);
  });

  it('tells the warehouse which partitions a merge touches, and of a whole build nothing', async () => {
    const model = { type: 'incremental', bigquery: { partitionBy: 'day' }, uniqueKey: ['id'] } as const;
    const project: SmallProject = {
      engine: 'bigquery',
      models: { 'marts.x': model, 'core.y': { ...model, bigquery: {} } },
    };
    const merges = async (name: string, incremental: boolean) => {
      asked = [];
      await run({ name, kind: 'incremental', incremental }, project);
      return asked.map((one) => ('model' in one ? one.model.merge : undefined));
    };
    expect(await merges('marts.x', true)).toEqual([{ source: 'marts_build.x__new', partitionBy: 'day' }]);
    expect(await merges('marts.x', false)).toEqual([undefined]);
    expect(await merges('core.y', true)).toEqual([undefined]);
  });

  it('says of which run the rows are that it writes, and of which those were that it reads', async () => {
    const model = { type: 'incremental', incrementalPostOps: ['{last run} {this run}'] } as const;
    await run(
      { name: 'core.x', kind: 'incremental', incremental: true, before: 'then' },
      { models: { 'core.x': model } },
    );
    expect(statements()?.at(-1)).toBe('then now');
  });

  it.each([
    ['view', 'view', null, 0],
    ['view', 'table', 'table', 1],
    // An attempt before has dropped it.
    ['view', 'table', null, 0],
    ['table', 'view', 'view', 1],
    ['table', undefined, 'view', 0],
  ] as const)('makes a %s in the place of a %s, now %s, after %i drops', async (type, stands, now, drops) => {
    standing = now;
    await run({ name: 'core.x', kind: type, ...(stands && { stands }) }, { models: { 'core.x': { type } } });
    expect(statements()?.filter((text) => text.startsWith('drop '))).toHaveLength(drops);
  });
});

describe('an assertion that fails', () => {
  const project: SmallProject = {
    models: { 'marts.x': {} },
    checks: { 'checks.k': { of: 'marts.x', query: 'select 1 from `p.marts.x`' } },
  };

  it('names the broken rules of the whole table, with their rows', async () => {
    isViolated = true;
    answers = [
      { rule: 'a', broken: 2n },
      { rule: 'b', broken: '1' },
    ];
    const ended = await run({ name: 'checks.marts_x', kind: 'assertion', incremental: true }, project);
    expect(ended).toMatchObject({
      status: 'failed',
      message: 'marts.x breaks a rule: 2 rows: a; 1 rows: b. The marts stay as they were.',
    });
    expect(asked.at(-1)).toMatchObject({
      query: expect.stringMatching(/from <marts_build\.x>.* group by rule order by rule$/s) as string,
    });
  });

  it('is asked for no rule where it holds; a model that fails has none', async () => {
    await run({ name: 'checks.marts_x', kind: 'assertion' }, project);
    isViolated = true;
    expect((await run({ name: 'marts.x' }, project)).message).toBe('1 rows violate it.');
    expect(asked.filter((one) => 'query' in one)).toEqual([]);
  });
});

describe('a step', () => {
  const step = (work: Step['run']): Step => ({
    name: 's',
    reads: 'marts.in',
    writes: { table: 'core.out', columns: [] },
    run: work,
  });
  const project = (work: Step['run']): SmallProject => ({ models: { 'marts.in': {} }, steps: [step(work)] });

  it('reads what was built, replaces its table and is written down', async () => {
    answers = [{ n: 1 }, { n: 2 }];
    const ended = await run(
      { name: 'core.out', kind: 'step' },
      project((rows) => rows.slice(1)),
    );
    expect(asked).toEqual([
      { query: 'select * from <marts_build.in>' },
      { replaced: 'core.out', rows: [{ n: 2 }] },
      { recorded: ended },
    ]);
    expect(ended).toMatchObject({ name: 'core.out', kind: 'step', fingerprint: 'now', rows: 1, status: 'done' });
  });

  it('waits for the one before, also where that fails, and is not written down when it fails', async () => {
    let atWork = 0;
    let most = 0;
    const work = async (): Promise<readonly Row[]> => {
      most = Math.max(most, (atWork += 1));
      await Promise.resolve();
      atWork -= 1;
      throw new Error('broken');
    };
    const both = await Promise.allSettled([1, 2].map(() => run({ name: 'core.out', kind: 'step' }, project(work))));
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(most).toBe(1);
    expect(asked.some((one) => 'recorded' in one || 'replaced' in one)).toBe(false);
  });
});
