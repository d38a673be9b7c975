import type { Rate } from '../../src/demo/simulator/windows.ts';

/**
 * SendGrid publishes no numbers but one: 6 requests a minute to Email Activity. The others are this simulator's own, of the
 * order that its headers were seen to state; a connector must go by the headers.
 */
export const rates = {
  activity: { requests: 6, seconds: 60 },
  logs: { requests: 60, seconds: 10 },
  marketing: { requests: 100, seconds: 10 },
  exports: { requests: 30, seconds: 10 },
  stats: { requests: 60, seconds: 10 },
  suppressions: { requests: 60, seconds: 10 },
  account: { requests: 60, seconds: 10 },
} as const satisfies Readonly<Record<string, Rate>>;

export type RateKey = keyof typeof rates;
