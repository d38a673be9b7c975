import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { ItemState } from '../../src/contracts/sync.ts';
import { defineConnector, type Ageing, type Connector, type DeclaredStream, type PlanContext } from './contract.ts';
import { isHinted, planSlices } from './plan.ts';
import { tiny } from './suite/tiny.ts';

const NOW = '2026-06-30T12:00:00.000Z';
const daysAgo = (days: number): string => new Date(Date.parse(NOW) - days * 86_400_000).toISOString();
type Changes = Partial<DeclaredStream<null, { id: string; at: string }>>;

const ageing: Ageing = {
  sentAt: (campaign) => (typeof campaign['sent'] === 'string' ? campaign['sent'] : null),
  movedBy: { stream: 'reports', keyField: 'id', fingerprint: (row) => String(row['opens']) },
};

function connectorOf(changes: Changes): Connector<null> {
  return defineConnector(z.null(), (stream) => ({
    ...tiny,
    streams: {
      things: stream({
        description: '',
        schema: z.looseObject({ id: z.string(), at: z.string() }),
        primaryKey: ['id'],
        cursor: 'full-refresh',
        path: '/things',
        records: 'things',
        paginate: { kind: 'single' },
        ...changes,
      }),
    },
  }));
}

type World = {
  readonly state?: Readonly<Record<string, ItemState>>;
  readonly raw?: Readonly<Record<string, readonly JsonObject[]>>;
  readonly startDate?: string;
  readonly round?: number;
  readonly hints?: Readonly<Record<string, string>>;
};

function plan(changes: Changes, { state = {}, raw = {}, startDate, round, hints = {} }: World = {}) {
  const context: PlanContext<null> = {
    config: null,
    state: new Map(Object.entries(state)),
    raw: {
      records: async function* (stream) {
        yield* raw[stream] ?? [];
      },
      counts: async () => new Map(),
    },
    now: NOW,
    hints: new Map(Object.entries(hints)),
    startDate: startDate ?? null,
    mutableWindow: 'P35D',
    ...(round === undefined ? {} : { round }),
  };
  return planSlices(connectorOf(changes), 'things', context);
}

const cursor = { field: 'at', unit: 'iso', order: 'unsorted', lookback: 'PT10M' } as const;

describe('a whole stream', () => {
  it('without a cursor is read as a whole, each time', async () => {
    expect(await plan({}, { state: { '': { readAt: daysAgo(1), read: 7 } } })).toEqual([
      {
        id: 'all',
        item: '',
        mode: 'full',
        pathParams: {},
        inherit: {},
        next: { readAt: NOW, fullReadAt: NOW, read: 7 },
      },
    ]);
  });

  it('with a cursor is read as a whole first, then from the cursor less the look-back', async () => {
    expect(await plan({ cursor })).toMatchObject([
      { mode: 'full', window: { to: NOW }, next: { readAt: NOW, fullReadAt: NOW } },
    ]);
    const state = { '': { cursor: '2026-06-30T10:00:00+00:00', readAt: daysAgo(1), fullReadAt: daysAgo(9), read: 5 } };
    expect(await plan({ cursor }, { state })).toEqual([
      {
        id: 'all',
        item: '',
        mode: 'incremental',
        pathParams: {},
        inherit: {},
        window: { from: '2026-06-30T09:50:00.000Z', to: NOW },
        next: { cursor: '2026-06-30T10:00:00+00:00', readAt: NOW, fullReadAt: daysAgo(9), read: 5 },
      },
    ]);
  });

  it('with a cursor in the future reads from now less the look-back', async () => {
    const [slice] = await plan({ cursor }, { state: { '': { cursor: '2999-01-01T00:00:00Z', readAt: NOW } } });
    expect(slice?.window).toEqual({ from: '2026-06-30T11:50:00.000Z', to: NOW });
  });

  it('has its window in the cursor’s own unit', async () => {
    const state = { '': { cursor: '1782813600', readAt: NOW } };
    const [seconds] = await plan({ cursor: { ...cursor, unit: 'epoch-s' } }, { state });
    expect(seconds?.window).toEqual({ from: '1782813000', to: '1782820800' });
    const [ms] = await plan(
      { cursor: { ...cursor, unit: 'epoch-ms' } },
      { state: { '': { cursor: '1782813600000', readAt: NOW } } },
    );
    expect(ms?.window).toEqual({ from: '1782813000000', to: '1782820800000' });
  });

  it('begins at start_date where the cursor is a time that never changes, and sweeps nothing then', async () => {
    const startDate = '2026-01-01T00:00:00.000Z';
    expect(await plan({ cursor, partitionBy: 'at' }, { startDate })).toMatchObject([
      { mode: 'incremental', window: { from: startDate, to: NOW } },
    ]);
    expect(await plan({ cursor }, { startDate })).toMatchObject([{ mode: 'full', window: { to: NOW } }]);
  });

  it('is cut into steps that meet and cover the window', async () => {
    const state = { '': { cursor: daysAgo(15), readAt: NOW } };
    const slices = await plan({ cursor: { ...cursor, step: 'P7D' } }, { state });
    expect(slices).toHaveLength(3);
    expect(new Set(slices.map(({ id }) => id)).size).toBe(3);
    expect(slices[0]?.window?.from).toBe(new Date(Date.parse(daysAgo(15)) - 600_000).toISOString());
    expect(slices[1]?.window?.from).toBe(slices[0]?.window?.to);
    expect(slices[2]?.window?.to).toBe(NOW);
  });
});

describe('a stream per parent', () => {
  const parent = { stream: 'lists', key: 'id', param: 'list_id', inherit: { list_id: 'id', name: 'title' } };
  const raw = {
    lists: [{ id: 'b', title: 'B' }, { id: 'a', title: 'A' }, { title: 'no key' }, { id: 7, title: 'number' }],
  };

  it('has a slice and a state each', async () => {
    const slices = await plan(
      { parent, cursor },
      { raw, state: { a: { cursor: '2026-06-30T10:00:00Z', readAt: NOW } } },
    );
    expect(slices.map(({ id, item, mode, pathParams, inherit }) => [id, item, mode, pathParams, inherit])).toEqual([
      ['list_id=7', '7', 'full', { list_id: '7' }, { list_id: 7, name: 'number' }],
      ['list_id=a', 'a', 'incremental', { list_id: 'a' }, { list_id: 'a', name: 'A' }],
      ['list_id=b', 'b', 'full', { list_id: 'b' }, { list_id: 'b', name: 'B' }],
    ]);
  });

  it('takes the parents that are wanted, of all parent streams', async () => {
    const where = (record: JsonObject): boolean => record['id'] !== 'b';
    const more = [{ ...parent, stream: 'groups' }];
    const slices = await plan(
      { parent: { ...parent, where }, moreParents: more },
      { raw: { lists: raw.lists.slice(0, 2), groups: [{ id: 'b2' }] } },
    );
    expect(slices.map(({ item }) => item)).toEqual(['a', 'b2']);
  });

  it('names an item by all its placeholders where there are more, injectively', async () => {
    const links = { stream: 'links', key: 'id', param: 'link', inherit: {}, params: { campaign: 'c' } };
    const slices = await plan(
      { parent: links },
      { raw: { links: [{ id: 'b/c', c: 'a' }, { id: 'c', c: 'a/b' }, { id: 'x' }] } },
    );
    expect(slices.map(({ item }) => item)).toEqual(['a%2Fb/c', 'a/b%2Fc']);
    expect(slices[1]?.pathParams).toEqual({ campaign: 'a', link: 'b/c' });
  });
});

describe('ageing', () => {
  const parent = { stream: 'campaigns', key: 'id', param: 'campaign_id', inherit: { campaign_id: 'id' }, ageing };
  const sent = (days: number) => [{ id: 'c', sent: daysAgo(days) }];
  const read = (days: number, more: Partial<ItemState> = {}): ItemState => ({
    readAt: daysAgo(days),
    fullReadAt: daysAgo(days),
    fingerprint: '10',
    ...more,
  });
  const due = async (days: number, state: ItemState | undefined, opens: number | null = 10): Promise<boolean> => {
    const world = {
      raw: { campaigns: sent(days), reports: opens === null ? [] : [{ id: 'c', opens }] },
      ...(state === undefined ? {} : { state: { c: state } }),
    };
    return (await plan({ parent }, world)).length === 1;
  };

  it('young: always', async () => {
    expect(await due(0, read(0))).toBe(true);
    expect(await due(5, read(0))).toBe(true);
    expect(await due(5.01, read(0))).toBe(false);
  });

  it('mutable: when its report moved', async () => {
    expect(await due(20, undefined)).toBe(true);
    expect(await due(20, read(1))).toBe(false);
    expect(await due(20, read(1), 11)).toBe(true);
    expect(await due(35, read(1))).toBe(false);
  });

  it('with a refused record: until it is good, whatever the age', async () => {
    expect(await due(20, read(1))).toBe(false);
    expect(await due(20, read(1, { refusedFrom: '' }))).toBe(true);
    expect(await due(400, read(1, { refusedFrom: '' }))).toBe(true);
  });

  it('frozen: every 90 days, or at once when its report moved', async () => {
    expect(await due(400, undefined)).toBe(true);
    expect(await due(400, read(89.9))).toBe(false);
    expect(await due(400, read(90))).toBe(true);
    expect(await due(400, read(1), 11)).toBe(true);
  });

  it('without a report: as long as it may move', async () => {
    expect(await due(20, read(1), null)).toBe(true);
    expect(await due(36, read(1), null)).toBe(false);
  });

  it('not yet sent: not at all; without a time of sending: never frozen', async () => {
    expect(await due(-1, undefined)).toBe(false);
    const automation = { raw: { campaigns: [{ id: 'c' }], reports: [{ id: 'c', opens: 10 }] } };
    expect(await plan({ parent }, automation)).toMatchObject([{ next: { phase: 'mutable' } }]);
    expect(await plan({ parent }, { ...automation, state: { c: read(400) } })).toEqual([]);
  });

  it('newest first, whole, with phase and fingerprint for the next time', async () => {
    const campaigns = [1, 100, 20].map((days) => ({ id: `c${days}`, sent: daysAgo(days) }));
    const slices = await plan(
      { parent },
      {
        raw: { campaigns, reports: [{ id: 'c20', opens: 3 }] },
        state: { c20: read(1, { explainedGap: 'known', read: 4, phase: 'young' }) },
      },
    );
    expect(slices.map(({ item, mode, next }) => [item, mode, next])).toEqual([
      ['c1', 'full', { readAt: NOW, fullReadAt: NOW, phase: 'young' }],
      [
        'c20',
        'full',
        { readAt: NOW, fullReadAt: NOW, phase: 'mutable', fingerprint: '3', explainedGap: 'known', read: 4 },
      ],
      ['c100', 'full', { readAt: NOW, fullReadAt: NOW, phase: 'frozen' }],
    ]);
  });
});

describe('what posts hint at', () => {
  const parent = { stream: 'campaigns', key: 'id', param: 'campaign_id', inherit: { campaign_id: 'id' }, ageing };
  const campaigns = ['a', 'b'].map((id) => ({ id, sent: daysAgo(400) }));
  const reports = ['a', 'b'].map((id) => ({ id, opens: 10 }));
  const state = Object.fromEntries(
    ['a', 'b'].map((id) => [id, { readAt: daysAgo(2), fullReadAt: daysAgo(2), fingerprint: '10' }]),
  );
  const due = async (hints: Readonly<Record<string, string>>): Promise<readonly string[]> =>
    (await plan({ parent }, { raw: { campaigns, reports }, state, hints })).map(({ item }) => item);

  it('is due when the hint is not older than its last read, and then no more', async () => {
    expect(await due({})).toEqual([]);
    expect(await due({ a: daysAgo(1) })).toEqual(['a']);
    // At the very time of the read: nobody knows which came first.
    expect(await due({ a: daysAgo(2) })).toEqual(['a']);
    expect(await due({ a: daysAgo(2.001) })).toEqual([]);
    expect(await due({ other: daysAgo(1) })).toEqual([]);
  });

  it('is every item of the stream when the hint names none', async () => {
    expect(await due({ '': daysAgo(1) })).toEqual(['a', 'b']);
    expect(await due({ '': daysAgo(3), b: daysAgo(1) })).toEqual(['b']);
  });

  it('is by two keys where one does not name the parent', async () => {
    const links = [{ id: 'l/1', list: 'x' }];
    const ofLink = { ...parent, stream: 'links', params: { list_id: 'list' } };
    const item = 'x/l%2F1';
    const raw = { links: links.map((link) => ({ ...link, sent: daysAgo(400) })), reports: [{ id: 'l/1', opens: 10 }] };
    const read = { [item]: { readAt: daysAgo(2), fingerprint: '10' } };
    const slices = (hints: Readonly<Record<string, string>>) =>
      plan({ parent: ofLink }, { raw, state: read, hints }).then((all) => all.map((slice) => slice.item));
    expect(await slices({ 'l/1': daysAgo(1) })).toEqual([]);
    expect(await slices({ [item]: daysAgo(1) })).toEqual([item]);
  });

  it('changes nothing of what is read in every run', async () => {
    expect(await plan({}, { hints: { '': NOW } })).toHaveLength(1);
    const everyRun = { stream: 'lists', key: 'id', param: 'list_id', inherit: {} };
    expect(await plan({ parent: everyRun }, { raw: { lists: [{ id: 'l' }] }, hints: { l: NOW } })).toHaveLength(1);
  });

  it('compares instants, not texts, and takes what was never read as due', () => {
    const hints = new Map([['a', '2026-06-30T14:00:00+02:00']]);
    expect(isHinted({ hints }, 'a', '2026-06-30T12:00:00.000Z')).toBe(true);
    expect(isHinted({ hints }, 'a', '2026-06-30T12:00:00.001Z')).toBe(false);
    expect(isHinted({ hints }, 'a', undefined)).toBe(true);
    expect(isHinted({}, 'a', undefined)).toBe(false);
  });
});

describe('the stream’s own plan', () => {
  const own = {
    why: 'odd',
    rounds: 2,
    slices: async (_: unknown, declared: readonly { id: string }[]) =>
      declared.map((slice) => ({ ...slice, id: `own ${slice.id}` })) as never,
  };

  it('has the last word', async () => {
    expect((await plan({ plan: own })).map(({ id }) => id)).toEqual(['own all']);
  });

  it('is asked again in its rounds only; others have one', async () => {
    expect(await plan({ plan: own }, { round: 1 })).toHaveLength(1);
    expect(await plan({ plan: own }, { round: 2 })).toEqual([]);
    expect(await plan({}, { round: 1 })).toEqual([]);
  });
});
