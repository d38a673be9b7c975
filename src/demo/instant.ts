import type { DateText, Seconds } from './types.ts';

export const hour: Seconds = 3600;
export const day: Seconds = 86_400;

/** Seconds of an ISO-8601 text; throws on anything else. Fractions of a second are cut off. */
export function secondsOf(text: string): Seconds {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new Error(`not an ISO-8601 instant: ${text}`);
  return Math.floor(ms / 1000);
}

/** `2026-06-30T12:00:00.000Z`. */
export function instantOf(at: Seconds): string {
  return new Date(at * 1000).toISOString();
}

/** The UTC date of an instant, `2026-06-30`. */
export function utcDateOf(at: Seconds): DateText {
  return instantOf(at).slice(0, 10);
}
