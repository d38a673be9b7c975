import { describe, expect, it } from 'vitest';
import {
  checkSent,
  compareTransfer,
  contentOf,
  fingerprintOf,
  isByAccount,
  planTransfer,
  transfer,
  type AccountDigest,
  type Mark,
  type PlannedTable,
  type SourceFacts,
  type TransferEvent,
  type TransferSource,
  type TransferTable,
  type TransferTarget,
} from './transfer.ts';

const table: TransferTable = { name: 'raw.x', columns: [], owner: '_account_id' };
const holds = (account: string, rows = 2, more: Partial<AccountDigest> = {}): AccountDigest => ({
  account,
  rows,
  deleted: 1,
  xor: '3',
  sum: '4',
  ...more,
});
const part = (index: number) => ({ index, rows: 1, from: index * 10, to: index * 10 + 10 });
const facts = (accounts: readonly AccountDigest[], more: Partial<SourceFacts> = {}): SourceFacts => ({
  rows: accounts.reduce((sum, { rows }) => sum + rows, 0),
  owners: accounts.map(({ account }) => account),
  accounts,
  sent: { rows: 2, xor: '5', sum: '6' },
  bytes: 1,
  parts: [part(0), part(1)],
  fingerprint: 'now',
  ...more,
});

/** Both sides, and what they are asked for. */
function sides({
  has = facts([holds('a')]),
  there = [],
  mark,
  sent = [],
  fails = '',
}: {
  has?: SourceFacts;
  there?: readonly AccountDigest[];
  mark?: Mark;
  sent?: readonly number[];
  fails?: string;
}) {
  const asked: unknown[][] = [];
  const note = async <T>(answer: T, ...what: readonly unknown[]): Promise<T> => {
    asked.push([...what]);
    if (what[0] === fails) throw new Error(fails);
    return await Promise.resolve(answer);
  };
  const source: TransferSource = {
    tables: () => Promise.resolve([table]),
    facts: () => Promise.resolve(has),
    writePart: (_table, _facts, { index }) => note(`file ${index}`, 'write', index),
  };
  const target: TransferTarget = {
    layout: () => [],
    marks: () => Promise.resolve(new Map(mark === undefined ? [] : [[table.name, mark]])),
    read: (_, owners) => note(there, 'read', ...owners),
    prepare: () => note(undefined, 'prepare'),
    hasPart: (_table, _facts, { index }) => Promise.resolve(sent.includes(index)),
    sendPart: (_table, _facts, { index }, file) => note(undefined, 'send', index, file),
    commit: (_table, _facts, left, before) => note(undefined, 'commit', left, before),
  };
  return { source, target, asked, remove: (file: string) => note(undefined, 'remove', file) };
}

describe('what there is to copy', () => {
  const older = [holds('a', 1)];
  const mark = (content: readonly AccountDigest[], fingerprint = 'now'): Mark => ({
    fingerprint,
    content: contentOf(content),
  });

  it.each<[string, Parameters<typeof sides>[0], PlannedTable['action'] | 'foreign']>([
    ['rows that the target has not', {}, 'copy'],
    ['rows that it has no more', { mark: mark(older) }, 'copy'],
    ['no rows', { has: facts([]) }, 'empty'],
    ['what a migration brought', { there: [holds('a')], mark: mark([holds('a')]) }, 'there'],
    ['what it brought before the file went on', { there: older, mark: mark(older, 'then') }, 'replace'],
    ['the same rows with other JSON', { there: [holds('a')], mark: mark([holds('a')], 'then') }, 'replace'],
    ['what it brought of less than the mark says', { there: older, mark: mark(older) }, 'replace'],
    ['rows that no migration brought', { there: [holds('a')] }, 'foreign'],
    ['what went on in the target', { there: [holds('a', 3)], mark: mark([holds('a')]) }, 'foreign'],
  ])('of %s', async (_, given, action) => {
    const { source, target, asked } = sides(given);
    const told: TransferEvent[] = [];
    const { tables, foreign } = await planTransfer(source, target, (event) => told.push(event));
    expect([...tables.map((one) => one.action), ...foreign.map(() => 'foreign')]).toEqual([action]);
    const before = (given.there ?? []).reduce((sum, { rows }) => sum + rows, 0);
    for (const one of tables) expect(one.before).toBe(before);
    for (const one of foreign) {
      expect(one).toEqual({ table: 'raw.x', rows: before, accounts: ['a'], hasMoved: given.mark !== undefined });
    }
    expect(told).toEqual([{ kind: 'reading', table: 'raw.x', place: 1, of: 1 }]);
    expect(asked).toEqual([['read', ...(given.has ?? facts([holds('a')])).owners]]);
  });
});

it.each([
  ['_account_id', true],
  ['account_id', true],
  ['run_id', false],
])('rows owned by %s are each of one account: %s', (owner, isEach) => {
  expect(isByAccount({ ...table, owner })).toBe(isEach);
});

it('names the accounts of a foreign table, and none where its rows belong to no single one', async () => {
  const { source, target } = sides({ there: [holds('')] });
  const { foreign } = await planTransfer(source, target, () => {});
  expect(foreign.map(({ accounts }) => accounts)).toEqual([[]]);
});

it('takes no two lists of texts for the same', () => {
  expect(fingerprintOf('a', 'b')).not.toBe(fingerprintOf('ab'));
});

describe('a transfer', () => {
  const planned = (action: PlannedTable['action'], has = facts([holds('b'), holds('a')])): PlannedTable => ({
    table,
    facts: has,
    action,
    before: 7,
  });
  const run = async (tables: readonly PlannedTable[], given: Parameters<typeof sides>[0] = {}) => {
    const { source, target, asked, remove } = sides(given);
    const told: TransferEvent[] = [];
    const ended = transfer(source, target, tables, { tell: (event) => told.push(event), remove });
    return {
      error: await ended.then(
        () => undefined,
        (error: unknown) => error,
      ),
      asked,
      told,
    };
  };
  const mark = { fingerprint: 'now', content: contentOf([holds('a'), holds('b')]) };

  it('sends the parts that have not arrived, keeps no file, and commits with what was there', async () => {
    const { asked, told } = await run([planned('there'), planned('replace'), planned('empty')], { sent: [0] });
    expect(asked).toEqual([
      ['prepare'],
      ['write', 1],
      ['send', 1, 'file 1'],
      ['remove', 'file 1'],
      ['commit', mark, 7],
    ]);
    expect(told).toEqual([
      { kind: 'part', table: 'raw.x', part: 1, of: 2, rows: 1 },
      { kind: 'part', table: 'raw.x', part: 2, of: 2, rows: 1 },
      { kind: 'copied', table: 'raw.x', rows: 4, place: 1, of: 1 },
    ]);
  });

  it('whose part does not arrive commits nothing and keeps no file', async () => {
    const { error, asked } = await run([planned('copy')], { fails: 'send' });
    expect(error).toEqual(new Error('send'));
    expect(asked).toEqual([['prepare'], ['write', 0], ['send', 0, 'file 0'], ['remove', 'file 0']]);
  });

  it('is compared account by account, those too that only one side has', async () => {
    const there = [holds('b', 2, { deleted: 0 }), holds('a'), holds('c'), holds('e', 2, { xor: '9' })];
    const { target } = sides({ there: [...there, holds('f', 2, { sum: '9' })] });
    const told: TransferEvent[] = [];
    const found = await compareTransfer(
      target,
      [planned('copy', facts([...'abdef'].map((account) => holds(account))))],
      (event) => told.push(event),
    );
    expect(told).toEqual([{ kind: 'comparing', table: 'raw.x', place: 1, of: 1 }]);
    expect(found.map(({ account, isEqual, source, target: to }) => [account, isEqual, source.rows, to.rows])).toEqual([
      ['a', true, 2, 2],
      ['b', false, 2, 2],
      ['c', false, 0, 2],
      ['d', false, 2, 0],
      ['e', false, 2, 2],
      ['f', false, 2, 2],
    ]);
  });
});

it.each([
  [{}, true],
  [{ rows: 3 }, false],
  [{ xor: '4' }, false],
  [{ sum: '5' }, false],
])('what arrived with %j is what was sent: %j', (change, isSame) => {
  const check = (): void => checkSent(table, facts([]), { rows: 2, xor: '5', sum: '6', ...change });
  if (isSame) expect(check).not.toThrow();
  else
    expect(check).toThrow(
      expect.objectContaining({
        kind: 'transient',
        message: expect.stringContaining('arrived other than they were sent') as string,
      }),
    );
});
