import { beforeEach, describe, expect, it } from 'vitest';
import { TransformError } from './errors.ts';
import { planTransform } from './plan.ts';
import { emptyState, endWell, planned, smallGraph, type SmallProject, type SmallState } from './small-graph.fixture.ts';

/** Events, what follows their changes, a mart of them, a mart of something else. */
const project: SmallProject = {
  models: {
    'staging.events': { type: 'view', reads: ['raw.events'] },
    'core.events': {
      type: 'incremental',
      uniqueKey: ['id'],
      reads: ['staging.events'],
      incrementalPostOps: ['create or replace table `p.core.events__changed` as select 1 as id'],
    },
    'core.people': {
      type: 'incremental',
      uniqueKey: ['id'],
      reads: ['core.events'],
      incrementalQuery: 'select * from `p.core.events__changed`',
    },
    'core.lists': { reads: ['raw.lists'] },
    'marts.readers': { reads: ['core.people'] },
    'marts.lists_daily': { reads: ['core.lists'] },
  },
  checks: {
    'checks.events_key': { of: 'core.events' },
    'checks.readers_right': { reads: ['marts.readers'] },
    'checks.with_lists': { reads: ['marts.readers', 'marts.lists_daily'] },
  },
};
const swap = 'marts.swap';

let state: SmallState;
beforeEach(() => {
  state = emptyState();
  state.declared.set('raw.events', '1').set('raw.lists', '1');
});

const plan = (more: { select?: readonly string[]; full?: boolean } = {}, of = project) =>
  planTransform({ warehouse: planned(state), graph: smallGraph(of), ...more });
const run = async (more: Parameters<typeof plan>[0] = {}): Promise<void> => endWell(state, (await plan(more)).actions);
const due = async (...args: Parameters<typeof plan>) =>
  (await plan(...args)).actions.map(({ name, reason, incremental }) => [name, reason, incremental]);

describe('a plan', () => {
  it('of an empty warehouse builds everything whole, and of one where nothing changed has nothing', async () => {
    const { actions } = await plan();
    expect(
      actions.every(
        ({ reason, incremental, before, stands }) =>
          reason === 'missing' && !incremental && before === undefined && stands === undefined,
      ),
    ).toBe(true);
    expect(actions.at(-1)).toMatchObject({ name: swap, marts: ['marts.lists_daily', 'marts.readers'] });
    expect(actions.find(({ name }) => name === 'core.people')?.waitsFor).toEqual(['checks.core_events', 'core.events']);
    endWell(state, actions);
    expect(await plan()).toEqual({ actions: [], unchanged: actions.map(({ name }) => name) });
  });

  it('adds only what is new to incremental tables that are there', async () => {
    await run();
    const before = state.stored.get('core.events');
    state.declared.set('raw.events', '2');
    expect(await due()).toEqual([
      ['staging.events', 'inputs', false],
      ['core.events', 'inputs', true],
      ['checks.core_events', 'inputs', false],
      ['core.people', 'inputs', true],
      ['marts.readers', 'inputs', false],
      ['checks.readers_right', 'inputs', false],
      ['checks.with_lists', 'inputs', false],
      [swap, 'inputs', false],
    ]);
    const { actions } = await plan();
    expect(actions.find(({ name }) => name === 'core.events')).toMatchObject({ before, stands: 'table' });
    expect(actions.find(({ name }) => name === 'staging.events')).toMatchObject({ stands: 'view' });
    expect(actions.find(({ name }) => name === 'marts.readers')).toMatchObject({ stands: 'table' });
    expect(actions.at(-1)).toMatchObject({ marts: ['marts.readers'] });
  });

  it('builds anew a table that is gone, and what does only what that one says it changed', async () => {
    await run();
    state.present.delete('core.events');
    state.declared.set('raw.events', '2');
    const found = await due();
    expect(found).toContainEqual(['core.events', 'missing', false]);
    expect(found).toContainEqual(['core.people', 'inputs', false]);
    await run();
    state.present.delete('core.lists');
    expect(await due()).toEqual([['core.lists', 'missing', false]]);
  });

  it('builds anew what was not run after the last changes of what it follows', async () => {
    await run();
    state.declared.set('raw.events', '2');
    await run({ select: ['core.events'] });
    state.declared.set('raw.events', '3');
    const found = await due();
    expect(found).toContainEqual(['core.events', 'inputs', true]);
    expect(found).toContainEqual(['core.people', 'inputs', false]);
  });

  it('builds anew what is defined otherwise, and all above it', async () => {
    await run();
    const events = project.models['core.events'];
    const other = { ...project, models: { ...project.models, 'core.events': { ...events, query: 'select 2 as id' } } };
    expect(await due({}, other)).toEqual([
      ['core.events', 'definition', false],
      ['checks.core_events', 'definition', false],
      ['core.people', 'definition', false],
      ['marts.readers', 'definition', false],
      ['checks.readers_right', 'definition', false],
      ['checks.with_lists', 'definition', false],
      [swap, 'inputs', false],
    ]);
  });

  it('in full runs everything and adds to nothing; swaps every mart', async () => {
    await run();
    const { actions, unchanged } = await plan({ full: true });
    expect(unchanged).toEqual([]);
    expect(actions.every(({ reason, incremental }) => reason === 'full' && !incremental)).toBe(true);
    expect(actions.at(-1)?.marts).toEqual(['marts.lists_daily', 'marts.readers']);
  });

  it('brings back a mart that is gone, from what was built', async () => {
    await run();
    state.present.delete('marts.readers');
    expect(await due()).toEqual([[swap, 'missing', false]]);
    expect((await plan()).actions[0]?.marts).toEqual(['marts.readers']);
    // What was built of it is there all the same.
    state.declared.set('raw.events', '2');
    expect((await plan()).actions.find(({ name }) => name === 'marts.readers')).toMatchObject({ stands: 'table' });
  });
});

describe('a selection', () => {
  const names = async (...select: readonly string[]) => (await plan({ select })).actions.map(({ name }) => name);

  it.each([
    [['core.lists'], ['core.lists']],
    [['lists'], ['core.lists']],
    [['core.*'], ['staging.events', 'core.events', 'checks.core_events', 'core.people', 'core.lists']],
    [['events'], ['staging.events', 'core.events', 'checks.core_events']],
    [['lists_daily'], ['core.lists', 'marts.lists_daily', swap]],
    [
      ['readers'],
      [
        'staging.events',
        'core.events',
        'checks.core_events',
        'core.people',
        'marts.readers',
        'checks.readers_right',
        swap,
      ],
    ],
  ])('%j has what it needs and what checks it', async (select, expected) => {
    expect((await names(...select)).toSorted()).toEqual([...expected].toSorted());
  });

  it('of nothing is everything', async () => {
    expect(await names()).toEqual((await plan()).actions.map(({ name }) => name));
  });

  it('of one mart forgets nothing of the others', async () => {
    await run();
    state.declared.set('raw.events', '2');
    await run({ select: ['readers'] });
    expect(await due({ select: ['lists_daily', 'readers'] })).toEqual([['checks.with_lists', 'inputs', false]]);
  });

  it('waits for nothing that is not in the plan', async () => {
    await run({ select: ['core.*'] });
    const { actions } = await plan({ select: ['readers'] });
    expect(actions.map(({ name, waitsFor }) => [name, waitsFor])).toEqual([
      ['marts.readers', []],
      ['checks.readers_right', ['marts.readers']],
      [swap, ['checks.readers_right', 'marts.readers']],
    ]);
  });

  it('brings what failed last and reads a selected mart, but not for the tables below the marts', async () => {
    state.failed.add('checks.with_lists').add('checks.events_rule');
    expect(await names('lists_daily')).toEqual(
      expect.arrayContaining(['checks.with_lists', 'marts.readers', 'checks.readers_right', swap]),
    );
    const below = {
      ...project,
      checks: { ...project.checks, 'checks.events_rule': { reads: ['core.events', 'core.lists'] } },
    };
    const { actions } = await plan({ select: ['core.events'] }, below);
    expect(actions.map(({ name }) => name)).not.toContain('checks.events_rule');
  });

  it.each([
    ['swap'],
    ['marts.swap'],
    ['checks.readers_right'],
    ['readers_right'],
    ['corexlists'],
    ['core.list'],
    ['core-lists'],
    ['core.list.'],
    ['core.(lists'],
    [''],
  ])('refuses %j, which is no model', async (wanted) => {
    const refusal: unknown = await plan({ select: ['core.lists', wanted] }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TransformError);
    expect(refusal).toMatchObject({ kind: 'selection', message: `No model is named ${wanted}.` });
  });

  it.each([
    ['marts.reader', 'Near are: marts.readers.'],
    ['lists_day', 'Near are: marts.lists_daily, core.lists.'],
    ['swap', 'Near are: marts.lists_daily, marts.readers.'],
    ['rea', 'Near are: marts.readers.'],
    ['re', 'Near are: marts.lists_daily, marts.readers.'],
  ])('instead of %j says what there is', async (wanted, near) => {
    await expect(plan({ select: [wanted] })).rejects.toMatchObject({ fix: expect.stringContaining(near) as string });
  });
});
