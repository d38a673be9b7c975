import type { ItemState, SliceResult, Verdict, VerdictKind } from '../../src/contracts/sync.ts';

/** More lines than this help nobody; the rest is counted. */
const MAX_LINES = 20;
/** Below this a smaller result is ordinary. */
const SMALLEST_SHRINK = 20;

/** State of the items before the run; absent, what the planner noted in each slice. */
type Before = ReadonlyMap<string, Pick<ItemState, 'read'>>;

/**
 * How a stream's read ended. A source that had rows at its last whole read and now shows none, or lost more
 * than half without stating a total, is suspiciously empty (`isSuspicious`).
 */
export function streamVerdict(results: readonly SliceResult[], before?: Before): Verdict {
  const missing: string[] = [];
  const gaps: string[] = [];
  for (const result of results) {
    if (result.incomplete !== undefined) missing.push(`${label(result)}: ${result.incomplete}`);
    if (result.skipped !== undefined) gaps.push(`${label(result)}: ${whySkipped(result.skipped)} (${result.skipped})`);
    if (result.state.explainedGap !== undefined) gaps.push(`${label(result)}: ${result.state.explainedGap}`);
  }
  const quarantined = results.reduce((sum, { rejected }) => sum + rejected.length, 0);
  if (quarantined > 0)
    missing.push(
      `${quarantined} ${quarantined === 1 ? 'record is' : 'records are'} in quarantine: ${paths(results)}, first at ${firstPlace(results)}`,
    );

  const empty = suspicions(results, before, gaps);
  const kind: VerdictKind = empty.length > 0 ? 'suspiciously_empty' : missing.length > 0 ? 'incomplete' : 'complete';
  return { kind, missing: cut([...empty, ...missing]), gaps: cut(gaps) };
}

/**
 * The states that may be stored after a stream's slices were read: one an item, and none of an item with an incomplete
 * slice. Needs the results of all slices of an item at once; the furthest cursor of them wins, and the
 * earliest record that was refused.
 */
export function settledStates(results: readonly SliceResult[]): ReadonlyMap<string, ItemState> {
  const states = new Map<string, ItemState>();
  const unsettled = new Set(
    results.filter(({ incomplete }) => incomplete !== undefined).map(({ slice }) => slice.item),
  );
  for (const { slice, state: read } of results) {
    if (unsettled.has(slice.item)) continue;
    // A read that is believed ends a doubt.
    const { doubtedSince: _, ...state } = read;
    const other = states.get(slice.item);
    states.set(slice.item, other === undefined ? state : joined(state, other));
  }
  return states;
}

function joined(one: ItemState, other: ItemState): ItemState {
  const further = isFurther(one.cursor, other.cursor) ? one : other;
  const owed = [one.refusedFrom, other.refusedFrom].filter((from) => from !== undefined);
  if (owed.length === 0) return further;
  const earliest = owed.reduce((a, b) => (a === '' || (b !== '' && isFurther(b, a)) ? a : b));
  return { ...further, refusedFrom: earliest };
}

/** Cursors of one item have one unit: numbers compare as numbers, ISO instants as instants. */
function isFurther(cursor: string | undefined, other: string | undefined): boolean {
  if (cursor === undefined || other === undefined) return cursor !== undefined;
  const value = (text: string): number => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text));
  return value(cursor) > value(other) || (value(cursor) === value(other) && cursor > other);
}

/**
 * Whether a whole read lost everything, or more than half without a stated total: nothing is taken as deleted then, and what
 * was known of the item stays, until it has been so for a day (`doubtedSince`). A few rows may go where the source says so.
 */
export function isDoubtful(result: SliceResult, before?: Before): boolean {
  const { units, total } = result;
  const had = earlierUnits(result, before);
  if (units >= had) return false;
  if (total === null) return units === 0 || (had >= SMALLEST_SHRINK && units < had / 2);
  return units === 0 && had >= SMALLEST_SHRINK;
}

/** Whether a whole read shows so much less than the one before it that the verdict says so. */
export function isSuspicious(result: SliceResult, before?: Before): boolean {
  if (result.total === null) return isDoubtful(result, before);
  // A stated total of 0 explains one empty item among many, not a whole stream that is gone.
  return result.units < earlierUnits(result, before) && result.units === 0 && result.slice.item === '';
}

/** Units of the last whole read, when this one was whole, too. */
function earlierUnits({ slice, incomplete, skipped }: SliceResult, before: Before | undefined): number {
  if (slice.mode !== 'full' || incomplete !== undefined || skipped !== undefined) return 0;
  return (before === undefined ? slice.next : before.get(slice.item))?.read ?? 0;
}

function suspicions(results: readonly SliceResult[], before: Before | undefined, gaps: string[]): readonly string[] {
  const earlier = results.reduce((sum, result) => sum + earlierUnits(result, before), 0);
  const now = results.reduce((sum, { units }) => sum + units, 0);
  const untilThen = (...some: readonly SliceResult[]): string =>
    some.some((result) => isDoubtful(result, before)) ? '; believed when it is still so after a day' : '';
  if (earlier > 0 && now === 0) return [`no rows where the last whole reads had ${earlier}${untilThen(...results)}`];
  const lines: string[] = [];
  for (const result of results) {
    const had = earlierUnits(result, before);
    const line = `${label(result)}: ${result.units} rows where the last whole read had ${had}`;
    if (isSuspicious(result, before)) lines.push(`${line}, and the source states no total${untilThen(result)}`);
    else if (result.units === 0 && had > 0) gaps.push(`${line}; the source states ${result.total}${untilThen(result)}`);
  }
  return lines;
}

/** An expected refusal is a matter of what the account has paid for or the key may read; every other skip is an absence. */
const whySkipped = (skipped: string): string =>
  / answered 403\b/.test(skipped) ? 'not open to this account or key' : 'not at the source any more';

const label = ({ slice }: SliceResult): string => slice.id;

function paths(results: readonly SliceResult[]): string {
  const unique = [...new Set(results.flatMap(({ rejected }) => rejected.map(({ path }) => path || '(record)')))];
  return unique.length <= 3
    ? unique.join(', ')
    : `${unique.slice(0, 3).join(', ')} and ${unique.length - 3} more fields`;
}

function firstPlace(results: readonly SliceResult[]): string {
  const first = results.find(({ rejected }) => rejected.length > 0);
  return first === undefined ? '' : `${label(first)}, ${first.rejected[0]?.position}`;
}

function cut(lines: readonly string[]): readonly string[] {
  return lines.length <= MAX_LINES ? lines : [...lines.slice(0, MAX_LINES), `and ${lines.length - MAX_LINES} more`];
}
