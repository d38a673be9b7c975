import { expect, test } from 'vitest';
import { createRandom } from '../../src/demo/random.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { tableHash } from '../../src/warehouse/duckdb/index.ts';
import * as seeds from './core-seeds.ts';
import { allPassed, openSqlProject, type Seeds, type SqlProject } from './harness.ts';
import { mailing } from './sendgrid-seeds.ts';

// On all cores, as users have it: what depends on the order of rows shows then.
delete process.env['MAILMART_DUCKDB_THREADS'];

const { activity, campaign, engagement, link, openDetail, order, row, sent, unsubscribe } = seeds;

/** Of one shop; beside what others tests need: all that changes what is there already. */
const shop: Seeds = {
  ...engagement,
  'mailchimp.sent_to': [...(engagement['mailchimp.sent_to'] ?? []), sent('c2', 'bob'), sent('c1', 'eve')],
  'mailchimp.email_activity': [
    ...(engagement['mailchimp.email_activity'] ?? []),
    ...['ann', 'bob', 'cid'].flatMap((name) => [
      activity('c2', name, 'open', '2025-04-05T10:00:00+00:00'),
      activity('c1', name, 'open', '2025-09-05T22:10:00+00:00'),
    ]),
  ],
  'mailchimp.open_details': [
    ...(engagement['mailchimp.open_details'] ?? []),
    openDetail('c1', 'cid', '2025-03-30T22:30:00+00:00', false),
    openDetail('c2', 'ann', '2025-04-05T10:00:00+00:00', true),
    openDetail('c1', 'bob', '2025-09-05T22:10:00+00:00', false),
  ],
  'mailchimp.unsubscribes': [unsubscribe('c1', 'cid', '2025-04-06T10:00:00+00:00')],
  'mailchimp.orders': [order('o1', 'ann', '19.90', { campaign_id: 'c1' }), order('o2', 'bob', '5', {})],
  // a third link and another time of sending, before or after what they change
  'mailchimp.click_details': [
    ...(engagement['mailchimp.click_details'] ?? []),
    link('c1', 'k3', `${seeds.links.home}3`),
  ],
  'mailchimp.campaigns': [...(engagement['mailchimp.campaigns'] ?? []), campaign('c2', '2025-04-03T08:00:00+00:00')],
};
const books: Seeds = {
  'file.events': [
    row(
      {
        event_id: 'e1',
        campaign_id: 'f1',
        person: 'ann@example.com',
        event_type: 'sent',
        event_at: '2025-05-01T08:00:00Z',
      },
      1,
    ),
    row(
      {
        event_id: 'e2',
        campaign_id: 'f1',
        person: 'ann@example.com',
        event_type: 'open',
        event_at: '2025-05-01T09:00:00Z',
      },
      2,
    ),
    row(
      {
        event_id: 'e3',
        campaign_id: 'f1',
        person: 'gil@example.com',
        event_type: 'sent',
        event_at: '2025-05-01T08:00:00Z',
      },
      3,
    ),
  ],
};

/** A list of the same id as the club's; ann is on both, gil reads one more of its lists. */
const mails: readonly (readonly [string, string, string, string])[] = [
  ['books', 'b1', 'newsletter', '2025-05-02'],
  ['club', 'b1', 'newsletter', '2025-06-02'],
  ['club', 'b2', 'offers', '2025-07-02'],
];
const namesake = (account: string): Seeds => {
  const own = mails.filter(([of]) => of === account);
  return {
    'file.campaigns': own.map(([, id, list, day], index) =>
      row({ campaign_id: id, list_id: list, name: id, sent_at: `${day}T08:00:00Z` }, index + 1),
    ),
    'file.events': own.flatMap(([, id, , day], place) =>
      ['ann', account === 'books' ? 'hal' : 'gil'].flatMap((name, nth) =>
        ['sent', 'open'].map((type, at) =>
          row(
            {
              event_id: `${id} ${name} ${type}`,
              campaign_id: id,
              person: `${name}@example.com`,
              event_type: type,
              event_at: `${day}T${type === 'sent' ? '08' : '09'}:00:00Z`,
            },
            10 + place * 4 + nth * 2 + at,
          ),
        ),
      ),
    ),
  };
};

const merged = (one: Seeds, other: Seeds): Seeds => ({
  ...one,
  ...Object.fromEntries(Object.entries(other).map(([stream, rows]) => [stream, [...(one[stream] ?? []), ...rows]])),
});
const sources = [
  { id: 'shop', type: 'mailchimp' },
  { id: 'books', type: 'file' },
  { id: 'club', type: 'file' },
  { id: 'grid', type: 'sendgrid' },
];

/** Every record in one of the batches, by chance; every fourth comes again in a later one. */
function dealt(all: Readonly<Record<string, Seeds>>, batches: number, seed: number): readonly Record<string, Seeds>[] {
  const random = createRandom(seed, 'late events');
  return Array.from({ length: batches }, (_, batch) =>
    Object.fromEntries(
      Object.entries(all).map(([account, streams]) => [
        account,
        Object.fromEntries(
          Object.entries(streams).map(([stream, records]) => [
            stream,
            records.filter((__, index) =>
              isDealt(createRandom(seed, `${account} ${stream} ${index}`).int(0, batches - 1), batch, random.int(0, 3)),
            ),
          ]),
        ),
      ]),
    ),
  );
}
const isDealt = (first: number, batch: number, luck: number): boolean =>
  batch === first || (batch > first && luck === 0);

async function hashes(project: SqlProject): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const [name, kind] of await project.warehouse.tables()) {
    // Work tables (…__changed) tell of the latest run; the registry of people keeps who is gone.
    if (kind === 'table' && /^(?:core|marts)\./.test(name) && !name.includes('__') && name !== 'core.int_event_person')
      found[name] = await tableHash(project.warehouse.query, name);
  }
  return found;
}

test.each([1, 2])(
  'events that come late, twice and in any order give the tables of a full rebuild (order %i)',
  async (seed) => {
    const project = await openSqlProject({ sources });
    const accounts = {
      shop,
      books: merged(books, namesake('books')),
      club: namesake('club'),
      grid: mailing,
    };
    try {
      const later: JsonObject[] = [];
      for (const [batch, dealtNow] of dealt(accounts, 4, seed).entries()) {
        project.setNow(`2026-06-30T1${batch}:00:00.000Z`);
        for (const [account, streams] of Object.entries(dealtNow)) await project.seed(account, streams);
        const { runs, ...result } = await project.transform();
        allPassed({ runs, ...result });
        later.push(...((await project.query('select * from core.int_campaign_recipient__changed')) as JsonObject[]));
      }
      expect(later.length).toBeGreaterThan(10);
      const step = await hashes(project);
      allPassed(await project.transform({ full: true }));
      expect(await hashes(project)).toEqual(step);
      expect(Object.keys(step).length).toBeGreaterThan(35);
      expect(
        (
          await project.query(`select account_id, scope_id, cast(mailed_count as integer) as mailed,
            cast(active_count as integer) as active from marts.active_audience_daily
            where source = 'file' and scope = 'list' and day = date '2025-07-02' and window_days = 90
            order by account_id, scope_id`)
        ).map((found) => Object.values(found)),
      ).toEqual([
        ['books', 'newsletter', 2, 2],
        ['club', 'newsletter', 2, 2],
        ['club', 'offers', 2, 2],
      ]);
    } finally {
      await project.close();
    }
  },
);

test('a model that missed a run of what it follows is built whole, and rows that nobody checked are checked', async () => {
  const project = await openSqlProject();
  const core = ['core.int_campaign_recipient', 'core.int_engagement_spans'];
  const noted = async (): Promise<unknown> =>
    (await project.query('select count(*) as keys from core.int_campaign_recipient__changed'))[0]?.['keys'];
  try {
    await project.seed('shop', engagement);
    allPassed(await project.transform({}, core));
    await project.seed('shop', {
      'mailchimp.email_activity': [activity('c1', 'bob', 'open', '2025-06-05T10:00:00+00:00')],
    });
    allPassed(await project.transform({}, core));
    expect(await noted()).toBe(1);

    await project.seed('shop', {
      'mailchimp.email_activity': [activity('c1', 'cid', 'open', '2025-06-06T10:00:00+00:00')],
    });
    allPassed(await project.transform({}, ['core.int_mailchimp_message_event']));
    await project.seed('shop', {
      'mailchimp.email_activity': [activity('c1', 'eve', 'open', '2025-06-07T10:00:00+00:00')],
    });
    allPassed(await project.transform({}, core));
    expect(await noted()).toBe(0);
    const step = await hashes(project);
    allPassed(await project.transform({ full: true }, core));
    expect(await hashes(project)).toEqual(step);

    // A row too much, of a pair that no later run touches, in a table that was never checked: as long as it is there no check
    // has passed, so each looks at all.
    await project.warehouse.runModel('by hand', { name: 'test.by_hand', kind: 'operations', fingerprint: '' }, [
      'insert into core.int_mailchimp_message_event select * from core.int_mailchimp_message_event limit 1',
      `delete from ops.model_run where name = 'checks.check_int_mailchimp_message_event'`,
    ]);
    const failed: (readonly string[])[] = [];
    for (const day of ['08', '09']) {
      await project.seed('shop', {
        'mailchimp.email_activity': [activity('c1', 'eve', 'open', `2025-06-${day}T10:00:00+00:00`)],
      });
      failed.push((await project.transform()).failures.map(({ name }) => name));
    }
    for (const names of failed) expect(names).toContain('checks.check_int_mailchimp_message_event');
    expect(failed).toHaveLength(2);
  } finally {
    await project.close();
  }
});

test('what a run changed that was never recorded as ended is followed by the next', async () => {
  const project = await openSqlProject();
  const core = ['core.int_campaign_recipient', 'core.int_engagement_spans'];
  const opened = (name: string) => ({
    'mailchimp.email_activity': [activity('c1', name, 'open', '2025-06-05T10:00:00+00:00')],
  });
  const byHand = async (sql: string): Promise<unknown> =>
    await project.warehouse.runModel('by hand', { name: 'test.by_hand', kind: 'operations', fingerprint: '' }, [sql]);
  try {
    await project.seed('shop', engagement);
    allPassed(await project.transform({}, core));
    const [last] = await project.query('select max(number) as number from ops.model_run');
    await project.seed('shop', opened('bob'));
    allPassed(await project.transform({}, ['core.int_mailchimp_message_event']));
    // As BigQuery is left by a worker that was lost between the rows and their record.
    await byHand(`delete from ops.model_run where number > ${String(last?.['number'])}`);
    await project.seed('shop', opened('cid'));
    allPassed(await project.transform({}, core));
    const keys = await project.query('select count(*) as keys from core.int_campaign_recipient__changed');
    expect(keys).toEqual([{ keys: 2 }]);
    const step = await hashes(project);
    allPassed(await project.transform({ full: true }, core));
    expect(await hashes(project)).toEqual(step);
  } finally {
    await project.close();
  }
});
