import { startMailchimpSimulator, type MailchimpSimulator } from '../../connectors/mailchimp/simulator.ts';
import { createHookKeys, type HookPost, postsOf } from '../../connectors/sendgrid/simulator-hook.ts';
import {
  startSendgridSimulator,
  type SendgridSimulator,
  type SimulatorOptions,
} from '../../connectors/sendgrid/simulator.ts';
import { connectors } from '../../connectors/index.ts';
import { companyFileSpecs } from '../../src/demo/file-specs.ts';
import { instantOf } from '../../src/demo/instant.ts';
import type { Seconds, World } from '../../src/demo/types.ts';
import type { Clock } from '../../src/contracts/clock.ts';
import { openInboxWriter } from '../../src/inbox/writer.ts';
import type { SourceName } from './facts.ts';

export const apiKey = '0123456789abcdef0123456789abcdef-us1';
const sendgridKey = 'SG.key-of-the-demo-world';
/** Nothing here is about waiting for limits. */
const plenty = { requests: 1_000_000, seconds: 10 };

export type ConfiguredSource = {
  readonly id: string;
  readonly type: string;
  readonly streams: 'all' | readonly string[];
  readonly mutable_window: string;
};

export type Sources = {
  readonly configured: readonly ConfiguredSource[];
  /** The connector's own configuration of a source. */
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly mailchimp: MailchimpSimulator;
  readonly sendgrid: SendgridSimulator;
  /** Puts into the inbox what SendGrid has posted since the last call. */
  receive(): Promise<void>;
  stop(): Promise<void>;
};

/** So small that a tiny world has many, of which some come twice and some out of order. */
export const latePosts = { maxEvents: 5 };

/** What makes SendGrid harder to read than it need be. */
export type SourcesTrouble = {
  /** Its limits; default so high that nothing waits for them. */
  readonly rates?: SimulatorOptions['rates'];
  /** How often an export is not ready; default once. */
  readonly pendingPolls?: number;
  /** Posts are small (`latePosts`), and every fifth comes with the call of `receive` after its own; default false. */
  readonly hasLatePosts?: boolean;
};

export type SourcesOptions = SourcesTrouble & {
  readonly names: readonly SourceName[];
  /** What the APIs show. */
  readonly shown: World;
  /** What is posted. */
  readonly posted: World;
  readonly folder: string;
  readonly at: () => Seconds;
  readonly clock: Clock;
};

/** The simulators, the company's files, and an inbox that is filled without a receiver. */
export async function startSources({
  names,
  shown,
  posted,
  folder,
  at,
  clock,
  rates = {},
  pendingPolls = 1,
  hasLatePosts = false,
}: SourcesOptions): Promise<Sources> {
  const keys = createHookKeys('truth');
  const now = () => instantOf(at());
  const mailchimp = await startMailchimpSimulator({ world: shown, at: now, apiKey });
  const sendgrid = await startSendgridSimulator({
    world: shown,
    at: now,
    apiKey: sendgridKey,
    publicKey: keys.publicKey,
    exports: { pendingPolls },
    rates: {
      marketing: plenty,
      exports: plenty,
      stats: plenty,
      suppressions: plenty,
      account: plenty,
      logs: plenty,
      activity: plenty,
      ...rates,
    },
  });
  const accountId = shown.sendgrid.accountId;
  const all: readonly ConfiguredSource[] = [
    { id: shown.accountId, type: 'mailchimp', streams: 'all', mutable_window: 'P35D' },
    {
      id: accountId,
      type: 'sendgrid',
      // Six requests a minute, and no mart reads it.
      streams: Object.keys(connectors['sendgrid']?.streams ?? {}).filter((stream) => stream !== 'activity'),
      mutable_window: 'P35D',
    },
    { id: 'books', type: 'file', streams: 'all', mutable_window: 'P35D' },
  ];
  let postedUntil = posted.sendgrid.hookOnAt - 1;
  let late: readonly HookPost[] = [];
  return {
    configured: all.filter(({ type }) => type === 'file' || (names as readonly string[]).includes(type)),
    secrets: {
      [shown.accountId]: { credentials: { api_key: apiKey }, base_url: mailchimp.url },
      [accountId]: {
        credentials: { api_key: sendgridKey },
        base_url: sendgrid.url,
        webhook: { public_keys: [keys.publicKey] },
      },
      books: { project_dir: folder, files: companyFileSpecs },
    },
    mailchimp,
    sendgrid,
    receive: async () => {
      const writer = await openInboxWriter(folder, clock);
      const made = postsOf(posted, postedUntil, at(), hasLatePosts ? latePosts : {});
      const isLate = (index: number): boolean => hasLatePosts && index % 5 === 4;
      const now = [...late, ...made.filter((_post, index) => !isLate(index))];
      try {
        for (const { body, at: receivedAt } of now) {
          await writer.append(accountId, 'events', {
            body,
            receivedAt: instantOf(receivedAt),
            contentType: 'application/json;charset=utf-8',
            isSigned: true,
          });
        }
      } finally {
        await writer.close();
      }
      postedUntil = at();
      late = made.filter((_post, index) => isLate(index));
    },
    stop: async () => {
      await mailchimp.stop();
      await sendgrid.stop();
    },
  };
}
