import { z } from 'zod';
import { exportStream } from '../_kit/export.ts';
import { address, count, flag, id, instant, maybeInstant, part, sendTime, text, texts } from './fields.ts';
import { contactsExport } from './contacts-export.ts';
import { editedSingleSend, globalOnly, paged, whole, type Define } from './stream.ts';

const singleSend = {
  id,
  name: text,
  send_at: sendTime,
  is_abtest: flag,
  abtest: part({ type: text, winner_criteria: text, test_percentage: count, winning_template_id: text }),
  categories: texts,
  created_at: maybeInstant,
};
const recipients = part({ list_ids: texts, segment_ids: texts, all: flag });
const content = part({ subject: text, suppression_group_id: count, sender_id: count });

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
    schema: z.looseObject({ ...singleSend, status: id, updated_at: instant }),
    primaryKey: ['id'],
    cursor: 'full-refresh',
    plan: globalOnly,
  }),

  single_send_details: stream({
    description: 'One row a single send: whom it goes to, subject, content, sender and unsubscribe group.',
    path: '/v3/marketing/singlesends/{id}',
    ...whole,
    parent: editedSingleSend,
    schema: z.looseObject({ id, name: text, status: text, send_to: recipients, email_config: content }),
    primaryKey: ['id'],
    cursor: 'full-refresh',
  }),
});
