import { timeMs } from '../connectors/_kit/instant.ts';
import { planSlices } from '../connectors/_kit/plan.ts';
import type { RawReader } from '../connectors/_kit/contract.ts';
import type { ItemState, Slice, StreamKey } from '../src/contracts/sync.ts';
import { accountOf, streamOf, type AnyStream } from './account.ts';
import type { Deps } from './deps.ts';
import { hintsNow } from './hints.ts';
import { inboxOf } from './inbox.ts';
import { planAccount } from './plan-account.ts';
import type { Ahead, LookAheadInput, StreamAhead } from './types.ts';

/** What looking takes: no landing, no source. */
export type LookDeps = Pick<Deps, 'project' | 'connectors' | 'warehouse' | 'clock' | 'transform' | 'inbox'>;

/**
 * What a run would do now, by the same planning that a run begins with. Asks no source and writes nothing, so what a source has
 * that is not in raw yet is not in it: new campaigns, say, bring requests of their own.
 */
export async function lookAhead(deps: LookDeps, input: LookAheadInput): Promise<Ahead> {
  const accounts = input.accounts ?? deps.project.config.sources.map(({ id }) => id);
  const streams: StreamAhead[] = [];
  for (const accountId of accounts) streams.push(...(await ofAccount(deps, accountId)));
  return { streams, transform: await deps.transform.ahead(input.select) };
}

async function ofAccount(deps: LookDeps, accountId: string): Promise<readonly StreamAhead[]> {
  const { connector, source } = accountOf(deps, accountId);
  const config = deps.project.secret(accountId);
  const plan = planAccount(deps, { accountId });
  const hints = await hintsNow(deps, connector, accountId);
  const ahead: StreamAhead[] = [];
  const neverRead = new Set<string>();
  for (const { stream: name, dependsOn } of plan.streams) {
    const stream = streamOf(connector, name);
    const key: StreamKey = { source: connector.name, accountId, stream: name };
    const state = await deps.warehouse.readState(key);
    if (state.size === 0) neverRead.add(name);
    const slices = await planSlices(connector, name, {
      config,
      state,
      raw: rawReader(deps, key),
      now: deps.clock.now(),
      inbox: inboxOf(deps, accountId),
      hints: hints.get(name) ?? new Map(),
      startDate: source.start_date === undefined ? null : `${source.start_date}T00:00:00.000Z`,
      mutableWindow: source.mutable_window,
      round: 0,
    });
    const unknownUntil = dependsOn.filter((other) => neverRead.has(other));
    ahead.push({
      source: connector.name,
      accountId,
      stream: name,
      mode: modeOf(state, slices, unknownUntil),
      from: earliest(stream, slices),
      lastReadAt: latest([...state.values()].map(({ readAt }) => readAt)),
      slices: slices.length,
      ...requestsOf(stream, slices, unknownUntil.length === 0),
      unknownUntil,
    });
  }
  return ahead;
}

function rawReader(deps: LookDeps, key: StreamKey): RawReader {
  return {
    records: (stream) => deps.warehouse.rawRecords({ ...key, stream }),
    counts: (stream, groupField) => deps.warehouse.rawCounts({ ...key, stream }, groupField),
  };
}

function modeOf(
  state: ReadonlyMap<string, ItemState>,
  slices: readonly Slice[],
  unknownUntil: readonly string[],
): StreamAhead['mode'] {
  // Nothing to read, and nothing will come of others: a file source without such a file, say.
  if (slices.length === 0 && unknownUntil.length === 0) return 'nothing';
  if (state.size === 0) return 'first';
  return slices.every(({ mode }) => mode === 'full') ? 'whole' : 'changed';
}

function earliest({ cursor }: AnyStream, slices: readonly Slice[]): string | null {
  if (cursor === 'full-refresh') return null;
  const times = slices.flatMap(({ window }) => timeMs(window?.from, cursor.unit) ?? []);
  return times.length === 0 ? null : new Date(Math.min(...times)).toISOString();
}

const latest = (instants: readonly string[]): string | null => instants.toSorted().at(-1) ?? null;

/** At least one request a slice; one that pages by offset and says how much it expects has as many as that fills. */
function requestsOf(
  stream: AnyStream,
  slices: readonly Slice[],
  isKnown: boolean,
): Pick<StreamAhead, 'requests' | 'isExact'> {
  if (!('path' in stream)) return { requests: null, isExact: false };
  const { paginate } = stream;
  const pages = (expected: number | undefined): number =>
    paginate.kind === 'offset' && expected !== undefined ? Math.max(1, Math.ceil(expected / paginate.limit)) : 1;
  const requests = slices.reduce((sum, { expected }) => sum + pages(expected), 0);
  // A stream that is planned again after its rows are loaded may ask for more.
  return { requests, isExact: isKnown && paginate.kind === 'single' && (stream.plan?.rounds ?? 1) === 1 };
}
