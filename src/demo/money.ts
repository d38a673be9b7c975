import type { Amount } from './types.ts';

/** Exact decimal text of whole cents: 4990 → `49.90`. */
export function amountOf(cents: number): Amount {
  const sign = cents < 0 ? '-' : '';
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Whole cents of a decimal text with at most two places. */
export function centsOf(amount: Amount): number {
  const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(amount);
  if (match === null) throw new Error(`not an amount with at most two places: ${amount}`);
  const cents = Number(match[2]) * 100 + Number((match[3] ?? '').padEnd(2, '0'));
  return match[1] === '-' ? -cents : cents;
}
