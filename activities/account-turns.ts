import { availableParallelism } from 'node:os';
import { createBudget } from '../connectors/_kit/budget.ts';

/**
 * Accounts that a worker reads at a time. Each keeps its lanes, open files and pages in memory, and a core does not keep more of
 * them busy: of a hundred small ones, all at once took 109 s and 1.2 GB on two cores, forty at once 98 s and 1.07 GB, sixteen 136 s.
 */
const accountsPerCore = 20;

/** Accounts that are read now; further ones wait for their turn, in the order in which they came. */
export class AccountTurns {
  private readonly places: ReturnType<typeof createBudget>;
  private readonly turns = new Map<string, { readonly place: Promise<() => void>; users: number }>();

  constructor(atOnce = accountsPerCore * availableParallelism()) {
    this.places = createBudget({ concurrency: atOnce }, () => Promise.resolve());
  }

  /** Whether any account is read now, or waits for its turn. */
  get isTaken(): boolean {
    return this.turns.size > 0;
  }

  /** Runs `work` in the account's turn: all that reads one account at a time shares it. */
  async run<T>(account: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = this.turns.get(account) ?? { place: this.places.take(new AbortController().signal), users: 0 };
    this.turns.set(account, turn);
    turn.users += 1;
    try {
      await orAborted(turn.place, signal);
      return await work();
    } finally {
      turn.users -= 1;
      if (turn.users === 0) {
        this.turns.delete(account);
        void turn.place.then((giveBack) => giveBack());
      }
    }
  }
}

async function orAborted(place: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', leave, { once: true });
  try {
    await Promise.race([place, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
