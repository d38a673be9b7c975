import { z } from 'zod';
import { exportStream } from '../_kit/export.ts';
import { address, count, flag, id, instant, maybeInstant, part, text, texts } from './fields.ts';
import { contactsExport } from './contacts-export.ts';
import { globalOnly, paged, whole, type Define } from './stream.ts';

/** People, lists, and what was sent to them. */
export const marketingStreams = (stream: Define) => ({
  lists: stream({
    description: 'One row a contact list, with its own count.',
    path: '/v3/marketing/lists',
    ...paged('result', 1000),
    schema: z.looseObject({ id, name: text, contact_count: count }),
    primaryKey: ['id'],
    cursor: 'full-refresh',
    plan: globalOnly,
  }),

  contacts: stream(
    exportStream({
      description: 'One row a contact of the account; whether it may be written to is in the suppression tables.',
      schema: z.looseObject({
        id,
        email: address.nullish(),
        list_ids: texts,
        custom_fields: part({}),
        created_at: maybeInstant,
        updated_at: maybeInstant,
      }),
      primaryKey: ['id'],
      person: 'email',
      cursor: 'full-refresh',
      plan: globalOnly,
      export: contactsExport,
    }),
  ),

  segments: stream({
    description: 'One row a segment of contacts.',
    path: '/v3/marketing/segments/2.0',
    records: 'results',
    paginate: { kind: 'single' },
    schema: z.looseObject({ id, name: text, contacts_count: count, parent_list_ids: texts }),
    primaryKey: ['id'],
    cursor: 'full-refresh',
    plan: globalOnly,
  }),

  single_sends: stream({
    description: 'One row a single send (campaign), drafts included.',
    path: '/v3/marketing/singlesends',
    ...paged('result', 100),
    schema: z.looseObject({
      id,
      name: text,
      status: id,
      send_at: maybeInstant,
      is_abtest: flag,
      abtest: part({ type: text, winner_criteria: text, test_percentage: count, winning_template_id: text }),
      categories: texts,
      created_at: maybeInstant,
      updated_at: instant,
    }),
    primaryKey: ['id'],
    cursor: 'full-refresh',
    plan: globalOnly,
  }),

  single_send_details: stream({
    description: 'One row a single send: whom it goes to, subject, content, sender and unsubscribe group.',
    path: '/v3/marketing/singlesends/{id}',
    ...whole,
    parent: {
      stream: 'single_sends',
      key: 'id',
      param: 'id',
      inherit: {},
      // Without a time of sending it never freezes: it is read again when, and only when, it was edited.
      ageing: {
        sentAt: () => null,
        movedBy: { stream: 'single_sends', keyField: 'id', fingerprint: ({ updated_at: at }) => String(at) },
      },
    },
    schema: z.looseObject({
      id,
      name: text,
      status: text,
      send_to: part({ list_ids: texts, segment_ids: texts, all: flag }),
      email_config: part({ subject: text, suppression_group_id: count, sender_id: count }),
    }),
    primaryKey: ['id'],
    cursor: 'full-refresh',
  }),
});
