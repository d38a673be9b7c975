import { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import type { SendgridWorld, SgSuppression } from '../../src/demo/sendgrid-types.ts';
import type { World } from '../../src/demo/types.ts';
import { createWorld } from '../../src/demo/world.ts';
import { abTestResults } from './ab-mart.ts';
import { activeAudienceDaily, audienceGrowthDaily, subscriberLtv } from './audience-marts.ts';
import { campaignPerformance, eventsKnownFrom, linkPerformance } from './campaign-marts.ts';
import type { Facts } from './fact-types.ts';
import { gatherFacts, pseudonym, type SourceName } from './facts.ts';
import { reconciliation } from './reconciliation.ts';
import type { TruthRow } from './tally.ts';

const salt = 'salt';
const world = createWorld({ seed: 1, size: 'tiny' });
const factsOf = (
  of: World,
  sources: readonly SourceName[] = ['sendgrid'],
  syncs: readonly number[] = [world.now],
): Facts => gatherFacts({ world: of, syncs, salt, rules: [], sources });
const facts = factsOf(world);
const idOf = (name: string): string => world.sendgrid.singleSends.find((send) => send.name === name)?.id ?? '';
const rowOf = (rows: readonly TruthRow[], name: string): TruthRow => {
  const found = rows.filter((row) => row['campaign_id'] === idOf(name));
  if (found.length !== 1) throw new Error(`${found.length} rows of ${name}`);
  return found[0] as TruthRow;
};
const changed = (change: (half: SendgridWorld) => Partial<SendgridWorld>): World => ({
  ...world,
  sendgrid: { ...world.sendgrid, ...change(world.sendgrid) },
});

describe('SendGrid: the truth of one single send, counted by hand from its printed events (seed 1, tiny)', () => {
  it('that is known message by message: 21 asked for, 6 dropped', () => {
    expect(rowOf(campaignPerformance(facts), 'Harvest test')).toMatchObject({
      source: 'sendgrid',
      account_id: 'lifecycle-mail',
      kind: 'absplit',
      send_date: '2026-06-16',
      sent_count: 15,
      // The mailbox of one of them took the mail and sent it back half a day later: delivered, and bounced.
      delivered_count: 13,
      bounce_count: 3,
      hard_bounce_count: 2,
      soft_bounce_count: 1,
      total_open_count: 18,
      unique_open_count: 11,
      human_open_count: 14,
      human_unique_open_count: 8,
      machine_open_count: 4,
      unknown_open_count: 0,
      total_click_count: 14,
      unique_click_count: 6,
      human_click_count: 5,
      human_unique_click_count: 5,
      machine_click_count: 9,
      unsubscribe_count: 3,
      complaint_count: 1,
      forward_count: null,
      open_rate: 8 / 13,
      click_to_open_rate: 5 / 8,
      bounce_rate: 3 / 15,
    });
  });

  it('whose totals are all that is left: what they cannot say is null', () => {
    expect(rowOf(campaignPerformance(facts), 'Welcome 2')).toMatchObject({
      kind: 'regular',
      // Midnight in Berlin.
      send_date: '2026-03-01',
      delivered_count: 15,
      hard_bounce_count: 2,
      soft_bounce_count: null,
      total_open_count: 18,
      unique_open_count: 11,
      human_open_count: null,
      human_unique_open_count: null,
      machine_open_count: null,
      unknown_open_count: null,
      total_click_count: 9,
      unique_click_count: 3,
      human_click_count: null,
      unsubscribe_count: 1,
      complaint_count: 1,
      open_rate: null,
      open_rate_reported: 11 / 15,
      click_to_open_rate_reported: 3 / 11,
      revenue_amount: new Decimal(0),
      revenue_per_open_amount: null,
    });
  });

  it('by variation: who got the winner is in no group', () => {
    const rows = abTestResults(facts).filter(
      (row) => row['campaign_id'] === idOf('Harvest test') && row['variant'] !== null,
    );
    const [first, second] =
      world.sendgrid.singleSends.find(({ id }) => id === idOf('Harvest test'))?.test?.variations ?? [];
    const counts = (metric: string, variant: string | undefined) => {
      const row = rows.find((one) => one['metric'] === metric && one['variant'] === variant);
      return [row?.['recipient_count'], row?.['success_count']];
    };
    expect([counts('open_rate', first?.id), counts('open_rate', second?.id)]).toEqual([
      [3, 1],
      [5, 4],
    ]);
    expect([counts('click_rate', first?.id), counts('click_rate', second?.id)]).toEqual([
      [3, 0],
      [5, 3],
    ]);
  });

  it('by link: the first and the third place in the mail lead to one address', () => {
    const rows = linkPerformance(facts).filter((row) => row['campaign_id'] === idOf('Harvest test'));
    const counts = ['position', 'total_click_count', 'human_click_count', 'reported_total_click_count'];
    expect(rows.map((row) => counts.map((count) => row[count]))).toEqual([
      [0, 10, 4, 10],
      [1, 4, 1, 4],
    ]);
    const stated = linkPerformance(facts).filter((row) => row['campaign_id'] === idOf('Welcome 2'));
    expect(stated.map((row) => counts.map((count) => row[count]))).toEqual([
      [0, null, null, 6],
      [1, null, null, 3],
    ]);
  });

  it('agrees with the totals of what is known message by message', () => {
    const rows = reconciliation(facts).filter((row) => row['measure'] !== 'sent');
    expect(new Set(rows.map((row) => row['campaign_id']))).toEqual(
      new Set(['Reorder reminder', 'Invitation', 'Harvest test', 'Changed terms'].map(idOf)),
    );
    expect(rows.filter((row) => !(row['gap_value'] as Decimal).isZero())).toEqual([]);
  });
});

describe('SendGrid: since when everything is known', () => {
  it('is the first send of the thirty days before the first sync', () => {
    expect(eventsKnownFrom(facts.campaigns).get('lifecycle-mail')).toBe('2026-06-02');
  });

  it('is later when the first sync was, stays when a later one looks again, and is unknown when the latest is incomplete', () => {
    const day = 86_400;
    const late = factsOf(world, ['sendgrid'], [world.now + 3 * day]);
    expect(eventsKnownFrom(late.campaigns).get('lifecycle-mail')).toBe('2026-06-10');
    const again = factsOf(world, ['sendgrid'], [world.now, world.now + 3 * day]);
    expect(eventsKnownFrom(again.campaigns).get('lifecycle-mail')).toBe('2026-06-02');
    const lost = changed(({ events }) => ({
      events: events.filter(({ message, kind }) => message !== lastMessage() || kind !== 'processed'),
    }));
    expect(eventsKnownFrom(factsOf(lost).campaigns).get('lifecycle-mail')).toBe(null);
  });

  /** Of the latest single send: one in twenty is more than the two in a hundred that may be missing. */
  function lastMessage(): number {
    const kinds = world.sendgrid.events.filter(
      (event) =>
        event.kind === 'processed' && world.sendgrid.messages[event.message]?.singleSendId === idOf('Changed terms'),
    );
    return kinds.at(-1)?.message ?? -1;
  }
});

describe('people over both sources', () => {
  const both = factsOf(world, ['mailchimp', 'sendgrid']);
  const mailchimp = factsOf(world, ['mailchimp']);

  it('are one, however either spells them', () => {
    const people = (of: Facts): Set<string> => new Set(of.members.map(({ person }) => person));
    const [ours, theirs] = [people(mailchimp), people(facts)];
    const shared = [...ours].filter((person) => theirs.has(person));
    expect(shared.length).toBeGreaterThan(10);
    expect(people(both).size).toBe(ours.size + theirs.size - shared.length);
    const seventh = world.sendgrid.contacts.find(({ personIndex }) => personIndex === 7);
    expect(seventh?.address).not.toBe(seventh?.address.normalize('NFC'));
    const composed = world.people.find(({ index }) => index === 7)?.address ?? '';
    expect(pseudonym(salt, seventh?.address ?? '')).toBe(pseudonym(salt, composed));
    expect(ours.has(pseudonym(salt, composed))).toBe(true);
  });

  it('are mailed once in the whole company, and once in each account', () => {
    const on = (rows: readonly TruthRow[], scope: string, id: string): number =>
      rows.find(
        (row) =>
          row['scope'] === scope && row['scope_id'] === id && row['window_days'] === 30 && row['day'] === '2026-06-30',
      )?.['mailed_count'] as number;
    const rows = activeAudienceDaily(both);
    const [all, shop, lifecycle] = [
      on(rows, 'all', 'all'),
      on(rows, 'account', 'shop-newsletter'),
      on(rows, 'account', 'lifecycle-mail'),
    ];
    const mailed = (of: Facts): Set<string> =>
      new Set(of.sent.filter(({ date }) => date > '2026-05-31' && date <= '2026-06-30').map(({ person }) => person));
    expect([shop, lifecycle]).toEqual([mailed(mailchimp).size, mailed(facts).size]);
    expect(all).toBe(new Set([...mailed(mailchimp), ...mailed(facts)]).size);
    expect(all).toBeLessThan(shop + lifecycle);
  });

  it('have one row, with the mails of both', () => {
    const of = (rows: readonly TruthRow[], person: string): number =>
      (rows.find((row) => row['subscriber_id'] === person)?.['mailed_count'] as number | undefined) ?? 0;
    const person =
      facts.sent.find((sent) => mailchimp.sent.some((other) => other.person === sent.person))?.person ?? '';
    expect(of(subscriberLtv(both), person)).toBe(
      of(subscriberLtv(mailchimp), person) + of(subscriberLtv(facts), person),
    );
  });
});

describe('SendGrid: who is on a list', () => {
  /** One contact, made on the first of June, on a list whose single sends use one group. */
  const alone = (entries: readonly Partial<SgSuppression>[]) => {
    const [contact] = world.sendgrid.contacts;
    const send = world.sendgrid.singleSends.find((one) => one.name === 'Changed terms');
    const start = Date.UTC(2026, 5, 1, 12) / 1000;
    if (contact === undefined || send === undefined) throw new Error('an empty world');
    return changed(() => ({
      messages: [],
      events: [],
      contacts: [
        {
          ...contact,
          createdAt: start,
          deletedAt: Date.UTC(2026, 6, 1, 12) / 1000,
          lists: [{ listId: send.listIds[0] ?? '', at: start, removedAt: null }],
        },
      ],
      suppressions: entries.map((entry) => ({
        kind: 'bounce' as const,
        address: contact.address,
        groupId: null,
        at: start,
        removedAt: null,
        reason: null,
        status: null,
        ...entry,
      })),
    }));
  };
  const moves = (of: World, syncs?: readonly number[]): readonly string[] =>
    audienceGrowthDaily(factsOf(of, ['sendgrid'], syncs)).flatMap((row) =>
      ['new', 'unsubscribed', 'cleaned', 'deleted'].flatMap((kind) =>
        row[`${kind}_count`] === 1 ? [`${row['day']} ${kind}`] : [],
      ),
    );
  const [group, other] = world.sendgrid.groups.map(({ id }) => id).toReversed();
  const noon = (month: number, date: number): number => Date.UTC(2026, month - 1, date, 12) / 1000;

  it.each<[string, readonly Partial<SgSuppression>[], readonly string[]]>([
    ['nothing', [], []],
    ['a hard bounce', [{ kind: 'bounce', at: noon(6, 5) }], ['2026-06-05 cleaned']],
    ['an invalid address', [{ kind: 'invalid_email', at: noon(6, 5) }], ['2026-06-05 cleaned']],
    ['a complaint', [{ kind: 'spam_report', at: noon(6, 5) }], ['2026-06-05 cleaned']],
    ['a block', [{ kind: 'block', at: noon(6, 5) }], []],
    ['a bounce taken back', [{ kind: 'bounce', at: noon(6, 5), removedAt: noon(6, 6) }], []],
    ['leaving altogether', [{ kind: 'unsubscribe', at: noon(6, 5) }], ['2026-06-05 unsubscribed']],
    ['leaving the list’s group', [{ kind: 'group', groupId: group ?? 0, at: noon(6, 5) }], ['2026-06-05 unsubscribed']],
    ['leaving another group', [{ kind: 'group', groupId: other ?? 0, at: noon(6, 5) }], []],
    ['leaving before coming', [{ kind: 'unsubscribe', at: noon(5, 1) }], ['2026-06-01 unsubscribed']],
  ])('%s', (_what, entries, left) => {
    expect(moves(alone(entries))).toEqual(['2026-06-01 new', ...left]);
  });

  it('and is gone when a later export lacks the contact, unless they had left before', () => {
    const syncs = [world.now, noon(7, 2)];
    expect(moves(alone([]), syncs)).toEqual(['2026-06-01 new', '2026-07-02 deleted']);
    expect(moves(alone([{ kind: 'bounce', at: noon(6, 5) }]), syncs)).toEqual(['2026-06-01 new', '2026-06-05 cleaned']);
    expect(moves(alone([]), [noon(7, 2)])).toEqual([]);
  });
});
