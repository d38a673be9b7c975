import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyStream } from '../../connectors/_kit/contract.ts';
import { acceptRecord } from '../../connectors/_kit/record.ts';
import { connectors } from '../../connectors/index.ts';
import type { Clock } from '../../src/contracts/clock.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { LandedRow, Row, Slice, StreamKey } from '../../src/contracts/sync.ts';
import { createLocalLanding } from '../../src/landing/local.ts';
import type { Landing } from '../../src/landing/port.ts';
import { runTransform, type TransformConfig, type TransformResult } from '../../src/transform/index.ts';
import { openDuckdb } from '../../src/warehouse/duckdb/index.ts';
import type { Warehouse } from '../../src/warehouse/port.ts';
import { sendgridStreams } from './sendgrid-streams.ts';

/** Records of streams, `mailchimp.lists` → records as the source would send them (inherited fields included). */
export type Seeds = Readonly<Record<string, readonly JsonObject[]>>;

export type SqlProject = {
  /** Landing and warehouse file; whole once it is closed. */
  readonly folder: string;
  readonly warehouse: Warehouse;
  /** Sets the clock of the next loads and transforms. */
  setNow(instant: string): void;
  /**
   * Loads records through landing and MERGE, as a sync does. With `whole`, rows of the stream that are not among them have
   * vanished at the source.
   */
  seed(account: string, seeds: Seeds, options?: { readonly whole?: boolean }): Promise<void>;
  transform(
    change?: Partial<TransformConfig> & {
      readonly projectDir?: string;
      readonly full?: boolean;
      readonly parallel?: number;
    },
    select?: readonly string[],
  ): Promise<TransformResult>;
  query(sql: string): Promise<readonly Row[]>;
  /** Closes the warehouse and removes its folder, unless that is to be kept for copies. */
  close(options?: { readonly keep?: boolean }): Promise<void>;
};

export const salt = 'salt of the tests';

const defaults: TransformConfig = {
  company: { time_zone: 'Europe/Berlin', currency: 'EUR' },
  sources: [
    { id: 'shop', type: 'mailchimp' },
    { id: 'books', type: 'file' },
    { id: 'grid', type: 'sendgrid' },
  ],
  campaigns: [],
};

let copies = 0;

/** A real DuckDB warehouse in a temporary folder, with the real SQL project on top. */
export async function openSqlProject(
  config: Partial<TransformConfig> = {},
  /** Another warehouse than DuckDB; it finds the landed parts in this store. */
  openWarehouse?: (landing: Landing, clock: Clock) => Promise<Warehouse>,
  /** Folder of a closed project to go on from, in a copy. */
  from?: string,
): Promise<SqlProject> {
  const folder = await mkdtemp(join(tmpdir(), 'mailmart-sql-'));
  if (from !== undefined) await cp(from, folder, { recursive: true });
  const landing = createLocalLanding(join(folder, 'landing'));
  let now = '2026-06-30T12:00:00.000Z';
  const clock = { now: () => now };
  const warehouse =
    (await openWarehouse?.(landing, clock)) ??
    (await openDuckdb({
      path: join(folder, 'warehouse.duckdb'),
      landing,
      publishedPath: join(folder, 'published.duckdb'),
      clock,
    }));
  const settings = { ...defaults, ...config };
  // Other numbers than those of the project that this one goes on from.
  let runs = from === undefined ? 0 : (copies += 1) * 1000;

  const seed: SqlProject['seed'] = async (account, seeds, options = {}) => {
    for (const [name, records] of Object.entries(seeds)) {
      const [source = '', stream = ''] = name.split('.');
      const key: StreamKey = { source, accountId: account, stream };
      runs += 1;
      const runId = `seed-${runs}`;
      const slice: Slice = {
        id: 'all',
        item: '',
        mode: options.whole === true ? 'full' : 'incremental',
        pathParams: {},
        inherit: {},
        next: { readAt: now },
      };
      const fence = await warehouse.takeFence(key, runId);
      const writer = await landing.openSlice(key, runId, slice);
      await writer.append(
        records.map((record) => landed(key, record, slice, now)),
        [],
      );
      const result = await writer.finish({
        slice,
        state: slice.next,
        pages: 1,
        requests: 1,
        units: records.length,
        total: null,
      });
      const table = { source, stream, partitioned: isPartitioned(key) };
      await warehouse.ensureRawTable(table);
      await warehouse.load({
        key,
        table,
        runId,
        batchId: 'all',
        fence,
        parts: result.parts,
        rejected: [],
        checkpoints: new Map(),
        sweep: options.whole === true ? [''] : [],
        extractedAt: now,
      });
    }
  };

  return {
    folder,
    warehouse,
    setNow: (instant) => {
      now = instant;
    },
    seed,
    transform: async ({ projectDir, full, parallel, ...change } = {}, select) => {
      runs += 1;
      return await runTransform({
        warehouse,
        config: { ...settings, ...change },
        ...(projectDir !== undefined && { projectDir }),
        ...(full !== undefined && { full }),
        ...(parallel !== undefined && { parallel }),
        clock,
        runId: `transform-${runs}`,
        ...(select && { select }),
      });
    },
    query: (sql) => warehouse.query(sql),
    close: async ({ keep = false } = {}) => {
      await warehouse.close();
      if (!keep) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The connector's stream; for a source without a connector, what its models rely on. */
const streamOf = ({ source, stream }: StreamKey): AnyStream<never> | undefined => {
  const connector = connectors[source];
  return connector === undefined && source === 'sendgrid' ? sendgridStreams[stream] : connector?.streams[stream];
};

const isPartitioned = (key: StreamKey): boolean => streamOf(key)?.partitionBy !== undefined;

/** The cells of rows as texts, NULL as null: how most tests compare. */
export const cells = (rows: readonly Row[]): readonly (readonly (string | null)[])[] =>
  rows.map((row) =>
    Object.values(row).map((value) => {
      if (value === null) return null;
      return typeof value === 'object' ? JSON.stringify(value) : `${value}`;
    }),
  );

/** Fails a test's set-up when an assertion of the models failed. */
export function allPassed({ failures }: TransformResult): void {
  if (failures.length > 0) throw new Error(failures.map(({ message }) => message).join('\n'));
}

/** A record as the edge lands it; one that the edge would refuse is a mistake in the test. */
function landed(key: StreamKey, record: JsonObject, slice: Slice, now: string): LandedRow {
  const stream = streamOf(key);
  if (stream === undefined) throw new Error(`no stream ${key.source}.${key.stream}`);
  const accepted = acceptRecord(stream, record, record, null, { slice, now, nowMs: Date.parse(now), salt, prefix: '' });
  if (accepted.kind === 'rejected') {
    throw new Error(`${key.source}.${key.stream}: the edge refuses ${accepted.path}: ${accepted.reason}`);
  }
  return accepted.row;
}
