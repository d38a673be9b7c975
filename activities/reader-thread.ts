import { hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { Budget } from '../connectors/_kit/budget.ts';
import { createHttp } from '../connectors/_kit/http.ts';
import { connectors } from '../connectors/index.ts';
import { createLocalLanding } from '../src/landing/local.ts';
import { registerSecrets } from './account.ts';
import { aheadOf, readSliceToLanding } from './read-slice.ts';
import { openPages, plainFailure, type FromThread, type ThreadJob, type ToThread } from './reader-messages.ts';

// A thread that reads slices: requests, unpacking, JSON, the checks at the edge, and the parts. Lanes are the main thread's
// to give, because all threads draw on one account's budget.

const port = parentPort!;
const landing = createLocalLanding((workerData as { readonly landingRoot: string }).landingRoot);
const jobs = new Map<number, AbortController>();
const waiting = new Map<number, () => void>();
let asked = 0;

const say = (message: FromThread): void => port.postMessage(message);

/** Turns of a lane within this thread before it goes back to the main thread, where others may wait for it. */
const mostTurns = 12;

type Waiting = {
  readonly lane: number;
  readonly priority: number;
  readonly lanes: number;
  readonly enter: (held: Held) => void;
};
/** What the main thread gave under this number, and how often it was handed on here since. */
type Held = { readonly lane: number; readonly lanes: number; readonly turns: number };

/**
 * Lanes of one account and rate key, which the main thread gives. One that is given back goes to whoever waits here first,
 * without a trip to the main thread and back: for a lane of requests each trip is time in which nothing is under way.
 */
class RemoteLanes {
  private readonly waiting: Waiting[] = [];

  async take(id: number, key: string, signal: AbortSignal, priority: number, lanes: number): Promise<() => void> {
    signal.throwIfAborted();
    asked += 1;
    const lane = asked;
    const held = await new Promise<Held>((resolve, reject) => {
      const leave = (): void => {
        this.forget(lane);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      const enter = (given: Held): void => {
        signal.removeEventListener('abort', leave);
        resolve(given);
      };
      const at = this.waiting.findLastIndex((other) => other.priority <= priority) + 1;
      this.waiting.splice(at, 0, { lane, priority, lanes, enter });
      waiting.set(lane, () => {
        this.remove(lane);
        enter({ lane, lanes, turns: 0 });
      });
      say({ kind: 'take', id, lane, key, priority, lanes });
    });
    let isBack = false;
    return () => {
      if (!isBack) this.giveBack(held);
      isBack = true;
    };
  }

  private giveBack({ lane, lanes, turns }: Held): void {
    const next = this.waiting[0];
    if (next?.lanes !== lanes || turns >= mostTurns) {
      say({ kind: 'give', lane });
      return;
    }
    this.forget(next.lane);
    next.enter({ lane, lanes, turns: turns + 1 });
  }

  /** No longer waits for a lane of its own; one that is on its way is given back by the main thread. */
  private forget(lane: number): void {
    this.remove(lane);
    waiting.delete(lane);
    say({ kind: 'give', lane });
  }

  private remove(lane: number): void {
    const at = this.waiting.findIndex((other) => other.lane === lane);
    if (at >= 0) this.waiting.splice(at, 1);
  }
}

const remoteLanes = new Map<string, RemoteLanes>();

/** A budget whose lanes the main thread gives, shared by all jobs of one account here. */
function remoteBudget(id: number, account: string, key: string): Budget {
  const place = `${account} ${key}`;
  const shared = remoteLanes.get(place) ?? new RemoteLanes();
  remoteLanes.set(place, shared);
  return { take: (signal, priority = 0, lanes = 1) => shared.take(id, key, signal, priority, lanes) };
}

async function read(id: number, { job, connector: name, config, salt }: ThreadJob): Promise<void> {
  const stop = new AbortController();
  jobs.set(id, stop);
  const connector = connectors[name];
  try {
    if (connector === undefined) throw new Error(`The thread knows no connector ${name}`);
    registerSecrets(connector, config, salt);
    const { priority } = job;
    const account = hash('sha256', JSON.stringify([name, config]));
    const pages = remoteBudget(id, account, openPages);
    const result = await readSliceToLanding(job, {
      connector,
      config,
      salt,
      landing,
      signal: stop.signal,
      http: createHttp(connector, config, {
        priority,
        budget: (key) => remoteBudget(id, account, key),
        onWait: (ms) =>
          say({
            kind: 'log',
            fields: { connector: name, waitMs: Math.round(ms) },
            message: 'waits before it asks again',
          }),
      }),
      ahead: aheadOf(connector, pages, priority),
      logger: { info: (fields, message) => say({ kind: 'log', fields, message }) },
      onPage: (page) => say({ kind: 'page', id, page }),
    });
    say({ kind: 'done', id, result });
  } catch (error) {
    say({ kind: 'failed', id, failure: plainFailure(error) });
  } finally {
    jobs.delete(id);
  }
}

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'read':
      void read(message.id, message.job);
      break;
    case 'abort':
      jobs.get(message.id)?.abort(new Error('the slice is no longer wanted'));
      break;
    case 'granted': {
      const enter = waiting.get(message.lane);
      waiting.delete(message.lane);
      enter?.();
      break;
    }
  }
});
