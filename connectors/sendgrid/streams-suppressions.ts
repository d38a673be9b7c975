import { z } from 'zod';
import type { Cursor, Stream } from '../_kit/contract.ts';
import { durationMs } from '../_kit/duration.ts';
import type { SendgridConfig } from './config.ts';
import { address, count, flag, id, number, seconds, text } from './fields.ts';
import { whole, type Define } from './stream.ts';

/** So often a list is read as a whole: a row that somebody deleted shows in no other way. */
const WHOLE_EVERY = 'P1D';

/** Both bounds are inclusive, in UNIX seconds. The upper one keeps newcomers out of the pages while they are read. */
const byCreation = {
  field: 'created',
  unit: 'epoch-s',
  order: 'unsorted',
  lookback: 'PT1H',
  params: ({ from, to }) => ({ start_time: from, end_time: to }),
} as const satisfies Cursor<{ readonly created: number }>;

const wholeEveryDay: NonNullable<Stream<SendgridConfig, unknown>['plan']> = {
  why: 'a row that was deleted is missing in a whole read alone',
  slices: async ({ state, now }, declared) => {
    const readAt = state.get('')?.fullReadAt;
    if (readAt !== undefined && Date.parse(now) - Date.parse(readAt) < durationMs(WHOLE_EVERY)) return declared;
    return declared.map(({ window, ...slice }) => ({
      ...slice,
      mode: 'full',
      ...(window?.to === undefined ? {} : { window: { to: window.to } }),
      next: { readAt: now, fullReadAt: now },
    }));
  },
};

/** One list of addresses, `/v3/suppression/…`. */
const suppressions = <Shape extends z.ZodRawShape>(what: string, name: string, shape: Shape) =>
  ({
    description: `One row an address ${what}: the state of today, of no campaign in particular.`,
    path: `/v3/suppression/${name}`,
    records: '',
    paginate: { kind: 'offset', offsetParam: 'offset', limitParam: 'limit', limit: 500, overlap: 1 },
    schema: z.looseObject({ email: address, created: seconds, ...shape }),
    primaryKey: ['email'],
    person: 'email',
    cursor: byCreation,
    plan: wholeEveryDay,
  }) as const;

/** Who may not be written to, and why. */
export const suppressionStreams = (stream: Define) => ({
  bounces: stream(suppressions('that bounced', 'bounces', { reason: text, status: text })),
  blocks: stream(suppressions('whose provider blocked a message', 'blocks', { reason: text, status: text })),
  invalid_emails: stream(suppressions('that is none', 'invalid_emails', { reason: text })),
  spam_reports: stream(suppressions('that complained', 'spam_reports', { ip: text })),
  unsubscribes: stream(suppressions('that unsubscribed from everything', 'unsubscribes', {})),

  suppression_groups: stream({
    description: 'One row an unsubscribe group.',
    path: '/v3/asm/groups',
    ...whole,
    schema: z.looseObject({ id: number, name: id, description: text, is_default: flag, unsubscribes: count }),
    primaryKey: ['id'],
    cursor: 'full-refresh',
  }),

  group_suppressions: stream({
    description: 'One row an unsubscribe group and address that left it.',
    path: '/v3/asm/suppressions',
    ...whole,
    schema: z.looseObject({ group_id: number, email: address, group_name: text, created_at: seconds }),
    primaryKey: ['group_id', 'email'],
    person: 'email',
    cursor: 'full-refresh',
  }),
});
