import type { AnyStream } from '../connectors/_kit/contract.ts';
import { isDoubtful, settledStates } from '../connectors/_kit/verdict.ts';
import type { ItemState, SliceResult } from '../src/contracts/sync.ts';
import { WarehouseError, type LoadUnit } from '../src/warehouse/port.ts';
import { accountOf, streamOf, tableOf } from './account.ts';
import type { Deps } from './deps.ts';
import { addSlice, isReading, nothingRead } from './extract-batch.ts';
import { planOf, roundOf, stateBefore, writeResults, type RunPlan } from './slice-plan.ts';
import type { LoadCounts, LoadInput } from './types.ts';

/** A load that is worth more threads than one: starting them costs a few milliseconds. */
const manyRows = 100_000;

/** Loads the durable slices of one batch: rows, ledger, checkpoints and fence in one transaction. */
export async function loadBatch(deps: Deps, input: LoadInput): Promise<LoadCounts> {
  const { key, runId, from, to, partial } = input;
  const { connector } = accountOf(deps, key.accountId);
  const plan = await planOf(deps.landing, input);
  const results = await durableResults(deps, input, plan);
  if (results.length === 0) {
    // Whoever collects the results finds those of the batch behind one that failed; nothing is behind an empty one.
    if (partial !== undefined) await writeResults(deps.landing, input, results, true);
    return { slices: 0, inserted: 0, updated: 0, unchanged: 0, deleted: 0, quarantined: 0 };
  }
  const items = await wholeItems(deps, input, plan, results);
  const before = stateBefore(plan);
  const trusted = items.results.filter((result) => !isDoubtful(result, before));
  const doubted = items.results.filter((result) => isDoubtful(result, before));
  const sweeps = streamOf(connector, key.stream).sweep !== false;
  const loaded = await deps.warehouse.load({
    key,
    table: tableOf(connector, key),
    runId,
    batchId: partial === undefined ? `${from}-${to}` : `${from}-${to}-part-${partial}`,
    fence: input.fence,
    parts: results.flatMap(({ parts }) => parts),
    rejected: results.flatMap((result) => refusedIn(streamOf(connector, key.stream), result)),
    checkpoints: new Map([...(await doubtedStates(deps, key, doubted)), ...settledStates(trusted)]),
    sweep: sweeps ? trusted.filter((result) => isSweepable(result, items.alone)).map(({ slice }) => slice.item) : [],
    extractedAt: deps.clock.now(),
    isAlone: !isReading() && results.reduce((sum, { rows }) => sum + rows, 0) >= manyRows,
  });
  await writeResults(deps.landing, input, results, partial !== undefined);
  return {
    slices: results.length,
    inserted: loaded.inserted,
    updated: loaded.updated,
    unchanged: loaded.unchanged,
    deleted: loaded.deleted,
    quarantined: loaded.quarantined,
    ...(partial === undefined ? {} : { read: results.reduce(addSlice, nothingRead) }),
  };
}

/** What was posted is read once: a record of it that was refused is never met again. */
function refusedIn({ push }: AnyStream<never>, { slice, rejected }: SliceResult): LoadUnit['rejected'] {
  return push === undefined ? rejected.map((row) => ({ ...row, item: slice.item })) : rejected;
}

async function durableResults(deps: Deps, input: LoadInput, plan: RunPlan): Promise<readonly SliceResult[]> {
  const { key, runId, from, to, partial } = input;
  const results: SliceResult[] = [];
  for (const slice of plan.slices.slice(from, to)) {
    // The warehouse checks the parts as it reads them.
    const result = await deps.landing.readSlice(key, runId, slice.id, 'as stated');
    if (result !== null) results.push(result);
    else if (partial === undefined) {
      throw new WarehouseError(`The landing files of slice ${slice.id} of ${key.stream} are missing or were altered.`, {
        kind: 'drift',
        fix: 'The slice is read again from the source.',
      });
    }
  }
  return results;
}

type WholeItems = {
  /** Results of the items that this batch completes, those of earlier batches included. */
  readonly results: readonly SliceResult[];
  /** Items all of whose slices are in this batch. */
  readonly alone: ReadonlySet<string>;
};

/** An item's checkpoint moves when the last of its slices is loaded, and only if every one of them was complete. */
async function wholeItems(
  deps: Deps,
  input: LoadInput,
  plan: RunPlan,
  results: readonly SliceResult[],
): Promise<WholeItems> {
  const round = roundOf(plan, input);
  const here = new Set(results.map(({ slice }) => slice.id));
  const whole: SliceResult[] = [];
  const open = new Set<string>();
  const spread = new Set<string>();
  const mine = new Set(results.map(({ slice }) => slice.item));
  for (let index = round.from; index < round.to; index += 1) {
    const slice = plan.slices[index];
    if (slice === undefined || !mine.has(slice.item) || here.has(slice.id)) continue;
    spread.add(slice.item);
    const earlier =
      index < input.from ? await deps.landing.readSlice(input.key, input.runId, slice.id, 'as stated') : null;
    if (earlier === null) open.add(slice.item);
    else whole.push(earlier);
  }
  whole.push(...results);
  return {
    results: whole.filter(({ slice }) => !open.has(slice.item)),
    alone: new Set([...mine].filter((item) => !spread.has(item))),
  };
}

/**
 * Rows that are missing from a whole read have vanished. An absence that was expected (404) says nothing of rows, nor does a
 * read that refused records without knowing their keys.
 */
function isSweepable({ slice, incomplete, skipped, rejected }: SliceResult, alone: ReadonlySet<string>): boolean {
  const isWhole = slice.mode === 'full' && incomplete === undefined && skipped === undefined;
  return isWhole && alone.has(slice.item) && rejected.every(({ key }) => key !== undefined);
}

/** What was known of items whose reads are doubted now, and were not before: it stays, with the time. */
async function doubtedStates(
  deps: Deps,
  key: LoadInput['key'],
  doubted: readonly SliceResult[],
): Promise<ReadonlyMap<string, ItemState>> {
  if (doubted.length === 0) return new Map();
  const known = await deps.warehouse.readState(key);
  return new Map(
    doubted.flatMap(({ slice }) => {
      const state = known.get(slice.item);
      if (state === undefined || state.doubtedSince !== undefined) return [];
      return [[slice.item, { ...state, doubtedSince: slice.next.readAt }] as const];
    }),
  );
}
