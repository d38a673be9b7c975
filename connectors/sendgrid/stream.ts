import type { JsonObject } from '../../src/contracts/json.ts';
import type { Ageing, Parent, PlanContext, Stream } from '../_kit/contract.ts';
import type { SendgridConfig } from './config.ts';

/** `stream` of defineConnector, handed to each theme's file. */
export type Define = <R>(definition: Stream<SendgridConfig, R>) => Stream<SendgridConfig, R>;

type Plan = NonNullable<Stream<SendgridConfig, unknown>['plan']>;

/** Of what the description lists on the global host alone, nothing is asked for in another region. */
export const globalOnly: Plan = {
  why: 'the description lists this endpoint on the global host only',
  slices: async (context, declared) => (isGlobal(context) ? declared : []),
};

export const isGlobal = ({ config }: Pick<PlanContext<SendgridConfig>, 'config'>): boolean =>
  config.region === 'global';

/** Pages of the marketing endpoints: each names the next by an absolute URL, the last names none. */
export const paged = (records: 'result' | 'results', size: number) =>
  ({
    records,
    paginate: { kind: 'next-url', nextPath: '_metadata.next' },
    params: { page_size: size },
  }) as const;

/** Bare arrays. */
export const whole = { records: '', paginate: { kind: 'single' } } as const;

/** Every single send, drafts too. Without a time of sending none freezes: it is read again when, and only when, it was edited. */
export const editedSingleSend: Parent = {
  stream: 'single_sends',
  key: 'id',
  param: 'id',
  inherit: {},
  ageing: {
    sentAt: () => null,
    movedBy: { stream: 'single_sends', keyField: 'id', fingerprint: ({ updated_at: at }) => String(at) },
  },
};

const text = (record: JsonObject, field: string): string | null => {
  const value = record[field];
  return typeof value === 'string' && value !== '' ? value : null;
};

/** The single sends that may have been sent, with what else must hold of them. */
export const sentSingleSend = (
  inherit: Parent['inherit'],
  ageing: Ageing = { sentAt: (send) => text(send, 'send_at') },
  where: (send: JsonObject) => boolean = () => true,
): Parent => ({
  stream: 'single_sends',
  key: 'id',
  param: 'id',
  inherit,
  where: (send) => send['status'] === 'triggered' && where(send),
  ageing,
});
