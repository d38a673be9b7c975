import type { ItemState, SliceResult, Verdict, VerdictKind } from '../../src/contracts/sync.ts';

/** More lines than this help nobody; the rest is counted. */
const MAX_LINES = 20;
/** Below this a smaller result is ordinary. */
const SMALLEST_SHRINK = 20;

/**
 * How a stream's read ended. `before` is the stream's state before the run: a source that had rows and now shows none
 * (or lost more than half without stating a total) is suspiciously empty, and its rows must not be taken as deleted.
 */
export function streamVerdict(
  results: readonly SliceResult[],
  before: ReadonlyMap<string, ItemState> = new Map(),
): Verdict {
  const missing: string[] = [];
  const gaps: string[] = [];
  for (const result of results) {
    if (result.incomplete !== undefined) missing.push(`${label(result)}: ${result.incomplete}`);
    if (result.skipped !== undefined) gaps.push(`${label(result)}: not at the source any more (${result.skipped})`);
    if (result.state.explainedGap !== undefined) gaps.push(`${label(result)}: ${result.state.explainedGap}`);
  }
  const quarantined = results.reduce((sum, { rejected }) => sum + rejected.length, 0);
  if (quarantined > 0)
    missing.push(
      `${quarantined} ${quarantined === 1 ? 'record is' : 'records are'} in quarantine (${paths(results)}): see ops.quarantine`,
    );

  const empty = suspicions(results, before, gaps);
  const kind: VerdictKind = empty.length > 0 ? 'suspiciously_empty' : missing.length > 0 ? 'incomplete' : 'complete';
  return { kind, missing: cut([...empty, ...missing]), gaps: cut(gaps) };
}

/** The verdict over several: the worst kind, everything that is missing. `parts` maps a name (stream, account) to its verdict. */
export function combinedVerdict(parts: ReadonlyMap<string, Verdict>): Verdict {
  const named = [...parts];
  const kinds: readonly VerdictKind[] = ['incomplete', 'suspiciously_empty'];
  return {
    kind: kinds.find((kind) => named.some(([, verdict]) => verdict.kind === kind)) ?? 'complete',
    missing: cut(named.flatMap(([name, verdict]) => verdict.missing.map((line) => `${name}: ${line}`))),
    gaps: cut(named.flatMap(([name, verdict]) => verdict.gaps.map((line) => `${name}: ${line}`))),
  };
}

/**
 * The states that may be stored after a stream's slices were read: one an item, and none of an item with an incomplete
 * slice. Needs the results of all slices of an item at once; the furthest cursor of them wins.
 */
export function settledStates(results: readonly SliceResult[]): ReadonlyMap<string, ItemState> {
  const states = new Map<string, ItemState>();
  const unsettled = new Set(
    results.filter(({ incomplete }) => incomplete !== undefined).map(({ slice }) => slice.item),
  );
  for (const { slice, state } of results) {
    if (unsettled.has(slice.item)) continue;
    const other = states.get(slice.item);
    states.set(slice.item, other === undefined || isFurther(state.cursor, other.cursor) ? state : other);
  }
  return states;
}

/** Cursors of one item have one unit: numbers compare as numbers, ISO instants as instants. */
function isFurther(cursor: string | undefined, other: string | undefined): boolean {
  if (cursor === undefined || other === undefined) return cursor !== undefined;
  const value = (text: string): number => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text));
  return value(cursor) > value(other) || (value(cursor) === value(other) && cursor > other);
}

function suspicions(
  results: readonly SliceResult[],
  before: ReadonlyMap<string, ItemState>,
  gaps: string[],
): readonly string[] {
  const whole = results.filter(
    ({ slice, incomplete, skipped }) => slice.mode === 'full' && incomplete === undefined && skipped === undefined,
  );
  const earlier = (result: SliceResult): number => before.get(result.slice.item)?.read ?? 0;
  const earlierSum = whole.reduce((sum, result) => sum + earlier(result), 0);
  if (earlierSum > 0 && whole.every(({ units }) => units === 0))
    return [`no rows where earlier reads had ${earlierSum}`];
  const lines: string[] = [];
  for (const result of whole) {
    const { units, total } = result;
    const had = earlier(result);
    if (had === 0 || units >= had) continue;
    const line = `${label(result)}: ${units} rows where the last whole read had ${had}`;
    if (total === null && (units === 0 || (had >= SMALLEST_SHRINK && units < had / 2)))
      lines.push(`${line}, and the source states no total`);
    else if (units === 0) gaps.push(`${line}; the source states ${total}`);
  }
  return lines;
}

const label = ({ slice }: SliceResult): string => slice.id;

function paths(results: readonly SliceResult[]): string {
  const unique = [...new Set(results.flatMap(({ rejected }) => rejected.map(({ path }) => path)))];
  return unique.length <= 3
    ? unique.join(', ')
    : `${unique.slice(0, 3).join(', ')} and ${unique.length - 3} more fields`;
}

function cut(lines: readonly string[]): readonly string[] {
  return lines.length <= MAX_LINES ? lines : [...lines.slice(0, MAX_LINES), `and ${lines.length - MAX_LINES} more`];
}
