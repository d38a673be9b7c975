/** What a file may bring: the core's entities, their fields and types. One list, used by the config, the mapping and the docs. */

import { amount, campaignAccount, id, instant, person, recipientId, text, type Entity, type Field } from './entity.ts';
import { measurements, replyClasses } from './measurements.ts';

const currency: Field = { type: 'currency', required: true, description: 'ISO 4217 code, e.g. EUR' };

const campaign = {
  campaign_account_id: campaignAccount,
  campaign_id: text('campaign it belongs to'),
  variant: text('group of the test'),
} as const;
const utm = {
  utm_source: text('utm_source of the visit it came from'),
  utm_medium: text('utm_medium of the visit'),
  utm_campaign: text('utm_campaign of the visit: finds the campaign whose links carry it, where none is stated'),
  utm_content: text('utm_content of the visit'),
  utm_term: text('utm_term of the visit'),
} as const;

type Refuse = NonNullable<Entity['refuse']>;

/** Some books write what goes out with a minus: taken as it stands it would add to what came in. */
const refuseNegative =
  (field: string): Refuse =>
  (record) =>
    Number(record[field] ?? 0) < 0
      ? [field, 'is below 0: it is subtracted as it is, so state it as a positive number']
      : null;

export const entities = {
  campaigns: {
    description: 'one row per campaign',
    key: ['campaign_id'],
    fields: {
      campaign_id: { type: 'text', required: true, description: 'id of the campaign' },
      name: text('name'),
      subject: text('subject line'),
      list_id: text('list it was sent to'),
      sent_at: instant('when it was sent'),
      goal: {
        type: 'enum',
        values: ['lead_generation', 'customer_acquisition', 'customer_marketing'],
        description: 'goal; rules under `campaigns:` come after it',
      },
      from_name: text('sender name'),
    },
  },
  recipients: {
    description: 'one row per person and campaign: who was mailed, in which group, and who was held out',
    key: ['campaign_id', 'recipient_id'],
    fields: {
      campaign_id: { type: 'text', required: true, description: 'campaign' },
      recipient_id: id('recipient; by default the columns of key, or file and row number'),
      person,
      variant: text('group of the test'),
      is_control: { type: 'boolean', description: 'true for a hold-out that was never mailed' },
      sent_at: instant('when it was sent'),
    },
  },
  events: {
    description: 'one row per message event',
    key: ['event_id'],
    partitionBy: 'event_at',
    fields: {
      event_id: id('event; by default formed from file and row key'),
      campaign_id: { type: 'text', required: true, description: 'campaign' },
      recipient_id: recipientId,
      person,
      event_type: {
        type: 'enum',
        required: true,
        values: ['sent', 'delivered', 'open', 'click', 'bounce', 'unsubscribe', 'complaint', 'reply', 'forward'],
        description: 'what happened',
      },
      event_at: instant('when', true),
      url: text('link that was clicked'),
      bounce_type: { type: 'enum', values: ['hard', 'soft'], description: 'for bounces' },
      bounce_reason: text(
        'why it bounced: unknown_user, mailbox_full, blocked, content, dns, timeout, other, or the words of the server',
      ),
      user_agent: text('what the program that opened or clicked calls itself'),
      is_machine: { type: 'boolean', description: 'true for opens and clicks of machines' },
      reply_class: { type: 'enum', values: replyClasses, description: 'for replies: what kind of answer it is' },
    },
  },
  orders: {
    description: 'one row per order',
    key: ['order_id'],
    fields: {
      order_id: id('order; by default formed from file and row key'),
      recipient_id: recipientId,
      person,
      ...campaign,
      ordered_at: instant('when it was placed', true),
      amount: amount('what the customer paid', true),
      tax_amount: amount('taxes within amount'),
      shipping_amount: amount('shipping within amount'),
      refund_amount: amount('what was given back, positive'),
      refunded_at: instant('when it was given back; by default the time of the order'),
      cost_of_goods_amount: amount('what the goods cost'),
      currency_code: currency,
      status: { type: 'enum', values: ['paid', 'refunded', 'cancelled'], description: 'by default paid' },
      ...utm,
    },
    refuse: refuseNegative('refund_amount'),
  },
  conversions: {
    description: 'one row per conversion that is not an order (visit, form, call, lead ...)',
    key: ['conversion_id'],
    fields: {
      conversion_id: id('conversion; by default formed from file and row key'),
      recipient_id: recipientId,
      person,
      ...campaign,
      kind: text('kind: visit, form, call, lead, usage ...', true),
      converted_at: instant('when', true),
      value_amount: amount('value, where the file knows one'),
      currency_code: { ...currency, required: false },
      ...utm,
    },
  },
  costs: {
    description: 'one row per cost',
    key: ['cost_id'],
    fields: {
      cost_id: id('cost; by default formed from file and row key'),
      ...campaign,
      kind: {
        type: 'enum',
        required: true,
        values: ['esp_fee', 'staff', 'creative', 'list_building', 'tools', 'cost_of_goods', 'other'],
        description: 'kind of cost',
      },
      amount: amount('amount, positive', true),
      currency_code: currency,
      incurred_on: { type: 'date', required: true, description: 'day it falls on' },
    },
    refuse: refuseNegative('amount'),
  },
  other_revenue: {
    description: 'one row per revenue that is no order (ads, affiliates, media)',
    key: ['revenue_id'],
    fields: {
      revenue_id: id('revenue; by default formed from file and row key'),
      kind: {
        type: 'enum',
        required: true,
        values: ['ads', 'affiliates', 'media', 'other'],
        description: 'kind of revenue',
      },
      amount: amount('amount', true),
      currency_code: currency,
      received_on: { type: 'date', required: true, description: 'day it falls on' },
    },
  },
  fx_rates: {
    description: 'one row per day and pair of currencies: 1 from_currency = rate to_currency',
    key: ['rate_date', 'from_currency', 'to_currency'],
    fields: {
      rate_date: { type: 'date', required: true, description: 'day from which the rate holds' },
      from_currency: currency,
      to_currency: currency,
      rate: amount('rate', true),
    },
  },
  ...measurements,
} as const satisfies Readonly<Record<string, Entity>>;

export type EntityName = keyof typeof entities;
export const entityNames = Object.keys(entities) as [EntityName, ...EntityName[]];
