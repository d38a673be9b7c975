import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { personKey } from '../../connectors/_kit/person-key.ts';
import { address, list as mailchimpList, member } from './core-seeds.ts';
import { allPassed, cells, openSqlProject, salt, type SqlProject } from './harness.ts';
import * as grid from './sendgrid-seeds.ts';

const { contact, delayedBounce, details, event, link, list, logged, singleSend, stats } = grid;
const person = (name: string): string => personKey(salt, address(name));

/** These tests are about core; the marts have their own. */
const core = ['core.dim_*', 'core.fct_*', 'core.int_sendgrid_*', 'core.int_test_*'];

let project: SqlProject;
const open = async (): Promise<void> => {
  project = await openSqlProject();
};
const close = async (): Promise<void> => {
  await project.close();
};
const rows = async (sql: string): Promise<readonly unknown[][]> => cells(await project.query(sql)) as unknown[][];

const events = (type: string): Promise<readonly unknown[][]> =>
  rows(`select member_id, cast(event_at as varchar), cast(event_date as varchar), bounce_type, is_machine, machine_rule
    from core.fct_message_event where source = 'sendgrid' and event_type = '${type}' order by event_at, member_id`);

describe('events of a single send', () => {
  beforeAll(async () => {
    await open();
    await project.seed('grid', grid.mailing);
    allPassed(await project.transform({}, core));
  });
  afterAll(close);

  test('each recipient is sent once, when it was handed over; a dropped mail was never sent', async () => {
    const sent = await events('sent');
    expect(new Set(sent.map(([member]) => member))).toEqual(
      new Set(['c-ann', 'c-bob', 'c-cid', 'c-dan', 'c-fay', person('eve')]),
    );
    expect(sent).toHaveLength(6);
    expect(new Set(sent.map(([, at]) => at))).toEqual(new Set(['2026-03-01 09:00:05']));
    expect((await events('delivered')).map(([member]) => member)).toEqual(['c-ann', 'c-bob', 'c-cid', 'c-fay']);
  });

  test('a recipient bounces once: hard before soft; a delayed bounce finds its message by Message-ID', async () => {
    expect(await events('bounce')).toEqual([
      ['c-dan', '2026-03-01 09:02:00', '2026-03-01', 'hard', null, null],
      [person('eve'), '2026-03-01 09:03:00', '2026-03-01', 'soft', null, null],
      ['c-fay', '2026-03-02 09:00:00', '2026-03-02', 'hard', null, null],
    ]);
  });

  test('an open is a machine’s when the flag says so, a person’s when it is false or left out', async () => {
    expect(await events('open')).toEqual([
      ['c-ann', '2026-03-01 09:10:00', '2026-03-01', null, 'false', 'esp_flag'],
      ['c-bob', '2026-03-01 09:20:00', '2026-03-01', null, 'true', 'esp_flag'],
      ['c-cid', '2026-03-01 09:30:00', '2026-03-01', null, 'false', 'esp_flag'],
      ['c-ann', '2026-03-01 22:59:59', '2026-03-01', null, 'false', 'esp_flag'],
      // 23:00 UTC is the next day in Berlin.
      ['c-ann', '2026-03-01 23:00:00', '2026-03-02', null, 'false', 'esp_flag'],
    ]);
  });

  test('all links within ten seconds are a machine’s clicks', async () => {
    expect((await events('click')).map(([member, , , , machine, rule]) => [member, machine, rule])).toEqual([
      ['c-ann', 'false', 'burst_click'],
      ['c-bob', 'true', 'burst_click'],
      ['c-bob', 'true', 'burst_click'],
    ]);
  });

  test('who unsubscribes does it once, of a group or of everything; an event that states its message alone counts', async () => {
    expect((await events('unsubscribe')).map(([member, at]) => [member, at])).toEqual([
      ['c-cid', '2026-03-01 10:00:00'],
      ['c-ann', '2026-03-03 09:00:00'],
    ]);
    expect((await events('complaint')).map(([member]) => member)).toEqual(['c-bob']);
  });

  test('nothing else of what happened is in core: mails of no single send, deferrals, resubscriptions', async () => {
    expect(
      await rows('select event_type, cast(count(*) as varchar) from core.fct_message_event group by 1 order by 1'),
    ).toEqual([
      ['bounce', '3'],
      ['click', '3'],
      ['complaint', '1'],
      ['delivered', '4'],
      ['open', '5'],
      ['sent', '6'],
      ['unsubscribe', '2'],
    ]);
    expect(await rows('select distinct campaign_id, list_id from core.fct_message_event')).toEqual([['s1', 'l1']]);
  });

  test('an event in posts and logs is one, the posted one', async () => {
    expect(
      await rows(
        "select is_posted, cast(count(*) as varchar) from staging.stg_sendgrid__events where event = 'open' group by 1 order by 1",
      ),
    ).toEqual([
      // cid's, and the one of a campaign that is no single send
      ['false', '2'],
      ['true', '5'],
    ]);
  });

  test('drafts and scheduled ones have a name all the same, for what is checked before it is sent', async () => {
    expect(await rows('select source, account_id, campaign_id, name from core.dim_campaign_name order by 3')).toEqual(
      expect.arrayContaining([
        ['sendgrid', 'grid', 'draft', 'Name draft'],
        ['sendgrid', 'grid', 's1', 'Name s1'],
      ]),
    );
  });

  test('the campaign is one, drafts and scheduled ones are not; its totals are in the project’s words', async () => {
    expect(
      await rows(`select campaign_id, list_id, name, subject, kind, cast(sent_at as varchar), cast(send_date as varchar),
        test_kind, has_per_recipient_events, recipient_basis, has_forwards, open_tracking from core.dim_campaign`),
    ).toEqual([
      [
        's1',
        'l1',
        'Name s1',
        'Subject s1',
        'regular',
        '2026-03-01 09:00:00',
        '2026-03-01',
        null,
        'true',
        'observed',
        'false',
        null,
      ],
    ]);
    expect(
      await rows(
        'select measure, cast(cast(value as integer) as varchar) from core.fct_campaign_counter order by measure',
      ),
    ).toEqual([
      ['abuse_reports', '1'],
      ['clicks_total', '3'],
      ['delivered', '4'],
      ['hard_bounces', '2'],
      ['opens_total', '5'],
      ['sent', '6'],
      ['unique_opens', '3'],
      ['unique_subscriber_clicks', '2'],
      ['unsubscribed', '2'],
    ]);
  });

  test('a link is one address; its clicks are those of all its places, its position is the first', async () => {
    expect(
      await rows(
        'select url, cast(position as varchar), utm_source, cast(total_clicks_reported as varchar), unique_clicks_reported from core.dim_link order by url',
      ),
    ).toEqual([
      [grid.home, '0', null, '1', null],
      [grid.sale, '1', 'grid', '2', null],
    ]);
  });
});

describe('delayed bounces', () => {
  const at = (day: string): string => `2026-03-${day}T09:00:00Z`;
  const campaigns = {
    'sendgrid.single_sends': ['s1', 's2'].map((id) => singleSend(id, at('01'))),
    'sendgrid.single_send_details': ['s1', 's2'].map((id) => details(id)),
    'sendgrid.events': [
      // hal: two single sends, then a mail; ida: a mail after the single send; kim: only a mail that was dropped after it.
      event('s1', 'hal', 'processed', at('01')),
      event('s2', 'hal', 'processed', at('02')),
      event(null, 'hal', 'processed', at('06')),
      delayedBounce('hal', at('05')),
      event('s1', 'ida', 'processed', at('01')),
      event(null, 'ida', 'processed', at('03')),
      delayedBounce('ida', at('05')),
      event('s1', 'kim', 'processed', at('01')),
      event('s2', 'kim', 'dropped', at('02')),
      delayedBounce('kim', at('05'), '<unknown@ismtpd>'),
      delayedBounce('joe', at('05')),
      // Its Message-ID is that of another recipient: a copy of the header proves nothing.
      event('s2', 'lea', 'processed', at('02')),
      delayedBounce('lea', at('05'), '<s1-ida@ismtpd>'),
      // Known before its message.
      event('s1', 'mia', 'processed', at('07')),
      delayedBounce('mia', at('05')),
    ],
  };
  beforeAll(async () => {
    await open();
    await project.seed('grid', campaigns);
    allPassed(await project.transform({}, core));
  });
  afterAll(close);

  test('belong to the newest message to the address that was sent before them, and are seen where there is none', async () => {
    const names = new Map(['hal', 'ida', 'kim', 'joe', 'lea', 'mia'].map((name) => [person(name), name]));
    const found = await rows(`select events.subscriber_id, matches.matched_by, matches.message_id, matches.campaign_id
      from core.int_sendgrid_event_match as matches
      inner join staging.stg_sendgrid__events as events using (account_id, sg_event_id)`);
    expect(
      found
        .map(([who, ...rest]) => [names.get(who as string), ...rest])
        .sort((a, b) => (`${a[0]}` < `${b[0]}` ? -1 : 1)),
    ).toEqual([
      ['hal', 'address', 'm-s2-hal', 's2'],
      ['ida', 'address', 'm-mail-ida', null],
      ['joe', null, null, null],
      ['kim', 'address', 'm-s1-kim', 's1'],
      ['lea', 'address', 'm-s2-lea', 's2'],
      ['mia', null, null, null],
    ]);
  });

  test('reach core with the campaign of their message, those of other mails do not', async () => {
    const found = await rows(
      "select campaign_id, subscriber_id from core.fct_message_event where event_type = 'bounce'",
    );
    expect(new Set(found.map(([campaign, who]) => `${campaign} ${who}`))).toEqual(
      new Set([`s2 ${person('hal')}`, `s1 ${person('kim')}`, `s2 ${person('lea')}`]),
    );
  });
});

describe('campaigns', () => {
  const many = (id: string, count: number): ReturnType<typeof event>[] =>
    Array.from({ length: count }, (_, n) => event(id, `p${n}`, 'processed', '2026-03-01T09:00:05Z'));
  const test_ = { is_abtest: true, abtest: { type: 'subject', winner_criteria: 'open', test_percentage: 50 } };
  const group = (name: string, phase: string, version: string) =>
    event('ab', name, 'processed', '2026-03-02T09:00:05Z', { phase_id: phase, template_version_id: version });
  beforeAll(async () => {
    await open();
    await project.seed('grid', {
      'sendgrid.single_sends': [
        singleSend('enough', '2026-03-01T09:00:00Z'),
        singleSend('short', '2026-03-02T23:30:00Z'),
        singleSend('silent', '2026-03-03T09:00:00Z'),
        singleSend('now', 'now'),
        singleSend('ab', '2026-03-02T09:00:00Z', test_),
        singleSend('totals', '2025-11-02T09:00:00Z', test_),
      ],
      'sendgrid.single_send_details': [
        details('enough'),
        details('short', { send_to: { list_ids: ['l1', 'l2'], segment_ids: [], all: false } }),
        details('silent', { send_to: { list_ids: ['l1'], segment_ids: ['g1'], all: false } }),
        details('now', { send_to: { list_ids: [], segment_ids: [], all: true } }),
        details('ab'),
        details('totals'),
      ],
      'sendgrid.single_send_stats': [
        // 48 taken on and one dropped: 49 of 50 are 98 of 100.
        stats('enough', { requests: 50, bounce_drops: 1, invalid_emails: 1 }),
        stats('short', { requests: 50 }),
        stats('now', { requests: 2 }),
        stats('ab', { requests: 4 }),
        stats('ab', { requests: 2, unique_opens: 1 }, ['va', 'test']),
        stats('totals', { requests: 40 }),
        stats('totals', { requests: 10, unique_opens: 4, bounce_drops: 1 }, ['va', 'test']),
        stats('totals', { requests: 10, unique_opens: 5 }, ['vb', 'test']),
        stats('totals', { requests: 20, unique_opens: 9 }, ['vb', 'send']),
        stats('totals', { requests: 20, unique_opens: 9 }, ['all', 'test']),
      ],
      'sendgrid.events': [
        ...many('enough', 48),
        event('enough', 'dropped', 'dropped', '2026-03-01T09:00:05Z', { reason: 'Bounced Address' }),
        // Among those that are asked for, and in no number of the totals.
        event('now', 'bob', 'dropped', '2026-03-04T10:00:00Z', { reason: 'Unsubscribed Address' }),
        ...many('short', 48),
        ...many('silent', 1),
        event('now', 'ann', 'processed', '2026-03-04T10:00:00Z'),
        group('ann', 'test', 'va'),
        group('bob', 'test', 'vb'),
        group('cid', 'send', 'vb'),
        group('dan', 'send', 'vb'),
        event('ab', 'ann', 'open', '2026-03-02T10:00:00Z', { phase_id: undefined, template_version_id: undefined }),
      ],
    });
    allPassed(await project.transform({}, core));
  });
  afterAll(close);

  test('have per-recipient events from 98 of 100 that the totals state; without totals nothing vouches for them', async () => {
    expect(
      await rows(`select campaign_id, cast(known_count as varchar), cast(stated_count as varchar), has_per_recipient_events
        from core.int_sendgrid_coverage order by campaign_id`),
    ).toEqual([
      ['ab', '4', '4', 'true'],
      ['enough', '49', '50', 'true'],
      ['now', '2', '2', 'true'],
      ['short', '48', '50', 'false'],
      ['silent', '1', null, 'false'],
      ['totals', '0', '40', 'false'],
    ]);
  });

  test('know of drops that the totals count as sent', async () => {
    expect(
      await rows(`select campaign_id, cast(unstated_drop_count as varchar) from core.dim_campaign
        where campaign_id in ('enough', 'now') order by campaign_id`),
    ).toEqual([
      ['enough', '0'],
      ['now', '1'],
    ]);
  });

  test('belong to a list when they went to it alone; without a time they are of their first message', async () => {
    expect(
      await rows(`select campaign_id, list_id, kind, test_kind, cast(send_date as varchar), has_per_recipient_events
        from core.dim_campaign order by campaign_id`),
    ).toEqual([
      ['ab', 'l1', 'absplit', 'absplit', '2026-03-02', 'true'],
      ['enough', 'l1', 'regular', null, '2026-03-01', 'true'],
      ['now', null, 'regular', null, '2026-03-04', 'true'],
      ['short', null, 'regular', null, '2026-03-03', 'false'],
      ['silent', null, 'regular', null, '2026-03-03', 'false'],
      ['totals', 'l1', 'absplit', 'absplit', '2025-11-02', 'false'],
    ]);
  });

  test('assign who was in a test to what they got, with all their events', async () => {
    const ann = person('ann');
    expect(
      await rows(
        'select campaign_id, subscriber_id, recipient_id, variant from core.int_test_assignment order by variant',
      ),
    ).toEqual([
      ['ab', ann, ann, 'va'],
      ['ab', person('bob'), person('bob'), 'vb'],
    ]);
    expect(
      await rows(`select event_type, variant from core.fct_message_event
        where campaign_id = 'ab' and subscriber_id in ('${ann}', '${person('cid')}') order by event_type, variant`),
    ).toEqual([
      ['open', 'va'],
      ['sent', 'va'],
      ['sent', 'winner'],
    ]);
  });

  test('have the groups that they are counted by: those of the events, or of the totals', async () => {
    expect(
      await rows(
        'select campaign_id, variant, label, is_winner_group from core.dim_campaign_variant order by campaign_id, variant',
      ),
    ).toEqual([
      ['ab', 'va', 'va', 'false'],
      ['ab', 'vb', 'vb', 'false'],
      ['ab', 'winner', 'winner, sent to the rest', 'true'],
      ['totals', 'va', 'va', 'false'],
      ['totals', 'vb', 'vb', 'false'],
      ['totals', 'winner', 'winner, sent to the rest', 'true'],
    ]);
    expect(
      await rows(`select campaign_id, variant, measure, cast(cast(value as integer) as varchar) from core.int_test_aggregate
        where measure in ('sent', 'unique_opens') order by campaign_id, variant, measure`),
    ).toEqual([
      ['totals', 'va', 'sent', '9'],
      ['totals', 'va', 'unique_opens', '4'],
      ['totals', 'vb', 'sent', '10'],
      ['totals', 'vb', 'unique_opens', '5'],
    ]);
  });
});

describe('list members', () => {
  const groupTwo = { email_config: { subject: 'Two', suppression_group_id: 8, sender_id: 1 } };
  const onBoth = { list_ids: ['l1', 'l2'] };
  const seeds = (ended: boolean) => ({
    'sendgrid.contacts': [
      ...['stays', 'bounced', 'invalid', 'complained', 'both', 'global', 'returned', 'once'].map((name) =>
        contact(name),
      ),
      contact('one-of-two', onBoth),
      contact('all-groups', onBoth),
      contact('nowhere', { list_ids: [] }),
      ...(ended ? [] : [contact('erased'), contact('erased-after')]),
    ],
    'sendgrid.bounces': [
      grid.suppression('bounced', '2026-02-01T10:00:00Z'),
      grid.suppression('both', '2026-02-05T10:00:00Z'),
      ...(ended ? [] : [grid.suppression('returned', '2026-02-01T11:00:00Z')]),
    ],
    'sendgrid.invalid_emails': [grid.suppression('invalid', '2026-02-02T10:00:00Z')],
    'sendgrid.spam_reports': [grid.suppression('complained', '2026-02-03T10:00:00Z')],
    'sendgrid.unsubscribes': [
      grid.suppression('both', '2026-02-04T10:00:00Z'),
      grid.suppression('global', '2026-02-04T11:00:00Z'),
      grid.suppression('erased-after', '2026-02-04T12:00:00Z'),
    ],
    'sendgrid.group_suppressions': [
      grid.groupSuppression('one-of-two', 7, '2026-02-06T10:00:00Z'),
      grid.groupSuppression('all-groups', 7, '2026-02-06T10:00:00Z'),
      grid.groupSuppression('all-groups', 8, '2026-02-07T10:00:00Z'),
      // A group that no single send to the list used.
      grid.groupSuppression('stays', 9, '2026-02-06T10:00:00Z'),
      ...(ended ? [] : [grid.groupSuppression('once', 7, '2026-02-06T10:00:00Z')]),
    ],
  });
  beforeAll(async () => {
    await open();
    await project.seed('grid', {
      'sendgrid.lists': [list('l1'), list('l2')],
      'sendgrid.single_sends': [
        singleSend('s1', '2026-03-01T09:00:00Z'),
        singleSend('s2', '2026-03-02T09:00:00Z'),
        singleSend('draft', '', { status: 'draft' }),
      ],
      'sendgrid.single_send_details': [
        details('s1'),
        // To l2 in another group; a draft in a third counts for nothing.
        details('s2', { ...groupTwo, send_to: { list_ids: ['l1', 'l2'], segment_ids: [], all: false } }),
        details('draft', { email_config: { subject: 'Draft', suppression_group_id: 10, sender_id: 1 } }),
      ],
    });
    await project.seed('grid', seeds(false), { whole: true });
    project.setNow('2026-07-01T12:00:00.000Z');
    await project.seed('grid', seeds(true), { whole: true });
    allPassed(await project.transform({}, core));
  });
  afterAll(close);

  test('are cleaned, unsubscribed or subscribed by what suppresses their address, since the first of it', async () => {
    expect(
      await rows(`select member_id, list_id, status, leave_kind, cast(left_at as varchar), cast(returned_at as varchar),
        is_deleted from core.dim_list_member order by member_id, list_id`),
    ).toEqual([
      // l1 used groups 7 and 8, l2 only 8.
      ['c-all-groups', 'l1', 'unsubscribed', 'unsubscribed', '2026-02-07 10:00:00', null, 'false'],
      ['c-all-groups', 'l2', 'unsubscribed', 'unsubscribed', '2026-02-07 10:00:00', null, 'false'],
      ['c-both', 'l1', 'cleaned', 'unsubscribed', '2026-02-04 10:00:00', null, 'false'],
      ['c-bounced', 'l1', 'cleaned', 'cleaned', '2026-02-01 10:00:00', null, 'false'],
      ['c-complained', 'l1', 'cleaned', 'cleaned', '2026-02-03 10:00:00', null, 'false'],
      ['c-erased', 'l1', 'subscribed', 'deleted', '2026-07-01 12:00:00', null, 'true'],
      ['c-erased-after', 'l1', 'unsubscribed', 'unsubscribed', '2026-02-04 12:00:00', null, 'true'],
      ['c-global', 'l1', 'unsubscribed', 'unsubscribed', '2026-02-04 11:00:00', null, 'false'],
      ['c-invalid', 'l1', 'cleaned', 'cleaned', '2026-02-02 10:00:00', null, 'false'],
      // Group 7 alone is not all that l1 used.
      ['c-once', 'l1', 'subscribed', null, null, null, 'false'],
      ['c-one-of-two', 'l1', 'subscribed', null, null, null, 'false'],
      ['c-one-of-two', 'l2', 'subscribed', null, null, null, 'false'],
      // Somebody took the address off the bounce list.
      ['c-returned', 'l1', 'subscribed', 'cleaned', '2026-02-01 11:00:00', '2026-07-01 12:00:00', 'false'],
      ['c-stays', 'l1', 'subscribed', null, null, null, 'false'],
    ]);
  });

  test('make a subscriber of each person, who joined when the contact was created', async () => {
    expect(
      await rows(`select consent_state, cast(count(*) as varchar), cast(min(signup_at) as varchar)
        from core.dim_subscriber group by consent_state order by consent_state`),
    ).toEqual([
      ['cleaned', '4', '2026-01-05 10:00:00'],
      ['deleted', '1', '2026-01-05 10:00:00'],
      ['subscribed', '4', '2026-01-05 10:00:00'],
      ['unsubscribed', '3', '2026-01-05 10:00:00'],
    ]);
  });
});

test('an id that was another service’s account before counts a list of each', async () => {
  await open();
  try {
    await project.seed('grid', {
      'sendgrid.lists': [list('l1')],
      'sendgrid.contacts': [contact('ann')],
      'mailchimp.lists': [mailchimpList('l1')],
      'mailchimp.members': [member('ann')],
    });
    allPassed(await project.transform({}, core));
    expect(
      await rows(
        `select cast(list_count as varchar) from core.dim_subscriber where subscriber_id = '${person('ann')}'`,
      ),
    ).toEqual([['2']]);
  } finally {
    await close();
  }
});

describe('what comes late or in another order', () => {
  const compared =
    'account_id, campaign_id, list_id, subscriber_id, member_id, event_id, event_type, event_at, event_date, variant, url, bounce_type, is_machine, machine_rule, pair_state';
  const rowsOf = async (one: SqlProject) =>
    await one.query(`select ${compared} from core.int_sendgrid_message_event order by event_id`);
  const s2 = (name: string, kind: string, at: string, more = {}) => event('s2', name, kind, at, more);
  const bounceOfHal = delayedBounce('hal', '2026-03-05T09:00:00Z');
  const openOfLog = s2('hal', 'open', '2026-03-06T10:00:00Z', { sg_machine_open: true });

  const first = {
    ...grid.mailing,
    'sendgrid.single_sends': [
      ...(grid.mailing['sendgrid.single_sends'] ?? []),
      singleSend('s2', '2026-03-02T09:00:00Z'),
    ],
    'sendgrid.events': [
      ...(grid.mailing['sendgrid.events'] ?? []),
      event('s1', 'hal', 'processed', '2026-03-01T09:00:05Z'),
      bounceOfHal,
      // Its message is not known yet.
      event(null, 'ivy', 'unsubscribe', '2026-03-04T09:00:00Z', { sg_message_id: 'm-s2-ivy' }),
      delayedBounce('jon', '2026-03-05T09:00:00Z'),
    ],
    'sendgrid.log_events': [...(grid.mailing['sendgrid.log_events'] ?? []), logged(openOfLog)],
  };
  const late = {
    'sendgrid.events': [
      // A newer message takes the bounce away from s1, which keeps only what was there before.
      s2('hal', 'processed', '2026-03-02T09:00:05Z'),
      { ...openOfLog, sg_machine_open: false },
      s2('ivy', 'processed', '2026-03-02T09:00:05Z'),
      s2('jon', 'processed', '2026-03-02T09:00:05Z'),
      s2('kim', 'processed', '2026-03-02T09:00:05Z'),
      // That they were handed over is never told.
      s2('lou', 'bounce', '2026-03-02T09:02:00Z'),
      s2('lou', 'delivered', '2026-03-02T09:03:00Z'),
      s2('moe', 'dropped', '2026-03-02T09:00:05Z', { reason: 'Unsubscribed Address' }),
      event('s1', 'ann', 'open', '2026-04-01T09:00:00Z'),
    ],
    // eve's contact appears: all her events are those of its id.
    'sendgrid.contacts': [contact('eve', { created_at: '2026-05-01T00:00:00Z' })],
  };

  const compare = async (
    before: typeof first,
    change: Readonly<Record<string, readonly ReturnType<typeof event>[]>>,
    check: (step: SqlProject) => Promise<void>,
  ): Promise<void> => {
    const step = await openSqlProject();
    const whole = await openSqlProject();
    try {
      await step.seed('grid', before);
      allPassed(await step.transform({}, core));
      await step.seed('grid', change);
      allPassed(await step.transform({}, core));
      await whole.seed('grid', before);
      await whole.seed('grid', change);
      allPassed(await whole.transform({}, core));
      expect(await rowsOf(step)).toEqual(await rowsOf(whole));
      await check(step);
    } finally {
      await step.close();
      await whole.close();
    }
  };

  test('gives the rows of a full rebuild, and only touched pairs are computed again', async () => {
    const early = [...first['sendgrid.events'], s2('kim', 'delivered', '2026-03-02T09:01:00Z')];
    await compare({ ...first, 'sendgrid.events': early }, late, async (step) => {
      const names = new Map(
        ['ann', 'eve', 'hal', 'ivy', 'jon', 'kim', 'lou', 'moe'].map((name) => [person(name), name]),
      );
      const changed = cells(
        await step.query('select campaign_id, recipient from core.int_sendgrid_message_event__changed'),
      );
      expect(changed.map(([campaign, who]) => `${campaign}/${names.get(who ?? '')}`).sort()).toEqual([
        's1/ann',
        's1/eve',
        's1/hal',
        's2/hal',
        's2/ivy',
        's2/jon',
        's2/kim',
        's2/lou',
      ]);
      const sents = cells(
        await step.query(
          `select subscriber_id, cast(event_at as varchar) as sent_at from core.int_sendgrid_message_event
           where event_type = 'sent' and campaign_id = 's2' order by event_at, subscriber_id`,
        ),
      );
      expect(sents.map(([who, at]) => `${names.get(who ?? '')} ${at}`).sort()).toEqual([
        'hal 2026-03-02 09:00:05',
        'ivy 2026-03-02 09:00:05',
        'jon 2026-03-02 09:00:05',
        'kim 2026-03-02 09:00:05',
        'lou 2026-03-02 09:02:00',
      ]);
      const bounces = cells(
        await step.query(
          `select campaign_id from core.fct_message_event where event_type = 'bounce' and subscriber_id = '${person('hal')}'`,
        ),
      );
      expect(bounces).toEqual([['s2']]);
      // The post, which came after the log, is the one that counts.
      const opens = cells(
        await step.query(
          "select is_machine from core.fct_message_event where event_type = 'open' and campaign_id = 's2'",
        ),
      );
      expect(opens).toEqual([['false']]);
    });
  });

  test('of a pair that is no more nothing stays', async () => {
    // Only a bounce ties hal to s1, by a message of which nothing but a deferral is known.
    const before = {
      ...first,
      'sendgrid.events': [event('s1', 'hal', 'deferred', '2026-03-01T09:00:05Z'), bounceOfHal],
    };
    await compare(before, { 'sendgrid.events': [s2('hal', 'processed', '2026-03-02T09:00:05Z')] }, async (step) => {
      const where = cells(
        await step.query(
          `select campaign_id, event_type from core.fct_message_event where subscriber_id = '${person('hal')}' order by 1, 2`,
        ),
      );
      expect(where).toEqual([
        ['s2', 'bounce'],
        ['s2', 'open'],
        ['s2', 'sent'],
      ]);
    });
  });

  test('a third link makes the scanner’s clicks human, a test names the rest, a send to one list has it', async () => {
    const s3 = singleSend('s3', '2026-03-02T09:00:00Z');
    const before = {
      ...first,
      'sendgrid.single_sends': [...first['sendgrid.single_sends'], s3],
      'sendgrid.events': [
        ...first['sendgrid.events'],
        s2('kim', 'processed', '2026-03-02T09:00:05Z'),
        event('s3', 'kim', 'processed', '2026-03-02T09:00:05Z'),
      ],
    };
    // Each changes one campaign in one way.
    const change = {
      'sendgrid.single_send_links': [link('s1', 'https://grid.example/third', 2, 1)],
      'sendgrid.single_sends': [singleSend('s2', '2026-03-02T09:00:00Z', { is_abtest: true })],
      'sendgrid.single_send_details': [details('s3')],
    };
    await compare(before, change, async (step) => {
      const found = cells(
        await step.query(`select
          count(case when event_type = 'click' and is_machine then 1 end) as machine_clicks,
          string_agg(case when campaign_id = 's2' and variant = 'winner' then event_type end, ' ' order by event_type) as winners,
          count(case when campaign_id = 's3' and list_id = 'l1' then 1 end) as listed
          from core.fct_message_event`),
      );
      // Those of s2 are what the log has of hal and the message to kim.
      expect(found).toEqual([['0', 'open sent', '1']]);
    });
  });
});
