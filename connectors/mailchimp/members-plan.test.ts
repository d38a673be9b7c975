import { describe, expect, it } from 'vitest';
import type { ItemState, Slice } from '../../src/contracts/sync.ts';
import type { Http, PlanContext } from '../_kit/contract.ts';
import { readSlice } from '../_kit/engine.ts';
import { planSlices } from '../_kit/plan.ts';
import { noDownload } from '../_kit/suite/no-download.ts';
import type { MailchimpConfig } from './config.ts';
import { mailchimp } from './connector.ts';

const yesterday = '2026-06-29T12:00:00.000Z';
const now = '2026-06-30T12:00:00.000Z';
const read: ItemState = { readAt: now, fullReadAt: yesterday, cursor: '2026-06-29T11:00:00+00:00' };
const archive: ItemState = { readAt: yesterday, fullReadAt: yesterday, cursor: '2026-06-01T00:00:00+00:00' };

function plan(
  round: number,
  stated: number,
  ours: number,
  states: Readonly<Record<string, ItemState>> = {},
  hints: ReadonlyMap<string, string> = new Map(),
): Promise<readonly Slice[]> {
  const context: PlanContext<MailchimpConfig> = {
    config: { credentials: { api_key: 'k' } },
    state: new Map(Object.entries(states)),
    raw: {
      async *records() {
        yield { id: 'L1', stats: { member_count: stated } };
      },
      counts: async () =>
        new Map([
          [
            'L1',
            new Map([
              ['subscribed', ours],
              ['unsubscribed', 9],
            ]),
          ],
          ['L1/archived', new Map([['archived', 4]])],
        ]),
    },
    now,
    hints,
    startDate: null,
    mutableWindow: 'P35D',
    round,
  };
  return planSlices(mailchimp, 'members', context);
}

const summary = (slices: readonly Slice[]) =>
  slices.map(({ item, mode, params, window }) => [item, mode, params?.['status'] ?? '', window?.from ?? '']);

const items = (slices: readonly Slice[]) => slices.map(({ item }) => item);

describe('plan of members', () => {
  it('reads a list whole of which a post said that a contact vanished, once', async () => {
    const states = { L1: read, 'L1/archived': archive };
    const modes = async (hintedAt: string) =>
      (await plan(0, 100, 100, states, new Map([['L1', hintedAt]]))).map(({ mode }) => mode);
    expect(await modes(yesterday)).toEqual(['full', 'full']);
    // After the last whole read, though before the last read of what changed.
    expect(await modes('2026-06-29T13:00:00.000Z')).toEqual(['full', 'full']);
    expect(await modes('2026-06-29T11:59:59.999Z')).toEqual(['incremental']);
  });

  it('reads a new list whole, archived contacts as an item of their own', async () => {
    const slices = await plan(0, 100, 0);
    expect(summary(slices)).toEqual([
      ['L1', 'full', '', ''],
      ['L1/archived', 'full', 'archived', ''],
    ]);
    expect(slices.every(({ window }) => window?.to === now)).toBe(true);
  });

  it('reads archived contacts though the list was read, when the run that read it could not: they move no count', async () => {
    const modes = async (archived: ItemState | undefined, hints?: ReadonlyMap<string, string>) =>
      (await plan(0, 100, 100, { L1: read, ...(archived && { 'L1/archived': archived }) }, hints)).map((slice) => [
        slice.item,
        slice.mode,
      ]);
    const both = [
      ['L1', 'incremental'],
      ['L1/archived', 'full'],
    ];
    expect(await modes(undefined)).toEqual(both);
    // Its last whole read is one cycle older than the list's.
    expect(await modes({ ...archive, fullReadAt: '2026-04-01T12:00:00.000Z' })).toEqual(both);
    expect(await modes({ ...archive, fullReadAt: '2026-04-01T12:00:00.001Z' })).toEqual(both.slice(0, 1));
    // A post said that a contact vanished, and only the list was read whole since then.
    const hints = new Map([['L1', '2026-06-29T11:00:00.000Z']]);
    expect(await modes({ ...archive, fullReadAt: '2026-06-29T10:00:00.000Z' }, hints)).toEqual(both);
    expect(await modes(archive, hints)).toEqual(both.slice(0, 1));
  });

  it('does not miss who changes while a whole read goes on, or by a clock ahead of ours', async () => {
    // Of the list and of the archived contacts one changed three seconds after the plan was made.
    const people = ['subscribed', 'archived'].flatMap((status) =>
      ['2026-01-01T00:00:00+00:00', now.replace('00.000Z', '00+00:00'), now.replace('00.000Z', '03+00:00')].map(
        (at, index) => ({ id: `${status}${index}`, email_address: `${index}@example.org`, status, last_changed: at }),
      ),
    );
    const http: Http = {
      requests: 0,
      download: noDownload,
      request: async ({ params = {} }) => {
        const [since, before] = [params['since_last_changed'], params['before_last_changed']];
        // Both bounds are exclusive.
        const members = people.filter(
          ({ status, last_changed: at }) =>
            status === (params['status'] ?? 'subscribed') &&
            (since === undefined || at > String(since)) &&
            (before === undefined || at < String(before)),
        );
        return { status: 200, headers: {}, bytes: 1, body: { members, total_items: members.length } };
      },
    };
    const keys = new Set<string>();
    for (const slice of await plan(0, 100, 0)) {
      const options = { config: { credentials: { api_key: 'k' } }, http, slice, now, salt: 'salt' };
      const { signal } = new AbortController();
      for await (const event of readSlice(mailchimp, 'members', { ...options, signal })) {
        if (event.kind === 'page') for (const row of event.rows) keys.add(row._primary_key);
        if (event.kind === 'end') expect([event.incomplete, event.state.fullReadAt]).toEqual([undefined, now]);
      }
    }
    expect([...keys].sort()).toEqual(people.map(({ id }) => JSON.stringify(['L1', id])).sort());
  });

  it('reads one window of changes on every later run, and nothing more while the counts agree', async () => {
    expect(summary(await plan(0, 100, 100, { L1: { ...read, readAt: yesterday }, 'L1/archived': archive }))).toEqual([
      ['L1', 'incremental', '', '2026-06-29T10:50:00.000Z'],
    ]);
    expect(await plan(1, 100, 100, { L1: read, 'L1/archived': archive })).toEqual([]);
  });

  it('asks again for what was refused, among the archived contacts, too', async () => {
    const owed = { ...archive, refusedFrom: '2026-05-20T00:00:00+00:00' };
    const lost = { ...read, readAt: yesterday, refusedFrom: '' };
    const [list, archived] = await plan(0, 100, 100, { L1: lost, 'L1/archived': owed });
    expect(list).toMatchObject({ item: 'L1', mode: 'full', tail: { from: '2026-06-30T11:59:59.000Z' } });
    expect(archived).toMatchObject({ item: 'L1/archived', window: { from: '2026-05-19T23:50:00.000Z' } });
  });

  it('looks for archived contacts first, then for deleted ones, when the counts differ', async () => {
    expect(summary(await plan(1, 99, 100, { L1: read, 'L1/archived': archive }))).toEqual([
      ['L1/archived', 'incremental', 'archived', '2026-05-31T23:50:00.000Z'],
    ]);
    expect(await plan(2, 99, 99, { L1: read, 'L1/archived': archive })).toEqual([]);
    expect(summary(await plan(2, 99, 100, { L1: read, 'L1/archived': archive }))).toEqual([['L1', 'full', '', '']]);
  });

  it('notes a gap that a whole read left, and leaves it alone until it changes', async () => {
    const whole = { ...read, fullReadAt: now };
    const [note] = await plan(3, 99, 100, { L1: whole });
    expect(note).toMatchObject({
      item: 'L1',
      mode: 'incremental',
      next: { cursor: read.cursor, explainedGap: expect.stringContaining('1 subscribed contacts more') as string },
    });
    const noted = { ...whole, ...note?.next };
    expect(await plan(1, 199, 200, { L1: noted })).toEqual([]);
    expect(summary(await plan(1, 198, 200, { L1: noted, 'L1/archived': archive }))).toEqual([
      ['L1/archived', 'incremental', 'archived', '2026-05-31T23:50:00.000Z'],
    ]);
    const [cleared] = await plan(1, 200, 200, { L1: noted });
    expect(cleared?.next).not.toHaveProperty('explainedGap');
  });

  it('takes contacts that we lack as a gap, too', async () => {
    expect(items(await plan(1, 101, 100, { L1: read, 'L1/archived': archive }))).toEqual(['L1/archived']);
    const [note] = await plan(3, 101, 100, { L1: { ...read, fullReadAt: now } });
    expect(note?.next.explainedGap).toContain('1 subscribed contacts fewer');
  });

  it('explains nothing by a whole read that was not drained', async () => {
    expect(await plan(3, 99, 100, { L1: read })).toEqual([]);
  });

  it('reads the whole list again after 90 days', async () => {
    const old = { ...read, fullReadAt: '2026-03-01T00:00:00.000Z' };
    expect(summary(await plan(0, 100, 100, { L1: old, 'L1/archived': archive }))).toEqual([
      ['L1', 'full', '', ''],
      ['L1/archived', 'full', 'archived', ''],
    ]);
  });

  it('gives every slice of a run its own id', async () => {
    const states = { L1: read, 'L1/archived': archive };
    const all = (await Promise.all([0, 1, 2].map((round) => plan(round, 99, 100, states)))).flat();
    const note = await plan(3, 99, 100, { L1: { ...read, fullReadAt: now } });
    const ids = [...all, ...note].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
