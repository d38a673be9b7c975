import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { activity, campaign, list, row, sent } from './core-seeds.ts';
import { allPassed, cells, openSqlProject, type SqlProject } from './harness.ts';
import * as grid from './sendgrid-seeds.ts';

/** Apple's proxy, and Outlook. */
const [proxy, outlook] = ['Mozilla/5.0', 'MacOutlook/16.78 (Intelx64 Mac OS X 14.1)'];

/** What a server says of a bounce, and what it comes to. */
const bounces: readonly (readonly [JsonObject, string | null])[] = [
  [{ status: '5.1.1', reason: '550 5.1.1 <blocked.quota@example.com>: Recipient address rejected' }, 'unknown_user'],
  [{ reason: 'smtp; 550 No such user here' }, 'unknown_user'],
  [{ status: '5.2.1', reason: 'The mailbox was disabled after the message had been taken' }, 'unknown_user'],
  [{ bounce_classification: 'Invalid Address', reason: '550 Requested action not taken' }, 'unknown_user'],
  [{ status: '4.2.2', reason: '452 the account is over its storage' }, 'mailbox_full'],
  [{ bounce_classification: 'Mailbox Unavailable', reason: '552 5.2.2 mailbox full' }, 'mailbox_full'],
  [{ status: '5.7.1', reason: '554 5.7.1 Service unavailable; Client host [10.5.1.1] blocked' }, 'blocked'],
  [{ bounce_classification: 'Reputation', reason: '550 go away' }, 'blocked'],
  [{ reason: 'listed by zen.spamhaus.org' }, 'blocked'],
  [{ bounce_classification: 'Content', reason: '550 5.7.1 rejected' }, 'content'],
  [{ status: '5.3.4', reason: '552 message too large' }, 'content'],
  [
    { bounce_classification: 'Unclassified', reason: 'unable to get mx info: failed to get IPs from PTR record' },
    'dns',
  ],
  [{ reason: '550 5.1.1 someone@domain.com does not exist' }, 'unknown_user'],
  [{ reason: 'Domain does not exist' }, 'dns'],
  [{ status: '4.4.2', reason: 'the server closed it' }, 'timeout'],
  [{ reason: 'I/O timed out while talking to 10.4.4.2' }, 'timeout'],
  [{ bounce_classification: 'Technical Failure', reason: '421 try later, from 10.5.2.2' }, 'other'],
  [{}, null],
];

let project: SqlProject;
const rows = async (sql: string): Promise<readonly unknown[][]> => cells(await project.query(sql)) as unknown[][];

const person = (event: string, more: JsonObject = {}): JsonObject =>
  row({ event_id: event, campaign_id: 'f1', event_type: 'open', event_at: '2025-03-01T11:00:00Z', ...more });

beforeAll(async () => {
  project = await openSqlProject();
  await project.seed('grid', {
    ...grid.mailing,
    'sendgrid.events': bounces
      .map(([said], at) =>
        grid.event('s1', `b${at}`, 'bounce', '2026-03-01T09:02:00Z', {
          email: ` B${at}@Mail.Example.ORG `,
          type: 'bounce',
          ...said,
        }),
      )
      .concat([
        grid.event('s1', 'ann', 'open', '2026-03-01T09:10:00Z', { useragent: 'Agent/1 (öffnet)' }),
        grid.event('s1', 'ann', 'click', '2026-03-01T09:11:00Z', { useragent: 'Agent/2', url: 'https://x.example/' }),
        grid.event('s1', 'bob', 'open', '2026-03-01T09:10:00Z'),
        grid.event('s1', 'ann', 'dropped', '2026-03-01T09:10:00Z', { reason: 'Bounced Address' }),
      ]),
  });
  await project.seed('shop', {
    'mailchimp.lists': [list('l1')],
    'mailchimp.campaigns': [campaign('c1', '2025-03-29T23:30:00+00:00')],
    'mailchimp.sent_to': [
      sent('c1', 'ann', { email_address: 'ANN@One.example' }),
      sent('c1', 'bob', { email_address: 'd41d8cd98f00b204' }),
    ],
    'mailchimp.email_activity': [
      activity('c1', 'ann', 'open', '2025-03-30T00:10:00+00:00', { email_address: 'ANN@One.example' }),
      activity('c1', 'bob', 'bounce', '2025-03-30T00:10:00+00:00', { email_address: 'd41d8cd98f00b204' }),
    ],
  });
  await project.seed('books', {
    'file.campaigns': [row({ campaign_id: 'f1', name: 'File', sent_at: '2025-03-01T10:00:00Z' })],
    'file.recipients': [
      row({ campaign_id: 'f1', recipient_id: 'r1', person: 'cid@two.example' }),
      row({ campaign_id: 'f1', recipient_id: 'r2', person: 'id:r2' }),
    ],
    'file.events': [
      person('e1', { recipient_id: 'r1', person: 'id:r1', user_agent: 'Agent/3' }),
      person('e2', { recipient_id: 'r2', person: 'id:r2' }),
      person('e3', { person: 'Dan@Three.example', event_type: 'bounce', bounce_reason: 'Mailbox_Full' }),
      person('e4', { person: 'eve@three.example', event_type: 'bounce', bounce_reason: '550 5.1.1 no' }),
      person('e5', { person: 'fay@three.example', event_type: 'click', bounce_reason: '550 5.1.1 no' }),
    ],
  });
  allPassed(await project.transform({}, ['core.fct_message_event']));
});
afterAll(async () => {
  await project.close();
});

describe('what an event says of its recipient and program', () => {
  test('a reason of a bounce is one of seven words, whatever the server said', async () => {
    const found = new Map(
      (await rows(
        "select member_id, bounce_reason from core.fct_message_event where account_id = 'grid' and event_type = 'bounce'",
      )) as [string, string | null][],
    );
    const keys = new Map(
      (await rows("select subscriber_id, sg_event_id from staging.stg_sendgrid__events where event = 'bounce'")) as [
        string,
        string,
      ][],
    );
    expect(found.size).toBe(bounces.length);
    const inOrder = [...keys].sort(([, a], [, b]) => Number(a.slice(1)) - Number(b.slice(1))).map(([key]) => key);
    expect(inOrder.map((key, at) => [bounces[at]![0], found.get(key)])).toEqual(bounces);
  });

  test('the words themselves reach no model behind staging, and no event but a bounce has a reason', async () => {
    expect(
      await rows(
        "select event_id from core.fct_message_event where event_type <> 'bounce' and bounce_reason is not null",
      ),
    ).toEqual([]);
    expect(
      await rows(
        "select account_id, subscriber_id is null, bounce_reason from core.fct_message_event where account_id = 'books' and event_type = 'bounce' order by 3",
      ),
    ).toEqual([
      ['books', 'false', 'mailbox_full'],
      ['books', 'false', 'unknown_user'],
    ]);
  });

  test('the domain is that of the address, on every event of the recipient; without an address there is none', async () => {
    expect(
      await rows('select distinct account_id, recipient_domain from core.fct_message_event order by 1, 2'),
    ).toEqual([
      ['books', 'three.example'],
      ['books', 'two.example'],
      ['books', null],
      ['grid', 'example.com'],
      ['grid', 'mail.example.org'],
      ['shop', 'one.example'],
      ['shop', null],
    ]);
    expect(
      await rows(
        "select member_id, event_type, recipient_domain from core.fct_message_event where account_id = 'shop' order by 1, 2",
      ),
    ).toEqual([
      ['ann', 'open', 'one.example'],
      ['ann', 'sent', 'one.example'],
      ['bob', 'bounce', null],
      ['bob', 'sent', null],
    ]);
  });

  test('the user agent is kept as it is', async () => {
    expect(
      await rows(
        'select account_id, event_type, user_agent from core.fct_message_event where user_agent is not null order by 3',
      ),
    ).toEqual([
      ['grid', 'open', 'Agent/1 (öffnet)'],
      ['grid', 'click', 'Agent/2'],
      ['books', 'open', 'Agent/3'],
      ['grid', 'open', 'logged'],
    ]);
  });
});

describe('human, machine or unknown', () => {
  const judged = async (account: string): Promise<readonly unknown[][]> =>
    (
      await project.query(`select event_type, user_agent, is_machine, machine_rule from core.fct_message_event
        where account_id = '${account}' and event_type in ('open', 'click') and campaign_id = 'j1'
        order by event_at, event_type`)
    ).map((row) => Object.values(row));

  beforeAll(async () => {
    const at = (minute: number): string => `2026-03-02T09:${String(minute).padStart(2, '0')}:00Z`;
    const scanner = 'python-requests/2.31.0';
    await project.seed('grid', {
      'sendgrid.single_sends': [grid.singleSend('j1', '2026-03-02T09:00:00Z')],
      'sendgrid.single_send_details': [grid.details('j1')],
      'sendgrid.single_send_stats': [grid.stats('j1', { requests: 1 })],
      'sendgrid.events': [
        grid.event('j1', 'ann', 'processed', at(0)),
        grid.event('j1', 'ann', 'open', at(1), { useragent: outlook, sg_machine_open: true }),
        grid.event('j1', 'ann', 'open', at(2), { useragent: outlook, sg_machine_open: false }),
        // No flag is no machine to SendGrid; its agent says more.
        grid.event('j1', 'ann', 'open', at(3), { useragent: proxy }),
        grid.event('j1', 'ann', 'open', at(4)),
        grid.event('j1', 'ann', 'click', at(5), { useragent: scanner, url: 'https://x.example/' }),
        grid.event('j1', 'ann', 'click', at(6), { useragent: outlook, url: 'https://x.example/' }),
        grid.event('j1', 'ann', 'click', at(7), { url: 'https://x.example/' }),
      ],
    });
    const event = (minute: number, more: JsonObject): JsonObject =>
      row({
        event_id: `j${minute}`,
        campaign_id: 'j1',
        person: 'ann@two.example',
        event_type: 'open',
        event_at: at(minute),
        ...more,
      });
    await project.seed('books', {
      'file.campaigns': [row({ campaign_id: 'j1', name: 'Judged', sent_at: '2026-03-02T09:00:00Z' })],
      'file.events': [
        event(1, { is_machine: 'true', user_agent: outlook }),
        event(2, { is_machine: 'false', user_agent: outlook }),
        event(3, { is_machine: 'false', user_agent: proxy }),
        event(4, { user_agent: outlook }),
        event(5, { user_agent: 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) (via ggpht.com GoogleImageProxy)' }),
        event(6, {}),
        event(7, { event_type: 'click', user_agent: scanner }),
      ],
    });
    allPassed(await project.transform({}, ['core.fct_message_event']));
  });

  test('the flag of the service is asked first, then the user agent; one that says machine decides', async () => {
    expect(await judged('grid')).toEqual([
      ['open', outlook, true, 'esp_flag'],
      ['open', outlook, false, 'esp_flag'],
      ['open', proxy, true, 'apple_mail_proxy'],
      ['open', null, false, 'esp_flag'],
      ['click', 'python-requests/2.31.0', true, 'scanner_agent'],
      ['click', outlook, false, 'user_agent'],
      ['click', null, null, null],
    ]);
  });

  test('in a file what it states, then the user agent; with neither nobody knows', async () => {
    expect((await judged('books')).map(([type, , machine, rule]) => [type, machine, rule])).toEqual([
      ['open', true, 'stated_by_file'],
      ['open', false, 'stated_by_file'],
      ['open', true, 'apple_mail_proxy'],
      ['open', false, 'user_agent'],
      ['open', false, 'gmail_image_proxy'],
      ['open', null, null],
      ['click', true, 'scanner_agent'],
    ]);
  });
});
