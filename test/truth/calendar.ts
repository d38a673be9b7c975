import type { Seconds } from '../../src/demo/types.ts';

const formats = new Map<string, Intl.DateTimeFormat>();
const memo = new Map<string, string>();

/** Calendar date of an instant in a zone; remembered by quarter of an hour, the finest step that offsets have today. */
export function dateIn(zone: string, at: Seconds): string {
  const key = `${zone} ${Math.floor(at / 900)}`;
  let date = memo.get(key);
  if (date === undefined) {
    let format = formats.get(zone);
    if (format === undefined) {
      format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
      formats.set(zone, format);
    }
    date = format.format(at * 1000);
    memo.set(key, date);
  }
  return date;
}

const clocks = new Map<string, { readonly weekday: number; readonly hour: number }>();
const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** What calendar and clock show in a zone: Monday is 1. */
export function clockIn(zone: string, at: Seconds): { readonly weekday: number; readonly hour: number } {
  const key = `${zone} ${Math.floor(at / 900)}`;
  let clock = clocks.get(key);
  if (clock === undefined) {
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      hourCycle: 'h23',
    });
    const [weekday = '', hour = ''] = format.format(at * 1000).split(', ');
    clock = { weekday: weekdays.indexOf(weekday) + 1, hour: Number(hour) };
    clocks.set(key, clock);
  }
  return clock;
}

/** The date some days later (or earlier). */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** All dates from first to last, both included. */
export function datesBetween(first: string, last: string): readonly string[] {
  const dates: string[] = [];
  for (let date = first; date <= last; date = addDays(date, 1)) dates.push(date);
  return dates;
}
