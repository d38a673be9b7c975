import { z } from 'zod';
import { amount, count, flag, id, maybeInstant, part, text } from './fields.ts';
import { everyStore, paged, type Define } from './stream.ts';

/** Connected shops. Ids here are the shop's own. */
export const commerceStreams = (stream: Define) => ({
  stores: stream({
    description: 'One row a connected shop.',
    path: '/ecommerce/stores',
    ...paged('stores', ['connected_site', 'automations']),
    schema: z.looseObject({ id, list_id: text, name: text, platform: text, currency_code: text, is_syncing: flag }),
    primaryKey: ['id'],
    cursor: 'full-refresh',
    permission:
      'A shop connected to Mailchimp (Integrations); without one there are no orders, customers and products.',
  }),

  orders: stream({
    description: 'One row an order of a shop, with the campaign it is attributed to.',
    path: '/ecommerce/stores/{store_id}/orders',
    ...paged('orders', ['customer._links', 'lines._links']),
    parent: everyStore,
    schema: z.looseObject({
      store_id: id,
      id,
      customer: part({ id: text, email_address: text }),
      campaign_id: text,
      outreach: part({ id: text, type: text }),
      financial_status: text,
      fulfillment_status: text,
      currency_code: text,
      order_total: amount,
      discount_total: amount,
      tax_total: amount,
      shipping_total: amount,
      processed_at_foreign: maybeInstant,
      cancelled_at_foreign: maybeInstant,
      updated_at_foreign: maybeInstant,
      lines: z.array(z.looseObject({ product_id: text, quantity: count, price: amount, discount: amount })).nullish(),
    }),
    primaryKey: ['store_id', 'id'],
    person: 'customer.email_address',
    cursor: 'full-refresh',
    why: 'an order has four amounts, three times and two states, its customer and its lines within it',
  }),

  customers: stream({
    description: 'One row a customer of a shop.',
    path: '/ecommerce/stores/{store_id}/customers',
    ...paged('customers'),
    parent: everyStore,
    schema: z.looseObject({
      store_id: id,
      id,
      email_address: text,
      opt_in_status: flag,
      orders_count: count,
      total_spent: amount,
      created_at: maybeInstant,
    }),
    primaryKey: ['store_id', 'id'],
    person: 'email_address',
    cursor: 'full-refresh',
  }),

  products: stream({
    description: 'One row a product of a shop.',
    path: '/ecommerce/stores/{store_id}/products',
    ...paged('products', ['variants._links', 'images._links']),
    parent: everyStore,
    schema: z.looseObject({
      store_id: id,
      id,
      title: text,
      type: text,
      vendor: text,
      url: text,
      variants: z.array(z.looseObject({ id: text, price: amount })).nullish(),
    }),
    primaryKey: ['store_id', 'id'],
    cursor: 'full-refresh',
  }),
});
