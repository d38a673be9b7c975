import type { Duration, Instant } from '../../src/contracts/json.ts';

const SHAPE = /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/**
 * Milliseconds of an ISO-8601 duration made of weeks, days, hours, minutes and seconds. Years and months are refused:
 * their length depends on the date, and a window that changes its length with the calendar surprises everyone.
 */
export function durationMs(duration: Duration): number {
  const match = SHAPE.exec(duration);
  if (match === null) {
    throw new Error(
      `"${duration}" is not a duration made of weeks, days, hours, minutes or seconds: write it like P35D or PT1H`,
    );
  }
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

/** The instant this much earlier. */
export function before(instant: Instant, duration: Duration): Instant {
  return new Date(Date.parse(instant) - durationMs(duration)).toISOString();
}
