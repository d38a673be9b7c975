import type { Json } from '../../src/contracts/json.ts';

/** How a source writes a point in time. Declared, never guessed: seconds read as milliseconds land in 1970. */
export type TimeUnit = 'iso' | 'epoch-s' | 'epoch-ms';

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2}))?$/;

/**
 * Milliseconds since 1970 of a source's time value; null where there is none (null, absent, empty text);
 * undefined when it is no time in the declared unit. A time of day without a zone is none: nobody knows when it was.
 */
export function timeMs(value: Json | undefined, unit: TimeUnit): number | null | undefined {
  if (value === null || value === undefined || value === '') return null;
  if (unit === 'iso') return typeof value === 'string' ? (utcSecondMs(value) ?? isoMs(value)) : undefined;
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return undefined;
  const ms = Math.floor(unit === 'epoch-s' ? number * 1000 : number);
  return Math.abs(ms) <= 8.64e15 ? ms : undefined;
}

/** A point in time, written in a source's unit (for windows; whole seconds for `epoch-s`, rounded down). */
export function timeText(ms: number, unit: TimeUnit): string {
  if (unit === 'iso') return new Date(ms).toISOString();
  return String(unit === 'epoch-s' ? Math.floor(ms / 1000) : ms);
}

const digits = (text: string, start: number, end: number): number => {
  let number = 0;
  for (let at = start; at < end; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
};

/** `2026-06-30T12:00:00+00:00` and `…Z`, which is how most sources write most times, without the general rule's price. */
function utcSecondMs(text: string): number | undefined {
  const isPlain = (text.length === 25 && text.endsWith('+00:00')) || (text.length === 20 && text.charCodeAt(19) === 90);
  // Days up to 28 exist in every month, and years up to 99 mean another century to Date.UTC: the general rule judges those.
  if (!isPlain || text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[13] !== ':' || text[16] !== ':')
    return undefined;
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)];
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)];
  const isCertain =
    year > 99 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23 && minute <= 59 && second <= 59;
  return isCertain ? Date.UTC(year, month - 1, day, hour, minute, second) : undefined;
}

function isoMs(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Math.floor(Number(`0.${match[7] ?? '0'}`) * 1000);
  const utc = new Date(0);
  utc.setUTCFullYear(year, month - 1, day);
  utc.setUTCHours(hour, minute, second, ms);
  // Date rolls 30 February and 12:60 over into the next month or minute: such a value is an error at the source.
  const kept =
    utc.getUTCMonth() === month - 1 &&
    utc.getUTCDate() === day &&
    utc.getUTCHours() === hour &&
    utc.getUTCMinutes() === minute &&
    utc.getUTCSeconds() === second;
  if (!kept) return undefined;
  return utc.getTime() - offsetMs(match[8] ?? 'Z');
}

function offsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
}
