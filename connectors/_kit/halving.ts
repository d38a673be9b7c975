import type { JsonObject } from '../../src/contracts/json.ts';
import type { ReadPage } from './contract.ts';

/** Of windows that are asked for: APIs take whole seconds. */
const SECOND_MS = 1_000;

/** From `fromMs` up to, and without, `toMs`: milliseconds since 1970, whole seconds. */
export type TimeWindow = { readonly fromMs: number; readonly toMs: number };

export type Halving = {
  /** Records of an answer that may have been cut. */
  readonly cap: number;
  readonly ask: (window: TimeWindow) => Promise<{ readonly records: readonly JsonObject[]; readonly bytes: number }>;
};

/**
 * Everything in a window of an API that answers with the first `cap` records and has no paging: a window that returns so many
 * is asked for again in two halves, down to a second. What is beyond the cap within one second nobody can ask for: the page then
 * says that it is incomplete.
 */
export async function* halving(window: TimeWindow, { cap, ask }: Halving): AsyncGenerator<ReadPage> {
  // The next window last: the halves of a window follow each other in time.
  const open = [{ fromMs: floor(window.fromMs), toMs: Math.max(floor(window.fromMs) + SECOND_MS, ceil(window.toMs)) }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { records, bytes } = await ask(next);
    const { fromMs, toMs } = next;
    if (records.length < cap) {
      yield { records, bytes };
    } else if (toMs - fromMs <= SECOND_MS) {
      const incomplete = `more than ${cap - 1} records of the second ${new Date(fromMs).toISOString().slice(0, 19)}Z, of which the API shows ${cap}`;
      yield { records, bytes, incomplete };
    } else {
      const middleMs = floor(fromMs + (toMs - fromMs) / 2);
      open.push({ fromMs: middleMs, toMs }, { fromMs, toMs: middleMs });
    }
  }
}

const floor = (ms: number): number => Math.floor(ms / SECOND_MS) * SECOND_MS;
const ceil = (ms: number): number => Math.ceil(ms / SECOND_MS) * SECOND_MS;
