import type { Connector } from './contract.ts';
import type { Said } from './allowance.ts';

/** Longer than any window that is stated in such headers; what is further off comes from another clock. */
const LONGEST_MS = 86_400_000;
/** Where the time of the reset cannot be right by any clock. */
const UNKNOWN_MS = 60_000;

type Headers = Readonly<Record<string, string>>;

/** What an answer's headers say of the rate (`Connector.rateHeaders`). */
export function allowanceOf<C>(
  { rateHeaders }: Pick<Connector<C>, 'rateHeaders'>,
  headers: Headers,
  now: number,
): Said {
  if (rateHeaders === undefined) return 'unstated';
  const remaining = wholeNumber(headers[rateHeaders.remaining.toLowerCase()]);
  const resetMs = resetOf(rateHeaders, headers, now);
  if (remaining === undefined || resetMs === undefined) return 'unstated';
  const window = rateHeaders.unit === 'epoch-s' ? wholeNumber(headers[rateHeaders.reset.toLowerCase()]) : undefined;
  return { remaining, resetMs, ...(window === undefined ? {} : { window }) };
}

/** Milliseconds until the stated reset; undefined where none is stated. */
export function resetOf(
  rateHeaders: NonNullable<Connector<never>['rateHeaders']>,
  headers: Headers,
  now: number,
): number | undefined {
  const reset = wholeNumber(headers[rateHeaders.reset.toLowerCase()]);
  if (reset === undefined) return undefined;
  if (rateHeaders.unit === 'seconds') return Math.min(reset * 1000, LONGEST_MS);
  // The source's own clock, which its Date header tells, else ours: theirs is in whole seconds, so a wait is rather too long.
  const clocks = [Date.parse(headers['date'] ?? ''), now];
  const waits = clocks.map((at) => reset * 1000 - at).filter((wait) => wait >= -1_000 && wait <= LONGEST_MS);
  return waits[0] === undefined ? UNKNOWN_MS : Math.max(0, waits[0]);
}

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : undefined;
