import type { Said } from '../connectors/_kit/allowance.ts';
import type { Budget, GiveBack } from '../connectors/_kit/budget.ts';
import type { FromThread } from './reader-messages.ts';

/** Turns of a lane within this thread before it goes back to the main thread, where others may wait for it. */
const mostTurns = 12;

/** What lanes are asked for: of which account and rate key, on behalf of which job. */
export type LanesOf = {
  readonly id: number;
  readonly account: string;
  readonly key: string;
  /** Whether the key has a rate, declared or stated by the answers: then every turn is the main thread's to give, which keeps it. */
  readonly isPaced: boolean;
};

type Waiting = {
  readonly lane: number;
  readonly priority: number;
  readonly lanes: number;
  readonly enter: (held: Held) => void;
};
/** What the main thread gave under this number, and how often it was handed on here since. */
type Held = { readonly lane: number; readonly lanes: number; readonly turns: number };
type Queue = Waiting[];

/**
 * Lanes in a reader thread, which the main thread gives. One that is given back goes to whoever waits for the same here first,
 * without a trip to the main thread and back: for a lane of requests each trip is time in which nothing is under way.
 */
export class RemoteLanes {
  private asked = 0;
  /** Those who wait, by account and rate key. */
  private readonly queues = new Map<string, Queue>();
  private readonly onGrant = new Map<number, () => void>();
  private readonly say: (message: FromThread) => void;

  constructor(say: (message: FromThread) => void) {
    this.say = say;
  }

  /** A budget whose lanes the main thread gives, shared by all jobs of one account here. */
  budget(of: LanesOf): Budget {
    const place = `${of.account} ${of.key}`;
    const queue = this.queues.get(place) ?? [];
    this.queues.set(place, queue);
    return { take: (signal, priority = 0, lanes = 1) => this.take(queue, of, signal, priority, lanes) };
  }

  /** The main thread has given what was asked for under this number; nobody may wait for it any more. */
  granted(lane: number): void {
    this.onGrant.get(lane)?.();
  }

  private async take(
    queue: Queue,
    { id, key, isPaced }: LanesOf,
    signal: AbortSignal,
    priority: number,
    lanes: number,
  ): Promise<GiveBack> {
    signal.throwIfAborted();
    this.asked += 1;
    const lane = this.asked;
    const held = await new Promise<Held>((resolve, reject) => {
      const leave = (): void => {
        this.forget(queue, lane);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      const enter = (given: Held): void => {
        signal.removeEventListener('abort', leave);
        resolve(given);
      };
      const at = queue.findLastIndex((other) => other.priority <= priority) + 1;
      queue.splice(at, 0, { lane, priority, lanes, enter });
      this.onGrant.set(lane, () => {
        this.remove(queue, lane);
        enter({ lane, lanes, turns: 0 });
      });
      this.say({ kind: 'take', id, lane, key, priority, lanes });
    });
    let isBack = false;
    return (said) => {
      if (!isBack) this.giveBack(queue, held, isPaced ? 0 : mostTurns, said);
      isBack = true;
    };
  }

  private giveBack(queue: Queue, { lane, lanes, turns }: Held, most: number, said: Said | undefined): void {
    const next = queue[0];
    if (next?.lanes !== lanes || turns >= most) {
      this.say({ kind: 'give', lane, ...(said === undefined ? {} : { said }) });
      return;
    }
    this.forget(queue, next.lane);
    next.enter({ lane, lanes, turns: turns + 1 });
  }

  /** No longer waits for a lane of its own; one that is on its way is given back by the main thread. */
  private forget(queue: Queue, lane: number): void {
    this.remove(queue, lane);
    this.say({ kind: 'give', lane });
  }

  private remove(queue: Queue, lane: number): void {
    this.onGrant.delete(lane);
    const at = queue.findIndex((other) => other.lane === lane);
    if (at >= 0) queue.splice(at, 1);
  }
}
