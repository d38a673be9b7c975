import { day, secondsOf } from './instant.ts';
import type { Seconds, WorldSize } from './types.ts';

/** Everything that differs between the sizes of the world. */
export type Profile = {
  readonly people: number;
  /** Mass mailings sent up to `now`; automation e-mails and drafts come on top. */
  readonly campaigns: number;
  /** Rare events are this much likelier than in a big world, so that a small one holds them too. */
  readonly rare: number;
  /** Orders without a campaign, per person over the whole timeline. */
  readonly looseOrders: number;
};

export const profiles: Readonly<Record<WorldSize, Profile>> = {
  demo: { people: 22_400, campaigns: 120, rare: 1, looseOrders: 0.12 },
  small: { people: 430, campaigns: 15, rare: 6, looseOrders: 0.3 },
  tiny: { people: 280, campaigns: 10, rare: 10, looseOrders: 0.3 },
};

/** History begins here. */
export const worldStart: Seconds = secondsOf('2025-01-01T00:00:00Z');

/** The demo's "now". */
export const worldNow: Seconds = secondsOf('2026-06-30T12:00:00Z');

/** The timeline goes on for a week after "now", so that a later sync has something new to find. */
export const worldUntil: Seconds = worldNow + 7 * day;

/** Mass mailings sent after "now", by day: two on each of the first three days, then one. */
export const laterCampaigns: readonly number[] = [2, 2, 2, 1, 1, 1, 1];

export const companyName = 'Acme Garden';
export const companyZone = 'Europe/Berlin';
export const companyCurrency = 'EUR';
export const companyAccountId = 'shop-newsletter';
