import type { ItemState, Slice, SliceResult, StreamKey } from '../src/contracts/sync.ts';
import type { Landing } from '../src/landing/port.ts';
import { WarehouseError } from '../src/warehouse/port.ts';
import type { BatchRef, StreamRef } from './types.ts';

// Documents of a run in landing: lists that are too long for workflow history.

/** What a run has decided to read. It keeps to it, whatever changes meanwhile. */
export type RunPlan = {
  /** Number of slices of each round of planning; their sum is the length of `slices`. */
  readonly rounds: readonly number[];
  readonly slices: readonly Slice[];
  /**
   * API units that the last whole read of an item had, where one is known: what an empty answer is judged by. Not of items that
   * have shown suspiciously little for a day: what they show now is believed.
   */
  readonly before: Readonly<Record<string, number>>;
};

/** The last plan used, because every batch of a stream asks for it. */
let cached: { readonly place: string; readonly plan: RunPlan } | undefined;

/** The plan of a run, or null when there is none yet. */
export async function readPlan(landing: Landing, { key, runId }: StreamRef): Promise<RunPlan | null> {
  const place = placeOf(landing, key, runId);
  if (cached?.place === place) return cached.plan;
  const plan = (await landing.readDocument(key, runId, 'plan')) as RunPlan | null;
  if (plan !== null) cached = { place, plan };
  return plan;
}

/** Stores the plan durably. */
export async function writePlan(landing: Landing, { key, runId }: StreamRef, plan: RunPlan): Promise<void> {
  if (new Set(plan.slices.map(({ id }) => id)).size !== plan.slices.length) {
    throw new Error(`The plan of ${key.stream} names a slice twice`);
  }
  await landing.writeDocument(key, runId, 'plan', plan);
  cached = { place: placeOf(landing, key, runId), plan };
}

function placeOf(landing: Landing, key: StreamKey, runId: string): string {
  return JSON.stringify([landing.locate('plan'), key.source, key.accountId, key.stream, runId]);
}

/** The plan that a batch is part of; one that is gone means that landing was emptied under the run. */
export async function planOf(landing: Landing, batch: BatchRef): Promise<RunPlan> {
  const plan = await readPlan(landing, batch);
  if (plan !== null && plan.slices.length >= batch.to) return plan;
  throw new WarehouseError(`The slice plan of ${batch.key.stream} is missing from the landing folder.`, {
    kind: 'rejected',
    fix: 'Something emptied the landing folder during the run: start the sync again, nothing is lost.',
  });
}

/** What earlier runs had read of each item, as far as this one is judged by it. */
export function stateBefore(plan: RunPlan | null): ReadonlyMap<string, Pick<ItemState, 'read'>> {
  return new Map(Object.entries(plan?.before ?? {}).map(([item, read]) => [item, { read }]));
}

/** The slices of the round that a batch belongs to, as a range of the plan. */
export function roundOf(plan: RunPlan, batch: BatchRef): { readonly from: number; readonly to: number } {
  let from = 0;
  for (const size of plan.rounds) {
    if (batch.from < from + size) return { from, to: from + size };
    from += size;
  }
  return { from, to: plan.slices.length };
}

type BatchResults = { readonly to: number; readonly results: readonly SliceResult[] };

/** Keeps what the verdict needs of a loaded batch: no parts, no values of refused records. */
export async function writeResults(
  landing: Landing,
  batch: BatchRef,
  results: readonly SliceResult[],
  partial: boolean,
): Promise<void> {
  const slim = results.map((result) => ({
    ...result,
    parts: [],
    rejected: result.rejected.map(({ slice, path, position }) => ({ slice, path, position, reason: '', record: '' })),
  }));
  const value: BatchResults = { to: batch.to, results: slim };
  const name = partial ? `partial-${batch.from}` : `results-${batch.from}`;
  await landing.writeDocument(batch.key, batch.runId, name, value);
}

/**
 * The results of every loaded slice of the run, in plan order. Batches are adjacent, so each names the next; behind one
 * that failed there may be another that was read at the same time.
 */
export async function readResults(landing: Landing, { key, runId }: StreamRef): Promise<readonly SliceResult[]> {
  const read = async (name: string): Promise<BatchResults | null> =>
    (await landing.readDocument(key, runId, name)) as unknown as BatchResults | null;
  const all: SliceResult[] = [];
  for (let from = 0; ;) {
    const whole = await read(`results-${from}`);
    const found = whole ?? (await read(`partial-${from}`));
    if (found === null) return all;
    all.push(...found.results);
    from = found.to;
  }
}
