import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Deps } from '../../activities/deps.ts';
import { planAccount } from '../../activities/plan-account.ts';
import type { StreamSummary } from '../../activities/types.ts';
import { accountBudget } from '../../connectors/_kit/account-budget.ts';
import { createHttp, type HttpOptions } from '../../connectors/_kit/http.ts';
import { connectors } from '../../connectors/index.ts';
import type { MailchimpSimulator } from '../../connectors/mailchimp/simulator.ts';
import type { SendgridSimulator } from '../../connectors/sendgrid/simulator.ts';
import type { Clock } from '../../src/contracts/clock.ts';
import { writeCompanyFiles } from '../../src/demo/files.ts';
import { instantOf } from '../../src/demo/instant.ts';
import type { Seconds, World } from '../../src/demo/types.ts';
import { openInbox } from '../../src/inbox/reader.ts';
import { createLocalLanding } from '../../src/landing/local.ts';
import type { Landing } from '../../src/landing/port.ts';
import { runTransform, type TransformResult } from '../../src/transform/index.ts';
import { openDuckdb } from '../../src/warehouse/duckdb/index.ts';
import type { Warehouse } from '../../src/warehouse/port.ts';
import type { MoneySettings } from './fact-types.ts';
import type { GoalRule, SourceName } from './facts.ts';
import { startSources, type SourcesTrouble } from './sources.ts';
import { syncStream } from './stream-sync.ts';

export { apiKey } from './sources.ts';
export const salt = 'salt-of-the-demo-world';

export const goalRules: readonly GoalRule[] = [
  { match: '.', goal: 'customer_marketing' },
  { match: '[aeiou]s', goal: 'customer_acquisition', conversion_value: '12.50' },
  { match: 'e-?book|guide|Guide', goal: 'lead_generation', conversion_value: '3.333333333' },
];

const unused = (): Promise<never> => Promise.reject(new Error('unused'));

/** `projectDir`: another copy of sql/, to plant a mistake in a model. */
type TransformOptions = {
  readonly select?: readonly string[];
  readonly projectDir?: string;
  /** `attribution:` and `costs:` of mailmart.yaml. */
  readonly settings?: MoneySettings;
  /** Reporting currency; default the company's. */
  readonly currency?: string;
};

export type InProcess = {
  readonly folder: string;
  readonly warehouse: Warehouse;
  /** Mailchimp's. */
  readonly simulator: MailchimpSimulator;
  readonly sendgrid: SendgridSimulator;
  /** Accounts to sync, the company's files last. */
  readonly accountIds: readonly string[];
  /** Syncs all streams, or the named ones, of an account at the world's instant. */
  sync(accountId: string, streams?: readonly string[]): Promise<readonly StreamSummary[]>;
  transform(options?: TransformOptions): Promise<TransformResult>;
  /** Moves the clock of world and product. */
  moveTo(at: Seconds): Promise<void>;
  /** Goes on with another warehouse and the landing that it loads from; the caller closes it. */
  useWarehouse(next: Warehouse, landing: Landing): void;
  stop(): Promise<void>;
};

export type InProcessOptions = SourcesTrouble & {
  readonly world: World;
  /** Beside the company's files; default `['mailchimp']`. */
  readonly sources?: readonly SourceName[];
  /** To plant a mistake in what the simulators show: another world than the truth's. */
  readonly shown?: World;
  /** To plant a mistake in what SendGrid posts; default what it shows. */
  readonly posted?: World;
  /** To plant a mistake in the connector. */
  readonly registry?: Deps['connectors'];
  /** Other time-outs and waits between tries than production's, for tests of faults. */
  readonly http?: HttpOptions;
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

/** Simulators, inbox, connectors, landing, warehouse and SQL without Temporal: the real parts, called in order. */
export async function startInProcess({
  world,
  sources: names = ['mailchimp'],
  shown = world,
  posted = shown,
  registry,
  http = {},
  openPlace = openEmbedded,
  ...trouble
}: InProcessOptions): Promise<InProcess> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailmart-truth-'));
  mkdirSync(path.join(folder, 'data'));
  let at = world.now;
  const clock = { now: () => instantOf(at) };
  const sources = await startSources({ names, shown, posted, folder, at: () => at, clock, ...trouble });
  const { landing, warehouse } = await openPlace({ folder, clock });
  await writeCompanyFiles(world, path.join(folder, 'data'), at);
  const { configured, secrets } = sources;
  const known = { ...connectors, ...registry };
  let deps: Deps = {
    project: {
      config: { sources: configured },
      source: (id) => {
        const found = configured.find((source) => source.id === id);
        if (found === undefined) throw new Error(`no source ${id}`);
        return found;
      },
      secret: (id) => known[configured.find((source) => source.id === id)?.type ?? '']?.config.parse(secrets[id]),
      salt: () => salt,
    },
    connectors: known,
    warehouse,
    landing,
    clock,
    http: (connector, config, { priority }) =>
      createHttp(connector, config, {
        // Limits keep real time, however short `http` makes the waits of retries.
        budget: (key) => accountBudget(connector, config, key),
        ...http,
        priority,
      }),
    inbox: (accountId) => ({ ...openInbox(folder, accountId), removeLoaded: () => Promise.resolve() }),
    transform: { plan: unused, run: unused, ahead: unused },
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  };
  let runs = 0;

  return {
    folder,
    warehouse,
    simulator: sources.mailchimp,
    sendgrid: sources.sendgrid,
    accountIds: configured.map(({ id }) => id),
    sync: async (accountId, streams) => {
      if (accountId === world.sendgrid.accountId) await sources.receive();
      const runId = `run-${(runs += 1)}`;
      const plan = planAccount(deps, { accountId, ...(streams === undefined ? {} : { streams }) });
      const summaries: StreamSummary[] = [];
      for (const { stream } of plan.streams) {
        summaries.push(await syncStream(deps, { source: plan.source, accountId, stream }, runId));
      }
      return summaries;
    },
    transform: ({ settings, currency = world.company.currency, ...options } = {}) =>
      runTransform({
        warehouse,
        config: {
          company: { time_zone: world.company.timeZone, currency },
          sources: configured,
          campaigns: goalRules,
          ...settings,
        },
        clock,
        runId: `transform-${(runs += 1)}`,
        ...options,
      }),
    useWarehouse: (next, nextLanding) => {
      deps = { ...deps, warehouse: next, landing: nextLanding };
    },
    moveTo: async (next) => {
      at = next;
      await writeCompanyFiles(world, path.join(folder, 'data'), at);
    },
    stop: async () => {
      await sources.stop();
      await warehouse.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
