import type { RawReader } from '../connectors/_kit/contract.ts';
import { planSlices } from '../connectors/_kit/plan.ts';
import type { Instant } from '../src/contracts/json.ts';
import type { ItemState, Slice, StreamKey } from '../src/contracts/sync.ts';
import { openAccount, streamOf, tableOf, type AnyStream, type OpenAccount } from './account.ts';
import type { Deps } from './deps.ts';
import { hintsForRun } from './hints.ts';
import { inboxOf } from './inbox.ts';
import { readPlan, writePlan, type RunPlan } from './slice-plan.ts';
import type { PlanStreamInput, StreamPlan } from './types.ts';

/**
 * Takes the stream's fence and plans its slices; the plan stays in landing, only its length goes back. A stream that
 * declares rounds is planned again after its rows are loaded: the new slices follow the old ones.
 */
export async function planStream(deps: Deps, input: PlanStreamInput): Promise<StreamPlan> {
  const { key, runId, round } = input;
  const account = openAccount(deps, key.accountId);
  const stream = streamOf(account.connector, key.stream);
  const fence = await deps.warehouse.takeFence(key, runId);
  const known = await readPlan(deps.landing, input);
  const plan = known !== null && known.rounds.length > round ? known : await planRound(deps, input, account, known);
  return { fence, slices: plan.slices.length, again: mayPlanAgain(stream, plan, round) };
}

function mayPlanAgain(stream: AnyStream, plan: RunPlan, round: number): boolean {
  return round + 1 < (stream.plan?.rounds ?? 1) && (round === 0 || (plan.rounds[round] ?? 0) > 0);
}

async function planRound(
  deps: Deps,
  input: PlanStreamInput,
  account: OpenAccount,
  earlier: RunPlan | null,
): Promise<RunPlan> {
  const { key, round } = input;
  const { connector, config, source } = account;
  await deps.warehouse.ensureRawTable(tableOf(connector, key));
  const state = await deps.warehouse.readState(key);
  const planned = await planSlices(connector, key.stream, {
    config,
    state,
    raw: rawReader(deps, key),
    now: deps.clock.now(),
    inbox: inboxOf(deps, key.accountId),
    hints: await hintsForRun(deps, connector, { ...key, runId: input.runId }),
    startDate: source.start_date === undefined ? null : `${source.start_date}T00:00:00.000Z`,
    mutableWindow: source.mutable_window,
    round,
  });
  const plan: RunPlan = {
    rounds: [...(earlier?.rounds ?? []), planned.length],
    slices: [...(earlier?.slices ?? []), ...planned.map((slice) => inRound(slice, round))],
    before: earlier?.before ?? readBefore(planned, state, deps.clock.now()),
  };
  await writePlan(deps.landing, input, plan);
  return plan;
}

/** A slice that an earlier round had too is another piece of work: its files must not pass for the earlier one's. */
function inRound(slice: Slice, round: number): Slice {
  return round === 0 ? slice : { ...slice, id: `${slice.id},round=${round}` };
}

/** An outage that shows nothing is over after a day; a list whose last contact was removed stays empty. */
const longestDoubtMs = 86_400_000;

function readBefore(slices: readonly Slice[], state: ReadonlyMap<string, ItemState>, now: Instant): RunPlan['before'] {
  const before: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const { item } of slices) {
    const { read, doubtedSince } = state.get(item) ?? {};
    const isSettled = doubtedSince !== undefined && Date.parse(now) - Date.parse(doubtedSince) >= longestDoubtMs;
    if (read !== undefined && !isSettled) before[item] = read;
  }
  return before;
}

function rawReader(deps: Deps, key: StreamKey): RawReader {
  return {
    records: (stream) => deps.warehouse.rawRecords({ ...key, stream }),
    counts: (stream, groupField) => deps.warehouse.rawCounts({ ...key, stream }, groupField),
  };
}
