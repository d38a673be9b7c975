import type { JsonObject } from '../../src/contracts/json.ts';
import type { Seeds } from './harness.ts';

/** A record whose texts are their own paths: where one ends up is seen at a glance, and so is one in another's place. */
const texts = (...paths: readonly string[]): JsonObject => {
  const record: Record<string, JsonObject[string]> = {};
  for (const path of paths) {
    const [first = '', ...rest] = path.split('.');
    record[first] = rest.length === 0 ? path : { ...(record[first] as JsonObject), [rest.join('.')]: path };
  }
  return record;
};
/** Whole numbers from `first` on. */
const numbers = (first: number, ...names: readonly string[]): JsonObject =>
  Object.fromEntries(names.map((name, place) => [name, first + place]));
const seconds = (at: string): number => Date.parse(at) / 1000;

const placed = { file: 'a.csv', row_number: 1 };
/** No instant is written in UTC: which of them is, is seen. */
const at = (hour: number): string => `2026-03-01T${String(hour).padStart(2, '0')}:00:00+02:00`;
const who = 'Ann@One.example';
const utm = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'];

const totals = {
  emails_sent: 1,
  bounces: numbers(2, 'hard_bounces', 'soft_bounces', 'syntax_errors'),
  opens: numbers(5, 'opens_total', 'unique_opens', 'proxy_excluded_opens', 'proxy_excluded_unique_opens'),
  clicks: numbers(9, 'clicks_total', 'unique_clicks', 'unique_subscriber_clicks'),
  ...numbers(12, 'unsubscribed', 'abuse_reports'),
  forwards: numbers(14, 'forwards_count', 'forwards_opens'),
  ecommerce: { total_orders: 16, total_spent: '17.25', total_revenue: '16.5', currency_code: 'USD' },
};
const event = {
  ...texts('sg_event_id', 'sg_message_id', 'smtp-id', 'type', 'useragent', 'url'),
  email: who,
  timestamp: seconds('2026-03-01T10:00:00Z'),
  sg_machine_open: true,
};
const refused = { bounce_classification: 'Content', status: '5.1.1', reason: 'what the server said' };

const loggedAt = (hour: number): JsonObject => ({
  ...refused,
  email: who,
  timestamp: seconds(`2026-03-01T${hour}:00:00Z`),
});

const counts =
  'requests delivered opens unique_opens clicks unique_clicks bounces bounce_drops invalid_emails spam_reports ' +
  'spam_report_drops unsubscribes';

/** One record of every stream, or one for each way of reading it. */
export const records: Readonly<Record<string, Seeds>> = {
  books: {
    'file.campaigns': [
      { ...placed, ...texts('campaign_id', 'list_id', 'name', 'subject', 'from_name', 'goal'), sent_at: at(10) },
    ],
    'file.recipients': [
      {
        ...placed,
        ...texts('campaign_id', 'recipient_id', 'variant'),
        person: who,
        is_control: 'true',
        sent_at: at(10),
      },
      { ...placed, ...texts('campaign_id'), recipient_id: 'r2', person: 'id:r2@file' },
      { ...placed, ...texts('campaign_id'), recipient_id: 'r3' },
    ],
    'file.events': [
      {
        ...placed,
        ...texts('event_id', 'campaign_id', 'recipient_id', 'user_agent', 'url', 'bounce_type', 'reply_class'),
        event_type: 'bounce',
        person: who,
        event_at: at(10),
        bounce_reason: '552 mailbox full',
        is_machine: 'true',
      },
      {
        ...placed,
        ...texts('campaign_id', 'event_type'),
        event_id: 'e2',
        person: 'id:r2@file',
        event_at: at(11),
        bounce_reason: '552 mailbox full',
      },
      { ...placed, ...texts('campaign_id', 'recipient_id', 'event_type'), event_id: 'e3', event_at: at(12) },
    ],
    'file.orders': [
      {
        ...placed,
        ...texts('order_id', 'recipient_id', 'campaign_account_id', 'campaign_id', 'variant', 'status', ...utm),
        person: who,
        ordered_at: at(10),
        refunded_at: at(11),
        amount: '10.000000001',
        refund_amount: '1.1',
        tax_amount: '1.2',
        shipping_amount: '1.3',
        cost_of_goods_amount: '1.4',
        currency_code: 'CHF',
      },
      { ...placed, order_id: 'o2', ordered_at: at(11), amount: '2', currency_code: 'EUR' },
    ],
    'file.conversions': [
      {
        ...placed,
        ...texts('conversion_id', 'recipient_id', 'campaign_account_id', 'campaign_id', 'variant', 'kind', ...utm),
        person: who,
        converted_at: at(10),
        value_amount: '10.000000001',
        currency_code: 'CHF',
      },
      { ...placed, conversion_id: 'v2', kind: 'form', converted_at: at(11) },
    ],
    'file.costs': [
      {
        ...placed,
        ...texts('cost_id', 'campaign_account_id', 'campaign_id', 'variant', 'kind'),
        amount: '10.000000001',
        currency_code: 'CHF',
        incurred_on: '2026-03-01',
      },
      { ...placed, cost_id: 'k2', kind: 'staff', amount: '2', currency_code: 'EUR', incurred_on: '2026-03-02' },
    ],
    'file.other_revenue': [
      {
        ...placed,
        ...texts('revenue_id', 'kind'),
        amount: '10.000000001',
        currency_code: 'CHF',
        received_on: '2026-03-01',
      },
    ],
    'file.fx_rates': [
      { ...placed, rate_date: '2026-03-01', from_currency: 'IDR', to_currency: 'EUR', rate: '0.000056123456' },
    ],
    'file.view_times': [
      {
        ...placed,
        ...texts('view_id', 'campaign_account_id', 'campaign_id', 'recipient_id', 'view_class'),
        person: who,
        opened_at: at(10),
        seconds: '2.5',
      },
      { ...placed, ...texts('campaign_id'), view_id: 'w2', opened_at: at(11) },
    ],
    'file.replies': [
      {
        ...placed,
        ...texts('reply_id', 'campaign_account_id', 'campaign_id', 'recipient_id', 'reply_class'),
        person: who,
        replied_at: at(10),
      },
      { ...placed, ...texts('campaign_id'), reply_id: 'a2', replied_at: at(11) },
    ],
    'file.spam_checks': [
      {
        ...placed,
        ...texts('check_id', 'campaign_account_id', 'campaign_id', 'domain', 'tool'),
        checked_on: '2026-03-01',
        score: '1.5',
        scale_best: '0',
        scale_worst: '10',
        threshold: '5',
      },
      ...['campaign_id', 'domain'].map((of, place) => ({
        ...placed,
        ...texts(of),
        check_id: `c${place + 2}`,
        checked_on: '2026-03-02',
        tool: 'filter',
        score: '1',
        scale_best: '0',
        scale_worst: '10',
      })),
    ],
    'file.seed_placements': [
      {
        ...placed,
        ...texts('placement_id', 'campaign_account_id', 'campaign_id', 'domain', 'tool', 'provider'),
        checked_on: '2026-03-01',
        ...numbers(1, 'inbox_count', 'tabs_count', 'spam_count', 'missing_count'),
      },
      ...['campaign_id', 'domain'].map((of, place) => ({
        ...placed,
        ...texts(of),
        placement_id: `p${place + 2}`,
        checked_on: '2026-03-02',
        tool: 'seeds',
        provider: 'gmail.example',
        ...numbers(1, 'inbox_count', 'tabs_count', 'spam_count', 'missing_count'),
      })),
    ],
    'file.domain_reputations': [
      {
        ...placed,
        ...texts('domain', 'provider', 'tool', 'reputation'),
        observed_on: '2026-03-01',
        complaint_rate: '0.0015',
      },
    ],
  },
  shop: {
    'mailchimp.lists': [{ ...texts('id', 'name'), date_created: at(10), stats: { member_count: 3 } }],
    'mailchimp.members': [
      {
        ...texts(
          'list_id',
          'id',
          'status',
          'email_client',
          'location.country_code',
          'location.timezone',
          'language',
          'source',
        ),
        email_address: who,
        timestamp_signup: at(10),
        timestamp_opt: at(11),
        last_changed: at(12),
      },
    ],
    'mailchimp.campaigns': [
      {
        ...texts('id', 'parent_campaign_id', 'recipients.list_id', 'type', 'status'),
        ...texts('settings.title', 'settings.subject_line', 'settings.preview_text', 'settings.from_name'),
        ...texts(
          ...[
            'split_test',
            'subject_a',
            'subject_b',
            'from_name_a',
            'from_name_b',
            'send_time_a',
            'send_time_b',
            'send_time_winner',
          ].map((name) => `ab_split_opts.${name}`),
        ),
        create_time: at(9),
        send_time: at(10),
        tracking: { opens: true, html_clicks: false },
        variate_settings: { winning_campaign_id: 'winner' },
      },
    ],
    'mailchimp.automation_emails': [
      {
        ...texts('id', 'workflow_id', 'recipients.list_id', 'status'),
        ...texts('settings.title', 'settings.subject_line', 'settings.preview_text', 'settings.from_name'),
        create_time: at(9),
        send_time: at(10),
        tracking: { opens: true, html_clicks: false },
      },
    ],
    'mailchimp.reports': [{ ...texts('id', 'list_id'), send_time: at(10), ...totals }],
    'mailchimp.sub_reports': [
      { ...texts('parent_campaign_id', 'id', 'list_id', 'subject_line'), send_time: at(10), ...totals },
    ],
    'mailchimp.sent_to': [
      { ...texts('campaign_id', 'list_id', 'email_id', 'status', 'absplit_group'), email_address: who },
    ],
    'mailchimp.email_activity': [
      {
        ...texts('campaign_id', 'list_id', 'email_id', 'action', 'type', 'url', 'ip'),
        email_address: who,
        timestamp: at(10),
        ordinal: 1,
      },
      {
        ...texts('campaign_id', 'list_id', 'email_id', 'action'),
        email_address: 'd41d8cd98f00b204',
        timestamp: at(11),
        url: '',
        ip: '',
        ordinal: 0,
      },
    ],
    'mailchimp.open_details': [
      {
        ...texts('campaign_id', 'list_id', 'email_id'),
        email_address: who,
        timestamp: at(10),
        is_proxy_open: true,
        ordinal: 1,
      },
    ],
    'mailchimp.unsubscribes': [
      { ...texts('campaign_id', 'list_id', 'email_id', 'reason'), email_address: who, timestamp: at(10) },
    ],
    'mailchimp.click_details': [
      { ...texts('campaign_id', 'id', 'url'), ...numbers(1, 'total_clicks', 'unique_clicks') },
    ],
    'mailchimp.abuse_reports': [
      { ...texts('list_id', 'campaign_id', 'email_id'), id: 1, email_address: who, date: at(10) },
    ],
    'mailchimp.orders': [
      {
        ...texts('store_id', 'id', 'campaign_id', 'financial_status'),
        customer: { id: 'c', email_address: who },
        processed_at_foreign: at(10),
        cancelled_at_foreign: at(11),
        updated_at_foreign: at(12),
        order_total: '10.000000001',
        tax_total: '1.2',
        shipping_total: '1.3',
        currency_code: 'CHF',
      },
    ],
  },
  grid: {
    'sendgrid.lists': [{ ...texts('id', 'name'), contact_count: 3 }],
    'sendgrid.contacts': [
      { ...texts('id', 'country'), email: who, list_ids: ['l1', 'l2', 'l1'], created_at: at(10), updated_at: at(11) },
    ],
    'sendgrid.single_sends': [
      { ...texts('id', 'name', 'status', 'abtest.type'), is_abtest: true, send_at: at(10), updated_at: at(12) },
      ...['At once', 'Twice', 'Twice'].map((name, place) => {
        return { id: `draft ${place}`, name, status: 'draft', send_at: 'now', updated_at: at(12) };
      }),
    ],
    'sendgrid.single_send_details': [
      {
        ...texts('id'),
        email_config: { subject: 'email_config.subject', suppression_group_id: 7 },
        send_to: { list_ids: ['l1', 'l1'], all: false },
        updated_at: at(12),
      },
      { id: 'to one', send_to: { list_ids: ['l1'] }, updated_at: at(12) },
      { id: 'to one and a segment', send_to: { list_ids: ['l1'], segment_ids: ['g1'] }, updated_at: at(12) },
      { id: 'to all', send_to: { list_ids: ['l1'], all: true }, updated_at: at(12) },
    ],
    'sendgrid.single_send_stats': ['total', undefined, '2026-03-01'].map((aggregation, place) => ({
      id: `s${place}`,
      ...texts('ab_variation', 'ab_phase'),
      ...(aggregation === undefined ? {} : { aggregation }),
      stats: numbers(1, ...counts.split(' ')),
    })),
    'sendgrid.single_send_links': [
      { ...texts('single_send_id', 'url', 'ab_variation', 'ab_phase'), ...numbers(1, 'url_location', 'clicks') },
    ],
    ...Object.fromEntries(
      ['bounces', 'invalid_emails', 'spam_reports', 'unsubscribes'].map((stream, place) => [
        `sendgrid.${stream}`,
        [{ email: who, created: seconds(`2026-03-0${place + 1}T10:00:00Z`) }],
      ]),
    ),
    'sendgrid.suppression_groups': [{ ...texts('name'), id: 7 }],
    'sendgrid.group_suppressions': [{ email: who, group_id: 7, created_at: seconds('2026-03-01T10:00:00Z') }],
    'sendgrid.events': [
      { ...event, ...texts('singlesend_id', 'phase_id', 'template_version_id'), ...refused, event: 'bounce' },
      { ...loggedAt(11), sg_event_id: 'e2', event: 'dropped' },
      { ...loggedAt(12), sg_event_id: 'e3', event: 'deferred' },
    ],
    'sendgrid.log_events': [
      {
        ...event,
        ...texts('marketing_campaign_name', 'marketing_campaign_version'),
        ...texts('custom_args.singlesend_id', 'custom_args.phase_id', 'custom_args.template_version_id'),
        ...refused,
        event: 'bounce',
      },
      // Of no single send that the log names by its id: the only one of that name, none where two have it.
      {
        ...texts('marketing_campaign_version'),
        ...loggedAt(11),
        sg_event_id: 'g2',
        marketing_campaign_name: 'At once',
        event: 'dropped',
      },
      { ...loggedAt(12), sg_event_id: 'g3', marketing_campaign_name: 'Twice', event: 'deferred' },
      {
        ...texts('custom_args.singlesend_id'),
        ...loggedAt(13),
        sg_event_id: 'g4',
        marketing_campaign_name: 'At once',
        event: 'deferred',
      },
    ],
  },
  // Another account, whose name and event are another's.
  other: {
    'sendgrid.single_sends': [{ id: 'foreign', name: 'Twice', status: 'draft', send_at: 'now', updated_at: at(12) }],
    'sendgrid.events': [{ ...loggedAt(11), sg_event_id: 'g2', event: 'dropped' }],
  },
};
