import type { Duration, Instant, Json, JsonObject } from '../../src/contracts/json.ts';
import type { ItemPhase, ItemState, Slice } from '../../src/contracts/sync.ts';
import type { Ageing, Connector, Cursor, Parent, PlanContext, Stream } from './contract.ts';
import { durationMs } from './duration.ts';
import { streamOf } from './engine.ts';
import { timeMs, timeText } from './instant.ts';
import { keyText } from './path.ts';

const YOUNG: Duration = 'P5D';
const FROZEN_CYCLE: Duration = 'P90D';

/**
 * The slices of a stream in this run: what must be read, newest work first, and the state each will leave behind.
 * Items that need no read (frozen campaigns whose summary did not move, and of which no post spoke) have no slice and keep their
 * state; every other stream is read in every run, hinted at or not.
 * A stream's own `plan` has the last word.
 */
export async function planSlices<C>(
  connector: Connector<C>,
  streamName: string,
  context: PlanContext<C>,
): Promise<readonly Slice[]> {
  const stream = streamOf(connector, streamName);
  // Later rounds exist for streams that compare what was loaded (see `plan.rounds`); nothing else is read twice in a run.
  if ((context.round ?? 0) > 0 && (stream.plan?.rounds ?? 1) <= (context.round ?? 0)) return [];
  const declared =
    stream.parent === undefined
      ? wholeStream(stream, context)
      : await perParent(stream, [stream.parent, ...(stream.moreParents ?? [])], context);
  const slices = stream.plan === undefined ? declared : await stream.plan.slices(context, declared);
  return slices.map((slice) => withEarlierRead(slice, context.state.get(slice.item)));
}

function wholeStream<C>(stream: Stream<C, unknown>, context: PlanContext<C>): readonly Slice[] {
  const base = { id: 'all', item: '', pathParams: {}, inherit: {} };
  if (stream.cursor === 'full-refresh') return [{ ...base, ...fullRead(context.state.get(''), context.now) }];
  // start_date cuts off history by a time that never changes (creation, event); "last changed" says nothing of history.
  const start = stream.partitionBy === stream.cursor.field ? context.startDate : null;
  return stepped({ ...base, ...byCursor(stream.cursor, context.state.get(''), start, context.now) }, stream.cursor);
}

/** What the last whole read found goes along, so that the verdict can tell a source that has become empty. */
function withEarlierRead(slice: Slice, state: ItemState | undefined): Slice {
  if (state?.read === undefined || slice.next.read !== undefined) return slice;
  return { ...slice, next: { ...slice.next, read: state.read } };
}

type Aged = { readonly slice: Slice; readonly sentMs: number };

async function perParent<C>(
  stream: Stream<C, unknown>,
  parents: readonly Parent[],
  context: PlanContext<C>,
): Promise<readonly Slice[]> {
  const slices: Aged[] = [];
  for (const parent of parents) slices.push(...(await ofParent(stream, parent, context)));
  return slices
    .sort((a, b) => b.sentMs - a.sentMs || (a.slice.item < b.slice.item ? -1 : a.slice.item > b.slice.item ? 1 : 0))
    .map(({ slice }) => slice);
}

async function ofParent<C>(
  stream: Stream<C, unknown>,
  parent: Parent,
  context: PlanContext<C>,
): Promise<readonly Aged[]> {
  const moved = await fingerprints(parent.ageing, context);
  const slices: Aged[] = [];
  for await (const record of context.raw.records(parent.stream)) {
    if (parent.where !== undefined && !parent.where(record)) continue;
    const item = itemOf(record, parent);
    if (item === null) continue;
    const state = context.state.get(item.name);
    const expected = stream.expects?.(record) ?? null;
    const base = {
      id: item.id,
      item: item.name,
      pathParams: item.pathParams,
      inherit: inherited(record, parent),
      ...(expected === null ? {} : { expected }),
    };
    if (parent.ageing !== undefined) {
      const due = ageingRead(record, item, parent.ageing, moved, state, context);
      if (due !== null) slices.push({ slice: { ...base, mode: 'full', next: due.next }, sentMs: due.sentMs });
    } else if (stream.cursor === 'full-refresh') {
      slices.push({ slice: { ...base, ...fullRead(state, context.now) }, sentMs: 0 });
    } else {
      for (const slice of stepped({ ...base, ...byCursor(stream.cursor, state, null, context.now) }, stream.cursor))
        slices.push({ slice, sentMs: 0 });
    }
  }
  return slices;
}

type Read = Pick<Slice, 'mode' | 'next'> & { readonly window?: Slice['window'] & object };

function fullRead(state: ItemState | undefined, now: Instant): Read {
  return { mode: 'full', next: { ...explained(state), readAt: now, fullReadAt: now } };
}

/** Where the next read of what changed starts, before any look-back: the cursor, or what was refused before it. */
export function readFrom(state: ItemState | undefined): string | undefined {
  return state?.refusedFrom === '' ? undefined : (state?.refusedFrom ?? state?.cursor);
}

/**
 * Whether a post spoke of the item, or of its whole stream, at or after a time: that of its last read. The read began after that time, and
 * so after whatever an earlier post speaks of: nothing has to remember which hints were used.
 */
export function isHinted(
  { hints }: Pick<PlanContext<unknown>, 'hints'>,
  item: string,
  since: Instant | undefined,
): boolean {
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
  return [hints?.get(item), hints?.get('')].some((at) => at !== undefined && Date.parse(at) >= sinceMs);
}

/** From the cursor less the look-back, up to now; as a whole when there is no cursor yet. The cursor's bound is kept below now. */
function byCursor(cursor: Cursor<unknown>, state: ItemState | undefined, start: Instant | null, now: Instant): Read {
  const to = timeText(Date.parse(now), cursor.unit);
  const stored = timeMs(readFrom(state), cursor.unit);
  if (state === undefined || stored == null) {
    // A read from a start date is not whole: rows before it have not vanished.
    if (start !== null)
      return {
        mode: 'incremental',
        window: { from: timeText(Date.parse(start), cursor.unit), to },
        next: { readAt: now },
      };
    return { mode: 'full', window: { to }, next: { readAt: now, fullReadAt: now } };
  }
  const bound = Math.min(stored, Date.parse(now));
  const from = timeText(bound - durationMs(cursor.lookback), cursor.unit);
  return { mode: 'incremental', window: { from, to }, next: { ...state, readAt: now } };
}

/** A long window in steps of the cursor's `step`. They share one item, whose state moves when all of them are drained (`settledStates`). */
function stepped(slice: Slice, cursor: Cursor<unknown>): readonly Slice[] {
  const from = timeMs(slice.window?.from, cursor.unit);
  const to = timeMs(slice.window?.to, cursor.unit);
  if (cursor.step === undefined || from == null || to == null) return [slice];
  const step = durationMs(cursor.step);
  const slices: Slice[] = [];
  for (let at = from; at < to || slices.length === 0; at += step) {
    const window = { from: timeText(at, cursor.unit), to: timeText(Math.min(at + step, to), cursor.unit) };
    slices.push({ ...slice, id: `${slice.id},from=${window.from}`, window });
  }
  return slices;
}

/** Whether an item must be read, by its age and by what its summary row says; null when it need not be. */
function ageingRead<C>(
  record: JsonObject,
  item: Item,
  ageing: Ageing,
  moved: ReadonlyMap<string, string> | null,
  state: ItemState | undefined,
  context: PlanContext<C>,
): { readonly next: ItemState; readonly sentMs: number } | null {
  const now = Date.parse(context.now);
  const sentMs = timeMs(ageing.sentAt(record), 'iso') ?? null;
  if (sentMs !== null && sentMs > now) return null;
  const phase = phaseOf(sentMs, now, ageing, context.mutableWindow);
  const fingerprint = moved?.get(item.key);
  const next: ItemState = {
    ...explained(state),
    readAt: context.now,
    fullReadAt: context.now,
    phase,
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
  const due = isDue(phase, fingerprint, state, now, ageing) || isHinted(context, item.name, state?.readAt);
  return due ? { next, sentMs: sentMs ?? now } : null;
}

/** An item without a time of sending (an automation) goes on for ever: it never freezes. */
function phaseOf(sentMs: number | null, now: number, ageing: Ageing, mutableWindow: Duration): ItemPhase {
  if (sentMs === null) return 'mutable';
  if (now - sentMs <= durationMs(ageing.young ?? YOUNG)) return 'young';
  return now - sentMs <= durationMs(mutableWindow) ? 'mutable' : 'frozen';
}

function isDue(
  phase: ItemPhase,
  fingerprint: string | undefined,
  state: ItemState | undefined,
  now: number,
  ageing: Ageing,
): boolean {
  if (state === undefined || state.refusedFrom !== undefined || phase === 'young') return true;
  if (fingerprint !== undefined && fingerprint !== state.fingerprint) return true;
  // Without a summary row nothing tells whether the item moved: it is read while it may.
  if (phase === 'mutable') return fingerprint === undefined;
  return now - Date.parse(state.fullReadAt ?? state.readAt) >= durationMs(ageing.frozenCycle ?? FROZEN_CYCLE);
}

async function fingerprints<C>(
  ageing: Ageing | undefined,
  context: PlanContext<C>,
): Promise<ReadonlyMap<string, string> | null> {
  if (ageing?.movedBy === undefined) return null;
  const { stream, keyField, fingerprint } = ageing.movedBy;
  const byKey = new Map<string, string>();
  for await (const row of context.raw.records(stream)) {
    const key = keyText(row[keyField]);
    if (key !== null && key !== '') byKey.set(key, fingerprint(row));
  }
  return byKey;
}

type Item = {
  readonly key: string;
  readonly name: string;
  readonly id: string;
  readonly pathParams: Readonly<Record<string, string>>;
};

/** One parent as a work item: its key, or all its placeholders where one is not enough. */
function itemOf(record: JsonObject, parent: Parent): Item | null {
  const key = keyText(record[parent.key]);
  if (key === null || key === '') return null;
  const further = Object.entries(parent.params ?? {}).map(([param, field]) => [param, keyText(record[field])] as const);
  if (further.some(([, value]) => value === null || value === '')) return null;
  const pathParams = { ...(Object.fromEntries(further) as Record<string, string>), [parent.param]: key };
  const values = Object.values(pathParams);
  const name = values.length === 1 ? key : values.map(encodeURIComponent).join('/');
  return {
    key,
    name,
    id: Object.entries(pathParams)
      .map(([param, value]) => `${param}=${value}`)
      .join(','),
    pathParams,
  };
}

function inherited(record: JsonObject, parent: Parent): JsonObject {
  const fields: Record<string, Json> = {};
  for (const [child, field] of Object.entries(parent.inherit)) fields[child] = record[field] ?? null;
  return fields;
}

const explained = (state: ItemState | undefined): Pick<ItemState, 'explainedGap'> =>
  state?.explainedGap === undefined ? {} : { explainedGap: state.explainedGap };
