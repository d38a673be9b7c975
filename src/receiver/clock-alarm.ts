import type { Instant } from '../contracts/json.ts';

/** Genuine posts that were refused for their age: our clock or the sender's is wrong. */
export type ClockAlarm = {
  readonly account_id: string;
  readonly hook: string;
  readonly first_at: Instant;
  readonly last_at: Instant;
  readonly posts: number;
  /** Our clock less the sender's, at the last of them, seconds. */
  readonly skew_seconds: number;
};

/** The alarms of a receiver, one a hook. */
export class ClockAlarms {
  readonly #alarms: Map<string, ClockAlarm>;
  readonly #onChange: () => void;

  /** `earlier`: those that the last receiver left. */
  constructor(earlier: readonly ClockAlarm[], onChange: () => void) {
    this.#alarms = new Map(earlier.map((alarm) => [keyOf(alarm.account_id, alarm.hook), alarm]));
    this.#onChange = onChange;
  }

  get all(): readonly ClockAlarm[] {
    return [...this.#alarms.values()];
  }

  raise(accountId: string, hook: string, at: Instant, skewSeconds: number): void {
    const before = this.#alarms.get(keyOf(accountId, hook));
    this.#alarms.set(keyOf(accountId, hook), {
      account_id: accountId,
      hook,
      first_at: before?.first_at ?? at,
      last_at: at,
      posts: (before?.posts ?? 0) + 1,
      skew_seconds: Math.round(skewSeconds),
    });
    this.#onChange();
  }

  /** A post of the hook was of the right age. */
  clear(accountId: string, hook: string): void {
    if (this.#alarms.delete(keyOf(accountId, hook))) this.#onChange();
  }
}

function keyOf(accountId: string, hook: string): string {
  return `${accountId}/${hook}`;
}
