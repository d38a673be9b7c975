import type { Connector, Http } from '../connectors/_kit/contract.ts';
import type { SliceResult } from '../src/contracts/sync.ts';
import type { Clock } from '../src/contracts/clock.ts';
import type { Landing } from '../src/landing/port.ts';
import type { TransformAhead } from '../src/transform/index.ts';
import type { ModelRun, Warehouse } from '../src/warehouse/port.ts';
import type { OpenAccount } from './account.ts';
import type { AccountInbox } from './inbox.ts';
import type { PageTally, SliceJob } from './read-slice.ts';
import type { RunNote, TransformPlan } from './types.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- connectors of one registry have different configurations
export type AnyConnector = Connector<any>;

/** What activities need to know of the configuration; `Project` of src/config fits. */
export type ProjectAccess = {
  readonly config: {
    readonly sources: readonly ConfiguredSource[];
  };
  /** One configured source, or a ConfigError that names those there are. */
  source(accountId: string): ConfiguredSource;
  /** The connector's own configuration, secrets resolved now: never kept, never returned. */
  secret(accountId: string): unknown;
  salt(): string;
};

export type ConfiguredSource = {
  readonly id: string;
  /** Name in the connector registry. */
  readonly type: string;
  readonly start_date?: string | undefined;
  readonly streams: 'all' | readonly string[];
  readonly mutable_window: string;
};

/** The compiled Dataform graph, run action by action. */
export type TransformRunner = {
  plan(runId: string, select: readonly string[] | undefined): Promise<TransformPlan>;
  run(runId: string, name: string, signal: AbortSignal): Promise<ModelRun>;
  /** What `plan` would plan now, without writing anything. */
  ahead(select: readonly string[] | undefined): Promise<TransformAhead>;
};

export type Logger = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** Everything that activities reach the world through. */
export type Deps = {
  readonly project: ProjectAccess;
  readonly connectors: Readonly<Record<string, AnyConnector>>;
  readonly warehouse: Warehouse;
  readonly landing: Landing;
  readonly clock: Clock;
  /**
   * A client that counts its own requests; all of one account draw on the same budget of connections and rate, those
   * with the lowest priority first.
   */
  readonly http: (connector: AnyConnector, config: unknown, options: { readonly priority: number }) => Http;
  /** What was posted to an account. Absent: nothing ever is. */
  readonly inbox?: (accountId: string) => AccountInbox;
  /** Reads one slice into landing, in another thread; absent: in this one. */
  readonly readSlice?: SliceReader;
  readonly transform: TransformRunner;
  /** Writes the HTML report and returns its path. Absent: the pipeline writes none. */
  readonly report?: (runId: string) => Promise<string>;
  /** Told of each run that has ended, as the run log has it. */
  readonly runEnded?: (note: RunNote) => void;
  /** Tells the alert channels what is new. Absent: none is configured. */
  readonly notify?: (signal: AbortSignal) => Promise<Notified>;
  readonly logger: Logger;
};

/** What was told to alert channels. */
export type Notified = {
  readonly opened: number;
  readonly closed: number;
  /** Channels that did not take a message; it is tried again after the next run. */
  readonly failed: readonly { readonly channel: string; readonly message: string }[];
};

/** Reads one slice of an account into landing. */
export type SliceReader = (
  account: OpenAccount,
  job: SliceJob,
  watch: { readonly signal: AbortSignal; readonly onPage: (page: PageTally) => void },
) => Promise<SliceResult>;
