import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Attempt } from '../../activities/attempts.ts';
import type { Deps } from '../../activities/deps.ts';
import { extractBatch } from '../../activities/extract-batch.ts';
import { finishStream } from '../../activities/finish-stream.ts';
import { loadBatch } from '../../activities/load-batch.ts';
import { planAccount } from '../../activities/plan-account.ts';
import { planStream } from '../../activities/plan-stream.ts';
import type { StreamSummary } from '../../activities/types.ts';
import { createHttp, type HttpOptions } from '../../connectors/_kit/http.ts';
import { connectors } from '../../connectors/index.ts';
import { startMailchimpSimulator, type MailchimpSimulator } from '../../connectors/mailchimp/simulator.ts';
import { writeCompanyFiles } from '../../src/demo/files.ts';
import { instantOf } from '../../src/demo/instant.ts';
import type { Clock } from '../../src/contracts/clock.ts';
import type { Seconds, World } from '../../src/demo/types.ts';
import { createLocalLanding } from '../../src/landing/local.ts';
import type { Landing } from '../../src/landing/port.ts';
import { runTransform, type TransformResult } from '../../src/transform/index.ts';
import { openDuckdb } from '../../src/warehouse/duckdb/index.ts';
import type { Warehouse } from '../../src/warehouse/port.ts';
import { companyFileSpecs } from '../../src/demo/file-specs.ts';
import type { GoalRule } from './facts.ts';

export const salt = 'salt-of-the-demo-world';
export const apiKey = '0123456789abcdef0123456789abcdef-us1';

export const goalRules: readonly GoalRule[] = [
  { match: '.', goal: 'customer_marketing' },
  { match: '[aeiou]s', goal: 'customer_acquisition', conversion_value: '12.50' },
  { match: 'e-?book|guide|Guide', goal: 'lead_generation', conversion_value: '3.333333333' },
];

const unused = (): Promise<never> => Promise.reject(new Error('unused'));

const noCounts = {
  slices: 0,
  pages: 0,
  requests: 0,
  rowsRead: 0,
  rowsInserted: 0,
  rowsUpdated: 0,
  rowsUnchanged: 0,
  rowsDeleted: 0,
  rowsQuarantined: 0,
  bytesRead: 0,
};

export type InProcess = {
  readonly folder: string;
  readonly warehouse: Warehouse;
  readonly simulator: MailchimpSimulator;
  /** Syncs all sources, or the named streams of one, at the world's instant. */
  sync(accountId: string, streams?: readonly string[]): Promise<readonly StreamSummary[]>;
  transform(select?: readonly string[]): Promise<TransformResult>;
  /** Moves the clock of world and product. */
  moveTo(at: Seconds): Promise<void>;
  /** Goes on with another warehouse and the landing that it loads from; the caller closes it. */
  useWarehouse(next: Warehouse, landing: Landing): void;
  stop(): Promise<void>;
};

export type InProcessOptions = {
  readonly world: World;
  /** To plant a mistake in what the simulator shows: another world than the truth's. */
  readonly shown?: World;
  /** To plant a mistake in the connector. */
  readonly registry?: Deps['connectors'];
  /** Other waits and time-outs than production's, for tests of faults. */
  readonly http?: HttpOptions;
  /** To plant a mistake in a model: another copy of sql/. */
  readonly projectDir?: string;
  /** Another landing and warehouse than a folder and a DuckDB file. */
  readonly openPlace?: OpenPlace;
};

export type OpenPlace = (options: {
  readonly folder: string;
  readonly clock: Clock;
}) => Promise<{ readonly landing: Landing; readonly warehouse: Warehouse }>;

const openEmbedded: OpenPlace = async ({ folder, clock }) => {
  const landing = createLocalLanding(path.join(folder, 'landing'));
  const publishedPath = path.join(folder, 'published.duckdb');
  const warehouse = await openDuckdb({ path: path.join(folder, 'warehouse.duckdb'), landing, publishedPath, clock });
  return { landing, warehouse };
};

/** Simulator, connectors, landing, warehouse and SQL without Temporal: the real parts, called in order. */
export async function startInProcess({
  world,
  shown = world,
  registry,
  http = {},
  projectDir,
  openPlace = openEmbedded,
}: InProcessOptions): Promise<InProcess> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailmart-truth-'));
  mkdirSync(path.join(folder, 'data'));
  let at = world.now;
  const clock = { now: () => instantOf(at) };
  const simulator = await startMailchimpSimulator({ world: shown, at: () => instantOf(at), apiKey });
  const { landing, warehouse } = await openPlace({ folder, clock });
  await writeCompanyFiles(world, path.join(folder, 'data'), at);
  const sources = [
    { id: 'shop-newsletter', type: 'mailchimp', streams: 'all', mutable_window: 'P35D' },
    { id: 'books', type: 'file', streams: 'all', mutable_window: 'P35D' },
  ] as const;
  const secrets: Readonly<Record<string, unknown>> = {
    'shop-newsletter': { credentials: { api_key: apiKey }, base_url: simulator.url },
    books: { project_dir: folder, files: companyFileSpecs },
  };
  const known = { ...connectors, ...registry };
  let deps: Deps = {
    project: {
      config: { sources },
      source: (id) => {
        const found = sources.find((source) => source.id === id);
        if (found === undefined) throw new Error(`no source ${id}`);
        return found;
      },
      secret: (id) => known[sources.find((source) => source.id === id)?.type ?? '']?.config.parse(secrets[id]),
      salt: () => salt,
    },
    connectors: known,
    warehouse,
    landing,
    clock,
    http: (connector, config, { priority }) => createHttp(connector, config, { ...http, priority }),
    transform: { plan: unused, run: unused, ahead: unused },
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  };
  const attempt = { signal: new AbortController().signal, report: () => {} } as unknown as Attempt;
  let runs = 0;

  const syncStream = async (
    source: string,
    accountId: string,
    stream: string,
    runId: string,
  ): Promise<StreamSummary> => {
    const key = { source, accountId, stream };
    let counts = noCounts;
    let done = 0;
    let planned = 0;
    for (let round = 0; ; round += 1) {
      const plan = await planStream(deps, { key, runId, round });
      planned = plan.slices;
      for (; done < plan.slices; done = Math.min(done + 40, plan.slices)) {
        const batch = { key, runId, from: done, to: Math.min(done + 40, plan.slices) };
        const read = await extractBatch(deps, batch, attempt);
        const loaded = await loadBatch(deps, { ...batch, fence: plan.fence });
        counts = {
          slices: counts.slices + read.slicesDone,
          pages: counts.pages + read.pages,
          requests: counts.requests + read.requests,
          rowsRead: counts.rowsRead + read.rows,
          rowsInserted: counts.rowsInserted + loaded.inserted,
          rowsUpdated: counts.rowsUpdated + loaded.updated,
          rowsUnchanged: counts.rowsUnchanged + loaded.unchanged,
          rowsDeleted: counts.rowsDeleted + loaded.deleted,
          rowsQuarantined: counts.rowsQuarantined + loaded.quarantined,
          bytesRead: counts.bytesRead + read.bytes,
        };
      }
      if (!plan.again) break;
    }
    return await finishStream(deps, { key, runId, counts, planned, durationMs: 0 });
  };

  return {
    folder,
    warehouse,
    simulator,
    sync: async (accountId, streams) => {
      const runId = `run-${(runs += 1)}`;
      const plan = planAccount(deps, { accountId, ...(streams === undefined ? {} : { streams }) });
      const summaries: StreamSummary[] = [];
      for (const { stream } of plan.streams) summaries.push(await syncStream(plan.source, accountId, stream, runId));
      return summaries;
    },
    transform: (select) =>
      runTransform({
        warehouse,
        config: {
          company: { time_zone: world.company.timeZone, currency: world.company.currency },
          sources,
          campaigns: goalRules,
        },
        clock,
        runId: `transform-${(runs += 1)}`,
        ...(projectDir === undefined ? {} : { projectDir }),
        ...(select === undefined ? {} : { select }),
      }),
    useWarehouse: (next, nextLanding) => {
      deps = { ...deps, warehouse: next, landing: nextLanding };
    },
    moveTo: async (next) => {
      at = next;
      await writeCompanyFiles(world, path.join(folder, 'data'), at);
    },
    stop: async () => {
      await simulator.stop();
      await warehouse.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
