import { z } from 'zod';
import { membersPlan, membersWindow } from './members-plan.ts';
import { amount, count, id, instant, maybeInstant, part, text } from './fields.ts';
import { everyList, paged, whole, type Define } from './stream.ts';

/** Audiences and the people in them. */
export const audienceStreams = (stream: Define) => ({
  lists: stream({
    description: 'One row a list (audience), with its own counts.',
    path: '/lists',
    ...paged('lists', [], { sort_field: 'date_created', sort_dir: 'ASC' }),
    schema: z.looseObject({
      id,
      name: text,
      date_created: maybeInstant,
      stats: part({ member_count: count, unsubscribe_count: count, cleaned_count: count, campaign_count: count }),
    }),
    primaryKey: ['id'],
    cursor: 'full-refresh',
  }),

  members: stream({
    description: 'One row a contact of a list, archived ones included, with sign-up and consent times.',
    path: '/lists/{list_id}/members',
    ...paged('members', [], { sort_field: 'last_changed', sort_dir: 'ASC' }),
    // Sorted by request, in a window with an upper bound: what changes meanwhile leaves it, and the total says so.
    stableOrder: true,
    parent: everyList,
    schema: z.looseObject({
      list_id: id,
      id,
      email_address: z.string(),
      status: id,
      last_changed: instant,
      timestamp_signup: maybeInstant,
      timestamp_opt: maybeInstant,
      source: text,
      language: text,
      email_client: text,
      merge_fields: part({}),
      location: part({ country_code: text, timezone: text }),
      stats: part({ ecommerce_data: part({ total_revenue: amount, number_of_orders: count, currency_code: text }) }),
    }),
    primaryKey: ['list_id', 'id'],
    person: 'email_address',
    // Changed contacts may show late: ten minutes of look-back cost no request, since the page is read anyway.
    cursor: { field: 'last_changed', unit: 'iso', order: 'unsorted', lookback: 'PT10M', params: membersWindow },
    plan: membersPlan,
  }),

  segments: stream({
    description: 'One row a saved segment, tag or group of a list.',
    path: '/lists/{list_id}/segments',
    ...paged('segments'),
    parent: everyList,
    schema: z.looseObject({
      list_id: id,
      id: z.int(),
      name: text,
      type: text,
      member_count: count,
      created_at: maybeInstant,
      updated_at: maybeInstant,
    }),
    primaryKey: ['list_id', 'id'],
    cursor: 'full-refresh',
  }),

  list_growth: stream({
    description: 'One row a list and month: what Mailchimp counted at its end.',
    path: '/lists/{list_id}/growth-history',
    ...paged('history', [], { sort_field: 'month', sort_dir: 'ASC' }),
    parent: everyList,
    schema: z.looseObject({
      list_id: id,
      month: z.string().regex(/^\d{4}-\d{2}$/),
      subscribed: count,
      unsubscribed: count,
      cleaned: count,
      deleted: count,
    }),
    primaryKey: ['list_id', 'month'],
    cursor: 'full-refresh',
  }),

  list_clients: stream({
    description: 'One row a list and e-mail client: present share of the list, not of a campaign.',
    path: '/lists/{list_id}/clients',
    ...whole('clients'),
    parent: everyList,
    schema: z.looseObject({ list_id: id, client: z.string(), members: count }),
    primaryKey: ['list_id', 'client'],
    cursor: 'full-refresh',
  }),

  abuse_reports: stream({
    description: 'One row a spam complaint, of any campaign sent to the list.',
    path: '/lists/{list_id}/abuse-reports',
    ...paged('abuse_reports', ['merge_fields', 'vip', 'list_is_active']),
    parent: everyList,
    schema: z.looseObject({
      list_id: id,
      id: z.int(),
      campaign_id: id,
      email_id: id,
      email_address: z.string(),
      date: maybeInstant,
    }),
    primaryKey: ['list_id', 'id'],
    person: 'email_address',
    cursor: 'full-refresh',
  }),
});
