import type { FaultKind } from './faults.ts';

/** What the simulator saw since it was last reset. */
export type Stats = {
  readonly requests: number;
  /** Different pages answered whole. */
  readonly distinctPages: number;
  /** Requests for a page that had been asked for before. */
  readonly repeated: number;
  /** Pages answered whole. */
  readonly answered: number;
  readonly inFlight: number;
  readonly peak: number;
  readonly peakOfAccount: number;
  /** Accounts that asked for anything. */
  readonly accounts: number;
  /** 429s because an account had more than ten requests under way: never drawn, always the client's own. */
  readonly limited: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly faultsDrawn: number;
  readonly bytes: number;
  /** From the first request to the last byte of the last answer. */
  readonly fetchMs: number;
  /** Mean time from a request to the last byte of its answer. */
  readonly answerMs: number;
  /** By the last word of the path. */
  readonly streams: Readonly<Record<string, StreamStats>>;
  /** Requests that the simulator could not answer as asked. */
  readonly refused: readonly string[];
};

/** Times since the first request. */
export type StreamStats = { readonly requests: number; readonly firstMs: number; readonly lastMs: number };

type Waiter = { readonly pages: number; readonly resume: () => void };

/** Counts requests as they come and go. */
export class Traffic {
  private requests = 0;
  private answered = 0;
  private repeated = 0;
  private inFlight = 0;
  private peak = 0;
  private peakOfAccount = 0;
  private limited = 0;
  private bytes = 0;
  /** Of requests that are over, added up. */
  private busyMs = 0;
  private over = 0;
  private firstAt: number | undefined;
  private lastAt = 0;
  private faults: Partial<Record<FaultKind, number>> = {};
  private refused: string[] = [];
  private readonly asked = new Set<string>();
  private readonly whole = new Set<string>();
  private readonly accounts = new Map<string, number>();
  private readonly streams = new Map<string, { requests: number; firstMs: number; lastMs: number }>();
  private waiters: Waiter[] = [];

  /** A request has come; returns how many its account now has under way. */
  enter(account: string, page: string, stream: string): number {
    const now = performance.now();
    this.firstAt ??= now;
    this.requests += 1;
    if (this.asked.size === this.asked.add(page).size) this.repeated += 1;
    const own = (this.accounts.get(account) ?? 0) + 1;
    this.accounts.set(account, own);
    this.inFlight += 1;
    this.peak = Math.max(this.peak, this.inFlight);
    this.peakOfAccount = Math.max(this.peakOfAccount, own);
    const at = now - this.firstAt;
    const seen = this.streams.get(stream) ?? { requests: 0, firstMs: at, lastMs: at };
    seen.requests += 1;
    this.streams.set(stream, seen);
    return own;
  }

  /** Its answer has gone out, or its connection, so many milliseconds after it came. */
  leave(account: string, stream: string, ms: number): void {
    this.lastAt = performance.now();
    this.busyMs += ms;
    this.over += 1;
    this.inFlight -= 1;
    this.accounts.set(account, (this.accounts.get(account) ?? 1) - 1);
    const seen = this.streams.get(stream);
    if (seen !== undefined && this.firstAt !== undefined) seen.lastMs = this.lastAt - this.firstAt;
  }

  /** The page went out whole. */
  served(page: string, bytes: number): void {
    this.whole.add(page);
    this.answered += 1;
    this.bytes += bytes;
    for (const { pages, resume } of this.waiters) if (pages <= this.answered) resume();
    this.waiters = this.waiters.filter(({ pages }) => pages > this.answered);
  }

  struck(kind: FaultKind): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
  }

  overLimit(): void {
    this.limited += 1;
  }

  refuse(what: string): void {
    if (this.refused.length < 20) this.refused.push(what);
  }

  /** Resolves when so many pages have been answered. */
  reached(pages: number): Promise<void> {
    if (this.answered >= pages) return Promise.resolve();
    return new Promise((resume) => this.waiters.push({ pages, resume }));
  }

  stats(): Stats {
    return {
      requests: this.requests,
      distinctPages: this.whole.size,
      repeated: this.repeated,
      answered: this.answered,
      inFlight: this.inFlight,
      peak: this.peak,
      peakOfAccount: this.peakOfAccount,
      accounts: this.accounts.size,
      limited: this.limited,
      faults: this.faults,
      faultsDrawn: Object.values(this.faults).reduce((sum, count) => sum + count, 0),
      bytes: this.bytes,
      answerMs: this.over === 0 ? 0 : this.busyMs / this.over,
      fetchMs: Math.max(0, this.lastAt - (this.firstAt ?? this.lastAt)),
      streams: Object.fromEntries(this.streams),
      refused: this.refused,
    };
  }
}
