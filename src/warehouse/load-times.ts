import type { Instant } from '../contracts/json.ts';

/**
 * In whole milliseconds, which is what a JavaScript Date and ISO text of one length can hold.
 * `next` is later than every earlier load, even when the clock stands still or went back; `last` is for loads that change nothing.
 */
export function loadTimes(
  now: Instant,
  latest: Instant | null | undefined,
): { readonly next: Instant; readonly last: Instant } {
  const nowMs = Date.parse(now);
  const latestMs = latest === undefined || latest === null ? -Infinity : Date.parse(latest);
  const text = (ms: number): string => new Date(ms).toISOString();
  return { last: text(Math.max(nowMs, latestMs)), next: text(Math.max(nowMs, latestMs + 1)) };
}
