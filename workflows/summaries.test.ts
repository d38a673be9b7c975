import { expect, it } from 'vitest';
import { noCounts } from '../src/contracts/counts.ts';
import { addLoad, capLines, capSummary, unread } from './summaries.ts';

const key = { source: 'fake', accountId: 'shop', stream: 'items' };

it('a list of any length fits history, and says how much it leaves out', () => {
  const lines = ['a', 'b', 'c', 'd', 'e'];
  expect(capLines(lines)).toEqual(lines);
  expect(capLines([...lines, 'f', 'g'])).toEqual([...lines, 'and 2 more: see mailmart status']);
  expect(capLines(['x'.repeat(300), 'x'.repeat(301)])).toEqual(['x'.repeat(300), `${'x'.repeat(300)}…`]);
});

it('a failure keeps what to do whole, beside what happened cut to a length', () => {
  const fix = 'do this';
  const report = capSummary(unread(key, { kind: 'auth', message: `${'x'.repeat(298)} ${fix}`, fix }));
  expect(report.failure).toEqual({ kind: 'auth', message: 'x'.repeat(298), fix });
  expect(report.verdict.missing).toEqual([`${'x'.repeat(150)}…`]);
});

it('what was loaded is the sum of all loads, each count its own', () => {
  const load = { slices: 1, inserted: 1, updated: 2, unchanged: 3, deleted: 4, quarantined: 5 };
  expect(addLoad(addLoad(noCounts, load), load)).toEqual({
    ...noCounts,
    rowsInserted: 2,
    rowsUpdated: 4,
    rowsUnchanged: 6,
    rowsDeleted: 8,
    rowsQuarantined: 10,
  });
});
