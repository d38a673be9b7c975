import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { Json, JsonObject } from '../../../src/contracts/json.ts';
import type { Slice } from '../../../src/contracts/sync.ts';
import type { AnyStream, Connector } from '../contract.ts';
import { ConnectorError } from '../errors.ts';
import { createHttp } from '../http.ts';
import { valueAt } from '../path.ts';
import type { Posted } from './memory-inbox.ts';
import { type Memory, readWhole, type SliceRead, type SyncSettings } from './memory.ts';
import type { Relay } from './relay.ts';

/** One stream under test: its connector, a slice with rows, and what an undisturbed read of it gives. */
export type StreamCase<C> = {
  readonly connector: Connector<C>;
  readonly name: string;
  readonly stream: AnyStream<C>;
  readonly settings: Omit<SyncSettings<C>, 'http'>;
  readonly relay: Relay;
  /** After a first sync, a second one from its state, and a fresh one at the same time as the second. */
  readonly memories: { readonly continued: Memory; readonly fresh: Memory };
  /** Every slice of the fresh sync, and of the second sync of the continued one. */
  readonly reads: { readonly fresh: readonly SliceRead[]; readonly second: readonly SliceRead[] };
  /** The slice that the disturbed reads use. */
  readonly slice: Slice;
  readonly undisturbed: SliceRead;
  /** What is posted to the stream's hook; empty for a stream that is asked for. */
  readonly posts: readonly Posted[];
  /** Keys that the simulated world is known to hold, where somebody counted them another way. */
  readonly truth: readonly string[] | undefined;
};

/** A rule that every stream of every connector keeps. Throws with what is wrong. */
export type Check = {
  readonly name: string;
  /** Absent: every stream. */
  readonly appliesTo?: (stream: AnyStream<never>) => boolean;
  readonly run: <C>(stream: StreamCase<C>) => Promise<void>;
};

export type Outcome = {
  readonly read: SliceRead | undefined;
  readonly error: Error | undefined;
  readonly waits: readonly number[];
  readonly requests: number;
};

/** Reads the case's slice again, with waits noted instead of waited. Whatever happens, the relay is clean afterwards. */
export async function readAgain<C>(
  stream: StreamCase<C>,
  changes: { readonly connector?: Connector<C>; readonly slice?: Slice } = {},
): Promise<Outcome> {
  const { connector = stream.connector, slice = stream.slice } = changes;
  const waits: number[] = [];
  const http = createHttp(connector, stream.settings.config, {
    sleep: async (ms) => void waits.push(ms),
    random: () => 0.5,
  });
  try {
    const read = await readWhole({ ...stream.settings, connector, http }, stream.name, slice);
    return { read, error: undefined, waits, requests: http.requests };
  } catch (error) {
    return { read: undefined, error: error as Error, waits, requests: http.requests };
  } finally {
    stream.relay.next();
    stream.relay.transform = undefined;
  }
}

/** Fails unless the read gave exactly the rows of the undisturbed one. */
export function assertSame<C>(stream: StreamCase<C>, { read, error }: Outcome): void {
  if (error !== undefined) throw error;
  const content = ({ rows }: SliceRead): readonly string[] =>
    rows.map((row) => `${row._primary_key} ${row._record_hash}`).sort();
  assert.deepEqual(content(read!), content(stream.undisturbed), 'the rows differ from those of an undisturbed read');
  assert.equal(read!.end.incomplete, undefined);
}

/** Fails unless the read ended with this kind of failure. */
export function assertFailure({ read, error }: Outcome, kind: ConnectorError['kind']): ConnectorError {
  assert.ok(error !== undefined, `it ended with ${read?.rows.length} rows instead of a failure`);
  assert.ok(error instanceof ConnectorError, `not a ConnectorError but ${inspect(error)}`);
  assert.equal(error.kind, kind, error.message);
  return error;
}

/** The same connector with smaller (or larger) pages of one stream; undefined where its paging has no limit. */
export function withLimit<C>(stream: StreamCase<C>, limit: number): Connector<C> | undefined {
  const declared = stream.stream;
  if ('read' in declared) return undefined;
  const { paginate } = declared;
  if (
    (paginate.kind !== 'offset' && paginate.kind !== 'page') ||
    paginate.limit === undefined ||
    limit > paginate.limit
  )
    return undefined;
  return {
    ...stream.connector,
    streams: { ...stream.connector.streams, [stream.name]: { ...declared, paginate: { ...paginate, limit } } },
  };
}

/** Changes the array of records in an answer. */
export function mapRecords(body: Json, path: string, change: (records: readonly Json[]) => readonly Json[]): Json {
  if (path === '') return Array.isArray(body) ? change(body as readonly Json[]) : (change([body])[0] ?? {});
  const records = valueAt(body, path);
  return Array.isArray(records) ? setAt(body, path.split('.'), change(records as readonly Json[])) : body;
}

/** A copy with the value at a path replaced. */
export function setAt(body: Json, [key, ...rest]: readonly string[], value: Json): Json {
  if (key === undefined) return value;
  const object = (typeof body === 'object' && body !== null ? body : {}) as JsonObject;
  return { ...object, [key]: setAt(object[key] ?? null, rest, value) };
}
