import { ConnectorError } from '../connectors/_kit/errors.ts';
import type { Slice, SliceResult } from '../src/contracts/sync.ts';
import { openAccount, type OpenAccount } from './account.ts';
import { AccountTurns } from './account-turns.ts';
import type { Attempt } from './attempts.ts';
import type { Deps } from './deps.ts';
import { planOf } from './slice-plan.ts';
import { readInThisThread } from './read-slice.ts';
import type { BatchRef, ExtractProgress } from './types.ts';

/**
 * Reads the slices of one batch, as many side by side as the account has connections; the account's budget decides
 * which of them sends next. A slice whose manifest is durable is not read again, so a retry goes on where the last
 * attempt stopped; a slice that is not finished leaves nothing behind.
 */
export async function extractBatch(deps: Deps, input: BatchRef, attempt: Attempt): Promise<ExtractProgress> {
  const plan = await planOf(deps.landing, input);
  const account = openAccount(deps, input.key.accountId);
  const reader = new BatchReader(deps, input, account, attempt);
  return await turns.run(JSON.stringify([input.key.source, input.key.accountId]), attempt.signal, () =>
    reader.read(plan.slices.slice(input.from, input.to)),
  );
}

const turns = new AccountTurns();

/** Whether this process reads anything now. */
export const isReading = (): boolean => turns.isTaken;

class BatchReader {
  private readonly deps: Deps;
  private readonly input: BatchRef;
  private readonly account: OpenAccount;
  private readonly attempt: Attempt;
  /** Ends the other readers at once: what failed here fails there too. */
  private readonly giveUp = new AbortController();
  private readonly signal: AbortSignal;
  private failure: { readonly error: unknown } | undefined;
  private done = nothingRead;
  private readonly open = new Map<string, { pages: number; rows: number; bytes: number }>();

  constructor(deps: Deps, input: BatchRef, account: OpenAccount, attempt: Attempt) {
    this.deps = deps;
    this.input = input;
    this.account = account;
    this.attempt = attempt;
    this.signal = AbortSignal.any([attempt.signal, this.giveUp.signal]);
    attempt.report(() => this.progress());
  }

  async read(slices: readonly Slice[]): Promise<ExtractProgress> {
    const queue = slices.map((slice, index) => ({ slice, priority: this.input.from + index }));
    const reader = async (): Promise<void> => {
      for (;;) {
        const next = this.failure === undefined && !this.signal.aborted ? queue.shift() : undefined;
        if (next === undefined) return;
        await this.readOne(next.slice, next.priority).catch((error: unknown) => this.fail(error));
      }
    };
    const readers = Math.max(1, this.account.connector.limits.default.concurrency);
    await Promise.all(Array.from({ length: readers }, reader));
    this.attempt.signal.throwIfAborted();
    if (this.failure !== undefined) throw this.failure.error;
    return this.progress();
  }

  /** Other readers may finish the slice they are at, unless the source refuses us altogether. */
  private fail(error: unknown): void {
    this.failure ??= { error };
    const hopeless =
      error instanceof ConnectorError && ['auth', 'quota_exhausted', 'rate_limited', 'config'].includes(error.kind);
    if (hopeless) this.giveUp.abort(error);
  }

  private async readOne(slice: Slice, priority: number): Promise<void> {
    const { key, runId } = this.input;
    const known = await this.deps.landing.readSlice(key, runId, slice.id);
    const result = known ?? (await this.extract(slice, priority));
    this.open.delete(slice.id);
    this.done = addSlice(this.done, result);
  }

  private async extract(slice: Slice, priority: number): Promise<SliceResult> {
    const { key, runId } = this.input;
    const tally = { pages: 0, rows: 0, bytes: 0 };
    this.open.set(slice.id, tally);
    const job = { key, runId, slice, now: this.deps.clock.now(), priority };
    try {
      const read = this.deps.readSlice ?? readInThisThread(this.deps);
      return await read(this.account, job, {
        signal: this.signal,
        onPage: ({ rows, bytes }) => {
          tally.pages += 1;
          tally.rows += rows;
          tally.bytes += bytes;
        },
      });
    } catch (error) {
      this.open.delete(slice.id);
      throw error;
    }
  }

  private progress(): ExtractProgress {
    let { pages, rows, bytes } = this.done;
    for (const tally of this.open.values()) {
      pages += tally.pages;
      rows += tally.rows;
      bytes += tally.bytes;
    }
    return { ...this.done, pages, rows, bytes };
  }
}

export const nothingRead: ExtractProgress = { slicesDone: 0, pages: 0, requests: 0, rows: 0, bytes: 0 };

export function addSlice(done: ExtractProgress, result: SliceResult): ExtractProgress {
  return {
    slicesDone: done.slicesDone + 1,
    pages: done.pages + result.pages,
    requests: done.requests + result.requests,
    rows: done.rows + result.rows,
    bytes: done.bytes + (result.bytesRead ?? result.parts.reduce((bytes, part) => bytes + part.bytes, 0)),
  };
}
