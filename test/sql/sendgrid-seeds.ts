import type { JsonObject } from '../../src/contracts/json.ts';
import { address } from './core-seeds.ts';
import type { Seeds } from './harness.ts';

// Small records in the API's own shapes: what the models read, and the fields that every answer has.

const seconds = (at: string): number => Date.parse(at) / 1000;

export const list = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  name: `List ${id}`,
  contact_count: 3,
  ...more,
});

export const contact = (name: string, more: JsonObject = {}): JsonObject => ({
  id: `c-${name}`,
  email: address(name),
  list_ids: ['l1'],
  segment_ids: [],
  created_at: '2026-01-05T10:00:00Z',
  updated_at: '2026-01-05T10:00:00Z',
  ...more,
});

export const singleSend = (id: string, sendAt: string, more: JsonObject = {}): JsonObject => ({
  id,
  name: `Name ${id}`,
  status: 'triggered',
  send_at: sendAt,
  is_abtest: false,
  abtest: null,
  categories: [],
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  ...more,
});

/** A single send's own answer. */
export const details = (id: string, more: JsonObject = {}): JsonObject => ({
  ...singleSend(id, '2026-03-01T09:00:00Z'),
  send_to: { list_ids: ['l1'], segment_ids: [], all: false },
  email_config: { subject: `Subject ${id}`, suppression_group_id: 7, sender_id: 1 },
  ...more,
});

const noStats = {
  requests: 0,
  delivered: 0,
  opens: 0,
  unique_opens: 0,
  clicks: 0,
  unique_clicks: 0,
  bounces: 0,
  bounce_drops: 0,
  invalid_emails: 0,
  spam_reports: 0,
  spam_report_drops: 0,
  unsubscribes: 0,
};

export const stats = (
  id: string,
  counts: Partial<Record<keyof typeof noStats, number>>,
  [variation, phase]: readonly [string, string] = ['all', 'all'],
): JsonObject => ({
  id,
  ab_variation: variation,
  ab_phase: phase,
  aggregation: 'total',
  stats: { ...noStats, ...counts },
});

export const link = (id: string, url: string, position: number, clicks: number, more: JsonObject = {}): JsonObject => ({
  single_send_id: id,
  url,
  url_location: position,
  ab_variation: 'all',
  ab_phase: 'all',
  clicks,
  ...more,
});

let numbers = 0;

/**
 * An event of one recipient's message of a single send, as it is posted. A field that is undefined is left out, as SendGrid
 * leaves out what an event does not have.
 */
export const event = (
  singleSendId: string | null,
  name: string,
  kind: string,
  at: string,
  more: Readonly<Record<string, JsonObject[string] | undefined>> = {},
): JsonObject => {
  numbers += 1;
  const fields = {
    sg_event_id: `e${numbers}`,
    sg_message_id: `m-${singleSendId ?? 'mail'}-${name}`,
    'smtp-id': `<${singleSendId ?? 'mail'}-${name}@ismtpd>`,
    email: address(name),
    timestamp: seconds(at),
    event: kind,
    category: ['news'],
    ...(singleSendId !== null && { singlesend_id: singleSendId, phase_id: 'send', template_version_id: 'v0' }),
    ...more,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
};

/** The same event as the logs show it. */
export const logged = (posted: JsonObject, more: JsonObject = {}): JsonObject => {
  const { singlesend_id: campaign, phase_id, template_version_id, ...rest } = posted;
  const args = { singlesend_id: campaign, phase_id, template_version_id } as JsonObject;
  return { ...rest, ...(campaign !== undefined && { marketing_campaign_id: 7001, custom_args: args }), ...more };
};

/** A bounce that came back later: it names no message. */
export const delayedBounce = (name: string, at: string, smtpId?: string): JsonObject =>
  event(null, name, 'bounce', at, { sg_message_id: undefined, 'smtp-id': smtpId, type: 'bounce', category: undefined });

export const suppression = (name: string, at: string): JsonObject => ({
  created: seconds(at),
  email: address(name),
  reason: 'as the server said',
  status: '5.1.1',
});

export const groupSuppression = (name: string, group: number, at: string): JsonObject => ({
  email: address(name),
  group_id: group,
  group_name: `Group ${group}`,
  created_at: seconds(at),
});

export const home = 'https://grid.example/';
export const sale = 'https://grid.example/sale?utm_source=grid';

const s1 = (name: string, kind: string, time: string, more: Parameters<typeof event>[4] = {}): JsonObject =>
  event('s1', name, kind, `2026-03-01T${time}Z`, more);

const mailed = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay'];
const inBoth = s1('bob', 'open', '09:20:00', { sg_machine_open: true, useragent: 'posted' });

/** A single send to list l1, with every kind of event; `grid` is the account. */
export const mailing: Seeds = {
  'sendgrid.lists': [list('l1')],
  // eve has no contact any more.
  'sendgrid.contacts': ['ann', 'bob', 'cid', 'dan', 'fay', 'gus'].map((name) => contact(name)),
  'sendgrid.single_sends': [
    singleSend('s1', '2026-03-01T09:00:00Z'),
    singleSend('draft', 'now', { status: 'draft' }),
    singleSend('later', '2026-12-01T09:00:00Z', { status: 'scheduled' }),
  ],
  'sendgrid.single_send_details': [details('s1')],
  'sendgrid.single_send_stats': [
    stats('s1', {
      requests: 7,
      bounce_drops: 1,
      delivered: 4,
      bounces: 2,
      opens: 5,
      unique_opens: 3,
      clicks: 3,
      unique_clicks: 2,
      unsubscribes: 2,
      spam_reports: 1,
    }),
  ],
  'sendgrid.single_send_links': [link('s1', home, 0, 1), link('s1', sale, 1, 1), link('s1', sale, 4, 1)],
  'sendgrid.events': [
    ...mailed.map((name) => s1(name, 'processed', '09:00:05')),
    // The bounce list kept this one from being sent.
    s1('gus', 'dropped', '09:00:05', { reason: 'Bounced Address' }),
    ...['ann', 'bob', 'cid', 'fay'].map((name) => s1(name, 'delivered', '09:01:00', { response: '250 OK' })),
    s1('dan', 'bounce', '09:01:00', { type: 'blocked' }),
    s1('dan', 'bounce', '09:02:00', { type: 'bounce' }),
    s1('eve', 'deferred', '09:01:00', { attempt: '1' }),
    s1('eve', 'bounce', '09:03:00', { type: 'blocked' }),
    delayedBounce('fay', '2026-03-02T09:00:00Z', '<s1-fay@ismtpd>'),
    s1('ann', 'open', '09:10:00', { sg_machine_open: false }),
    s1('ann', 'open', '22:59:59'),
    s1('ann', 'open', '23:00:00'),
    inBoth,
    s1('ann', 'click', '09:11:00', { url: home }),
    s1('bob', 'click', '09:21:00', { url: home }),
    s1('bob', 'click', '09:21:10', { url: sale }),
    s1('cid', 'group_unsubscribe', '10:00:00', { asm_group_id: 7 }),
    s1('cid', 'group_resubscribe', '10:05:00', { asm_group_id: 7 }),
    s1('cid', 'unsubscribe', '11:00:00'),
    s1('bob', 'spamreport', '12:00:00'),
    // States its message alone.
    event(null, 'ann', 'unsubscribe', '2026-03-03T09:00:00Z', { sg_message_id: 'm-s1-ann', 'smtp-id': undefined }),
    // A mail of no single send.
    event(null, 'ann', 'processed', '2026-03-04T09:00:00Z'),
    event(null, 'ann', 'open', '2026-03-04T09:05:00Z'),
  ],
  'sendgrid.log_events': [
    logged(inBoth, { useragent: 'logged', sg_machine_open: true }),
    // Known from the logs alone, without the flag: a person.
    logged(s1('cid', 'open', '09:30:00')),
    // A campaign that is no single send.
    logged(event(null, 'bob', 'open', '2026-03-01T09:30:00Z'), {
      marketing_campaign_id: 12_345,
      marketing_campaign_name: 'An automation',
    }),
  ],
};
