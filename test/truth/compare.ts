import { Decimal } from 'decimal.js';
import type { Row } from '../../src/contracts/sync.ts';
import type { TruthRow } from './tally.ts';

/** Ratios are doubles on one side or the other: nine digits after the point agree. All else is exact. */
const ratioTolerance = 1e-9;

/** Differences between a mart and the truth, as sentences; empty when every column of every row of the truth agrees. */
export function differences(
  mart: readonly Row[],
  truth: readonly TruthRow[],
  key: readonly string[],
  tolerances: Readonly<Record<string, number>> = {},
): readonly string[] {
  const found: string[] = [];
  const keyOf = (row: Readonly<Record<string, unknown>>): string =>
    key.map((column) => String(row[column])).join(' | ');
  const ours = new Map(mart.map((row) => [keyOf(row), row]));
  if (ours.size !== mart.length) found.push(`the mart has ${mart.length - ours.size} rows with a key seen before`);
  for (const expected of truth) {
    const id = keyOf(expected);
    const row = ours.get(id);
    if (row === undefined) {
      found.push(`${id}: missing in the mart`);
      continue;
    }
    ours.delete(id);
    for (const [column, value] of Object.entries(expected)) {
      const tolerance =
        tolerances[column] ?? (column.endsWith('_rate') || column.includes('rate_') ? ratioTolerance : 0);
      if (!(column in row)) found.push(`${id}: no column ${column}`);
      else if (!agree(row[column], value, tolerance)) {
        found.push(`${id}: ${column} is ${show(row[column])}, expected ${show(value)}`);
      }
    }
  }
  for (const id of ours.keys()) found.push(`${id}: not in the truth`);
  return found;
}

function show(value: unknown): string {
  return value instanceof Decimal ? value.toFixed() : JSON.stringify(value);
}

function agree(ours: unknown, expected: TruthRow[string], tolerance: number): boolean {
  if (expected === null || ours === null || ours === undefined) return expected === (ours ?? null);
  if (typeof expected === 'boolean') return ours === expected;
  // Most numbers are the same text, which needs no arithmetic.
  if (typeof expected === 'number' && String(ours) === String(expected)) return true;
  if (typeof expected === 'string') return String(ours) === expected || instant(ours) === instant(expected);
  const [a, b] = [new Decimal(String(ours)), new Decimal(expected)];
  // A quotient of money is kept to nine places.
  const allowed =
    tolerance > 0 || expected instanceof Decimal || Number.isInteger(expected) ? tolerance : ratioTolerance;
  return a
    .minus(b)
    .abs()
    .lte(new Decimal(allowed).times(Decimal.max(1, b.abs())));
}

function instant(value: unknown): number | string {
  const text = String(value);
  return /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : text;
}
