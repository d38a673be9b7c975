import type { Instant, Json, JsonObject } from '../../../src/contracts/json.ts';
import type { ItemState, LandedRow, RejectedRow, Slice, SliceResult } from '../../../src/contracts/sync.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type { AnyStream, Connector, Http, Memo, PlanContext, RawReader } from '../contract.ts';
import { readSlice } from '../engine.ts';
import { ConnectorError } from '../errors.ts';
import type { Inbox } from '../hook.ts';
import { planSlices } from '../plan.ts';
import type { SliceEvent } from '../slice-events.ts';
import { settledStates } from '../verdict.ts';

/** One slice, read. */
export type SliceRead = {
  readonly slice: Slice;
  readonly rows: readonly LandedRow[];
  readonly rejected: readonly RejectedRow[];
  readonly end: Extract<SliceEvent, { kind: 'end' }>;
};

export type SyncSettings<C> = {
  readonly connector: Connector<C>;
  readonly config: C;
  readonly http: Http;
  readonly now: Instant;
  readonly startDate?: Instant | undefined;
  readonly mutableWindow?: string | undefined;
  readonly inbox?: Inbox | undefined;
};

type Held = { readonly row: LandedRow; readonly isDeleted: boolean };

/** Raw tables and states in memory: what landing, load and checkpoints do, in a few lines, for the suite. */
export class Memory {
  /** Keys of immutable streams that came with another content than the first. */
  readonly others: string[] = [];
  private readonly tables = new Map<string, Map<string, Held>>();
  private readonly states = new Map<string, Map<string, ItemState>>();

  live(stream: string): readonly LandedRow[] {
    return [...this.table(stream).values()].filter(({ isDeleted }) => !isDeleted).map(({ row }) => row);
  }

  /** Keys and hashes of a stream's live rows: equal for equal content. */
  content(stream: string): readonly string[] {
    return this.live(stream)
      .map((row) => `${row._primary_key} ${row._record_hash}`)
      .sort();
  }

  state(stream: string): ReadonlyMap<string, ItemState> {
    return this.states.get(stream) ?? new Map();
  }

  /** As when everything is to be read again: rows stay, states go. */
  forget(stream: string): void {
    this.states.delete(stream);
  }

  reader(): RawReader {
    const live = (stream: string): readonly LandedRow[] => this.live(stream);
    return {
      records: async function* (stream): AsyncGenerator<JsonObject> {
        for (const { record } of live(stream)) yield record;
      },
      counts: async (stream, field) => {
        const counts = new Map<string, Map<string, number>>();
        for (const { _item, record } of live(stream)) {
          const group = counts.get(_item) ?? new Map<string, number>();
          const value = field === undefined ? '' : String(record[field]);
          counts.set(_item, group.set(value, (group.get(value) ?? 0) + 1));
        }
        return counts;
      },
    };
  }

  plan<C>(settings: SyncSettings<C>, stream: string, round = 0): Promise<readonly Slice[]> {
    const context: PlanContext<C> = {
      config: settings.config,
      state: this.state(stream),
      raw: this.reader(),
      now: settings.now,
      ...(settings.inbox === undefined ? {} : { inbox: settings.inbox }),
      startDate: settings.startDate ?? null,
      mutableWindow: settings.mutableWindow ?? 'P35D',
      round,
    };
    return planSlices(settings.connector, stream, context);
  }

  /** One stream, from the plan to the state, in all its rounds. */
  async sync<C>(settings: SyncSettings<C>, stream: string): Promise<readonly SliceRead[]> {
    const reads: SliceRead[] = [];
    const rounds = settings.connector.streams[stream]?.plan?.rounds ?? 1;
    for (let round = 0; round < rounds; round++) {
      const slices = await this.plan(settings, stream, round);
      if (slices.length === 0) break;
      const ofRound: SliceRead[] = [];
      for (const slice of slices) {
        const read = await readWhole(settings, stream, slice);
        ofRound.push(read);
        this.load(stream, read, settings.connector.streams[stream]);
      }
      reads.push(...ofRound);
      this.states.set(stream, new Map([...this.state(stream), ...settledStates(ofRound.map(resultOf))]));
    }
    return reads;
  }

  private load<C>(stream: string, { slice, rows, end }: SliceRead, declared: AnyStream<C> | undefined): void {
    const sweeps = declared?.sweep !== false;
    const table = this.table(stream);
    const isWhole = end.incomplete === undefined;
    if (slice.mode === 'full' && isWhole && sweeps && end.skipped === undefined) {
      for (const [key, held] of table) if (held.row._item === slice.item) table.set(key, { ...held, isDeleted: true });
    }
    for (const row of rows) {
      const first = declared?.immutable === true ? table.get(row._primary_key) : undefined;
      if (first === undefined) table.set(row._primary_key, { row, isDeleted: false });
      else if (first.row._record_hash !== row._record_hash) this.others.push(row._primary_key);
    }
  }

  private table(stream: string): Map<string, Held> {
    const table = this.tables.get(stream) ?? new Map<string, Held>();
    this.tables.set(stream, table);
    return table;
  }
}

function resultOf({ slice, rows, rejected, end }: SliceRead): SliceResult {
  const { state, pages, units, total, incomplete } = end;
  const ending = incomplete === undefined ? {} : { incomplete };
  return { slice, parts: [], rejected, state, pages, requests: 0, rows: rows.length, units, total, ...ending };
}

/** Looks at what a stream ordered before the suite gives up, and the milliseconds between them. */
const MOST_LOOKS = 50;
const LOOK_MS = 20;

/** Reads one slice to its end; rows before a restart are void. What a stream ordered is waited for, as a workflow does. */
export async function readWhole<C>(settings: SyncSettings<C>, stream: string, slice: Slice): Promise<SliceRead> {
  let note: Json = null;
  const memo: Memo = { read: async () => note, write: async (written) => void (note = written) };
  for (let looks = 1; ; looks += 1) {
    try {
      return await readOnce(settings, stream, slice, memo);
    } catch (error) {
      const isPending = error instanceof ConnectorError && error.kind === 'pending';
      if (!isPending || looks === MOST_LOOKS) throw error;
      await delay(LOOK_MS);
    }
  }
}

async function readOnce<C>(settings: SyncSettings<C>, stream: string, slice: Slice, memo: Memo): Promise<SliceRead> {
  const { connector, config, http, now, inbox } = settings;
  let rows: LandedRow[] = [];
  let rejected: RejectedRow[] = [];
  const signal = new AbortController().signal;
  const ofHooks = inbox === undefined ? {} : { inbox };
  const options = { config, http, slice, now, salt: 'suite', signal, memo, ...ofHooks };
  for await (const event of readSlice(connector, stream, options)) {
    if (event.kind === 'restart') {
      rows = [];
      rejected = [];
    } else if (event.kind === 'page') {
      rows.push(...event.rows);
      rejected.push(...event.rejected);
    } else if (event.kind === 'end') {
      return { slice, rows, rejected, end: event };
    }
  }
  throw new Error(`The read of ${stream} ended without an end`);
}

/** Streams in an order in which parents and summary streams come first. */
export function inOrder<C>(connector: Connector<C>): readonly string[] {
  const done = new Set<string>();
  const visit = (name: string, above: readonly string[]): void => {
    if (done.has(name)) return;
    if (above.includes(name)) throw new Error(`The streams ${[...above, name].join(' → ')} need each other`);
    for (const needed of needs(connector.streams[name])) visit(needed, [...above, name]);
    done.add(name);
  };
  for (const name of Object.keys(connector.streams)) visit(name, []);
  return [...done];
}

function needs<C>(stream: AnyStream<C> | undefined): readonly string[] {
  if (stream === undefined) return [];
  const parents = [...(stream.parent === undefined ? [] : [stream.parent]), ...(stream.moreParents ?? [])];
  const summaries = parents.flatMap(({ ageing }) => (ageing?.movedBy === undefined ? [] : [ageing.movedBy.stream]));
  return [...parents.map((parent) => parent.stream), ...summaries, ...(stream.after ?? [])];
}
