import type { Sleep } from './budget.ts';

/**
 * What an answer says of its limit key: requests left, and the milliseconds until they begin anew. `window`: the stated time of
 * that, by which the answers of one window are told from those of another, however our clocks differ.
 */
export type Allowance = { readonly remaining: number; readonly resetMs: number; readonly window?: number };

/** What an answer said: an allowance, or that it names none. */
export type Said = Allowance | 'unstated';

/** Where no time is stated but how long it takes, in whole seconds: two that are so close are the same. */
const SAME_MS = 1_500;

/**
 * How many requests of one limit key may begin, by what the answers say. Requests under way are counted as not yet part of
 * what is left: some are, and then one waits that need not. While nothing is known, one request goes alone and finds out.
 */
export class Allowing {
  private known: { remaining: number; resetAt: number; readonly window: number | undefined } | undefined;
  /** The source states no limit for this key. */
  private isUnlimited = false;
  private underWay = 0;
  private isWatching = false;
  private readonly sleep: Sleep;
  private readonly onReset: () => void;

  /** `onReset`: called when requests begin anew, while somebody `watch`es. */
  constructor(sleep: Sleep, onReset: () => void) {
    this.sleep = sleep;
    this.onReset = onReset;
  }

  mayBegin(): boolean {
    if (this.known !== undefined && performance.now() >= this.known.resetAt) this.known = undefined;
    if (this.known !== undefined) return this.known.remaining - this.underWay > 0;
    return this.isUnlimited || this.underWay === 0;
  }

  begun(): void {
    this.underWay += 1;
  }

  /** A request is over. Without an answer it may have counted all the same. */
  ended(said: Said | 'nothing was sent' | undefined): void {
    this.underWay -= 1;
    if (said === 'nothing was sent') return;
    if (typeof said === 'object') {
      this.take(said);
    } else if (this.known !== undefined) {
      this.known.remaining -= 1;
    } else if (said === 'unstated') {
      this.isUnlimited = true;
    }
  }

  /** Somebody waits: told when requests begin anew. */
  watch(): void {
    if (this.isWatching || this.known === undefined) return;
    this.isWatching = true;
    const { resetAt } = this.known;
    void this.wakeAt(resetAt);
  }

  private async wakeAt(resetAt: number): Promise<void> {
    await this.sleep(Math.max(1, resetAt - performance.now()), new AbortController().signal);
    this.isWatching = false;
    // Meanwhile another window may have begun, which ends later.
    if (this.known !== undefined && this.known.resetAt <= resetAt) this.known = undefined;
    this.onReset();
  }

  private take({ remaining, resetMs, window }: Allowance): void {
    this.isUnlimited = false;
    const resetAt = performance.now() + Math.max(0, resetMs);
    const later = this.known === undefined ? 1 : laterBy({ resetAt, window }, this.known);
    // An answer of the window before comes late: it says nothing of now.
    if (later < 0) return;
    if (later > 0) {
      this.known = { remaining, resetAt, window };
    } else {
      this.known!.remaining = Math.min(this.known!.remaining, remaining);
      this.known!.resetAt = Math.max(this.known!.resetAt, resetAt);
    }
  }
}

type Reset = { readonly resetAt: number; readonly window: number | undefined };

/** More than 0: the first is of a later window; 0: of the same. */
function laterBy(one: Reset, other: Reset): number {
  if (one.window !== undefined && other.window !== undefined) return one.window - other.window;
  const ms = one.resetAt - other.resetAt;
  return Math.abs(ms) <= SAME_MS ? 0 : ms;
}
