import type { Instant } from '../../src/contracts/json.ts';
import type { ItemState, Slice } from '../../src/contracts/sync.ts';
import type { Params, PlanContext, Stream } from '../_kit/contract.ts';
import { isHinted, readFrom } from '../_kit/plan.ts';
import type { MailchimpConfig } from './config.ts';

const lookBackMs = 600_000;
const wholeReadCycleMs = 90 * 86_400_000;

/** Bounded on both sides: nobody enters the window while it is paged, and who leaves it changes the total. Whole seconds. */
export const membersWindow = (window: { readonly from?: string; readonly to?: string }): Params => ({
  since_last_changed: seconds(window.from),
  before_last_changed: seconds(window.to),
});

/**
 * What changed, list by list, costs a page each. Two things never show as a change: a contact deleted for good (it
 * vanishes), and one archived (the plain answer leaves it out). Both take a subscriber out of the list's own
 * `member_count`, so when our count differs after the changes are loaded, the archived ones are read (round 1), then the
 * whole list (round 2); a difference that even this does not close is noted (round 3) and left alone until it changes.
 */
export const membersPlan: NonNullable<Stream<MailchimpConfig, unknown>['plan']> = {
  why: 'deleted and archived contacts show only as a difference from the list’s own count',
  rounds: 4,
  slices: async (context, declared) => {
    const round = context.round ?? 0;
    if (round === 0) return declared.flatMap((slice) => firstRound(context, slice));
    const lists = await comparisons(context, declared);
    return lists.flatMap((list) => laterRound(context, list, round));
  },
};

/** A list's slice as planned by the kit, with what is known of the list. */
type List = {
  readonly slice: Slice;
  readonly state: ItemState | undefined;
  /** In words; undefined when our count of subscribed contacts is the list's. */
  readonly gap: string | undefined;
};

function firstRound(context: PlanContext<MailchimpConfig>, slice: Slice): readonly Slice[] {
  const archive = context.state.get(archiveOf(slice));
  const isDue = (state: ItemState | undefined): boolean =>
    state === undefined ||
    age(context, state.fullReadAt) >= wholeReadCycleMs ||
    isHinted(context, slice.item, state.fullReadAt);
  if (isDue(context.state.get(slice.item))) return [wholeList(context, slice, 0), archived(context, slice, 0, 'full')];
  // As a whole where what was refused may lie anywhere.
  const own = slice.mode === 'full' ? { ...slice, tail: behind(context.now) } : slice;
  // Archived contacts move no count: they are read though the list was, if the run that read it could not read them, and one
  // that was refused is asked for until it is good.
  if (isDue(archive)) return [own, archived(context, slice, 0, 'full')];
  return archive?.refusedFrom === undefined ? [own] : [own, archived(context, slice, 0, 'incremental')];
}

function laterRound(context: PlanContext<MailchimpConfig>, list: List, round: number): readonly Slice[] {
  const { slice, state, gap } = list;
  // No gap and none noted, or the one that is noted: nothing to do.
  if (gap === state?.explainedGap) return [];
  if (gap === undefined) return [noted(context, slice, round, gap)];
  if (round === 1) return [archived(context, slice, round, 'incremental')];
  if (round === 2) return [wholeList(context, slice, round)];
  // Only a whole read that was drained explains anything; else the next run tries again.
  return state !== undefined && state.fullReadAt === state.readAt ? [noted(context, slice, round, gap)] : [];
}

async function comparisons(
  context: PlanContext<MailchimpConfig>,
  declared: readonly Slice[],
): Promise<readonly List[]> {
  const stated = new Map<string, number>();
  for await (const list of context.raw.records('lists')) {
    const stats = list['stats'];
    const members = typeof stats === 'object' && stats !== null && 'member_count' in stats ? stats.member_count : null;
    if (typeof list['id'] === 'string' && typeof members === 'number') stated.set(list['id'], members);
  }
  const counts = await context.raw.counts('members', 'status');
  return declared.map((slice) => {
    const ours = counts.get(slice.item)?.get('subscribed') ?? 0;
    const theirs = stated.get(slice.pathParams['list_id'] ?? '') ?? ours;
    return { slice, state: context.state.get(slice.item), gap: gapText(ours - theirs) };
  });
}

/** Only the difference: a list that grows keeps its explanation. */
function gapText(difference: number): string | undefined {
  if (difference === 0) return undefined;
  const side = difference > 0 ? 'more' : 'fewer';
  return `${Math.abs(difference)} subscribed contacts ${side} than the list's member_count, after a whole read`;
}

const wholeList = (context: PlanContext<MailchimpConfig>, slice: Slice, round: number): Slice => ({
  ...slice,
  id: `round=${round}/${slice.item}`,
  mode: 'full',
  window: { to: context.now },
  tail: behind(context.now),
  next: { readAt: context.now, fullReadAt: context.now },
});

/**
 * What changed since a whole read was planned (by Mailchimp's clock, which may be ahead of ours) lies behind its bound, and must not
 * pass for deleted. Bounds are whole seconds and exclusive: the tail begins with the first second that the window leaves out.
 */
const behind = (to: Instant): { readonly from: Instant } => ({ from: new Date(Date.parse(to) - 1000).toISOString() });

/** Archived contacts are a work item of their own, so that a whole read of the list does not sweep them away. */
function archived(
  context: PlanContext<MailchimpConfig>,
  slice: Slice,
  round: number,
  wanted: 'full' | 'incremental',
): Slice {
  const item = archiveOf(slice);
  const state = context.state.get(item);
  const mode = state === undefined ? 'full' : wanted;
  const since = mode === 'full' ? undefined : readFrom(state);
  const from = since === undefined ? {} : { from: lookedBack(since) };
  return {
    ...slice,
    id: `round=${round}/${item}`,
    item,
    mode,
    params: { ...slice.params, status: 'archived' },
    window: { ...from, to: context.now },
    ...(mode === 'full' ? { tail: behind(context.now) } : {}),
    next: { ...state, readAt: context.now, ...(mode === 'full' ? { fullReadAt: context.now } : {}) },
  };
}

/** A read of what changed (one page, mostly empty) that carries the new explanation into the state. */
function noted(context: PlanContext<MailchimpConfig>, slice: Slice, round: number, gap: string | undefined): Slice {
  const { explainedGap: _, ...state } = context.state.get(slice.item) ?? { readAt: context.now };
  const since = readFrom(state);
  return {
    ...slice,
    id: `round=${round}/${slice.item}`,
    mode: 'incremental',
    window: { ...(since === undefined ? {} : { from: lookedBack(since) }), to: context.now },
    next: { ...state, readAt: context.now, ...explained(gap) },
  };
}

const archiveOf = (slice: Slice): string => `${slice.item}/archived`;

const explained = (gap: string | undefined) => (gap === undefined ? {} : { explainedGap: gap });

const age = (context: PlanContext<MailchimpConfig>, since: Instant | undefined): number =>
  since === undefined ? Infinity : Date.parse(context.now) - Date.parse(since);

const lookedBack = (cursor: string): string => new Date(Date.parse(cursor) - lookBackMs).toISOString();

const seconds = (instant: string | undefined): string | undefined =>
  instant === undefined ? undefined : `${new Date(instant).toISOString().slice(0, 19)}+00:00`;
