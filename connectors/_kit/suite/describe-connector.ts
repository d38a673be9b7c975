import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Duration, Instant } from '../../../src/contracts/json.ts';
import type { AnyStream, Connector } from '../contract.ts';
import { createHttp } from '../http.ts';
import type { Check, StreamCase } from './case.ts';
import { failureChecks } from './checks-failures.ts';
import { pushChecks } from './checks-push.ts';
import { rowChecks } from './checks-rows.ts';
import { stateChecks } from './checks-state.ts';
import { MemoryInbox, type Posted } from './memory-inbox.ts';
import { inOrder, Memory, type SliceRead } from './memory.ts';
import { startRelay, type Relay, type RelayEntry } from './relay.ts';
import type { SuiteSimulator } from './simulator.ts';

export type SuiteOptions<C> = {
  readonly start: () => Promise<SuiteSimulator>;
  /** The connector's configuration for a base URL; its secrets should be ones that stand out. */
  readonly config: (url: string) => C;
  readonly now: Instant;
  /** A later time, and how the simulated world gets there: for the second sync. Absent: nothing happens in between. */
  readonly later?: { readonly now: Instant; readonly move: () => void | Promise<void> };
  readonly startDate?: Instant;
  readonly mutableWindow?: Duration;
  /** Streams of which the simulated world has no row, with the reason; every other must have some. */
  readonly withoutRows?: Readonly<Record<string, string>>;
  /** What the source posts to a hook, as its signed posts; rows of push streams come from nowhere else. */
  readonly posts?: (hook: string) => readonly Posted[];
  /** Keys (as in `_primary_key`) that the world is known to hold, counted another way. */
  readonly truth?: (stream: string) => readonly string[] | undefined;
};

export const checks: readonly Check[] = [...rowChecks, ...stateChecks, ...failureChecks, ...pushChecks];

/** Disturbed reads use a slice of about this size: large enough for pages, small enough for many reads. */
const HANDY_UNITS = 300;

/** Everything that the checks of one connector share. */
export type Bench<C> = {
  readonly streamCase: (name: string) => StreamCase<C>;
  /** Requests that the simulator refused though nobody disturbed them, and violations that it noted. */
  readonly refused: () => readonly string[];
  readonly stop: () => Promise<void>;
};

/** The standard suite: every stream of the connector, against its simulator, by rules that hold for all connectors. */
export function describeConnector<C>(connector: Connector<C>, options: SuiteOptions<C>): void {
  describe(`${connector.name}: standard suite`, () => {
    let bench: Bench<C>;
    beforeAll(async () => {
      bench = await prepare(connector, options);
    }, 120_000);
    afterAll(() => bench?.stop());

    it('names its secrets, its reference and each stream’s rows', () => {
      const config = options.config('https://host.example');
      for (const path of connector.secrets)
        assert.ok(
          path.split('.').every((key) => key !== ''),
          path,
        );
      assert.doesNotThrow(() => connector.config.parse(config), 'the suite’s configuration is none');
      assert.match(connector.name, /^[a-z][a-z0-9_]*$/);
      assert.notEqual(connector.docs, '');
      for (const [name, stream] of Object.entries(connector.streams))
        assert.ok(stream.description.length > 10, `${name} has no description`);
    });

    for (const name of Object.keys(connector.streams)) {
      const reason = options.withoutRows?.[name];
      describe.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (no rows: ${reason})`, () => {
        const stream = connector.streams[name] as AnyStream<never>;
        for (const check of checks.filter(({ appliesTo }) => appliesTo?.(stream) ?? true)) {
          it(check.name, () => check.run(bench.streamCase(name)));
        }
      });
    }

    it('asked for nothing that the simulator does not know', () => {
      assert.deepEqual(bench.refused(), []);
    });
  });
}

/** Starts simulator and relay, and makes the three syncs that the checks look at. */
export async function prepare<C>(connector: Connector<C>, options: SuiteOptions<C>): Promise<Bench<C>> {
  const simulator = await options.start();
  const relay = await startRelay(simulator.url);
  const config = options.config(relay.url);
  const postsOf = (hook: string): readonly Posted[] => options.posts?.(hook) ?? [];
  const inbox = new MemoryInbox();
  for (const hook of Object.keys(connector.hooks ?? {})) inbox.post(hook, ...postsOf(hook));
  const settingsAt = (now: Instant) => ({
    connector,
    config,
    now,
    startDate: options.startDate,
    mutableWindow: options.mutableWindow,
    inbox,
  });
  const log: RelayEntry[] = [];
  const cases = new Map<string, StreamCase<C>>();
  const unread = new Map<string, string>();

  async function syncAll(memory: Memory, now: Instant): Promise<ReadonlyMap<string, readonly SliceRead[]>> {
    const http = createHttp(connector, config);
    const reads = new Map<string, readonly SliceRead[]>();
    for (const name of inOrder(connector)) reads.set(name, await memory.sync({ ...settingsAt(now), http }, name));
    return reads;
  }

  try {
    const [continued, fresh] = [new Memory(), new Memory()];
    await syncAll(continued, options.now);
    await options.later?.move();
    const now = options.later?.now ?? options.now;
    const second = await syncAll(continued, now);
    const first = await syncAll(fresh, now);
    for (const [name, stream] of Object.entries(connector.streams)) {
      const reads = { fresh: first.get(name) ?? [], second: second.get(name) ?? [] };
      const handy = handyRead(reads.fresh);
      if (handy === undefined) {
        unread.set(name, whyUnread(reads.fresh));
        continue;
      }
      cases.set(name, {
        connector,
        name,
        stream,
        settings: settingsAt(now),
        relay,
        memories: { continued, fresh },
        reads,
        slice: handy.slice,
        undisturbed: handy,
        posts: stream.push === undefined ? [] : postsOf(stream.push),
        truth: options.truth?.(name),
      });
    }
  } catch (error) {
    await stopAll(relay, simulator);
    throw error;
  }
  return {
    streamCase: (name) => {
      const found = cases.get(name);
      assert.ok(found !== undefined, `No row of ${name} could be read: ${unread.get(name)}`);
      return found;
    },
    refused: () => {
      log.push(...relay.take());
      const isSkip = (status: number): boolean =>
        (connector.responses ?? []).some((rule) => rule.status === status && rule.kind === 'skip');
      const lines = log
        .filter(({ status, isFault }) => !isFault && status >= 400 && !isSkip(status))
        .map(({ method, path, status }) => `${method} ${path} ${status}`);
      return [
        ...new Set([...lines, ...(simulator.violations?.() ?? []).map(({ path, reason }) => `${path}: ${reason}`)]),
      ];
    },
    stop: () => stopAll(relay, simulator),
  };
}

/** The largest read that is still handy, else the smallest with rows. */
function handyRead(reads: readonly SliceRead[]): SliceRead | undefined {
  const withRows = reads
    .filter(({ rows, end }) => rows.length > 0 && end.incomplete === undefined)
    .sort((a, b) => a.end.units - b.end.units);
  return withRows.findLast(({ end }) => end.units <= HANDY_UNITS) ?? withRows[0];
}

function whyUnread(reads: readonly SliceRead[]): string {
  const incomplete = reads.find(({ end }) => end.incomplete !== undefined)?.end.incomplete;
  if (incomplete !== undefined) return incomplete;
  const refused = reads.flatMap(({ rejected }) => rejected)[0];
  if (refused !== undefined) return `records were refused, ${refused.path}: ${refused.reason}`;
  return 'the simulator has none (or `posts` no post); add some, or name the reason in withoutRows';
}

async function stopAll(relay: Relay, simulator: SuiteSimulator): Promise<void> {
  await relay.stop();
  await simulator.stop();
}
