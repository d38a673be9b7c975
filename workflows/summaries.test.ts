import { expect, it } from 'vitest';
import { capLines, capSummary, unread } from './summaries.ts';

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
