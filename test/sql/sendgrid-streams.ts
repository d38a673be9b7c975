import { z } from 'zod';
import type { AnyStream } from '../../connectors/_kit/contract.ts';

const record = z.looseObject({});
const path = { path: '/', records: '', paginate: { kind: 'single' } } as const;

type Shape = Pick<AnyStream<never>, 'primaryKey'> & { readonly person?: string; readonly epoch?: string };

const stream = ({ primaryKey, person, epoch }: Shape): AnyStream<never> => ({
  ...path,
  description: 'As the models read it',
  schema: record,
  primaryKey,
  cursor: epoch === undefined ? 'full-refresh' : { field: epoch, unit: 'epoch-s', order: 'unsorted', lookback: 'PT0S' },
  ...(person !== undefined && { person }),
  ...(epoch === 'timestamp' && { partitionBy: epoch, immutable: true }),
});

const suppression: Shape = { primaryKey: ['email'], person: 'email' };

/** Keys, persons and partitions of SendGrid's streams as the models rely on them. */
export const sendgridStreams: Readonly<Record<string, AnyStream<never>>> = {
  lists: stream({ primaryKey: ['id'] }),
  contacts: stream({ primaryKey: ['id'], person: 'email' }),
  single_sends: stream({ primaryKey: ['id'] }),
  single_send_details: stream({ primaryKey: ['id'] }),
  single_send_stats: stream({ primaryKey: ['id', 'ab_variation', 'ab_phase', 'aggregation'] }),
  single_send_links: stream({ primaryKey: ['single_send_id', 'url', 'url_location', 'ab_variation', 'ab_phase'] }),
  bounces: stream(suppression),
  invalid_emails: stream(suppression),
  spam_reports: stream(suppression),
  unsubscribes: stream(suppression),
  suppression_groups: stream({ primaryKey: ['id'] }),
  group_suppressions: stream({ primaryKey: ['email', 'group_id'], person: 'email' }),
  events: stream({ primaryKey: ['sg_event_id'], person: 'email', epoch: 'timestamp' }),
  log_events: stream({ primaryKey: ['sg_event_id'], person: 'email', epoch: 'timestamp' }),
};
