import type { Json, JsonObject } from '../../src/contracts/json.ts';
import type { Ageing, Parent, Params, Stream } from '../_kit/contract.ts';
import type { MailchimpConfig } from './config.ts';

/** `stream` of defineConnector, handed to each theme's file. */
export type Define = <R>(definition: Stream<MailchimpConfig, R>) => Stream<MailchimpConfig, R>;

/** Pages of 1,000 (the most that is allowed; the default is 10) without `_links`, which triple the bytes. */
export const paged = (records: string, cut: readonly string[] = [], params: Params = {}) =>
  ({
    records,
    total: 'total_items',
    paginate: { kind: 'offset', offsetParam: 'offset', limitParam: 'count', limit: 1000 },
    params: { ...without(records, cut), ...params },
  }) as const;

/** One answer with everything: the resource takes no `count`. */
export const whole = (records: string, cut: readonly string[] = []) =>
  ({
    records,
    total: 'total_items',
    paginate: { kind: 'single' },
    params: without(records, cut),
  }) as const;

const without = (records: string, cut: readonly string[]): Params => ({
  exclude_fields: ['_links', `${records}._links`, ...cut.map((field) => `${records}.${field}`)].join(','),
});

/**
 * What moves in a report when anything happened to its campaign. Bounces move neither `last_open` nor `last_click`, so the
 * counters are part of it. Compared as text, never interpreted.
 */
export function reportFingerprint(report: JsonObject): string {
  const part = (name: string): JsonObject => asObject(report[name]);
  const { opens_total, unique_opens, last_open } = part('opens');
  const { clicks_total, unique_subscriber_clicks, last_click } = part('clicks');
  const { hard_bounces, soft_bounces, syntax_errors } = part('bounces');
  const { total_orders, total_revenue } = part('ecommerce');
  const { emails_sent, unsubscribed, abuse_reports } = report;
  return JSON.stringify([
    [emails_sent, unsubscribed, abuse_reports],
    [opens_total, unique_opens, last_open],
    [clicks_total, unique_subscriber_clicks, last_click],
    [hard_bounces, soft_bounces, syntax_errors],
    [total_orders, total_revenue],
  ]);
}

/** First of these fields that holds a date; Mailchimp writes a missing one as an empty string. */
const date = (record: JsonObject, ...names: readonly string[]): string | null => {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
};

const movedByReport: Ageing['movedBy'] = { stream: 'reports', keyField: 'id', fingerprint: reportFingerprint };

/** Campaigns that went out: each is one work item, re-read by age and by its report. */
export const sentCampaign: Parent = {
  stream: 'campaigns',
  key: 'id',
  param: 'campaign_id',
  inherit: { campaign_id: 'id' },
  where: (campaign) => campaign['status'] === 'sent',
  ageing: { sentAt: (campaign) => date(campaign, 'send_time'), movedBy: movedByReport },
};

/** E-mails of automations that went out at least once: each has a report of its own, under its own id. */
export const sentAutomationEmail: Parent = {
  stream: 'automation_emails',
  key: 'id',
  param: 'campaign_id',
  inherit: { campaign_id: 'id' },
  where: (email) => typeof email['emails_sent'] === 'number' && email['emails_sent'] > 0,
  ageing: { sentAt: (email) => date(email, 'send_time', 'start_time'), movedBy: movedByReport },
};

/** Every list, on every run. */
export const everyList: Parent = { stream: 'lists', key: 'id', param: 'list_id', inherit: { list_id: 'id' } };

/** Every connected shop, on every run. */
export const everyStore: Parent = { stream: 'stores', key: 'id', param: 'store_id', inherit: { store_id: 'id' } };

const asObject = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
