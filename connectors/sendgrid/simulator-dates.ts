import { day, utcDateOf } from '../../src/demo/instant.ts';
import type { Seconds } from '../../src/demo/types.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Calendar date of an instant in an IANA zone, `2026-06-30`. */
export function dateIn(at: Seconds, zone: string): string {
  if (zone === 'UTC') return utcDateOf(at);
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(zone, format);
  }
  return format.format(at * 1000);
}

export function isZone(zone: string): boolean {
  try {
    return dateIn(0, zone) !== '';
  } catch {
    return false;
  }
}

export function isDate(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** The dates from the first to the last, both included. */
export function datesBetween(first: string, last: string): string[] {
  const dates: string[] = [];
  for (let at = Date.parse(`${first}T00:00:00Z`) / 1000; ; at += day) {
    const date = dateIn(at, 'UTC');
    if (date > last) return dates;
    dates.push(date);
  }
}

/** The date that stands for a date's day, week (from Monday) or month. */
export function bucketOf(date: string, by: string): string {
  if (by === 'month') return `${date.slice(0, 8)}01`;
  if (by !== 'week') return date;
  const at = Date.parse(`${date}T00:00:00Z`) / 1000;
  const sinceMonday = (new Date(at * 1000).getUTCDay() + 6) % 7;
  return dateIn(at - sinceMonday * day, 'UTC');
}
