import type { Instant } from './json.ts';

/** The only source of "now" for decisions on data. `MAILMART_CLOCK=<ISO instant>` freezes it (demo, tests); durations use the monotonic clock. */
export type Clock = { now(): Instant };

/** `MAILMART_CLOCK` is no instant. */
export class ClockError extends Error {
  readonly fix = 'unset MAILMART_CLOCK';
}

/** Clock from the environment: frozen when `MAILMART_CLOCK` is set, else the system's. */
export function clockFromEnv(env: Readonly<Record<string, string | undefined>>): Clock {
  const frozen = env['MAILMART_CLOCK'];
  if (frozen === undefined || frozen === '') return { now: () => new Date().toISOString() };
  const at = new Date(frozen);
  if (Number.isNaN(at.getTime()))
    throw new ClockError('MAILMART_CLOCK is not an ISO-8601 instant: use e.g. 2026-06-30T12:00:00Z');
  const text = at.toISOString();
  return { now: () => text };
}
